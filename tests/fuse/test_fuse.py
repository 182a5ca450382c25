import math
import random
import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import (
    SPEED_10C,
    SQUARE,
    T0,
    arrival,
    fire,
    heard,
    metres,
    network,
    onset,
    place,
    report,
)

from trucewatch.fuse import FuseSettings, explain, fuse, inherit
from trucewatch.geo.ellipse import error_ellipse
from trucewatch.model.count import Count
from trucewatch.model.detection import Feature
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Interval
from trucewatch.model.network import Health, Network
from trucewatch.model.observation import Weather
from trucewatch.model.vocabulary import CountQuality, ObservationType, SensorState, WeaponClass
from trucewatch.model.wire import to_bytes

STILL = Weather(
    id="w",
    input_id="i",
    row=2,
    time_utc=T0 - timedelta(hours=1),
    temperature_c=10.0,
    relative_humidity_pct=70.0,
    pressure_pa=101_000.0,
    wind_m_s=0.0,
    wind_from_deg=0.0,
    source="made",
)
NETWORK = network()


def run(detections, net=NETWORK):
    return fuse(detections, net, (STILL,))


def test_one_bang_heard_by_six_is_placed_and_believed():
    (incident,) = run(heard(120.0, -40.0, 5.0))
    assert np.hypot(*(metres(incident.place) - (120.0, -40.0))) < 0.5
    assert abs((incident.time.utc - T0).total_seconds() - 5.0) < 0.005
    assert incident.p_exists > 0.99
    assert incident.count == Count.exactly(1)
    assert incident.id == content_id("inc", "\n".join(sorted(f"a-{n}" for n in range(1, 7))).encode())
    assert incident.revision == 1
    assert incident.owners == ("mission",)


def test_region_never_gets_smaller_than_what_shots_share():
    ellipse = error_ellipse(run(heard(0.0, 0.0, 0.0))[0].place.covariance_m2, 0.90)
    assert ellipse.semi_minor_m > FuseSettings().systematic_sigma_m * 2.14


@pytest.mark.parametrize("n_sensors", [3, 4, 6])
def test_three_rounds_in_a_few_seconds_are_one_incident_of_three(n_sensors):
    positions = SQUARE[:n_sensors]
    rounds = [d for n, at in enumerate((0.0, 1.1, 2.6)) for d in heard(50.0, 80.0, at, positions, tag=f"r{n}")]
    (incident,) = run(rounds, network(positions))
    assert incident.count.best == 3
    assert np.hypot(*(metres(incident.place) - (50.0, 80.0))) < 1.0
    assert len(incident.supports) == 3 * n_sensors


def test_bangs_of_two_places_at_one_time_are_told_apart():
    both = [*heard(-300.0, 200.0, 0.0, tag="a"), *heard(350.0, -250.0, 0.4, tag="b")]
    incidents = run(both)
    assert [{s.detection_id[0] for s in i.supports} for i in incidents] == [{"a"}, {"b"}]


def test_echoes_and_false_onsets_bend_nothing():
    bang = heard(120.0, -40.0, 5.0)
    echoes = [onset(f"e-{n}", d.sensor_id, _s(d) + 0.31 + 0.17 * n) for n, d in enumerate(bang[:3])]
    noise = [onset(f"n-{n}", f"AC-{n}", 20.0 + 40 * n) for n in range(1, 7)]
    incidents = run([*bang, *echoes, *noise])
    assert len(incidents) == 1
    assert {s.detection_id for s in incidents[0].supports if s.used} == {d.id for d in bang}


def test_an_outlier_of_a_group_is_kept_and_bends_nothing():
    bang = heard(120.0, -40.0, 5.0, group="g")
    late = replace(bang[0], time=replace(bang[0].time, utc=bang[0].time.utc + timedelta(seconds=0.4)))
    (incident,) = run([late, *bang[1:]])
    assert np.hypot(*(metres(incident.place) - (120.0, -40.0))) < 1.0
    (odd,) = [s for s in incident.supports if not s.used]
    assert odd.detection_id == "a-1"
    assert odd.log_odds == 0.0


