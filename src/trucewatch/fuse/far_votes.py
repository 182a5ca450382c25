"""Where and when several far sensors may have heard the same: votes on a coarse grid of places and moments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.far_density import Seen, TimeTable, bearing_density, seen_from
from trucewatch.fuse.far_reading import GROUND, Reading
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.geo.geodesic import from_azimuthal, to_azimuthal

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_CELL_M = 40_000.0
_SLOT_S = 60.0
_CHUNK = 120
"""slots worked on at once: two hours"""
_SLOWEST_M_S = 210.0
_ROWS = 48
_LEAST_GAIN = 2.0
"""a reading votes for a place and moment only where it is this much likelier than chance"""
_MOST_PEAKS = 400
"""LIMIT: candidates that are followed in each two hours; the faintest of a very noisy time are not"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Readings of several sensors that one place and moment may explain."""

    score: float
    """log of how much better they are explained than by chance, times the room of a cell and slot"""
    members: tuple[str, ...]
    """ids of readings, sorted"""


def candidates(readings: Sequence[Reading], settings: FarSettings) -> tuple[Candidate, ...]:
    """Return candidates, the strongest first, each set of readings once.

    Args:
        readings: with their chance densities, in time order.
        settings: priors.
    """
    if len({r.sensor_id for r in readings}) < 2:
        return ()
    found: dict[tuple[str, ...], float] = {}
    grid = _Grid(readings, settings)
    for members, score in grid.peaks():
        found[members] = max(score, found.get(members, -np.inf))
    ranked = sorted(found.items(), key=lambda x: (-x[1], x[0]))
    return tuple(Candidate(score=s, members=m) for m, s in ranked)


