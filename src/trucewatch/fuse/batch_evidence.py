"""Whether each of many candidates was an impulse or an agreement of chance: log-odds in batches.

The same sum as for one impulse at a time: how much better it predicts each onset than the rate of unexplained onsets of
that sensor around that moment, what hearing and silence say of the size of the source, and the room that arrival times
leave, with the air's error integrated out, times how dense impulses are beforehand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from trucewatch.fuse.candidates import AirsAt, Candidates, member_sigma_s, residuals, residuals_s
from trucewatch.fuse.field import BoolArray, FloatArray, Ground, Heard, IntArray

_CHUNK = 512
_HUBER = 2.5
_FLOOR = 1e-3


class Hearing(Protocol):
    """How probably sensors hear sources of several sizes."""

    @property
    def weights(self) -> FloatArray:
        """Prior of the sizes, shape (n_sizes,), sum 1."""

    def p_hear(self, station: IntArray, away_m: FloatArray, toward_deg: FloatArray, at_s: FloatArray) -> FloatArray:
        """Return the probability that stations (n, K) hear each size, shape (n_sizes, n, K).

        Args:
            station: indices, -1 for none (then any value).
            away_m: how far each is from the source, the same shape.
            toward_deg: its bearing from there, the same shape.
            at_s: when, shape (n,), as onsets count seconds.
        """

    def listens(self, station: IntArray, at_s: FloatArray) -> BoolArray:
        """Say of which stations (n, K), -1 for none, silence says something; `at_s` has shape (n,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What holds before any onset is looked at."""

    density_m2_s: float
    """impulses a square metre and second"""
    usual_rate_hz: float
    """onsets of one sensor that nothing explains, where nothing is known of it"""
    reach_m: float
    """farthest that any impulse is heard"""
    p_follows: float
    """probability that a round is followed by another from the same place"""
    salvo_gap_s: float
    """within this time"""
    silence_cap: float
    """largest probability of detection that silence is weighed with"""


def log_odds(
    ground: Ground,
    heard: Heard,
    rate_hz: FloatArray,
    candidates: Candidates,
    airs_at: AirsAt,
    hearing: Hearing,
    prior: Prior,
    density_m2_s: FloatArray,
) -> FloatArray:
    """Return the log-odds of each candidate, shape (n,).

    Args:
        ground: stations.
        heard: all onsets.
        rate_hz: what chance offers at each onset, shape (n_onsets,).
        candidates: settled.
        airs_at: the air.
        hearing: who hears what.
        prior: beforehand.
        density_m2_s: of impulses where and when each candidate is, shape (n,).
    """
    rows = [np.arange(a, min(a + _CHUNK, len(candidates))) for a in range(0, len(candidates), _CHUNK)]
    parts = [
        _agreement(ground, heard, rate_hz, candidates.of(at), airs_at)
        + _pattern(ground, candidates.of(at), hearing, prior)
        + np.log(density_m2_s[at])
        + _log_room(candidates.of(at), airs_at, prior)
        for at in rows
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _agreement(ground: Ground, heard: Heard, rate_hz: FloatArray, part: Candidates, airs_at: AirsAt) -> FloatArray:
    late = residuals_s(ground, heard, part, airs_at)
    sigma_s = member_sigma_s(ground, heard, part)
    z = np.abs(late / sigma_s)
    cost = np.where(z <= _HUBER, z**2 / 2, _HUBER * z - _HUBER**2 / 2)
    gain = -cost - np.log(sigma_s * rate_hz[part.member]) - 0.5 * math.log(2 * math.pi)
    return np.asarray(np.where(part.member >= 0, gain, 0.0).sum(axis=1), dtype=np.float64)


def _pattern(ground: Ground, part: Candidates, hearing: Hearing, prior: Prior) -> FloatArray:
    """Return the log of the marginal likelihood, over sizes, of who heard each candidate and who did not."""
    of_size = _of_size(ground, part, _p_hear(ground, part, hearing), hearing, prior)
    most = of_size.max(axis=0)
    return np.asarray(most + np.log(np.exp(of_size - most).sum(axis=0)), dtype=np.float64)


def _p_hear(ground: Ground, part: Candidates, hearing: Hearing) -> FloatArray:
    station = ground.hood[part.anchor]
    east = ground.xy_m[part.anchor, :, 0] - part.state[:, None, 0]
    north = ground.xy_m[part.anchor, :, 1] - part.state[:, None, 1]
    toward = np.degrees(np.arctan2(east, north))
    toward[toward < 0.0] += 360.0
    return hearing.p_hear(station, np.sqrt(east**2 + north**2), toward, part.state[:, 2])


def _of_size(ground: Ground, part: Candidates, p: FloatArray, hearing: Hearing, prior: Prior) -> FloatArray:
    """Return the log of the joint probability of each size and of who heard, shape (n_sizes, n)."""
    has = part.member >= 0
    quiet = ~has & hearing.listens(ground.hood[part.anchor], part.state[:, 2])
    # One logarithm each: of who heard it, of who listened and did not, and of 1 for the others.
    says = p * np.where(has, 1.0, np.where(quiet, -prior.silence_cap, 0.0))
    says += ~has
    np.maximum(says, _FLOOR, out=says)
    np.log(says, out=says)
    return np.asarray(says.sum(axis=-1) + np.log(hearing.weights)[:, None], dtype=np.float64)


def p_members(
    ground: Ground,
    heard: Heard,
    rate_hz: FloatArray,
    candidates: Candidates,
    airs_at: AirsAt,
    hearing: Hearing,
    prior: Prior,
) -> FloatArray:
    """Return the probability that each member is the impulse and not chance, shape (n, K), 0 where there is none.

    A sensor that would hardly hear the impulse, and has an onset somewhere near its moment, has more often another one.
    """
    rows = [np.arange(a, min(a + _CHUNK, len(candidates))) for a in range(0, len(candidates), _CHUNK)]
    parts = [_p_members(ground, heard, rate_hz, candidates.of(at), airs_at, hearing, prior) for at in rows]
    return np.concatenate(parts) if parts else np.zeros(candidates.member.shape)


def _p_members(
    ground: Ground,
    heard: Heard,
    rate_hz: FloatArray,
    part: Candidates,
    airs_at: AirsAt,
    hearing: Hearing,
    prior: Prior,
) -> FloatArray:
    p = _p_hear(ground, part, hearing)
    of_size = _of_size(ground, part, p, hearing, prior)
    share = np.exp(of_size - of_size.max(axis=0))
    p_heard = np.einsum("sn,snk->nk", share / share.sum(axis=0), p)
    late, left = residuals(ground, heard, part, airs_at)
    sigma_s = member_sigma_s(ground, heard, part)
    # Against what all others predict: off by late / left, give or take sigma / sqrt(left).
    density = np.exp(-0.5 * (late / sigma_s) ** 2 / left) * np.sqrt(left) / (math.sqrt(2 * math.pi) * sigma_s)
    impulse = p_heard * density
    chance = (1.0 - p_heard) * rate_hz[part.member]
    return np.asarray(np.where(part.member >= 0, impulse / (impulse + chance + 1e-300), 0.0), dtype=np.float64)


def _log_room(part: Candidates, airs_at: AirsAt, prior: Prior) -> FloatArray:
    """Return the log of the space and time, m2 s, that each fit leaves, the air's error integrated out (Laplace).

    References:
        MacKay 2003, Information Theory, Inference and Learning Algorithms, chapter 28: Occam factors.
    """
    airs = airs_at(part.state[:, 2])
    sigma = np.maximum(airs.sigma_m_s, 1e-3)
    off = part.state[:, 3:].copy()
    off[:, 1:] -= airs.wind_m_s
    off /= sigma
    precision = np.linalg.inv(part.covariance)
    precision[:, [0, 1], [0, 1]] += 1.0 / prior.reach_m**2
    _, log_precision = np.linalg.slogdet(precision)
    log_volume = 1.5 * math.log(2 * math.pi) - 0.5 * log_precision - np.log(sigma).sum(axis=1)
    return np.asarray(log_volume - 0.5 * np.einsum("ni,ni->n", off, off), dtype=np.float64)
