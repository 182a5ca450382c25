"""Position and origin time of an impulse from its arrival times, with an error that includes what is shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.air import Air
from trucewatch.fuse.region import region
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.ellipse import error_ellipse

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_GRID = 25
_GRID_MARGIN = 0.75
"""the search grid reaches this share of the network's size beyond it"""
_ROUNDS = 20
_XYT = np.arange(3)
_FARTHEST_M = 100_000.0
"""sigma of a place about which arrivals say nothing at all, as of sensors on one spot: far beyond hearing"""
_POINT_M = 100.0
"""semi-major axis of a 90 per cent region beyond which it is no point, where the slopes at one spot say little"""
_STILL_M = 1e-2
"""a step shorter than this changes nothing that the error does not cover many times"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Arrivals:
    """Arrival times of one impulse in a plane frame."""

    xy_m: FloatArray
    """sensors, shape (n, 2), east-north"""
    time_s: FloatArray
    """shape (n,), seconds after any epoch"""
    sigma_s: FloatArray
    """shape (n,), pick and clock together"""
    sensor_sigma_m: FloatArray
    """shape (n,), error of the sensor's own position, one axis"""

    def __len__(self) -> int:
        return len(self.time_s)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fix:
    """A located impulse."""

    xy_m: FloatArray
    """shape (2,), in the frame of the arrivals"""
    time_s: float
    """origin time, same epoch as the arrivals"""
    scatter_m2: FloatArray
    """shape (3, 3), covariance of x, y (m) and t (s) from shot to shot and from shared air"""
    air_m2: FloatArray
    """shape (3, 3): of it what comes of the error of the air; the rest comes of paths and picks"""
    covariance_m2: FloatArray
    """shape (2, 2): of the scatter of the position that from paths as the residuals scale it, that from the air, and
    what all shots share"""
    time_sigma_s: float
    residual_s: FloatArray
    """shape (n,), observed minus predicted"""
    sigma_s: FloatArray
    """shape (n,), what the residual should scatter by"""
    weight: FloatArray
    """shape (n,), 1 for a full part in the fix, towards 0 for an outlier"""
    state: FloatArray
    """shape (6,): x, y, t, excess of sound speed, wind east, wind north"""
    state_covariance: FloatArray
    """shape (6, 6), without the systematic term"""

    @property
    def is_point(self) -> bool:
        """Say whether the slopes at the fix hold all over its region, so that an ellipse describes it."""
        return is_point(self.covariance_m2)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Heard:
    """Arrivals of several impulses, arrays of shape (n_impulses, n)."""

    east_m: FloatArray
    north_m: FloatArray
    time_s: FloatArray
    sigma_s: FloatArray
    """of each residual"""
    precision: FloatArray
    """one over its square, 0 where an impulse has fewer arrivals"""
    there: BoolArray
    speed_m_s: FloatArray
    """shape (n_impulses, 1)"""
    wind_m_s: FloatArray
    """shape (n_impulses, 2), towards east and north"""


def locate(arrivals: Arrivals, air: Air, settings: FuseSettings, start_m: FloatArray | None = None) -> Fix:
    """Locate an impulse by robust least squares.

    Unknowns: x, y, origin time, and as nuisances with priors the sound speed and both wind components, which all
    arrivals share. Arrivals are weighed by Huber's function, so that one echo bends little.

    Args:
        arrivals: n >= 3 arrivals.
        air: mean and error of sound speed and wind.
        settings: priors.
        start_m: where to start, shape (2,); None: the best point of a grid.

    Raises:
        ValueError: fewer than three arrivals.

    References:
        Huber 1964, Ann. Math. Stat. 35, 73 (weights); TN098 equation 9 (wind shifts the sensors).
    """
    if len(arrivals) < 3:
        raise ValueError(f"three arrivals are needed for a place, got {len(arrivals)}")
    sigma = arrival_sigma_s(arrivals, air, settings)
    start = grid_start(arrivals, air, sigma) if start_m is None else start_m
    return locate_several([arrivals], [air], settings, np.reshape(start, (1, 2)))[0]


