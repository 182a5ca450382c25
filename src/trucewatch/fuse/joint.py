"""Which candidates together explain the onsets: best first where they compete, each onset in one, side lobes last.

All candidates that no better one shares an onset with are taken at once; what they explain is gone for the others,
which are weighed again with what is left. So the result is that of taking the best of all, one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from trucewatch.fuse.batch_evidence import Hearing, Prior, log_odds, p_members
from trucewatch.fuse.candidates import AirsAt, Candidates, gated, joined, settled, without
from trucewatch.fuse.clutter import Clutter
from trucewatch.fuse.field import BoolArray, FloatArray, Ground, Heard, Moments

_ROUNDS = 40
"""LIMIT: a chain of candidates, each losing an onset to the next, is followed this far; the rest waits for what is
searched again"""
_LOST_SHARE = 0.5
"""a candidate that lost this share of its onsets is a side lobe or the same impulse; its others are searched again"""
_GATE = 4.0
_LEAST_P = 0.5
_HASH = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class World:
    """What all candidates are weighed against."""

    ground: Ground
    heard: Heard
    airs_at: AirsAt
    hearing: Hearing
    prior: Prior
    least_heard: int
    """different sensors that must agree"""
    clutter: Clutter = field(init=False)
    """what chance offers"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "clutter", Clutter(self.heard))


def refined(world: World, free: Moments, unexplained: BoolArray, candidates: Candidates) -> Candidates:
    """Return candidates, from a place that is known, with the onsets at their moments that are rather theirs."""
    for sigmas in (3.5, _GATE):
        candidates = _enough(world, gated(world.ground, world.heard, free, candidates, world.airs_at, sigmas))
        candidates = settled(world.ground, world.heard, candidates, world.airs_at, rounds=5)
    return cleaned(world, cleaned(world, candidates, unexplained), unexplained)


def cleaned(world: World, candidates: Candidates, unexplained: BoolArray) -> Candidates:
    """Return candidates without onsets that are rather chance: too far off, or of sensors that would hardly hear it."""
    rate = rates_of(world, candidates, unexplained)
    p = p_members(world.ground, world.heard, rate, candidates, world.airs_at, world.hearing, world.prior)
    doubtful = (candidates.member >= 0) & (p < _LEAST_P)
    changed = doubtful.any(axis=1)
    kept = _enough(world, without(candidates, doubtful).of(np.flatnonzero(changed)))
    again = settled(world.ground, world.heard, kept, world.airs_at, rounds=4)
    return joined((candidates.of(np.flatnonzero(~changed)), again))


def rates_of(world: World, candidates: Candidates, unexplained: BoolArray) -> FloatArray:
    """Return what chance offers at each onset of some candidates, shape (n_onsets,)."""
    rate = np.ones(len(world.heard))
    asked = np.zeros(len(rate), dtype=np.bool_)
    asked[candidates.member[candidates.member >= 0]] = True
    which = np.flatnonzero(asked)
    rate[which] = world.clutter.rates_hz(unexplained, which, world.prior.usual_rate_hz)
    return rate


def _enough(world: World, candidates: Candidates) -> Candidates:
    return candidates.of(np.flatnonzero(candidates.n_heard >= world.least_heard))


def different(candidates: Candidates) -> Candidates:
    """Return one of those that have the same onsets."""
    mixed = (candidates.member.astype(np.uint64) + np.uint64(1)) * _HASH
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    key = np.where(candidates.member >= 0, mixed, np.uint64(0)).sum(axis=1, dtype=np.uint64)
    order = np.lexsort((candidates.state[:, 2], candidates.anchor, key))
    _, first = np.unique(key[order], return_index=True)
    return candidates.of(np.sort(order[first]))


