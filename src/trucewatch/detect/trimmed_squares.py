"""Least-trimmed squares on pairwise lags: the slowness that most pairs agree on, whatever the others say.

Every two pairs give a slowness. Each is judged by the sum of its `h` smallest squared residuals over all pairs; the
best are improved by refitting to their `h` closest pairs until nothing changes; pairs that then fit decide the rest.
One element that is wrong spoils `M - 1` of `M (M - 1)/2` pairs and is outvoted from five elements on.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import chi2

from trucewatch.detect.lags import PairLags

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_STARTS = 500
"""Starts tried; above it they are drawn, and of 500 draws of two pairs some are clean even if half of all are bad."""

KEPT_STARTS = 5
MOST_REFITS = 10
FIT_SIGMAS = 2.5
"""Pairs within this many robust standard deviations count in the last fit (Rousseeuw & Leroy 1987, chapter 1)."""

NO_SAY = 0.05
"""A pair with less than this share of the best one's weight counts like one that was left out: its places have little
in common."""

BLOCK_ELEMENTS = 4 * 2**20
"""Residuals held at once."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TrimmedFit:
    """The slowness of each window."""

    slowness_s_m: FloatArray
    """(n_windows, 2)"""
    weight: FloatArray
    """(n_windows, n_pairs): inverse variance in the last fit, 0 for pairs left out"""
    p_chance: FloatArray
    """(n_windows,): probability that lags of mere noise agree as well; large where few places leave pairs out"""


