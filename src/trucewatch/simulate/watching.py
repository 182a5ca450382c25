"""What cameras and radars see: flashes, drones, aircraft, vehicles, and things that are not there.

LIMIT: cameras look all around, and radars have no blind sectors but those that hills make.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from trucewatch.geo import LocalFrame
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant
from trucewatch.model.observation import Sighting
from trucewatch.model.vocabulary import ObservationType, ObserverKind
from trucewatch.physics import listener_of, probability_of_detection, reference_listener
from trucewatch.simulate.fielded import Fielded
from trucewatch.simulate.happening import Happening, moment
from trucewatch.simulate.hearing import OWN, SHARED
from trucewatch.simulate.sky import Sky

FloatArray = NDArray[np.float64]

_CAMERA_M = {ObservationType.UAV_SIGHTING: 2_000.0, ObservationType.AIRCRAFT_SIGHTING: 8_000.0}
_CAMERA_GROUND_M = 4_000.0
_CAMERA_STEP_S = 2.0
_RADAR_M = {ObservationType.UAV_SIGHTING: 12_000.0, ObservationType.AIRCRAFT_SIGHTING: 45_000.0}
_RADAR_GROUND_M = 12_000.0
_RADAR_STEP_S = 4.0
_RADAR_P = 0.85
_MAST_M = 15.0
_FLASHES_PER_S = 2.0
_FALSE_PER_HOUR = {ObserverKind.RADAR: 3.0, ObserverKind.CAMERA: 0.15}
_CAMERA_SIGMA_DEG, _RADAR_SIGMA_DEG, _RADAR_ELEVATION_DEG, _RADAR_SIGMA_M = 0.3, 0.5, 1.0, 25.0
_FLASH_FARTHEST_M = 25_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """What all sightings of a theatre share."""

    fielded: Fielded
    sky: Sky
    start_utc: datetime


def seen_of(happening: Happening, eyes: Eyes, rng: np.random.Generator) -> list[Sighting]:
    """Draw what cameras and radars see of an event."""
    if happening.flash:
        return list(_flashes(happening, eyes, rng))
    if happening.path_m is None or happening.frp_mw > 0.0:
        return []
    return [*_followed(happening, eyes, ObserverKind.CAMERA, rng), *_followed(happening, eyes, ObserverKind.RADAR, rng)]


def _flashes(happening: Happening, eyes: Eyes, rng: np.random.Generator) -> Iterator[Sighting]:
    source, truth, fielded = happening.source, happening.truth, eyes.fielded
    assert source is not None  # noqa: S101 - what flashes sounds
    weather = eyes.sky.weather_at(happening.start_s, truth.lon_deg, truth.lat_deg)
    frame = LocalFrame(lon_deg=truth.lon_deg, lat_deg=truth.lat_deg)
    event_z = rng.normal()
    for which in fielded.of_kind(ObserverKind.CAMERA):
        camera = frame.to_enu(fielded.lon_deg[which], fielded.lat_deg[which])[:2]
        away = float(np.hypot(*camera))
        if away > _FLASH_FARTHEST_M or not _free(eyes, which, truth.lon_deg, truth.lat_deg, 3.0):
            continue
        listener = listener_of(fielded.network.sensors[which]) or reference_listener("camera")
        p = float(probability_of_detection(source, away, listener, weather))
        own = rng.normal(size=len(happening.rounds_s))
        seen = np.sqrt(0.5) * (SHARED * event_z + OWN * own) + np.sqrt(0.5) * rng.normal() < ndtri(p)
        at, offset = happening.rounds_s[seen], happening.offset_m[seen]
        kept = np.diff(at, prepend=-np.inf) > 1.0 / _FLASHES_PER_S
        works = fielded.works(np.full(len(at), which), at)
        for t, place in zip(at[kept & works], offset[kept & works], strict=True):
            way = place - camera
            bearing = np.degrees(np.arctan2(way[0], way[1])) + rng.normal(0.0, _CAMERA_SIGMA_DEG)
            yield _sighting(eyes, which, float(t), happening.flash_kind, float(bearing), _CAMERA_SIGMA_DEG, p_false=0.1)


def _free(eyes: Eyes, which: int, lon_deg: float, lat_deg: float, height_m: float) -> bool:
    above = eyes.sky.preset.terrain.above_sight_m(
        float(eyes.fielded.lon_deg[which]),
        float(eyes.fielded.lat_deg[which]),
        _MAST_M,
        np.array([lon_deg]),
        np.array([lat_deg]),
        height_m,
    )
    return bool(above[0] <= 0.0)


def _followed(happening: Happening, eyes: Eyes, kind: ObserverKind, rng: np.random.Generator) -> Iterator[Sighting]:
    """Follow what moves with all sensors of a kind, each with a number of its own for it."""
    path, fielded, what = happening.path_m, eyes.fielded, happening.truth.kind
    assert path is not None  # noqa: S101 - asked for by seen_of
    radar = kind is ObserverKind.RADAR
    reach, step = (
        (_RADAR_M.get(what, _RADAR_GROUND_M), _RADAR_STEP_S)
        if radar
        else (_CAMERA_M.get(what, _CAMERA_GROUND_M), _CAMERA_STEP_S)
    )
    at = np.arange(path[0, 0] + rng.uniform(0.0, step), path[-1, 0], step)
    lon, lat, height = (np.interp(at, path[:, 0], path[:, k]) for k in (1, 2, 3))
    for which in fielded.of_kind(kind):
        frame = LocalFrame(lon_deg=float(fielded.lon_deg[which]), lat_deg=float(fielded.lat_deg[which]))
        enu = frame.to_enu(lon, lat, height)
        away = np.hypot(enu[:, 0], enu[:, 1])
        p = _RADAR_P * np.clip(1.0 - (away / reach) ** 4, 0.0, 1.0)
        if not radar:
            weather = eyes.sky.weather_at(float(at[0]), float(lon[0]), float(lat[0])) if len(at) else None
            p = p * (weather is not None and not weather.is_night) * (away < 0.5 * eyes.sky.preset.sky.visibility_m)
        seen = np.flatnonzero((rng.uniform(size=len(at)) < p) & fielded.works(np.full(len(at), which), at))
        if len(seen) < 2 or not _free(eyes, which, float(lon[seen[0]]), float(lat[seen[0]]), max(2.0, height[seen[0]])):
            continue
        track = _number_of(happening.truth.id, fielded.network.sensors[which].id)
        for n in seen:
            yield _plot(eyes, which, float(at[n]), what, enu[n], radar, track, rng)


def _number_of(event_id: str, sensor_id: str) -> str:
    """Return a sensor's own number for what it follows, the same whatever else it follows."""
    return str(int(content_id("track", f"{event_id}|{sensor_id}".encode())[-8:], 16) % 100_000)


