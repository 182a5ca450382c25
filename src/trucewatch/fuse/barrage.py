"""Barrages: so many rounds that no single one can be told apart become a few counted sequences.

Where several sensors each give an onset every two seconds for minutes on end, some place explains almost any choice of
them, and rounds cannot be joined one by one. What still holds is their sum. Sound that comes from one place reaches
two sensors with one difference of time, round after round: over a barrage pairs of onsets with that difference pile up
above what chance offers. Where they pile up for most sensors is a place. How many they are, over the product of the
onsets that both sensors had, is a share m of each place; and of all onsets are from some place, so that

    rounds of a place = m / (sum of m over all places)^2

whatever share of the rounds a sensor hears, and however many echoes it has of each.

Places are taken one after the other, the strongest first, without the onsets that those before it explain. Where a
shell is heard twice, at its gun and where it falls, both are places, and a sequence of its own.

References:
    Perkel, Gerstein & Moore 1967, Biophys. J. 7, 419 (cross-correlogram of two point processes).
    Kao & Shan 2004, Geophys. J. Int. 157, 589 (source scanning).

LIMIT: rounds of a barrage are not located one by one; another event that its sensors heard meanwhile is lost in it.
LIMIT: onsets of a place that was not found make counts too high, by at most what the busiest sensor heard. Rounds of
volleys that are fired within 1.5 s pile up as well and make them too low; guns that fire in turn, in even steps of
about a second, hide half of their place's own rounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.special import ndtr

from trucewatch.fuse.air import Air
from trucewatch.fuse.existence import Term
from trucewatch.fuse.onsets import Onsets, frame_at, plane_m
from trucewatch.fuse.part import Part, support
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.frame import LocalFrame
from trucewatch.model.count import Count
from trucewatch.model.incident import Support
from trucewatch.model.instant import Instant, utc_from_timestamp
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import CountQuality

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_MINUTE_S = 60.0
_BUSY = 30
"""onsets of one sensor in a minute from which it is busy: of two sounds 6 km apart the later one comes first"""
_LEAST_STATIONS = 5
_LEAST_MINUTES = 3
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
_PAIR_S = 1.5
"""pairs within this lag are a round's, beyond it chance: impacts scatter by 100 m and more, and walls delay"""
_SCATTER_S = 0.35
"""how far the lags of one place's rounds scatter: impacts 100 m apart, echoes"""
_TRIMS = 3
_HEARD_SIGMA = 0.1
"""error of a count by onsets that belong to no place that was found, and by how echoes are spread (our choice)"""
_CELLS = 2_000
"""cells scanned at once, to bound memory"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrages:
    """What is so dense that it is counted and not joined."""

    parts: tuple[Part, ...]
    explained: frozenset[str]
    """ids of onsets that belong to a barrage, whatever place they are of"""


@dataclass(frozen=True, slots=True, eq=False)
class _Flow:
    """The onsets of neighbouring busy sensors over minutes."""

    onset: IntArray
    """indices, in time order"""
    station: IntArray
    """of each, index into xy_m"""
    time_s: FloatArray
    index: IntArray
    """of each station among all"""
    xy_m: FloatArray
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A place that rounds come from."""

    xy_m: FloatArray
    covariance_m2: FloatArray
    clear: float
    there: BoolArray
    """onsets at moments on which sensors agree"""


@dataclass(frozen=True, slots=True, eq=False)
class _Sequence:
    """Rounds from one place."""

    xy_m: FloatArray
    covariance_m2: FloatArray
    clear: float
    n: float
    sigma: float
    origin_s: FloatArray
    """of each onset of the flow, were it from there"""
    per_minute: FloatArray


