"""Figures of place, time, number and delay, and of both sets together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.score import Figure, ScoreSettings
from trucewatch.simulate import score_figures as figures
from trucewatch.simulate.score_columns import seconds
from trucewatch.simulate.score_gospa import paired
from trucewatch.simulate.score_matching import Matching
from trucewatch.simulate.score_pairs import radius2
from trucewatch.simulate.score_span import Span

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

REGIONS = (0.5, 0.9, 0.95)
ERROR_SHARES = (*(k / 50 for k in range(1, 50)), 0.99)
"""at which the distribution of location errors is kept"""


def place_figures(m: Matching, span: Span) -> list[Figure]:
    """Return location error and how often regions hold the truth, over found events."""
    claim = np.flatnonzero(m.true)
    pair = m.pair_of_claim[claim]
    block = span.block(m.claims.time_s[claim])
    error, region2 = m.pairs.distance_m[pair], m.pairs.region2[pair]
    squares = figures.block_sums(error**2, np.ones(len(error)), block, span.n_blocks)
    out = [
        figures.quantile("location_error_median", error, block, span, 0.5, "m"),
        figures.quantile("location_error_p90", error, block, span, 0.9, "m"),
        figures.of_sums("location_error_rms", squares, len(error), span, "m", power=2.0),
    ]
    held = [(level, region2 <= radius2(level)) for level in REGIONS]
    return out + [figures.share(f"region_{level:.0%}".rstrip("%"), h, block, span, "level", level) for level, h in held]


def error_distribution(m: Matching) -> tuple[tuple[float, float], ...]:
    """Return shares of found events and the location error that each does not exceed, metres."""
    error = m.pairs.distance_m[m.pair_of_claim[m.true]]
    if not len(error):
        return ()
    return tuple((s, float(q)) for s, q in zip(ERROR_SHARES, np.quantile(error, ERROR_SHARES), strict=True))


def time_figures(m: Matching, span: Span) -> list[Figure]:
    """Return how far times are off, and how long after an event's end it was first claimed."""
    claim = np.flatnonzero(m.true)
    timed = claim[m.events.timed[m.event_of_claim[claim]]]
    gap = m.pairs.gap_s[m.pair_of_claim[timed]]
    said = np.array([c for c in timed if m.claims.claims[c].first_claimed_utc is not None], dtype=np.int64)
    delay = np.array([_delay_s(m, int(c)) for c in said])
    blocks = span.block(m.claims.time_s[timed]), span.block(m.claims.time_s[said])
    return [
        figures.quantile("time_error_p90", gap, blocks[0], span, 0.9, "s"),
        figures.quantile("delay_median", delay, blocks[1], span, 0.5, "s"),
        figures.quantile("delay_p90", delay, blocks[1], span, 0.9, "s"),
    ]


def _delay_s(m: Matching, claim: int) -> float:
    first = m.claims.claims[claim].first_claimed_utc
    assert first is not None  # noqa: S101 - the caller has chosen claims that say
    return seconds(first) - float(m.events.end_s[m.event_of_claim[claim]])


def count_figures(m: Matching, span: Span) -> list[Figure]:
    """Return how far counts are off, and how often their bounds hold the true one, over found events."""
    said = [
        (c, m.events.events[m.event_of_claim[c]].count, count)
        for c in np.flatnonzero(m.true)
        if (count := m.claims.claims[c].count) is not None
    ]
    block = span.block(m.claims.time_s[np.array([c for c, _, _ in said], dtype=np.int64)])
    held = np.array([k.low <= n and (k.high is None or n <= k.high) for _, n, k in said], dtype=np.bool_)
    best = np.array([k.best is not None for _, _, k in said], dtype=np.bool_)
    off = np.array([abs(k.best - n) for _, n, k in said if k.best is not None], dtype=np.float64)
    return [
        figures.share("count_held", held, block, span, "higher"),
        figures.share("count_right", off == 0, block[best], span, "higher"),
        figures.mean("count_error", off, block[best], span, ""),
    ]


def gospa_figures(m: Matching, span: Span, settings: ScoreSettings) -> list[Figure]:
    """Return GOSPA of claims that count against events that are not innocent, as the root of its square per event.

    The distance of a pair is the root of squared distance in place and squared distance in time, a second being worth
    match_m / match_s metres; alpha and p are 2. A claim that is neither true nor false (rule 7) is left out.
    """
    event_in = ~m.events.innocent
    claim_in = m.true | m.false
    kept = np.flatnonzero(event_in[m.pairs.event] & claim_in[m.pairs.claim])
    distance = np.hypot(m.pairs.distance_m[kept], m.pairs.gap_s[kept] * settings.match_m / settings.match_s)
    event, claim = m.pairs.event[kept], m.pairs.claim[kept]
    joined = paired(event, claim, distance, cutoff=settings.match_m, p=2.0)
    alone = settings.match_m**2 / 2
    lone_event, lone_claim = event_in.copy(), claim_in.copy()
    lone_event[event[joined]] = False
    lone_claim[claim[joined]] = False
    parts = {
        "localisation": (distance[joined] ** 2, m.events.start_s[event[joined]]),
        "missed": (np.full(int(lone_event.sum()), alone), m.events.start_s[lone_event]),
        "false": (np.full(int(lone_claim.sum()), alone), m.claims.time_s[lone_claim]),
    }
    n, starts = int(event_in.sum()), span.block(m.events.start_s[event_in])
    below = np.bincount(starts, minlength=span.n_blocks).astype(np.float64)
    above = {k: np.bincount(span.block(t), weights=v, minlength=span.n_blocks) for k, (v, t) in parts.items()}
    sums = {"gospa": sum(above.values(), np.zeros(span.n_blocks)), **{f"gospa_{k}": v for k, v in above.items()}}
    return [figures.of_sums(k, np.stack((v, below), axis=1), n, span, "m", power=2.0) for k, v in sums.items()]
