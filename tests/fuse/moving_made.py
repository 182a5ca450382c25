"""Simulated things that move, seen by radars, cameras and transponders with known errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect import from_sighting
from trucewatch.geo import bearing_deg, distance_m, from_azimuthal, to_azimuthal
from trucewatch.model.detection import Detection
from trucewatch.model.instant import Instant
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Sighting
from trucewatch.model.place import Place
from trucewatch.model.track import TrackState
from trucewatch.model.vocabulary import ObservationType, ObserverKind

START = datetime(2025, 8, 13, 18, 0, tzinfo=UTC)
MIDDLE = (37.7, 48.1)


def on_earth(east_north_m: object, middle: tuple[float, float] = MIDDLE) -> NDArray[np.float64]:
    return from_azimuthal(*middle, np.asarray(east_north_m, dtype=np.float64))


def in_plane(state: TrackState, middle: tuple[float, float] = MIDDLE) -> NDArray[np.float64]:
    return to_azimuthal(*middle, state.place.lon_deg, state.place.lat_deg)


def sensor(
    name: str,
    kind: ObserverKind,
    east_north_m: object,
    *,
    owner: str,
    middle: tuple[float, float] = MIDDLE,
    **more: object,
) -> Sensor:
    lon, lat = on_earth(east_north_m, middle)
    place = Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=0.5)
    return Sensor(id=name, kind=kind, owner=owner, place=place, clock_sigma_s=0.001, **more)


def wandering(
    rng: np.random.Generator, n: int, dt_s: float, power: float, at: object, speed: object
) -> NDArray[np.float64]:
    """States (n, 4) of nearly constant velocity, exactly as the tracker's model of motion has it."""
    block = power * np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]])
    root = np.linalg.cholesky(block)
    states = [np.concatenate((at, speed)).astype(np.float64)]
    for _ in range(n - 1):
        x = states[-1].copy()
        x[:2] += dt_s * x[2:]
        kick = root @ rng.normal(size=(2, 2))
        x[:2] += kick[0]
        x[2:] += kick[1]
        states.append(x)
    return np.array(states)


def seen(
    by: Sensor,
    t_s: float,
    east_north_m: object,
    rng: np.random.Generator,
    *,
    kind: ObservationType = ObservationType.UAV_SIGHTING,
    sigma_deg: float = 0.5,
    sigma_m: float | None = 15.0,
    altitude_m: float | None = None,
    middle: tuple[float, float] = MIDDLE,
    **more: object,
) -> Detection:
    """A sighting by bearing and, unless sigma_m is None, range; with elevation where the altitude is given."""
    lon, lat = on_earth(east_north_m, middle)
    flat = float(distance_m(by.place.lon_deg, by.place.lat_deg, lon, lat))
    bearing = float(bearing_deg(by.place.lon_deg, by.place.lat_deg, lon, lat))
    told: dict[str, object] = {
        "bearing_deg": (bearing + sigma_deg * rng.normal()) % 360.0,
        "bearing_sigma_deg": sigma_deg,
    }
    slant = flat if altitude_m is None else float(np.hypot(flat, altitude_m))
    if altitude_m is not None:
        up = np.degrees(np.arctan2(altitude_m - 0.87 * flat**2 / (2 * 6_371_000.0), flat))
        told |= {"elevation_deg": float(up) + sigma_deg * rng.normal(), "elevation_sigma_deg": sigma_deg}
    if sigma_m is not None:
        told |= {"distance_m": slant + sigma_m * rng.normal(), "distance_sigma_m": sigma_m}
    return _detection(by, t_s, kind, told | more)


def told(
    by: Sensor, t_s: float, east_north_m: object, rng: np.random.Generator, *, sigma_m: float, **more: object
) -> Detection:
    """A place as a transponder or a drone tells it."""
    lon, lat = on_earth(np.asarray(east_north_m) + sigma_m * rng.normal(size=2))
    place = Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=sigma_m)
    kind = more.pop("kind", ObservationType.UAV_SIGHTING)
    return _detection(by, t_s, kind, {"place": place} | more)


def _detection(by: Sensor, t_s: float, kind: object, told: dict[str, object]) -> Detection:
    time = Instant(utc=START + timedelta(seconds=t_s), sigma_s=0.0)
    name = repr((by.place.lon_deg, by.place.lat_deg, t_s, sorted((k, str(v)) for k, v in told.items())))
    sighting = Sighting(
        id=f"obs-{name}", input_id="inp-1", row=1, sensor_id=by.id, time=time, observation_type=kind, **told
    )
    return from_sighting(sighting, by)
