"""One likelihood for cameras, people and satellites: closed forms, places from flashes, silence, invariants."""

import math
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import SPEED_10C, SQUARE, T0, fire, heard, metres, network, onset, place, report, sensor, still
from seen_made import CAMERAS, camera, change, flash

from trucewatch.fuse import FuseSettings, explain, fuse
from trucewatch.fuse.claims import gather_claims
from trucewatch.fuse.deciders import information
from trucewatch.fuse.ears import physics_weather
from trucewatch.fuse.flash_fix import Looks, Sounds, fix_flash
from trucewatch.fuse.hypothesis import hypothesis_of
from trucewatch.fuse.part import Part
from trucewatch.fuse.sharpen import sharpened
from trucewatch.fuse.testimony import said_of
from trucewatch.fuse.unseen import passed_over, unseen
from trucewatch.model.count import Count
from trucewatch.model.incident import PlaceMode
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Health, Network
from trucewatch.model.vocabulary import CountQuality, ObservationType, SensorState
from trucewatch.model.wire import to_bytes
from trucewatch.physics.sun import sun_elevation_deg

OWN = FuseSettings().claims
CAMERA_NET = Network(sensors=tuple(camera(c) for c in CAMERAS))
BOTH = Network(sensors=(*network().sensors, *CAMERA_NET.sensors))


def run(detections, net=BOTH):
    return fuse(detections, net, (still(),))


def claims_of(detections, net=BOTH):
    return gather_claims(detections, net, lambda _: physics_weather(still(), FuseSettings()), FuseSettings())


def part(x, y, sigma_m=5.0, seconds=0.0, sigma_s=0.01, detection=None, **kwargs):
    seen = detection or onset("o", "AC-1", seconds)
    at = T0 + timedelta(seconds=seconds)
    return Part(
        detections=(seen,),
        supports=(),
        start_s=at.timestamp() - 1.0,
        end_s=at.timestamp() + 1.0,
        time=Instant(utc=at, sigma_s=sigma_s),
        place=place(x, y, sigma_m),
        place_method="made",
        count=Count.exactly(1),
        sentences=(),
        **kwargs,
    )


def test_a_flash_of_a_sharp_event_is_worth_what_its_densities_say():
    # Due north of the camera, where the plane's north and the camera's are one.
    seen = flash("f", "CA-3", 0.0, 3000.0, 0.03, 0.2)
    claims = claims_of([seen])
    said = said_of(seen, hypothesis_of(part(0.0, 3000.0), FuseSettings()), claims)
    sigma_t = math.sqrt(0.05**2 + 0.02**2 + OWN.camera_clock_sigma_s**2 + 0.01**2)
    away = 5500.0
    sigma_b = math.sqrt(0.3**2 + OWN.camera_turn_sigma_deg**2 + math.degrees(math.atan2(5.0, away)) ** 2)
    rate = 0.5 / (0.5 / (OWN.camera_false_per_hour / 3600.0) + 2 * OWN.camera_window_s)
    in_time = math.exp(-0.5 * (0.03 / sigma_t) ** 2) / (math.sqrt(2 * math.pi) * sigma_t) / rate
    in_angle = math.exp(-0.5 * (0.2 / sigma_b) ** 2) / (math.sqrt(2 * math.pi) * sigma_b) * 360.0
    assert said.ratio == pytest.approx(in_time * in_angle, rel=2e-3)
    assert said.log_odds == pytest.approx(math.log(1 - said.p + said.p * said.ratio))


def test_other_events_that_may_be_meant_take_from_a_claim_and_never_add():
    seen = flash("f", "CA-1", 0.0, 3000.0, 0.0)
    said = said_of(seen, hypothesis_of(part(0.0, 3000.0), FuseSettings()), claims_of([seen]))
    worth = [said.beside(others) for others in (0.0, 1.0, 10.0, 1e9)]
    assert worth == sorted(worth, reverse=True)
    assert worth[-1] == pytest.approx(math.log(1 - said.p), abs=0.05)


def test_two_cameras_place_a_flash_where_their_directions_cross():
    (incident,) = run([flash("f1", "CA-1", 0.0, 4000.0, 0.0), flash("f2", "CA-2", 0.0, 4000.0, 0.02)], CAMERA_NET)
    assert np.hypot(*(metres(incident.place) - (0.0, 4000.0))) < 15.0
    assert incident.place_method.startswith("directions of 2 cameras cross")
    assert incident.kind is ObservationType.SHOT
    assert incident.p_exists > 0.95
    assert incident.count == Count.exactly(1)


