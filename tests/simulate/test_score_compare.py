"""Two scores side by side: what chance explains is the same, what it does not is better or worse."""

from dataclasses import replace

import numpy as np
import pytest
from scored import event, made_run

from trucewatch.model.errors import TrucewatchError
from trucewatch.model.score import ScoreSettings
from trucewatch.simulate import compare_scores, score, worse_beyond

EVENTS, CLAIMS = made_run(np.random.default_rng(21), n=400, days=20.0)


def verdicts(before, after):
    return {c.name: c.verdict for c in compare_scores(before, after).changes}


def test_the_same_claims_are_the_same():
    once = score(EVENTS, CLAIMS)
    compared = compare_scores(once, once)
    assert compared.same_truth
    assert {c.verdict for c in compared.changes} <= {"same", "unknown"}
    assert worse_beyond(compared, 0.0) == ()


def test_a_tenth_of_the_claims_gone_is_worse_recall_beyond_chance():
    kept = [c for k, c in enumerate(CLAIMS) if k % 10]
    compared = compare_scores(score(EVENTS, CLAIMS), score(EVENTS, kept))
    recall = next(c for c in compared.changes if c.name == "recall")
    assert (recall.verdict, recall.how) == ("worse", "paired")
    assert recall.worse_by == pytest.approx(0.1, abs=0.04)
    assert recall in worse_beyond(compared, 0.05)
    assert recall not in worse_beyond(compared, 0.2)
    assert verdicts(score(EVENTS, kept), score(EVENTS, CLAIMS))["recall"] == "better"


def test_pairing_shows_what_intervals_alone_hide():
    kept = [c for k, c in enumerate(CLAIMS) if k % 12]
    before, after = score(EVENTS, CLAIMS), score(EVENTS, kept)
    assert verdicts(before, after)["recall"] == "worse"
    other = replace(before, truth_sha256="of another truth")
    assert verdicts(other, after)["recall"] == "same"


def test_regions_too_small_are_worse_on_either_side_of_their_level():
    def scaled(factor: float):
        shrunk = [
            replace(c, place=replace(c.place, var_east_m2=factor * 900.0, var_north_m2=factor * 900.0)) for c in CLAIMS
        ]
        return score(EVENTS, shrunk)

    found = verdicts(scaled(1.0), scaled(0.25))
    assert found["region_90"] == "worse"
    assert verdicts(scaled(1.0), scaled(9.0))["region_50"] == "worse"


def test_chance_alone_seldom_shows_a_change():
    names = []
    for seed in range(12):
        a = score(*made_run(np.random.default_rng(seed), n=200, days=20.0))
        b = score(*made_run(np.random.default_rng(seed + 500), n=200, days=20.0))
        names += [c.name for c in compare_scores(a, b).changes if c.verdict in {"better", "worse"}]
    assert len(names) <= 12


def test_scores_of_other_settings_are_not_compared():
    one = score([event("e")], [])
    with pytest.raises(TrucewatchError, match="other settings"):
        compare_scores(one, score([event("e")], [], ScoreSettings(match_m=100.0)))