class _Grid:
    """Cells within reach of two sensors and more."""

    def __init__(self, readings: Sequence[Reading], settings: FarSettings) -> None:
        self._readings, self._settings = readings, settings
        stations = sorted({(r.sensor_id, r.lon_deg, r.lat_deg) for r in readings})
        self._names = sorted({s[0] for s in stations})
        lon, lat = np.array([s[1] for s in stations]), np.array([s[2] for s in stations])
        centre = (float(np.median(lon)), float(np.median(lat)))
        xy = to_azimuthal(*centre, lon, lat)
        low, high = xy.min(axis=0) - settings.farthest_m, xy.max(axis=0) + settings.farthest_m
        east, north = (np.arange(a, b, _CELL_M) for a, b in zip(low, high, strict=True))
        plane = np.stack(np.meshgrid(east, north), axis=-1).reshape(-1, 2)
        away = np.hypot(*(plane[None] - xy[:, None]).transpose(2, 0, 1))
        near = np.count_nonzero(away <= settings.farthest_m, axis=0) >= 2
        self._lon_lat = from_azimuthal(*centre, plane[near])
        self._column = (plane[near] / _CELL_M).round().astype(np.int64)
        self._views: dict[tuple[float, float], Seen] = {}

    def peaks(self) -> Iterator[tuple[tuple[str, ...], float]]:
        """Give sets of readings with their score, over all times."""
        reach_s = self._settings.farthest_m / _SLOWEST_M_S
        first = min(r.start_s for r in self._readings) - reach_s
        last = max(r.end_s for r in self._readings)
        starts = np.array([r.start_s for r in self._readings])
        for begin in np.arange(np.floor(first / _SLOT_S) * _SLOT_S, last, _CHUNK * _SLOT_S):
            end = begin + _CHUNK * _SLOT_S
            these = [
                self._readings[i]
                for i in np.flatnonzero((starts >= begin - 600.0) & (starts <= end + reach_s)).tolist()
            ]
            if len({r.sensor_id for r in these}) >= 2:
                yield from self._of_chunk(these, begin + _SLOT_S * (np.arange(_CHUNK) + 0.5))

    def _of_chunk(self, readings: Sequence[Reading], time_s: FloatArray) -> Iterator[tuple[tuple[str, ...], float]]:
        shape = (len(self._lon_lat), len(time_s))
        score = np.zeros(shape, dtype=np.float32)
        heard = np.zeros(shape, dtype=np.int8)
        best: list[tuple[str, NDArray[np.float32], NDArray[np.int32]]] = []
        for name in sorted({r.sensor_id for r in readings}):
            gain = np.zeros(shape, dtype=np.float32)
            which = np.full(shape, -1, dtype=np.int32)
            for n, reading in enumerate(readings):
                if reading.sensor_id == name:
                    self._vote(n, reading, time_s, gain, which)
            score += gain
            heard += which >= 0
            best.append((name, gain, which))
        several = heard >= 2
        if not several.any():
            return
        score[~several] = -np.inf
        order = np.argsort(-score[several], kind="stable")[: 40 * _MOST_PEAKS]
        cells, slots = (a[order] for a in np.nonzero(several))
        yield from self._sets(readings, score, best, cells, slots)

    def _sets(
        self,
        readings: Sequence[Reading],
        score: NDArray[np.float32],
        best: Sequence[tuple[str, NDArray[np.float32], NDArray[np.int32]]],
        cells: IntArray,
        slots: IntArray,
    ) -> Iterator[tuple[tuple[str, ...], float]]:
        """Give the sets of readings of the best cells and slots, each with the room that it was found in."""
        which = np.stack([w[cells, slots] for _, _, w in best], axis=1)
        rows, first, inverse = np.unique(which, axis=0, return_index=True, return_inverse=True)
        room = np.zeros(len(rows))
        np.add.at(room, inverse.ravel(), np.exp(score[cells, slots].astype(np.float64)))
        ranked = sorted(range(len(rows)), key=lambda n: (-room[n], int(first[n])))[:_MOST_PEAKS]
        for n in ranked:
            members = tuple(sorted(readings[i].id for i in rows[n] if i >= 0))
            yield members, float(np.log(room[n]) + 2 * np.log(_CELL_M) + np.log(_SLOT_S))

    def _vote(
        self,
        number: int,
        reading: Reading,
        time_s: FloatArray,
        gain: NDArray[np.float32],
        which: NDArray[np.int32],
    ) -> None:
        view = self._view(reading)
        towards = bearing_density(reading, view, _CELL_M / 2, self._settings)
        near = np.flatnonzero((towards > towards.max() * 1e-3) & (view.away_m <= self._settings.farthest_m))
        slots = self._slots(reading, time_s)
        if not len(near) or slots.stop - slots.start < 2:
            return
        away, times = view.away_m[near], time_s[slots]
        span = np.array([away.min(), away.max()])
        table = TimeTable(_as_moment(reading), span, times, _CELL_M / 2, self._settings, _ROWS)
        density = np.zeros((len(near), len(times)))
        table.at(away, density)
        density *= (towards[near] * (1.0 - reading.p_false) / reading.chance)[:, None]
        log_gain = np.log(np.maximum(density, 1.0)).astype(np.float32)
        better = (log_gain > gain[near, slots]) & (density > _LEAST_GAIN)
        gain[near, slots] = np.where(better, log_gain, gain[near, slots])
        which[near, slots] = np.where(better, number, which[near, slots])

    def _slots(self, reading: Reading, time_s: FloatArray) -> slice:
        """Return the slots in which an event could be heard as this reading."""
        slowest = 2_000.0 if reading.medium == GROUND else _SLOWEST_M_S
        early, late = reading.start_s - self._settings.farthest_m / slowest - _SLOT_S, reading.end_s + _SLOT_S
        return slice(int(np.searchsorted(time_s, early)), int(np.searchsorted(time_s, late)))

    def _view(self, reading: Reading) -> Seen:
        key = (reading.lon_deg, reading.lat_deg)
        if key not in self._views:
            self._views[key] = seen_from(reading, self._lon_lat)
        return self._views[key]


def _as_moment(reading: Reading) -> Reading:
    """Return a train as one loose moment, which costs a tenth and is as good as a cell of a minute."""
    length = reading.end_s - reading.start_s
    middle, sigma = (reading.start_s + reading.end_s) / 2, float(np.hypot(reading.sigma_s, length / np.sqrt(12.0)))
    return replace(reading, start_s=middle, end_s=middle, sigma_s=sigma)