def barrages(onsets: Onsets, air_at: Callable[[float], Air], settings: FuseSettings) -> Barrages:
    """Return the counted sequences of barrages, and the onsets that they hold.

    Args:
        onsets: at microphones.
        air_at: the air at a moment, seconds since 1970.
        settings: how far sensors hear.
    """
    parts, explained = list[Part](), set[str]()
    for flow in _flows(onsets, settings.max_range_m):
        found = _sequences(flow, _slowness(flow, air_at(onsets.epoch_s + flow.start_s)))
        if found:
            explained |= {onsets.detections[i].id for i in flow.onset.tolist()}
            parts += [_part(onsets, flow, one, settings) for one in found]
    return Barrages(parts=tuple(sorted(parts, key=lambda p: (p.start_s, p.first.id))), explained=frozenset(explained))


def _flows(onsets: Onsets, reach_m: float) -> list[_Flow]:
    """Return where and when neighbouring sensors are busy for minutes."""
    if len(onsets) < _BUSY * _LEAST_STATIONS * _LEAST_MINUTES:
        return []
    # Minutes of the clock, not of the data: they must not move with whatever comes first.
    minute = np.floor((onsets.epoch_s + onsets.time_s) / _MINUTE_S).astype(np.int64)
    first = int(minute[0])
    table = np.zeros((len(onsets.stations), int(minute[-1]) - first + 1), dtype=np.int64)
    np.add.at(table, (onsets.station, minute - first), 1)
    busy = table >= _BUSY
    some = np.flatnonzero(busy.sum(axis=1) >= _LEAST_MINUTES)
    out = []
    for stations in _neighbours(onsets, some, reach_m):
        dense = np.flatnonzero(busy[stations].sum(axis=0) >= _LEAST_STATIONS)
        for run in np.split(dense, np.flatnonzero(np.diff(dense) > 2) + 1):
            if len(run) >= _LEAST_MINUTES:
                out.append(_flow(onsets, stations, *_span(onsets, first, run)))
    return out


def _span(onsets: Onsets, first: int, run: IntArray) -> tuple[float, float]:
    ends = (first + int(run[0]) - 1, first + int(run[-1]) + 2)
    return ends[0] * _MINUTE_S - onsets.epoch_s, ends[1] * _MINUTE_S - onsets.epoch_s


def _neighbours(onsets: Onsets, some: IntArray, reach_m: float) -> list[IntArray]:
    if len(some) < _LEAST_STATIONS:
        return []
    xy_m = plane_m([onsets.stations[i] for i in some.tolist()], frame_at(onsets.stations[int(some[0])]))
    near = np.hypot(*(xy_m[:, None] - xy_m[None]).transpose(2, 0, 1)) <= reach_m
    n, label = connected_components(csr_array(near), directed=False)
    return [some[label == k] for k in range(n) if np.count_nonzero(label == k) >= _LEAST_STATIONS]


def _frame(onsets: Onsets, index: IntArray) -> LocalFrame:
    return frame_at(onsets.stations[int(index[0])])


def _flow(onsets: Onsets, stations: IntArray, start_s: float, end_s: float) -> _Flow:
    within = (onsets.time_s >= start_s) & (onsets.time_s < end_s) & np.isin(onsets.station, stations)
    onset = np.flatnonzero(within)
    return _Flow(
        onset=onset,
        station=np.searchsorted(stations, onsets.station[onset]),
        time_s=onsets.time_s[onset],
        index=stations,
        xy_m=plane_m([onsets.stations[i] for i in stations.tolist()], _frame(onsets, stations)),
        start_s=start_s,
        end_s=end_s,
    )


Slowness = Callable[[FloatArray], FloatArray]
"""travel times from places (n, 2) to all stations, (n, n_stations)"""


def _slowness(flow: _Flow, air: Air) -> Slowness:
    wind = np.array([air.wind_east_m_s, air.wind_north_m_s])

    def travel_s(places: FloatArray) -> FloatArray:
        off = flow.xy_m[None] - places[:, None]
        away = np.hypot(off[..., 0], off[..., 1])
        along = off @ wind / np.maximum(away, 1.0)
        return np.asarray(away / (air.speed_m_s + along), dtype=np.float64)

    return travel_s