def locate_several(
    arrivals: Sequence[Arrivals], airs: Sequence[Air], settings: FuseSettings, start_m: FloatArray
) -> list[Fix]:
    """Locate several impulses in the same steps, each by itself: what `locate` says of one holds of each.

    Args:
        arrivals: of each impulse, n >= 3.
        airs: of each impulse.
        settings: priors.
        start_m: where each starts, shape (n_impulses, 2).
    """
    heard = _stacked(arrivals, airs, settings)
    state = np.stack((*start_m.T, np.zeros(len(airs)), np.zeros(len(airs)), *heard.wind_m_s.T), axis=1)
    prior, precision = state.copy(), np.stack([_prior_precision(air) for air in airs])
    late, _ = _linearised(state, heard)
    state[:, 2] = [np.median(row[there]) for row, there in zip(late, heard.there, strict=True)]
    # A step longer than the network is a step off the linearised problem.
    reach = np.maximum(np.ptp(heard.east_m, axis=1), np.ptp(heard.north_m, axis=1)) + 50.0
    moving: BoolArray = np.ones(len(airs), dtype=np.bool_)
    for _ in range(_ROUNDS):
        residual, jacobian = _linearised(state, heard)
        weight = _huber(residual / heard.sigma_s, settings.huber) * heard.precision
        normal, pull = _normal_equations(jacobian, residual, weight, state - prior, precision)
        step = np.linalg.solve(normal, pull[..., None])[..., 0]
        length = np.hypot(step[:, 0], step[:, 1])
        state += step * (moving * np.minimum(1.0, reach / np.maximum(length, 1e-9)))[:, None]
        moving &= np.abs(step[:, 0]) + np.abs(step[:, 1]) >= _STILL_M
        if not moving.any():
            break
    return _fixes(state, heard, settings, precision)


def _stacked(arrivals: Sequence[Arrivals], airs: Sequence[Air], settings: FuseSettings) -> _Heard:
    """Return arrivals of several impulses side by side, the shorter ones filled up with their first arrival."""
    n, most = np.array([len(a) for a in arrivals]), max(len(a) for a in arrivals)
    rows = [np.concatenate((np.arange(k), np.zeros(most - k, dtype=np.int64))) for k in n]
    sigmas = [arrival_sigma_s(a, air, settings) for a, air in zip(arrivals, airs, strict=True)]
    there = np.arange(most) < n[:, None]
    sigma_s = np.stack([s[row] for s, row in zip(sigmas, rows, strict=True)])
    xy_m = np.stack([a.xy_m[row] for a, row in zip(arrivals, rows, strict=True)])
    return _Heard(
        east_m=np.ascontiguousarray(xy_m[..., 0]),
        north_m=np.ascontiguousarray(xy_m[..., 1]),
        time_s=np.stack([a.time_s[row] for a, row in zip(arrivals, rows, strict=True)]),
        sigma_s=sigma_s,
        precision=there / sigma_s**2,
        there=there,
        speed_m_s=np.array([[air.speed_m_s] for air in airs]),
        wind_m_s=np.array([[air.wind_east_m_s, air.wind_north_m_s] for air in airs]),
    )


def is_point(covariance_m2: FloatArray) -> bool:
    """Say whether a 90 per cent region of a covariance, (2, 2), is small against what sensors stand apart."""
    return float(error_ellipse(covariance_m2, 0.90).semi_major_m) <= _POINT_M


def predict(fix: Fix, arrivals: Arrivals, air: Air, settings: FuseSettings) -> tuple[FloatArray, FloatArray]:
    """Return how far further arrivals are from what a fix predicts, and by how much they may be, each shape (n,).

    The spread holds the fix's own error, with the air as the fix found it, and that of each arrival.
    """
    (residual,), (jacobian,) = _linearised(fix.state[None], _stacked([arrivals], [air], settings))
    of_fix = np.einsum("ni,ij,nj->n", jacobian, fix.state_covariance, jacobian)
    return residual, np.sqrt(np.maximum(of_fix, 0.0) + arrival_sigma_s(arrivals, air, settings) ** 2)


def arrival_sigma_s(arrivals: Arrivals, air: Air, settings: FuseSettings) -> FloatArray:
    """Return what each arrival may be off by on its own, seconds: pick, clock, own position, path excess."""
    metres = np.hypot(arrivals.sensor_sigma_m, settings.path_excess_sigma_m)
    return np.hypot(arrivals.sigma_s, metres / air.speed_m_s)


def grid_start(arrivals: Arrivals, air: Air, sigma_s: FloatArray) -> FloatArray:
    """Return the point, shape (2,), of a twice refined grid with the least sum of absolute residuals."""
    low, high = arrivals.xy_m.min(axis=0), arrivals.xy_m.max(axis=0)
    centre, half = (low + high) / 2, max(float((high - low).max()), 50.0) * (0.5 + _GRID_MARGIN)
    for _ in range(3):
        step = np.linspace(-half, half, _GRID)
        points = centre + np.stack(np.meshgrid(step, step), axis=-1).reshape(-1, 2)
        travel = np.hypot(*(points[:, None, :] - arrivals.xy_m[None]).transpose(2, 0, 1)) / air.speed_m_s
        origin = arrivals.time_s - travel
        cost = np.sum(np.abs(origin - np.median(origin, axis=1, keepdims=True)) / sigma_s, axis=1)
        centre, half = points[int(np.argmin(cost))], 2 * (step[1] - step[0])
    return np.asarray(centre, dtype=np.float64)


