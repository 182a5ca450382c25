"""A line of 1,200 km in pieces that processes share: the same incidents, to the byte, and those of the whole line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from pyproj import Geod

from trucewatch.fuse import FuseSettings, fuse
from trucewatch.fuse.line_pieces import HALO_M, counted_once, line_pieces
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Weather
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind
from trucewatch.model.wire import to_bytes
from trucewatch.service.fusing import Work, run_all, works

SETTINGS = FuseSettings(many_onsets=300)
START = datetime(2025, 8, 13, 2, 0, tzinfo=UTC)
WGS84 = Geod(ellps="WGS84")
SPEED_M_S = 331.3 * np.sqrt(1 + 10 / 273.15)
N_NODES, STEP_DEG, WEST_DEG, LAT_DEG = 401, 0.04, 24.0, 48.0
"""3 km apart"""
ASIDE_DEG = (-0.013, 0.011, -0.006, 0.016)


def _nodes() -> list[tuple[str, float, float]]:
    return [(f"AC-{k:03d}", WEST_DEG + k * STEP_DEG, LAT_DEG + ASIDE_DEG[k % 4]) for k in range(N_NODES)]


def _network() -> Network:
    return Network(
        sensors=tuple(
            Sensor(
                id=name,
                kind=ObserverKind.ACOUSTIC_SENSOR,
                owner=f"owner-{n % 3}",
                place=Place.circular(lon_deg=lon, lat_deg=lat, sigma_m=2.0),
                clock_sigma_s=0.001,
            )
            for n, (name, lon, lat) in enumerate(_nodes())
        )
    )


def _detections() -> list[Detection]:
    """Sixty bangs heard within 12 km, every twelfth one within 15 km of the middle, and onsets of chance."""
    rng = np.random.default_rng(6)
    middle, span = WEST_DEG + (N_NODES - 1) / 2 * STEP_DEG, (N_NODES - 1) * STEP_DEG
    made = list[Detection]()
    for k in range(60):
        lon = middle + (rng.uniform(-0.48, 0.48) * span if k % 12 else rng.uniform(-0.2, 0.2))
        lat, at_s = LAT_DEG + rng.uniform(-0.03, 0.03), 600.0 + 180.0 * k
        for name, node_lon, node_lat in _nodes():
            away_m = WGS84.inv(lon, lat, node_lon, node_lat)[2]
            if away_m < 12_000.0:
                made.append(_onset(f"bang-{k}-{name}", name, at_s + away_m / SPEED_M_S + rng.normal(0, 0.003)))
    for n in range(150):
        made.append(_onset(f"chance-{n}", f"AC-{rng.integers(N_NODES):03d}", rng.uniform(0, 11_000)))
    middle_m = Place.circular(lon_deg=middle, lat_deg=LAT_DEG, sigma_m=2_000.0)
    return [*made, _report("told", middle_m)]


def _onset(name: str, sensor_id: str, at_s: float) -> Detection:
    return Detection(
        id=name,
        kind=DetectionKind.ONSET,
        sensor_id=sensor_id,
        observer_kind=ObserverKind.ACOUSTIC_SENSOR,
        means=Means.RECORDED,
        method="made/1",
        observation_ids=(name,),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=START + timedelta(seconds=round(at_s, 4)), sigma_s=0.003),
        origin=None,
        count=Count.exactly(1),
        p_false=0.1,
    )


def _report(name: str, place: Place) -> Detection:
    """Say what somebody told who stood near the cut, of an hour in which bangs were near it."""
    start, end = START + timedelta(minutes=30), START + timedelta(minutes=90)
    return Detection(
        id=name,
        kind=DetectionKind.REPORT,
        sensor_id="POST-1",
        observer_kind=ObserverKind.STATIC_POST,
        means=Means.HEARD,
        method="made/1",
        observation_ids=(name,),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=START + timedelta(minutes=60), sigma_s=1_040.0),
        interval=Interval(start_utc=start, end_utc=end),
        origin=place,
        place=place,
        count=Count.exactly(1),
        p_false=0.2,
    )


def _weather() -> tuple[Weather, ...]:
    made = Weather(
        id="w",
        input_id="i",
        row=2,
        time_utc=START - timedelta(hours=1),
        temperature_c=10.0,
        relative_humidity_pct=70.0,
        pressure_pa=101_000.0,
        wind_m_s=0.0,
        wind_from_deg=0.0,
        source="made",
    )
    return (made,)


@pytest.fixture(scope="module")
def detections() -> list[Detection]:
    return sorted(_detections(), key=lambda d: d.id)


@pytest.fixture(scope="module")
def work(detections: list[Detection]) -> Work:
    (one,) = works(detections, _network(), _weather(), SETTINGS, None)
    return one


@pytest.fixture(scope="module")
def in_one_process(work: Work) -> tuple[Incident, ...]:
    (found,) = run_all([work], SETTINGS, None, 1)
    return found


def test_two_processes_that_share_a_line_give_what_one_gives_to_the_byte(
    work: Work, in_one_process: tuple[Incident, ...]
) -> None:
    (found,) = run_all([work], SETTINGS, None, 2)
    assert to_bytes(found) == to_bytes(in_one_process)


def test_the_pieces_of_a_line_give_what_the_whole_gives(
    detections: list[Detection], in_one_process: tuple[Incident, ...]
) -> None:
    whole = fuse(detections, _network(), _weather(), SETTINGS)
    assert len(whole) > 50
    assert [i.id for i in in_one_process] == [i.id for i in whole]
    for piece, one in zip(in_one_process, whole, strict=True):
        assert piece.count == one.count
        assert piece.standing == one.standing
        assert piece.p_exists == pytest.approx(one.p_exists, abs=1e-6)
        assert [s.detection_id for s in piece.supports] == [s.detection_id for s in one.supports]
        assert [(link.relation, link.incident_id) for link in piece.links] == [
            (link.relation, link.incident_id) for link in one.links
        ]
        if one.place is not None and piece.place is not None:
            at, other = one.place, piece.place
            assert WGS84.inv(at.lon_deg, at.lat_deg, other.lon_deg, other.lat_deg)[2] < 0.1
            assert other.var_east_m2 == pytest.approx(at.var_east_m2, rel=1e-3)


def test_each_incident_lies_in_one_piece_and_every_onset_in_one_or_two(
    detections: list[Detection], in_one_process: tuple[Incident, ...]
) -> None:
    west, east = line_pieces(detections, _network(), SETTINGS)
    shared = {d.id for d in west.detections} & {d.id for d in east.detections}
    assert {d.id for d in west.detections} | {d.id for d in east.detections} == {d.id for d in detections}
    assert 0 < len(shared) < len(detections)
    assert "told" in shared
    owners = [(west.has(i), east.has(i)) for i in in_one_process]
    assert set(owners) == {(True, False), (False, True)}


def test_a_line_is_not_cut_where_few_onsets_or_short_ways_make_it_not_worth_it(detections: list[Detection]) -> None:
    assert len(line_pieces(detections, _network(), FuseSettings())) == 1
    assert len(line_pieces(detections, _network(), SETTINGS, halo_m=10 * HALO_M)) == 1
    (whole,) = line_pieces([], _network(), FuseSettings(many_onsets=0))
    assert whole.detections == ()


def test_what_two_pieces_both_claim_counts_once(
    detections: list[Detection], in_one_process: tuple[Incident, ...]
) -> None:
    """As if a vague place lay in each piece as seen from it."""
    kinds = {d.id: d.kind for d in detections}
    west, east = in_one_process[:30], in_one_process[30:]
    told = [i for i in in_one_process if all(kinds[s.detection_id] is DetectionKind.REPORT for s in i.supports)]
    heard = [i for i in in_one_process if i not in told]
    assert counted_once([west, east], kinds) == [west, east]
    assert counted_once([west, (*west[5:9], *east)], kinds) == [west, east]
    # Told of west of the cut, and joined to what was heard east of it.
    report = replace(heard[0].supports[0], detection_id="told")
    alone, joined = replace(heard[0], supports=(report,)), replace(heard[1], supports=(*heard[1].supports, report))
    assert counted_once([(alone,), (joined,)], kinds) == [(), (joined,)]
    assert counted_once([(joined,), (alone,)], kinds) == [(joined,), ()]
