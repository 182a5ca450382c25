"""Where a node stands in a server's ring: only what is in batches that are safe on disk counts as dealt with."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from trucewatch.model.observation import Waveform

Item = TypeVar("Item")


@dataclass(slots=True, kw_only=True)
class _Station:
    """The packets of one station that are not yet left behind."""

    until_utc: datetime | None = None
    """end of what came of it"""
    waiting: deque[tuple[int, datetime | None]] = field(default_factory=deque)
    """number and end of each"""


@dataclass(slots=True, kw_only=True)
class RingPlace:
    """Follows a feed packet by packet and remembers, after each batch, from which packet to go on.

    Detectors hold sound back for a while, and need some before a sound to hear it as they would have. So the place
    stays that far behind what was heard: a node that is cut off anywhere hears again what it had not sent, and a little
    of what it had. The centre takes what comes twice for what it is (`service/sent_twice.py`).
    """

    reached: dict[str, int]
    """number of the packet of each station after which to go on"""
    held_s: Callable[[str], float]
    """seconds of sound that the detectors of a station may still need"""
    keep: Callable[[bytes], None]
    """writes the place where it outlives a power cut"""
    _stations: dict[str, _Station] = field(default_factory=dict)
    _last: datetime | None = None
    """end of what was yielded since the last packet was dealt with"""

    def watched(self, feed: Iterable[Item]) -> Iterator[Item]:
        """Yield a feed, noting when each recording ends."""
        for item in feed:
            if isinstance(item, Waveform):
                end = item.recording.end_utc
                self._last = end if self._last is None else max(self._last, end)
            yield item

    def dealt_with(self, name: str, number: int) -> None:
        """Note a packet whose recordings were all heard; nothing is written."""
        station = self._stations.setdefault(name, _Station())
        station.waiting.append((number, self._last))
        if self._last is not None:
            station.until_utc = self._last if station.until_utc is None else max(station.until_utc, self._last)
        self._last = None

    def advance(self, *, nothing_held: bool) -> None:
        """Go on as far as what was heard is safe, after a batch; once a batch, and not where nothing changes.

        Args:
            nothing_held: the detectors have given all that they had.
        """
        before = dict(self.reached)
        for name, station in self._stations.items():
            held = timedelta(seconds=0.0 if nothing_held else self.held_s(name))
            while station.waiting and _is_over(station, held):
                self.reached[name] = station.waiting.popleft()[0]
        if self.reached != before:
            self.keep(place_bytes(self.reached))


def _is_over(station: _Station, held: timedelta) -> bool:
    end = station.waiting[0][1]
    # A packet that could not be read has no end: it goes with its neighbours.
    return end is None or station.until_utc is None or end <= station.until_utc - held


def place_bytes(reached: dict[str, int]) -> bytes:
    """Write a place."""
    return json.dumps(reached, sort_keys=True).encode() + b"\n"


def read_place(kept: bytes | None) -> dict[str, int]:
    """Read a place; nowhere where there is none."""
    return {} if kept is None else dict(json.loads(kept))
