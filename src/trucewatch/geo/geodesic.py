"""Geodesics on the WGS84 ellipsoid: distance, bearing, destination, length, area.

A straight edge between two vertices means the geodesic, everywhere in Trucewatch. A line that is straight in
longitude-latitude differs from it by up to ``length**2 * tan(latitude) / (8 * R)``: 0.2 km for a 100 km edge at 48 N.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

FloatArray = NDArray[np.float64]

_WGS84 = Geod(ellps="WGS84")


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> FloatArray:
    """Return the geodesic distance between points, broadcasting.

    Args:
        lon1: Longitude of the first points, degrees.
        lat1: Latitude of the first points, degrees.
        lon2: Longitude of the second points, degrees.
        lat2: Latitude of the second points, degrees.

    Returns:
        Metres, in the broadcast shape (a scalar for scalars).

    References:
        Karney 2013, Algorithms for geodesics, J. Geodesy 87, 43 (as in PROJ): nanometre accuracy.
    """
    return _inverse(lon1, lat1, lon2, lat2)[1]


def bearing_deg(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> FloatArray:
    """Return the forward azimuth from the first to the second points, clockwise from true north, in [0, 360)."""
    return _inverse(lon1, lat1, lon2, lat2)[0]


def destination(
    lon_deg: ArrayLike, lat_deg: ArrayLike, bearing_deg: ArrayLike, distance_m: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return the points reached from (lon, lat) along a bearing.

    Args:
        lon_deg: Longitude of the start, degrees.
        lat_deg: Latitude of the start, degrees.
        bearing_deg: Forward azimuth, degrees clockwise from true north.
        distance_m: Geodesic distance, metres; negative goes backwards.

    Returns:
        Longitude and latitude in degrees, each in the broadcast shape.
    """
    (lon0, lat0, azimuth, length), shape = _columns(lon_deg, lat_deg, bearing_deg, distance_m)
    lon, lat, _ = _WGS84.fwd(lon0, lat0, azimuth, length)
    return _shaped(lon, shape), _shaped(lat, shape)


def area_m2(polygon: ArrayLike) -> float:
    """Return the area of a ring (n, 2) of longitude, latitude degrees, square metres, whatever its direction."""
    ring = np.asarray(polygon, dtype=np.float64)
    return abs(float(_WGS84.polygon_area_perimeter(ring[:, 0], ring[:, 1])[0]))


def length_m(line: ArrayLike) -> float:
    """Return the length of a line (n, 2) of longitude, latitude degrees, metres."""
    points = np.asarray(line, dtype=np.float64)
    return float(_WGS84.line_length(points[:, 0], points[:, 1]))


def to_azimuthal(lon0_deg: ArrayLike, lat0_deg: ArrayLike, lon_deg: ArrayLike, lat_deg: ArrayLike) -> FloatArray:
    """Return east and north metres about a centre, keeping distance and bearing from the centre true.

    Args:
        lon0_deg: Longitude of the centre, degrees, broadcast against the points.
        lat0_deg: Latitude of the centre, degrees.
        lon_deg: Longitude of the points, degrees.
        lat_deg: Latitude of the points, degrees.

    Returns:
        (..., 2) east, north in metres. Across the line of sight lengths are stretched by ``(r / R)**2 / 6``
        (4e-5 at 100 km).
    """
    azimuth, distance = _inverse(lon0_deg, lat0_deg, lon_deg, lat_deg)
    angle = np.radians(azimuth)
    plane = np.empty((*np.shape(angle), 2))
    plane[..., 0] = distance * np.sin(angle)
    plane[..., 1] = distance * np.cos(angle)
    return plane


def from_azimuthal(lon0_deg: ArrayLike, lat0_deg: ArrayLike, east_north_m: ArrayLike) -> FloatArray:
    """Return (..., 2) longitude, latitude degrees of east, north metres about a centre; inverse of to_azimuthal."""
    plane = np.asarray(east_north_m, dtype=np.float64)
    bearing = np.degrees(np.arctan2(plane[..., 0], plane[..., 1]))
    lon, lat = destination(lon0_deg, lat0_deg, bearing, np.hypot(plane[..., 0], plane[..., 1]))
    return np.stack((lon, lat), axis=-1)


def densify(line: ArrayLike, spacing_m: float) -> FloatArray:
    """Return the line with points added along its geodesics so that no step is longer than the spacing.

    Args:
        line: (n, 2) longitude, latitude in degrees, n >= 2.
        spacing_m: Longest step, metres.

    Returns:
        (m, 2) longitude, latitude in degrees; the given points are kept as they are.
    """
    points = np.asarray(line, dtype=np.float64)
    azimuth, step = _inverse(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1])
    n_parts = np.maximum(1, np.ceil(step / spacing_m)).astype(np.int64)
    start = np.repeat(np.arange(len(step)), n_parts)
    part = np.arange(len(start)) - np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
    lon, lat = destination(points[start, 0], points[start, 1], azimuth[start], part * step[start] / n_parts[start])
    dense = np.stack((lon, lat), axis=-1)
    dense[part == 0] = points[:-1]
    return np.concatenate((dense, points[-1:]))


def _inverse(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> tuple[FloatArray, FloatArray]:
    (a_lon, a_lat, b_lon, b_lat), shape = _columns(lon1, lat1, lon2, lat2)
    azimuth, _, distance = _WGS84.inv(a_lon, a_lat, b_lon, b_lat)
    return _shaped(np.mod(azimuth, 360.0), shape), _shaped(distance, shape)


def _columns(*values: ArrayLike) -> tuple[list[FloatArray], tuple[int, ...]]:
    # pyproj wants equal flat writable float arrays.
    given = [np.asarray(value, dtype=np.float64) for value in values]
    shape = np.broadcast(*given).shape
    columns = [np.empty(shape) for _ in given]
    for column, value in zip(columns, given, strict=True):
        column[...] = value
    return [column.ravel() for column in columns], shape


def _shaped(flat: ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    result: FloatArray = np.asarray(flat, dtype=np.float64).reshape(shape)[()]
    return result
