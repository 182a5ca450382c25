"""What a camera's flash or plume says of an event: a direction, and a moment good to a frame or to minutes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from trucewatch.fuse.claim_settings import ClaimSettings
from trucewatch.fuse.claims import FLASHES, Claims, Said, normal, p_noticed, sureness, turned
from trucewatch.fuse.hypothesis import Hypothesis
from trucewatch.fuse.onsets import place_of
from trucewatch.model.detection import Detection
from trucewatch.model.instant import utc_from_timestamp
from trucewatch.model.network import Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObservationType
from trucewatch.physics import Weather, listener_of, reference_listener
from trucewatch.physics.sun import is_dark

FloatArray = NDArray[np.float64]

_LEAST_M = 10.0
_LEVEL_REACH_M = 5_000.0
"""over which what a camera places by itself would be spread by chance"""


def said_by_sighting(detection: Detection, hypothesis: Hypothesis, claims: Claims) -> Said | None:
    """Return what a flash or plume says; None where it gives no direction or its camera has no place."""
    own, sensor = claims.settings.claims, claims.sensors.get(detection.sensor_id)
    origin = place_of(detection, claims.sensors)
    if origin is None or (detection.bearing_deg is None and detection.place is None):
        return None
    flash = detection.observation_type in FLASHES
    enu = hypothesis.seen_from(origin.lon_deg, origin.lat_deg)
    away = np.maximum(_LEAST_M, np.hypot(enu[:, 0], enu[:, 1]))
    p = p_seen(hypothesis, origin, sensor, claims) * (1.0 if flash else own.plume_p)
    rate = claims.rate_hz(detection, own.camera_window_s if flash else own.plume_s, own.camera_false_per_hour / 3600.0)
    moment = _flash_moment(detection, hypothesis, sensor, own) if flash else _plume_moment(detection, hypothesis, own)
    where = _where(detection, hypothesis, enu, away, own, flash)
    ratio = moment / rate * where * _level(detection, own) * sureness(detection, own.camera_usual_p_false)
    told = float(hypothesis.weight @ p)
    mean = float(hypothesis.weight @ (p * ratio)) / told if told > 0.0 else 0.0
    words = f"its moment and direction, against {3600 * rate:.2f} such sightings an hour by this camera then"
    return Said(p=told, ratio=mean, words=words, most=np.inf if flash else own.slow_log_odds)


def p_seen(hypothesis: Hypothesis, origin: Place, sensor: Sensor | None, claims: Claims) -> FloatArray:
    """Return the probability that a camera sees an event at each of its places, shape (K,)."""
    own = claims.settings.claims
    enu = hypothesis.seen_from(origin.lon_deg, origin.lat_deg)
    away = np.maximum(_LEAST_M, np.hypot(enu[:, 0], enu[:, 1]))
    toward = (np.degrees(np.arctan2(enu[:, 0], enu[:, 1])) + 180.0) % 360.0
    listener = (None if sensor is None else listener_of(sensor)) or reference_listener("camera")
    if listener.kind != "camera":
        listener = reference_listener("camera")
    weather = sky(float(hypothesis.times_s[0]), origin, claims)
    p = p_noticed(hypothesis, listener, weather, away, toward) * np.exp(-away / own.camera_clear_m)
    return np.asarray(p * (away <= own.camera_reach_m), dtype=np.float64)


def sky(at_s: float, origin: Place, claims: Claims) -> Weather:
    """Return the weather of a moment with the light of the place."""
    dark = is_dark(utc_from_timestamp(at_s), origin.lon_deg, origin.lat_deg)
    return replace(claims.weather_at(at_s), is_night=dark)


def moment_sigma_s(detection: Detection, sensor: Sensor | None, own: ClaimSettings) -> float:
    """Return the error of a camera's moment: frame, what it states, its clock."""
    clock = 0.0 if sensor is None else sensor.clock_sigma_s
    return float(np.sqrt(detection.time.sigma_s**2 + clock**2 + own.camera_clock_sigma_s**2))


def bearing_sigma_deg(detection: Detection, own: ClaimSettings) -> float:
    """Return the error of a camera's direction, its own north included."""
    return float(np.hypot(detection.bearing_sigma_deg or 1.0, own.camera_turn_sigma_deg))


def _flash_moment(detection: Detection, h: Hypothesis, sensor: Sensor | None, own: ClaimSettings) -> float:
    sigma = np.hypot(moment_sigma_s(detection, sensor, own), h.sigma_s)
    return float(normal(detection.time.utc.timestamp() - h.times_s, np.full(len(h.times_s), sigma)).mean())


def _plume_moment(detection: Detection, h: Hypothesis, own: ClaimSettings) -> float:
    """Return the density a second of a plume's sighting: evenly from each burst on, for as long as it stands."""
    sigma = np.hypot(max(1.0, detection.time.sigma_s), h.sigma_s)
    late = detection.time.utc.timestamp() - h.times_s
    return float(((ndtr(late / sigma) - ndtr((late - own.plume_s) / sigma)) / own.plume_s).mean())


def _where(
    detection: Detection, h: Hypothesis, enu: FloatArray, away: FloatArray, own: ClaimSettings, flash: bool
) -> FloatArray:
    """Return how much likelier each place makes the direction, or the place, than chance does, shape (K,)."""
    if detection.place is not None:
        return density_at(detection.place, h, own.change_sigma_m) * np.pi * _LEVEL_REACH_M**2
    across = np.stack((enu[:, 1], -enu[:, 0]), axis=-1) / np.hypot(enu[:, 0], enu[:, 1]).clip(1e-6)[:, None]
    wide_m = np.sqrt(np.einsum("ki,kij,kj->k", across, h.covariance_m2, across))
    drift = 0.0 if flash else own.plume_drift_deg
    sigma = np.sqrt(bearing_sigma_deg(detection, own) ** 2 + drift**2 + np.degrees(np.arctan2(wide_m, away)) ** 2)
    assert detection.bearing_deg is not None  # noqa: S101 - asked for by said_by_sighting
    off = turned(np.degrees(np.arctan2(enu[:, 0], enu[:, 1])) - detection.bearing_deg)
    return np.asarray(normal(off, sigma) * 360.0, dtype=np.float64)


def density_at(place: Place, h: Hypothesis, sigma_m: float) -> FloatArray:
    """Return the density a square metre of a told place given each place of an event, shape (K,)."""
    offset = h.seen_from(place.lon_deg, place.lat_deg)
    spread = h.covariance_m2 + place.covariance_m2 + sigma_m**2 * np.eye(2)
    z2 = np.einsum("ki,ki->k", offset, np.linalg.solve(spread, offset[..., None])[..., 0])
    return np.asarray(np.exp(-z2 / 2) / (2 * np.pi * np.sqrt(np.linalg.det(spread))), dtype=np.float64)


def _level(detection: Detection, own: ClaimSettings) -> float:
    """Return what the height above the horizon says, where it was measured: bursts on the ground are seen level."""
    if detection.elevation_deg is None or detection.observation_type is ObservationType.AIRBURST:
        return 1.0
    stated = detection.elevation_sigma_deg or 1.0
    own_sigma, chance = (np.hypot(stated, s) for s in (own.elevation_sigma_deg, own.clutter_elevation_sigma_deg))
    at = np.array([detection.elevation_deg])
    return float((normal(at, np.array([own_sigma])) / normal(at, np.array([chance])))[0])
