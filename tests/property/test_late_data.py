"""Whatever came when, and however the work was shared: what is understood is what everything at once gives."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.detect.reports import from_pulse
from trucewatch.fuse import FuseSettings, inherit
from trucewatch.fuse.stretches import HALO_S, STRETCH_S, Stretch, stretches
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.ids import content_id
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind
from trucewatch.model.wire import to_bytes
from trucewatch.service.fusing import Fused, fuse_changed, works
from trucewatch.simulate import Scenario, SimulatedDay, simulate

SETTINGS = FuseSettings()
SCENARIO = Scenario(hours=60.0, n_events=14, n_east=3, n_north=2, false_per_hour=0.5)


@pytest.fixture(scope="module")
def day() -> SimulatedDay:
    """Two days and a half of six nodes."""
    return simulate(SCENARIO, 5)


@pytest.fixture(scope="module")
def detections(day: SimulatedDay) -> tuple[Detection, ...]:
    """What they noticed, and what satellites and people say of the same events, hours later or hours wide."""
    pulses = [from_pulse(p, day.network.sensor(p.sensor_id)) for p in day.pulses]
    slow = [made for n, event in enumerate(day.events) for made in (_fire(n, event), _report(n, event))]
    return (*pulses, *slow)


def _fire(n, event) -> Detection:
    return _slow(
        f"fire-{n}", event, DetectionKind.FIRE, Instant(utc=event.time_utc + timedelta(hours=1 + n % 5), sigma_s=60.0)
    )


def _report(n, event) -> Detection:
    made = _slow(f"report-{n}", event, DetectionKind.REPORT, Instant(utc=event.time_utc, sigma_s=3600.0))
    start = event.time_utc - timedelta(minutes=10 + 60 * (n % 3))
    span = Interval(start_utc=start, end_utc=event.time_utc + timedelta(minutes=10 + 60 * (n % 4)))
    return replace(made, interval=span)


def _slow(name: str, event, kind: DetectionKind, time: Instant) -> Detection:
    fire = kind is DetectionKind.FIRE
    return Detection(
        id=name,
        kind=kind,
        sensor_id="S-NPP" if fire else "POST-1",
        observer_kind=ObserverKind.SATELLITE_THERMAL if fire else ObserverKind.STATIC_POST,
        means=Means.DETECTED if fire else Means.HEARD,
        method="made/1",
        observation_ids=(name,),
        observation_type=ObservationType.THERMAL_ANOMALY if fire else ObservationType.EXPLOSION,
        time=time,
        origin=None,
        place=_place(event),
        count=Count.exactly(1),
        p_false=0.2,
    )


def _place(event):
    return Place.circular(lon_deg=event.lon_deg, lat_deg=event.lat_deg, sigma_m=200.0)


class Runs:
    """Runs of fusion one after the other, as the corridor does them, with what each remembers."""

    def __init__(self, day: SimulatedDay) -> None:
        self.day, self.marks = day, dict[str, str]()
        self.incidents: tuple[Incident, ...] = ()

    def run(self, detections, processes: int = 1) -> Fused:
        todo = works(detections, self.day.network, self.day.weather, SETTINGS, None)
        done = fuse_changed(todo, self.incidents, self.marks.get, SETTINGS, None, processes)
        fresh = inherit(done.stale, done.fresh, frozenset(i.id for i in done.kept))
        self.incidents = (*done.kept, *fresh)
        self.marks |= done.marks
        return done

    def plain(self) -> list[bytes]:
        """What stands, with the name that its detections give it and without the number of its revision."""
        names = {i.id: _name(i) for i in self.incidents}
        assert len(names) == len(self.incidents)
        return sorted(to_bytes(_named(i, names)) for i in self.incidents)


def _name(incident: Incident) -> str:
    return content_id("inc", "\n".join(sorted(s.detection_id for s in incident.supports)).encode())


def _named(incident: Incident, names: dict[str, str]) -> Incident:
    links = tuple(replace(link, incident_id=names[link.incident_id]) for link in incident.links)
    return replace(incident, id=names[incident.id], revision=1, links=links)


@pytest.fixture(scope="module")
def whole(day: SimulatedDay, detections: tuple[Detection, ...]) -> list[bytes]:
    runs = Runs(day)
    runs.run(detections)
    return runs.plain()


@given(seed=st.integers(0, 2**32), n_batches=st.integers(2, 3))
@settings(max_examples=4)
def test_however_data_come_in_the_same_incidents_stand_at_the_end(
    day: SimulatedDay, detections: tuple[Detection, ...], whole: list[bytes], seed: int, n_batches: int
) -> None:
    draw = random.Random(seed)
    shuffled = draw.sample(list(detections), len(detections))
    cuts = sorted(draw.sample(range(1, len(shuffled)), n_batches - 1))
    runs = Runs(day)
    for end in (*cuts, len(shuffled)):
        runs.run(shuffled[:end])
    assert runs.plain() == whole


def test_satellites_and_people_days_late_change_what_they_speak_of(
    day: SimulatedDay, detections: tuple[Detection, ...], whole: list[bytes]
) -> None:
    runs = Runs(day)
    runs.run([d for d in detections if d.kind is DetectionKind.ONSET])
    before = {i.id: i for i in runs.incidents}
    for late in (d for d in detections if d.kind is not DetectionKind.ONSET and d.id.endswith("3")):
        runs.run([d for d in detections if d.kind is DetectionKind.ONSET or d.id <= late.id])
    runs.run(detections)
    assert runs.plain() == whole
    revised = [i for i in runs.incidents if i.revision > 1]
    assert revised
    assert any(i.id in before for i in revised)


def test_a_second_run_fuses_nothing_and_a_late_report_one_stretch(
    day: SimulatedDay, detections: tuple[Detection, ...]
) -> None:
    middle = day.scenario.start_utc + timedelta(hours=30.0)
    late = min(
        (d for d in detections if d.kind is DetectionKind.ONSET),
        key=lambda d: abs((d.time.utc - middle).total_seconds()),
    )
    runs = Runs(day)
    first = runs.run([d for d in detections if d is not late])
    assert first.n_fused == first.n_stretches >= 5
    again = runs.run([d for d in detections if d is not late])
    assert (again.n_fused, again.fresh, again.stale) == (0, (), ())
    assert 1 <= runs.run(detections).n_fused <= 2


def test_several_processes_give_what_one_gives(
    day: SimulatedDay, detections: tuple[Detection, ...], whole: list[bytes]
) -> None:
    runs = Runs(day)
    runs.run(detections, processes=2)
    assert runs.plain() == whole


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20)
def test_stretches_follow_each_other_and_hold_what_may_touch_them(detections: tuple[Detection, ...], seed: int) -> None:
    draw = random.Random(seed)
    some = draw.sample(list(detections), draw.randint(1, len(detections)))
    found = stretches(some, SETTINGS)
    assert found == stretches(sorted(some, key=lambda d: d.id), SETTINGS)
    assert all(a.end_s <= b.start_s for a, b in pairwise(found))
    assert all(STRETCH_S - 7200.0 <= s.end_s - s.start_s <= STRETCH_S + 7200.0 for s in found)
    for d in some:
        at = d.time.utc.timestamp()
        holding = [s for s in found if s.has(at)]
        assert len(holding) == 1
        assert all(d in s.detections for s in found if s.start_s - HALO_S <= at < s.end_s + HALO_S)


def test_a_cut_lies_where_least_is_heard(day: SimulatedDay, detections: tuple[Detection, ...]) -> None:
    onsets = [d for d in detections if d.kind is DetectionKind.ONSET]
    moments = sorted(d.time.utc.timestamp() for d in onsets)
    gaps = sorted(b - a for a, b in pairwise(moments))
    for one in stretches(onsets, SETTINGS):
        assert isinstance(one, Stretch)
        near = min(abs(m - one.end_s) for m in moments)
        assert near >= gaps[len(gaps) // 2] / 2
