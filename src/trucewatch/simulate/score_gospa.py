"""GOSPA and OSPA: how far two sets of points are from each other, place and number together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from trucewatch.simulate.score_assignment import best_assignment

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gospa:
    """The metric and its three parts; distance ** p = localisation + missed + false."""

    distance: float
    localisation: float
    """sum of d ** p over the pairs"""
    missed: float
    """c ** p / 2 for each point of the truth without a pair"""
    false: float
    """c ** p / 2 for each estimate without a pair"""
    n_paired: int


def gospa(truth: FloatArray, estimate: FloatArray, *, cutoff: float, p: float = 2.0) -> Gospa:
    """Return GOSPA with alpha = 2 between two sets of points, with Euclidean distance.

    Args:
        truth: shape (n, d).
        estimate: shape (m, d).
        cutoff: c > 0; points farther apart than this are never paired.
        p: >= 1; the larger, the more outliers cost.

    References:
        Rahmathullah, Garcia-Fernandez, Svensson 2017, FUSION, definition 1 and proposition 1 (equation 5).
    """
    if not (len(truth) and len(estimate)):
        return from_pairs(_NONE, _NONE, np.zeros(0), len(truth), len(estimate), cutoff=cutoff, p=p)
    near = cKDTree(truth).sparse_distance_matrix(cKDTree(estimate), cutoff, output_type="ndarray")
    near = near[np.lexsort((near["j"], near["i"]))]
    i, j, d = near["i"].astype(np.int64), near["j"].astype(np.int64), near["v"].astype(np.float64)
    return from_pairs(i, j, d, len(truth), len(estimate), cutoff=cutoff, p=p)


_NONE: IntArray = np.zeros(0, dtype=np.int64)


def from_pairs(
    row: IntArray, column: IntArray, distance: FloatArray, n_truth: int, n_estimate: int, *, cutoff: float, p: float
) -> Gospa:
    """Return GOSPA where the distances below the cut-off are known pair by pair, all others being beyond it."""
    used = paired(row, column, distance, cutoff=cutoff, p=p)
    localisation = float(np.sum(distance[used] ** p))
    n_paired = len(used)
    alone = cutoff**p / 2
    missed, false = alone * (n_truth - n_paired), alone * (n_estimate - n_paired)
    total = localisation + missed + false
    return Gospa(distance=total ** (1 / p), localisation=localisation, missed=missed, false=false, n_paired=n_paired)


def paired(row: IntArray, column: IntArray, distance: FloatArray, *, cutoff: float, p: float) -> IntArray:
    """Return the positions of the pairs that GOSPA joins: each saves c ** p - d ** p against two left alone."""
    near = np.flatnonzero(distance < cutoff)
    gain = cutoff**p - distance[near] ** p
    positive = gain > 0
    near, gain = near[positive], gain[positive]
    chosen: IntArray = near[best_assignment(row[near], column[near], gain)]
    return chosen


def ospa(truth: FloatArray, estimate: FloatArray, *, cutoff: float, p: float = 2.0) -> float:
    """Return OSPA between two sets of points, shape (n, d) and (m, d); 0 where both are empty.

    References:
        Schuhmacher, Vo, Vo 2008, IEEE Trans. Signal Process. 56, 3447, equations 2 and 3.
    """
    few, many = sorted((len(truth), len(estimate)))
    if many == 0:
        return 0.0
    if few == 0:
        return cutoff
    cost = np.minimum(cdist(truth, estimate), cutoff) ** p
    least = float(cost[linear_sum_assignment(cost)].sum())
    return float(((least + cutoff**p * (many - few)) / many) ** (1 / p))
