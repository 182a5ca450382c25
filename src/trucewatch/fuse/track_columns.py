"""Sightings as columns in one plane, in an order that depends on nothing but what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_kinds import FOLLOWED
from trucewatch.geo import destination, from_azimuthal, to_azimuthal
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.network import Network, Sensor
from trucewatch.model.vocabulary import SensorState

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WORKING = (SensorState.OPERATIONAL, SensorState.DEGRADED, SensorState.NOT_TASKED)
"""what a sensor in another state sends is not believed; one that watches beyond its task is"""
COMPASS_ARM_M = 1_000.0
"""a bearing is carried into the plane by a point this far along it"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Plane:
    """The plane about one point in which tracks are reckoned.

    LIMIT: lengths across the line of sight from its middle are stretched by (r / R)^2 / 6, 4e-5 at 100 km and 1e-3 at
    500 km: ranges of radars far from the middle of a long line then disagree by a metre in a kilometre.
    """

    lon_deg: float
    lat_deg: float

    def of(self, lon_deg: FloatArray, lat_deg: FloatArray) -> FloatArray:
        """Return (n, 2) east, north metres."""
        return to_azimuthal(self.lon_deg, self.lat_deg, lon_deg, lat_deg)

    def back(self, east_north_m: FloatArray) -> FloatArray:
        """Return (n, 2) longitude, latitude degrees."""
        return from_azimuthal(self.lon_deg, self.lat_deg, east_north_m)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sightings:
    """Columns of n sightings, by time and then by the place of the sensor and what it saw; NaN where not measured."""

    detections: tuple[Detection, ...]
    sensors: tuple[Sensor, ...]
    """of each sighting"""
    plane: Plane
    t_s: FloatArray
    """seconds after the first"""
    clock_sigma_s: FloatArray
    kind: IntArray
    sensor_m: FloatArray
    """(n, 3) east, north, altitude of the sensor"""
    sensor_var_m2: FloatArray
    bearing_rad: FloatArray
    """in the plane"""
    bearing_sigma_rad: FloatArray
    elevation_rad: FloatArray
    elevation_sigma_rad: FloatArray
    range_m: FloatArray
    range_sigma_m: FloatArray
    place_m: FloatArray
    """(n, 2)"""
    place_cov_m2: FloatArray
    """(n, 2, 2)"""
    altitude_m: FloatArray
    altitude_sigma_m: FloatArray
    velocity_m_s: FloatArray
    """(n, 2)"""
    p_false: FloatArray

    def __len__(self) -> int:
        return len(self.t_s)

    @property
    def is_placed(self) -> NDArray[np.bool_]:
        """(n,) whether it tells a place by itself: by position or by range, not by direction alone."""
        placed: NDArray[np.bool_] = np.isfinite(self.place_m[:, 0]) | np.isfinite(self.range_m)
        return placed


def sightings_of(detections: Sequence[Detection], network: Network) -> Sightings | None:
    """Take the sightings of what moves out of all detections; None where there are none.

    What a sensor sent twice, and what a sensor sent that was known to be dead or jammed, is left out.
    """
    chosen = _chosen(detections, network)
    if not chosen:
        return None
    seen, sensors = tuple(d for d, _ in chosen), tuple(s for _, s in chosen)
    place = np.array([_place_row(d) for d in seen])
    at = np.array([[s.place.lon_deg, s.place.lat_deg, s.place.altitude_m or 0.0] for s in sensors])
    plane = _plane(at, place)
    feature = {name: np.array([_feature(d, name) for d in seen]) for name in FEATURES}
    start = seen[0].time.utc
    course = np.radians(_turned(plane, at, feature["course"], place))
    return Sightings(
        detections=seen,
        sensors=sensors,
        plane=plane,
        t_s=np.array([(d.time.utc - start).total_seconds() for d in seen]),
        clock_sigma_s=np.array([np.hypot(d.time.sigma_s, s.clock_sigma_s) for d, s in chosen]),
        kind=np.array([FOLLOWED.index(d.observation_type) for d in seen], dtype=np.int64),
        sensor_m=np.column_stack((plane.of(at[:, 0], at[:, 1]), at[:, 2])),
        sensor_var_m2=np.array([(s.place.var_east_m2 + s.place.var_north_m2) / 2.0 for s in sensors]),
        bearing_rad=np.radians(_turned(plane, at, _column(seen, "bearing_deg"))),
        bearing_sigma_rad=np.radians(_column(seen, "bearing_sigma_deg")),
        elevation_rad=np.radians(_column(seen, "elevation_deg")),
        elevation_sigma_rad=np.radians(_column(seen, "elevation_sigma_deg")),
        range_m=feature["range"],
        range_sigma_m=feature["range_sigma"],
        place_m=plane.of(place[:, 0], place[:, 1]) if np.isfinite(place).any() else place[:, :2],
        place_cov_m2=place[:, [2, 4, 4, 3]].reshape(-1, 2, 2),
        altitude_m=feature["altitude"],
        altitude_sigma_m=feature["altitude_sigma"],
        velocity_m_s=feature["speed"][:, None] * np.stack((np.sin(course), np.cos(course)), axis=1),
        p_false=np.array([d.p_false for d in seen]),
    )


