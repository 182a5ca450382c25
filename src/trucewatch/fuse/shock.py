"""Where a rifle was fired and in which direction, from the delay of muzzle blast after shock wave at several sensors.

The delay needs no common clock. It depends on the sensor's place beside the line of fire and on the speed of the
bullet, which is not known: its speed and slowing are unknowns with priors. Arrival times of the
blasts, where clocks are good, come on top. It says where a shot came from; which way it went serves only to tell a
shot across a line from one along it.

References:
    Lindgren et al. 2010, EURASIP J. Adv. Signal Process., 690732 (shooter localisation from the delay; clock errors).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from trucewatch.fuse.apart import squared_sigmas
from trucewatch.fuse.locate import huber_cost

FloatArray = NDArray[np.float64]

SPEED_M_S, SPEED_SIGMA_M_S = 820.0, 100.0
SLOWING_PER_M, SLOWING_SIGMA_PER_M = 9.0e-4, 3.0e-4
"""muzzle speed of rifles, and the share of its speed that a bullet loses a metre: unknowns with wide priors"""
_MODEL_SIGMA_S = 1.0e-3
"""of heights, drop and ground (ours): a third of a metre of path"""
_NO_SHOCK_S = 0.25
"""residual where the model has no shock wave and one was heard: large, and no wall for the search"""
_SOFT_S = 0.02
_STARTS, _AIMS = 17, 24
_KEPT = 6
"""starts of the grid that are refined"""
_HUBER = 2.0
_SCALE: FloatArray = np.array([50.0, 50.0, 0.2, SPEED_SIGMA_M_S, SLOWING_SIGMA_PER_M])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ShockDelays:
    """What several sensors heard of one supersonic shot, arrays of shape (n,)."""

    xy_m: FloatArray
    """sensors, shape (n, 2), east-north"""
    delay_s: FloatArray
    """muzzle blast after shock wave"""
    delay_sigma_s: FloatArray
    blast_s: FloatArray | None = None
    """arrival of the blast by each sensor's own clock; None: clocks are not trusted"""
    blast_sigma_s: FloatArray | None = None
    """with the clock's error"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ShockFix:
    """One solution: where it was fired and which way."""

    xy_m: FloatArray
    """shape (2,)"""
    covariance_m2: FloatArray
    """shape (2, 2)"""
    aim_deg: float
    """clockwise from north"""
    aim_sigma_deg: float
    weight: float
    """posterior share of this solution among all that were found"""
    residual_s: FloatArray
    """of the delays, observed minus predicted, shape (n,)"""


def locate_shot(
    heard: ShockDelays, sound_speed_m_s: float, reach_m: float = 800.0, near_m: FloatArray | None = None
) -> tuple[ShockFix, ...]:
    """Return solutions for place and direction, the likeliest first; several where sensors leave a mirror image.

    Args:
        heard: at least three sensors that heard both waves.
        sound_speed_m_s: of the air.
        reach_m: how far from the middle of the sensors a shooter is looked for.
        near_m: a place that is tried too, shape (2,), as that of the blasts' arrival times.

    Raises:
        ValueError: fewer than three sensors.
    """
    if len(heard.delay_s) < 3:
        raise ValueError(f"three delays are needed for place and direction, got {len(heard.delay_s)}")
    return _merged(_solutions(heard, sound_speed_m_s, reach_m, near_m), heard, sound_speed_m_s)


def delays_s(xy_m: FloatArray, state: FloatArray, sound_speed_m_s: float) -> FloatArray:
    """Return the delay of blast after shock wave, shape (..., n); NaN where no shock wave passes.

    The wave reaches a sensor first from where the bullet's speed towards it is that of sound: there the bullet, at Mach
    M, sees the sensor under an angle whose cosine is 1/M. That point is found by Newton's method, from the cone of a
    bullet that does not slow.

    Args:
        xy_m: sensors, shape (n, 2).
        state: east, north, direction in radians, muzzle speed, slowing a metre; shape (..., 5).
        sound_speed_m_s: of the air.
    """
    along, beside = _track(xy_m, state)
    muzzle, slowing = state[..., 3, None], state[..., 4, None]
    path = np.clip(along - beside / np.sqrt(np.maximum((muzzle / sound_speed_m_s) ** 2 - 1.0, 0.01)), 0.0, None)
    for _ in range(8):
        speed = muzzle * np.exp(-slowing * path)
        ahead = along - path
        reach = np.hypot(ahead, beside)
        slope = 1.0 / speed - ahead / (reach * sound_speed_m_s)
        bend = slowing / speed + beside**2 / (reach**3 * sound_speed_m_s)
        path = np.clip(path - slope / bend, 0.0, 2_000.0)
    flight = np.expm1(slowing * path) / (slowing * muzzle)
    shock = flight + np.hypot(along - path, beside) / sound_speed_m_s
    supersonic = muzzle * np.exp(-slowing * path) > sound_speed_m_s
    inside = (path > 0.0) & supersonic & (along > 0.0)
    return np.asarray(np.where(inside, np.hypot(along, beside) / sound_speed_m_s - shock, np.nan), dtype=np.float64)


def _track(xy_m: FloatArray, state: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how far along and beside the line of fire sensors stand, shape (..., n)."""
    east, north = xy_m[:, 0] - state[..., 0, None], xy_m[:, 1] - state[..., 1, None]
    sin, cos = np.sin(state[..., 2, None]), np.cos(state[..., 2, None])
    return east * sin + north * cos, np.maximum(np.abs(east * cos - north * sin), 0.5)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Solution:
    state: FloatArray
    """east, north, direction in radians, muzzle speed, slowing"""
    covariance: FloatArray
    """shape (5, 5)"""
    cost: float


