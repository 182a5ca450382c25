"""A station, or single infrasound channels, listened to a minute at a time with some minutes about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from trucewatch.detect.listened import Listened
from trucewatch.detect.live_pieces import channel_of, joined, together, within
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Waveform

STEP_S, MARGIN_S = 60.0, 120.0
"""heard together, and what is heard with it on either side"""
HELD_S = STEP_S + 2.0 * MARGIN_S
"""of the latest sound that may still be needed"""


class StationEar:
    """Listens to a station, or to single infrasound channels, a minute at a time."""

    def __init__(self, sensor: Sensor, listen: Callable[[Sequence[Waveform], Sensor], Listened]) -> None:
        """Start with nothing heard; `listen` hears the channels of a few minutes."""
        self._sensor, self._listen = sensor, listen
        self._kept: list[Waveform] = []
        self._next_utc: datetime | None = None
        """start of the minute that is heard next"""

    def hear(self, block: Waveform) -> Listened:
        """Take the next block of a channel and hear the minutes that are known with what follows them."""
        start = block.recording.start.utc
        self._next_utc = start if self._next_utc is None else self._next_utc
        self._kept.append(block)
        reach = min(
            max(w.recording.end_utc for w in self._kept if channel_of(w) == c)
            for c in {channel_of(w) for w in self._kept}
        )
        given = []
        while (reach - self._next_utc).total_seconds() >= STEP_S + MARGIN_S:
            given.append(self._minute(self._next_utc + timedelta(seconds=STEP_S)))
        return together(given)

    def close(self) -> Listened:
        """Hear what is left."""
        if self._next_utc is None:
            return Listened()
        return self._minute(max(w.recording.end_utc for w in self._kept) + timedelta(seconds=1.0))

    def _minute(self, end_utc: datetime) -> Listened:
        assert self._next_utc is not None  # noqa: S101 - set with the first block
        margin = timedelta(seconds=MARGIN_S)
        begin, self._next_utc = self._next_utc, end_utc
        heard = self._listen(list(joined(self._kept, begin - margin, end_utc + margin)), self._sensor)
        self._kept = [w for w in self._kept if w.recording.end_utc > end_utc - margin]
        return replace(heard, detections=within(heard.detections, begin, end_utc))
