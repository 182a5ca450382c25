"""What far sensors heard, as the posterior takes it: when, from where, how fast, through the air or the ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.far_settings import FarSettings
from trucewatch.fuse.onsets import by_id, place_of, timing_sigma_s
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.network import Network, Sensor
from trucewatch.model.vocabulary import ObserverKind, Wave

FloatArray = NDArray[np.float64]

AIR = "air"
GROUND = "ground"
SOUND = "sound"
_IN_AIR = frozenset({Wave.AIR_COUPLED, Wave.TROPOSPHERIC, Wave.STRATOSPHERIC, Wave.THERMOSPHERIC})
SOUND_REACH_M = 60_000.0
"""farthest that a single microphone's onset is joined to an event of other sensors"""
CIRCLE_DEG = 360.0
TRACE_SPAN_M_S = 300.0
"""width of the trace velocities that arrays search: what chance spreads over"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One arrival, or a train of arrivals, of one sensor."""

    detections: tuple[Detection, ...]
    """in time order"""
    sensor_id: str
    medium: str
    lon_deg: float
    lat_deg: float
    start_s: float
    """seconds since 1970"""
    end_s: float
    sigma_s: float
    """pick, clock and site together"""
    bearings: tuple[tuple[float, float, float], ...]
    """direction, its standard error and its probability; empty where none was measured"""
    trace_m_s: float | None
    trace_sigma_m_s: float
    waves: tuple[tuple[Wave, float], ...]
    """what the detector says of the phase in the ground; empty where it does not say"""
    p_false: float
    chance: float = 0.0
    """density of arrivals like this one that nothing explains: per second, degree and m/s as far as measured"""

    @property
    def id(self) -> str:
        """The id of its first detection."""
        return self.detections[0].id

    @property
    def key(self) -> tuple[float, str]:
        """Order in time, ties by id."""
        return self.start_s, self.id


def single_readings(detections: Sequence[Detection], network: Network, settings: FarSettings) -> tuple[Reading, ...]:
    """Return one reading for each detection of arrays, seismic stations and single channels, in time order."""
    sensors = by_id(network)
    single = [r for d in detections if (r := _reading(d, sensors, settings)) is not None]
    return tuple(sorted(single, key=lambda r: r.key))


def is_far(detection: Detection) -> bool:
    """Say whether a detection is the far field's: an arrival at an array, an onset in the ground or of infrasound."""
    if detection.kind is DetectionKind.ARRIVAL:
        return detection.bearing_deg is not None
    not_heard = (ObserverKind.SEISMIC_STATION, ObserverKind.INFRASOUND_ARRAY)
    return detection.kind is DetectionKind.ONSET and detection.observer_kind in not_heard


def _medium(detection: Detection) -> str:
    """Return what an arrival came through: a seismometer also feels the sound in the air, where its method says so."""
    if detection.observer_kind is ObserverKind.SEISMIC_STATION:
        in_air = sum(w.p for w in detection.waves if w.wave in _IN_AIR)
        return AIR if in_air > 0.5 else GROUND
    return SOUND if detection.observer_kind is ObserverKind.ACOUSTIC_SENSOR else AIR


def _reading(detection: Detection, sensors: Mapping[str, Sensor], settings: FarSettings) -> Reading | None:
    origin, sensor = place_of(detection, sensors), sensors.get(detection.sensor_id)
    if origin is None:
        return None
    medium = _medium(detection)
    start, end = _span_s(detection, medium, settings)
    site = settings.ground_sigma_s if medium == GROUND else settings.air_sigma_s
    return Reading(
        detections=(detection,),
        sensor_id=detection.sensor_id,
        medium=medium,
        lon_deg=origin.lon_deg,
        lat_deg=origin.lat_deg,
        start_s=start,
        end_s=end,
        sigma_s=float(np.hypot(timing_sigma_s(detection, sensor), site)),
        bearings=_bearings(detection, sensor, settings),
        trace_m_s=detection.trace_velocity_m_s if medium == AIR else None,
        trace_sigma_m_s=detection.trace_velocity_sigma_m_s or 0.0,
        waves=tuple((w.wave, w.p) for w in detection.waves if w.wave is not Wave.UNDETERMINED),
        p_false=min(max(detection.p_false, 0.0), 1.0),
    )


def _span_s(detection: Detection, medium: str, settings: FarSettings) -> tuple[float, float]:
    """Return first and last moment of the wave train: a duct's arrival may be any part of it (SOUND section 4.6)."""
    at = detection.time.utc.timestamp()
    if medium != AIR or detection.interval is None:
        return at, at
    start, end = detection.interval.start_utc, detection.interval.end_utc
    first = at if start is None else min(at, start.timestamp())
    last = at if end is None else max(at, end.timestamp())
    return max(first, at - settings.longest_family_s), min(last, at + settings.longest_family_s)


def _bearings(
    detection: Detection, sensor: Sensor | None, settings: FarSettings
) -> tuple[tuple[float, float, float], ...]:
    """Return all directions that an arrival allows; one station in the ground cannot tell push from pull."""
    if detection.bearing_modes:
        total = sum(m.p for m in detection.bearing_modes)
        return tuple((m.bearing_deg, m.bearing_sigma_deg, m.p / total) for m in detection.bearing_modes)
    if detection.bearing_deg is None:
        return ()
    sigma = detection.bearing_sigma_deg or settings.unstated_bearing_sigma_deg
    single = detection.observer_kind is ObserverKind.SEISMIC_STATION and (sensor is None or len(sensor.elements) < 3)
    if single:
        return (
            (detection.bearing_deg, sigma, 0.5),
            ((detection.bearing_deg + CIRCLE_DEG / 2) % CIRCLE_DEG, sigma, 0.5),
        )
    return ((detection.bearing_deg, sigma, 1.0),)


def off_deg(one: float, other: float) -> float:
    """Return the turn from one bearing to another, -180 .. 180."""
    return (one - other + 180.0) % 360.0 - 180.0
