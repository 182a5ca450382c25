"""The live-fire set (TN098, CC BY 4.0, ShotSpotter Inc.) as detections: its local metres put at a fictional origin."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from trucewatch.geo.frame import LocalFrame
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.instant import Instant
from trucewatch.model.observation import Weather
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind

POSITIONS = ("FP1", "FP3", "FP5", "FP7", "FP9")
FRAME = LocalFrame(lon_deg=30.0, lat_deg=0.0)
"""where the middle of each position is put; each position has an origin of its own"""
PICK_SIGMA_S = 0.001
"""released pulse times are rounded to 1 ms"""


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
    )


def _onset(pulse: dict, middle: np.ndarray, group: str | None) -> Detection:
    x, y = np.array([pulse["location"]["x"], pulse["location"]["y"]]) - middle
    lon, lat, _ = FRAME.to_geographic(np.array([x, y, 0.0]))
    place = Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=pulse["location_error"])
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
        origin=place,
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