def _sequences(flow: _Flow, travel_s: Slowness) -> list[_Sequence]:
    """Return the places that rounds come from with how many, the strongest first; none where they cannot be counted."""
    found = _places(flow, travel_s)
    n, sigma = _rounds(flow, travel_s(np.array([p.xy_m for p in found]))) if found else (np.zeros(0), np.zeros(0))
    out = []
    for place, of_it, off in zip(found, n.tolist(), sigma.tolist(), strict=True):
        if of_it >= max(_BUSY, 2.0 * off):
            origin = _origin(flow, travel_s, place.xy_m)
            rate = _per_minute(flow, origin, place.there, of_it)
            out.append(_Sequence(place.xy_m, place.covariance_m2, place.clear, of_it, off, origin, rate))
    return out


def _places(flow: _Flow, travel_s: Slowness) -> list[_Found]:
    free = np.ones(len(flow.onset), dtype=np.bool_)
    low, high = flow.xy_m.min(axis=0) - _BEYOND_M, flow.xy_m.max(axis=0) + _BEYOND_M
    axes = [np.arange(a, b + _CELL_M, _CELL_M) for a, b in zip(low, high, strict=True)]
    cells = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    times = travel_s(cells)
    out = list[_Found]()
    for _ in range(_LOOKS):
        score = _scores(flow, times, free)
        middle = float(np.median(score))
        spread = 1.4826 * float(np.median(np.abs(score - middle)))
        top = int(np.argmax(score))
        clear = (float(score[top]) - middle) / max(spread, 1e-9)
        if clear < _CLEAR:
            break
        xy_m, covariance = _finer(flow, travel_s, free, cells[top])
        there = _coherent(_origin(flow, travel_s, xy_m), free)
        free &= ~there
        if not there.any():
            break
        # Rounds so close that their moments run together show as the same place again.
        same = next((n for n, f in enumerate(out) if np.hypot(*(f.xy_m - xy_m)) < 2 * _AROUND_M), None)
        if same is None:
            out.append(_Found(xy_m, covariance, clear, there))
        else:
            out[same] = _Found(out[same].xy_m, out[same].covariance_m2, out[same].clear, out[same].there | there)
    return out


def _origin(flow: _Flow, travel_s: Slowness, xy_m: FloatArray) -> FloatArray:
    """Return when each onset would have left a place."""
    return np.asarray(flow.time_s - travel_s(xy_m[None])[0, flow.station], dtype=np.float64)


