"""Many sensors and their onsets as arrays: who stands near whom, and which onset a sensor has at a moment.

Association of a whole line works on batches of candidates. Each candidate lives in the plane about one station, its
anchor, so that no plane has to hold the line, and moving the origin of coordinates changes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_SLOW_M_S = 320.0
"""sound in cold air"""
_APART_S = 1000.0
"""empty time between the onsets of two stations in one sorted row of all"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ground:
    """Stations, each with the nearest others in a plane of its own; S stations, K neighbours at most."""

    hood: IntArray
    """shape (S, K), indices of the station itself, then of others by distance; -1 where there are no more"""
    xy_m: FloatArray
    """shape (S, K, 2), east and north of the station, far off where there is none"""
    away_m: FloatArray
    """shape (S, K), distances; inf where there is none"""
    point_m: FloatArray
    """shape (S, 3), where each stands in one frame of all"""
    axes: FloatArray
    """shape (S, 2, 3), east and north there"""

    def points_m(self, anchor: IntArray, xy_m: FloatArray) -> FloatArray:
        """Return places (n, 2) in the planes of their anchors as points (n, 3) of the frame of all."""
        return np.asarray(self.point_m[anchor] + np.einsum("ni,nij->nj", xy_m, self.axes[anchor]), dtype=np.float64)

    def offsets_m(self, anchor: IntArray, points_m: FloatArray) -> FloatArray:
        """Return points (n, 3) of the frame of all as places (n, 2) in the planes of anchors."""
        return np.asarray(np.einsum("nij,nj->ni", self.axes[anchor], points_m - self.point_m[anchor]), dtype=np.float64)


def away_m(xy_m: FloatArray, state: FloatArray) -> FloatArray:
    """Return the distances of sensors, shape (n, w, 2), from the places of states (n, 6), shape (n, w)."""
    east, north = xy_m[..., 0] - state[:, None, 0], xy_m[..., 1] - state[:, None, 1]
    return np.asarray(np.sqrt(east**2 + north**2), dtype=np.float64)


NOWHERE_M = 1e7
"""where a neighbour stands that is none"""


def plane_ground(xy_m: FloatArray, reach_m: float, most: int = 64) -> Ground:
    """Return stations of a plane, shape (S, 2) in metres, each with those within a distance, nearest first."""
    point = np.column_stack((xy_m, np.zeros(len(xy_m))))
    hood, away = near_stations(point, reach_m, most)
    offset = xy_m[hood] - xy_m[:, None]
    offset[hood < 0] = NOWHERE_M
    axes = np.broadcast_to(np.eye(3)[:2], (len(xy_m), 2, 3))
    return Ground(hood=hood, xy_m=offset, away_m=away, point_m=point, axes=axes)


def near_stations(point_m: FloatArray, reach_m: float, most: int) -> tuple[IntArray, FloatArray]:
    """Return for each of points (S, 3) which are within a distance, itself first, and how far, each (S, K)."""
    k = min(most, len(point_m))
    away, hood = cKDTree(point_m).query(point_m, k=k, distance_upper_bound=reach_m)
    away, hood = np.reshape(away, (len(point_m), k)), np.reshape(hood, (len(point_m), k))
    return np.where(np.isfinite(away), hood, -1).astype(np.int64), np.asarray(away, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Heard:
    """Onsets by time, ties by station; arrays of shape (n,)."""

    time_s: FloatArray
    station: IntArray
    sigma_s: FloatArray
    """pick and clock, place of the sensor and bends of the path together"""
    far_from_m: float = math.inf
    """beyond this distance from the source the air is not the same all along the path"""
    far_share: float = 0.0
    """of the travel time beyond it, by which it may be off"""

    by_station: IntArray = field(init=False)
    """indices by station, then by time"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_station", np.lexsort((self.time_s, self.station)))

    def sigmas_s(self, onset: IntArray, xy_m: FloatArray, state: FloatArray) -> FloatArray:
        """Return by how much onsets of sensors (n, w, 2) that come from places of states (n, 6) may be off, (n, w).

        An index of -1 gives any value.
        """
        own = self.sigma_s[onset]
        if self.far_share <= 0.0:
            return np.asarray(own, dtype=np.float64)
        far = self.far_share * np.maximum(away_m(xy_m, state) - self.far_from_m, 0.0) / _SLOW_M_S
        return np.asarray(np.sqrt(own**2 + far**2), dtype=np.float64)

    def __len__(self) -> int:
        return len(self.time_s)


class Moments:
    """Which onset, of those that are in question, a station has at a moment."""

    def __init__(self, heard: Heard, which: IntArray) -> None:
        """Take in question the onsets of some indices, ascending."""
        asked = np.zeros(len(heard), dtype=np.bool_)
        asked[which] = True
        self.onset: IntArray = heard.by_station[asked[heard.by_station]]
        self._first_s = float(heard.time_s[0]) if len(heard) else 0.0
        last_s = float(heard.time_s[-1]) if len(heard) else 0.0
        self._span_s = last_s - self._first_s + _APART_S
        self.row_s: FloatArray = self._row(heard.station[self.onset], heard.time_s[self.onset])

    def _row(self, station: IntArray, time_s: FloatArray) -> FloatArray:
        # A moment before the first or after the last onset must not reach the next station's.
        inside = np.clip(time_s - self._first_s, -0.4 * _APART_S, self._span_s - 0.6 * _APART_S)
        return np.asarray(station * self._span_s + inside, dtype=np.float64)

    def between(self, station: IntArray, low_s: FloatArray, high_s: FloatArray) -> tuple[IntArray, IntArray]:
        """Return first and one past the last position, in `onset`, of a station's onsets from low_s to high_s."""
        first = np.searchsorted(self.row_s, self._row(station, low_s), "left")
        last = np.searchsorted(self.row_s, self._row(station, high_s), "right")
        return first, last

    def nearest(self, station: IntArray, at_s: FloatArray, within_s: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return each station's onset nearest to a moment, -1 where none is as near, and how late it is.

        Args:
            station: indices, -1 for none, any shape.
            at_s: moments, the same shape.
            within_s: how near, the same shape.
        """
        if not len(self.onset):
            return np.full(station.shape, -1, dtype=np.int64), np.zeros(station.shape)
        row = self._row(station, at_s)
        # Neighbour by neighbour: candidates of one anchor ask the same station for later and later moments.
        right = np.searchsorted(self.row_s, row.T).T
        left = np.maximum(right - 1, 0)
        right = np.minimum(right, len(self.row_s) - 1)
        late_right, late_left = self.row_s[right] - row, self.row_s[left] - row
        earlier = np.abs(late_left) <= np.abs(late_right)
        late = np.where(earlier, late_left, late_right)
        found = (np.abs(late) <= within_s) & (station >= 0)
        onset = np.where(found, self.onset[np.where(earlier, left, right)], -1)
        return onset, np.where(found, late, 0.0)
