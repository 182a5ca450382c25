"""Which claim stands for which event: the best one-to-one assignment over sparse pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_DENSE_CELLS = 4_000_000
"""largest component that is solved as a full matrix (32 MB)"""


def components(row: IntArray, column: IntArray) -> IntArray:
    """Return for each pair the number of the connected component that it lies in, shape (n,)."""
    if not len(row):
        return np.zeros(0, dtype=np.int64)
    n_rows, n_columns = int(row.max()) + 1, int(column.max()) + 1
    size = n_rows + n_columns
    graph = coo_array((np.ones(len(row), dtype=np.int8), (row, column + n_rows)), shape=(size, size))
    return connected_components(graph, directed=False)[1][row].astype(np.int64)


def best_assignment(row: IntArray, column: IntArray, gain: FloatArray) -> BoolArray:
    """Choose pairs so that no row and no column is used twice and the sum of gains is largest.

    Pairs fall into components that share no row and no column; each is solved by itself, so the cost grows with the
    number of pairs and not with rows times columns.

    Args:
        row: of each pair, shape (n,); no pair comes twice.
        column: of each pair, shape (n,).
        gain: of each pair, > 0, shape (n,).

    Returns:
        Which pairs are chosen, shape (n,).

    References:
        Crouse 2016, IEEE Trans. Aerosp. Electron. Syst. 52, 1679 (as in scipy); Jonker and Volgenant 1987,
        Computing 38, 325.
    """
    label = components(row, column)
    size = np.bincount(label)
    chosen = np.zeros(len(row), dtype=np.bool_)
    chosen[size[label] == 1] = True
    order = np.argsort(label, kind="stable")
    ends = np.cumsum(size)
    for k in np.flatnonzero(size > 1):
        part = order[ends[k] - size[k] : ends[k]]
        chosen[part[_solve(row[part], column[part], gain[part])]] = True
    return chosen


def most_then_nearest(row: IntArray, column: IntArray, cost: FloatArray) -> BoolArray:
    """Choose as many pairs as can be, and among such choices the one with the smallest sum of costs (>= 0)."""
    label = components(row, column)
    if not len(label):
        return np.zeros(0, dtype=np.bool_)
    # One pair more is worth more than all costs of its component together.
    worth = 1.0 + np.bincount(label, weights=cost)
    return best_assignment(row, column, worth[label] - cost)


def _solve(row: IntArray, column: IntArray, gain: FloatArray) -> IntArray:
    if (row == row[0]).all() or (column == column[0]).all():
        return np.array([np.argmax(gain)], dtype=np.int64)
    rows, r = np.unique(row, return_inverse=True)
    columns, c = np.unique(column, return_inverse=True)
    if len(rows) * len(columns) > _DENSE_CELLS:
        return _solve_sparse(r, c, gain, (len(rows), len(columns)))
    value = np.zeros((len(rows), len(columns)))
    at = np.full(value.shape, -1, dtype=np.int64)
    value[r, c], at[r, c] = gain, np.arange(len(gain))
    found = at[linear_sum_assignment(value, maximize=True)]
    return found[found >= 0]


def _solve_sparse(r: IntArray, c: IntArray, gain: FloatArray, shape: tuple[int, int]) -> IntArray:
    """Solve a component without its full matrix: each row may also take a column of its own, which gains nothing."""
    n_rows, n_columns = shape
    most = 2.0 * float(gain.max())
    own = np.arange(n_rows)
    weight = np.concatenate((most - gain, np.full(n_rows, most)))
    at = (np.concatenate((r, own)), np.concatenate((c, n_columns + own)))
    matched = min_weight_full_bipartite_matching(csr_array((weight, at), shape=(n_rows, n_columns + n_rows)))
    number = csr_array((np.arange(1, len(gain) + 1), (r, c)), shape=(n_rows, n_columns + n_rows))
    found = np.asarray(number[matched[0], matched[1]]).ravel().astype(np.int64) - 1
    return found[found >= 0]
