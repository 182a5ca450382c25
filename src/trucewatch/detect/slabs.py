"""Density clustering in slabs of time: each slab is looked at with what reaches into it, so that memory stays bounded.

Points in order of time; slab [first, last) reaches to `end`, the first point too late to be a neighbour of any of its
points. Every pair of neighbours belongs to the slab of its earlier point. Once all pairs up to `end` are counted, the
number of neighbours of every point that a slab reaches is final, and its points can be joined.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from trucewatch.detect.cylinder import ClusterSettings, Neighbours, Pairs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NOISE = -1
"""Label of a point that belongs to no cluster."""
SLAB_POINTS = 200_000
"""points of a slab, without those it reaches; one moment's points are never parted"""


@dataclass(slots=True, kw_only=True)
class Points:
    """All points in order of time, with what is known of each so far."""

    x_m: FloatArray
    y_m: FloatArray
    t_s: FloatArray
    settings: ClusterSettings
    n_near: NDArray[np.int32] = field(init=False)
    """points in the cylinder of each, itself included, as far as counted"""
    owner: NDArray[np.int32] = field(init=False)
    """core point that each belongs to: itself for a core, the nearest for a border point, NOISE where there is none"""
    nearest: FloatArray = field(init=False)
    """squared distance to it, in cylinders"""

    def __post_init__(self) -> None:
        n = self.t_s.size
        self.n_near = np.ones(n, dtype=np.int32)
        self.owner = np.full(n, NOISE, dtype=np.int32)
        self.nearest = np.full(n, np.inf)


@dataclass(slots=True)
class Slab:
    """A run of points with those it reaches."""

    first: int
    last: int
    end: int
    neighbours: Neighbours

    def pairs(self) -> Iterator[Pairs]:
        """Yield the pairs whose earlier point is the slab's own, numbered from its first."""
        n_own = self.last - self.first
        for one, other, measure in self.neighbours.blocks():
            mine = np.minimum(one, other) < n_own
            yield one[mine], other[mine], measure[mine]


def labels(points: Points) -> IntArray:
    """Return for every point the lowest number of a core point of its cluster, NOISE for points in none, shape (n,)."""
    links: list[NDArray[np.int32]] = []
    waiting: deque[Slab] = deque()
    for slab in _slabs(points):
        _count(points, slab)
        waiting.append(slab)
        while waiting and waiting[0].end <= slab.last:
            links.append(_join(points, waiting.popleft()))
    return _through(points, links)


def _slabs(points: Points) -> Iterator[Slab]:
    t_s, n = points.t_s, points.t_s.size
    first = 0
    while first < n:
        at = t_s[min(first + SLAB_POINTS, n) - 1]
        last = int(np.searchsorted(t_s, at, side="right"))
        # A hair further than the cylinder, so that rounding of a sum never leaves a neighbour out.
        end = int(np.searchsorted(t_s, at + points.settings.duration_s * (1.0 + 1e-9), side="right"))
        reach = slice(first, end)
        neighbours = Neighbours(points.x_m[reach], points.y_m[reach], t_s[reach], points.settings)
        yield Slab(first, last, end, neighbours)
        first = last


def _count(points: Points, slab: Slab) -> None:
    n_near = points.n_near[slab.first : slab.end]
    for one, other, _ in slab.pairs():
        n_near += np.bincount(one, minlength=n_near.size).astype(np.int32)
        n_near += np.bincount(other, minlength=n_near.size).astype(np.int32)


def _join(points: Points, slab: Slab) -> NDArray[np.int32]:
    """Join the core points of a slab and hand its border points to their nearest core point.

    Returns:
        Pairs of core points of one cluster, shape (n_pairs, 2), enough to tell which ones the slab joins.
    """
    reach = slice(slab.first, slab.end)
    core = points.n_near[reach] >= points.settings.min_points
    own = np.flatnonzero(core)
    points.owner[slab.first + own] = slab.first + own
    component = np.arange(core.size, dtype=np.int64)
    for one, other, measure in slab.pairs():
        both = core[one] & core[other]
        component = _joined(component, one[both], other[both])
        for border, centre in ((one, other), (other, one)):
            mixed = ~core[border] & core[centre]
            _claim(points, slab.first + border[mixed], slab.first + centre[mixed], measure[mixed])
    _, lowest = np.unique(component, return_index=True)
    linked = np.stack([own, lowest[component[own]]], axis=1) + slab.first
    apart: NDArray[np.int32] = linked[linked[:, 0] != linked[:, 1]].astype(np.int32)
    return apart


def _joined(component: IntArray, first: IntArray, second: IntArray) -> IntArray:
    """Return component numbers, from 0 without holes, after joining the components of each pair."""
    one, other = component[first], component[second]
    apart = one != other
    if not apart.any():
        return component
    size = int(component.max()) + 1
    edges = coo_array((np.ones(int(apart.sum()), dtype=np.int8), (one[apart], other[apart])), shape=(size, size))
    _, joined = connected_components(edges, directed=False)
    return joined.astype(np.int64)[component]


def _claim(points: Points, border: IntArray, centre: IntArray, measure: FloatArray) -> None:
    """Update in place the nearest core point of each border point; equal distances go to the one that comes first."""
    order = np.lexsort((centre, measure, border))
    border, centre, measure = border[order], centre[order], measure[order]
    lead = np.concatenate(([True], border[1:] != border[:-1])) if border.size else np.zeros(0, dtype=np.bool_)
    border, centre, measure = border[lead], centre[lead], measure[lead]
    owner, nearest = points.owner, points.nearest
    better = (measure < nearest[border]) | ((measure == nearest[border]) & (centre < owner[border]))
    owner[border[better]], nearest[border[better]] = centre[better], measure[better]


def _through(points: Points, links: list[NDArray[np.int32]]) -> IntArray:
    """Follow the links of all slabs and return the label of every point."""
    n = points.t_s.size
    joined = np.concatenate([np.empty((0, 2), dtype=np.int32), *links])
    edges = coo_array((np.ones(len(joined), dtype=np.int8), (joined[:, 0], joined[:, 1])), shape=(n, n))
    _, component = connected_components(edges, directed=False)
    _, lowest = np.unique(component, return_index=True)
    clustered = points.owner != NOISE
    label = np.full(n, NOISE, dtype=np.int64)
    label[clustered] = lowest[component[points.owner[clustered]]]
    return label
