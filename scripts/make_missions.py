"""Make the demonstration missions from the published data sets.

Run once by a maintainer with the data folder beside the checkout; what it writes is committed, so that a user needs
neither the data sets nor this script:

    python scripts/make_missions.py DATA_FOLDER
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import line_mission
import numpy as np
from folder_writing import WEATHER_HEADER, write_csv, write_yaml

from trucewatch.geo import LocalFrame

ROOT = Path(__file__).resolve().parent.parent
MISSIONS = ROOT / "missions"

AUDIO_TESTS = {"FP1": "test_001", "FP3": "test_037", "FP5": "test_127", "FP7": "test_091", "FP9": "test_145"}
"""the first test of each firing position: none was chosen for its result"""
PULSE_TESTS = {"FP1": 1, "FP3": 37, "FP5": 127, "FP7": 91, "FP9": 145}
"""number of the first test of each position; the first six are taken"""
ORIGINS = {"FP1": 0.1, "FP3": 0.2, "FP5": 0.3, "FP7": 0.4, "FP9": 0.5}
"""fictional longitude of each firing position, on the equator, in the open sea"""

PULSE_SIGMA_S = 0.0005
"""times were published to the millisecond; the pulse's start is picked to 0.1 ms (Technical Note 098)"""
SURVEY_SIGMA_M = 2.5


def main() -> None:
    """Write every mission."""
    data = Path(sys.argv[1])
    live_fire(data / "sound" / "live_fire", audio=True)
    live_fire(data / "sound" / "live_fire", audio=False)
    array(data / "sound" / "array_brp")
    line(data)


def live_fire(source: Path, *, audio: bool) -> None:
    """Write the live-fire mission, from audio or from the published pulses."""
    folder = fresh("live-fire" if audio else "live-fire-pulses")
    tests = _tests(source, audio=audio)
    sensors: dict[str, dict[str, Any]] = {}
    events: list[dict[str, Any]] = []
    weather: list[list[object]] = []
    for position, name in tests:
        test = source / position / name
        frame = _Local(test, position, name)
        used = _audio(test, name, frame, folder) if audio else _pulses(test, name, frame, folder)
        for sensor_id, place in used.items():
            # The sensors listen all the time; what was released are ten seconds around what they noticed.
            sensors.setdefault(sensor_id, _microphone(sensor_id, place) | ({"sends_clips": True} if audio else {}))
        events.append(_truth(test, name, frame))
        weather.append(_weather(test, name))
    _watch(sensors, events)
    write_yaml(folder / "network.yaml", {"sensors": [sensors[k] for k in sorted(sensors)]})
    write_yaml(folder / "truth.yaml", {"events": events})
    write_csv(folder / "inbox" / "weather.csv", WEATHER_HEADER, _once(weather))
    for name in ("mission.toml", "agreement.yaml", "notified.yaml", "SOURCE.txt"):
        shutil.copy(ROOT / "scripts" / "missions" / folder.name / name, folder / name)


class _Local:
    """The publisher's anonymised metres of one firing position, laid on the equator."""

    def __init__(self, test: Path, position: str, name: str) -> None:
        survey = load(test / f"{name}.survey.json")["survey_location"]
        self.position = position
        # The same reference for every test of a position: rounded, so that the firing point is not the origin itself.
        self._reference = np.array([round(survey["x"], -2), round(survey["y"], -2), 0.0])
        self._frame = LocalFrame(lon_deg=ORIGINS[position], lat_deg=0.0)

    def place(self, xyz: Mapping[str, float], sigma_m: float) -> dict[str, float]:
        local = np.array([xyz["x"], xyz["y"], 0.0]) - self._reference
        lon, lat, _ = np.ravel(self._frame.to_geographic(local))
        return {"lon": round(float(lon), 8), "lat": round(float(lat), 8), "sigma_m": sigma_m}


def _tests(source: Path, *, audio: bool) -> list[tuple[str, str]]:
    if audio:
        return list(AUDIO_TESTS.items())
    return [
        (position, f"test_{number:03d}")
        for position, first in PULSE_TESTS.items()
        for number in range(first, first + 6)
        if (source / position / f"test_{number:03d}").is_dir()
    ]


def _audio(test: Path, name: str, frame: _Local, folder: Path) -> dict[str, dict[str, float]]:
    used = {}
    target = folder / "inbox" / frame.position / name
    target.mkdir(parents=True)
    for wav in sorted(test.glob("*.wav")):
        meta = load(wav.with_suffix(".json"))
        sensor_id = f"{frame.position}-{meta['serial_number']}"
        used[sensor_id] = frame.place(meta["location"], 0.05)
        shutil.copyfile(wav, target / f"{meta['serial_number']}.wav")
        sidecar = {"sensor": sensor_id, "start_utc": meta["timestamp"], "clock_sigma_s": 0.0001, "unit": "count"}
        write_json(target / f"{meta['serial_number']}.json", sidecar)
    return used


