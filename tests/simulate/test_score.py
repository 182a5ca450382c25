"""Scores of sets whose figures are known: perfect, empty, all false, and worked examples of each rule."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scored import LAT, LON, START, claim, event, made_run

from trucewatch.model.instant import Instant, Interval
from trucewatch.model.score import ScoreSettings
from trucewatch.model.vocabulary import ObservationType
from trucewatch.model.wire import to_bytes
from trucewatch.simulate import read_score, score

HOUR = Interval(start_utc=START, end_utc=START + timedelta(hours=1))
NAMES = (
    "recall",
    "precision",
    "gospa",
    "location_error_median",
    "region_95",
    "count_right",
    "existence_brier",
    "wrongly_attributed",
)


def values(result):
    return {f.name: f.value for f in result.figures}


def test_a_perfect_answer():
    truth = [event(f"e{k}", at_s=60.0 * k, east_m=3000.0 * k, side="a", zone="z") for k in range(20)]
    said = [
        claim(
            f"c{k}", at_s=60.0 * k, east_m=3000.0 * k, p=1.0, sides=(("a", 1.0),), zones=(("z", 1.0),), attributed="a"
        )
        for k in range(20)
    ]
    result = score(truth, said)
    found = values(result)
    best = {"recall", "recall_at_rate", "precision", "region_50", "region_90", "region_95", "count_held", "count_right"}
    assert all(found[name] == 1.0 for name in best)
    nought = {"gospa", "false_per_day", "doubled", "merged", "location_error_rms", "count_error", "wrongly_attributed"}
    nought |= {f"{of}_{what}" for of in ("existence", "kind", "zone", "side") for what in ("brier", "ece")}
    assert all(found[name] == pytest.approx(0.0, abs=1e-6) for name in nought)


def test_nothing_claimed_and_nothing_true():
    empty = score([], [])
    assert all(f.value is None for f in empty.figures)
    silent = score([event("e")], [])
    assert silent.missed == ("e",)
    assert silent.figure("recall").value == 0.0
    assert silent.figure("precision").value is None
    # One event alone costs c ** 2 / 2.
    assert silent.figure("gospa").value == pytest.approx(500 / np.sqrt(2))


def test_everything_is_false():
    result = score([], [claim("a"), claim("b", at_s=60.0)], observed=HOUR)
    assert result.false == ("a", "b")
    assert result.figure("precision").value == 0.0
    assert result.figure("false_per_day").value == pytest.approx(48.0)
    # Garwood's interval of 2 counts is 0.2422 to 7.2247.
    assert result.figure("false_per_day").low == pytest.approx(0.2422 * 24, rel=1e-3)
    assert result.figure("false_per_day").high == pytest.approx(7.2247 * 24, rel=1e-4)
    assert result.figure("existence_brier").value == pytest.approx(0.81)


def test_a_worked_example():
    # e0 found exactly, e1 found 30 m off (outside 24.5 m = 95 %), e2 doubted away, e3 missed, one false far away.
    truth = [event(f"e{k}", at_s=3600.0 * k, east_m=7000.0 * k) for k in range(4)]
    said = [
        claim("c0", p=1.0),
        claim("c1", at_s=3600.0, east_m=7000.0, north_m=30.0, p=0.8, best=3),
        claim("c2", at_s=7200.0, east_m=14_000.0, p=0.2),
        claim("x", north_m=44_000.0, p=0.6),
    ]
    result = score(truth, said)
    assert (result.n_truth, result.n_claims, result.n_made) == (4, 4, 3)
    assert result.missed == ("e2", "e3")
    assert result.false == ("x",)
    found = values(result)
    assert found["location_error_median"] == pytest.approx(15.0, abs=0.1)
    assert found["region_95"] == 0.5
    assert found["count_right"] == 0.5
    assert found["count_error"] == 0.5
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["existence_brier"] == pytest.approx((0.0 + 0.2**2 + 0.8**2 + 0.6**2) / 4)
    # 30 m off once, two missed and one false at 500 ** 2 / 2 each, over four events.
    assert found["gospa"] == pytest.approx(np.sqrt((30.0**2 + 3 * 500.0**2 / 2) / 4), rel=1e-6)
    assert found["gospa_missed"] == pytest.approx(np.sqrt(2 * 500.0**2 / 2 / 4))


def test_one_event_claimed_twice_is_doubled_and_the_nearer_one_stands():
    result = score([event("e")], [claim("near"), claim("far", north_m=50.0)])
    assert result.false == result.doubled == ("far",)


def test_the_claim_that_is_made_stands_before_a_nearer_one_that_is_not():
    result = score([event("e")], [claim("made", north_m=50.0), claim("doubted", p=0.2)])
    assert result.missed == ()
    assert result.false == ()


def test_two_events_as_one_are_merged():
    result = score([event("a"), event("b", at_s=3.0, east_m=40.0)], [claim("c", at_s=0.2)])
    assert result.missed == ("b",)
    assert result.merged == (("b", "c"),)


def test_more_pairs_come_before_nearer_ones():
    # b lies between both events; taken by the nearer one alone, one event would stay without a claim.
    truth = [event("left", east_m=0.0), event("right", east_m=450.0)]
    said = [claim("b", east_m=200.0), claim("far", east_m=-480.0)]
    assert score(truth, said).missed == ()


def test_a_region_that_reaches_farther_than_the_limit_matches():
    far = claim("c", north_m=2000.0, sigma_m=1000.0)
    assert score([event("e")], [far]).missed == ()
    assert score([event("e")], [replace(far, place=claim("c", north_m=2000.0).place)]).missed == ("e",)


def test_time_may_be_off_by_the_limit_and_twice_its_error():
    late = claim("c", at_s=5.5)
    assert score([event("e")], [late]).missed == ("e",)
    assert score([event("e")], [replace(late, time=Instant(utc=late.time.utc, sigma_s=0.3))]).missed == ()
    lasting = event("e", end_utc=START + timedelta(hours=3))
    assert score([lasting], [claim("c", at_s=9000.0)]).missed == ()
    assert score([event("e", window_s=1.0)], [late]).missed == ()


def test_error_of_the_truth_widens_the_region_it_is_judged_by():
    off = [claim("c", north_m=30.0)]
    assert score([event("e")], off).figure("region_95").value == 0.0
    assert score([event("e", sigma_m=10.0)], off).figure("region_95").value == 1.0


def test_rounds_that_lie_apart_may_be_claimed_as_far_from_the_middle_as_so_many_of_them_are():
    salvo = event("e", spread_m=100.0, count=16)
    one, many = claim("one", north_m=200.0, best=1), claim("many", north_m=200.0, best=16)
    assert score([salvo], [one]).figure("region_95").value == 1.0
    assert score([salvo], [many]).figure("region_95").value == 0.0
    assert score([event("e")], [one]).figure("region_95").value == 0.0


def test_something_that_moves_is_where_it_was_at_that_moment():
    path = tuple((START + timedelta(seconds=s), LON, LAT + s * 1e-4, 100.0) for s in (0, 600))
    drone = event("d", kind=ObservationType.UAV_SIGHTING, end_utc=START + timedelta(seconds=600), path=path)
    seen = claim("c", at_s=300.0, north_m=300 * 1e-4 * 111_200, kind=ObservationType.UAV_SIGHTING)
    result = score([drone], [seen])
    assert result.missed == ()
    assert result.figure("location_error_median").value < 5.0


def test_an_innocent_event_is_false_only_where_it_is_claimed_as_a_violation():
    thunder = event("t", innocent=True)
    fire = event("f", innocent=True, kind=ObservationType.THERMAL_ANOMALY, east_m=9000.0)
    said = {
        "violation": claim("violation"),
        "innocent": claim("innocent", p_innocent=0.8),
        "doubted": claim("doubted", p=0.4),
    }
    assert score([thunder], [said["violation"]]).innocent_as_violation == ("violation",)
    assert score([thunder], [said["innocent"]]).false == ()
    assert score([thunder], [said["doubted"]]).false == ()
    assert score([thunder, fire], []).missed == ()
    pixel = claim("p", east_m=9000.0, kind=ObservationType.THERMAL_ANOMALY)
    assert score([fire], [pixel]).false == ()


def test_a_violation_said_to_be_innocent_is_missed():
    result = score([event("e")], [claim("c", p_innocent=0.9)])
    assert result.missed == ("e",)
    assert result.false == ()


def test_an_event_of_which_the_truth_does_not_say_what_it_was_is_found_by_any_claim():
    result = score([event("e", kind_known=False)], [claim("c", p_innocent=0.9)])
    assert result.missed == ()
    assert result.figure("recall_at_rate").value == 1.0


def test_wrong_attribution():
    truth = [
        event("right", side="a"),
        event("wrong", side="a", east_m=5000.0),
        event("unknown", east_m=10_000.0),
        event("innocent", east_m=15_000.0, innocent=True),
    ]
    said = [claim(e.id, east_m=5000.0 * k, attributed="a") for k, e in enumerate(truth)]
    said[1] = replace(said[1], attributed="b")
    said.append(claim("nothing", north_m=90_000.0, attributed="b"))
    result = score(truth, said)
    assert result.wrongly_attributed == ("innocent", "nothing", "wrong")
    assert result.figure("wrongly_attributed").n == 4
    assert result.figure("wrongly_attributed").value == 0.75


def test_recall_at_a_stated_false_rate():
    ten_days = Interval(start_utc=START, end_utc=START + timedelta(days=10))
    truth = [event(f"e{k}", at_s=600.0 * k) for k in range(5)]
    said = [claim(f"c{k}", at_s=600.0 * k, p=p) for k, p in enumerate((0.99, 0.95, 0.8, 0.7, 0.6))]
    false = [claim("x", north_m=50_000.0, p=0.9), claim("y", north_m=60_000.0, p=0.75)]
    result = score(truth, [*said, *false], observed=ten_days)
    # One false in ten days is allowed: claims above 0.75 hold three of the five events.
    assert result.figure("recall_at_rate").value == pytest.approx(0.6)
    assert result.figure("recall").value == 1.0
    kind = next(g for g in result.groups if g.by == "kind")
    assert (kind.n_truth, kind.n_found, kind.n_false, kind.recall_at_rate) == (5, 5, 2, pytest.approx(0.6))
    tied = score(truth, [*said, *(replace(f, p_exists=0.99) for f in false)], observed=ten_days)
    assert tied.figure("recall_at_rate").value == 0.0


def test_delay_counts_from_the_end_of_the_event():
    truth = [event("e", end_utc=START + timedelta(seconds=60))]
    said = [claim("c", first_claimed_utc=START + timedelta(seconds=100))]
    assert score(truth, said).figure("delay_median").value == pytest.approx(40.0)


def test_claims_without_a_place_are_left_out_and_said():
    result = score([event("e")], [replace(claim("c"), place=None)])
    assert (result.n_unplaced, result.missed, result.false) == (1, ("e",), ())


def test_regions_of_claims_that_are_right_about_their_error_hold_what_they_say():
    events, claims = made_run(np.random.default_rng(5), n=1500)
    result = score(events, claims)
    for level, name in ((0.5, "region_50"), (0.9, "region_90"), (0.95, "region_95")):
        figure = result.figure(name)
        assert figure.n > 700
        assert figure.value == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / figure.n))
    assert result.calibration("existence").ece_debiased < 0.03


def test_order_and_names_change_nothing():
    rng = np.random.default_rng(8)
    events, claims = made_run(rng, n=60)
    # Some of them close enough together to compete.
    events += [event(f"s{k}", at_s=2.0 * k, east_m=30.0 * k) for k in range(12)]
    claims += [claim(f"t{k}", at_s=2.0 * k + 0.5, east_m=30.0 * k + 10.0, p=0.6 + 0.03 * k) for k in range(10)]
    plain = score(events, claims)
    mixed = score([events[k] for k in rng.permutation(len(events))], [claims[k] for k in rng.permutation(len(claims))])
    assert to_bytes(mixed) == to_bytes(plain)
    renamed = score(
        [replace(e, id=f"{len(events) - k:04d}") for k, e in enumerate(events)],
        [replace(c, id=f"{len(claims) - k:04d}") for k, c in enumerate(claims)],
    )
    assert renamed.figures == plain.figures
    assert renamed.groups == plain.groups


def test_a_score_is_read_back_as_it_was():
    events, claims = made_run(np.random.default_rng(3), n=50)
    result = score(events, claims, ScoreSettings(match_m=400.0), seeds=(3,), rejected=("row 7",))
    assert read_score(to_bytes(result), "s.json") == result


@pytest.mark.parametrize("bad", [{"match_m": 0.0}, {"claimed": 1.0}, {"false_per_day": 0.0}, {"n_bins": 0}])
def test_settings_that_make_no_score_are_refused(bad):
    with pytest.raises(ValueError, match="must be"):
        ScoreSettings(**bad)