def test_directions_that_do_not_meet_in_time_make_no_place():
    found = run([flash("f1", "CA-1", 0.0, 4000.0, 0.0), flash("f2", "CA-2", 0.0, 4000.0, 2.0)], CAMERA_NET)
    assert [i.place for i in found] == [None, None]


def test_regions_of_flashes_hold_what_they_say():
    rng = np.random.default_rng(20_251_124)
    inside = 0
    for _ in range(300):
        at = rng.uniform((-1500.0, 2000.0), (1500.0, 6000.0))
        cams, mic = np.array([CAMERAS["CA-1"], CAMERAS["CA-2"]]), np.array([[500.0, 2500.0]])
        true_deg = np.degrees(np.arctan2(*(at - cams).T))
        looks = Looks(
            xy_m=cams,
            bearing_deg=true_deg + rng.normal(0.0, 0.4, 2),
            bearing_sigma_deg=np.full(2, 0.4),
            time_s=rng.normal(0.0, 0.07, 2),
            time_sigma_s=np.full(2, 0.07),
        )
        away = float(np.hypot(*(at - mic[0])))
        sounds = Sounds(
            xy_m=mic,
            time_s=np.array([away / 340.0 * (1 + rng.normal(0.0, 0.01)) + rng.normal(0.0, 0.02)]),
            sigma_s=np.array([0.02]),
            speed_m_s=340.0,
            wind_m_s=np.zeros(2),
            speed_share=0.01,
        )
        fix = fix_flash(looks, sounds, at + rng.normal(0.0, 50.0, 2))
        off = fix.xy_m - at
        inside += float(off @ np.linalg.solve(fix.covariance[:2, :2], off)) <= 5.991
    assert 0.915 <= inside / 300 <= 0.98  # 95 per cent, within 2.7 standard errors of 300 draws


def test_a_flash_and_one_microphone_give_a_range_and_both_places_are_told():
    net = Network(sensors=(camera("CA-1"), sensor("AC-1", 500.0, 3000.0)))
    sound = float(np.hypot(500.0, 1000.0)) / SPEED_10C
    (incident,) = run([flash("f", "CA-1", 0.0, 4000.0, 0.0), onset("o", "AC-1", sound)], net)
    off = [float(np.hypot(*(metres(m.place) - (0.0, 4000.0)))) for m in incident.place_modes]
    assert len(off) == 2
    assert min(off) < 40.0
    assert sum(m.p for m in incident.place_modes) == pytest.approx(1.0)
    assert "time until its sound came to 1 microphone" in incident.place_method
    assert incident.count == Count.exactly(1)


def test_a_camera_sharpens_a_place_of_three_microphones():
    bang = heard(50.0, 3000.0, 0.0, SQUARE[:3])
    net = Network(sensors=(*network(SQUARE[:3]).sensors, camera("CA-1")))
    (before,), (after,) = run(bang, net), run([*bang, flash("f", "CA-1", 50.0, 3000.0, 0.0)], net)
    assert np.trace(after.place.covariance_m2) < 0.01 * np.trace(before.place.covariance_m2)
    off = metres(after.place) - (50.0, 3000.0)
    assert float(off @ np.linalg.solve(after.place.covariance_m2, off)) < 5.991
    assert after.time.sigma_s < 0.1 < before.time.sigma_s
    assert after.p_exists >= before.p_exists
    assert len(after.supports) == 4


def test_the_sector_of_a_report_chooses_between_two_places():
    north, south = place(0.0, 3000.0, 80.0), place(0.0, -3000.0, 80.0)
    modes = (PlaceMode(place=north, p=0.5), PlaceMode(place=south, p=0.5))
    told = report("r", "P-1", -100.0, 0.0, 0.0, range_m=(2000.0, 4000.0), span_s=(-60.0, 60.0))
    two = part(0.0, 0.0, 3000.0, place_modes=modes)
    found, by = sharpened(two, [told], claims_of([told]), None)
    assert by == ("P-1",)
    assert np.hypot(*(metres(found.place_modes[0].place) - (0.0, 3000.0))) < 100.0
    assert found.place_modes[0].p > 0.9
    assert sum(m.p for m in found.place_modes) == pytest.approx(1.0)


