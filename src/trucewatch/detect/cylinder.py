"""Neighbours in space and time: all pairs of points within a cylinder, exactly, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Pairs = tuple[IntArray, IntArray, FloatArray]

BLOCK_PAIRS = 500_000
"""Candidate pairs examined together: about 40 MB at the peak, however many points there are."""

KEPT_PAIRS = 2_000_000
"""Pairs kept between two passes, 24 bytes each; more than that are found again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """The cylinder within which two detections are neighbours, and how many make a dense place."""

    radius_m: float = 1000.0
    duration_s: float = 86_400.0
    min_points: int = 4
    """Points in the cylinder, the point itself among them, that make it the core of a cluster."""

    def __post_init__(self) -> None:
        """Refuse an empty cylinder."""
        if self.radius_m <= 0 or self.duration_s <= 0 or self.min_points < 1:
            raise ValueError("radius_m and duration_s must be positive, min_points at least 1")


class Neighbours:
    """Pairs within the cylinder, found through a grid of boxes and given out in bounded blocks.

    Boxes as long as the cylinder's limits put every neighbour of a point into its own or an adjoining box. Boxes are
    ordered by (x, y, t), so the three boxes adjoining in t are one run of the sorted points.
    """

    def __init__(self, x_m: FloatArray, y_m: FloatArray, t_s: FloatArray, settings: ClusterSettings) -> None:
        self.settings = settings
        column = _boxes(x_m, settings.radius_m)
        row = _boxes(y_m, settings.radius_m)
        layer = _boxes(t_s, settings.duration_s)
        # A free layer and row on every side keeps steps over the edge from landing in another box.
        self.n_layers, self.n_rows = int(layer.max()) + 3, int(row.max()) + 3
        key = ((column + 1) * self.n_rows + row + 1) * self.n_layers + layer + 1
        self.order = np.argsort(key, kind="stable")
        self.key = key[self.order]
        self.x_m, self.y_m, self.t_s = x_m[self.order], y_m[self.order], t_s[self.order]
        self.kept: list[Pairs] | None = None

    def _runs(self) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield, for half of the directions, the first and the past-the-last candidate of each sorted point."""
        own = np.arange(self.key.size, dtype=np.int64)
        yield own + 1, np.searchsorted(self.key, self.key + 1, side="right")
        for step in (1, self.n_rows - 1, self.n_rows, self.n_rows + 1):
            centre = self.key + step * self.n_layers
            yield (
                np.searchsorted(self.key, centre - 1, side="left"),
                np.searchsorted(self.key, centre + 1, side="right"),
            )

    def blocks(self) -> Iterator[Pairs]:
        """Yield neighbouring pairs once each: two point numbers (n_pairs,) and their squared distance, in cylinders.

        The pairs are wanted twice; when they are few enough they are kept from the first time.
        """
        if self.kept is not None:
            yield from self.kept
            return
        kept: list[Pairs] = []
        n_kept = 0
        for pairs in self._found():
            n_kept += pairs[0].size
            if n_kept <= KEPT_PAIRS:
                kept.append(pairs)
            else:
                kept.clear()
            yield pairs
        self.kept = kept if n_kept <= KEPT_PAIRS else None

    def _found(self) -> Iterator[Pairs]:
        for begin, end in self._runs():
            total = np.concatenate(([0], np.cumsum(end - begin)))
            at = 0
            while at < self.key.size:
                stop = max(at + 1, int(np.searchsorted(total, total[at] + BLOCK_PAIRS, side="right")) - 1)
                yield from self._pairs(begin[at:stop], end[at:stop], at)
                at = stop

    def _pairs(self, begin: IntArray, end: IntArray, at: int) -> Iterator[Pairs]:
        """Expand runs of candidates into pairs and keep those inside the cylinder."""
        # LIMIT: one box with more than some ten thousand points costs its square in time (not in memory).
        length = end - begin
        if not length.any():
            return
        first = np.repeat(np.arange(at, at + length.size), length)
        within = np.arange(first.size) - np.repeat(np.cumsum(length) - length, length)
        second = np.repeat(begin, length) + within
        squared_m2 = np.square(self.x_m[first] - self.x_m[second]) + np.square(self.y_m[first] - self.y_m[second])
        apart_s = np.abs(self.t_s[first] - self.t_s[second])
        near = (squared_m2 <= self.settings.radius_m**2) & (apart_s <= self.settings.duration_s)
        measure = squared_m2[near] / self.settings.radius_m**2 + np.square(apart_s[near] / self.settings.duration_s)
        yield self.order[first[near]], self.order[second[near]], measure


def _boxes(values: FloatArray, size: float) -> IntArray:
    # A hair wider than the limit, so that rounding never puts points at exactly the limit two boxes apart.
    number: IntArray = np.floor((values - values.min()) / (size * (1.0 + 1e-9))).astype(np.int64)
    return number
