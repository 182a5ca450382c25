"""When P and S of a buried source come up at the surface: tables over distance and depth, looked up in bulk.

Rays go through shells of one speed each, as for surface sources, so that their paths are known in closed form: up from
the source, or down from it, through a shell where they turn, and up. What is kept is the mean slowness of the way, time
over straight distance, which is so smooth that it can be interpolated where time itself bends sharply above the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.model.vocabulary import Wave
from trucewatch.physics.layers import GroundModel
from trucewatch.physics.rays import EARTH_RADIUS_M

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DEEPEST_M = 300_000.0
"""deepest source of the tables"""
FARTHEST_M = 900_000.0
"""farthest station of the tables, along the surface"""
WAVES = (Wave.P, Wave.S)
"""the waves of a table, in the order of its rows"""
_N_DEPTHS = 48
_STEP_M = 5_000.0
_RAYS = 160
_STEEP = 0.97
"""rays that turn in a shell are followed from grazing its top down to this share of it; steeper ones come up farther"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BuriedTimes:
    """Travel times of P and S from any depth, with their slopes."""

    slowness: FloatArray
    """mean slowness of the way in s/m, shape (2 * n_depths * n_distances,): wave, then depth, then distance"""
    rise: FloatArray
    """its growth to the next distance, the next depth and both, shape (3, as above)"""
    depth_m: FloatArray
    """(n_depths,) evenly spaced in the square root of depth: the crust's upper kilometres bend times most"""
    surface_m_s: tuple[float, float]
    """speeds of P and S in the uppermost layer"""

    def at(self, wave: IntArray, distance_m: FloatArray, depth_m: ArrayLike) -> tuple[FloatArray, ...]:
        """Return travel times with their slopes.

        Args:
            wave: row of WAVES, any shape.
            distance_m: along the surface, the same shape; beyond FARTHEST_M as if the way went on alike.
            depth_m: of the source, broadcast; held between 0 and DEEPEST_M.

        Returns:
            Time in s, its growth with distance and its growth with depth in s/m, each in the broadcast shape.
        """
        depth = np.clip(np.asarray(depth_m, dtype=np.float64), 0.0, DEEPEST_M)
        row, down, thickness = self._rows(depth)
        column = np.minimum(distance_m / _STEP_M, _n_distances() - 1.001)
        step = column.astype(np.int64)
        along = column - step
        at = (wave * _N_DEPTHS + row) * _n_distances() + step
        across, deeper, both = (np.take(self.rise[k], at) for k in range(3))
        mean = np.take(self.slowness, at) + along * across + down * (deeper + along * both)
        way = np.sqrt(distance_m * distance_m + depth * depth) + 1e-9
        with_distance = mean * distance_m / way + way * (across + down * both) / _STEP_M
        with_depth = mean * depth / way + way * (deeper + along * both) / thickness
        return mean * way, with_distance, with_depth

    def _rows(self, depth_m: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
        """Return the depth's row, how far below it lies (0 .. 1), and the thickness of the row in m."""
        root = np.sqrt(depth_m / DEEPEST_M) * (_N_DEPTHS - 1)
        row = np.minimum(root.astype(np.int64), _N_DEPTHS - 2)
        thickness = self.depth_m[row + 1] - self.depth_m[row]
        return row, (depth_m - self.depth_m[row]) / thickness, thickness


@lru_cache(maxsize=8)
def buried_times(model: GroundModel) -> BuriedTimes:
    """Return the tables of a ground model; made once for each, in some tenths of a second.

    LIMIT: first arrivals only, and in shadows below a fast layer the wave that creeps along it: where a station picks
    the later, stronger direct wave beyond the crossover, its residual is late.
    """
    depth: FloatArray = DEEPEST_M * (np.arange(_N_DEPTHS, dtype=np.float64) / (_N_DEPTHS - 1.0)) ** 2
    distance: FloatArray = _STEP_M * np.arange(_n_distances(), dtype=np.float64)
    way = np.sqrt(distance**2 + depth[:, None] ** 2)
    tops = np.array([layer.top_m for layer in model.layers])
    speeds = [np.array([getattr(layer, name) for layer in model.layers]) for name in ("p_m_s", "s_m_s")]
    slowness = np.empty((len(WAVES), len(depth), len(distance)))
    for k, speed in enumerate(speeds):
        slowness[k] = _first_s(tops, speed, depth, distance) / np.maximum(way, 1.0)
        slowness[k, 0, 0] = 1.0 / speed[0]
    along = np.diff(slowness, axis=2, append=slowness[:, :, -1:])
    down = np.diff(slowness, axis=1, append=slowness[:, -1:, :])
    both = np.diff(along, axis=1, append=along[:, -1:, :])
    rise = np.stack([a.ravel() for a in (along, down, both)])
    for made in (slowness, rise, depth):
        made.flags.writeable = False
    surface = (float(speeds[0][0]), float(speeds[1][0]))
    return BuriedTimes(slowness=slowness.ravel(), rise=rise, depth_m=depth, surface_m_s=surface)


def _n_distances() -> int:
    return int(FARTHEST_M / _STEP_M) + 1


def _first_s(tops: FloatArray, speed: FloatArray, depth: FloatArray, distance: FloatArray) -> FloatArray:
    """Return first arrivals in s, shape (n_depths, n_distances)."""
    cuts = np.unique(np.concatenate([tops, depth]))
    outer = EARTH_RADIUS_M - cuts
    inner = np.append(outer[1:], 0.0)
    own = speed[np.searchsorted(tops, cuts, side="right") - 1]
    source = np.searchsorted(cuts, depth)
    first = np.full((len(depth), len(distance)), np.inf)
    for n, k in enumerate(source.tolist()):
        first[n] = _upward(outer[:k], inner[:k], own[:k], distance)
    for k in range(len(cuts)):
        _turning(outer, inner, own, k, source, distance, first)
    return _crept(first, distance)


def _upward(outer: FloatArray, inner: FloatArray, speed: FloatArray, distance: FloatArray) -> FloatArray:
    """Return times of rays that go straight up, infinite beyond the flattest."""
    if not len(outer):
        return np.full(len(distance), np.inf)
    flattest = float(np.min(inner / speed))
    p = flattest * (1.0 - np.linspace(1.0, 0.0, _RAYS) ** 3)
    angle, time = _crossed(outer, inner, speed, p)
    along = angle.sum(axis=0) * EARTH_RADIUS_M
    return np.asarray(np.interp(distance, along, time.sum(axis=0), right=np.inf), dtype=np.float64)


def _turning(
    outer: FloatArray,
    inner: FloatArray,
    speed: FloatArray,
    k: int,
    source: IntArray,
    distance: FloatArray,
    first: FloatArray,
) -> None:
    """Lower first arrivals to the rays that turn in shell k, for every source above it."""
    above = inner[:k] / speed[:k]
    grazing = min(outer[k] / speed[k], float(above.min()) if k else np.inf)
    deepest = max(inner[k] / speed[k], _STEEP * grazing)
    if grazing <= deepest:
        return
    p = grazing - (grazing - deepest) * np.linspace(0.0, 1.0, _RAYS) ** 2
    angle, time = _crossed(outer[:k], inner[:k], speed[:k], p)
    up_angle, up_time = (np.vstack([np.zeros(_RAYS), np.cumsum(a, axis=0)]) for a in (angle, time))
    sine = np.clip(p * speed[k] / outer[k], -1.0, 1.0)
    turn_angle, turn_time = 2.0 * np.arccos(sine), 2.0 * outer[k] / speed[k] * np.sqrt(1.0 - sine**2)
    for n, j in enumerate(source.tolist()):
        if j > k:
            break
        # From the source down to shell k, through it, and all the way up: what lies above the source once, else twice.
        along = (2.0 * up_angle[k] - up_angle[j] + turn_angle) * EARTH_RADIUS_M
        taken = 2.0 * up_time[k] - up_time[j] + turn_time
        _lower(first[n], distance, along, taken)


def _lower(first: FloatArray, distance: FloatArray, along: FloatArray, taken: FloatArray) -> None:
    """Lower times to those of a branch, each of its limbs by itself where it folds back."""
    forward = np.diff(along) > 0.0
    cuts = np.flatnonzero(forward[1:] != forward[:-1]) + 1
    for start, stop in zip((0, *cuts.tolist()), (*cuts.tolist(), len(along) - 1), strict=True):
        x, t = along[start : stop + 1], taken[start : stop + 1]
        if not forward[start]:
            x, t = x[::-1], t[::-1]
        inside = slice(int(np.searchsorted(distance, x[0])), int(np.searchsorted(distance, x[-1], side="right")))
        np.minimum(first[inside], np.interp(distance[inside], x, t), out=first[inside])


def _crossed(outer: FloatArray, inner: FloatArray, speed: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return angle and time, one way, of each shell for rays of parameter p, shapes (n_shells, n_rays)."""
    high, low, sine = outer[:, None], inner[:, None], p * speed[:, None]
    angle = np.arccos(np.minimum(sine / high, 1.0)) - np.arccos(np.minimum(sine / low, 1.0))
    length = np.sqrt(np.maximum(high**2 - sine**2, 0.0)) - np.sqrt(np.maximum(low**2 - sine**2, 0.0))
    return angle, length / speed[:, None]


def _crept(first: FloatArray, distance: FloatArray) -> FloatArray:
    """Fill distances that no ray reaches with the last wave's, going on at the slowness that it had there."""
    for row in first:
        missing = np.flatnonzero(~np.isfinite(row))
        for n in missing[missing >= 2].tolist():
            row[n] = row[n - 1] + (row[n - 1] - row[n - 2])
    return first
