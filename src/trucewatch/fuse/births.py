"""Where impulses may have been: each onset in turn as the first one heard, places around its sensor with votes.

Every impulse has a sensor that hears it first. Around each sensor stands a lattice of places that it may be first to
hear; a place gets a vote from each near sensor that has an onset at about the predicted moment. Around places with most
votes a finer lattice is asked the same. Work is the number of onsets times the places of one lattice, however long the
line or the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from trucewatch.fuse.field import FloatArray, Ground, Heard, IntArray, Moments
from trucewatch.fuse.lattice import AnyFloats, Lattice, tolerance_m

_MOST_EACH = 4
"""LIMIT: of one sensor's onsets in one window only the first ones vote"""
_CHUNK_PAIRS = 1_000
_MOST_VOTERS = 1_024
_APART_STEPS = 2.5
_MODES = 6
_FINER = 3
"""finer places to a step"""
_NEARLY = 0.55
_NEARLY_FINER = 0.75
"""a further place is a candidate where it has this share of the best one's votes, and at last this one"""
_HALF_VOTE = 0.6
"""of a vote: what a sensor gives in the mean to the nearest place of a lattice"""
_LATE_SHARE = 0.95
"""of the usual speed: the slowest that sound is waited for"""
_OWN_S = 0.3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Births:
    """Candidates: n places with a time, and which onset was the first one heard."""

    seed: IntArray
    xy_m: FloatArray
    """shape (n, 2), in the plane of the seed's station"""
    votes: FloatArray

    def __len__(self) -> int:
        return len(self.seed)

    def of(self, which: IntArray) -> Births:
        """Return some of them."""
        return Births(seed=self.seed[which], xy_m=self.xy_m[which], votes=self.votes[which])


_NONE = Births(seed=np.zeros(0, dtype=np.int64), xy_m=np.zeros((0, 2)), votes=np.zeros(0))


def births(ground: Ground, places: Lattice, heard: Heard, free: Moments, speed_m_s: FloatArray, least: int) -> Births:
    """Return candidates among the free onsets.

    Args:
        ground: stations.
        places: around them.
        heard: all onsets.
        free: those in question.
        speed_m_s: of sound at each onset, shape (n_onsets,).
        least: sensors that must agree, the first one among them.
    """
    if places.n_voters + 1 < least:
        return _NONE
    seed, column, onset = _pairs(ground, places, heard, free, speed_m_s, least)
    starts = np.flatnonzero(np.diff(seed, prepend=-1))
    cuts = starts[np.searchsorted(starts, np.arange(0, len(seed), _CHUNK_PAIRS), "left").clip(max=len(starts) - 1)]
    bounds = np.unique(np.concatenate((cuts, [len(seed)]))) if len(seed) else np.zeros(1, dtype=np.int64)
    parts = [
        _voted(ground, places, heard, seed[a:b], column[a:b], onset[a:b], speed_m_s, least)
        for a, b in pairwise(bounds.tolist())
    ]
    if not parts:
        return _NONE
    seeds, xy, votes = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Births(seed=seeds, xy_m=xy, votes=votes)


def _pairs(
    ground: Ground, places: Lattice, heard: Heard, free: Moments, speed_m_s: FloatArray, least: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Return (first onset, which voter, its onset) for all that may be one impulse, by first onset."""
    firsts = free.onset
    n, columns = len(firsts), list[tuple[IntArray, IntArray, IntArray]]()
    station, at_s = heard.station[firsts], heard.time_s[firsts]
    low, count = np.zeros((n, places.n_voters), dtype=np.int64), np.zeros((n, places.n_voters), dtype=np.int64)
    for v in range(places.n_voters):
        other = ground.hood[station, 1 + v]
        late_s = at_s + ground.away_m[station, 1 + v] / (_LATE_SHARE * speed_m_s[firsts]) + _OWN_S
        first, last = free.between(np.maximum(other, 0), at_s, np.where(other >= 0, late_s, at_s))
        low[:, v], count[:, v] = first, np.where(other >= 0, np.minimum(last - first, _MOST_EACH), 0)
    hopeful = np.count_nonzero(count > 0, axis=1) + 1 >= least
    for v in range(places.n_voters):
        rows = np.flatnonzero(hopeful & (count[:, v] > 0))
        many = count[rows, v]
        position = np.repeat(low[rows, v] - (np.cumsum(many) - many), many) + np.arange(many.sum())
        columns.append((np.repeat(rows, many), np.full(len(position), v), free.onset[position]))
    row, column, onset = (np.concatenate(c) for c in zip(*columns, strict=True))
    order = np.lexsort((column, row))
    return firsts[row[order]], column[order], onset[order]


def _voted(
    ground: Ground,
    places: Lattice,
    heard: Heard,
    seed: IntArray,
    column: IntArray,
    onset: IntArray,
    speed_m_s: FloatArray,
    least: int,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return candidates of some pairs: their first onsets, places and votes."""
    starts = np.flatnonzero(np.diff(seed, prepend=-1))
    firsts = seed[starts]
    own, row = heard.station[firsts], np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(seed))))
    gap_m = speed_m_s[seed] * (heard.time_s[onset] - heard.time_s[seed])
    vote = places.delay_m[own[row], column]
    vote -= gap_m[:, None].astype(np.float32)
    vote *= places.closeness[own[row]]
    votes = _added(vote, row, column)
    mode, best = _modes(places, own, votes, _HALF_VOTE * (least - 1))
    if not len(mode):
        return np.zeros(0, dtype=np.int64), np.zeros((0, 2)), np.zeros(0)
    counts = np.diff(np.append(starts, len(seed)))[mode]
    again = np.repeat(np.arange(len(mode)), counts)
    pair = np.arange(len(again)) + np.repeat(starts[mode] - (np.cumsum(counts) - counts), counts)
    xy_m, finer = _finer(ground, places, own[mode], best, again, column[pair], gap_m[pair])
    most = np.zeros(len(firsts))
    np.maximum.at(most, mode, finer)
    kept = finer >= np.maximum(_NEARLY_FINER * most[mode], _HALF_VOTE * (least - 1))
    return firsts[mode[kept]], xy_m[kept], finer[kept]


