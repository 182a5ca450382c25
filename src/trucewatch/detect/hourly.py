"""How well sensors listen, measured while they do: a record for each hour when it is over."""

from __future__ import annotations

from datetime import timedelta

from trucewatch.detect.quality import HOUR_S, Gauge
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.listening import Listening
from trucewatch.model.network import Network
from trucewatch.model.observation import Waveform

LATE_S = 120.0
"""how long after its end an hour is still open for channels that lag behind"""


class HourlyGauge:
    """Measures block by block; memory holds the hours that are open.

    LIMIT: what is usual for a sensor is taken from one hour, not from a day, and a repeat of an earlier hour goes
    unseen.
    """

    def __init__(self, network: Network) -> None:
        """Start with nothing recorded."""
        self._network = network
        self._open: dict[int, Gauge] = {}
        self._closed_to = -(1 << 60)
        """number of the first hour that is not given yet"""

    def add(self, block: Waveform) -> tuple[Listening, ...]:
        """Take in the next block and return the records of hours that are over."""
        start_s = block.recording.start.utc.timestamp()
        end_s = start_s + block.recording.duration_s
        for hour in range(max(self._closed_to, int(start_s // HOUR_S)), int(end_s // HOUR_S) + 1):
            if hour not in self._open:
                begin = utc_from_timestamp(hour * HOUR_S)
                during = Interval(start_utc=begin, end_utc=begin + timedelta(seconds=HOUR_S))
                self._open[hour] = Gauge(self._network, during)
            self._open[hour].add(block)
        return self._give(int((end_s - LATE_S) // HOUR_S))

    def close(self) -> tuple[Listening, ...]:
        """Return the records of the hours that were begun."""
        return self._give(1 << 60)

    def _give(self, before: int) -> tuple[Listening, ...]:
        over = sorted(hour for hour in self._open if hour < before)
        if not over:
            return ()
        self._closed_to = over[-1] + 1
        return tuple(record for hour in over for record in self._open.pop(hour).finish())
