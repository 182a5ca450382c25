"""Where and when sounds are too dense for single ones to be joined: the onsets of busy neighbours over minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from trucewatch.fuse.air import Air
from trucewatch.fuse.onsets import Onsets, frame_at, plane_m
from trucewatch.geo.frame import LocalFrame

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Travel = Callable[[FloatArray], FloatArray]
"""travel times from places (n, 2) to all stations, (n, n_stations)"""

MINUTE_S = 60.0
BUSY = 30
"""onsets of one sensor in a minute from which it is busy: of two sounds 6 km apart the later one comes first"""
_LEAST_STATIONS = 5
_LEAST_MINUTES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
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


def flows(onsets: Onsets, reach_m: float) -> list[Flow]:
    """Return where and when neighbouring sensors are busy for minutes.

    Args:
        onsets: at microphones.
        reach_m: how far apart neighbours stand at most.
    """
    if len(onsets) < BUSY * _LEAST_STATIONS * _LEAST_MINUTES:
        return []
    # Minutes of the clock, not of the data: they must not move with whatever comes first.
    minute = np.floor((onsets.epoch_s + onsets.time_s) / MINUTE_S).astype(np.int64)
    first = int(minute[0])
    table = np.zeros((len(onsets.stations), int(minute[-1]) - first + 1), dtype=np.int64)
    np.add.at(table, (onsets.station, minute - first), 1)
    busy = table >= BUSY
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
    return ends[0] * MINUTE_S - onsets.epoch_s, ends[1] * MINUTE_S - onsets.epoch_s


def _neighbours(onsets: Onsets, some: IntArray, reach_m: float) -> list[IntArray]:
    if len(some) < _LEAST_STATIONS:
        return []
    xy_m = plane_m([onsets.stations[i] for i in some.tolist()], frame_at(onsets.stations[int(some[0])]))
    near = np.hypot(*(xy_m[:, None] - xy_m[None]).transpose(2, 0, 1)) <= reach_m
    n, label = connected_components(csr_array(near), directed=False)
    return [some[label == k] for k in range(n) if np.count_nonzero(label == k) >= _LEAST_STATIONS]


def frame_of(onsets: Onsets, index: IntArray) -> LocalFrame:
    """Return the plane about the first of some stations."""
    return frame_at(onsets.stations[int(index[0])])


def _flow(onsets: Onsets, stations: IntArray, start_s: float, end_s: float) -> Flow:
    within = (onsets.time_s >= start_s) & (onsets.time_s < end_s) & np.isin(onsets.station, stations)
    onset = np.flatnonzero(within)
    return Flow(
        onset=onset,
        station=np.searchsorted(stations, onsets.station[onset]),
        time_s=onsets.time_s[onset],
        index=stations,
        xy_m=plane_m([onsets.stations[i] for i in stations.tolist()], frame_of(onsets, stations)),
        start_s=start_s,
        end_s=end_s,
    )


def travel_of(flow: Flow, air: Air) -> Travel:
    """Return the travel times of sound to the stations of a flow, in an air."""
    wind = np.array([air.wind_east_m_s, air.wind_north_m_s])

    def travel_s(places: FloatArray) -> FloatArray:
        off = flow.xy_m[None] - places[:, None]
        away = np.hypot(off[..., 0], off[..., 1])
        along = off @ wind / np.maximum(away, 1.0)
        return np.asarray(away / (air.speed_m_s + along), dtype=np.float64)

    return travel_s
