"""The live-fire set (TN098, CC BY 4.0, ShotSpotter Inc.) as detections: its local metres put at a fictional origin."""

from __future__ import annotations

import json
import wave
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from trucewatch.geo.frame import LocalFrame
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.instant import Instant
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Recording, Waveform, Weather
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind

POSITIONS = ("FP1", "FP3", "FP5", "FP7", "FP9")
FRAME = LocalFrame(lon_deg=30.0, lat_deg=0.0)
"""where the middle of each position is put; each position has an origin of its own"""
PICK_SIGMA_S = 0.001
"""released pulse times are rounded to 1 ms"""
SENSOR_SIGMA_M = 0.05
CLOCK_SIGMA_S = 1e-4
"""of the publisher's sensors: averaged for months, 0.02 m rms, and disciplined by satellites (TN098)"""


@dataclass(frozen=True, kw_only=True)
class Firing:
    """One test at one position: up to three shots."""

    position: str
    name: str
    detections: tuple[Detection, ...]
    weather: Weather
    survey_m: np.ndarray
    """surveyed place in FRAME, shape (2,)"""
    shots: tuple[tuple[str, ...], ...]
    """detection ids of each shot"""
    n_rounds: int
    """as the survey counted them"""


def firings(live_fire: Path, position: str) -> list[Firing]:
    return [_firing(folder, position) for folder in sorted((live_fire / position).iterdir())]


def _read(folder: Path, kind: str):
    return json.loads((folder / f"{folder.name}.{kind}.json").read_text())


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _firing(folder: Path, position: str) -> Firing:
    pulses, tuples = _read(folder, "allpulses"), _read(folder, "nlos-tuples")
    survey, weather = _read(folder, "survey"), _read(folder, "weather")
    middle = np.array([survey["survey_location"]["x"], survey["survey_location"]["y"]]).round(-3)
    group = {uuid: f"{position}-{folder.name}-{t['shot_index']}" for t in tuples for uuid in t["pulse_uuids"]}
    detections = tuple(_onset(pulse, middle, group.get(pulse["pulse_uuid"])) for pulse in pulses)
    known = {d.id for d in detections}
    return Firing(
        position=position,
        name=folder.name,
        detections=detections,
        weather=_weather(weather),
        survey_m=np.array([survey["survey_location"]["x"], survey["survey_location"]["y"]]) - middle,
        shots=tuple(tuple(u for u in t["pulse_uuids"] if u in known) for t in tuples),
        n_rounds=survey["num_rounds"],
    )


def recorded(live_fire: Path, firing: Firing) -> tuple[Network, list[Waveform]]:
    """Read the microphones of one test and what they recorded."""
    folder = live_fire / firing.position / firing.name
    survey = _read(folder, "survey")["survey_location"]
    middle = np.array([survey["x"], survey["y"]]).round(-3)
    pairs = [_microphone(path, middle) for path in sorted(folder.glob("*.wav"))]
    return Network(sensors=tuple(s for s, _ in pairs)), [w for _, w in pairs]


def _microphone(path: Path, middle: np.ndarray) -> tuple[Sensor, Waveform]:
    about = json.loads(path.with_suffix(".json").read_text())
    with wave.open(str(path)) as file:
        rate_hz = float(file.getframerate())
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
    sensor = Sensor(
        id=about["serial_number"],
        kind=ObserverKind.ACOUSTIC_SENSOR,
        owner="mission",
        place=_place(about["location"], middle, SENSOR_SIGMA_M),
        clock_sigma_s=CLOCK_SIGMA_S,
    )
    recording = Recording(
        id=path.name,
        input_id=path.name,
        sensor_id=sensor.id,
        channel="",
        start=Instant(utc=_utc(about["timestamp"]), sigma_s=CLOCK_SIGMA_S),
        rate_hz=rate_hz,
        n_samples=len(samples),
        unit="count",
    )
    return sensor, Waveform(recording=recording, samples=samples)


def _place(location: dict, middle: np.ndarray, sigma_m: float) -> Place:
    x, y = np.array([location["x"], location["y"]]) - middle
    lon, lat, _ = FRAME.to_geographic(np.array([x, y, 0.0]))
    return Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=sigma_m)


def _onset(pulse: dict, middle: np.ndarray, group: str | None) -> Detection:
    return Detection(
        id=pulse["pulse_uuid"],
        kind=DetectionKind.ONSET,
        sensor_id=pulse["serial_number"],
        observer_kind=ObserverKind.ACOUSTIC_SENSOR,
        means=Means.RECORDED,
        method="edge",
        observation_ids=(pulse["pulse_uuid"],),
        observation_type=ObservationType.SHOT,
        time=Instant(utc=_utc(pulse["arrival_time_utc"]), sigma_s=PICK_SIGMA_S),
        origin=_place(pulse["location"], middle, pulse["location_error"]),
        count=Count.exactly(1),
        snr_db=pulse["signal_to_noise_dB"],
        p_false=0.1,
        group=group,
    )


def _weather(record: dict) -> Weather:
    return Weather(
        id="w",
        input_id="i",
        row=2,
        time_utc=_utc(record["observation_time"]),
        temperature_c=record["temperature"],
        relative_humidity_pct=None,
        pressure_pa=None,
        wind_m_s=record["speed"],
        wind_from_deg=record["direction"],
        source=record["source"],
    )