def test_a_place_that_is_sharp_already_is_left_as_it_is():
    told = report("r", "P-1", -100.0, 0.0, 0.0, range_m=(2000.0, 4000.0), span_s=(-60.0, 60.0))
    sharp = part(0.0, 3000.0, 5.0)
    assert sharpened(sharp, [told], claims_of([told]), None) == (sharp, ())


def test_silence_of_a_healthy_camera_counts_and_that_of_a_jammed_or_unknown_one_does_not():
    elsewhere = [flash(f"x{c}", c, 9000.0, -9000.0, -3000.0) for c in ("CA-1", "CA-2")]
    jammed = Health(time=Interval(start_utc=None, end_utc=None), state=SensorState.JAMMED, reason="made")
    net = Network(sensors=(camera("CA-1"), camera("CA-2", health=(jammed,)), camera("CA-3")))
    event = hypothesis_of(part(0.0, 1500.0), FuseSettings())
    silences = {s.sensor_id: s for s in unseen(event, (), claims_of(elsewhere, net))}
    assert silences["CA-1"].log_odds < -0.1
    assert silences["CA-1"].log_odds == pytest.approx(math.log1p(-silences["CA-1"].p_detect))
    assert silences["CA-2"].log_odds == 0.0
    assert "says nothing" in silences["CA-2"].reason
    assert "CA-3" not in silences  # it never told of anything: nobody knows whether it looks
    assert unseen(event, ("CA-1", "CA-2"), claims_of(elsewhere, net)) == ()


def test_a_pass_that_showed_no_fire_says_little_and_says_so():
    elsewhere = fire("h", 60_000.0, 0.0, 3600.0)
    before = fire("g", 60_000.0, 0.0, -3600.0)
    event = hypothesis_of(part(0.0, 1500.0), FuseSettings())
    (said,) = passed_over(event, (), claims_of([elsewhere, before]))
    p = OWN.fire_p * math.exp(-3600.0 / OWN.fire_lasts_s)
    assert said.log_odds == pytest.approx(math.log1p(-p))
    assert "S-NPP passed 60 min later" in said.why
    assert "says little" in said.why
    assert passed_over(event, ("S-NPP",), claims_of([elsewhere])) == ()
    (incident,) = [i for i in run([*heard(0.0, 0.0, 0.0), elsewhere]) if i.place_method.startswith("arrival")]
    assert any("says little" in line for line in incident.rationale)


def test_flashes_are_seen_farther_by_night():
    elsewhere = [flash("x", "CA-1", 9000.0, -9000.0, -3000.0)]
    by_day = hypothesis_of(part(0.0, 6000.0, seconds=-8 * 3600.0), FuseSettings())
    by_night = hypothesis_of(part(0.0, 6000.0, seconds=4 * 3600.0), FuseSettings())
    seen = [unseen(h, (), claims_of(elsewhere)) for h in (by_day, by_night)]
    assert "by day" in seen[0][0].reason
    assert "by night" in seen[1][0].reason
    assert seen[1][0].log_odds < seen[0][0].log_odds < 0.0


@pytest.mark.parametrize(
    ("when", "lon", "lat", "expected"),
    [
        (datetime(2025, 6, 21, 12, 2, tzinfo=UTC), 0.0, 51.4779, 90.0 - 51.4779 + 23.437),
        (datetime(2025, 12, 21, 11, 58, tzinfo=UTC), 0.0, 51.4779, 90.0 - 51.4779 - 23.437),
        (datetime(2025, 6, 21, 3, 43, tzinfo=UTC), 0.0, 51.4779, -0.833),
    ],
)
def test_the_sun_stands_where_almanacs_put_it(when, lon, lat, expected):
    # Noon at the solstices by geometry; sunrise at Greenwich as published (04:43 summer time, centre 50' below).
    assert sun_elevation_deg(when, lon, lat) == pytest.approx(expected, abs=0.15)


