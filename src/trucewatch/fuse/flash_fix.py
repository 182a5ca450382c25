"""Place and moment of a flash from directions, and from sounds that came after it: light travels at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_STEPS = 12
_CLOSE_M = 0.01
_LEAST_M = 1.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Looks:
    """What C cameras saw, in one plane."""

    xy_m: FloatArray
    """shape (C, 2), where they stand"""
    bearing_deg: FloatArray
    bearing_sigma_deg: FloatArray
    time_s: FloatArray
    time_sigma_s: FloatArray

    def join(self, other: Looks) -> Looks:
        """Return both together."""
        return Looks(**{n: np.concatenate((getattr(self, n), getattr(other, n))) for n in self.__slots__})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sounds:
    """What M microphones heard, in the same plane."""

    xy_m: FloatArray
    """shape (M, 2)"""
    time_s: FloatArray
    sigma_s: FloatArray
    """pick, clock and place of the sensor"""
    speed_m_s: float
    wind_m_s: FloatArray
    """shape (2,), east and north"""
    speed_share: float
    """error of the speed of sound along the way, as a part of it"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FlashFix:
    """Where and when."""

    xy_m: FloatArray
    time_s: float
    covariance: FloatArray
    """shape (3, 3): east, north (m), moment (s)"""
    late: FloatArray
    """shape (2 C + M,), residuals in sigmas: moments, directions, sounds"""
    sigma: FloatArray
    """their sigmas: seconds, degrees, seconds"""


def fix_flash(looks: Looks, sounds: Sounds, start_m: FloatArray) -> FlashFix | None:
    """Fit place and moment by Gauss and Newton.

    Args:
        looks: one camera and more.
        sounds: none and more; with one camera, one and more.
        start_m: where to begin, shape (2,).

    Returns:
        The fit; None where the measurements do not hold a place together (parallel directions, a sound straight from
        the camera's own direction).
    """
    state = np.array([*start_m, float(looks.time_s.mean())])
    for _ in range(_STEPS):
        late, jacobian, _ = _linear(looks, sounds, state)
        normal = jacobian.T @ jacobian
        if np.linalg.cond(normal) > 1e14:
            return None
        step = np.linalg.solve(normal, jacobian.T @ late)
        state = state + step
        if float(np.hypot(*step[:2])) < _CLOSE_M:
            break
    late, jacobian, sigma = _linear(looks, sounds, state)
    normal = jacobian.T @ jacobian
    if not np.isfinite(state).all() or np.linalg.cond(normal) > 1e14:
        return None
    return FlashFix(
        xy_m=state[:2],
        time_s=float(state[2]),
        covariance=np.asarray(np.linalg.inv(normal), dtype=np.float64),
        late=late,
        sigma=sigma,
    )


def _linear(looks: Looks, sounds: Sounds, state: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return residuals in sigmas, their derivatives, and the sigmas."""
    way = state[:2] - looks.xy_m
    square = np.maximum(_LEAST_M, (way**2).sum(axis=1))
    off = (looks.bearing_deg - np.degrees(np.arctan2(way[:, 0], way[:, 1])) + 180.0) % 360.0 - 180.0
    by_place = np.degrees(np.stack((way[:, 1], -way[:, 0]), axis=-1) / square[:, None])
    toward = sounds.xy_m - state[:2]
    away = np.maximum(_LEAST_M, np.hypot(toward[:, 0], toward[:, 1]))
    speed = sounds.speed_m_s + toward @ sounds.wind_m_s / away
    spread = np.hypot(sounds.sigma_s, sounds.speed_share * away / speed)
    sigma = np.concatenate((looks.time_sigma_s, looks.bearing_sigma_deg, spread))
    n = len(looks.time_s)
    jacobian = np.zeros((len(sigma), 3))
    jacobian[:n, 2], jacobian[n : 2 * n, :2] = 1.0, by_place
    jacobian[2 * n :, :2], jacobian[2 * n :, 2] = -toward / (away * speed)[:, None], 1.0
    late = np.concatenate((looks.time_s - state[2], off, sounds.time_s - state[2] - away / speed))
    return late / sigma, jacobian / sigma[:, None], sigma


def crossing(looks: Looks) -> FloatArray | None:
    """Return where the directions of two cameras cross in front of both, shape (2,); None where they do not."""
    angle = np.radians(looks.bearing_deg)
    u = np.stack((np.sin(angle), np.cos(angle)), axis=-1)
    lines = np.stack((u[0], -u[1]), axis=-1)
    if abs(float(np.linalg.det(lines))) < np.sin(np.radians(2.0)):
        return None
    ranges = np.linalg.solve(lines, looks.xy_m[1] - looks.xy_m[0])
    return None if (ranges <= 0.0).any() else looks.xy_m[0] + ranges[0] * u[0]


def along(looks: Looks, mic_m: FloatArray, away_m: float) -> list[FloatArray]:
    """Return the places in a camera's direction that lie so far from a microphone: none, one or two, nearest first."""
    angle = np.radians(float(looks.bearing_deg[0]))
    u, back = np.array([np.sin(angle), np.cos(angle)]), mic_m - looks.xy_m[0]
    middle, square = float(u @ back), away_m**2 - float(back @ back) + float(u @ back) ** 2
    # A direction that just misses the circle touches it within its error.
    half = float(np.sqrt(max(0.0, square))) if square > -((0.05 * away_m) ** 2) else None
    if half is None:
        return []
    found = sorted({middle - half, middle + half})
    return [looks.xy_m[0] + r * u for r in found if r > _LEAST_M]
