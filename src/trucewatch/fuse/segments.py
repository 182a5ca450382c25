"""A line in pieces: each is worked on by itself with a halo of its neighbours, and gives what the whole would give.

An impulse and its rivals reach some 30 km along a line; what lies farther off touches it only through chains of rivals,
which get rarer with every link. So a piece takes the onsets of a halo as well, and keeps only the impulses of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from trucewatch.fuse.candidates import Candidates, joined
from trucewatch.fuse.field import FloatArray, Ground, Heard, IntArray
from trucewatch.fuse.joint import World
from trucewatch.fuse.whole_line import Found, by_time

HALO_M = 40_000.0
"""LIMIT: a chain of rivals longer than this may end otherwise than in one piece"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Segment:
    """One piece of a line."""

    onset: IntArray
    """ascending indices of the onsets of the piece and its halo"""
    axis: FloatArray
    """shape (3,), unit vector along the line"""
    low_m: float
    high_m: float
    """what of the axis is its own: low <= x < high"""


def segments(ground: Ground, heard: Heard, n: int, halo_m: float = HALO_M) -> tuple[Segment, ...]:
    """Return n pieces with as many onsets each, cut across the longest axis of the stations."""
    off = ground.point_m - ground.point_m.mean(axis=0)
    axis = np.linalg.svd(off, full_matrices=False)[2][0]
    axis = axis * (1.0 if axis[np.argmax(np.abs(axis))] > 0 else -1.0)
    along = ground.point_m @ axis
    of_onset = along[heard.station]
    cuts = np.quantile(of_onset, np.arange(1, n) / n) if len(heard) else np.zeros(n - 1)
    edges = [-np.inf, *cuts.tolist(), np.inf]
    return tuple(
        Segment(
            onset=np.flatnonzero((of_onset >= low - halo_m) & (of_onset < high + halo_m)),
            axis=axis,
            low_m=low,
            high_m=high,
        )
        for low, high in pairwise(edges)
    )


def of_segment(world: World, segment: Segment) -> World:
    """Return the world with the onsets of one piece."""
    heard = world.heard
    some = Heard(
        time_s=heard.time_s[segment.onset],
        station=heard.station[segment.onset],
        sigma_s=heard.sigma_s[segment.onset],
    )
    return replace(world, heard=some)


def own(world: World, segment: Segment, found: Found) -> Found:
    """Return the impulses of one piece that are its own, with the onsets as the whole line counts them."""
    impulses = found.impulses
    along = world.ground.points_m(impulses.anchor, impulses.state[:, :2]) @ segment.axis
    kept = np.flatnonzero((along >= segment.low_m) & (along < segment.high_m))
    some = impulses.of(kept)
    onset = np.append(segment.onset, -1)
    return Found(
        impulses=replace(some, member=onset[some.member]),
        log_odds=found.log_odds[kept],
        unexplained=found.unexplained,
    )


def together(world: World, parts: Sequence[Found]) -> Found:
    """Return the impulses of all pieces by time."""
    impulses: Candidates = joined([p.impulses for p in parts])
    order = by_time(impulses)
    impulses = impulses.of(order)
    unexplained = np.ones(len(world.heard), dtype=np.bool_)
    unexplained[impulses.member[impulses.member >= 0]] = False
    return Found(
        impulses=impulses, log_odds=np.concatenate([p.log_odds for p in parts])[order], unexplained=unexplained
    )
