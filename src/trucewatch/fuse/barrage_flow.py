"""Where and when sounds are too dense for single ones to be joined: the onsets of busy neighbours over minutes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
BoolArray = NDArray[np.bool_]
Travel = Callable[[FloatArray], FloatArray]
"""travel times from places (n, 2) to all stations, (n, n_stations)"""

MINUTE_S = 60.0
BUSY = 30
"""onsets of one sensor in a minute from which it is busy: of two sounds 6 km apart the later one comes first"""
_LEAST_STATIONS = 5
_LEAST_MINUTES = 3
_FULL_S = 24
"""seconds of a minute in which a sensor gave onsets from which on its rounds cannot be told apart: from some 30 rounds
a minute, joining one by one finds half of them or none (made minutes, 8 nodes). Rounds in bursts leave seconds empty"""
_LEAST_OF_MINUTE = 12
"""rounds of a place in such a minute; of two places that fire in turn each has half"""
_STEPS = 4
"""stretches of a minute by which minutes are moved on: fire of a minute seldom begins with one"""


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
    is_short: bool
    """a minute or somewhat longer, too few pairs of onsets for their own scatter to say how far a count is off"""

    @property
    def least(self) -> int:
        """Rounds from which a place in it is told from chance."""
        return _LEAST_OF_MINUTE if self.is_short else BUSY


def flows(onsets: Onsets, reach_m: float) -> list[Flow]:
    """Return where and when neighbouring sensors are busy for minutes.

    Args:
        onsets: at microphones.
        reach_m: how far apart neighbours stand at most.
    """
    long = _for_minutes(onsets, reach_m)
    return sorted([*long, *_for_one_minute(onsets, reach_m, long)], key=lambda f: (f.start_s, f.index.tolist()))


def _for_minutes(onsets: Onsets, reach_m: float) -> list[Flow]:
    """Return the flows of many onsets a minute for minutes on end, however they are spread."""
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
                out.append(_flow(onsets, stations, *_span(onsets, first, run), is_short=False))
    return out


def _for_one_minute(onsets: Onsets, reach_m: float, known: Sequence[Flow]) -> list[Flow]:
    """Return the flows of minutes that are filled with onsets, a minute or longer, but for those that are known."""
    if len(onsets) < _FULL_S * _LEAST_STATIONS:
        return []
    first, full = _filled(onsets)
    dense = np.flatnonzero(full.sum(axis=0) >= _LEAST_STATIONS)
    out = []
    for run in np.split(dense, np.flatnonzero(np.diff(dense) > _STEPS) + 1):
        for stations in _neighbours(onsets, np.flatnonzero(full[:, run].any(axis=1)), reach_m):
            together = run[full[np.ix_(stations, run)].sum(axis=0) >= _LEAST_STATIONS]
            if len(together):
                start_s = (first + int(together[0])) * MINUTE_S / _STEPS - onsets.epoch_s
                lasts_s = (int(together[-1] - together[0]) / _STEPS + 1) * MINUTE_S
                ends = start_s - MINUTE_S, start_s + lasts_s + MINUTE_S
                out.append(_flow(onsets, stations, *ends, is_short=True))
    return [f for f in out if not any(f.start_s < k.end_s and k.start_s < f.end_s for k in known)]


def _filled(onsets: Onsets) -> tuple[int, BoolArray]:
    """Return the number, since 1970, of the first step, and which stations fill the minute that begins with each.

    Steps are of the clock, as minutes are; the second has shape (n_stations, n_steps).
    """
    second = np.floor(onsets.epoch_s + onsets.time_s).astype(np.int64)
    step_s = int(MINUTE_S) // _STEPS
    pairs = np.unique(np.stack((onsets.station, second)), axis=1)
    first = int(pairs[1].min()) // step_s - (_STEPS - 1)
    table = np.zeros((len(onsets.stations), int(pairs[1].max()) // step_s - first + _STEPS), dtype=np.int64)
    np.add.at(table, (pairs[0], pairs[1] // step_s - first), 1)
    whole = np.cumsum(np.pad(table, ((0, 0), (1, 0))), axis=1)
    return first, whole[:, _STEPS:] - whole[:, :-_STEPS] >= _FULL_S


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


def _flow(onsets: Onsets, stations: IntArray, start_s: float, end_s: float, *, is_short: bool) -> Flow:
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
        is_short=is_short,
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
