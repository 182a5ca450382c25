"""How many, from several who counted the same thing."""

from __future__ import annotations

from collections.abc import Sequence

from trucewatch.model.count import Count
from trucewatch.model.vocabulary import CountQuality

_VAGUE = frozenset({CountQuality.UNCOUNTABLE, CountQuality.OVERLAPPING, CountQuality.CONTINUOUS})


def merge(counts: Sequence[Count]) -> Count:
    """Merge counts of one event: heard and seen is one, so nothing is added up.

    At least as many as anyone is sure of; at most as many as anyone allows; the best number is that of the narrowest
    count, moved into those bounds. Where somebody gave up counting there is no upper bound.

    Args:
        counts: one or more; the order matters only between counts that are equally narrow.

    Raises:
        ValueError: no counts.
    """
    if not counts:
        raise ValueError("there is nothing to merge")
    if len(counts) == 1:
        return counts[0]
    low = max(c.low for c in counts)
    highs = [c.high for c in counts]
    high = None if any(h is None for h in highs) else max(h for h in highs if h is not None)
    narrow = sorted((c for c in counts if c.best is not None), key=_width)
    best = None if not narrow or narrow[0].best is None else max(low, narrow[0].best)
    if best is not None and high is not None:
        high = max(high, best)
    return Count(low=low, best=best, high=high, quality=_quality(counts, low, best, high))


def _width(count: Count) -> float:
    if count.high is None:
        return float("inf") if count.quality in _VAGUE else 1e6
    return float(count.high - count.low)


def _quality(counts: Sequence[Count], low: int, best: int | None, high: int | None) -> CountQuality:
    if best is None:
        return CountQuality.UNCOUNTABLE
    if high is None:
        return CountQuality.AT_LEAST
    return CountQuality.EXACT if low == high else CountQuality.ABOUT


def widened(count: Count, more: int) -> Count:
    """Return a count whose upper bound allows for rounds that a shared report speaks of beyond those located."""
    if more <= 0 or count.high is None:
        return count
    return Count(low=count.low, best=count.best, high=count.high + more, quality=CountQuality.ABOUT)