def test_one_change_supports_some_of_twelve_explosions_and_not_each_of_them_fully():
    rounds = [d for n in range(12) for d in heard(40.0 * n, 0.0, 400.0 * n, tag=f"r{n}")]
    alone = run([*rounds[:6], change("c", 0.0, 0.0, (-20.0, 20.0))], network())
    many = run([*rounds, change("c", 220.0, 0.0, (-20.0, 20.0), 150.0)], network())
    shares = [s.log_odds for i in many for s in i.supports if s.detection_id == "c"]
    assert len(many) == 12
    assert len(shares) >= 6
    (whole,) = [s.log_odds for i in alone for s in i.supports if s.detection_id == "c"]
    assert whole > 1.0
    assert max(shares) < 0.5
    assert [i.count for i in many] == [i.count for i in run(rounds, network())]
    assert all((i.count.low, i.count.best) == (1, 1) for i in many)


def test_a_number_that_covers_all_events_takes_nothing_from_any():
    rounds = [d for n in range(4) for d in heard(10.0 * n, 0.0, 400.0 * n, tag=f"r{n}")]

    def worth(count):
        told = report("r", "P-1", 0.0, -2500.0, 0.0, range_m=(2000.0, 4000.0), span_s=(-60.0, 1600.0), count=count)
        return [s.log_odds for i in run([*rounds, told], network()) for s in i.supports if s.detection_id == "r"]

    few, enough = worth(Count.exactly(1)), worth(Count(low=3, best=4, high=5, quality=CountQuality.ABOUT))
    assert len(few) == len(enough) == 4
    assert max(few) < min(enough)


SEEN = (
    *heard(50.0, 3000.0, 0.0, SQUARE[:4]),
    flash("f1", "CA-1", 50.0, 3000.0, 0.01),
    flash("f2", "CA-2", 50.0, 3000.0, -0.03),
    report("r", "P-1", 0.0, 500.0, 0.0, range_m=(2000.0, 4000.0), span_s=(-60.0, 60.0)),
    fire("h", 90.0, 3100.0, 3600.0),
    change("c", 60.0, 2980.0, (-20.0, 20.0)),
    flash("s", "CA-3", 50.0, 3000.0, 400.0, observation_type=ObservationType.SMOKE_PLUME),
)


def test_all_senses_make_one_incident_that_adds_up():
    (incident,) = run(SEEN)
    assert {s.detection_id for s in incident.supports} == {d.id for d in SEEN}
    assert incident.count == Count.exactly(1)
    stated = [float(m[1]) for s in incident.rationale if (m := re.search(r"\(log-odds ([+-][0-9.]+)\)$", s))]
    total = sum(stated) + sum(s.log_odds for s in (*incident.supports, *incident.silences))
    assert math.log(incident.p_exists / (1 - incident.p_exists)) == pytest.approx(total, abs=0.05)
    for s in incident.supports:
        found = re.search(r"ln\(1 - p \+ p r\)(?:, at most ([0-9.]+))?; p ([0-9.e+-]+) .* r ([0-9.e+-]+):", s.reason)
        if found:
            most, p, r = float(found[1] or "inf"), float(found[2]), float(found[3])
            assert s.log_odds == pytest.approx(min(most, math.log(1 - p + p * r)), abs=0.02)
    assert any("ln(1 - p + p r)" in line for line in explain(incident))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=8, deadline=None)
def test_order_of_arrival_changes_nothing(seed):
    shuffled = list(SEEN)
    random.Random(seed).shuffle(shuffled)
    assert [to_bytes(i) for i in run(shuffled)] == [to_bytes(i) for i in run(SEEN)]


@pytest.mark.parametrize("n", range(4, len(SEEN)))
def test_a_message_that_came_twice_changes_nothing(n):
    # Of a report, the same line by another way: two lines that say the same are two observations.
    again = replace(SEEN[n], id="zz", observation_ids=("r",) if SEEN[n].id == "r" else ("zz",))
    assert [to_bytes(i) for i in run([*SEEN, again])] == [to_bytes(i) for i in run(SEEN)]


@pytest.mark.parametrize("source", sorted({d.sensor_id for d in SEEN}))
def test_any_source_removed_leaves_finite_and_sane_answers(source):
    found = run([d for d in SEEN if d.sensor_id != source])
    (incident,) = [i for i in found if i.place is not None and i.p_exists > 0.5]
    off = metres(incident.place) - (50.0, 3000.0)
    assert float(off @ np.linalg.solve(incident.place.covariance_m2, off)) < 9.21
    assert all(0.0 < i.p_exists < 1.0 and math.isfinite(sum(s.log_odds for s in i.supports)) for i in found)


