"""Geodesic segments with an index: the nearest one to a point, and all within reach."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from trucewatch.geo.geodesic import densify, from_azimuthal, to_azimuthal

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

STEP_M = 2_000.0
"""Geodesics are followed in steps this long; a step's chord then leaves its geodesic by under 0.1 m."""
# The index works in one plane about the middle of the line or area, which stretches lengths across the line of sight
# by (r / R)**2 / 6; distances themselves are then taken in a plane about each point.
# LIMIT: beyond 2,200 km from that middle the stretch passes 2 % and a nearest segment may be missed.
STRETCH = 1.02
_MOST_PAIRS = 1_000_000
# Two segments that meet at a vertex are equally far from a point up to this rounding.
_TIE_M = 1e-6


class Nearest(NamedTuple):
    """The nearest place on some segments, for each of n points."""

    distance_m: FloatArray
    """(n,) metres."""
    side: FloatArray
    """(n,) +1 left, -1 right of the segment's direction, 0 on its line."""
    toward: FloatArray
    """(n, 2) east-north unit vector to the nearest place; across the segment where the distance is nought."""


class Segments:
    """Directed geodesic segments, prepared for many questions."""

    __slots__ = ("end", "lat0_deg", "lon0_deg", "plane", "start", "tree")

    def __init__(self, start: FloatArray, end: FloatArray, lon0_deg: float, lat0_deg: float) -> None:
        """Prepare segments from start to end, each (n, 2) longitude, latitude degrees, with the index's middle."""
        self.start, self.end, self.lon0_deg, self.lat0_deg = start, end, lon0_deg, lat0_deg
        self.plane = np.stack((self.to_plane(start), self.to_plane(end)), axis=1)
        self.tree: shapely.STRtree = shapely.STRtree(shapely.linestrings(self.plane))

    def to_plane(self, lonlat: FloatArray) -> FloatArray:
        """Return (..., 2) east-north metres in the index's plane."""
        return to_azimuthal(self.lon0_deg, self.lat0_deg, lonlat[..., 0], lonlat[..., 1])

    def from_plane(self, east_north_m: FloatArray) -> FloatArray:
        """Return (..., 2) longitude, latitude degrees of places in the index's plane."""
        return from_azimuthal(self.lon0_deg, self.lat0_deg, east_north_m)

    def nearest(self, lonlat: FloatArray) -> Nearest:
        """Return the nearest place on the segments for each point (n, 2).

        Raises:
            ValueError: A coordinate is not finite.
        """
        if not np.isfinite(lonlat).all():
            raise ValueError("a place must have a finite longitude and latitude")
        found = [self._nearest(lonlat[block]) for block in self.blocks(len(lonlat))]
        distance, side, toward = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return Nearest(distance, side, toward)

    def blocks(self, n_points: int) -> list[slice]:
        """Return slices of points small enough that all their pairs with segments fit in some 200 MB."""
        size = max(1, _MOST_PAIRS // len(self.start))
        return [slice(first, first + size) for first in range(0, max(n_points, 1), size)]

    def within(self, lonlat: FloatArray, reach_m: FloatArray) -> tuple[IntArray, IntArray]:
        """Return the pairs (point, segment) nearer than reach_m (n,), ordered by point."""
        points = shapely.points(self.to_plane(lonlat))
        point, segment = self.tree.query(points, predicate="dwithin", distance=reach_m * STRETCH)
        order = np.lexsort((segment, point))
        return point[order], segment[order]

    def about(self, lonlat: FloatArray, point: IntArray, segment: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return both ends (m, 2) of paired segments in the east-north plane about their points."""
        lon, lat = lonlat[point, 0], lonlat[point, 1]
        start, end = self.start[segment], self.end[segment]
        return to_azimuthal(lon, lat, start[:, 0], start[:, 1]), to_azimuthal(lon, lat, end[:, 0], end[:, 1])

    def _nearest(self, lonlat: FloatArray) -> Nearest:
        points = shapely.points(self.to_plane(lonlat))
        (order, _), rough = self.tree.query_nearest(points, return_distance=True, all_matches=False)
        reach = np.empty(len(lonlat))
        reach[order] = rough * STRETCH + 1.0
        point, segment = self.within(lonlat, reach)
        return self._closest(lonlat, point, segment)

    def _closest(self, lonlat: FloatArray, point: IntArray, segment: IntArray) -> Nearest:
        start, end = self.about(lonlat, point, segment)
        along = end - start
        length = np.hypot(along[:, 0], along[:, 1])
        share = np.clip(-np.sum(start * along, axis=1) / length**2, 0.0, 1.0)
        foot = start + share[:, None] * along
        distance = np.hypot(foot[:, 0], foot[:, 1])
        # Positive where the point, the origin of this plane, lies to the left of the segment.
        offset = (start[:, 0] * along[:, 1] - start[:, 1] * along[:, 0]) / length
        # At a vertex both neighbours are equally near; the one seen more squarely tells the side.
        best = np.full(len(lonlat), np.inf)
        np.minimum.at(best, point, distance)
        tied = distance <= best[point] + _TIE_M
        order = np.lexsort((-np.abs(offset), ~tied, point))
        chosen = order[np.searchsorted(point[order], np.arange(len(lonlat)))]
        across = np.stack((along[:, 1], -along[:, 0]), axis=1)[chosen] / length[chosen, None]
        toward = np.where(best[:, None] > _TIE_M, foot[chosen] / np.maximum(best, _TIE_M)[:, None], across)
        return Nearest(best, np.sign(offset[chosen]), toward)


def along_line(line: ArrayLike) -> Segments:
    """Return the geodesic segments of a line (n, 2) longitude, latitude degrees, n >= 2.

    Raises:
        ValueError: Fewer than two different points, or a coordinate that is not finite.
    """
    points = np.asarray(line, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError("a line must be (n, 2) finite longitude, latitude")
    points = points[np.concatenate(([True], np.any(np.diff(points, axis=0) != 0.0, axis=1)))]
    if len(points) < 2:
        raise ValueError("a line needs at least two different points")
    dense = densify(points, STEP_M)
    middle = dense[len(dense) // 2]
    return Segments(dense[:-1], dense[1:], float(middle[0]), float(middle[1]))


def stacked(lon_deg: ArrayLike, lat_deg: ArrayLike) -> tuple[FloatArray, tuple[int, ...]]:
    """Return places as (n, 2) longitude, latitude degrees, and the broadcast shape they came in."""
    spread = np.broadcast_arrays(np.asarray(lon_deg, dtype=np.float64), np.asarray(lat_deg, dtype=np.float64))
    return np.stack([column.ravel() for column in spread], axis=1), spread[0].shape
