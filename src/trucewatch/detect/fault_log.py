"""Faults of elements as intervals: the same fault in windows that follow each other is one line, not hundreds."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.detect.array_channels import ChannelFault


@dataclass(slots=True, kw_only=True)
class _Open:
    start_s: float
    end_s: float
    reason: str


class FaultLog:
    """Gathers what is wrong with elements and gives each fault once it has ended."""

    def __init__(self, pause_s: float) -> None:
        """Start empty.

        Args:
            pause_s: The same fault again within this time goes on.
        """
        self._pause_s = pause_s
        self._open: dict[tuple[int, str], _Open] = {}
        self._done: list[ChannelFault] = []

    def add(self, element: int, kind: str, reason: str, start_s: float, end_s: float) -> None:
        """Say what was wrong with an element in an interval; the first reason of a fault stands."""
        key = (element, kind)
        known = self._open.get(key)
        if known is not None and start_s <= known.end_s + self._pause_s:
            known.end_s = max(known.end_s, end_s)
            known.start_s = min(known.start_s, start_s)
            return
        if known is not None:
            self._done.append(_fault(element, known))
        self._open[key] = _Open(start_s=start_s, end_s=end_s, reason=reason)

    def take(self, now_s: float | None = None) -> tuple[ChannelFault, ...]:
        """Return the faults that have ended by a time, all of them for None, in order of their start."""
        over = [k for k, o in self._open.items() if now_s is None or o.end_s + self._pause_s < now_s]
        self._done += [_fault(key[0], self._open.pop(key)) for key in over]
        done, self._done = self._done, []
        return tuple(sorted(done, key=lambda f: (f.start_s or 0.0, f.element, f.reason)))


def _fault(element: int, known: _Open) -> ChannelFault:
    return ChannelFault(element=element, reason=known.reason, start_s=known.start_s, end_s=known.end_s)
