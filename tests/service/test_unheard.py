"""Recordings that no detector can take: said, on record, and no reason to stop."""

from __future__ import annotations

import json
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import yaml
from tests.mission_files import make_mission, run_mission, trucewatch, verify_mission

from trucewatch.evidence import Outcome
from trucewatch.model.instant import Interval
from trucewatch.model.trouble import Trouble, TroubleKind
from trucewatch.model.wire import from_bytes
from trucewatch.wiring import MissionFolder, open_reading

START = "2018-12-19T02:12:36.000Z"
BEGIN = datetime(2018, 12, 19, 2, 12, 36, tzinfo=UTC)


def _add_sensor(folder: Path, **sensor: object) -> None:
    network = yaml.safe_load((folder / "network.yaml").read_text(encoding="utf-8"))
    network["sensors"].append(
        {"owner": "mission", "place": {"lon": 0.2, "lat": 0.01, "sigma_m": 5}, "clock_sigma_s": 0.01} | sensor
    )
    (folder / "network.yaml").write_text(yaml.safe_dump(network, sort_keys=False), encoding="utf-8")


def _record(folder: Path, sensor: str, rate_hz: int = 100, *, dead: bool = False) -> None:
    samples = np.random.default_rng(5).normal(0, 0 if dead else 300, 60 * rate_hz).astype("<i2")
    with wave.open(str(folder / "inbox" / f"{sensor}.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(samples.tobytes())
    sidecar = {"sensor": sensor, "start_utc": START, "clock_sigma_s": 0.001, "unit": "count"}
    (folder / "inbox" / f"{sensor}.json").write_text(json.dumps(sidecar), encoding="utf-8")


def _rejections(folder: Path) -> list[dict[str, str]]:
    with open_reading(MissionFolder(folder)) as (_, register):
        return [json.loads(r.payload) for r in register.current("rejection")]


def test_a_station_too_slow_to_be_heard_is_kept_and_said_to_be_unheard_until_it_leaves_the_network(
    tmp_path: Path,
) -> None:
    folder = make_mission(tmp_path / "m")
    plain = (folder / "network.yaml").read_text(encoding="utf-8")
    before = len(_after(folder))
    assert _troubles(folder) == []
    _add_sensor(folder, id="SEIS-1", kind="seismic_station")
    _record(folder, "SEIS-1", rate_hz=2)
    assert len(_after(folder)) == before
    (said,) = _troubles(folder)
    assert (said.sensor_id, said.kind) == ("SEIS-1", TroubleKind.UNHEARD)
    assert "2 samples per second hold none of the bands" in said.meaning
    assert said.time == Interval(start_utc=BEGIN, end_utc=BEGIN + timedelta(seconds=60))
    assert run_mission(folder).n_new_records == 0
    assert verify_mission(folder).outcome is Outcome.UNANCHORED
    (folder / "network.yaml").write_text(plain, encoding="utf-8")
    assert len(_after(folder)) == before
    assert _troubles(folder) == []


def test_pulses_of_a_station_in_the_ground_are_not_located_with_the_speed_of_sound(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m")
    _add_sensor(folder, id="SEIS-1", kind="seismic_station")
    pulse = {"sensor": "SEIS-1", "time_utc": START, "sigma_s": 0.01, "snr_db": 20, "level_db": None, "group": None}
    text = json.dumps({"format": "trucewatch-pulses/1", "pulses": [pulse]})
    (folder / "inbox" / "ground.json").write_text(text, encoding="utf-8")
    found = _after(folder)
    assert any(r["source"] == "SEIS-1" and "cannot be located yet" in r["expected"] for r in found)
    with open_reading(MissionFolder(folder)) as (_, register):
        assert not any(json.loads(r.payload)["sensor_id"] == "SEIS-1" for r in register.current("detection"))


def test_what_a_sensor_gave_goes_when_the_sensor_leaves_the_network(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m")
    run_mission(folder)
    network = yaml.safe_load((folder / "network.yaml").read_text(encoding="utf-8"))
    gone = next(s["id"] for s in network["sensors"] if s["kind"] == "acoustic_sensor")
    network["sensors"] = [s for s in network["sensors"] if s["id"] != gone]
    (folder / "network.yaml").write_text(yaml.safe_dump(network, sort_keys=False), encoding="utf-8")
    run_mission(folder)
    with open_reading(MissionFolder(folder)) as (_, register):
        sensors = {json.loads(r.payload)["sensor_id"] for r in register.current("detection")}
    assert gone not in sensors
    assert len(sensors) > 1


def test_faults_of_an_array_are_told_with_the_listening_and_are_no_rejections(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m")
    before = len(_after(folder))
    steps = ((0.0, 0.0), (0.001, 0.0), (0.0, 0.001), (0.001, 0.001), (0.0005, 0.0013))
    elements = [
        {"id": f"IS-1-{k}", "place": {"lon": 0.2 + east, "lat": 0.01 + north, "sigma_m": 1}}
        for k, (east, north) in enumerate(steps)
    ]
    _add_sensor(folder, id="IS-1", kind="infrasound_array", elements=elements)
    for k in range(4):
        _record(folder, f"IS-1-{k}")
    _record(folder, "IS-1-4", dead=True)
    assert len(_after(folder)) == before
    (said,) = _troubles(folder)
    assert (said.sensor_id, said.element_id, said.kind) == ("IS-1", "IS-1-4", TroubleKind.ELEMENT)
    assert "dead" in said.what
    shown = trucewatch("listening", folder)
    assert "what kept sensors from listening, or from giving all that they heard: 1" in shown.stdout
    assert "IS-1-4: one value repeated" in shown.stdout
    told = json.loads(trucewatch("listening", folder, "--json").stdout)
    assert [t["element_id"] for t in told["troubles"]] == ["IS-1-4"]
    assert json.loads(trucewatch("listening", folder, "--json", "--day", "2018-12-25").stdout)["troubles"] == []
    pages = [p.read_text(encoding="utf-8") for p in sorted((folder / "out").rglob("report.html"))]
    (page,) = [p for p in pages if "IS-1-4: one value repeated" in p]
    assert "IS-1-4: one value repeated" in page[: page.index('id="annex-c"')]
    assert "IS-1-4" not in page[page.index("Records and files that could not be read") :]


def _troubles(folder: Path) -> list[Trouble]:
    with open_reading(MissionFolder(folder)) as (_, register):
        return [from_bytes(Trouble, r.payload) for r in register.current("trouble")]


def _after(folder: Path) -> list[dict[str, str]]:
    run_mission(folder)
    return _rejections(folder)