def _residual(state: FloatArray, heard: ShockDelays, sound_speed_m_s: float) -> FloatArray:
    """Return residuals in sigmas, shape (..., m): delays, priors of the bullet, blasts' times about their own mean."""
    expected = delays_s(heard.xy_m, state, sound_speed_m_s)
    off = np.where(np.isnan(expected), _NO_SHOCK_S, heard.delay_s - np.nan_to_num(expected))
    bullet = (state[..., 3:] - np.array([SPEED_M_S, SLOWING_PER_M])) / np.array([SPEED_SIGMA_M_S, SLOWING_SIGMA_PER_M])
    parts = [off / np.hypot(heard.delay_sigma_s, _MODEL_SIGMA_S), bullet]
    if heard.blast_s is not None and heard.blast_sigma_s is not None:
        away = np.hypot(heard.xy_m[:, 0] - state[..., 0, None], heard.xy_m[:, 1] - state[..., 1, None])
        origin, weight = heard.blast_s - away / sound_speed_m_s, 1.0 / heard.blast_sigma_s**2
        parts.append((origin - (origin @ weight / weight.sum())[..., None]) / heard.blast_sigma_s)
    return np.concatenate(parts, axis=-1)


def _solutions(
    heard: ShockDelays, sound_speed_m_s: float, reach_m: float, near_m: FloatArray | None
) -> list[_Solution]:
    """Refine the best points of a grid of places and directions."""
    middle = heard.xy_m.mean(axis=0)
    steps = np.linspace(-reach_m, reach_m, _STARTS)
    aims = np.linspace(0.0, 2 * math.pi, _AIMS, endpoint=False)
    east, north, aim = (a.ravel() for a in np.meshgrid(middle[0] + steps, middle[1] + steps, aims))
    starts = np.stack((east, north, aim, np.full_like(aim, SPEED_M_S), np.full_like(aim, SLOWING_PER_M)), axis=-1)
    # Between the points of a grid a delay moves by hundredths: looked at sharply, every one of them is wrong.
    soft = replace(heard, delay_sigma_s=np.hypot(heard.delay_sigma_s, _SOFT_S))
    costs = np.sum(huber_cost(_residual(starts, soft, sound_speed_m_s), _HUBER), axis=-1)
    chosen = [starts[n] for n in _apart(starts, costs, 2 * reach_m / _STARTS)]
    if near_m is not None:
        there = starts[:_AIMS].copy()
        there[:, :2], there[:, 2] = near_m, aims
        chosen.append(
            there[int(np.argmin(np.sum(huber_cost(_residual(there, soft, sound_speed_m_s), _HUBER), axis=-1)))]
        )
    softly = [_refined(start, soft, sound_speed_m_s).state for start in chosen]
    return [_refined(start, heard, sound_speed_m_s) for start in softly]


def _refined(start: FloatArray, heard: ShockDelays, sound_speed_m_s: float) -> _Solution:
    best = least_squares(
        _residual,
        start,
        args=(heard, sound_speed_m_s),
        loss="huber",
        f_scale=_HUBER,
        x_scale=_SCALE,
        max_nfev=80,
        bounds=([-np.inf, -np.inf, -np.inf, 400.0, 1e-4], [np.inf, np.inf, np.inf, 1500.0, 3e-3]),
    )
    jacobian: FloatArray = np.asarray(best.jac, dtype=np.float64)
    normal = jacobian.T @ jacobian + np.diag(1e-6 / _SCALE**2)
    covariance: FloatArray = np.asarray(np.linalg.inv(normal), dtype=np.float64)
    return _Solution(state=best.x, covariance=covariance, cost=float(np.sum(huber_cost(best.fun, _HUBER))))


def _apart(starts: FloatArray, costs: FloatArray, step_m: float) -> list[int]:
    """Return the best starts that are no neighbours of better ones."""
    kept = list[int]()
    for n in np.argsort(costs, kind="stable"):
        if all(np.hypot(*(starts[n] - starts[k])[:2]) > 1.5 * step_m for k in kept):
            kept.append(int(n))
        if len(kept) >= _KEPT:
            break
    return kept


def _merged(found: list[_Solution], heard: ShockDelays, sound_speed_m_s: float) -> tuple[ShockFix, ...]:
    """Weigh solutions by cost and volume (Laplace); those near each other are one."""
    logs = np.array([-s.cost + 0.5 * np.linalg.slogdet(s.covariance)[1] for s in found])
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    left, out = sorted(range(len(found)), key=lambda n: -float(weights[n])), list[ShockFix]()
    while left:
        top = found[left[0]]
        near = [n for n in left if _same(top, found[n])]
        left = [n for n in left if n not in near]
        # The same minimum reached from two starts is one solution, not twice the evidence.
        share = float(weights[near[0]])
        if share > 0.01:
            out.append(_fix(top, share, heard, sound_speed_m_s))
    return tuple(sorted(out, key=lambda f: -f.weight))


def _same(one: _Solution, other: _Solution) -> bool:
    turn = (one.state[2] - other.state[2] + math.pi) % (2 * math.pi) - math.pi
    off = np.array([*(one.state[:2] - other.state[:2]), turn])
    return squared_sigmas(off, (one.covariance + other.covariance)[:3, :3]) < 9.0


def _fix(one: _Solution, weight: float, heard: ShockDelays, sound_speed_m_s: float) -> ShockFix:
    return ShockFix(
        xy_m=one.state[:2],
        covariance_m2=one.covariance[:2, :2],
        aim_deg=float(np.degrees(one.state[2]) % 360.0),
        aim_sigma_deg=float(np.degrees(np.sqrt(one.covariance[2, 2]))),
        weight=weight,
        residual_s=heard.delay_s - delays_s(heard.xy_m, one.state, sound_speed_m_s),
    )
