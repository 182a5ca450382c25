"""One impulse that was taken for two: a weaker candidate at whose onsets a stronger one's moments are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trucewatch.fuse.candidates import Candidates, gated, settled
from trucewatch.fuse.field import BoolArray, FloatArray, IntArray, Moments
from trucewatch.fuse.joint import World, cleaned

_SHARE = 0.5
"""of its onsets that a stronger one predicts as well as its own"""
_GATE = 4.0


def without_fragments(world: World, taken: Candidates, score: FloatArray, free: BoolArray) -> Candidates:
    """Return candidates anew, with all onsets at their moments that are free or were a fragment's.

    Args:
        world: sensors, onsets, air.
        taken: candidates that share no onset.
        score: their log-odds, shape (n,).
        free: onsets that none of them has; altered: those of fragments become free, those regained are not.
    """
    everything = Moments(world.heard, np.arange(len(world.heard)))
    wide = gated(world.ground, world.heard, everything, taken, world.airs_at, _GATE)
    owner = _owner(world, taken)
    fragment = _fragments(taken, wide, owner, score)
    gone = taken.member[fragment]
    free[gone[gone >= 0]] = True
    owner[gone[gone >= 0]] = -1
    kept = np.flatnonzero(~fragment)
    again = wide.of(kept)
    foreign = (again.member >= 0) & (owner[again.member] >= 0) & (owner[again.member] != kept[:, None])
    member = np.where(foreign, -1, again.member)
    lost = (taken.member[kept] >= 0) & (member < 0)
    member = np.where(lost, taken.member[kept], member)
    again = settled(world.ground, world.heard, replace(again, member=member), world.airs_at, rounds=5)
    return cleaned(world, again, free)


def _owner(world: World, taken: Candidates) -> IntArray:
    owner = np.full(len(world.heard), -1, dtype=np.int64)
    row, column = np.nonzero(taken.member >= 0)
    owner[taken.member[row, column]] = row
    return owner


def _fragments(taken: Candidates, wide: Candidates, owner: IntArray, score: FloatArray) -> BoolArray:
    """Say which candidates have most of their onsets at the moments of one that is stronger."""
    row, column = np.nonzero(wide.member >= 0)
    other = owner[wide.member[row, column]]
    row, other = row[(other >= 0) & (other != row)], other[(other >= 0) & (other != row)]
    pair, count = np.unique(row * len(taken) + other, return_counts=True)
    strong, weak = pair // len(taken), pair % len(taken)
    weaker = (score[strong] > score[weak]) & (count >= _SHARE * taken.n_heard[weak])
    out = np.zeros(len(taken), dtype=np.bool_)
    out[weak[weaker]] = True
    return out