def _linearised(state: FloatArray, heard: _Heard) -> tuple[FloatArray, FloatArray]:
    """Return residuals (n_impulses, n) and the derivative (n_impulses, n, 6) of the predictions by the states."""
    x, y, at, excess, wind_east, wind_north = state.T[..., None]
    east, north = heard.east_m - x, heard.north_m - y
    distance = np.maximum(np.hypot(east, north), 1e-3)
    east /= distance
    north /= distance
    speed = heard.speed_m_s + excess + east * wind_east + north * wind_north
    travel = distance / speed
    by_speed = -travel / speed
    # The turn of the wind component with the bearing is second order and left out of the derivative.
    jacobian = np.empty((*east.shape, 6))
    jacobian[..., 0] = -east / speed
    jacobian[..., 1] = -north / speed
    jacobian[..., 2] = 1.0
    jacobian[..., 3] = by_speed
    jacobian[..., 4] = east * by_speed
    jacobian[..., 5] = north * by_speed
    return heard.time_s - at - travel, jacobian


def _huber(z: FloatArray, k: float) -> FloatArray:
    return np.asarray(k / np.maximum(np.abs(z), k), dtype=np.float64)


def huber_cost(z: FloatArray, k: float) -> FloatArray:
    """Return what residuals in sigmas cost, half their squares up to k and straight lines beyond."""
    size = np.abs(z)
    return np.asarray(np.where(size <= k, size**2 / 2, k * size - k**2 / 2), dtype=np.float64)


def _prior_precision(air: Air) -> FloatArray:
    sigma = np.array([air.speed_sigma_m_s, air.wind_sigma_m_s, air.wind_sigma_m_s])
    return np.diag(np.concatenate((np.zeros(3), 1.0 / np.maximum(sigma, 1e-6) ** 2)))


def _normal_equations(
    jacobian: FloatArray, residual: FloatArray, weight: FloatArray, from_prior: FloatArray, precision: FloatArray
) -> tuple[FloatArray, FloatArray]:
    weighted = jacobian.swapaxes(-1, -2) * weight[:, None, :]
    # A billionth more on the diagonal keeps the step finite where all sensors lie on one line of sight.
    normal = weighted @ jacobian + precision
    normal[:, _XYT, _XYT] *= 1.0 + 1e-9
    normal[:, _XYT[:2], _XYT[:2]] += 1.0 / _FARTHEST_M**2
    return normal, (weighted @ residual[..., None] - precision @ from_prior[..., None])[..., 0]


def _fixes(state: FloatArray, heard: _Heard, settings: FuseSettings, precision: FloatArray) -> list[Fix]:
    residual, jacobian = _linearised(state, heard)
    weight = _huber(residual / heard.sigma_s, settings.huber)
    normal, _ = _normal_equations(jacobian, residual, weight * heard.precision, np.zeros_like(state), precision)
    whole: FloatArray = np.asarray(np.linalg.inv(normal), dtype=np.float64)
    of_air = whole @ precision @ whole
    return [
        _fix(
            state[k],
            whole[k],
            of_air[k, :3, :3],
            float(heard.speed_m_s[k, 0]),
            settings,
            residual[k, :n],
            heard.sigma_s[k, :n],
            weight[k, :n],
        )
        for k, n in enumerate(np.count_nonzero(heard.there, axis=1))
    ]


def _fix(
    state: FloatArray,
    whole: FloatArray,
    air: FloatArray,
    speed_m_s: float,
    settings: FuseSettings,
    residual: FloatArray,
    sigma: FloatArray,
    weight: FloatArray,
) -> Fix:
    scatter = whole[:3, :3]
    path = scatter - air
    found = region(path[:2, :2], air[:2, :2], residual / sigma, weight, settings)
    shared_s2 = found.shared_m2 / speed_m_s**2
    return Fix(
        xy_m=state[:2],
        time_s=float(state[2]),
        scatter_m2=scatter,
        air_m2=air,
        covariance_m2=found.covariance_m2,
        time_sigma_s=float(np.sqrt(found.scale * path[2, 2] + air[2, 2] + shared_s2)),
        residual_s=residual,
        sigma_s=sigma,
        weight=weight,
        state=state,
        state_covariance=whole,
    )
