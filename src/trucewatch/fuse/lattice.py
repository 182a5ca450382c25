"""Places around each sensor that it may be among the first to hear, as fine as its sensors stand apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.field import BoolArray, FloatArray, Ground, IntArray

_NEARER = 3
"""that many sensors nearer to a place may have missed what the first one heard"""
_NEARER_M = 150.0
_STEP_SHARE = 0.35
_STEPS_M = (40.0, 400.0)
"""a lattice is as fine as its sensors stand apart, within these bounds"""
_MOST_PLACES = 320
_COARSE = 24
"""steps in the reach of the lattice that tells how large an area a station is among the first to hear"""
_NEVER_M = 1e7
_PICK_M = 50.0
"""what a pick may be off by"""

AnyFloats = TypeVar("AnyFloats", NDArray[np.float32], NDArray[np.float64])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lattice:
    """Places around S stations, P at most, and what V voters of each should hear there."""

    xy_m: FloatArray
    """shape (S, P, 2), in the station's plane"""
    there: BoolArray
    """shape (S, P), False where a station has fewer"""
    away_m: FloatArray
    """shape (S, P), from the station"""
    delay_m: NDArray[np.float32]
    """shape (S, V, P), how much farther each voter is than the station; far off where there is none"""
    closeness: NDArray[np.float32]
    """shape (S, P), one over the distance by which sound may be off for a place that stands for those around it"""
    step_m: FloatArray
    """shape (S,)"""
    slack: float
    """share of travel time that the air may add or take, one sigma"""
    n_voters: int


def tolerance_m(step_m: AnyFloats, slack: float, away_m: AnyFloats) -> AnyFloats:
    """Return by how much sound may be off, in metres, for a place that stands for those within half a step."""
    return np.asarray(_PICK_M + 0.75 * step_m + 1.5 * slack * away_m, dtype=away_m.dtype)


def lattice(ground: Ground, which: IntArray, reach_m: float, n_voters: int, slack: float) -> Lattice:
    """Return the places around each station that it may be among the first to hear, nearest first.

    Args:
        ground: stations.
        which: of them are asked; the others get no places.
        reach_m: farthest place.
        n_voters: nearest others that vote.
        slack: share of travel time that the air may add or take, one sigma.
    """
    stations = len(ground.hood)
    n_voters = min(n_voters, ground.hood.shape[1] - 1)
    xy = np.zeros((stations, _MOST_PLACES, 2))
    there = np.zeros((stations, _MOST_PLACES), dtype=np.bool_)
    steps = np.zeros(stations)
    for s in which.tolist():
        near = ground.away_m[s, 1:4]
        apart = float(near[np.isfinite(near)].mean()) if np.isfinite(near).any() else _STEPS_M[1]
        places, steps[s] = _places(ground.xy_m[s, : 4 * n_voters], reach_m, apart)
        xy[s, : len(places)], there[s, : len(places)] = places, True
    used = int(there.sum(axis=1).max(initial=1))
    xy, there = xy[:, :used], there[:, :used]
    away = np.hypot(xy[..., 0], xy[..., 1])
    delay = np.full((stations, n_voters, used), _NEVER_M, dtype=np.float32)
    delay[which] = _delays_m(ground, which, xy[which], there[which], n_voters)
    return Lattice(
        xy_m=xy,
        there=there,
        away_m=away,
        delay_m=delay,
        closeness=(1.0 / tolerance_m(np.asarray(steps[:, None]), slack, np.asarray(away))).astype(np.float32),
        step_m=steps,
        slack=slack,
        n_voters=n_voters,
    )


def _delays_m(ground: Ground, which: IntArray, xy_m: FloatArray, there: BoolArray, n_voters: int) -> FloatArray:
    """Return how much farther the voters of some stations are from places than the station is, shape (n, V, P)."""
    voters, known = ground.xy_m[which, 1 : 1 + n_voters], ground.hood[which, 1 : 1 + n_voters] >= 0
    east, north = voters[:, :, None, 0] - xy_m[:, None, :, 0], voters[:, :, None, 1] - xy_m[:, None, :, 1]
    away_m = np.hypot(xy_m[..., 0], xy_m[..., 1])
    return np.where(there[:, None] & known[:, :, None], np.sqrt(east**2 + north**2) - away_m[:, None], _NEVER_M)


def _places(voters_m: FloatArray, reach_m: float, apart_m: float) -> tuple[FloatArray, float]:
    """Return places about a station, (n, 2), that few others are nearer to, and how far apart they are."""
    coarse = reach_m / _COARSE
    rough, among = _first_heard(coarse, voters_m, reach_m)
    area = np.count_nonzero(among) * coarse**2
    # The fine lattice need not go farther than the rough one found anything.
    reach_m = min(reach_m, float(np.hypot(*rough[among].T).max(initial=0.0)) + 1.5 * coarse)
    step = max(float(np.clip(_STEP_SHARE * apart_m, *_STEPS_M)), 1.05 * float(np.sqrt(area / _MOST_PLACES)))
    grid, first = _first_heard(step, voters_m, reach_m)
    kept = grid[first]
    return kept[np.argsort(np.hypot(*kept.T), kind="stable")][:_MOST_PLACES], step


def _first_heard(step_m: float, voters_m: FloatArray, reach_m: float) -> tuple[FloatArray, BoolArray]:
    """Return a square lattice about a station, and which places of it few others are nearer to."""
    axis = step_m * np.arange(-int(reach_m / step_m), int(reach_m / step_m) + 1)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    away2 = grid[:, 0] ** 2 + grid[:, 1] ** 2
    near = np.maximum(np.sqrt(away2) - _NEARER_M, 0.0) ** 2
    # |g - v|^2 < near, multiplied out: one product of matrices in place of a distance each.
    nearer = away2 - near + (voters_m**2).sum(axis=1)[:, None] < (2.0 * voters_m) @ grid.T
    n_nearer = np.add.reduce(nearer.view(np.uint8), axis=0, dtype=np.uint8)
    return grid, (n_nearer <= _NEARER) & (away2 <= reach_m**2)
