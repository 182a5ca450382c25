"""Candidates in batches: which onsets each takes at the moments that it predicts, and where they place it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from trucewatch.fuse.batch_fix import Airs, fix_batch, lateness, travelled
from trucewatch.fuse.births import Births
from trucewatch.fuse.field import BoolArray, FloatArray, Ground, Heard, IntArray, Moments

AirsAt = Callable[[FloatArray], Airs]
"""moments, seconds as onsets count them, to the air there"""

_CHUNK = 512
_WIDTHS = (4, 6, 8, 12, 16, 24, 32, 48, 64)
"""candidates with about as many onsets are located together, so that none pays for the width of another"""
_COARSE_VOTERS = 16
_MOST_LATE_S = 2.0
_HUBER = 2.5
_LEAST_LEFT = 0.02


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Candidates:
    """Impulses that may have been; n of them, K neighbours of an anchor at most."""

    anchor: IntArray
    """shape (n,), the station in whose plane each is"""
    member: IntArray
    """shape (n, K), the onset that each takes of each neighbour of its anchor, -1 for none"""
    state: FloatArray
    """shape (n, 6): east, north, time, excess of sound speed, wind east, wind north"""
    covariance: FloatArray
    """shape (n, 6, 6)"""

    def __len__(self) -> int:
        return len(self.anchor)

    @property
    def n_heard(self) -> IntArray:
        """How many onsets each has, shape (n,)."""
        return np.asarray(np.count_nonzero(self.member >= 0, axis=1), dtype=np.int64)

    def of(self, which: IntArray) -> Candidates:
        """Return some of them."""
        return Candidates(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


def joined(parts: Sequence[Candidates]) -> Candidates:
    """Return several batches as one, in their order."""
    return Candidates(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Candidates)})


def born(ground: Ground, heard: Heard, births: Births, airs_at: AirsAt) -> Candidates:
    """Return births as candidates that have no onsets yet."""
    airs = airs_at(heard.time_s[births.seed])
    anchor = heard.station[births.seed]
    state = np.zeros((len(anchor), 6))
    state[:, :2], state[:, 4:] = births.xy_m, airs.wind_m_s
    state[:, 2] = heard.time_s[births.seed] - np.hypot(*births.xy_m.T) / airs.speed_m_s
    covariance = np.zeros((len(anchor), 6, 6))
    return Candidates(
        anchor=anchor,
        member=np.full((len(anchor), ground.hood.shape[1]), -1, dtype=np.int64),
        state=state,
        covariance=covariance,
    )


def gated(
    ground: Ground,
    heard: Heard,
    free: Moments,
    candidates: Candidates,
    airs_at: AirsAt,
    sigmas: float,
    coarse_s: float | None = None,
) -> Candidates:
    """Return candidates with the free onset of each neighbour nearest to the moment that each predicts.

    Args:
        ground: stations.
        heard: all onsets.
        free: those that may be taken.
        candidates: located.
        airs_at: the air.
        sigmas: how far off an onset may be, in sigmas of the prediction and the onset together.
        coarse_s: how far off it may be where the place is a first guess; then only the nearest sensors are asked.
    """
    if not len(candidates):
        return candidates
    parts = [candidates.of(np.arange(a, min(a + _CHUNK, len(candidates)))) for a in range(0, len(candidates), _CHUNK)]
    return joined([_gated(ground, heard, free, p, airs_at, sigmas, coarse_s) for p in parts])


def _gated(
    ground: Ground,
    heard: Heard,
    free: Moments,
    part: Candidates,
    airs_at: AirsAt,
    sigmas: float,
    coarse_s: float | None,
) -> Candidates:
    xy_m, hood = ground.xy_m[part.anchor], ground.hood[part.anchor]
    if coarse_s is not None:
        near, few = hood[:, :_COARSE_VOTERS], xy_m[:, :_COARSE_VOTERS]
        minus_due = lateness(part.state, few, airs_at(part.state[:, 2]), np.zeros(near.shape))
        onset = np.full(hood.shape, -1)
        onset[:, :_COARSE_VOTERS], _ = free.nearest(near, -minus_due, np.full(near.shape, coarse_s))
    else:
        minus_due, slope = travelled(part.state, xy_m, airs_at(part.state[:, 2]), np.zeros(hood.shape))
        of_fix = np.maximum(np.einsum("nwi,nwi->nw", slope @ part.covariance, slope), 0.0)
        onset, late = free.nearest(hood, -minus_due, np.full(hood.shape, _MOST_LATE_S))
        own = heard.sigmas_s(onset, xy_m, part.state)
        onset = np.where(late**2 <= sigmas**2 * (of_fix + own**2), onset, -1)
    return Candidates(anchor=part.anchor, member=onset, state=part.state, covariance=part.covariance)


def settled(
    ground: Ground, heard: Heard, candidates: Candidates, airs_at: AirsAt, rounds: int, least_sigma_s: float = 0.0
) -> Candidates:
    """Return candidates at the places that their onsets give them."""
    n_heard, state, covariance = candidates.n_heard, candidates.state.copy(), candidates.covariance.copy()
    width = np.asarray(_WIDTHS)[np.searchsorted(_WIDTHS, n_heard)]
    for w in np.unique(width):
        rows = np.flatnonzero(width == w)
        for a in range(0, len(rows), _CHUNK):
            at = rows[a : a + _CHUNK]
            state[at], covariance[at] = _located(
                ground, heard, candidates.of(at), airs_at, int(w), rounds, least_sigma_s
            )
    return Candidates(anchor=candidates.anchor, member=candidates.member, state=state, covariance=covariance)


def _located(
    ground: Ground,
    heard: Heard,
    part: Candidates,
    airs_at: AirsAt,
    width: int,
    rounds: int,
    least_sigma_s: float,
) -> tuple[FloatArray, FloatArray]:
    there = part.member >= 0
    first = np.argsort(~there, axis=1, kind="stable")[:, :width]
    member = np.take_along_axis(part.member, first, axis=1)
    xy_m = ground.xy_m[part.anchor[:, None], first]
    none = member < 0
    epoch = part.state[:, 2].copy()
    sigma_s = np.where(none, np.inf, np.maximum(heard.sigmas_s(member, xy_m, part.state), least_sigma_s))
    time_s = np.where(none, 0.0, heard.time_s[member] - epoch[:, None])
    start = part.state.copy()
    start[:, 2] = 0.0
    fixes = fix_batch(xy_m, time_s, sigma_s, airs_at(epoch), start, _HUBER, rounds)
    state = fixes.state
    state[:, 2] += epoch
    return state, fixes.covariance


def residuals_s(ground: Ground, heard: Heard, part: Candidates, airs_at: AirsAt) -> FloatArray:
    """Return how late each member is, shape (n, K), 0 where there is none."""
    late = lateness(*_since_own(ground, heard, part, airs_at))
    return np.where(part.member >= 0, late, 0.0)


def residuals(ground: Ground, heard: Heard, part: Candidates, airs_at: AirsAt) -> tuple[FloatArray, FloatArray]:
    """Return how late each member is, (n, K), 0 where there is none, and which share of its variance the fit left.

    An onset that hardly any other holds bends the fit towards itself: what is left of how far it was off, before it was
    a member, is that share, and its own residual scatters by the root of that share of its own error.
    """
    late, slope = travelled(*_since_own(ground, heard, part, airs_at))
    of_fix = np.maximum(np.einsum("nwi,nwi->nw", slope @ part.covariance, slope), 0.0)
    left = np.maximum(1.0 - of_fix / member_sigma_s(ground, heard, part) ** 2, _LEAST_LEFT)
    return np.where(part.member >= 0, late, 0.0), left


def _since_own(
    ground: Ground, heard: Heard, part: Candidates, airs_at: AirsAt
) -> tuple[FloatArray, FloatArray, Airs, FloatArray]:
    """Return states, sensors, air and onsets with times counted from each candidate's own."""
    epoch = part.state[:, 2]
    state = part.state.copy()
    state[:, 2] = 0.0
    time_s = np.where(part.member >= 0, heard.time_s[part.member] - epoch[:, None], 0.0)
    return state, ground.xy_m[part.anchor], airs_at(epoch), time_s


def member_sigma_s(ground: Ground, heard: Heard, part: Candidates) -> FloatArray:
    """Return by how much each member may be off by itself, shape (n, K); any value where there is none."""
    return heard.sigmas_s(part.member, ground.xy_m[part.anchor], part.state)


def slopes(ground: Ground, part: Candidates, airs_at: AirsAt) -> FloatArray:
    """Return how the moment at each neighbour, shape (n, K, 6), changes with the states."""
    _, slope = travelled(part.state, ground.xy_m[part.anchor], airs_at(part.state[:, 2]), np.zeros(part.member.shape))
    return slope


def without(candidates: Candidates, some: BoolArray) -> Candidates:
    """Return candidates without some of their members, shape (n, K)."""
    return Candidates(
        anchor=candidates.anchor,
        member=np.where(some, -1, candidates.member),
        state=candidates.state,
        covariance=candidates.covariance,
    )
