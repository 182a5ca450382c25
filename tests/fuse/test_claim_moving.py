"""What radars and transponders say of what people saw move: closed form, silence, context without weight."""

import math
import random
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from made import T0, heard, network, place, report, sensor, still

from trucewatch.detect import from_sighting
from trucewatch.fuse import FuseSettings, explain, fuse
from trucewatch.fuse.claims import gather_claims
from trucewatch.fuse.hypothesis import hypothesis_of
from trucewatch.fuse.single import single_parts
from trucewatch.fuse.testimony import said_of
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Health, Network
from trucewatch.model.observation import Sighting
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind, SensorState
from trucewatch.model.wire import to_bytes

OWN = FuseSettings().claims
DRONE = ObservationType.UAV_SIGHTING
RECEIVER = replace(sensor("RX", 0.0, 0.0), kind=ObserverKind.RF_SENSOR, owner="one")
RADAR = replace(sensor("RA", 0.0, 0.0), kind=ObserverKind.RADAR, owner="two")
NET = Network(sensors=(RECEIVER, RADAR))


def drone(by, seconds, x, y, *, name="", track="", sigma_m=20.0):
    return from_sighting(
        Sighting(
            id=f"obs-{by.id}-{name}{track}-{seconds}",
            input_id="i",
            row=1,
            sensor_id=by.id,
            time=Instant(utc=T0 + timedelta(seconds=seconds), sigma_s=0.1),
            observation_type=DRONE,
            place=place(x, y, sigma_m),
            identity_ref=name,
            track_ref=track,
            p_false=0.05,
        ),
        by,
    )


def seen_by_a_post(x=0.0, y=0.0, **kwargs):
    """North of the post, 4 to 6 km away."""
    told = {"observation_type": DRONE, "means": Means.SEEN, "range_m": (4_000.0, 6_000.0), "span_s": (-60.0, 60.0)}
    return report("rep-1", "POST", x, y, 0.0, **(told | kwargs))


def flight(by, x, y, **named):
    return [drone(by, t, x, y + 15.0 * t, **named) for t in range(-60, 61, 4)]


def hours_before(by, **named):
    """From which it is known that the sensor reaches 30 km."""
    return [drone(by, -7_200.0, 30_000.0, 0.0, **named)]


def run(detections, net=NET):
    return fuse(detections, net, (still(),))


def claims_of(detections):
    return gather_claims(detections, NET, lambda _: None, FuseSettings())


def test_the_ratio_is_the_density_of_its_place_over_that_of_the_things_usually_there():
    """At a place known to 300 m, seen 40 s late and 500 m off, and one other thing 10 km from the receiver."""
    told = replace(
        seen_by_a_post(), place=place(0.0, 5_000.0, 300.0), range_m=None, bearings_deg=(), bearing_half_width_deg=None
    )
    one, other = drone(RECEIVER, 40.0, 300.0, 5_400.0, name="A"), drone(RECEIVER, 0.0, 10_000.0, 0.0, name="B")
    (part,) = single_parts([told], NET)
    said = said_of(one, hypothesis_of(part, FuseSettings()), claims_of([one, other]))
    late2 = 40.0**2 + told.time.sigma_s**2 + OWN.report_minute_sigma_s**2
    variance = 300.0**2 + 20.0**2 + 20.0**2 * late2
    density = math.exp(-(500.0**2) / variance / 2) / (2 * math.pi * variance)
    assert said.p == OWN.carries_uav_p
    assert said.ratio == pytest.approx(density / (1.5 / (math.pi * 10_000.0**2)), rel=0.01)


@pytest.mark.parametrize("named", [{"name": "A"}, {"track": "7"}])
def test_a_thing_that_was_followed_there_supports_what_a_person_saw(named):
    by = RECEIVER if "name" in named else RADAR
    told = [seen_by_a_post(), *flight(by, 0.0, 5_000.0, **named), *hours_before(by, **named)]
    (alone,), (both,) = run(told[:1]), run(told)
    assert alone.p_exists < 0.9 < both.p_exists
    assert both.kinds[0].kind is DRONE
    (added,) = [s for s in both.supports if s.sensor_id == by.id]
    assert 0.0 < added.log_odds <= OWN.slow_log_odds
    assert not added.counted
    assert both.count == alone.count
    assert f"{added.log_odds:.2f}"[:4] in str(explain(both))
    assert "ln(1 - p + p r)" in added.reason


def test_no_word_of_an_incident_holds_what_a_thing_calls_itself():
    told = [seen_by_a_post(), *flight(RECEIVER, 0.0, 5_000.0, name="CALLSIGN7")]
    bang = heard(500.0, 300.0, 0.0, tag="b")
    net = Network(sensors=(*network().sensors, *NET.sensors))
    by_the_bang = [drone(RECEIVER, t, 700.0, 300.0, name="CALLSIGN7") for t in range(-8, 9, 4)]
    for incident in [*run(told), *run([*bang, *by_the_bang], net)]:
        assert b"CALLSIGN7" not in to_bytes(incident)