def test_lone_onset_makes_no_incident_unless_sure_and_never_a_place():
    assert run([onset("x", "AC-1", 0.0, p_false=0.2)]) == ()
    (incident,) = run([onset("x", "AC-1", 0.0, p_false=0.001)])
    assert incident.place is None
    assert incident.p_exists < 0.9


def test_what_one_of_several_near_sensors_heard_alone_makes_no_incident():
    far_apart = [heard(0.0, 0.0, 0.0)[0], *[d for d in heard(0.0, 0.0, 900.0, tag="b") if d.sensor_id != "AC-1"]]
    sure = [replace(d, p_false=0.001) for d in far_apart]
    (incident,) = run(sure)
    assert {s.detection_id[0] for s in incident.supports} == {"b"}


def test_the_louder_of_two_onsets_is_the_sound_and_the_fainter_its_echo():
    positions = SQUARE[:4]
    bang = heard(50.0, 80.0, 0.0, positions, snr_db=30.0)
    # Echoes that together would fit a place of their own.
    image = [replace(d, id=f"e-{n}", snr_db=12.0) for n, d in enumerate(heard(-250.0, 300.0, 0.35, positions))]
    incidents = run([*bang, *image], network(positions))
    assert np.hypot(*(metres(incidents[0].place) - (50.0, 80.0))) < 1.0


def test_days_at_once_are_the_days_alone():
    """What is two days away changes nothing of an incident, at whatever second of the batch it stands."""
    first = heard(120.0, -40.0, 5.0) + heard(125.0, -42.0, 11.0, tag="b") + [onset("x", "AC-2", 900.0)]
    second = [*heard(-200.0, 300.0, 172_803.0, tag="c"), onset("y", "AC-4", 172_990.0)]
    alone, together = (*run(first), *run(second)), run([*second, *first])
    assert [i.id for i in together] == [i.id for i in alone]
    assert [i.count for i in together] == [i.count for i in alone]
    for one, other in zip(alone, together, strict=True):
        assert other.p_exists == pytest.approx(one.p_exists, abs=1e-9)
        assert np.hypot(*(metres(one.place) - metres(other.place))) < 1e-3


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(rng: random.Random):
    detections = [
        *heard(50.0, 80.0, 0.0, tag="a"),
        *heard(55.0, 75.0, 3.0, tag="b"),
        *heard(-250.0, 300.0, 1.5, tag="c"),
        report("r", "P-1", 3000.0, 0.0, 270.0, range_m=(1000.0, 5000.0)),
        report("q", "P-2", 0.0, -3000.0, 0.0),
        fire("f", 100.0, 100.0, 3600.0),
        arrival("v", "IS-1", 50_000.0, 0.0, 270.0, 150.0),
    ]
    shuffled = list(detections)
    rng.shuffle(shuffled)
    assert to_bytes(run(shuffled)) == to_bytes(run(detections))


def test_heard_and_reported_is_counted_once():
    rounds = [d for n, at in enumerate((0.0, 4.0)) for d in heard(0.0, 0.0, at, tag=f"r{n}")]
    said = report("said", "P-1", 3000.0, 0.0, 270.0, range_m=(2000.0, 4000.0), count=Count.exactly(2))
    (incident,) = run([*rounds, said])
    assert incident.count.best == 2
    (of_report,) = [s for s in incident.supports if s.detection_id == "said"]
    assert not of_report.counted
    assert "heard and seen is one" in of_report.reason
    assert of_report.log_odds > 0


def test_a_long_report_supports_each_located_event_and_counts_in_none():
    events = [d for n, (x, at) in enumerate(((0.0, 0.0), (600.0, 150.0))) for d in heard(x, 0.0, at, tag=f"r{n}")]
    five = Count(low=5, best=5, high=5)
    said = report("said", "P-1", 3000.0, 0.0, 270.0, range_m=(2000.0, 4000.0), count=five)
    incidents = run([*events, said])
    assert [i.count.best for i in incidents] == [1, 1]
    assert [i.count.high for i in incidents] == [4, 4]
    assert all(not s.counted for i in incidents for s in i.supports if s.detection_id == "said")