def leading(candidates: Candidates, n_onsets: int, share: float) -> Candidates:
    """Return candidates that have as many onsets as this share of the best ones that want the same onsets."""
    n_heard = candidates.n_heard
    most = np.zeros(n_onsets, dtype=np.int64)
    row, column = np.nonzero(candidates.member >= 0)
    np.maximum.at(most, candidates.member[row, column], n_heard[row])
    rivals = np.where(candidates.member >= 0, most[candidates.member], np.iinfo(np.int64).max)
    middle = np.sort(rivals, axis=1)[np.arange(len(n_heard)), n_heard // 2]
    return candidates.of(np.flatnonzero(n_heard >= share * middle))


def explained(
    world: World,
    candidates: Candidates,
    free: BoolArray,
    least_log_odds: float,
    density_m2_s: FloatArray | None = None,
    presumed: BoolArray | None = None,
) -> Candidates:
    """Return those of the candidates that are taken; `free`, shape (n_onsets,), loses their onsets.

    Args:
        world: sensors, onsets, air.
        candidates: settled, of free onsets.
        free: which onsets no impulse explains yet; altered.
        least_log_odds: below this a candidate is not taken.
        density_m2_s: of impulses where each is; None: the usual one.
        presumed: free onsets that are held to be explained all the same when it is asked what chance offers.
    """
    surely = np.zeros(len(free), dtype=np.bool_) if presumed is None else presumed
    taken = list[Candidates]()
    density = np.full(len(candidates), world.prior.density_m2_s) if density_m2_s is None else density_m2_s
    waiting = candidates
    score = weighed(world, waiting, free & ~surely, density)
    for _ in range(_ROUNDS):
        hopeful = score > least_log_odds - 6.0
        waiting, score, density = waiting.of(np.flatnonzero(hopeful)), score[hopeful], density[hopeful]
        best = _unbeaten(world, waiting, score) & (score > least_log_odds)
        if not best.any():
            break
        taken.append(waiting.of(np.flatnonzero(best)))
        members = taken[-1].member
        free[members[members >= 0]] = False
        waiting, score, density = _what_is_left(
            world, waiting.of(np.flatnonzero(~best)), score[~best], density[~best], free, surely
        )
    return joined(taken) if taken else candidates.of(np.zeros(0, dtype=np.int64))


def weighed(world: World, part: Candidates, unexplained: BoolArray, density: FloatArray) -> FloatArray:
    """Return log-odds, shape (n,), where some onsets are unexplained."""
    rate = rates_of(world, part, unexplained)
    return log_odds(world.ground, world.heard, rate, part, world.airs_at, world.hearing, world.prior, density)


def _unbeaten(world: World, part: Candidates, score: FloatArray) -> BoolArray:
    """Say which candidates are better than every other one that they share an onset with."""
    n = len(part)
    rising = np.lexsort((part.anchor, -part.state[:, 2], score))
    rank = np.empty(n, dtype=np.int64)
    rank[rising] = np.arange(n)
    row, column = np.nonzero(part.member >= 0)
    onset = part.member[row, column]
    best = np.full(len(world.heard), -1, dtype=np.int64)
    np.maximum.at(best, onset, rank[row])
    beaten = np.zeros(n, dtype=np.bool_)
    beaten[row[best[onset] > rank[row]]] = True
    return ~beaten


def _what_is_left(
    world: World, waiting: Candidates, score: FloatArray, density: FloatArray, free: BoolArray, surely: BoolArray
) -> tuple[Candidates, FloatArray, FloatArray]:
    """Return candidates without the onsets that others took; those that lost some are placed and weighed again."""
    has = waiting.member >= 0
    lost = has & ~free[waiting.member]
    n_lost, n_had = lost.sum(axis=1), has.sum(axis=1)
    touched = n_lost > 0
    kept = touched & (n_lost < _LOST_SHARE * n_had) & (n_had - n_lost >= world.least_heard)
    whole, some = np.flatnonzero(~touched), np.flatnonzero(kept)
    left = without(waiting, lost).of(some)
    left = settled(world.ground, world.heard, left, world.airs_at, rounds=4)
    late_density = density[some]
    again = weighed(world, left, free & ~surely, late_density)
    return (
        joined((waiting.of(whole), left)),
        np.concatenate((score[whole], again)),
        np.concatenate((density[whole], late_density)),
    )