FEATURES = ("range", "range_sigma", "altitude", "altitude_sigma", "speed", "course")


def _chosen(detections: Sequence[Detection], network: Network) -> list[tuple[Detection, Sensor]]:
    by_id = {s.id: s for s in network.sensors}
    once = {d.id: d for d in detections if d.kind is DetectionKind.SIGHTING and d.observation_type in FOLLOWED}
    found = [(d, by_id[d.sensor_id]) for d in once.values() if d.sensor_id in by_id and _is_whole(d)]
    return sorted((p for p in found if _worked(*p)), key=_order)


def _is_whole(detection: Detection) -> bool:
    has_bearing = detection.bearing_deg is not None and detection.bearing_sigma_deg is not None
    return has_bearing or detection.place is not None


def _worked(detection: Detection, sensor: Sensor) -> bool:
    if not sensor.health:
        return True
    at = detection.time.utc
    return all(h.state in WORKING or not h.time.contains(at) for h in sensor.health)


def _order(pair: tuple[Detection, Sensor]) -> tuple[object, ...]:
    """Order by what was measured; the names of sensors decide only between equals."""
    d, s = pair
    place = (0.0, 0.0) if d.place is None else (d.place.lon_deg, d.place.lat_deg)
    at = (s.place.lon_deg, s.place.lat_deg, s.kind.value)
    seen = (d.bearing_deg or 0.0, d.elevation_deg or 0.0, d.range_m or (0.0, 0.0), *place)
    return (d.time.utc, *at, *seen, d.observation_type.value, d.identity_ref, d.id)


def scans_begin(s: Sightings) -> IntArray:
    """Return where each scan begins: one sensor at one moment."""
    owner = np.array([x.id for x in s.sensors])
    new = np.append(True, (np.diff(s.t_s) > 0) | (owner[1:] != owner[:-1]))
    return np.flatnonzero(new)


def _place_row(d: Detection) -> tuple[float, float, float, float, float]:
    p = d.place
    if p is None:
        return (np.nan,) * 5
    return (p.lon_deg, p.lat_deg, p.var_east_m2, p.var_north_m2, p.cov_east_north_m2)


def _feature(d: Detection, name: str) -> float:
    return next((f.value for f in d.features if f.name == name), np.nan)


def _column(seen: Sequence[Detection], name: str) -> FloatArray:
    return np.array([np.nan if getattr(d, name) is None else getattr(d, name) for d in seen])


def _plane(at: FloatArray, place: FloatArray) -> Plane:
    """Put the plane in the middle of what is known to stand anywhere."""
    lon = np.concatenate((at[:, 0], place[:, 0]))
    lat = np.concatenate((at[:, 1], place[:, 1]))
    return Plane(
        lon_deg=float((np.nanmin(lon) + np.nanmax(lon)) / 2), lat_deg=float((np.nanmin(lat) + np.nanmax(lat)) / 2)
    )


def _turned(plane: Plane, at: FloatArray, degrees: FloatArray, place: FloatArray | None = None) -> FloatArray:
    """Return directions from true north at their own place as directions in the plane, degrees."""
    known = np.isfinite(degrees)
    turned = np.full(len(degrees), np.nan)
    if not known.any():
        return turned
    lon, lat = at[:, 0], at[:, 1]
    if place is not None:
        own = np.isfinite(place[:, 0])
        lon, lat = np.where(own, place[:, 0], lon), np.where(own, place[:, 1], lat)
    lon, lat = lon[known], lat[known]
    ahead = plane.of(*destination(lon, lat, degrees[known], COMPASS_ARM_M)) - plane.of(lon, lat)
    turned[known] = np.degrees(np.arctan2(ahead[:, 0], ahead[:, 1]))
    return turned