def test_a_report_of_another_place_or_time_stays_apart():
    bang = heard(0.0, 0.0, 0.0)
    elsewhere = report("east", "P-1", 3000.0, 0.0, 90.0, range_m=(2000.0, 4000.0))
    later = report("late", "P-2", 3000.0, 0.0, 270.0, range_m=(2000.0, 4000.0), span_s=(3600.0, 4200.0))
    assert len(run([*bang, elsewhere, later])) == 3


def test_two_lines_of_one_post_are_two_observations_and_two_posts_meet():
    west = {"range_m": (2000.0, 4000.0)}
    one, two = report("1", "P-1", 3000.0, 0.0, 270.0, **west), report("2", "P-1", 3000.0, 0.0, 270.0, **west)
    assert len(run([one, two])) == 2
    south = report("3", "P-2", 0.0, -3000.0, 0.0, **west)
    (incident,) = run([one, south])
    ellipse = error_ellipse(incident.place.covariance_m2)
    assert np.hypot(*(metres(incident.place))) < ellipse.semi_major_m
    nobody = Network(sensors=())
    assert run([one, south], nobody)[0].p_exists > run([one], nobody)[0].p_exists


def test_lone_report_is_a_sector_with_low_existence():
    (incident,) = run([report("1", "P-1", 0.0, 0.0, 292.5, range_m=(5000.0, 7000.0))])
    assert incident.place is None
    assert incident.sector.bearing_deg == 292.5
    assert incident.sector.range_m == (5000.0, 7000.0)
    assert 0.3 < incident.p_exists < 0.9


def test_several_directions_are_one_arc_and_never_averaged():
    several = replace(report("1", "P-1", 0.0, 0.0, 0.0), bearings_deg=(337.5, 22.5))
    (incident,) = run([several])
    assert incident.sector.bearing_deg == pytest.approx(0.0)
    assert incident.sector.half_width_deg == pytest.approx(33.75)


def test_a_fire_after_an_explosion_supports_it_by_how_near_it_is_and_alone_stands():
    bang = heard(0.0, 0.0, 0.0)
    (incident,) = run([*bang, fire("f", 60.0, 60.0, 2 * 3600.0)])
    (support,) = [s for s in incident.supports if s.detection_id == "f"]
    own = FuseSettings().claims
    p = own.fire_p * math.exp(-2 * 3600.0 / own.fire_lasts_s)
    spread = 150.0**2 + own.fire_sigma_m**2
    ratio = math.exp(-(60.0**2) / spread) / (2 * math.pi * spread) * math.pi * own.fire_reach_m**2 / own.fires_usual
    assert support.log_odds == pytest.approx(math.log(1 - p + p * ratio), abs=0.02)
    assert not support.counted
    assert incident.kind is ObservationType.EXPLOSION
    assert len(run([*bang, fire("f", 60.0, 60.0, -3600.0)])) == 2
    assert len(run([*bang, fire("f", 60.0, 60.0, 20 * 3600.0)])) == 2
    assert len(run([*bang, fire("f", 5000.0, 60.0, 3600.0)])) == 2


def test_one_array_gives_a_sector_and_two_give_a_place():
    east = arrival("e", "IS-1", 50_000.0, 0.0, 270.0, 50_000.0 / 330)
    south = arrival("s", "IS-2", 0.0, -60_000.0, 0.0, 60_000.0 / 330)
    (alone,) = run([east])
    assert alone.place is None
    assert alone.sector.bearing_deg == 270.0
    assert alone.p_exists < 0.9
    (incident,) = run([east, south])
    ellipse = error_ellipse(incident.place.covariance_m2)
    assert np.hypot(*metres(incident.place)) < ellipse.semi_major_m
    assert ellipse.semi_major_m < 20_000.0
    assert abs((incident.time.utc - T0).total_seconds()) < 3 * incident.time.sigma_s