def test_one_more_camera_never_makes_a_true_event_less_likely_on_average():
    rng = np.random.default_rng(7)
    elsewhere = [flash("x", "CA-1", 9000.0, -9000.0, -3000.0)]
    for y in (1000.0, 3000.0, 8000.0, 15_000.0):
        event = hypothesis_of(part(0.0, y), FuseSettings())
        quiet = unseen(event, (), claims_of(elsewhere))
        told = sum(s.log_odds for s in quiet if s.sensor_id == "CA-1")
        p = 1 - math.exp(told)
        gains = []
        for _ in range(60):
            seen = flash("f", "CA-1", 0.0, y, rng.normal(0.0, 0.07), rng.normal(0.0, 0.4))
            seen_gain = said_of(seen, event, claims_of([*elsewhere, seen])).log_odds
            gains.append(p * seen_gain + (1 - p) * told)
        assert np.mean(gains) >= 0.0


def test_a_plume_adds_to_the_bang_that_it_rises_from_and_not_to_one_after_it():
    plume = {"observation_type": ObservationType.SMOKE_PLUME}
    late, early = flash("p", "CA-1", 0.0, 3000.0, 300.0, **plume), flash("p", "CA-1", 0.0, 3000.0, -300.0, **plume)
    event = hypothesis_of(part(0.0, 3000.0), FuseSettings())
    assert said_of(late, event, claims_of([late])).log_odds > 0.5
    assert said_of(early, event, claims_of([early])).log_odds < 0.0


def test_a_busy_camera_is_believed_less():
    seen = flash("f", "CA-1", 0.0, 3000.0, 0.0)
    busy = [flash(f"b{n}", "CA-1", 9000.0, -9000.0, 20.0 * n + 15.0) for n in range(40)]
    event = hypothesis_of(part(0.0, 3000.0), FuseSettings())
    quiet_gain, busy_gain = (said_of(seen, event, claims_of(d)).log_odds for d in ([seen], [seen, *busy]))
    assert busy_gain == pytest.approx(quiet_gain - math.log(81.0), abs=0.01)  # (0.5 + 40) / 0.5


def test_high_above_the_horizon_is_no_burst_on_the_ground():
    event = hypothesis_of(part(0.0, 3000.0), FuseSettings())
    level, high = (flash("f", "CA-1", 0.0, 3000.0, 0.0, elevation_deg=e, elevation_sigma_deg=0.3) for e in (0.5, 15.0))
    gains = [said_of(d, event, claims_of([d])).log_odds for d in (level, high)]
    assert gains[0] > gains[1] + 10.0


def test_information_is_that_of_the_closed_forms():
    assert information((0.5, 0.5, 0.0), (0.0, 1.0, 1.0)) == pytest.approx(1.0)
    assert information((0.5, 0.5, 0.0), (0.3, 0.3, 0.9)) == pytest.approx(0.0, abs=1e-12)
    assert information((0.2, 0.0, 0.8), (0.0, 1.0, 1.0)) == pytest.approx(0.7219280949)


def test_what_would_decide_is_named_with_what_it_gains():
    told = report("r", "P-1", 0.0, 500.0, 0.0, range_m=(1000.0, 2000.0), span_s=(-60.0, 60.0))
    asked = Network(sensors=(*network(SQUARE, sends_clips=True).sensors, *CAMERA_NET.sensors))
    (incident,) = [i for i in run([told], asked) if i.supports[0].detection_id == "r"]
    assert incident.deciders
    gains = [d.gain_bits for d in incident.deciders]
    assert gains == sorted(gains, reverse=True)
    assert all(0.0 < g <= 1.6 for g in gains)
    assert any("patrol" in d.text for d in incident.deciders)


def test_a_report_that_fits_two_events_nearly_as_well_says_so():
    told = report("r", "P-1", 0.0, 500.0, 0.0, span_s=(-30.0, 30.0), range_m=(2000.0, 4000.0))
    far_time = report("q", "P-1", 0.0, 500.0, 0.0, span_s=(200.0, 260.0), range_m=(2000.0, 4000.0))
    found = run([*heard(50.0, 3000.0, 0.0), told, far_time], network())
    others = [i for i in found if i.place is None]
    assert len(others) == 1
    assert any("are one event, told of twice" in a.text for a in others[0].alternatives)