def test_what_flew_elsewhere_or_is_of_another_kind_adds_nothing():
    (alone,) = run([seen_by_a_post()])
    south = flight(RECEIVER, 0.0, -30_000.0, name="A")
    vehicle = [
        replace(d, observation_type=ObservationType.VEHICLE_MOVEMENT) for d in flight(RECEIVER, 0.0, 5_000.0, name="A")
    ]
    for others in (south, vehicle):
        (same,) = run([seen_by_a_post(), *others])
        assert [s.sensor_id for s in same.supports] == ["POST"]
        assert same.p_exists <= alone.p_exists


def test_one_among_many_says_less_than_one_alone():
    def gain(n):
        others = [d for k in range(n) for d in flight(RECEIVER, 3_000.0 * (k + 3), -8_000.0, name=f"B{k}")]
        lone = flight(RECEIVER, 18_000.0, -8_000.0, name="far")
        (i,) = run([seen_by_a_post(), *flight(RECEIVER, 0.0, 5_000.0, name="A"), *lone, *others])
        return next(s.log_odds for s in i.supports if s.sensor_id == "RX")

    assert gain(0) > gain(1) > gain(3) > 0.0


def radar_that_saw_others():
    return flight(RADAR, 12_000.0, 0.0, track="1")


def test_the_silence_of_a_working_radar_counts_and_of_a_jammed_one_does_not():
    told = [seen_by_a_post(), *radar_that_saw_others()]
    (alone,), (silent,) = run([seen_by_a_post()]), run(told)
    (silence,) = silent.silences
    assert silence.log_odds == pytest.approx(math.log1p(-silence.p_detect))
    # From 4 to 6 km of 12 km nearly all comes back.
    assert 0.95 * OWN.follows_p < silence.p_detect < OWN.follows_p
    assert silent.p_exists < alone.p_exists
    dead = Health(time=Interval(start_utc=T0 - timedelta(hours=1), end_utc=None), state=SensorState.JAMMED, reason="j")
    (excused,) = run(told, Network(sensors=(RECEIVER, replace(RADAR, health=(dead,)))))
    assert [s.log_odds for s in excused.silences] == [0.0]
    assert excused.p_exists == alone.p_exists


def test_the_silence_of_a_receiver_says_little_for_few_drones_send_a_number():
    (silent,) = run([seen_by_a_post(), *flight(RECEIVER, 12_000.0, 0.0, name="B")])
    (silence,) = silent.silences
    assert silence.log_odds == pytest.approx(math.log1p(-OWN.carries_uav_p))


def test_a_thing_by_a_bang_is_context_and_changes_no_number():
    net = Network(sensors=(*network().sensors, *NET.sensors))
    bang = heard(500.0, 300.0, 0.0)
    (alone,) = run(bang, net)
    (beside,) = run([*bang, *[drone(RECEIVER, t, 900.0, 300.0, name="A") for t in range(-8, 9, 4)]], net)
    (far,) = run([*bang, *[drone(RECEIVER, t, 9_000.0, 300.0, name="A") for t in range(-8, 9, 4)]], net)
    context = [w for w in beside.rationale if w.startswith("context without weight: 1 that")]
    assert len(context) == 1
    assert "0.4 km away" in context[0]
    assert "says nothing of who or what caused it" in context[0]
    assert replace(beside, rationale=alone.rationale) == alone
    assert far == alone


def test_order_names_and_copies_change_nothing():
    told = [seen_by_a_post(), *flight(RECEIVER, 0.0, 5_000.0, name="A"), *flight(RADAR, 0.0, 5_000.0, track="3")]
    first = run(told)
    mixed = [*told, *told[::2]]
    random.Random(3).shuffle(mixed)
    assert run(mixed) == first
    renamed = [replace(d, identity_ref=d.identity_ref and "Z") for d in told]
    assert [i.p_exists for i in run(renamed)] == [i.p_exists for i in first]


def test_by_chance_the_ratio_is_one_on_average_at_most():
    """300 drones that fly anywhere within reach, none of them the reported one."""
    rng = np.random.default_rng(5)
    ratios = []
    for _ in range(300):
        away, turn = 10_000.0 * np.sqrt(rng.uniform()), rng.uniform(0.0, 2 * np.pi)
        d = drone(RECEIVER, 0.0, away * np.sin(turn), away * np.cos(turn), name="A")
        edge = drone(RECEIVER, 0.0, 10_000.0, 0.0, name="B")
        (part,) = single_parts([seen_by_a_post()], NET)
        said = said_of(d, hypothesis_of(part, FuseSettings()), claims_of([d, edge]))
        ratios.append(said.ratio)
    # One and a half things are reckoned with where one flies.
    error = np.std(ratios) / np.sqrt(len(ratios))
    assert np.mean(ratios) * 1.5 < 1.0 + 3.0 * 1.5 * error
