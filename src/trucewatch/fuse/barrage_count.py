"""How many rounds each place of a barrage had, from the pairs of onsets that its lag explains."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from trucewatch.fuse.barrage_flow import Flow

FloatArray = NDArray[np.float64]

_PAIR_S = 1.5
"""pairs within this lag are a round's, beyond it chance: impacts scatter by 100 m and more, and walls delay"""
_SCATTER_S = 0.35
"""how far the lags of one place's rounds scatter: impacts 100 m apart, echoes"""
_TRIMS = 3
_HEARD_SIGMA = 0.1
"""error of a count by onsets that belong to no place that was found, and by how echoes are spread (our choice)"""


def rounds_of(flow: Flow, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how many rounds came from each place, and the errors of that, shapes (n,).

    Each pair of sensors gives its excess of pairs at the lag of each place, divided by the onsets of both; what places
    add at each other's lags is solved for. The parts m of all places are then N_k (h/n)(h'/n'), where a sensor has h
    onsets a round, echoes and rounds that it did not hear among them, and n = h N in all: so N_k = m_k / (sum of m)^2,
    whatever h is.

    Args:
        flow: onsets.
        times: travel times from the places, shape (n, n_stations).
    """
    pairs = np.array(list(combinations(range(len(flow.index)), 2)))
    own = [flow.time_s[flow.station == k] for k in range(len(flow.index))]
    product = np.array([max(1.0, float(len(own[i]) * len(own[j]))) for i, j in pairs.tolist()])
    lag = times[:, pairs[:, 0]] - times[:, pairs[:, 1]]
    seen = np.array(
        [[_excess(own[i] - late, own[j]) for late, (i, j) in zip(row, pairs.tolist(), strict=True)] for row in lag]
    )
    design = _shared(lag[:, :, None] - lag.T[None])
    weight = np.tile(np.sqrt(product * (flow.end_s - flow.start_s) / (4.0 * _PAIR_S)), (len(times), 1)).ravel()
    rows, values = design.reshape(-1, len(times)) * weight[:, None], (seen / product).ravel() * weight
    kept = np.ones(len(values), dtype=np.bool_)
    for _ in range(_TRIMS):
        part, *_ = np.linalg.lstsq(rows[kept], values[kept], rcond=None)
        off = values - rows @ part
        spread = max(1.0, 1.4826 * float(np.median(np.abs(off[kept]))))
        kept = np.abs(off) <= 3.0 * spread
    if np.count_nonzero(kept) < 2 * len(times) or part.sum() <= 0.0:
        return np.zeros(len(times)), np.zeros(len(times))
    # Pairs share their sensors: as many are independent as there are sensors.
    shared = len(pairs) / len(flow.index)
    covariance = np.linalg.pinv(rows[kept].T @ rows[kept]) * spread**2 * shared
    total = float(part.sum())
    n = part / total**2
    slope = np.eye(len(part)) / total**2 - 2.0 * part[:, None] / total**3
    sigma = np.sqrt(np.diag(slope @ covariance @ slope.T) + (_HEARD_SIGMA * n) ** 2)
    # No sensor heard fewer onsets than there were rounds, were all of them of these places: some place was not found.
    most = float(max(len(t) for t in own))
    over = float(n.sum()) / most
    if over > 1.0:
        n, sigma = n / over, np.maximum(sigma, n / 4.0) / over
    return n, sigma


def _shared(apart_s: FloatArray) -> FloatArray:
    """Return what rounds of one place add to the excess at the lag of another, so many seconds apart."""
    within = ndtr((_PAIR_S - apart_s) / _SCATTER_S) - ndtr((-_PAIR_S - apart_s) / _SCATTER_S)
    wider = ndtr((2 * _PAIR_S - apart_s) / _SCATTER_S) - ndtr((-2 * _PAIR_S - apart_s) / _SCATTER_S)
    return np.asarray(2.0 * within - wider, dtype=np.float64)


def _excess(one: FloatArray, other: FloatArray) -> float:
    """Return pairs of onsets at one moment, less those that chance has at neighbouring lags."""
    near = _pairs(one, other, -_PAIR_S, _PAIR_S)
    before, after = _pairs(one, other, -2 * _PAIR_S, -_PAIR_S), _pairs(one, other, _PAIR_S, 2 * _PAIR_S)
    return float(near - before - after)


def _pairs(one: FloatArray, other: FloatArray, low: float, high: float) -> int:
    return int((np.searchsorted(other, one + high) - np.searchsorted(other, one + low)).sum())
