"""What is wrong with a ring, in words for the person who drew it."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from trucewatch.geo.geodesic import area_m2, from_azimuthal, to_azimuthal

FloatArray = NDArray[np.float64]

# A turn back on itself sharper than this is a slip of the pen, not a boundary.
_SPIKE_DEG = 0.05
# Points closer than this are the same point: no boundary is drawn to a centimetre.
_SAME_POINT_M = 0.01


def validate_ring(ring: ArrayLike) -> list[str]:
    """Return everything that is wrong with a ring, in plain words; an empty list when it is sound.

    Args:
        ring: (n, 2) longitude, latitude in degrees, the first point repeated at the end.

    Returns:
        One sentence a problem, each naming the place: too few points, a coordinate that is not a number or out of
        range, not closed, a spike, crossing itself, no area.
    """
    points = np.asarray(ring, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        return [f"The ring must be pairs of longitude and latitude; its shape is {points.shape}."]
    unreadable = _coordinates(points)
    if unreadable:
        return unreadable
    problems = _closing(points)
    plane = _plane(points)
    if len(plane) >= 3:
        problems += _spikes(points, plane) + _crossings(points, plane)
    if not problems and area_m2(points) == 0.0:
        problems.append("The ring encloses no area.")
    return problems


def _coordinates(points: FloatArray) -> list[str]:
    problems = [
        f"Point {i + 1} is not a number: longitude {lon}, latitude {lat}."
        for i, (lon, lat) in enumerate(points)
        if not (np.isfinite(lon) and np.isfinite(lat))
    ]
    problems += [
        f"Point {i + 1} is out of range: longitude {lon:g} (−180 to 180), latitude {lat:g} (−90 to 90)."
        for i, (lon, lat) in enumerate(points)
        if abs(lon) > 180.0 or abs(lat) > 90.0
    ]
    return problems


def _closing(points: FloatArray) -> list[str]:
    problems = []
    if len(points) < 4:
        problems.append(f"A ring needs at least 4 points, the last equal to the first; this one has {len(points)}.")
    if len(points) and not np.array_equal(points[0], points[-1]):
        problems.append(
            f"The ring is not closed: it starts at {_place(points[0])} and ends at {_place(points[-1])}. "
            "Repeat the first point at the end."
        )
    return problems


def _plane(points: FloatArray) -> FloatArray:
    """Return the different points in order, (m, 2) east-north metres, without the closing one."""
    if not len(points):
        return np.empty((0, 2))
    plane = to_azimuthal(points[0, 0], points[0, 1], points[:, 0], points[:, 1])
    keep = np.hypot(*(plane - np.roll(plane, 1, axis=0)).T) > _SAME_POINT_M
    different: FloatArray = plane[keep]
    return different


def _spikes(points: FloatArray, plane: FloatArray) -> list[str]:
    back, ahead = np.roll(plane, 1, axis=0) - plane, np.roll(plane, -1, axis=0) - plane
    cross = back[:, 0] * ahead[:, 1] - back[:, 1] * ahead[:, 0]
    angle = np.degrees(np.abs(np.arctan2(cross, np.sum(back * ahead, axis=1))))
    places = from_azimuthal(points[0, 0], points[0, 1], plane[angle < _SPIKE_DEG])
    return [f"The ring has a spike at {_place(place)}: it runs out and straight back." for place in places]


def _crossings(points: FloatArray, plane: FloatArray) -> list[str]:
    n_edges = len(plane)
    edges = shapely.linestrings(np.stack((plane, np.roll(plane, -1, axis=0)), axis=1))
    first, second = shapely.STRtree(edges).query(edges, predicate="intersects")
    apart = (second - first > 1) & ~((first == 0) & (second == n_edges - 1))
    pairs = sorted(zip(first[apart].tolist(), second[apart].tolist(), strict=True))
    problems = []
    for i, j in pairs:
        meeting = shapely.centroid(shapely.intersection(edges[i], edges[j]))
        place = from_azimuthal(points[0, 0], points[0, 1], np.array([meeting.x, meeting.y]))
        problems.append(f"The ring crosses or touches itself at {_place(place)} (edges {i + 1} and {j + 1}).")
    return problems


def _place(point: FloatArray) -> str:
    return f"longitude {point[0]:.5f}, latitude {point[1]:.5f}"
