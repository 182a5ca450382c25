"""How often each sensor gives onsets that nothing explains, around the moment of each of its onsets."""

from __future__ import annotations

import numpy as np

from trucewatch.fuse.field import BoolArray, FloatArray, Heard, IntArray, Moments

_SHORT_S = 90.0
_LONG_S = 3600.0


class Clutter:
    """Rates of chance of many onsets, for any set of those that are unexplained.

    Which onsets of its sensor lie around each one does not change: it is looked up once, and every rate after that is a
    difference of two sums.
    """

    def __init__(self, heard: Heard) -> None:
        """Look up what lies around each onset."""
        everything = Moments(heard, np.arange(len(heard)))
        self._order = everything.onset
        self._short, self._long = (_around(heard, everything, half_s) for half_s in (_SHORT_S, _LONG_S))

    def rates_hz(self, unexplained: BoolArray, which: IntArray, usual_rate_hz: float) -> FloatArray:
        """Return how often the sensor of each of some onsets gives unexplained ones around its moment.

        Of the minutes around it, drawn towards the rate of hours, drawn towards the usual one: a rate of a day
        understates what chance offers inside a salvo. What impulses explain is no clutter, and neither is the onset
        itself.
        """
        before = np.concatenate(([0], np.cumsum(unexplained[self._order])))
        own = unexplained[which]

        def count(around: tuple[IntArray, IntArray]) -> FloatArray:
            first, last = around
            return np.asarray(before[last[which]] - before[first[which]] - own, dtype=np.float64)

        long_hz = (count(self._long) + 1.0) / (2 * _LONG_S + 1.0 / usual_rate_hz)
        return np.asarray((count(self._short) + 1.0) / (2 * _SHORT_S + 1.0 / long_hz), dtype=np.float64)


def _around(heard: Heard, everything: Moments, half_s: float) -> tuple[IntArray, IntArray]:
    """Return, of each onset, first and one past the last position by station of what lies within a time of it."""
    order = everything.onset
    at_s = heard.time_s[order]
    around = everything.between(heard.station[order], at_s - half_s, at_s + half_s)
    first, last = np.empty_like(around[0]), np.empty_like(around[1])
    first[order], last[order] = around
    return first, last
