"""The highest point of a beam over a slowness grid, and where it lies between the nodes."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.slowness import Grid

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
IntArray = NDArray[np.int64]

BLOCK_BYTES = 64 * 2**20
"""Largest steering table, or block of beams, in memory at once."""

SEGMENTS = 8
"""Pieces into which a row of a Cartesian grid is cut when its regions are searched for a second peak."""

FINER_STEPS = (1.0, 0.5, 0.25)
"""Spacing, in cells, of the parabolas through which a peak is placed: each mends what a wider one misses."""

MOST_CELLS_ALONG = 4.0
"""Cells from its node that a peak may lie: cells that are long one way leave a ridge's top some cells off the other."""

MOST_STEPS_UPHILL = 4
"""Cells that double precision may move a peak found in single precision, or the top of a region."""


class BeamMap(Protocol):
    """A beam of every window over slowness; larger is better."""

    @property
    def n_windows(self) -> int:
        """Windows it holds."""
        ...

    @property
    def bytes_a_node(self) -> int:
        """Working memory of `over` for one node."""
        ...

    def over(self, slowness_s_m: FloatArray) -> Float32Array:
        """Return beams (n_windows, n_nodes) up to one scale and, within a window, one constant."""
        ...

    def at(self, slowness_s_m: FloatArray, window: IntArray) -> FloatArray:
        """Return the beam (n,) of the windows numbered (n,) at one slowness (n, 2) each, in double precision."""
        ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Regions:
    """The highest node of every region of a grid; regions are rows of a polar grid, pieces of rows of a Cartesian."""

    value: Float32Array
    """(n_windows, n_rows, n_pieces)"""
    node: IntArray
    """flat node numbers, the same shape"""

    def best(self) -> IntArray:
        """Return the highest node of each window, (n_windows,)."""
        flat = self.value.reshape(len(self.value), -1).argmax(axis=1)
        chosen: IntArray = self.node.reshape(len(self.node), -1)[np.arange(len(flat)), flat]
        return chosen


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Peak:
    """Where a beam is highest; every array has one row for each peak asked for."""

    node: IntArray
    slowness_s_m: FloatArray
    """(n, 2)"""
    value: FloatArray
    is_local_maximum: NDArray[np.bool_]
    """no neighbouring node is higher"""