def test_an_array_arrival_joins_the_bang_that_it_points_at():
    incidents = run([*heard(0.0, 0.0, 0.0), arrival("e", "IS-1", 50_000.0, 0.0, 270.0, 50_000.0 / 330)])
    assert len(incidents) == 1
    assert len(run([*heard(0.0, 0.0, 0.0), arrival("e", "IS-1", 50_000.0, 0.0, 200.0, 151.0)])) == 2


def test_silence_lowers_existence_and_an_outage_does_not():
    near = ((200.0, 200.0), (-200.0, -200.0), (200.0, -200.0), (-250.0, 100.0))
    whole = network((*SQUARE[:3], *near))
    bang = heard(0.0, 0.0, 0.0, SQUARE[:3])
    alone = run(bang, network(SQUARE[:3]))[0]
    doubted = run(bang, whole)[0]
    assert doubted.p_exists < alone.p_exists
    assert {s.sensor_id for s in doubted.silences} == {"AC-4", "AC-5", "AC-6", "AC-7"}
    assert all(s.log_odds < 0 for s in doubted.silences)
    day = Interval(start_utc=T0 - timedelta(hours=1), end_utc=None)
    down = (Health(time=day, state=SensorState.JAMMED, reason="jammed"),)
    dead = Network(sensors=tuple(replace(s, health=down) if n >= 3 else s for n, s in enumerate(whole.sensors)))
    assert run(bang, dead)[0].p_exists == pytest.approx(alone.p_exists)
    assert all(s.log_odds == 0 and s.p_detect == 0 for s in run(bang, dead)[0].silences)


def test_explanation_adds_up():
    (incident,) = run([*heard(0.0, 0.0, 0.0, SQUARE[:4]), report("r", "P-1", 3000.0, 0.0, 270.0)])
    assert sum_of(incident) == pytest.approx(logit(incident), abs=0.03)
    text = explain(incident)
    assert any(line.startswith("probability that it happened") and f"{logit(incident):+.2f}" in line for line in text)
    assert sum("silent:" in line for line in text) == len(incident.silences)


def test_an_explanation_says_nothing_twice_and_what_speaks_most_first():
    rounds = [d for n, at in enumerate((0.0, 2.0)) for d in heard(50.0, 80.0, at, tag=f"r{n}", snr_db=30.0)]
    images = [d for n, at in enumerate((0.12, 2.12)) for d in heard(50.0, 80.0, at, tag=f"i{n}", snr_db=15.0)]
    later = Interval(start_utc=T0 + timedelta(days=1), end_utc=None)
    near = network(((500.0, 0.0),) * 5).sensors
    spare = tuple(replace(s, id=f"SP-{n}", watch=(later,)) for n, s in enumerate(near))
    (incident,) = run([*rounds, *images], Network(sensors=(*network().sensors, *spare)))
    text = explain(incident)
    assert len(set(text)) == len(text)
    assert sum(": +0.00, not counted again" in line for line in text) < len(incident.supports) / 2
    assert any(line.endswith("(2 detections)") for line in text)
    of_sensors = [line for line in text if line.startswith("AC-") and "ounted" in line]
    odds = [abs(float(line.split(": ")[1].split(",")[0])) for line in of_sensors]
    assert odds == sorted(odds, reverse=True)
    aside = [line for line in text if "silence says nothing" in line]
    assert aside == ["SP-0, SP-1, SP-2 and 2 more silent: +0.00; not tasked: silence says nothing"]


@pytest.mark.parametrize("n_sensors", [3, 4, 6])
def test_every_located_incident_adds_up_to_its_probability(n_sensors):
    positions = SQUARE[:n_sensors]
    rounds = [d for n, at in enumerate((0.0, 1.1)) for d in heard(50.0, 80.0, at, positions, tag=f"r{n}", p_false=0.3)]
    for incident in run([*rounds, fire("f", 60.0, 60.0, 3600.0)]):
        assert sum_of(incident) == pytest.approx(logit(incident), abs=0.03)
        assert abs(logit(incident)) < 30.01


