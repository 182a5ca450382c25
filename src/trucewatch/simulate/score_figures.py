"""Shares, means, quantiles and rates as figures with intervals, and with the sums that later runs are compared by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.score import Better, Figure
from trucewatch.simulate.score_intervals import poisson, quantile_interval, ratio_interval, wilson
from trucewatch.simulate.score_span import Span

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def share(
    name: str, came: BoolArray, block: IntArray, span: Span, better: Better, level: float | None = None
) -> Figure:
    """Return the share of true flags, with its Wilson interval."""
    k, n = int(came.sum()), len(came)
    low, high = wilson(k, n) if n else (None, None)
    return Figure(
        name=name,
        value=k / n if n else None,
        low=low,
        high=high,
        n=n,
        unit="",
        better=better,
        level=level,
        interval="wilson" if n else "",
        sums=_rows(block_sums(came.astype(np.float64), np.ones(n), block, span.n_blocks)),
    )


def mean(name: str, values: FloatArray, block: IntArray, span: Span, unit: str, better: Better = "lower") -> Figure:
    """Return a mean, with its bootstrap interval over blocks."""
    return of_sums(
        name, block_sums(values, np.ones(len(values)), block, span.n_blocks), len(values), span, unit, better
    )


def of_sums(
    name: str, sums: FloatArray, n: int, span: Span, unit: str, better: Better = "lower", power: float = 1.0
) -> Figure:
    """Return a root of a ratio of sums over blocks, with its bootstrap interval."""
    above, below = sums.sum(axis=0)
    bounds = ratio_interval(sums, span.drawn, power)
    return Figure(
        name=name,
        value=float((above / below) ** (1 / power)) if below > 0 else None,
        low=None if bounds is None else bounds[0],
        high=None if bounds is None else bounds[1],
        n=n,
        unit=unit,
        better=better,
        interval="bootstrap" if bounds is not None else "",
        sums=_rows(sums),
        power=power,
    )


def quantile(name: str, values: FloatArray, block: IntArray, span: Span, at: float, unit: str) -> Figure:
    """Return a quantile, with its bootstrap interval over blocks."""
    bounds = quantile_interval(values, block, at, span.drawn) if len(values) else None
    return Figure(
        name=name,
        value=float(np.quantile(values, at)) if len(values) else None,
        low=None if bounds is None else bounds[0],
        high=None if bounds is None else bounds[1],
        n=len(values),
        unit=unit,
        better="lower",
        interval="bootstrap" if bounds is not None else "",
    )


def daily_rate(name: str, block: IntArray, span: Span) -> Figure:
    """Return how many a day, with the exact Poisson interval."""
    low, high = poisson(len(block), span.days)
    edges = span.block_s * (span.first_block + np.arange(span.n_blocks + 1))
    exposure = np.diff(np.clip(edges, span.start_s, span.end_s)) / 86_400.0
    counts = np.bincount(block, minlength=span.n_blocks).astype(np.float64)
    return Figure(
        name=name,
        value=len(block) / span.days,
        low=low,
        high=high,
        n=len(block),
        unit="a day",
        better="lower",
        interval="poisson",
        sums=_rows(np.stack((counts, exposure), axis=1)),
    )


def block_sums(above: FloatArray, below: FloatArray, block: IntArray, n_blocks: int) -> FloatArray:
    """Return the sums of numerators and denominators of each block, shape (n_blocks, 2)."""
    totals = [np.bincount(block, weights=w, minlength=n_blocks) for w in (above, below)]
    return np.stack(totals, axis=1).astype(np.float64)


def _rows(sums: FloatArray) -> tuple[tuple[float, float], ...]:
    return tuple((float(a), float(b)) for a, b in sums)