def _pieces(grid: Grid) -> list[tuple[int, int]]:
    n_row = grid.shape[1]
    n_pieces = 1 if grid.periodic[0] else min(SEGMENTS, n_row // 3)
    edges = np.linspace(0, n_row, n_pieces + 1).round().astype(int).tolist()
    return list(pairwise(edges))


def search(beam: BeamMap, grid: Grid) -> Regions:
    """Evaluate a beam at every node and keep the highest of every region."""
    n_rows, n_columns = grid.shape
    pieces = _pieces(grid)
    value = np.empty((beam.n_windows, n_rows, len(pieces)), dtype=np.float32)
    node = np.empty(value.shape, dtype=np.int64)
    columns = np.arange(n_columns, dtype=np.float64)
    n_at_once = max(1, BLOCK_BYTES // (beam.bytes_a_node * n_columns))
    for begin in range(0, n_rows, n_at_once):
        rows = np.arange(begin, min(begin + n_at_once, n_rows))
        first, second = np.meshgrid(rows.astype(np.float64), columns, indexing="ij")
        power = beam.over(grid.slowness_s_m(first.ravel(), second.ravel())).reshape(beam.n_windows, rows.size, -1)
        for piece, (low, high) in enumerate(pieces):
            local = power[..., low:high].argmax(axis=2)
            value[:, rows, piece] = np.take_along_axis(power[..., low:high], local[..., None], axis=2)[..., 0]
            node[:, rows, piece] = rows * n_columns + low + local
    return Regions(value=value, node=node)


_STENCIL = np.array([(i, j) for i in (-1.0, 0.0, 1.0) for j in (-1.0, 0.0, 1.0)])


def _around(beam: BeamMap, grid: Grid, middle: FloatArray, window: IntArray, step: float = 1.0) -> FloatArray:
    """Return the beam (n, 3, 3) a step to either side of fractional indices (n, 2)."""
    at = (middle[:, None] + step * _STENCIL).reshape(-1, 2)
    values = beam.at(grid.slowness_s_m(at[:, 0], at[:, 1]), np.repeat(window, 9))
    return values.reshape(-1, 3, 3)


def _inside(grid: Grid, index: FloatArray, margin: float) -> FloatArray:
    """Clip indices (n, 2) to the grid less a margin, along axes that do not close on themselves."""
    last = np.array(grid.shape, dtype=np.float64) - 1.0
    return np.where(np.array(grid.periodic), index, np.clip(index, margin, last - margin))


def _uphill(beam: BeamMap, grid: Grid, node: IntArray, window: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Climb from nodes to local maxima; return index (n, 2), middle of the stencil (n, 2), its beams (n, 3, 3)."""
    index = np.stack(np.divmod(node, grid.shape[1]), axis=1).astype(np.float64)
    middle = _inside(grid, index, 1.0)
    around = _around(beam, grid, middle, window)
    moving = np.arange(len(node))
    for _ in range(MOST_STEPS_UPHILL):
        highest = middle[moving] + _STENCIL[around[moving].reshape(-1, 9).argmax(axis=1)]
        moved = (highest != index[moving]).any(axis=1)
        moving, highest = moving[moved], highest[moved]
        if moving.size == 0:
            break
        index[moving] = highest
        centre = _inside(grid, highest, 1.0)
        again = (centre != middle[moving]).any(axis=1)
        moving = moving[again]
        middle[moving] = centre[again]
        around[moving] = _around(beam, grid, middle[moving], window[moving])
    return index, middle, around


def refine(beam: BeamMap, grid: Grid, node: IntArray, window: IntArray, refinement: str) -> Peak:
    """Return the peak near each node and inside the grid, or by the reference's unconfined differences.

    Args:
        beam: The beam.
        grid: The grid searched.
        node: Flat node numbers, (n,).
        window: Windows they belong to, (n,).
        refinement: `confined` or `central_difference`.
    """
    index, middle, around = _uphill(beam, grid, node, window)
    offset = (index - middle).astype(np.int64) + 1
    every = np.arange(len(node))
    at_node = around[every, offset[:, 0], offset[:, 1]]
    is_top = at_node >= around.reshape(-1, 9).max(axis=1)
    if refinement == "central_difference":
        place, value = _central_difference(beam, grid, index, window)
    else:
        place, value = _confined(beam, grid, index, middle, around, at_node, window)
    wrapped = np.where(np.array(grid.periodic), index % np.array(grid.shape), index).astype(np.int64)
    return Peak(
        node=wrapped[:, 0] * grid.shape[1] + wrapped[:, 1],
        slowness_s_m=grid.slowness_s_m(place[:, 0], place[:, 1]),
        value=value,
        is_local_maximum=is_top,
    )


def _confined(
    beam: BeamMap,
    grid: Grid,
    index: FloatArray,
    middle: FloatArray,
    around: FloatArray,
    at_node: FloatArray,
    window: IntArray,
) -> tuple[FloatArray, FloatArray]:
    place, value = index, at_node
    for step in FINER_STEPS:
        if step < 1.0:
            middle = _inside(grid, place, step)
            around = _around(beam, grid, middle, window, step)
        peak = middle + step * _quadratic_peak(around)
        peak = _inside(grid, np.clip(peak, index - MOST_CELLS_ALONG, index + MOST_CELLS_ALONG), 0.0)
        at_peak = beam.at(grid.slowness_s_m(peak[:, 0], peak[:, 1]), window)
        # Where the beam is no parabola the best so far stands: refinement never lowers the beam.
        place = np.where((at_peak >= value)[:, None], peak, place)
        value = np.maximum(at_peak, value)
    return place, value


def _quadratic_peak(values: FloatArray) -> FloatArray:
    """Return the peak (n, 2), in steps from the middle, of the parabola through 3 x 3 values (n, 3, 3)."""
    first, second = _STENCIL.T
    design = np.stack([np.ones(9), first, second, first**2, first * second, second**2], axis=1)
    c = values.reshape(-1, 9) @ np.linalg.pinv(design).T
    determinant = 4.0 * c[:, 3] * c[:, 5] - c[:, 4] ** 2
    concave = (determinant > 0) & (c[:, 3] < 0)
    safe = np.where(concave, determinant, 1.0)
    peak = np.stack([c[:, 4] * c[:, 2] - 2 * c[:, 5] * c[:, 1], c[:, 4] * c[:, 1] - 2 * c[:, 3] * c[:, 2]], axis=1)
    return np.where(concave[:, None], np.clip(peak / safe[:, None], -1.0, 1.0), 0.0)


def _central_difference(
    beam: BeamMap, grid: Grid, index: FloatArray, window: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return place (n, 2) in fractional indices and value of the second-order expansion at the node.

    For agreement with InfraPy's `find_peaks`: one-sided at the edge of the grid, where it ends a quarter of a cell
    outside, and the value is that of the expansion, not of the beam.
    """
    sides = (index[:, None] + _STENCIL).reshape(-1, 2)
    sides = _inside(grid, sides, 0.0)
    values = beam.at(grid.slowness_s_m(sides[:, 0], sides[:, 1]), np.repeat(window, 9)).reshape(-1, 3, 3)
    sides = sides.reshape(-1, 3, 3, 2)
    span = np.stack([sides[:, 2, 1, 0] - sides[:, 0, 1, 0], sides[:, 1, 2, 1] - sides[:, 1, 0, 1]], axis=1)
    middle = values[:, 1, 1]
    slope = np.stack([values[:, 2, 1] - values[:, 0, 1], values[:, 1, 2] - values[:, 1, 0]], axis=1) / span
    bend = np.stack(
        [values[:, 2, 1] - 2 * middle + values[:, 0, 1], values[:, 1, 2] - 2 * middle + values[:, 1, 0]], axis=1
    ) / np.square(span / 2.0)
    cross = (values[:, 2, 2] - values[:, 2, 0] - values[:, 0, 2] + values[:, 0, 0]) / span.prod(axis=1)
    determinant = bend.prod(axis=1) - cross**2
    safe = np.where(determinant > 0, determinant, 1.0)
    step = (cross[:, None] * slope[:, ::-1] - bend[:, ::-1] * slope) / safe[:, None]
    step = np.where(determinant[:, None] > 0, step, 0.0)
    rise = (slope * step + bend * np.square(step) / 2.0).sum(axis=1) + cross * step.prod(axis=1)
    return index + step, middle + rise