def _plot(
    eyes: Eyes,
    which: int,
    at_s: float,
    what: ObservationType,
    enu: FloatArray,
    radar: bool,
    track: str,
    rng: np.random.Generator,
    p_false: float = 0.02,
) -> Sighting:
    away = float(np.sqrt((enu**2).sum()))
    sigma = _RADAR_SIGMA_DEG if radar else _CAMERA_SIGMA_DEG
    bearing = float(np.degrees(np.arctan2(enu[0], enu[1])) + rng.normal(0.0, sigma))
    tilt = _RADAR_ELEVATION_DEG if radar else _CAMERA_SIGMA_DEG
    elevation = float(np.degrees(np.arctan2(enu[2], np.hypot(enu[0], enu[1]))) + rng.normal(0.0, tilt))
    return _sighting(
        eyes,
        which,
        at_s,
        what,
        bearing,
        sigma,
        elevation=(elevation, tilt),
        away=(away + float(rng.normal(0.0, _RADAR_SIGMA_M)), _RADAR_SIGMA_M) if radar else None,
        track=track,
        p_false=p_false,
    )


def _sighting(
    eyes: Eyes,
    which: int,
    at_s: float,
    what: ObservationType,
    bearing: float,
    sigma_deg: float,
    *,
    elevation: tuple[float, float] | None = None,
    away: tuple[float, float] | None = None,
    track: str = "",
    p_false: float,
) -> Sighting:
    clock = float(eyes.fielded.clock_error_s(np.array([which]), np.array([at_s]))[0])
    return Sighting(
        id="",
        input_id="",
        row=1,
        sensor_id=eyes.fielded.network.sensors[which].id,
        time=Instant(utc=moment(eyes.start_utc, at_s + clock), sigma_s=0.05),
        observation_type=what,
        bearing_deg=round(bearing % 360.0, 2) % 360.0,
        bearing_sigma_deg=sigma_deg,
        elevation_deg=None if elevation is None else round(elevation[0], 2),
        elevation_sigma_deg=None if elevation is None else elevation[1],
        distance_m=None if away is None else round(max(1.0, away[0]), 1),
        distance_sigma_m=None if away is None else away[1],
        track_ref=track,
        p_false=p_false,
    )


def false_sightings(eyes: Eyes, hour: int, rng: np.random.Generator) -> list[Sighting]:
    """Draw an hour's plots of birds, rain and moving trees."""
    out = []
    for kind, rate in _FALSE_PER_HOUR.items():
        radar = kind is ObserverKind.RADAR
        for which in eyes.fielded.of_kind(kind):
            for at in hour * 3600.0 + rng.uniform(0.0, 3600.0, rng.poisson(rate * eyes.fielded.clutter[which])):
                away, toward = rng.uniform(300.0, 8_000.0), rng.uniform(0.0, 2 * np.pi)
                enu = np.array([away * np.sin(toward), away * np.cos(toward), rng.uniform(0.0, 300.0)])
                if eyes.fielded.works(np.array([which]), np.array([at]))[0]:
                    what = ObservationType.UAV_SIGHTING
                    out.append(_plot(eyes, which, float(at), what, enu, radar, "", rng, 0.5))
    return out


def in_order(found: list[Sighting]) -> tuple[Sighting, ...]:
    """Return sightings by time, numbered."""
    ordered = sorted(found, key=lambda s: (s.time.utc, s.sensor_id, s.bearing_deg or 0.0))
    return tuple(replace(s, id=f"sighting-{s.time.utc:%Y%m%dT%H%M%S}-{n + 1:06d}") for n, s in enumerate(ordered))
