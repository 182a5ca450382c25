"""Where the rounds of a barrage come from: places on whose moments more sensors agree than chance lets them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.barrage_flow import MINUTE_S, Flow, Travel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_SCANNED = 6
"""minutes that are searched for places; sources that fire in none of them are not found"""
_CELL_M, _FINE_M, _AROUND_M = 200.0, 50.0, 300.0
_BEYOND_M = 6_000.0
"""how far outside its sensors a source is looked for"""
_BIN_S = 0.25
_LOOKS = 6
"""LIMIT: no more places of one barrage are told apart"""
_CLEAR = 7.0
"""how far a place must stand above the others, in spreads of all cells; noise as dense gives 5.6 at most"""
_CELLS = 2_000
"""cells scanned at once, to bound memory"""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A place that rounds come from."""

    xy_m: FloatArray
    covariance_m2: FloatArray
    clear: float
    there: BoolArray
    """onsets at moments on which sensors agree"""


def sources(flow: Flow, travel_s: Travel) -> list[Source]:
    """Return the places that rounds come from, the strongest first."""
    free = np.ones(len(flow.onset), dtype=np.bool_)
    low, high = flow.xy_m.min(axis=0) - _BEYOND_M, flow.xy_m.max(axis=0) + _BEYOND_M
    axes = [np.arange(a, b + _CELL_M, _CELL_M) for a, b in zip(low, high, strict=True)]
    cells = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    times = travel_s(cells)
    out = list[Source]()
    for _ in range(_LOOKS):
        score = _scores(flow, times, free)
        middle = float(np.median(score))
        spread = 1.4826 * float(np.median(np.abs(score - middle)))
        top = int(np.argmax(score))
        clear = (float(score[top]) - middle) / max(spread, 1e-9)
        if clear < _CLEAR:
            break
        xy_m, covariance = _finer(flow, travel_s, free, cells[top])
        there = _coherent(origin_s(flow, travel_s, xy_m), free)
        free &= ~there
        if not there.any():
            break
        # Rounds so close that their moments run together show as the same place again.
        same = next((n for n, f in enumerate(out) if np.hypot(*(f.xy_m - xy_m)) < 2 * _AROUND_M), None)
        if same is None:
            out.append(Source(xy_m, covariance, clear, there))
        else:
            out[same] = Source(out[same].xy_m, out[same].covariance_m2, out[same].clear, out[same].there | there)
    return out


def origin_s(flow: Flow, travel_s: Travel, xy_m: FloatArray) -> FloatArray:
    """Return when each onset would have left a place."""
    return np.asarray(flow.time_s - travel_s(xy_m[None])[0, flow.station], dtype=np.float64)


def _scanned(flow: Flow, free: BoolArray) -> list[IntArray]:
    """Return the onsets of some minutes, spread over the whole."""
    n = int((flow.end_s - flow.start_s) // MINUTE_S)
    minutes = sorted({int(m) for m in np.linspace(1, n - 2, min(_SCANNED, n - 2))})
    edges = [flow.start_s + m * MINUTE_S for m in minutes]
    return [np.flatnonzero(free & (flow.time_s >= a) & (flow.time_s < a + MINUTE_S)) for a in edges]


def _scores(flow: Flow, times: FloatArray, free: BoolArray) -> FloatArray:
    """Return how much more onsets agree on moments at each place than chance lets them, shape (n,)."""
    score = np.zeros(len(times))
    for some in _scanned(flow, free):
        for a in range(0, len(times), _CELLS):
            score[a : a + _CELLS] += _agreement(flow.time_s[some], flow.station[some], times[a : a + _CELLS])
    return score


def _agreement(time_s: FloatArray, station: IntArray, times: FloatArray) -> FloatArray:
    """Return the sum over moments of what lies above chance, squared, shape (n_places,)."""
    if not len(time_s):
        return np.zeros(len(times))
    origin = time_s[None] - times[:, station]
    first = float(origin.min())
    bins = ((origin - first) / _BIN_S).astype(np.int64)
    n_bins = int(bins.max()) + 1
    flat = (bins + n_bins * np.arange(len(times))[:, None]).ravel()
    count = np.bincount(flat, minlength=n_bins * len(times)).reshape(len(times), n_bins)
    usual = len(time_s) / ((time_s[-1] - time_s[0]) / _BIN_S + 1.0)
    above = np.maximum(0.0, count - usual - 2.0 * math.sqrt(usual))
    return np.asarray((above**2).sum(axis=1), dtype=np.float64)


def _finer(flow: Flow, travel_s: Travel, free: BoolArray, about: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the middle of where rounds come from around a cell, and how they and their error spread about it."""
    axis = np.arange(-_AROUND_M, _AROUND_M + 1.0, _FINE_M)
    cells = about + np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    score = _scores(flow, travel_s(cells), free)
    weight = np.maximum(0.0, score - (score.max() + score.min()) / 2)
    weight /= weight.sum()
    xy_m = weight @ cells
    off = cells - xy_m
    return xy_m, (off * weight[:, None]).T @ off + _FINE_M**2 / 12.0 * np.eye(2)


def _coherent(origin: FloatArray, free: BoolArray) -> BoolArray:
    """Return the free onsets at moments on which far more sensors agree than chance lets them."""
    bins = np.floor(origin / _BIN_S).astype(np.int64)
    bins -= bins.min()
    count = np.bincount(bins[free], minlength=int(bins.max()) + 1)
    usual = float(np.median(count[count > 0]))
    return np.asarray(free & (count[bins] >= max(4.0, usual + 3.0 * math.sqrt(usual))), dtype=np.bool_)
