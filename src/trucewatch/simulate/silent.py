"""What makes no bang: drones, aircraft and convoys with their paths, and fires."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import destination
from trucewatch.model.truth import TrueEvent
from trucewatch.model.vocabulary import Cause, ObservationType
from trucewatch.simulate.contact import SIDES
from trucewatch.simulate.happening import Happening, moment
from trucewatch.simulate.scene import Scene

FloatArray = NDArray[np.float64]

_STEP_S = 10.0


def uav(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return a drone that flies from one side's ground towards the other's, turning now and then."""
    at, side = scene.spot(rng, 2_000.0, 8_000.0)
    speed, height = rng.uniform(15.0, 45.0), rng.uniform(80.0, 800.0)
    length_s = min(rng.uniform(300.0, 1_200.0), scene.end_s - at_s)
    course = _across(scene, side) + rng.normal(0.0, 25.0)
    path = _path(at, at_s, length_s, speed, course, 6.0, height, rng)
    return [_mover(scene, name, "uav", ObservationType.UAV_SIGHTING, path, side, 1, "small")]


def aircraft(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return an aircraft that passes along or across the line."""
    at, side = scene.spot(rng, 8_000.0, 20_000.0)
    length_s = min(rng.uniform(120.0, 300.0), scene.end_s - at_s)
    course = _across(scene, side) + rng.normal(0.0, 50.0)
    path = _path(at, at_s, length_s, rng.uniform(120.0, 240.0), course, 2.0, rng.uniform(500.0, 5_000.0), rng)
    return [_mover(scene, name, "aircraft", ObservationType.AIRCRAFT_SIGHTING, path, side, 1, "large")]


def convoy(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return vehicles on a road about along the line."""
    at, side = scene.spot(rng, 1_500.0, 7_000.0)
    length_s = min(rng.uniform(600.0, 1_800.0), scene.end_s - at_s)
    course = _across(scene, side) + 90.0 * (1.0 if rng.uniform() < 0.5 else -1.0) + rng.normal(0.0, 15.0)
    path = _path(at, at_s, length_s, rng.uniform(6.0, 15.0), course, 3.0, 0.0, rng)
    n = int(rng.integers(3, 25))
    size = "small" if n < 6 else "medium" if n < 15 else "large"
    return [_mover(scene, name, "convoy", ObservationType.VEHICLE_MOVEMENT, path, side, n, size)]


def fire(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return something that burns near the line, for an hour to a night."""
    at, _ = scene.spot(rng, 100.0, 7_000.0)
    return [_burning(scene, name, "fire", at, at_s, rng.uniform(3_600.0, 36_000.0), 12.0, rng)]


def harvest_fire(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return a field's stubble that burns for some hours of the day."""
    at, _ = scene.spot(rng, 1_000.0, 15_000.0)
    return [_burning(scene, name, "harvest_fire", at, at_s, rng.uniform(3_600.0, 18_000.0), 20.0, rng)]


def _across(scene: Scene, side: str) -> float:
    """Return the bearing from a side's ground over the line."""
    return scene.preset.bearing_deg + (90.0 if side == SIDES[0] else -90.0)


def _path(
    at: FloatArray,
    at_s: float,
    length_s: float,
    speed_m_s: float,
    course_deg: float,
    wander_deg: float,
    height_m: float,
    rng: np.random.Generator,
) -> FloatArray:
    """Return (n, 4) seconds, longitude, latitude, height of a way whose course wanders."""
    n = max(2, int(length_s / _STEP_S) + 1)
    course = np.radians(course_deg + np.cumsum(rng.normal(0.0, wander_deg, n)))
    step = speed_m_s * _STEP_S
    east = np.concatenate(([0.0], np.cumsum(np.sin(course[1:]) * step)))
    north = np.concatenate(([0.0], np.cumsum(np.cos(course[1:]) * step)))
    toward = np.degrees(np.arctan2(east, north))
    lon, lat = destination(at[0], at[1], toward, np.hypot(east, north))
    climb = np.cumsum(rng.normal(0.0, 1.0, n)) * (height_m > 0.0)
    return np.column_stack((at_s + np.arange(n) * _STEP_S, lon, lat, np.maximum(height_m + climb, height_m / 2.0)))


def _mover(
    scene: Scene, name: str, activity: str, kind: ObservationType, path: FloatArray, side: str, n: int, size: str
) -> Happening:
    start = scene.start_utc
    truth = TrueEvent(
        id=name,
        kind=kind,
        label=activity,
        cause=Cause.UNDETERMINED,
        innocent=False,
        notified=False,
        start_utc=moment(start, path[0, 0]),
        end_utc=moment(start, path[-1, 0]),
        lon_deg=float(path[0, 1]),
        lat_deg=float(path[0, 2]),
        sigma_m=0.0,
        count=n,
        size=size,
        side=side,
        zone=_widest(scene, path),
        path=tuple((moment(start, p[0]), float(p[1]), float(p[2]), float(p[3])) for p in path),
    )
    nothing = np.empty(0)
    return Happening(
        truth=truth,
        activity=activity,
        rounds_s=nothing,
        offset_m=np.empty((0, 2)),
        height_m=nothing,
        path_m=path,
    )


def _widest(scene: Scene, path: FloatArray) -> str:
    """Return the narrowest zone that a path touches."""
    zones = set(scene.contact.zones(path[:, 1:3]))
    return next((z for z in ("area-1", "buffer") if z in zones), "")


def _burning(
    scene: Scene,
    name: str,
    activity: str,
    at: FloatArray,
    at_s: float,
    length_s: float,
    middle_mw: float,
    rng: np.random.Generator,
) -> Happening:
    frp = float(middle_mw * np.exp(rng.normal(0.0, 0.9)))
    innocent = activity == "harvest_fire"
    truth = TrueEvent(
        id=name,
        kind=ObservationType.THERMAL_ANOMALY,
        label=activity.replace("_", " "),
        cause=Cause.UNDETERMINED,
        innocent=innocent,
        notified=False,
        start_utc=moment(scene.start_utc, at_s),
        end_utc=moment(scene.start_utc, at_s + length_s),
        lon_deg=float(at[0]),
        lat_deg=float(at[1]),
        sigma_m=0.0,
        count=1,
        size="small" if frp < 8.0 else "medium" if frp < 40.0 else "large",
        zone=scene.zone(at),
    )
    nothing = np.empty(0)
    path = np.array([[at_s, at[0], at[1], 0.0], [at_s + length_s, at[0], at[1], 0.0]])
    return Happening(
        truth=truth,
        activity=activity,
        rounds_s=nothing,
        offset_m=np.empty((0, 2)),
        height_m=nothing,
        frp_mw=frp,
        burn_m=float(rng.uniform(80.0, 250.0) * np.sqrt(frp / 10.0 + 0.3)),
        path_m=path,
    )
