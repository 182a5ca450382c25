"""How often each sensor gives onsets that nothing explains: what chance has to offer, there and then."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.onsets import Onsets
from trucewatch.fuse.settings import FuseSettings

IntArray = NDArray[np.int64]

_LONG_S = 3600.0
_SHORT_S = (90.0, 10.0)
"""a rate averaged over hours understates what chance offers within a barrage (FUSION section 2), and one over minutes
what it offers in a sensor that only sends some seconds around a trigger"""
_TOGETHER_S = 10.0
_LEAST_STATIONS = 5
"""sensors that were triggered together send their noise together, so the others tell how often one gives onsets then;
the noisiest is left out, or one bad sensor would speak for all"""
_AS_LOUD_DB = 3.0
"""an echo this much fainter than its arrival is as rare as half of those much fainter; as loud ones are rarer still"""
_FLIP = bytes((1, 0))


class Background:
    """Onsets that no impulse explains yet; the one thing that changes while impulses are taken.

    Marks are bytes by station in time order, and the windows around each onset are found once: a rate is asked for
    every member of every candidate.
    """

    def __init__(self, onsets: Onsets, settings: FuseSettings) -> None:
        """Begin with nothing explained."""
        self._settings = settings
        self._station: list[int] = onsets.station.tolist()
        self._position = _positions(onsets)
        self._windows = _windows(onsets, settings.echo_s)
        self._loud_db: list[list[float]] = [onsets.loud_db[list(index)].tolist() for index in onsets.of_station]
        sizes = [len(index) for index in onsets.of_station]
        self._explained = [bytearray(n) for n in sizes]
        self._arrivals = [bytearray(n) for n in sizes]
        self._clutter = [bytearray(b"\x01" * n) for n in sizes]
        """neither explained nor presumed to be"""
        self._time_s: list[float] = onsets.time_s.tolist()
        order = np.argsort(onsets.time_s, kind="stable")
        self._in_time: list[int] = order.tolist()
        self._every_s: list[float] = onsets.time_s[order].tolist()
        self._settled: dict[int, float] | None = None
        """once nothing more is taken: what the network as a whole offers around each onset that was asked for"""

    def settle(self) -> None:
        """Take what is left unexplained for what chance offers, and let sensors that send together speak together."""
        self.presume_nothing()
        self._settled = {}

    def presume(self, members: Iterable[int]) -> None:
        """Count onsets, and what may be their echoes, as explained while impulses are chosen.

        The rounds of a salvo would be clutter for each other until one of them is taken.
        """
        for i in members:
            first, last = self._windows[i][:2]
            self._clutter[self._station[i]][first:last] = bytes(last - first)

    def presume_nothing(self) -> None:
        """Count as explained only what was taken."""
        table = _FLIP + bytes(range(2, 256))
        self._clutter = [explained.translate(table) for explained in self._explained]

    def take(self, members: tuple[int, ...], extra: tuple[int, ...]) -> None:
        """Mark onsets as an impulse's: arrivals at their moments, and echoes."""
        for i in (*members, *extra):
            self._explained[self._station[i]][self._position[i]] = 1
            self._clutter[self._station[i]][self._position[i]] = 0
        for i in members:
            self._arrivals[self._station[i]][self._position[i]] = 1

    def rate(self, onset: int) -> float:
        """Return onsets a second that chance offers at an onset's sensor around its moment.

        The largest of an hour's rate, with a prior of the network's usual one, and those of minutes and seconds; an
        onset's own reverberation after it is no clutter. Within the echoes of an arrival that is explained, the rate
        of echoes comes on top.
        """
        station, settings = self._station[onset], self._settings
        clutter = self._clutter[station]
        own, own_end, echo, *bounds = self._windows[onset]
        n_long, *n_short = (
            clutter.count(1, low, high) - clutter.count(1, max(low, own), min(high, own_end))
            for low, high in zip(bounds[::2], bounds[1::2], strict=True)
        )
        short = max(n / (2 * s) for n, s in zip(n_short, _SHORT_S, strict=True))
        usual_s = 3600.0 / settings.usual_false_per_hour
        rate = max((n_long + 1.0) / (2 * _LONG_S + usual_s), short, self._together(onset))
        return rate + self._echo_rate(onset, station, echo, own)

    def _together(self, onset: int) -> float:
        """Return unexplained onsets a second of a sensor that sent anything around an onset, the noisiest left out."""
        if self._settled is None:
            return 0.0
        if onset not in self._settled:
            at_s = self._time_s[onset]
            first = bisect_left(self._every_s, at_s - _TOGETHER_S)
            last = bisect_right(self._every_s, at_s + _TOGETHER_S)
            by_station: dict[int, int] = {}
            for i in self._in_time[first:last]:
                station = self._station[i]
                unexplained = self._clutter[station][self._position[i]] == 1
                by_station[station] = by_station.get(station, 0) + unexplained
            sent = list(by_station.values())
            enough = len(sent) >= _LEAST_STATIONS
            self._settled[onset] = (sum(sent) - max(sent)) / (len(sent) - 1) / (2 * _TOGETHER_S) if enough else 0.0
        return self._settled[onset]

    def _echo_rate(self, onset: int, station: int, first: int, last: int) -> float:
        """Return echoes a second, at an onset's moment and loudness, of the arrivals just before it."""
        arrivals = self._arrivals[station]
        if not arrivals.count(1, first, last):
            return 0.0
        loud = self._loud_db[station]
        how_loud = loud[self._position[onset]]
        return self._settings.echoes_per_s * sum(
            _faint_share(how_loud - loud[j]) for j in range(first, last) if arrivals[j]
        )


def _faint_share(louder_db: float) -> float:
    """Return how frequent echoes are that are by so much louder than their arrival, 1.25 for faint ones."""
    return 1.0 if math.isnan(louder_db) else 1.25 / (1.0 + math.exp((louder_db + _AS_LOUD_DB) / 3.0))


def _positions(onsets: Onsets) -> list[int]:
    """Return where each onset comes among those of its station."""
    position = np.zeros(len(onsets), dtype=np.int64)
    for index in onsets.of_station:
        position[list(index)] = np.arange(len(index))
    return [int(p) for p in position]


def _windows(onsets: Onsets, echo_s: float) -> list[list[int]]:
    """Return, for each onset, ranges among those of its station.

    Its own echoes from and to, the first onset whose echo it may be, then from and to of each stretch of the rate.
    """
    table: IntArray = np.zeros((len(onsets), 5 + 2 * len(_SHORT_S)), dtype=np.int64)
    for index in onsets.of_station:
        times = onsets.time_s[list(index)]
        columns = [
            np.searchsorted(times, times, "left"),
            np.searchsorted(times, times + echo_s, "right"),
            np.searchsorted(times, times - echo_s, "left"),
        ]
        for half_s in (_LONG_S, *_SHORT_S):
            columns += [np.searchsorted(times, times - half_s, "left"), np.searchsorted(times, times + half_s, "right")]
        table[list(index)] = np.stack(columns, axis=1)
    rows: list[list[int]] = table.tolist()
    return rows