def _pulses(test: Path, name: str, frame: _Local, folder: Path) -> dict[str, dict[str, float]]:
    shots = load(test / f"{name}.nlos-tuples.json")
    group_of = {u: f"{name}-{s['shot_index']}" for s in shots for u in s["pulse_uuids"]}
    used, pulses = {}, []
    for p in load(test / f"{name}.allpulses.json"):
        sensor_id = f"{frame.position}-{p['serial_number']}"
        used[sensor_id] = frame.place(p["location"], max(0.05, round(p["location_error"], 3)))
        pulses.append(
            {
                "sensor": sensor_id,
                "time_utc": p["arrival_time_utc"],
                "sigma_s": PULSE_SIGMA_S,
                "snr_db": round(p["signal_to_noise_dB"], 1),
                "level_db": round(p["power_dB_SPL"], 1),
                "group": group_of.get(p["pulse_uuid"]),
            }
        )
    write_json(
        folder / "inbox" / frame.position / f"{name}.pulses.json", {"format": "trucewatch-pulses/1", "pulses": pulses}
    )
    return used


def _microphone(sensor_id: str, place: dict[str, float]) -> dict[str, Any]:
    return {"id": sensor_id, "kind": "acoustic_sensor", "owner": "mission", "place": place, "clock_sigma_s": 0.0001}


def _watch(sensors: dict[str, dict[str, Any]], events: list[dict[str, Any]]) -> None:
    """Say that the sensors of a position listened from a quarter of an hour before its first test to after its last."""
    for sensor in sensors.values():
        times = [moment(e["time"]) for e in events if e["id"].startswith(sensor["id"][:3])]
        quarter = timedelta(minutes=15)
        sensor["watch"] = [{"from": stamp(min(times) - quarter), "to": stamp(max(times) + quarter)}]


def _truth(test: Path, name: str, frame: _Local) -> dict[str, Any]:
    survey = load(test / f"{name}.survey.json")
    place = frame.place(survey["survey_location"], SURVEY_SIGMA_M)
    return {
        "id": f"{frame.position}-{name}",
        **place,
        "time": _first_arrival(test, name),
        "window": "15 s",
        "count": survey["num_rounds"],
        "label": f"{survey['num_rounds']} rounds, {survey['firearm']}",
    }


def _first_arrival(test: Path, name: str) -> str:
    """Return when a test was first heard: the survey's own time is only good to the minute."""
    of_shots = {u for shot in load(test / f"{name}.nlos-tuples.json") for u in shot["pulse_uuids"]}
    return min(p["arrival_time_utc"] for p in load(test / f"{name}.allpulses.json") if p["pulse_uuid"] in of_shots)


def _weather(test: Path, name: str) -> list[object]:
    w = load(test / f"{name}.weather.json")
    return [w["observation_time"], round(w["temperature"], 1), "", "", w["speed"], w["direction"], w["source"]]


def _once(rows: list[list[object]]) -> list[list[object]]:
    """Keep each row once, by time; a weather report holds for several tests."""
    return sorted(row for n, row in enumerate(rows) if row not in rows[:n])


def array(source: Path) -> None:
    """Write the array mission."""
    folder = fresh("array")
    target = folder / "inbox" / "BRP"
    target.mkdir(parents=True)
    for sac in sorted(source.glob("*.SAC")):
        shutil.copyfile(sac, target / sac.name)
    for name in ("mission.toml", "agreement.yaml", "network.yaml", "SOURCE.txt"):
        shutil.copy(ROOT / "scripts" / "missions" / "array" / name, folder / name)


def line(data: Path) -> None:
    """Write the demonstration line."""
    folder = fresh("line")
    line_mission.copy_texts(ROOT / "scripts" / "missions" / "line", folder)
    line_mission.fires(data / "satellite" / "firms_ukraine_yearly", folder / "inbox" / "firms")
    line_mission.places(data / "places" / "ua_settlements_pop500.csv", folder / "places.csv")
    line_mission.simulated(folder)


def fresh(name: str) -> Path:
    """Empty a mission's folder of what this script writes."""
    folder = MISSIONS / name
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "inbox").mkdir(parents=True)
    return folder


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def stamp(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, sort_keys=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
