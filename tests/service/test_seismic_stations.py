"""From the miniSEED files of three seismic stations to detections of P and S, through a whole run."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pymseed
import pytest
import yaml
from tests.detect.made_ground import crossing_wave, noise, ring, wave
from tests.mission_files import make_mission, run_mission, verify_mission

from trucewatch.evidence import Outcome
from trucewatch.geo import LocalFrame
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.vocabulary import Wave
from trucewatch.model.wire import from_bytes
from trucewatch.physics import phase_times
from trucewatch.wiring import MissionFolder, open_reading

START = datetime(2018, 12, 19, 20, tzinfo=UTC)
ORIGIN_S = 30.0
SOURCE = (0.2, 0.0)
STATIONS = {"GND1": (0.13, 0.06), "GND2": (0.29, 0.05), "GND3": (0.22, -0.09)}
RATE_HZ = 100


def _east_north_m(name: str) -> tuple[float, float]:
    frame = LocalFrame(lon_deg=SOURCE[0], lat_deg=SOURCE[1])
    east, north, _ = frame.to_enu(*STATIONS[name])
    return float(east), float(north)


def _motion(name: str, rng: np.random.Generator) -> np.ndarray:
    """Vertical, north, east: P along the path, S across it, at the times of the reference ground."""
    east, north = _east_north_m(name)
    distance = np.hypot(east, north)
    p, s, *_ = phase_times(distance)
    n = 120 * RATE_HZ
    along, away = np.radians(40.0), np.array([north, east]) / distance
    waves = [wave(n, RATE_HZ, ORIGIN_S + float(t.time_s), (5.0, 18.0), rng) for t in (p, s)]
    first = np.concatenate([[np.cos(along)], np.sin(along) * away])[:, None] * waves[0]
    second = np.concatenate([[0.0], [-away[1], away[0]]])[:, None] * waves[1]
    return np.asarray(25.0 * first + 60.0 * second + noise((3, n), rng))


def _miniseed(name: str, code: str, samples: np.ndarray) -> bytes:
    record = pymseed.MS3Record()
    record.sourceid = f"FDSN:XX_{name}__H_H_{code}"
    record.set_starttime_str(START.isoformat().replace("+00:00", "Z"))
    record.samprate, record.reclen, record.formatversion = RATE_HZ, 512, 2
    record.encoding = pymseed.DataEncoding.STEIM2
    counts = np.round(100 * samples).astype(np.int32)
    return io.BytesIO(b"".join(record.generate(data_samples=counts, sample_type="i"))).getvalue()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_mission(tmp_path_factory.mktemp("ground") / "m", recordings=False)
    network = yaml.safe_load((folder / "network.yaml").read_text(encoding="utf-8"))
    for name, (lon, lat) in STATIONS.items():
        network["sensors"].append(
            {
                "id": name,
                "kind": "seismic_station",
                "owner": "mission",
                "place": {"lon": lon, "lat": lat, "sigma_m": 5},
                "clock_sigma_s": 0.005,
            }
        )
        for code, row in zip("ZNE", _motion(name, np.random.default_rng(len(network["sensors"]))), strict=True):
            (folder / "inbox" / f"{name}.HH{code}.mseed").write_bytes(_miniseed(name, code, row))
    for sensor in network["sensors"]:
        if sensor["id"] == "GND1":
            sensor["calibration_m_s_per_count"] = 1e-9
    place = {"lon": 0.15, "lat": -0.05, "sigma_m": 5}
    single = {"id": "AIR1", "kind": "infrasound_array", "owner": "mission", "place": place, "clock_sigma_s": 0.005}
    network["sensors"].append(single)
    rng = np.random.default_rng(99)
    pressure = noise((12_000,), rng) + 25.0 * wave(12_000, RATE_HZ, 70.0, (2.0, 8.0), rng)
    (folder / "inbox" / "AIR1.mseed").write_bytes(_miniseed("AIR1", "F", pressure))
    network["sensors"].append(_array(folder))
    (folder / "network.yaml").write_text(yaml.safe_dump(network, sort_keys=False), encoding="utf-8")
    run_mission(folder)
    return folder


def _array(folder: Path) -> dict[str, object]:
    """Write the files of five elements that a wave from the south-west crosses; returns their entry in the network."""
    places, elements = ring(5, 1000.0), []
    frame = LocalFrame(lon_deg=0.25, lat_deg=-0.06)
    for n, samples in enumerate(crossing_wave(places, 225.0, 6500.0, seed=11)):
        lon, lat, _ = (float(v) for v in frame.to_geographic(np.array([*places[n], 0.0])))
        elements.append({"id": f"EL{n}", "place": {"lon": round(lon, 6), "lat": round(lat, 6), "sigma_m": 1}})
        (folder / "inbox" / f"EL{n}.mseed").write_bytes(_miniseed(f"EL{n}", "Z", samples))
    place = {"lon": 0.25, "lat": -0.06, "sigma_m": 1}
    array = {"id": "GARR", "kind": "seismic_station", "owner": "mission", "place": place, "clock_sigma_s": 0.001}
    return array | {"elements": elements}


def _detections(folder: Path) -> list[Detection]:
    with open_reading(MissionFolder(folder)) as (_, register):
        found = [from_bytes(Detection, r.payload) for r in register.current("detection")]
    return [d for d in found if d.sensor_id in {*STATIONS, "AIR1", "GARR"}]


@pytest.mark.parametrize("name", list(STATIONS))
def test_each_station_gives_p_and_s_at_their_times(finished, name):
    found = sorted((d for d in _detections(finished) if d.sensor_id == name), key=lambda d: d.time.utc)
    assert {d.kind for d in found} == {DetectionKind.ONSET}
    assert all(len(d.observation_ids) == 3 for d in found)
    by_wave = {d.waves[0].wave: d for d in reversed(found)}
    east, north = _east_north_m(name)
    p, s, *_ = phase_times(np.hypot(east, north))
    for kind, expected in ((Wave.P, p), (Wave.S, s)):
        at = START + timedelta(seconds=ORIGIN_S + float(expected.time_s))
        error_s = (by_wave[kind].time.utc - at).total_seconds()
        assert abs(error_s) < 0.1
        assert abs(error_s) < 3 * by_wave[kind].time.sigma_s
    back = float(np.degrees(np.arctan2(-east, -north)))
    turned = (by_wave[Wave.P].bearing_deg - back + 180) % 360 - 180
    assert abs(turned) < 2 * by_wave[Wave.P].bearing_sigma_deg


def test_a_single_infrasound_channel_is_heard(finished):
    first = min((d for d in _detections(finished) if d.sensor_id == "AIR1"), key=lambda d: d.time.utc)
    assert abs((first.time.utc - START).total_seconds() - 70.0) < 0.2
    assert first.kind is DetectionKind.ONSET


def test_an_array_of_seismometers_gives_an_arrival_with_its_direction(finished):
    (arrival,) = [d for d in _detections(finished) if d.sensor_id == "GARR"]
    assert arrival.kind is DetectionKind.ARRIVAL
    assert arrival.waves[0].wave is Wave.P
    assert abs(arrival.bearing_deg - 225.0) < 4.0
    assert abs((arrival.time.utc - START).total_seconds() - 25.0) < 0.1


def test_a_calibrated_station_says_how_far_the_ground_moved(finished):
    drawn = {d.sensor_id for d in _detections(finished) for f in d.features if f.name == "wood_anderson"}
    assert drawn == {"GND1"}


def test_a_second_run_adds_nothing_and_the_evidence_holds(finished):
    assert run_mission(finished).n_new_records == 0
    assert verify_mission(finished).outcome is Outcome.UNANCHORED
    with open_reading(MissionFolder(finished)) as (_, register):
        assert not [r for r in register.current("rejection") if json.loads(r.payload)["source"] in STATIONS]
