"""How often each sensor gives onsets that nothing explains: what chance has to offer, there and then."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.onsets import Onsets
from trucewatch.fuse.settings import FuseSettings

BoolArray = NDArray[np.bool_]

_LONG_S = 3600.0
_SHORT_S = (90.0, 10.0)
"""a rate averaged over hours understates what chance offers within a barrage (FUSION section 2), and one over minutes
what it offers in a sensor that only sends some seconds around a trigger"""


class Background:
    """Onsets that no impulse explains yet; the one thing that changes while impulses are taken."""

    def __init__(self, onsets: Onsets, settings: FuseSettings) -> None:
        """Begin with nothing explained."""
        self._onsets = onsets
        self._settings = settings
        self._explained: BoolArray = np.zeros(len(onsets), dtype=np.bool_)
        self._arrivals: BoolArray = np.zeros(len(onsets), dtype=np.bool_)
        self._presumed: BoolArray = np.zeros(len(onsets), dtype=np.bool_)

    def presume(self, members: Iterable[int]) -> None:
        """Count onsets, and what may be their echoes, as explained while impulses are chosen.

        The rounds of a salvo would be clutter for each other until one of them is taken.
        """
        for i in members:
            at, station = float(self._onsets.time_s[i]), int(self._onsets.station[i])
            self._presumed[self._onsets.between(station, at, at + self._settings.echo_s)] = True

    def presume_nothing(self) -> None:
        """Count as explained only what was taken."""
        self._presumed[:] = False

    def take(self, members: tuple[int, ...], extra: tuple[int, ...]) -> None:
        """Mark onsets as an impulse's: arrivals at their moments, and echoes."""
        self._explained[[*members, *extra]] = True
        self._arrivals[list(members)] = True

    def release(self, members: tuple[int, ...], extra: tuple[int, ...]) -> None:
        """Unmark an impulse's onsets."""
        self._explained[[*members, *extra]] = False
        self._arrivals[list(members)] = False

    def rate(self, onset: int) -> float:
        """Return onsets a second that chance offers at an onset's sensor around its moment.

        The largest of an hour's rate, with a prior of the network's usual one, and those of minutes and seconds; an
        onset's own reverberation after it is no clutter. Within the echoes of an arrival that is explained, the rate
        of echoes comes on top.
        """
        settings, at = self._settings, float(self._onsets.time_s[onset])
        station = int(self._onsets.station[onset])
        index = self._onsets.of_station[station]
        times = self._onsets.time_s[index]
        free = ~(self._explained | self._presumed)[index] & ((times < at) | (times > at + settings.echo_s))
        n_long = self._count(times, free, at - _LONG_S, at + _LONG_S)
        short = max(self._count(times, free, at - s, at + s) / (2 * s) for s in _SHORT_S)
        usual_s = 3600.0 / settings.usual_false_per_hour
        rate = max((n_long + 1.0) / (2 * _LONG_S + usual_s), short)
        echoing = self._count(times, self._arrivals[index], at - settings.echo_s, np.nextafter(at, -np.inf))
        return rate + (settings.echoes_per_s if echoing else 0.0)

    @staticmethod
    def _count(times: NDArray[np.float64], which: BoolArray, low_s: float, high_s: float) -> int:
        first, last = np.searchsorted(times, low_s, "left"), np.searchsorted(times, high_s, "right")
        return int(np.count_nonzero(which[first:last]))
