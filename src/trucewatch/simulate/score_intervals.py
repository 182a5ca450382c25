"""Intervals of figures: shares, rates, and whatever is resampled over blocks of time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LADDER_S = (86_400.0, 21_600.0, 3_600.0, 600.0, 60.0)
"""lengths of blocks, the longest that leaves LEAST_BLOCKS is taken: events of one day share weather and faults"""
MOST_BLOCKS = 1500
"""a day of minutes: more would only cost time"""
LEAST_BLOCKS = 8
"""percentiles of a bootstrap over fewer blocks are far too narrow (Efron and Tibshirani 1993, chapter 13)"""


def wilson(k: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Return the interval of a share of k in n.

    References:
        Wilson 1927, J. Am. Stat. Assoc. 22, 209.
    """
    p, z2 = k / n, z * z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # At none and at all one end is 0 or 1 in exact arithmetic.
    return (max(0.0, middle - half) if k else 0.0), (min(1.0, middle + half) if k < n else 1.0)


def poisson(n: int, exposure: float) -> tuple[float, float]:
    """Return the exact 95 per cent interval of a rate, n events in an exposure.

    References:
        Garwood 1936, Biometrika 28, 437.
    """
    low = 0.0 if n == 0 else float(chi2.ppf(0.025, 2 * n)) / 2
    return low / exposure, float(chi2.ppf(0.975, 2 * n + 2)) / 2 / exposure


def block_length_s(time_s: FloatArray, span_s: float) -> float:
    """Return the longest length of the ladder that leaves enough blocks with something in them.

    Where none does, the shortest that cuts the span into no more than MOST_BLOCKS.
    """
    short_enough = [length for length in LADDER_S if length == LADDER_S[0] or span_s / length <= MOST_BLOCKS]
    for length in short_enough:
        if len(np.unique(np.floor(time_s / length))) >= LEAST_BLOCKS:
            return length
    return short_enough[-1]


def draws(n_blocks: int, resamples: int, seed: int) -> FloatArray:
    """Return how often each block is drawn, shape (resamples, n_blocks)."""
    chances = np.full(n_blocks, 1.0 / n_blocks)
    return np.random.default_rng(seed).multinomial(n_blocks, chances, size=resamples).astype(np.float64)


def percentile_interval(values: FloatArray, level: float = 0.95) -> tuple[float, float] | None:
    """Return the interval that holds the middle of resampled values; None where fewer than half are defined."""
    finite = values[np.isfinite(values)]
    if len(finite) * 2 < len(values) or not len(finite):
        return None
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def ratio_interval(sums: FloatArray, drawn: FloatArray, power: float = 1.0) -> tuple[float, float] | None:
    """Return the bootstrap interval of a ratio of sums.

    Args:
        sums: numerator and denominator of each block, shape (n_blocks, 2).
        drawn: how often each block is drawn, shape (resamples, n_blocks).
        power: of which the ratio's root is taken.
    """
    if np.count_nonzero(sums[:, 1]) < LEAST_BLOCKS:
        return None
    return percentile_interval(resampled_ratio(sums, drawn, power))


def resampled_ratio(sums: FloatArray, drawn: FloatArray, power: float = 1.0) -> FloatArray:
    """Return a ratio of sums in each resample, NaN where its denominator is 0; shape (resamples,)."""
    totals = drawn @ sums
    safe = np.where(totals[:, 1] > 0, totals[:, 1], np.nan)
    ratio: FloatArray = np.maximum(totals[:, 0] / safe, 0.0) ** (1.0 / power)
    return ratio


def quantile_interval(
    values: FloatArray, block: IntArray, share: float, drawn: FloatArray
) -> tuple[float, float] | None:
    """Return the bootstrap interval of a quantile over blocks.

    Args:
        values: shape (n,).
        block: to which block each belongs, shape (n,).
        share: of the quantile, 0 to 1.
        drawn: how often each block is drawn, shape (resamples, n_blocks).
    """
    if len(np.unique(block)) < LEAST_BLOCKS:
        return None
    order = np.argsort(values, kind="stable")
    ranked, of = values[order], block[order]
    found = np.full(len(drawn), np.nan)
    for n, times in enumerate(drawn):
        mass = np.cumsum(times[of])
        if mass[-1] > 0:
            found[n] = ranked[np.searchsorted(mass, share * mass[-1])]
    return percentile_interval(found)