def _finer(
    ground: Ground,
    places: Lattice,
    own: IntArray,
    best: IntArray,
    row: IntArray,
    column: IntArray,
    gap_m: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the best place of a finer lattice around each of a coarse one, and its votes, by the same pairs."""
    step = places.step_m[own] / _FINER
    offsets = np.arange(-_FINER, _FINER + 1)
    grid = np.stack(np.meshgrid(offsets, offsets), axis=-1).reshape(-1, 2)
    xy_m = places.xy_m[own, best][:, None] + step[:, None, None] * grid
    x, y = xy_m[..., 0].astype(np.float32), xy_m[..., 1].astype(np.float32)
    away = np.sqrt(x**2 + y**2)
    closeness = 1.0 / tolerance_m(step[:, None].astype(np.float32), places.slack, away)
    voter = ground.xy_m[own[row], 1 + column].astype(np.float32)
    vote, north = voter[:, 0, None] - x[row], voter[:, 1, None] - y[row]
    vote *= vote
    north *= north
    vote += north
    np.sqrt(vote, out=vote)
    vote -= away[row]
    vote -= gap_m[:, None].astype(np.float32)
    vote *= closeness[row]
    votes = _added(vote, row, column)
    at = votes.argmax(axis=1)
    all_rows = np.arange(len(own))
    return xy_m[all_rows, at], np.asarray(votes[all_rows, at], dtype=np.float64)


def _added(miss: AnyFloats, row: IntArray, column: IntArray) -> AnyFloats:
    """Return votes of each row of places; `miss`, one line a pair, in tolerances, is used up."""
    miss *= miss
    np.subtract(1.0, miss, out=miss)
    np.maximum(miss, 0.0, out=miss)
    # Two onsets of one voter are one vote: the nearer one's.
    is_first = np.diff(row * _MOST_VOTERS + column, prepend=-1) != 0
    first = np.flatnonzero(is_first)
    nth = np.arange(len(row)) - first[np.cumsum(is_first) - 1]
    for n in range(1, int(nth.max(initial=0)) + 1):
        more = np.flatnonzero(nth == n)
        miss[more - n] = np.maximum(miss[more - n], miss[more])
    # Rows times a matrix of ones: many times as fast as adding by reduceat, which goes place by place.
    ends = np.append(np.flatnonzero(np.diff(row[first], prepend=-1)), len(first))
    ones = csr_array((np.ones(len(first), dtype=miss.dtype), first, ends), shape=(len(ends) - 1, len(miss)))
    return np.asarray(ones @ miss, dtype=miss.dtype)


def _modes(places: Lattice, own: IntArray, votes: NDArray[np.float32], fewest: float) -> tuple[IntArray, IntArray]:
    """Return (row, place) of the places with most votes of each row, and of others apart with nearly as many."""
    floor = np.maximum(_NEARLY * votes.max(axis=1), fewest)
    row, place = np.divmod(np.flatnonzero(votes >= floor[:, None]), votes.shape[1])
    order = np.lexsort((place, -votes[row, place], row))
    row, place = row[order], place[order]
    found, found_rows = [place[:0]], [row[:0]]
    for _ in range(_MODES):
        is_best = np.diff(row, prepend=-1) != 0
        found.append(place[is_best])
        found_rows.append(row[is_best])
        best = found[-1][np.cumsum(is_best) - 1]
        from_best = np.abs(places.xy_m[own[row], place] - places.xy_m[own[row], best])
        apart_m = _APART_STEPS * places.step_m[own[row]]
        apart = (from_best[:, 0] > apart_m) | (from_best[:, 1] > apart_m)
        row, place = row[apart], place[apart]
    return np.concatenate(found_rows), np.concatenate(found)
