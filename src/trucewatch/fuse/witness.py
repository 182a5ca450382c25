"""What each sensor says of the size of a blast: a level, a length, or that it heard nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from trucewatch.fuse.onsets import by_id, place_of
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import Silence
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind, SensorState, Wave
from trucewatch.physics import Listener, ListenerKind, listener_of, reference_listener, usable_part

REFERENCE_PRESSURE_PA = 20e-6
LEAST_SNR_DB = 10.0
"""a pulse weaker than this has no length that can be read"""
_PULSE = "pressure_peak"
_BAND_PEAK = "band_peak"
_GROUND = "wood_anderson"
_ECHOES = frozenset({Wave.ECHO, Wave.SHOCK_WAVE})
_LEAST_M = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One sensor that noticed the event."""

    sensor_id: str
    sense: ListenerKind
    range_m: float
    bearing_deg: float
    """from the event to the sensor"""
    range_sigma_m: float
    listener: Listener
    level_db: float | None = None
    """peak re 20 uPa (air) or 1 nm (ground); None where it is not calibrated"""
    is_clipped: bool = False
    """then the level is a lower bound"""
    is_edge: bool = False
    """the sensor stated the level itself, in a band that is not known"""
    duration_s: float | None = None
    """positive phase of the pulse, where it stands out of the noise"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """One healthy sensor that noticed nothing."""

    sensor_id: str
    range_m: float
    bearing_deg: float
    listener: Listener
    usable: float = 1.0
    """part of its time in which it could hear"""


def witnesses(detections: Sequence[Detection], place: Place, network: Network) -> tuple[Witness, ...]:
    """Return what the instruments that noticed a placed event say of its size, each by one detection."""
    sensors = by_id(network)
    found: dict[str, Witness] = {}
    # The first of a microphone: later ones are further rounds or echoes, and the loudest of many is louder than one.
    # The strongest of a station in the ground: magnitudes are measured on whatever wave is largest.
    for d in sorted(detections, key=lambda d: (d.time.utc, d.id)):
        witness = _witness(d, place, sensors)
        known = found.get(d.sensor_id)
        if witness is not None and (known is None or (known.sense == "seismometer" and _louder(witness, known))):
            found[d.sensor_id] = witness
    return tuple(found[name] for name in sorted(found))


def _louder(one: Witness, other: Witness) -> bool:
    return (-math.inf if one.level_db is None else one.level_db) > (
        -math.inf if other.level_db is None else other.level_db
    )


def quiet_sensors(silences: Sequence[Silence], place: Place, network: Network, moment: datetime) -> tuple[Quiet, ...]:
    """Return the silent sensors that were listening, with their noise of the hour of a moment where it was measured."""
    sensors = by_id(network)
    out = []
    for s in silences:
        sensor = sensors.get(s.sensor_id)
        measured = None if sensor is None else sensor.listening_at(moment)
        listener = None if sensor is None else listener_of(sensor, measured)
        if sensor is None or listener is None or s.state is not SensorState.OPERATIONAL:
            continue
        away, toward = _seen(place, sensor.place)
        usable = usable_part(sensor, measured)
        out.append(Quiet(sensor_id=s.sensor_id, range_m=away, bearing_deg=toward, listener=listener, usable=usable))
    return tuple(out)


def figures(detection: Detection) -> dict[str, tuple[float, str]]:
    """Return a detection's named figures with their units."""
    return {f.name: (f.value, f.unit) for f in detection.features}


def _witness(d: Detection, place: Place, sensors: Mapping[str, Sensor]) -> Witness | None:
    sense, origin = _sense(d), place_of(d, sensors)
    if sense is None or origin is None or any(w.wave in _ECHOES and w.p > 0.5 for w in d.waves):
        return None
    away, toward = _seen(place, origin)
    named = figures(d)
    level, is_edge = _level(sense, named)
    sensor = sensors.get(d.sensor_id)
    listener = None if sensor is None else listener_of(sensor, sensor.listening_at(d.time.utc))
    return Witness(
        sensor_id=d.sensor_id,
        sense=sense,
        range_m=away,
        bearing_deg=toward,
        range_sigma_m=_range_sigma_m(place, toward),
        listener=listener or reference_listener(sense),
        level_db=level,
        is_clipped=named.get("clipped", (0.0, "1"))[0] > 0,
        is_edge=is_edge,
        duration_s=_duration_s(named) if sense == "microphone" else None,
    )


def _sense(d: Detection) -> ListenerKind | None:
    if d.kind is DetectionKind.ARRIVAL:
        return "infrasound_array" if d.observer_kind is ObserverKind.INFRASOUND_ARRAY else None
    if d.kind is not DetectionKind.ONSET:
        return None
    return "seismometer" if d.observer_kind is ObserverKind.SEISMIC_STATION else "microphone"


def _level(sense: ListenerKind, named: Mapping[str, tuple[float, str]]) -> tuple[float | None, bool]:
    """Return the calibrated level and whether the sensor stated it itself; a count or a volt is no level."""
    if sense == "seismometer":
        value, unit = named.get(_GROUND, (0.0, ""))
        return (20.0 * math.log10(value), False) if unit == "nm" and value > 0 else (None, False)
    value, unit = named.get(_PULSE if sense == "microphone" else _BAND_PEAK, (0.0, ""))
    if unit == "Pa" and value > 0:
        return 20.0 * math.log10(value / REFERENCE_PRESSURE_PA), False
    if sense == "microphone" and "level" in named:
        return named["level"][0], True
    return None, False


def _duration_s(named: Mapping[str, tuple[float, str]]) -> float | None:
    """Return the length of the pulse: from its first fall through nought, and from the corner of its spectrum."""
    if named.get("pressure_snr_db", (-math.inf, "dB"))[0] < LEAST_SNR_DB:
        return None
    phase, corner = named.get("positive_phase", (0.0, "s"))[0], named.get("corner", (0.0, "Hz"))[0]
    logs = [math.log(phase)] if phase > 0 else []
    logs += [-math.log(2.0 * math.pi * corner)] if corner > 0 else []
    return math.exp(sum(logs) / len(logs)) if logs else None


def _seen(place: Place, sensor: Place) -> tuple[float, float]:
    east, north = to_azimuthal(place.lon_deg, place.lat_deg, sensor.lon_deg, sensor.lat_deg)
    return max(_LEAST_M, float(np.hypot(east, north))), float(np.degrees(np.arctan2(east, north)) % 360.0)


def _range_sigma_m(place: Place, toward_deg: float) -> float:
    along = np.array([np.sin(np.radians(toward_deg)), np.cos(np.radians(toward_deg))])
    return float(np.sqrt(along @ place.covariance_m2 @ along))
