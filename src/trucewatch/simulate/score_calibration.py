"""Do probabilities mean what they say: Brier score and its parts, log score, reliability, calibration error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from trucewatch.model.score import Calibration, ReliabilityBin
from trucewatch.simulate.score_intervals import wilson

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_LEAST_P = 1e-6
"""probabilities are taken as no nearer to 0 and 1 than this in the log score, which one wrong certainty would make
infinite"""


def equal_mass(p: FloatArray, n_bins: int) -> IntArray:
    """Return the bin of each forecast: bins hold about equally many, and equal forecasts share a bin; shape (n,).

    A value goes where the middle of its mass lies, so that a lump of equal forecasts has a bin of its own.
    """
    _, value, size = np.unique(p, return_inverse=True, return_counts=True)
    middle = (np.cumsum(size) - size / 2) / len(p)
    number = np.minimum((middle * n_bins).astype(np.int64), n_bins - 1)
    return np.unique(number, return_inverse=True)[1].astype(np.int64)[value]


def calibration(of: str, p: FloatArray, came_true: BoolArray, *, n_bins: int) -> Calibration | None:
    """Return how well forecasts are calibrated; None where there are none.

    Args:
        of: what they are of.
        p: forecasts, 0 to 1, shape (n,).
        came_true: what happened, shape (n,).
        n_bins: of equal mass.

    References:
        Murphy 1973, J. Appl. Meteorol. 12, 595 (parts of the Brier score); Stephenson, Coelho, Jolliffe 2008, Weather
        Forecast. 23, 752 (variance within bins); Kumar, Liang, Ma 2019, NeurIPS 32, section 5 (bias of calibration
        error).
    """
    if not len(p):
        return None
    outcome = came_true.astype(np.float64)
    number = equal_mass(p, n_bins)
    n = np.bincount(number).astype(np.float64)
    forecast, share = np.bincount(number, weights=p) / n, np.bincount(number, weights=outcome) / n
    off_p, off_o = p - forecast[number], outcome - share[number]
    within = float(np.mean(off_p**2) - 2 * np.mean(off_p * off_o))
    base = float(outcome.mean())
    weight = n / len(p)
    clipped = np.clip(p, _LEAST_P, 1 - _LEAST_P)
    return Calibration(
        of=of,
        n=len(p),
        brier=float(np.mean((p - outcome) ** 2)),
        reliability=float(weight @ (forecast - share) ** 2),
        resolution=float(weight @ (share - base) ** 2) - within,
        uncertainty=base * (1 - base),
        log_score=float(-np.mean(np.where(came_true, np.log(clipped), np.log1p(-clipped)))),
        ece=float(weight @ np.abs(forecast - share)),
        ece_debiased=float(debiased_ece(n, n * forecast, n * share)),
        ece_if_calibrated=float(weight @ np.sqrt(2 * forecast * (1 - forecast) / (np.pi * n))),
        bins=tuple(_bin(p[number == k], came_true[number == k]) for k in range(len(n))),
    )


def _bin(p: FloatArray, came_true: BoolArray) -> ReliabilityBin:
    low, high = wilson(int(came_true.sum()), len(p))
    return ReliabilityBin(
        n=len(p),
        least_p=float(p.min()),
        most_p=float(p.max()),
        mean_p=float(p.mean()),
        share=float(came_true.mean()),
        low=low,
        high=high,
    )


def debiased_ece(n: FloatArray, sum_p: FloatArray, sum_true: FloatArray) -> FloatArray:
    """Return expected calibration error less its estimated bias, never below 0.

    A bin of n forecasts has a share with an error of sqrt(s (1 - s) / n) even where all are right, and its absolute
    distance from the mean forecast is too large on average. The bias is what a normal error of that size adds to the
    distance found (a folded normal), and is taken off once.

    Args:
        n: forecasts in each bin, shape (..., k).
        sum_p: of their probabilities, shape (..., k).
        sum_true: how many came true, shape (..., k).

    Returns:
        Shape (...).
    """
    some = np.maximum(n, 1e-12)
    away = np.abs(sum_p - sum_true) / some
    share = np.clip(sum_true / some, 0.0, 1.0)
    # Where all or none came true no error can be estimated, and nothing is taken off.
    sigma = np.maximum(np.sqrt(share * (1 - share) / np.maximum(n, 1.0)), 1e-12)
    folded = sigma * np.sqrt(2 / np.pi) * np.exp(-((away / sigma) ** 2) / 2) + away * (1 - 2 * norm.cdf(-away / sigma))
    total = np.sum(n, axis=-1)
    less: FloatArray = np.sum(n * (2 * away - folded), axis=-1) / np.maximum(total, 1e-12)
    return np.maximum(less, 0.0)
