"""Further rounds from the places of impulses: sensors hear them with the same differences of time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trucewatch.fuse.candidates import Candidates
from trucewatch.fuse.field import IntArray, Moments
from trucewatch.fuse.joint import World, different, refined

_ASKED = 8
"""members of an impulse whose sensors are asked for further rounds"""
_LEAST = 3
"""of them must agree on a difference of time"""
_TOGETHER_S = 0.15
_OWN_S = 0.3
"""closer in time than this is the impulse itself"""


def rounds_from_there(world: World, taken: Candidates) -> Candidates:
    """Return candidates for further rounds from the places of impulses, where no one impulse explains their onsets.

    Any onset may be theirs, taken or not: a side lobe that mixes two rounds of a salvo is to be weighed against them.

    Args:
        world: sensors, onsets, air.
        taken: impulses that share no onset.
    """
    everything = Moments(world.heard, np.arange(len(world.heard)))
    source, shift_s, onset = _shifts(world, everything, taken)
    start, count = _agreeing(source, shift_s)
    several = _of_several(world, taken, onset, start, count)
    start = start[several]
    state = taken.state[source[start]]
    state[:, 2] += shift_s[start] + _TOGETHER_S / 2
    some = replace(taken.of(source[start]), state=state)
    return different(refined(world, everything, np.zeros(len(world.heard), dtype=np.bool_), some))


def _shifts(world: World, everything: Moments, taken: Candidates) -> tuple[IntArray, ...]:
    """Return (impulse, seconds after its own onset, onset) for the onsets of its nearest members' sensors."""
    rows, columns = np.nonzero((taken.member >= 0) & (np.cumsum(taken.member >= 0, axis=1) <= _ASKED))
    own = taken.member[rows, columns]
    at_s, station = world.heard.time_s[own], world.heard.station[own]
    gap_s = world.prior.salvo_gap_s
    first, last = everything.between(station, at_s - gap_s, at_s + gap_s)
    many = last - first
    pick = everything.onset[np.repeat(first - (np.cumsum(many) - many), many) + np.arange(many.sum())]
    shift_s = world.heard.time_s[pick] - np.repeat(at_s, many)
    another = np.abs(shift_s) > _OWN_S
    source, shift_s, pick = np.repeat(rows, many)[another], shift_s[another], pick[another]
    order = np.lexsort((pick, shift_s, source))
    return source[order], shift_s[order], pick[order]


def _agreeing(source: IntArray, shift_s: IntArray) -> tuple[IntArray, IntArray]:
    """Return where runs of shifts that agree begin, each the largest around it, and how many agree."""
    row = source * 1e4 + shift_s
    n_ahead = np.searchsorted(row, row + _TOGETHER_S, "right") - np.arange(len(row))
    many = np.flatnonzero(n_ahead >= _LEAST)
    low = np.searchsorted(row, row[many] - _TOGETHER_S, "left").tolist()
    high = np.searchsorted(row, row[many] + _TOGETHER_S, "right").tolist()
    before = np.array([n_ahead[a:i].max(initial=0) for a, i in zip(low, many.tolist(), strict=True)], dtype=np.int64)
    after = np.array([n_ahead[i:b].max(initial=0) for b, i in zip(high, many.tolist(), strict=True)], dtype=np.int64)
    start = many[(n_ahead[many] > before) & (n_ahead[many] >= after)]
    return start, n_ahead[start]


def _of_several(world: World, taken: Candidates, onset: IntArray, start: IntArray, count: IntArray) -> IntArray:
    """Return which runs have onsets that no single impulse took all of."""
    owner = np.full(len(world.heard), -1, dtype=np.int64)
    row, column = np.nonzero(taken.member >= 0)
    owner[taken.member[row, column]] = row
    first = owner[onset[start]]
    place = np.repeat(start - (np.cumsum(count) - count), count) + np.arange(count.sum())
    run = np.repeat(np.arange(len(start)), count)
    same = (owner[onset[place]] == first[run]) & (first[run] >= 0)
    return np.flatnonzero(np.bincount(run, same, minlength=len(start)) < count)
