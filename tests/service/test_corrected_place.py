"""A sensor's place that is set right in the network reaches what the sensor found itself, as if it never was wrong."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mission_files import make_mission, run_mission, verify_mission
from trucewatch.evidence import Outcome
from trucewatch.geo import distance_m
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Incident
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import EdgeDetection
from trucewatch.model.place import Place
from trucewatch.model.register import NewRecord
from trucewatch.model.wire import to_bytes
from trucewatch.service.claim_steps import claim_steps
from trucewatch.service.sensing import current_detections
from trucewatch.service.understanding import current_incidents
from trucewatch.store import MemoryRegister
from trucewatch.wiring import MissionFolder, open_reading

START = datetime(2018, 12, 19, 12, 0, tzinfo=UTC)
PLACES = {
    "V-1": (0.190, 0.000),
    "V-2": (0.210, 0.004),
    "V-3": (0.200, 0.016),
    "V-4": (0.204, -0.011),
    "V-5": (0.186, 0.012),
}
BANG = (0.2, 0.004)
SPEED_M_S = 330.6
"""of sound at the mission's -1 degree C"""
WRONG = (0.1901, 0.0)
"""11 m east of where V-1 stands"""


def write_network(folder: Path, places: dict[str, tuple[float, float]]) -> None:
    rows = "".join(
        f"- {{id: {name}, kind: acoustic_sensor, owner: {'village' if n % 2 else 'mission'}, clock_sigma_s: 0.001, "
        f"place: {{lon: {lon}, lat: {lat}, sigma_m: 1.0}}}}\n"
        for n, (name, (lon, lat)) in enumerate(places.items())
    )
    (folder / "network.yaml").write_text(f"sensors:\n{rows}", encoding="utf-8")


@pytest.fixture
def mission(tmp_path: Path) -> Path:
    """Pulses of one bang at five sensors, timed by where these really stand."""
    folder = make_mission(tmp_path / "tiny", recordings=False)
    for path in list((folder / "inbox").rglob("*")):
        path.unlink()
    late_s = {n: float(distance_m(*BANG, *place)) / SPEED_M_S for n, place in PLACES.items()}
    pulses = [
        {
            "sensor": name,
            "time_utc": (START + timedelta(seconds=round(s, 4))).isoformat().replace("+00:00", "Z"),
            "sigma_s": 0.001,
            "snr_db": 25.0,
        }
        for name, s in late_s.items()
    ]
    content = json.dumps({"format": "trucewatch-pulses/1", "pulses": pulses})
    (folder / "inbox" / "pulses.json").write_text(content, encoding="utf-8")
    return folder


def found(folder: Path) -> tuple[Sequence[Detection], Sequence[Incident]]:
    with open_reading(MissionFolder(folder)) as (_, register):
        return current_detections(register), current_incidents(register)


def test_pulses_are_remade_where_their_sensor_stands_now(mission: Path, no_pdf: object) -> None:
    write_network(mission, PLACES | {"V-1": WRONG})
    run_mission(mission)
    before, (misplaced,) = found(mission)
    write_network(mission, PLACES)
    assert run_mission(mission).n_sensed == 1
    after, (placed,) = found(mission)
    assert [d.id for d in after] == [d.id for d in before]
    origins = {d.sensor_id: (d.origin.lon_deg, d.origin.lat_deg) for d in after if d.origin is not None}
    assert origins == PLACES
    assert misplaced.place is not None and placed.place is not None
    off = [float(distance_m(*BANG, i.place.lon_deg, i.place.lat_deg)) for i in (misplaced, placed) if i.place]
    assert off[1] < 3.0 < off[0]
    assert placed.revision == misplaced.revision + 1
    assert run_mission(mission).n_new_records == 0
    assert verify_mission(mission).outcome is Outcome.UNANCHORED


def test_a_corrected_network_gives_what_it_would_have_given_from_the_start(
    mission: Path, tmp_path: Path, no_pdf: object
) -> None:
    fresh = tmp_path / "fresh"
    (fresh / "inbox").mkdir(parents=True)
    for path in mission.rglob("*"):
        if path.is_file():
            (fresh / path.relative_to(mission)).write_bytes(path.read_bytes())
    write_network(mission, PLACES | {"V-1": WRONG})
    run_mission(mission)
    for folder in (mission, fresh):
        write_network(folder, PLACES)
        run_mission(folder)
    (corrected,), (whole,) = found(mission)[1], found(fresh)[1]
    assert (corrected.place, corrected.time, corrected.p_exists) == (whole.place, whole.time, whole.p_exists)


def test_health_and_owners_remake_nothing(mission: Path, no_pdf: object) -> None:
    write_network(mission, PLACES)
    run_mission(mission)
    text = (mission / "network.yaml").read_text(encoding="utf-8")
    (mission / "network.yaml").write_text(text.replace("owner: village", "owner: university"), encoding="utf-8")
    assert run_mission(mission).n_sensed == 0


def test_what_a_node_detected_stands_where_the_network_says(mission: Path, no_pdf: object) -> None:
    write_network(mission, PLACES)
    run_mission(mission)
    with open_reading(MissionFolder(mission)) as (texts, register):
        own = next(d for d in current_detections(register) if d.sensor_id == "V-1")
        told = replace(own, origin=Place.circular(lon_deg=WRONG[0], lat_deg=WRONG[1], sigma_m=30.0))
        sent = EdgeDetection(id="obs-1", input_id="inp-1", row=3, sensor_id="V-1", node="n1", detection=told)
        record = NewRecord(kind="edge_detection", id=sent.id, payload=to_bytes(sent))
        kept = MemoryRegister()
        with kept.transaction() as tx:
            tx.append(record, at_utc=START)
        moved = replace(texts, network=Network(sensors=tuple(_moved(s) for s in texts.network.sensors)))
        (step,) = (s for s in claim_steps(texts, kept, ()) if s.label == "edge_detection")
        (other,) = (s for s in claim_steps(moved, kept, ()) if s.label == "edge_detection")
    (made,) = step.work().detections
    assert made.origin == own.origin
    assert step.key != other.key
    assert other.work().detections[0].origin == _moved(texts.network.sensors[0]).place


def _moved(sensor: Sensor) -> Sensor:
    return replace(sensor, place=replace(sensor.place, lat_deg=sensor.place.lat_deg + 0.001))
