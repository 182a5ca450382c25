"""Position and origin time of an impulse from its arrival times, with an error that includes what is shared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.air import Air
from trucewatch.fuse.settings import FuseSettings

FloatArray = NDArray[np.float64]

_GRID = 25
_GRID_MARGIN = 0.75
"""the search grid reaches this share of the network's size beyond it"""
_ROUNDS = 20
_XYT = np.arange(3)
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
    covariance_m2: FloatArray
    """shape (2, 2): scatter of the position plus the systematic term"""
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
    xy = grid_start(arrivals, air, sigma) if start_m is None else start_m
    state = np.array([xy[0], xy[1], 0.0, 0.0, air.wind_east_m_s, air.wind_north_m_s])
    prior, precision = state.copy(), _prior_precision(air)
    state[2] = np.median(arrivals.time_s - travel_time_s(state, arrivals.xy_m, air))
    # A step longer than the network is a step off the linearised problem.
    reach = float(np.ptp(arrivals.xy_m, axis=0).max()) + 50.0
    for _ in range(_ROUNDS):
        residual, jacobian = _linearised(state, arrivals, air)
        weight = _huber(residual / sigma, settings.huber)
        normal, pull = _normal_equations(jacobian, residual, weight / sigma**2, state - prior, precision)
        step = np.linalg.solve(normal, pull)
        state = state + step * min(1.0, reach / max(float(np.hypot(step[0], step[1])), 1e-9))
        if abs(step[0]) + abs(step[1]) < _STILL_M:
            break
    return _fix(state, arrivals, air, settings, sigma, precision)


def travel_time_s(state: FloatArray, sensors_m: FloatArray, air: Air) -> FloatArray:
    """Return the time from (x, y) of a state (x, y, t, speed excess, wind east, wind north) to sensors, shape (n,)."""
    offset = sensors_m - state[:2]
    distance = np.maximum(np.hypot(offset[:, 0], offset[:, 1]), 1e-6)
    along = offset @ state[4:6] / distance
    return np.asarray(distance / (air.speed_m_s + state[3] + along), dtype=np.float64)


def predict(fix: Fix, arrivals: Arrivals, air: Air, settings: FuseSettings) -> tuple[FloatArray, FloatArray]:
    """Return how far further arrivals are from what a fix predicts, and by how much they may be, each shape (n,).

    The spread holds the fix's own error, with the air as the fix found it, and that of each arrival.
    """
    residual, jacobian = _linearised(fix.state, arrivals, air)
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


def _linearised(state: FloatArray, arrivals: Arrivals, air: Air) -> tuple[FloatArray, FloatArray]:
    """Return residuals (n,) and the derivative (n, 6) of the prediction by the state."""
    offset = arrivals.xy_m - state[:2]
    distance = np.maximum(np.hypot(offset[:, 0], offset[:, 1]), 1e-3)
    unit = offset / distance[:, None]
    speed = air.speed_m_s + state[3] + unit @ state[4:6]
    by_speed = -distance / speed**2
    # The turn of the wind component with the bearing is second order and left out of the derivative.
    columns = (-unit[:, 0] / speed, -unit[:, 1] / speed, np.ones_like(speed), by_speed, *(unit.T * by_speed))
    return arrivals.time_s - state[2] - distance / speed, np.stack(columns, axis=1)


def _huber(z: FloatArray, k: float) -> FloatArray:
    return np.asarray(k / np.maximum(np.abs(z), k), dtype=np.float64)


def _prior_precision(air: Air) -> FloatArray:
    sigma = np.array([air.speed_sigma_m_s, air.wind_sigma_m_s, air.wind_sigma_m_s])
    return np.diag(np.concatenate((np.zeros(3), 1.0 / np.maximum(sigma, 1e-6) ** 2)))


def _normal_equations(
    jacobian: FloatArray, residual: FloatArray, weight: FloatArray, from_prior: FloatArray, precision: FloatArray
) -> tuple[FloatArray, FloatArray]:
    weighted = jacobian.T * weight
    # A billionth more on the diagonal keeps the step finite where all sensors lie on one line of sight.
    normal = weighted @ jacobian + precision
    normal[_XYT, _XYT] *= 1.0 + 1e-9
    return normal, weighted @ residual - precision @ from_prior


def _fix(
    state: FloatArray,
    arrivals: Arrivals,
    air: Air,
    settings: FuseSettings,
    sigma: FloatArray,
    precision: FloatArray,
) -> Fix:
    residual, jacobian = _linearised(state, arrivals, air)
    weight = _huber(residual / sigma, settings.huber)
    normal, _ = _normal_equations(jacobian, residual, weight / sigma**2, np.zeros(6), precision)
    whole: FloatArray = np.asarray(np.linalg.inv(normal), dtype=np.float64)
    scatter = whole[:3, :3]
    systematic = settings.systematic_sigma_m**2
    time_variance = scatter[2, 2] + systematic / air.speed_m_s**2
    return Fix(
        xy_m=state[:2],
        time_s=float(state[2]),
        scatter_m2=scatter,
        covariance_m2=scatter[:2, :2] + systematic * np.eye(2),
        time_sigma_s=float(np.sqrt(time_variance)),
        residual_s=residual,
        sigma_s=sigma,
        weight=weight,
        state=state,
        state_covariance=whole,
    )