def trimmed_squares(lags: PairLags, baselines_m: FloatArray, *, keep_share: float, resolution_s: float) -> TrimmedFit:
    """Fit a slowness to the lags of every window.

    Args:
        lags: Lags and correlations, (n_windows, n_pairs).
        baselines_m: First place minus second of every pair, (n_pairs, 2).
        keep_share: Least share of pairs that must agree.
        resolution_s: Timing error below which a residual is never held against a pair.

    References:
        Rousseeuw & Van Driessen (2006), Data Min. Knowl. Discov. 12, 29-45 (fast algorithm); Bishop, Fee & Szuberla
        (2020), Geophys. J. Int. 221(3), 1751-1762 (infrasound).
    """
    # LIMIT: of four places any three fit some slowness exactly, so a wrong one among four can be noticed but not named;
    # `p_chance` then makes the direction wide. Five places name it.
    weight = pair_weight(lags.correlation)
    starts, solvers = _starts(baselines_m)
    n_kept = kept_pairs(len(baselines_m), keep_share)
    n_at_once = max(1, BLOCK_ELEMENTS // (len(starts) * len(baselines_m)))
    parts = [
        _fit(lags.lag_s[at : at + n_at_once], weight[at : at + n_at_once], baselines_m, starts, solvers, n_kept)
        for at in range(0, len(weight), n_at_once)
    ]
    slowness = np.concatenate(parts)
    return _last_fit(lags, weight, baselines_m, slowness, n_kept, resolution_s)


def pair_weight(correlation: FloatArray) -> FloatArray:
    """Return relative inverse variances of lags from their correlation, of any shape.

    References:
        Knapp & Carter 1976, IEEE Trans. Acoust. Speech Signal Process. 24, 320 (variance of a lag by coherence).
    """
    squared = np.square(np.clip(correlation, 0.05, 0.995))
    weight: FloatArray = squared / (1.0 - squared)
    return weight


def kept_pairs(n_pairs: int, keep_share: float) -> int:
    """Return how many pairs a fit is judged by: from just over half of them to all."""
    fewest = (n_pairs + 3) // 2
    return min(n_pairs, max(fewest, round(2 * fewest - n_pairs + 2 * (n_pairs - fewest) * keep_share)))


def _starts(baselines_m: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return pairs of pairs (n_starts, 2) that are not parallel, and the inverse of each (n_starts, 2, 2)."""
    every = np.array(list(combinations(range(len(baselines_m)), 2)), dtype=np.int64)
    matrix = baselines_m[every]
    area = np.abs(np.linalg.det(matrix))
    clear = area > 0.05 * np.linalg.norm(matrix, axis=2).prod(axis=1)
    # Elements on one line give no two pairs that are not parallel; least norm then leaves the slowness across at zero.
    chosen = every[clear] if clear.any() else every
    if len(chosen) > MOST_STARTS:
        chosen = chosen[np.sort(np.random.default_rng(0).choice(len(chosen), MOST_STARTS, replace=False))]
    return chosen, np.linalg.pinv(baselines_m[chosen], rcond=1e-3)


def _fit(
    lag_s: FloatArray,
    weight: FloatArray,
    baselines_m: FloatArray,
    starts: IntArray,
    solvers: FloatArray,
    n_kept: int,
) -> FloatArray:
    """Return the slowness (n_windows, 2) of least trimmed squares."""
    trial = np.einsum("kij,nkj->nki", solvers, lag_s[:, starts])
    squares = _weighted_squares(lag_s, weight, baselines_m, trial)
    cost = np.partition(squares, n_kept - 1, axis=2)[..., :n_kept].sum(axis=2)
    best = np.argsort(cost, axis=1, kind="stable")[:, :KEPT_STARTS]
    trial = np.take_along_axis(trial, best[..., None], axis=1)
    for _ in range(MOST_REFITS):
        squares = _weighted_squares(lag_s, weight, baselines_m, trial)
        closest = np.argpartition(squares, n_kept - 1, axis=2)[..., :n_kept]
        chosen = np.zeros(squares.shape)
        np.put_along_axis(chosen, closest, 1.0, axis=2)
        refitted = _least_squares(lag_s[:, None], chosen * weight[:, None], baselines_m)
        if np.allclose(refitted, trial, rtol=0.0, atol=1e-12):
            break
        trial = refitted
    squares = _weighted_squares(lag_s, weight, baselines_m, trial)
    cost = np.partition(squares, n_kept - 1, axis=2)[..., :n_kept].sum(axis=2)
    winner = cost.argmin(axis=1)
    return np.asarray(trial[np.arange(len(trial)), winner], dtype=np.float64)


def _weighted_squares(lag_s: FloatArray, weight: FloatArray, baselines_m: FloatArray, trial: FloatArray) -> FloatArray:
    """Return weighted squared residuals (n_windows, n_trials, n_pairs)."""
    residual = lag_s[:, None] - trial @ baselines_m.T
    squares: FloatArray = np.square(residual) * weight[:, None]
    return squares


def _least_squares(lag_s: FloatArray, weight: FloatArray, baselines_m: FloatArray) -> FloatArray:
    """Return weighted least-squares slowness (..., 2) of lags (..., n_pairs)."""
    normal = np.einsum("...p,pi,pj->...ij", weight, baselines_m, baselines_m)
    ridge = 1e-9 * np.trace(normal, axis1=-2, axis2=-1) + 1e-300
    normal = normal + ridge[..., None, None] * np.eye(2)
    right = np.einsum("...p,pi->...i", weight * lag_s, baselines_m)
    solved: FloatArray = np.linalg.solve(normal, right[..., None])[..., 0]
    return solved


def _last_fit(
    lags: PairLags,
    weight: FloatArray,
    baselines_m: FloatArray,
    slowness: FloatArray,
    n_kept: int,
    resolution_s: float,
) -> TrimmedFit:
    """Fit to all pairs that agree with the trimmed fit."""
    squares = np.square(lags.lag_s - slowness @ baselines_m.T) * weight
    closest = np.partition(squares, n_kept - 1, axis=1)[:, :n_kept]
    scale = consistency(n_kept / lags.lag_s.shape[1]) * closest.mean(axis=1, keepdims=True)
    limit = np.square(FIT_SIGMAS) * np.maximum(scale, np.square(resolution_s) * weight)
    kept = squares <= np.maximum(limit, closest.max(axis=1, keepdims=True))
    used = np.where(kept, weight, 0.0)
    return TrimmedFit(
        slowness_s_m=_least_squares(lags.lag_s, used, baselines_m),
        weight=used,
        p_chance=_p_chance(kept, np.sqrt(limit / weight) / lags.limit_s),
    )


def consistency(share: float) -> float:
    """Return the variance of normal residuals over the mean square of the smallest share of them.

    References:
        Croux & Haesbroeck (1999), J. Multivar. Anal. 71, 161-190 (one dimension).
    """
    return float(share / chi2.cdf(chi2.ppf(share, 1), 3)) if share < 1.0 else 1.0


def _p_chance(kept: NDArray[np.bool_], tolerance: FloatArray) -> FloatArray:
    """Return the expected number, at most 1, of sets of so many pairs that agree by chance, (n_windows,).

    Two pairs of a set choose the slowness; every other must fall within the tolerance, given as a share of the lags
    that were looked through.
    """
    n_kept = kept.sum(axis=1)
    ratio = np.log(np.clip(tolerance, 1e-6, 1.0))
    mean = np.where(kept, ratio, 0.0).sum(axis=1) / n_kept
    n_pairs = kept.shape[1]
    log_sets = gammaln(n_pairs + 1) - gammaln(n_kept + 1) - gammaln(n_pairs - n_kept + 1)
    return np.asarray(np.exp(np.minimum(log_sets + (n_kept - 2) * mean, 0.0)), dtype=np.float64)


def solver(fit: TrimmedFit, baselines_m: FloatArray, pairs: tuple[IntArray, IntArray], n_places: int) -> FloatArray:
    """Return for each window the matrix (2, n_places) that turned arrival times of places into its slowness.

    Args:
        fit: The fit.
        baselines_m: (n_pairs, 2).
        pairs: First and second place of every pair.
        n_places: Number of places.
    """
    normal = np.einsum("np,pi,pj->nij", fit.weight, baselines_m, baselines_m)
    normal = normal + (1e-9 * np.trace(normal, axis1=1, axis2=2) + 1e-300)[:, None, None] * np.eye(2)
    by_pair = np.linalg.solve(normal, np.einsum("np,pi->nip", fit.weight, baselines_m))
    incidence = np.zeros((len(baselines_m), n_places))
    every = np.arange(len(baselines_m))
    incidence[every, pairs[0]], incidence[every, pairs[1]] = 1.0, -1.0
    matrix: FloatArray = by_pair @ incidence
    return matrix


def doubted_place(fit: TrimmedFit, pairs: tuple[IntArray, IntArray], n_places: int) -> IntArray:
    """Return the place of which most pairs had no say, (n_windows,), or -1 where fewer than half of any one's had none.

    Args:
        fit: The fit.
        pairs: First and second place of every pair.
        n_places: Number of places.
    """
    out = (fit.weight <= NO_SAY * fit.weight.max(axis=1, keepdims=True)).astype(np.float64)
    count = np.stack([out[:, (pairs[0] == place) | (pairs[1] == place)].sum(axis=1) for place in range(n_places)], 1)
    worst = count.argmax(axis=1)
    return np.where(count.max(axis=1) > (n_places - 1) / 2.0, worst, -1).astype(np.int64)