def test_three_onsets_that_fit_a_place_are_no_event_where_the_nearest_sensors_heard_nothing():
    far = ((-9000.0, 0.0), (9000.0, 1000.0), (0.0, 9000.0))
    near = ((200.0, 200.0), (-250.0, 100.0), (300.0, -200.0), (-100.0, -300.0))
    bang = heard(0.0, 0.0, 0.0, far)
    assert all(i.p_exists < 0.5 for i in run(bang, network((*far, *near))))


def test_onsets_at_random_moments_make_no_event():
    rng = np.random.default_rng(7)
    positions = [(x, y) for x in (-4000.0, 0.0, 4000.0) for y in (-4000.0, 0.0, 4000.0)]
    noise = [
        onset(f"n-{k}-{n}", f"AC-{n + 1}", float(at))
        for n in range(len(positions))
        for k, at in enumerate(np.sort(rng.uniform(0.0, 6 * 3600.0, 12)))
    ]
    assert [i for i in run(noise, network(tuple(positions))) if i.p_exists > 0.5] == []


def test_a_size_is_seen_from_who_hears_it():
    grid = tuple((x, y) for x in np.arange(-6000.0, 6001.0, 1500.0) for y in np.arange(-6000.0, 6001.0, 1500.0))
    near = [d for d, (x, y) in zip(heard(100.0, 50.0, 0.0, grid), grid, strict=True) if np.hypot(x, y) < 1600.0]
    (shot,) = run(near, network(grid))
    assert shot.kind is ObservationType.SHOT
    (charge,) = run(heard(100.0, 50.0, 0.0, grid), network(grid))
    assert charge.kind is ObservationType.EXPLOSION
    assert charge.kinds[0].p > 0.7


def test_levels_tell_a_gun_from_a_charge():
    # At 800 m physics gives 81 dB for a rifle and 120 dB for a shell of 152 mm, in the loudest octave.
    assert run(heard(0.0, 0.0, 0.0, features=level(82.0)))[0].kind is ObservationType.SHOT
    assert run(heard(0.0, 0.0, 0.0, features=level(120.0)))[0].kind is ObservationType.EXPLOSION


def test_rounds_of_automatic_fire_are_a_burst():
    rounds = [d for n in range(5) for d in heard(50.0, 80.0, 0.1 * n, tag=f"r{n}", features=level(82.0))]
    (incident,) = run(rounds)
    assert incident.kind is ObservationType.BURST
    assert incident.count.best == 5


def test_an_image_from_the_same_place_is_counted_in_the_upper_bound_only():
    rounds = [d for n, at in enumerate((0.0, 2.0)) for d in heard(50.0, 80.0, at, tag=f"r{n}", snr_db=30.0)]
    images = [d for n, at in enumerate((0.12, 2.12)) for d in heard(50.0, 80.0, at, tag=f"i{n}", snr_db=15.0)]
    (incident,) = run([*rounds, *images])
    assert (incident.count.low, incident.count.best, incident.count.high) == (2, 2, 4)
    assert incident.count.quality is CountQuality.ABOUT


def test_what_one_sensor_hears_after_a_located_bang_is_no_event_of_its_own():
    bang = heard(120.0, -40.0, 5.0, SQUARE[:4])
    lone = onset("late", "AC-5", 9.0, p_false=0.0001)
    (incident,) = run([*bang, lone])
    assert incident.place is not None
    later = onset("later", "AC-5", 90.0, p_false=0.0001)
    assert len(run([*bang, later], network((*SQUARE[:4], (9000.0, 0.0))))) == 2


