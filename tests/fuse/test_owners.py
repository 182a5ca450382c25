"""Incidents without one owner or sensor: refitted as if they had never been there; one owner alone is an indication."""

import math
from dataclasses import replace

import numpy as np
import pytest
from made import SQUARE, T0, fire, heard, metres, onset, report, sensor, still

from trucewatch.fuse import FuseSettings, fuse
from trucewatch.fuse.owner_doubt import SHARES, doubted, owner_doubts
from trucewatch.fuse.standing import standing
from trucewatch.model.incident import Influence, Support
from trucewatch.model.network import Network
from trucewatch.model.vocabulary import Standing

OWNERS = ("mission", "university", "village")
RING = tuple(
    (r * math.sin(a), r * math.cos(a))
    for k in range(12)
    for r, a in [((700.0, 1_000.0, 1_300.0)[k % 3], 2 * math.pi * k / 12)]
)


def three_owners(positions=RING) -> Network:
    """Owners by turns all around, the first ones nearest."""
    return Network(
        sensors=tuple(sensor(f"AC-{n + 1}", x, y, owner=OWNERS[n % 3]) for n, (x, y) in enumerate(positions))
    )


def bang(x: float, y: float, at_s: float, owners=OWNERS, tag="a", seed=0, sigma_s=0.004) -> list:
    """Onsets of a bang at the sensors of some owners, each a few milliseconds off."""
    off = np.random.default_rng(seed).normal(0.0, sigma_s, len(RING))
    every = heard(x, y, at_s, RING, tag)
    moved = [onset(d.id, d.sensor_id, _after(d, e)) for d, e in zip(every, off, strict=True)]
    return [d for n, d in enumerate(moved) if OWNERS[n % 3] in owners]


def _after(detection, more_s: float) -> float:
    return (detection.time.utc - T0).total_seconds() + float(more_s)


def without(owner: str, network: Network, detections) -> tuple[Network, list]:
    left = Network(sensors=tuple(s for s in network.sensors if s.owner != owner))
    return left, [d for d in detections if left.sensor(d.sensor_id) is not None]


def test_leaving_an_owner_out_is_what_fusion_makes_without_them():
    # The arithmetic by itself: the record of claims at fewer sensors is another one.
    plain = FuseSettings(held_against_record=False)
    network, detections = three_owners(), bang(300.0, -200.0, 0.0)
    (incident,) = fuse(detections, network, (still(),), plain)
    assert incident.standing is Standing.CORROBORATED
    assert incident.held_below == ""
    own = {i.left_out: i for i in incident.influences if i.is_owner}
    assert sorted(own) == sorted(OWNERS)
    for owner, influence in own.items():
        left, heard_by_them = without(owner, network, detections)
        (alone,) = fuse(heard_by_them, left, (still(),), plain)
        assert influence.p_exists == pytest.approx(alone.p_exists, abs=1e-4)
        apart = float(np.hypot(*(metres(alone.place) - metres(incident.place))))
        assert influence.moved_m == pytest.approx(apart, abs=0.05)


def test_leaving_a_sensor_out_is_what_fusion_makes_without_it():
    network, detections = three_owners(), bang(300.0, -200.0, 0.0, seed=3)
    (incident,) = fuse(detections, network, (still(),))
    sensors = [i for i in incident.influences if not i.is_owner]
    assert len(sensors) == FuseSettings().n_influences
    for influence in sensors:
        left = Network(sensors=tuple(s for s in network.sensors if s.id != influence.left_out))
        (alone,) = fuse([d for d in detections if d.sensor_id != influence.left_out], left, (still(),))
        apart = float(np.hypot(*(metres(alone.place) - metres(incident.place))))
        assert influence.moved_m == pytest.approx(apart, abs=0.05)


def test_one_owner_alone_is_probable_and_an_indication_only():
    network = Network(sensors=tuple(sensor(f"AC-{n + 1}", x, y) for n, (x, y) in enumerate(SQUARE)))
    (incident,) = fuse(heard(0.0, 0.0, 0.0), network, (still(),))
    assert incident.p_exists > 0.99
    assert incident.standing is Standing.INDICATION
    assert incident.held_below == "all sensors that support it are of one owner, mission"
    (owner,) = [i for i in incident.influences if i.is_owner]
    assert (owner.left_out, owner.p_exists, owner.moved_m) == ("mission", 0.0, None)


def test_what_one_owner_makes_up_is_never_corroborated_and_unlikely_where_others_stood_near():
    network = three_owners()
    for seed in range(10):
        x, y = np.random.default_rng(seed).uniform(-600.0, 600.0, 2)
        made_up = bang(float(x), float(y), 0.0, owners=("village",), seed=seed)
        for incident in fuse(made_up, network, (still(),)):
            assert incident.standing is Standing.INDICATION
            assert incident.p_exists < 0.5


