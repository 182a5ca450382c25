"""A theatre from one seed: its physics, its people, its troubles, and that a seed is a day."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest

from trucewatch.geo import LocalFrame, distance_m
from trucewatch.model.errors import TrucewatchError
from trucewatch.model.instant import Interval
from trucewatch.model.network import Element, Health, Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Cause, CountQuality, ObservationType, ObserverKind, SensorState
from trucewatch.physics import listener_of, probability_of_detection
from trucewatch.simulate import PRESETS, Preset, announced, open_theatre, preset_of, theatre_day, theatre_hours
from trucewatch.simulate.contact import contact_of
from trucewatch.simulate.distant import far_of
from trucewatch.simulate.happening import Said, bangs, source_of
from trucewatch.simulate.hearing import Air, hear
from trucewatch.simulate.overpasses import overpasses
from trucewatch.simulate.people import ATTENDS, reports_of
from trucewatch.simulate.preset import NetworkPlan, SkyPlan
from trucewatch.simulate.schedule import happenings
from trucewatch.simulate.streams import stream
from trucewatch.simulate.terrain import HeightGrid, Terrain
from trucewatch.simulate.told import count_said
from trucewatch.simulate.watching import Eyes, seen_of

SHORT = replace(PRESETS["busy_day"], hours=3, start_utc=datetime(2025, 8, 13, 9, 0, tzinfo=UTC))
RANGES_M = (300.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0)


def _nodes_in_a_row(preset: Preset) -> Network:
    frame = LocalFrame(lon_deg=preset.lon_deg, lat_deg=preset.lat_deg)
    places = frame.to_geographic(np.array([[0.6 * r, 0.8 * r, 0.0] for r in RANGES_M]))
    return Network(
        sensors=tuple(
            Sensor(
                id=f"N-{n}",
                kind=ObserverKind.ACOUSTIC_SENSOR,
                owner="mission",
                place=Place.circular(lon_deg=float(p[0]), lat_deg=float(p[1]), sigma_m=0.0),
                clock_sigma_s=0.0,
                noise_level_db=64.0,
            )
            for n, p in enumerate(places)
        )
    )


def _event(preset: Preset, label: str, at_s: float, rng: np.random.Generator):
    said = Said(
        id="e", activity="explosion", label=label, kind=ObservationType.EXPLOSION, cause=Cause.EXPLOSION, size="small"
    )
    at = np.array([preset.lon_deg, preset.lat_deg])
    return bangs(said, preset.start_utc, at, np.array([at_s]), source=source_of(label), rng=rng)


@pytest.mark.parametrize("label", ["small_arms", "mortar_82", "artillery_152"])
def test_nodes_hear_as_often_as_physics_says(label):
    calm = Preset(name="calm", summary="", sky=SkyPlan(wind_m_s=2.0), network=NetworkPlan(outage_share=0.0))
    network = _nodes_in_a_row(calm)
    n_heard, expected, variance = (np.zeros(len(RANGES_M)) for _ in range(3))
    theatre = open_theatre(calm, 5, 0.0, network)
    for n in range(400):
        rng = stream(n, label)
        event = _event(calm, label, rng.uniform(0.0, 86_000.0), rng)
        noise = rng.normal(size=len(RANGES_M))
        air = Air(sky=theatre.sky, laws=theatre.laws, noise_hour_db=noise, plan=calm.network)
        onsets = hear(event, theatre.fielded, air, rng)
        n_heard[onsets.sensor] += 1
        weather = theatre.sky.weather_at(event.start_s, calm.lon_deg, calm.lat_deg)
        listener = listener_of(network.sensors[0])
        p = probability_of_detection(event.source, np.array(RANGES_M), listener, weather, np.degrees(np.arctan2(3, 4)))
        expected += p
        variance += p * (1.0 - p)
    assert 0.05 < expected.sum() / n / len(RANGES_M) < 0.99
    assert np.all(np.abs(n_heard - expected) < 4.0 * np.sqrt(variance) + 1.0)


def _share(p_seen, expected):
    """Hold a number of events that were noticed against the probabilities that each would be."""
    p = np.array(expected)
    assert 0.05 < p.mean() < 0.98
    assert abs(sum(p_seen) - p.sum()) < 4.0 * np.sqrt((p * (1.0 - p)).sum()) + 1.0


def _sensor_at(preset: Preset, name: str, kind: ObserverKind, away_m: float, n_elements: int = 0) -> Sensor:
    frame = LocalFrame(lon_deg=preset.lon_deg, lat_deg=preset.lat_deg)
    lon, lat, _ = frame.to_geographic(np.array([0.0, away_m, 0.0]))
    place = Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=0.0)
    elements = tuple(
        Element(id=f"{name}-{k}", place=Place.circular(lon_deg=float(lon) + 1e-3 * k, lat_deg=float(lat), sigma_m=1.0))
        for k in range(n_elements)
    )
    return Sensor(id=name, kind=kind, owner="mission", place=place, clock_sigma_s=0.0, elements=elements)


@pytest.mark.parametrize(
    ("kind", "away_m", "n_elements", "label"),
    [
        (ObserverKind.INFRASOUND_ARRAY, 5_000.0, 4, "mortar_120"),
        (ObserverKind.SEISMIC_STATION, 3_000.0, 0, "demolition_100kg"),
        (ObserverKind.CAMERA, 6_000.0, 0, "mortar_82"),
        (ObserverKind.STATIC_POST, 3_000.0, 0, "mortar_82"),
    ],
)
def test_other_senses_notice_as_often_as_physics_says(kind, away_m, n_elements, label):
    calm = Preset(name="calm", summary="", sky=SkyPlan(wind_m_s=2.0), network=NetworkPlan(outage_share=0.0))
    sensor = _sensor_at(calm, "S-1", kind, away_m, n_elements)
    theatre = open_theatre(calm, 5, 0.0, Network(sensors=(sensor,)))
    eyes = Eyes(fielded=theatre.fielded, sky=theatre.sky, start_utc=calm.start_utc)
    post = theatre.watch.observers[:1]
    watch = replace(theatre.watch, observers=post)
    noticed, expected = [], []
    for n in range(300):
        rng = stream(n, label)
        event = replace(_event(calm, label, rng.uniform(0.0, 86_000.0), rng), flash=True)
        weather = theatre.sky.weather_at(event.start_s, calm.lon_deg, calm.lat_deg)
        listener = listener_of(sensor)
        p = float(probability_of_detection(event.source, away_m, listener, weather, 0.0))
        if kind is ObserverKind.CAMERA:
            found = seen_of(event, eyes, rng)
        elif kind is ObserverKind.STATIC_POST:
            found, p = reports_of(event, watch, rng), ATTENDS * p
        else:
            found = far_of(event, theatre.fielded, theatre.sky, calm.start_utc, rng)
        noticed.append(len(found) > 0)
        expected.append(p)
    _share(noticed, expected)


def test_arrays_hear_from_where_it_came():
    calm = Preset(name="calm", summary="", sky=SkyPlan(wind_m_s=2.0), network=NetworkPlan(outage_share=0.0))
    sensor = _sensor_at(calm, "S-1", ObserverKind.INFRASOUND_ARRAY, 4_000.0, 4)
    theatre = open_theatre(calm, 5, 0.0, Network(sensors=(sensor,)))
    off = []
    for n in range(200):
        rng = stream(n, "bearing")
        event = _event(calm, "explosion_1000kg", 1_000.0, rng)
        for d in far_of(event, theatre.fielded, theatre.sky, calm.start_utc, rng):
            off.append(((d.bearing_deg - 180.0 + 180.0) % 360.0 - 180.0) / d.bearing_sigma_deg)
            assert 10.0 < (d.interval.start_utc - event.truth.start_utc).total_seconds() < 14.0
    assert len(off) > 150
    assert abs(np.mean(off)) < 1.0
    assert 0.4 < np.std(off) < 1.3


def test_without_errors_times_are_distance_by_sound_speed():
    still = Preset(name="still", summary="", network=NetworkPlan(outage_share=0.0, drift_s_per_day=0.0, pick_sigma_s=0))
    theatre = open_theatre(still, 3, 0.0, _nodes_in_a_row(still))
    laws = replace(theatre.laws, path_excess_m=0.0, shift_m=0.0, wind_local_sigma_m_s=0.0)
    sky = replace(theatre.sky, wind_m_s=np.zeros_like(theatre.sky.wind_m_s), modes=np.zeros((1, 5)))
    rng = stream(1)
    air = Air(sky=sky, laws=laws, noise_hour_db=np.full(len(RANGES_M), -3.0), plan=still.network)
    onsets = hear(_event(still, "demolition_100kg", 1_000.0, rng), theatre.fielded, air, rng)
    speed = 331.3 * np.sqrt(1.0 + sky.weather_at(1_000.0, still.lon_deg, still.lat_deg).temperature_c / 273.15)
    assert len(onsets) == len(RANGES_M)
    # The nodes were placed in a plane: 6 mm below the ellipsoid's arc at 8 km.
    assert onsets.at_s == pytest.approx(1_000.0 + np.array(RANGES_M)[onsets.sensor] / speed, abs=5e-5)


def test_same_seed_same_day_other_seed_other_day():
    one, two, other = (theatre_day(SHORT, seed, 1.0) for seed in (4, 4, 5))
    assert (one.truth, one.pulses, one.reports, one.network) == (two.truth, two.pulses, two.reports, two.network)
    assert one.truth != other.truth
    assert one.pulses


def test_wider_laws_leave_the_events_alone():
    plain, wide = theatre_day(SHORT, 4, 0.0), theatre_day(SHORT, 4, 1.0)
    assert [replace(t, n_sensors=None) for t in plain.truth] == [replace(t, n_sensors=None) for t in wide.truth]
    assert plain.pulses != wide.pulses


def test_hours_are_the_day_and_hold_their_own_time():
    theatre = open_theatre(SHORT, 4)
    day, hours = theatre_day(SHORT, 4), list(theatre_hours(theatre))
    assert tuple(p for h in hours for p in h.pulses) == day.pulses
    for h in hours[:-1]:
        end = SHORT.start_utc + timedelta(hours=h.hour + 1)
        # A clock that is ahead, or a report an hour off, may carry a little over the edge; a pulse may not.
        assert all(p.time.utc < end for p in h.pulses)


def test_pulses_are_in_order_and_no_node_gives_two_at_once():
    day = theatre_day(SHORT, 4)
    times = [p.time.utc for p in day.pulses]
    assert times == sorted(times)
    last = {}
    for p in day.pulses:
        if p.sensor_id in last:
            assert (p.time.utc - last[p.sensor_id]).total_seconds() > SHORT.network.dead_time_s - 1e-5
        last[p.sensor_id] = p.time.utc


def test_a_launch_is_heard_at_both_ends_and_flies_in_between():
    theatre = open_theatre(replace(PRESETS["busy_day"], per_day={"launch": 40.0}, hours=6), 2)
    events = {h.truth.id: h for hour in range(6) for h in happenings(theatre.scene, 2, hour)}
    impacts = [h for h in events.values() if h.impact]
    assert impacts
    for impact in impacts:
        launch = events[f"{impact.truth.id}-launch"]
        assert (impact.truth.launch_lon_deg, impact.truth.launch_lat_deg) == (
            launch.truth.lon_deg,
            launch.truth.lat_deg,
        )
        assert impact.truth.side == launch.truth.side
        assert 5.0 < impact.start_s - launch.start_s < 90.0
        assert len(impact.rounds_s) == len(launch.rounds_s)


def test_the_place_of_a_truth_is_the_middle_of_its_rounds():
    theatre = open_theatre(replace(PRESETS["busy_day"], per_day={"salvo": 40.0}, hours=6), 2)
    events = [h for hour in range(6) for h in happenings(theatre.scene, 2, hour)]
    assert len(events) > 3
    for h in events:
        assert h.offset_m.std() > 20.0
        assert h.offset_m.mean(axis=0) == pytest.approx([0.0, 0.0], abs=1e-9)
        assert h.truth.spread_m == pytest.approx(h.offset_m.std(ddof=1), rel=0.3)


def test_sides_and_zones_of_the_line():
    contact = contact_of(PRESETS["quiet_day"])
    middle = contact.length_m / 2.0
    places = contact.place(middle, np.array([-3_000.0, 3_000.0, -9_000.0, 500.0]))
    assert contact.sides(places) == ("A", "B", "A", "B")
    assert contact.zones(places) == ("buffer", "buffer", "", "area-1")


def test_a_sensor_that_is_known_to_be_out_says_nothing():
    start = SHORT.start_utc
    said = open_theatre(SHORT, 4).said
    out = Health(time=Interval(start_utc=start, end_utc=None), state=SensorState.DAMAGED, reason="hit by a lorry")
    broken = replace(said.sensors[3], health=(out,))
    day = theatre_day(SHORT, 4, 0.0, Network(sensors=(*said.sensors[:3], broken, *said.sensors[4:])))
    heard = {p.sensor_id for p in day.pulses}
    assert broken.id not in heard
    assert said.sensors[4].id in heard


@pytest.mark.parametrize(("preset", "rises_h", "sets_h"), [("quiet_day", 5.0, 19.0), ("winter_storm", 7.6, 16.4)])
def test_the_sun_rises_when_it_does(preset, rises_h, sets_h):
    sky = open_theatre(preset, 1).sky
    place = (PRESETS[preset].lon_deg, PRESETS[preset].lat_deg)
    up = [h for h in np.arange(0.0, 24.0, 0.1) if sky.sun_height((h - place[0] / 15.0) * 3600.0, *place) > 0.0]
    # At 48 degrees north, by the sun's own time: 13 August 14.2 h of day, 20 January 8.8 h.
    assert (min(up), max(up)) == (pytest.approx(rises_h, abs=0.25), pytest.approx(sets_h, abs=0.25))


@cache
def _jammed():
    return theatre_day("jammed_sector", 1)


def test_every_preset_makes_what_it_promises():
    barrage = {"barrage": 1.0}
    day = theatre_day(replace(PRESETS["barrage"], barrage_rounds=800, hours=4, per_day=barrage), 1)
    assert max(t.count for t in day.truth) == 800
    assert len({p.sensor_id for p in day.pulses}) > 30
    exercise = open_theatre("exercise_misread", 1)
    assert any(n.kind == "live_fire" and n.max_count > 100 for n in announced(exercise))
    jammed = _jammed()
    assert any(h.state is SensorState.JAMMED for h in jammed.health)
    assert set(PRESETS) >= {"quiet_day", "busy_day", "winter_storm", "spoofed_sensor", "line_1200km"}
    with pytest.raises(TrucewatchError, match="quiet_day"):
        preset_of("no_day")


def test_a_storm_lets_less_be_heard():
    calm, storm = (theatre_day(replace(PRESETS[name], hours=8), 3) for name in ("busy_day", "winter_storm"))

    def heard(day):
        shots = [t.n_sensors for t in day.truth if t.label in ("small_arms", "mortar_82")]
        return np.mean(shots)

    assert heard(storm) < 0.7 * heard(calm)


def test_jammed_nodes_say_nothing():
    theatre = open_theatre("jammed_sector", 1)
    jam, day = theatre.troubles.jam, _jammed()
    away = {h.sensor_id for h in day.health if h.state is SensorState.JAMMED}
    start, end = (SHORT.start_utc.replace(hour=0) + timedelta(seconds=s) for s in (jam.start_s, jam.end_s))
    loud = Counter(p.sensor_id for p in day.pulses if start + timedelta(seconds=5) < p.time.utc < end)
    assert away
    assert not away & set(loud)


def test_a_lying_owner_agrees_on_places_where_nothing_was():
    theatre, day = open_theatre("spoofed_sensor", 2), theatre_day("spoofed_sensor", 2)
    event = theatre.troubles.false_events[0]
    owners = {s.id: s.owner for s in day.network.sensors}
    begin = theatre.preset.start_utc + timedelta(seconds=event.at_s)
    agree: dict[str, set[str]] = {}
    for p in day.pulses:
        sensor = next(s for s in day.network.sensors if s.id == p.sensor_id)
        away = distance_m(sensor.place.lon_deg, sensor.place.lat_deg, event.lon_deg, event.lat_deg)
        # What a node's onset says of the event's own time; the false ones say the same to milliseconds.
        if away < 6_000.0 and abs((p.time.utc - begin).total_seconds() - away / 340.0) < 0.02:
            agree.setdefault(owners[p.sensor_id], set()).add(p.sensor_id)
    others = max((len(v) for k, v in agree.items() if k != theatre.troubles.owner), default=0)
    assert len(agree[theatre.troubles.owner]) >= 4
    assert others <= 1
    assert not any(abs((t.start_utc - begin).total_seconds()) < 5.0 for t in day.truth)


def test_people_count_less_when_much_happens():
    rng = np.random.default_rng(1)
    few = [count_said(3, rng) for _ in range(300)]
    many = [count_said(80, rng) for _ in range(300)]
    assert np.mean([c.best for c in few]) == pytest.approx(3.0, abs=0.15)
    assert np.mean([c.best for c in many]) < 75.0
    assert {c.quality for c in many} > {CountQuality.ABOUT}
    assert all(c.best % 5 == 0 for c in many)


def test_overpasses_are_at_the_hours_of_their_orbits():
    start = datetime(2025, 8, 1, tzinfo=UTC)
    found = overpasses(start, start + timedelta(days=16), 37.7, 48.1)
    per_day = Counter(p.satellite.name for p in found)
    # Over Europe each of these sees a place two to four times a day.
    assert all(1.8 * 16 <= n <= 4.2 * 16 for n in per_day.values())
    for p in found:
        local = (p.utc.hour + p.utc.minute / 60.0 + 37.7 / 15.0) % 24.0
        day, night = ((9.0, 12.5), (20.0, 23.5)) if p.satellite.name == "Terra" else ((11.0, 15.5), (0.0, 4.0))
        assert day[0] < local < day[1] or night[0] < local < night[1]
        assert 0.0 <= p.aside < 1.0


def test_fires_are_seen_where_they_burn():
    plan = replace(
        PRESETS["quiet_day"], per_day={"fire": 30.0, "harvest_fire": 20.0}, sky=SkyPlan(cloud=0.0), name="fires"
    )
    day = theatre_day(plan, 1)
    assert sum(len(f) for f in day.fires) > 20
    lon, lat = (np.array([getattr(t, f"{k}_deg") for t in day.truth]) for k in ("lon", "lat"))
    near = [
        float(distance_m(lon, lat, x, y).min())
        for block in day.fires
        for x, y in zip(block.lon_deg, block.lat_deg, strict=True)
    ]
    assert np.quantile(near, 0.9) < 3_000.0
    cloudy = theatre_day(replace(plan, sky=SkyPlan(cloud=1.0)), 1)
    assert sum(len(f) for f in cloudy.fires) <= 3


def test_hills_hide_and_dampen():
    ridge = np.zeros((3, 21))
    ridge[:, 10] = 200.0
    hill = Terrain(kind="grid", grid=HeightGrid(west_deg=37.0, south_deg=47.99, step_deg=0.01, height_m=ridge))
    over = hill.shielding_db(37.05, 48.0, np.array([37.15, 37.06]), np.array([48.0, 48.0]))
    assert over[0] > 10.0
    assert over[1] == pytest.approx(0.0, abs=0.5)
    assert Terrain().shielding_db(37.05, 48.0, np.array([37.15]), np.array([48.0]))[0] == 0.0
    assert np.std(Terrain(kind="hills", relief_m=40.0).height_m(37.0, np.linspace(47.0, 49.0, 4000))) == pytest.approx(
        40.0, rel=0.4
    )


def test_an_impossible_theatre_is_refused():
    with pytest.raises(ValueError, match="unknown activity war"):
        Preset(name="x", summary="", per_day={"war": 1.0})
    with pytest.raises(ValueError, match="an hour"):
        Preset(name="x", summary="", hours=0)
    with pytest.raises(ValueError, match="perturb"):
        theatre_day(SHORT, 1, -1.0)
