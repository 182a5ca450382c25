import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from trucewatch.fuse.classifier import Verdict, WhyNot
from trucewatch.fuse.linear_model import read_model, write_model
from trucewatch.fuse.sounding import FEATURE_NAMES
from trucewatch.fuse.training import Example, _descend, train
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.vocabulary import WeaponClass

NAMES = ("log_width", "log_centroid", "level_300m", "log_phase")
CENTRES = {
    "small_arms": (-7.5, 6.5, 95.0, -6.5),
    "mortar": (-5.5, 4.5, 120.0, -5.2),
    "mine_ied": (-5.0, 4.0, 130.0, -4.8),
}


def examples(n=40, spread=1.0, seed=1, sites=5):
    rng = np.random.default_rng(seed)
    scale = np.array([0.5, 0.4, 6.0, 0.4]) * spread
    shift = rng.normal(0, 0.3, (sites, 4)) * scale
    return [
        Example(
            label=label,
            site=f"site {i % sites}",
            features=dict(zip(NAMES, np.array(centre) + shift[i % sites] + rng.normal(0, scale), strict=True)),
        )
        for label, centre in CENTRES.items()
        for i in range(n)
    ]


TOLD = train(examples(), provenance={"data": "made", "licence": "none"})


def model(file=TOLD[0]):
    return read_model(write_model(file), "model.json")


def test_the_weights_are_those_of_an_independent_solver():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(120, 4))
    y = (x @ rng.normal(size=(4, 3)) + rng.normal(size=(120, 3))).argmax(axis=1)
    weights, bias = _descend(x, y, 3, 2.0)
    other = LogisticRegression(C=1 / 2.0, tol=1e-10, max_iter=2000).fit(x, y)
    assert weights == pytest.approx(other.coef_, abs=1e-4)
    assert bias - bias.mean() == pytest.approx(other.intercept_ - other.intercept_.mean(), abs=1e-4)


def test_it_tells_what_can_be_told_and_says_how_well():
    _, scores = TOLD
    assert scores.accuracy > 0.8
    assert scores.log_loss < 0.6 < scores.chance_log_loss
    assert scores.calibration_error < 0.1
    assert np.sum(scores.confusion) == round(120 * (1 - scores.undetermined))
    verdict = model().judge(dict(zip(NAMES, CENTRES["small_arms"], strict=True)))
    assert verdict.is_like
    assert max(verdict.p, key=verdict.p.get) == "small_arms"
    assert sum(verdict.p.values()) == pytest.approx(1.0)


def test_labels_that_sound_alike_get_no_skill_and_change_nothing():
    rng = np.random.default_rng(2)
    alike = [dataclasses.replace(e, label=str(rng.choice(["mortar", "rpg"]))) for e in examples()]
    file, scores = train(alike, provenance={})
    assert scores.skill < 0.15
    assert scores.log_loss == pytest.approx(scores.chance_log_loss, abs=0.05)
    before = {WeaponClass.MORTAR: 0.5, WeaponClass.RPG: 0.1, WeaponClass.NOT_KNOWN: 0.4}
    verdict = model(file).judge(dict(zip(NAMES, CENTRES["mortar"], strict=True)))
    after = verdict.pooled(before)
    assert all(abs(after[w] - before[w]) < 0.15 for w in before)
    assert sum(after.values()) == pytest.approx(1.0)


def test_what_is_like_nothing_in_the_training_gets_no_label():
    odd = dict(zip(NAMES, (-2.0, 9.0, 60.0, -2.0), strict=True))
    assert model().judge(odd).why_not is WhyNot.NOT_LIKE_ITS_TRAINING
    assert [f.name for f in model().judge(odd).features()] == ["classifier_not_like_its_training"]
    assert model().judge({"log_width": -7.5}).why_not is WhyNot.TOO_FEW_FIGURES
    with_one_missing = dict(list(zip(NAMES, CENTRES["mortar"], strict=True))[:3])
    assert model().judge(with_one_missing).is_like


def test_every_site_is_scored_by_others():
    # A feature that names the site, and a label that follows the site: known by heart, and worth nothing elsewhere.
    rng = np.random.default_rng(4)
    heart = [
        Example(label=("a", "b")[s % 2], site=str(s), features={"log_width": 3.0 * s + rng.normal(0, 0.1)})
        for s in range(6)
        for _ in range(20)
    ]
    _, scores = train(heart, provenance={})
    assert scores.skill < 0.35


def test_the_same_examples_in_any_order_give_the_same_bytes():
    mixed = examples()
    np.random.default_rng(0).shuffle(mixed)
    assert write_model(train(mixed, provenance={"data": "made", "licence": "none"})[0]) == write_model(TOLD[0])


def test_the_file_says_what_it_was_made_from():
    plain = json.loads(write_model(TOLD[0]))
    assert plain["provenance"]["licence"] == "none"
    assert plain["provenance"]["n_examples"] == 120
    assert set(plain["features"]) <= set(FEATURE_NAMES)
    assert plain["figures"]["accuracy"] == TOLD[1].accuracy


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weights": [[1.0]]}, "weights"),
        ({"temperature": 0.0}, "temperature"),
        ({"format": "other/1"}, "trucewatch-classifier/1"),
        ({"labels": ["a", "a", "b"]}, "two different labels"),
        ({"scale": [1.0, 1.0, -1.0, 1.0]}, "scale"),
        ({"more": 1}, "more"),
    ],
)
def test_a_damaged_file_is_refused_by_name(change, said):
    plain = json.loads(write_model(TOLD[0])) | change
    with pytest.raises(UnreadableInput, match=said):
        read_model(json.dumps(plain).encode(), "model.json")


def test_too_little_is_refused():
    with pytest.raises(ValueError, match="two sites"):
        train([dataclasses.replace(e, site="one") for e in examples()], provenance={})


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=50)
def test_a_pooled_posterior_is_one(skill, share, mine):
    verdict = Verdict(name="m", p={"mortar": mine, "9 mm": 1 - mine}, skill=skill)
    p = verdict.pooled({WeaponClass.MORTAR: share, WeaponClass.NOT_KNOWN: 1 - share})
    assert sum(p.values()) == pytest.approx(1.0)
    assert min(p.values()) >= 0
