"""Places of thousands of candidates at once: Gauss-Newton in batches, with the air that arrivals of each share.

The unknowns of each candidate are east, north, time, and with priors the excess of sound speed and both components of
the wind. The wind is one for all sensors of a candidate: it does not average out, and the covariance says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_XYT = np.arange(3)
_FARTHEST_M = 100_000.0
_LONGEST_M = 3_000.0
"""a longer step leaves what the linearised problem is good for"""
_STILL_M = 0.5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Airs:
    """The air of each of n candidates: means and errors."""

    speed_m_s: FloatArray
    """shape (n,)"""
    wind_m_s: FloatArray
    """shape (n, 2), towards east and north"""
    sigma_m_s: FloatArray
    """shape (n, 3), of speed and of each component of the wind"""

    def of(self, which: IntArray) -> Airs:
        """Return those of some candidates."""
        return Airs(speed_m_s=self.speed_m_s[which], wind_m_s=self.wind_m_s[which], sigma_m_s=self.sigma_m_s[which])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fixes:
    """Places of n candidates."""

    state: FloatArray
    """shape (n, 6): x, y, t, excess of speed, wind east, wind north"""
    covariance: FloatArray
    """shape (n, 6, 6)"""


def fix_batch(
    xy_m: FloatArray,
    time_s: FloatArray,
    sigma_s: FloatArray,
    airs: Airs,
    state: FloatArray,
    huber: float,
    rounds: int,
) -> Fixes:
    """Locate n candidates of w arrivals each.

    Args:
        xy_m: sensors, shape (n, w, 2).
        time_s: arrivals, shape (n, w).
        sigma_s: their errors, shape (n, w); inf where a candidate has fewer.
        airs: of each candidate.
        state: where each starts, shape (n, 6).
        huber: residual in sigmas beyond which an arrival pulls with constant force.
        rounds: of Gauss-Newton at most.

    References:
        Huber 1964, Ann. Math. Stat. 35, 73; TN098 equation 9 (wind shifts the sensors).
    """
    state, inverse = state.copy(), 1.0 / sigma_s
    precision = np.zeros((len(state), 6, 6))
    precision[:, 3 + _XYT, 3 + _XYT] = 1.0 / np.maximum(airs.sigma_m_s, 1e-3) ** 2
    mean = np.column_stack((np.zeros((len(state), 4)), airs.wind_m_s))
    moving = np.ones(len(state), dtype=np.bool_)
    for _ in range(rounds):
        at = np.flatnonzero(moving)
        if not len(at):
            break
        normal, pull = _normal_equations(
            state[at], xy_m[at], time_s[at], inverse[at], airs.of(at), precision[at], mean[at], huber
        )
        step = np.linalg.solve(normal, pull[..., None])[..., 0]
        length = np.hypot(step[:, 0], step[:, 1])
        state[at] += step * np.minimum(1.0, _LONGEST_M / np.maximum(length, 1e-9))[:, None]
        moving[at] = length >= _STILL_M
    normal, _ = _normal_equations(state, xy_m, time_s, inverse, airs, precision, mean, huber)
    return Fixes(state=state, covariance=np.asarray(np.linalg.inv(normal), dtype=np.float64))


def _normal_equations(
    state: FloatArray,
    xy_m: FloatArray,
    time_s: FloatArray,
    inverse: FloatArray,
    airs: Airs,
    precision: FloatArray,
    mean: FloatArray,
    huber: float,
) -> tuple[FloatArray, FloatArray]:
    late, slope = travelled(state, xy_m, airs, time_s)
    z = np.abs(late * inverse)
    weight = inverse**2 * (huber / np.maximum(z, huber))
    weighted = slope.swapaxes(-1, -2) * weight[:, None, :]
    normal = weighted @ slope + precision
    normal[:, _XYT, _XYT] *= 1.0 + 1e-9
    normal[:, _XYT[:2], _XYT[:2]] += 1.0 / _FARTHEST_M**2
    pull = (weighted @ late[..., None])[..., 0] - np.einsum("nij,nj->ni", precision, state - mean)
    return normal, pull


def lateness(state: FloatArray, xy_m: FloatArray, airs: Airs, time_s: FloatArray) -> FloatArray:
    """Return how late arrivals, shape (n, w), are."""
    *_, travel = _paths(state, xy_m, airs)
    return time_s - state[:, None, 2] - travel


def travelled(state: FloatArray, xy_m: FloatArray, airs: Airs, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how late arrivals (n, w) are, and the derivative (n, w, 6) of what is predicted by the states."""
    east, north, slow, travel = _paths(state, xy_m, airs)
    by_speed = -travel * slow
    slope = np.empty((*east.shape, 6))
    # The turn of the wind component with the bearing is second order and left out of the derivative.
    slope[..., 0] = -east * slow
    slope[..., 1] = -north * slow
    slope[..., 2] = 1.0
    slope[..., 3] = by_speed
    slope[..., 4] = east * by_speed
    slope[..., 5] = north * by_speed
    return time_s - state[:, None, 2] - travel, slope


def _paths(state: FloatArray, xy_m: FloatArray, airs: Airs) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return direction east and north to sensors, seconds a metre and seconds from each state, shape (n, w)."""
    east, north = xy_m[..., 0] - state[:, None, 0], xy_m[..., 1] - state[:, None, 1]
    distance = np.maximum(np.sqrt(east**2 + north**2), 1e-3)
    east /= distance
    north /= distance
    speed = airs.speed_m_s[:, None] + state[:, None, 3] + east * state[:, None, 4] + north * state[:, None, 5]
    slow = 1.0 / np.maximum(speed, 100.0)
    return east, north, slow, distance * slow