def test_far_arrivals_of_a_loud_bang_belong_to_it():
    line = tuple((4500.0 * n, 800.0 * (-1) ** n) for n in range(-10, 11))
    (incident,) = run(heard(300.0, 200.0, 0.0, line), network(line))
    assert len({s.sensor_id for s in incident.supports if s.used}) == len(line)


def test_a_fix_that_holds_no_place_is_not_published_as_one():
    (incident,) = run(heard(60_000.0, 0.0, 0.0, group="g"), network(SQUARE))
    assert incident.place is None
    assert "not located" in incident.place_method


def test_kinds_sum_to_one_and_stay_spread_on_thin_evidence():
    (bang,) = run(heard(0.0, 0.0, 0.0))
    assert sum(k.p for k in bang.kinds) == pytest.approx(1.0)
    assert bang.kinds[0].p < 0.7
    seen = report("r", "P-1", 3000.0, 0.0, 270.0, weapon_class=WeaponClass.MORTAR, weapon_text="mortar")
    (told,) = run([*heard(0.0, 0.0, 0.0), seen])
    assert told.kinds[0].p > bang.kinds[0].p
    assert told.weapon_class is WeaponClass.MORTAR


def test_uncountable_reports_leave_no_upper_bound():
    many = Count(low=20, best=None, high=None, quality=CountQuality.UNCOUNTABLE)
    (incident,) = run([*heard(0.0, 0.0, 0.0), report("r", "P-1", 3000.0, 0.0, 270.0, count=many)])
    assert incident.count.low == 20
    assert incident.count.high is None


def test_identity_lives_on():
    bang = heard(0.0, 0.0, 0.0, SQUARE[:5], tag="a")
    # Farther apart than impulses teach each other of the air.
    other = heard(300.0, 100.0, 7_200.0, tag="b")
    before = run([*bang, *other])
    same = inherit(before, run([*bang, *other]))
    assert all(a is b for a, b in zip(before, same, strict=True))
    late = [d for d in heard(0.0, 0.0, 0.0, tag="a") if d.sensor_id == "AC-6"]
    after = inherit(before, run([*bang, *late, *other]))
    assert [i.id for i in after] == [i.id for i in before]
    assert [i.revision for i in after] == [2, 1]
    assert after[1] is before[1]
    assert inherit(tuple(reversed(before)), run([*bang, *late, *other])) == after


def test_a_place_beyond_the_network_has_a_long_region():
    (incident,) = run(heard(4000.0, 0.0, 0.0, group="g"))
    ellipse = error_ellipse(incident.place.covariance_m2)
    assert ellipse.semi_major_m > 5 * ellipse.semi_minor_m
    assert np.hypot(*(metres(incident.place) - (4000.0, 0.0))) < ellipse.semi_major_m


def test_wind_that_is_known_is_taken_into_account():
    at = place(120.0, -40.0)
    assert at.lon_deg
    windy = replace(STILL, wind_m_s=6.0, wind_from_deg=270.0)
    detections = []
    for n, (x, y) in enumerate(SQUARE):
        offset = np.array([x - 120.0, y + 40.0])
        away = float(np.hypot(*offset))
        speed = SPEED_10C + 6.0 * offset[0] / away
        detections.append(onset(f"a-{n + 1}", f"AC-{n + 1}", away / speed))
    (incident,) = fuse(detections, NETWORK, (windy,))
    assert np.hypot(*(metres(incident.place) - (120.0, -40.0))) < 1.0


def level(value_db):
    return (Feature(name="level", value=value_db, unit="dB re 20 uPa"),)


def logit(incident):
    return math.log(incident.p_exists / (1 - incident.p_exists))


def sum_of(incident):
    """Return what an incident says of itself: the numbers of its rationale, its detections and its silences."""
    stated = [float(m[1]) for s in incident.rationale if (m := re.search(r"\(log-odds ([+-][0-9.]+)\)$", s))]
    return sum(stated) + sum(s.log_odds for s in (*incident.supports, *incident.silences))


def _s(detection):
    return (detection.time.utc - T0).total_seconds()
