"""Impulses of a whole line of sensors: births by votes, places in batches, joint explanation, in a few passes.

What the first pass explains is gone for the next, which therefore sees less of what could mislead it. After each pass
impulses that were taken for two are made one. At last each is weighed against what then is left unexplained, and rounds
from one place speak for each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trucewatch.fuse.births import Births, births
from trucewatch.fuse.candidates import Candidates, born, gated, joined, settled
from trucewatch.fuse.field import BoolArray, FloatArray, IntArray, Moments
from trucewatch.fuse.joint import World, different, explained, leading, rates_of, refined, weighed
from trucewatch.fuse.lattice import Lattice, lattice
from trucewatch.fuse.member_doubt import with_doubt
from trucewatch.fuse.merge_fragments import without_fragments
from trucewatch.fuse.salvo_density import density_m2_s
from trucewatch.fuse.same_place import rounds_from_there

_VOTERS = 12
_FEWEST = 3
"""sensors that agree in a birth, at last; what is born has to find more"""
_COARSE_S = 0.7
_COARSE_SIGMA_S = 0.3
_FINER_SIGMA_S = 0.15
_LEADING = 0.5
_LEADING_COARSE = 0.4
_MERGES = 2
_SLICE = 65_536
_LAST_ROUNDS = 8


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Found:
    """Impulses of a line, by time."""

    impulses: Candidates
    log_odds: FloatArray
    """shape (n,), that each happened"""
    unexplained: BoolArray
    """shape (n_onsets,)"""


def impulses_of_line(world: World, first_reach_m: float, least_log_odds: float) -> Found:
    """Return the impulses that explain onsets best.

    Args:
        world: sensors, onsets and air.
        first_reach_m: farthest from the sensor that hears it first.
        least_log_odds: less likely ones are left out, and their onsets unexplained.
    """
    free = np.ones(len(world.heard), dtype=np.bool_)
    taken = _nothing(world)
    if not len(world.heard):
        return Found(impulses=taken, log_odds=np.zeros(0), unexplained=free)
    airs = world.airs_at(world.heard.time_s)
    slack = float((np.hypot(airs.sigma_m_s[:, 0], airs.sigma_m_s[:, 1]) / airs.speed_m_s).max())
    places = lattice(world.ground, np.unique(world.heard.station), first_reach_m, _VOTERS, slack)
    for least, rounds in ((max(4, world.least_heard), True), (world.least_heard, False), (_FEWEST, True)):
        fresh = explained(world, _candidates(world, places, airs.speed_m_s, free, least), free, 0.0)
        taken = _as_one(world, joined((taken, fresh)), free)
        if rounds:
            taken = _as_one(world, _with_rounds(world, taken, free), free)
    return _weighed_at_last(world, taken, free, least_log_odds)


def _nothing(world: World) -> Candidates:
    return Candidates(
        anchor=np.zeros(0, dtype=np.int64),
        member=np.zeros((0, world.ground.hood.shape[1]), dtype=np.int64),
        state=np.zeros((0, 6)),
        covariance=np.zeros((0, 6, 6)),
    )


def _candidates(world: World, places: Lattice, speed_m_s: FloatArray, free: BoolArray, least: int) -> Candidates:
    """Return what may have been, of free onsets."""
    ground, heard = world.ground, world.heard
    asked = Moments(heard, np.flatnonzero(free))
    first = births(ground, places, heard, asked, speed_m_s, least)
    # In slices: most births come to nothing, and all of them at once would fill the memory.
    slices = [first.of(np.arange(a, min(a + _SLICE, len(first)))) for a in range(0, len(first), _SLICE)]
    if not slices:
        return _nothing(world)
    some = different(joined([_placed(world, asked, part) for part in slices]))
    some = leading(some, len(heard), _LEADING)
    # What else is unexplained now is mostly the rest of the same salvo: no clutter to lose far members to.
    return different(refined(world, asked, np.zeros(len(heard), dtype=np.bool_), some))


def _placed(world: World, asked: Moments, first: Births) -> Candidates:
    """Return births with the onsets at their moments, first of the nearest sensors, then of all."""
    some = born(world.ground, world.heard, first, world.airs_at)
    some = _enough(world, gated(world.ground, world.heard, asked, some, world.airs_at, 4.0, _COARSE_S))
    some = different(settled(world.ground, world.heard, some, world.airs_at, 4, _COARSE_SIGMA_S))
    some = leading(some, len(world.heard), _LEADING_COARSE)
    some = _enough(world, gated(world.ground, world.heard, asked, some, world.airs_at, 3.0))
    return different(settled(world.ground, world.heard, some, world.airs_at, 5, _FINER_SIGMA_S))


def _enough(world: World, some: Candidates) -> Candidates:
    return some.of(np.flatnonzero(some.n_heard >= min(3, world.least_heard)))


def _as_one(world: World, taken: Candidates, free: BoolArray) -> Candidates:
    """Return impulses without those that are part of another one."""
    for _ in range(_MERGES):
        score = weighed(world, taken, free, np.full(len(taken), world.prior.density_m2_s))
        whole = without_fragments(world, taken, score, free)
        presumed = ~free
        free[:] = True
        taken = explained(world, whole, free, 0.0, presumed=presumed)
    return taken


def _with_rounds(world: World, taken: Candidates, free: BoolArray) -> Candidates:
    """Return impulses weighed anew beside all further rounds from their places; `free` is altered."""
    pool = different(joined((taken, rounds_from_there(world, taken))))
    presumed = ~free
    free[:] = True
    density = density_m2_s(world.ground, pool, taken, world.prior)
    return explained(world, pool, free, 0.0, density, presumed)


def _weighed_at_last(world: World, taken: Candidates, free: BoolArray, least_log_odds: float) -> Found:
    density = density_m2_s(world.ground, taken, taken, world.prior)
    score = weighed(world, taken, free, density)
    taken = settled(world.ground, world.heard, taken, world.airs_at, _LAST_ROUNDS)
    kept = np.flatnonzero(score >= least_log_odds)
    gone = taken.member[score < least_log_odds]
    unexplained = free.copy()
    unexplained[gone[gone >= 0]] = True
    taken, score = taken.of(kept), score[kept]
    taken = with_doubt(world, taken, rates_of(world, taken, unexplained))
    order = by_time(taken)
    return Found(impulses=taken.of(order), log_odds=score[order], unexplained=unexplained)


def by_time(some: Candidates) -> IntArray:
    """Return the order of impulses by time, ties by place."""
    return np.lexsort((some.state[:, 1], some.state[:, 0], some.anchor, some.state[:, 2]))
