"""Rays through a ball of shells, each of one speed: travel times from surface to surface, in closed form.

In a shell of one speed a ray is a straight line, so that a flat-Earth transform is not needed: chords carry the Earth's
curvature exactly. A ray that grazes an interface from above and dives below it is the head wave of the flat case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Turning = Literal["direct", "refracted", "reflected"]

EARTH_RADIUS_M = 6_371_000.0
_RAYS = 400
"""Rays of one branch, thicker near the ray that grazes, where distance grows as a square root."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Branch:
    """Travel time against distance of the rays that turn in one shell, or bounce on its top."""

    turning: Turning
    """direct: in the uppermost shell; refracted: in a deeper one; reflected: on the top of that one"""
    top_m: float
    """depth of the top of the shell in which, or on which, the rays turn"""
    distance_m: FloatArray
    """(n,) along the surface, ascending"""
    time_s: FloatArray
    """(n,)"""


def branches(top_m: FloatArray, speed_m_s: FloatArray, radius_m: float = EARTH_RADIUS_M) -> tuple[Branch, ...]:
    """Return every travel-time branch between two points at the surface.

    Args:
        top_m: (n,) depth of the top of each shell, the first 0, ascending; the last shell reaches down without end.
        speed_m_s: (n,) speed in each.
        radius_m: Of the ball.

    Returns:
        The direct branch, then for every deeper shell its refracted branch, where its speed lets rays turn there, and
        the reflection on its top.

    References:
        Aki & Richards 2002, Quantitative Seismology, 2nd ed., section 9.3 (ray parameter in a sphere).
    """
    outer = radius_m - top_m
    inner = np.append(outer[1:], 0.0)
    found = [_direct(float(speed_m_s[0]), float(outer[0]), float(inner[0]))]
    for k in range(1, len(top_m)):
        found += _refracted(outer, inner, speed_m_s, k) + _reflected(outer, inner, speed_m_s, k)
    return tuple(found)


def earliest(found: tuple[Branch, ...], distance_m: FloatArray) -> FloatArray:
    """Return the first arrival of some branches at distances, NaN where none arrives."""
    times = np.full((len(found) + 1, *distance_m.shape), np.inf)
    for row, branch in enumerate(found):
        times[row] = np.interp(distance_m, branch.distance_m, branch.time_s, left=np.inf, right=np.inf)
    first = times.min(axis=0)
    return np.where(np.isfinite(first), first, np.nan)


def _direct(speed: float, outer: float, inner: float) -> Branch:
    """Chords of the uppermost shell: each turns at its own depth, the longest at the shell's bottom."""
    half = np.linspace(0.0, np.arccos(inner / outer), _RAYS)
    return Branch(turning="direct", top_m=0.0, distance_m=2.0 * outer * half, time_s=2.0 * outer * np.sin(half) / speed)


def _refracted(outer: FloatArray, inner: FloatArray, speed: FloatArray, k: int) -> list[Branch]:
    slowest = float(np.min((inner / speed)[:k]))
    grazing, deepest = min(outer[k] / speed[k], slowest), inner[k] / speed[k]
    if grazing <= deepest:
        return []
    # Steeper rays than this turn so deep that they come up beyond any regional distance.
    deepest = max(deepest, 0.97 * grazing)
    p = grazing - (grazing - deepest) * np.linspace(0.0, 1.0, _RAYS) ** 2
    angle, time = _passed(outer[:k], inner[:k], speed[:k], p)
    turn = np.clip(p * speed[k] / outer[k], -1.0, 1.0)
    angle = angle + 2.0 * np.arccos(turn)
    time = time + 2.0 * outer[k] / speed[k] * np.sqrt(1.0 - turn**2)
    return _limbs("refracted", float(outer[0] - outer[k]), angle * outer[0], time)


def _reflected(outer: FloatArray, inner: FloatArray, speed: FloatArray, k: int) -> list[Branch]:
    grazing = float(np.min((inner / speed)[:k]))
    p = grazing * (1.0 - np.linspace(1.0, 0.0, _RAYS) ** 2)
    angle, time = _passed(outer[:k], inner[:k], speed[:k], p)
    return _limbs("reflected", float(outer[0] - outer[k]), angle * outer[0], time)


def _passed(outer: FloatArray, inner: FloatArray, speed: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return angle and time, both ways, of the shells that rays of parameter p (s) cross."""
    high, low = outer[:, None], inner[:, None]
    sine = p * speed[:, None]
    angle = np.arccos(np.minimum(sine / high, 1.0)) - np.arccos(np.minimum(sine / low, 1.0))
    length = np.sqrt(np.maximum(high**2 - sine**2, 0.0)) - np.sqrt(np.maximum(low**2 - sine**2, 0.0))
    return 2.0 * angle.sum(axis=0), 2.0 * (length / speed[:, None]).sum(axis=0)


def _limbs(turning: Turning, top_m: float, distance_m: FloatArray, time_s: FloatArray) -> list[Branch]:
    """Cut a branch where it folds back, as behind a slow layer, so that distance grows along each limb."""
    forward = np.diff(distance_m) > 0.0
    cuts = np.flatnonzero(forward[1:] != forward[:-1]) + 1
    limbs = []
    for first, last in zip((0, *cuts), (*cuts, len(distance_m) - 1), strict=True):
        order = slice(first, last + 1) if forward[first] else slice(last, first - 1 if first else None, -1)
        limbs.append(Branch(turning=turning, top_m=top_m, distance_m=distance_m[order], time_s=time_s[order]))
    return limbs