def _scanned(flow: _Flow, free: BoolArray) -> list[IntArray]:
    """Return the onsets of some minutes, spread over the whole."""
    n = int((flow.end_s - flow.start_s) // _MINUTE_S)
    minutes = sorted({int(m) for m in np.linspace(1, n - 2, min(_SCANNED, n - 2))})
    edges = [flow.start_s + m * _MINUTE_S for m in minutes]
    return [np.flatnonzero(free & (flow.time_s >= a) & (flow.time_s < a + _MINUTE_S)) for a in edges]


def _scores(flow: _Flow, times: FloatArray, free: BoolArray) -> FloatArray:
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


def _finer(flow: _Flow, travel_s: Slowness, free: BoolArray, about: FloatArray) -> tuple[FloatArray, FloatArray]:
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


def _rounds(flow: _Flow, times: FloatArray) -> tuple[FloatArray, FloatArray]:
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


def _per_minute(flow: _Flow, origin: FloatArray, there: BoolArray, n: float) -> FloatArray:
    """Return the rounds of each minute of the flow: all of them, shared out as the onsets that agree are."""
    edges = np.arange(flow.start_s, flow.end_s + 1.0, _MINUTE_S)
    count, _ = np.histogram(origin[there], edges)
    return np.asarray(n * count / max(1, count.sum()), dtype=np.float64)


def _part(onsets: Onsets, flow: _Flow, one: _Sequence, settings: FuseSettings) -> Part:
    fired = np.flatnonzero(one.per_minute >= max(1.0, 0.05 * float(one.per_minute.max())))
    start = onsets.epoch_s + flow.start_s + float(fired[0]) * _MINUTE_S
    end = onsets.epoch_s + flow.start_s + float(fired[-1] + 1) * _MINUTE_S
    count = _count(one)
    supports = _supports(onsets, flow, one, start - onsets.epoch_s, end - onsets.epoch_s)
    known = {d.id: d for d in onsets.detections}
    detections = tuple(sorted((known[s.detection_id] for s in supports), key=lambda d: (d.time.utc, d.id)))
    return Part(
        detections=detections,
        supports=supports,
        start_s=start,
        end_s=end,
        time=Instant(utc=utc_from_timestamp(start + _MINUTE_S / 2), sigma_s=_MINUTE_S / math.sqrt(12.0)),
        place=_place(onsets, flow, one, settings),
        place_method=f"where the sounds of a barrage at {len(flow.index)} sensors pile up; no round by itself",
        count=count,
        sentences=_sentences(flow, one, count, start, end),
        terms=(Term(log_odds=min(30.0, one.clear), why=_CLEARLY.format(one.clear)),),
    )


_CLEARLY = "its sensors agree on this place {:.0f} spreads above what they agree on elsewhere"


def _place(onsets: Onsets, flow: _Flow, one: _Sequence, settings: FuseSettings) -> Place:
    lon, lat, _ = _frame(onsets, flow.index).to_geographic(np.array([*one.xy_m, 0.0]))
    spread = one.covariance_m2 + settings.systematic_sigma_m**2 * np.eye(2)
    return Place.gaussian(lon_deg=lon, lat_deg=lat, covariance_m2=spread)


def _count(one: _Sequence) -> Count:
    """Return the rounds with 95 per cent bounds, in two figures: more would feign what nobody counted."""
    step = 10.0 ** max(0, math.floor(math.log10(max(one.n, 1.0))) - 1)
    low = max(1, int(math.floor((one.n - 1.96 * one.sigma) / step) * step))
    high = int(math.ceil((one.n + 1.96 * one.sigma) / step) * step)
    return Count(low=low, best=max(low, int(round(one.n / step) * step)), high=high, quality=CountQuality.ABOUT)


def _supports(onsets: Onsets, flow: _Flow, one: _Sequence, start_s: float, end_s: float) -> tuple[Support, ...]:
    """Return each sensor's first and last onset while it lasted: thousands would say no more."""
    out = list[Support]()
    for k in range(len(flow.index)):
        own = np.flatnonzero((flow.station == k) & (one.origin_s >= start_s) & (one.origin_s < end_s))
        if len(own):
            why = f"one of {len(own)} onsets of this sensor while the barrage lasted"
            out += [support(onsets.detections[int(flow.onset[n])], why) for n in sorted({int(own[0]), int(own[-1])})]
    return tuple(sorted(out, key=lambda s: s.detection_id))


def _sentences(flow: _Flow, one: _Sequence, count: Count, start: float, end: float) -> tuple[str, ...]:
    rate = one.per_minute
    top = int(np.argmax(rate))
    first, last = utc_from_timestamp(start), utc_from_timestamp(end)
    at = utc_from_timestamp(start + (top - int(np.flatnonzero(rate >= max(1.0, 0.05 * rate.max()))[0])) * _MINUTE_S)
    return (
        f"a barrage: about {count.best} rounds between {first:%H:%M} and {last:%H:%M} UTC, at least {count.low}; "
        "counted together by their sensors' pairs of onsets, for no round can be told from the others",
        f"{np.median(rate[rate > 0]):.0f} rounds a minute were usual, {rate[top]:.0f} the most, at {at:%H:%M} UTC",
        f"{len(flow.onset)} onsets at {len(flow.index)} sensors",
    )