def test_a_single_onset_of_another_owner_that_happens_to_fit_corroborates_nothing():
    network = three_owners()
    made_up = [*bang(0.0, 0.0, 0.0, owners=("village",)), bang(0.0, 0.0, 0.0, owners=("mission",))[0]]
    for incident in fuse(made_up, network, (still(),)):
        assert incident.standing is Standing.INDICATION
        weakest = min(i.p_exists for i in incident.influences if i.is_owner)
        assert weakest < 0.5


def test_two_owners_that_hear_half_each_stand_without_each_other():
    (incident,) = fuse(bang(0.0, 0.0, 0.0, owners=("mission", "village")), three_owners(), (still(),))
    assert incident.standing is Standing.CORROBORATED


def test_reports_and_fires_have_influence_too():
    network = Network(sensors=(*three_owners().sensors, sensor("POST-1", 0.0, -2_000.0, owner="village")))
    told = report("r", "POST-1", 0.0, -2_000.0, 0.0, range_m=(1_500.0, 2_500.0))
    (incident,) = fuse([*bang(0.0, 0.0, 0.0), told, fire("f", 20.0, 20.0, 3_600.0)], network, (still(),))
    assert {i.left_out for i in incident.influences if i.is_owner} == {*OWNERS, "S-NPP"}
    assert all(0.0 <= i.p_exists <= 1.0 for i in incident.influences)


def test_the_order_of_arrival_changes_nothing():
    network, detections = three_owners(), [*bang(0.0, 0.0, 0.0), *bang(200.0, 100.0, 900.0, ("village",), "b")]
    assert fuse(detections, network, (still(),)) == fuse(detections[::-1], network, (still(),))


def seen(name: str, owners: tuple[str, ...], p: float, silent: float, cell: int):
    """Return an incident as an owner's doubt looks at it."""
    (made,) = fuse(bang(0.0, 0.0, 0.0), three_owners(), (still(),))
    place = replace(made.place, lon_deg=made.place.lon_deg + 0.05 * cell)
    return replace(made, id=name, owners=owners, p_exists=p, others_silent=silent, place=place)


def test_the_factor_of_an_owner_is_its_closed_form():
    one, silent = 0.999, -3.0
    odds = one / (1 - one)
    shares = np.array(SHARES)
    factor = np.mean(((1 - shares) * odds + 1 + shares * odds * math.exp(-silent)) / (odds + 1))
    settings = FuseSettings()
    (doubt,) = owner_doubts([seen("i", ("village",), one, silent, 0)], settings).values()
    prior = math.log(settings.p_makes_up / (1 - settings.p_makes_up))
    assert doubt.log_odds == pytest.approx(prior + math.log(factor), abs=1e-9)


def test_disagreement_adds_up_over_places_and_is_lowered_by_what_others_share():
    settings = FuseSettings()
    alone = [seen(f"a{k}", ("village",), 0.99, -4.0, k) for k in range(5)]
    shared = [seen(f"s{k}", ("mission", "village"), 0.99, 0.0, 10 + k) for k in range(20)]
    by_number = [owner_doubts(alone[:n], settings)["village"].log_odds for n in range(1, 6)]
    assert by_number == sorted(by_number)
    assert by_number[-1] > math.log(9.0)
    with_shared = owner_doubts([*alone, *shared], settings)
    assert with_shared["village"].log_odds < by_number[-1]
    assert with_shared["mission"].log_odds < math.log(settings.p_makes_up)
    here = [replace(i, place=alone[0].place) for i in alone]
    assert owner_doubts(here, settings)["village"].log_odds == pytest.approx(by_number[0])


def test_the_probability_that_is_left_is_said_and_can_be_added_up():
    alone = [seen(f"a{k}", ("village",), 0.99, -4.0, k) for k in range(5)]
    for before, after in zip(alone, doubted(alone, FuseSettings()), strict=True):
        assert after.p_exists < 0.5
        logit = math.log(after.p_exists / (1 - after.p_exists))
        assert logit - after.owner_doubt == pytest.approx(math.log(0.99 / 0.01))
        assert after.rationale[:-1] == before.rationale
        assert f"(log-odds {after.owner_doubt:+.2f})" in after.rationale[-1]
    # What is weighed once is not weighed again.
    first = owner_doubts(alone, FuseSettings())["village"].log_odds
    assert owner_doubts(doubted(alone, FuseSettings()), FuseSettings())["village"].log_odds == pytest.approx(first)


def test_what_holds_an_incident_below_never_says_nought_per_cent():
    used = [Support(detection_id=f"d{n}", sensor_id=f"S{n}", used=True, residual_s=None, residual_sigma_s=None,
                    residual_deg=None, log_odds=1.0, counted=True, reason="") for n in (1, 2)]  # fmt: skip
    left = [
        Influence(left_out=o, is_owner=True, p_exists=p, moved_m=None) for o, p in (("north", 0.002), ("east", 0.4))
    ]
    rung, why = standing(used, ["east", "north"], left, FuseSettings())
    assert rung is Standing.INDICATION
    assert (
        why == "without the sensors of north its probability is less than 1 % only, and 50 % is needed to corroborate"
    )
