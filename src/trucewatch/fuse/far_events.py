"""Which arrivals of which arrays and stations are one far event: they join and leave by comparing hypotheses.

Candidates come from votes on a coarse grid and are settled from the strongest on. One that wants readings of an event
that stands is settled with them, and takes its place where it explains more than before with what is left of the other:
the sum of log-odds is that of all events together against chance alone. Where settling left a reading out, the smaller
sets with it are tried too. What an event explains counts no longer as chance, so a second look may find more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

from trucewatch.fuse.far_chance import with_chance
from trucewatch.fuse.far_hearing import Watch
from trucewatch.fuse.far_reading import SOUND, Reading
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.fuse.far_settle import FarEvent, gains_of, most_log_odds, settle
from trucewatch.fuse.far_votes import candidates

_LOOKS = 2
_MOST_SPLIT = 5
"""a candidate of more readings is not tried in parts: what it leaves out it finds in other candidates"""
_BETTER = 1e-6
"""log-odds by which a change has to explain more, so that none goes round in a circle"""


def far_events(
    readings: Sequence[Reading], watch: Watch, settings: FarSettings
) -> tuple[tuple[FarEvent, ...], tuple[Reading, ...]]:
    """Return the events that readings make, and the readings that belong to none, each in time order.

    Args:
        readings: of all sensors, in time order; single microphones only join what others found.
        watch: the arrays whose silence counts.
        settings: priors.
    """
    events, free = list[FarEvent](), {r.id: r for r in readings}
    tried = set[frozenset[str]]()
    for _ in range(_LOOKS):
        taken = frozenset(r.id for r in readings) - frozenset(free)
        free = {r.id: r for r in with_chance(readings, taken, settings) if r.id in free}
        look = _Look(free, tried, watch, settings)
        look.through()
        if not look.found:
            break
        events += [replace(e, gains=gains_of(e, watch, settings)) for e in look.found]
        free = {r.id: r for r in free.values() if r.id not in look.owner}
    return tuple(sorted(events, key=lambda e: e.members[0].key)), tuple(sorted(free.values(), key=lambda r: r.key))


class _Look:
    """One pass over the candidates of free readings; the events that stand explain more with every change."""

    def __init__(
        self, free: dict[str, Reading], tried: set[frozenset[str]], watch: Watch, settings: FarSettings
    ) -> None:
        self._free, self._tried, self._watch, self._settings = free, tried, watch, settings
        self.found: list[FarEvent] = []
        self.owner: dict[str, FarEvent] = {}
        """of each reading that an event explains"""

    def through(self) -> None:
        """Try all candidates that may be events, the strongest first."""
        for candidate in candidates([r for r in self._free.values() if r.medium != SOUND], self._settings):
            most = most_log_odds(candidate.score, self._settings)
            if most <= self._settings.least_log_odds:
                break
            self._try([self._free[i] for i in candidate.members], most)

    def _try(self, members: Sequence[Reading], most: float) -> None:
        """Let some readings make an event, at the cost of others where that explains more."""
        rivals = self._owners(members)
        if rivals and most <= sum(_cost(e, members) for e in rivals):
            members, rivals = [m for m in members if m.id not in self.owner], []
        key = frozenset(r.id for r in members)
        if len({r.sensor_id for r in members}) < 2 or key in self._tried:
            return
        self._tried.add(key)
        event = self._settled(members, self._without(rivals))
        if event is not None:
            self._exchange(event)
        left_out = key if event is None else key - {r.id for r in event.members}
        if left_out and 2 < len(members) <= _MOST_SPLIT:
            for fewer in combinations(members, len(members) - 1):
                if any(r.id in left_out for r in fewer):
                    self._try(fewer, most)

    def _exchange(self, event: FarEvent) -> None:
        """Put an event in the place of those whose readings it takes, with what is left of them, if that is more."""
        displaced, left = self._owners((*event.members, *event.later)), list[FarEvent]()
        gone = _explained(event)
        for old in displaced:
            less = self._less(old, gone)
            if less is not None:
                left.append(less)
                gone |= _explained(less)
        if event.log_odds + math.fsum(e.log_odds for e in left) <= math.fsum(d.log_odds for d in displaced) + _BETTER:
            return
        self.found = [e for e in self.found if e not in displaced] + [event, *left]
        self.owner = {i: e for e in self.found for i in _explained(e)}

    def _less(self, event: FarEvent, gone: set[str]) -> FarEvent | None:
        """Return what an event is without some of its readings."""
        rest = [r for r in event.members if r.id not in gone]
        if len({r.sensor_id for r in rest}) < 2:
            return None
        return self._settled(rest, [r for r in self._without([event]) if r.id not in gone])

    def _settled(self, members: Sequence[Reading], free: Sequence[Reading]) -> FarEvent | None:
        event = settle(members, free, self._watch, self._settings)
        return event if event is not None and event.log_odds > self._settings.least_log_odds else None

    def _owners(self, members: Iterable[Reading]) -> list[FarEvent]:
        """Return the events that explain some readings, in the order in which they were found."""
        owners = {id(self.owner[m.id]) for m in members if m.id in self.owner}
        return [e for e in self.found if id(e) in owners]

    def _without(self, events: Sequence[FarEvent]) -> list[Reading]:
        """Return the readings that no event explains, or one of these."""
        given = {id(e) for e in events}
        return [r for r in self._free.values() if r.id not in self.owner or id(self.owner[r.id]) in given]


def _explained(event: FarEvent) -> set[str]:
    """Return the ids of the readings that an event explains."""
    return {r.id for r in (*event.members, *event.later)}


def _cost(event: FarEvent, members: Iterable[Reading]) -> float:
    """Return the log-odds that an event loses at the most without some of its readings."""
    gone = {m.id for m in members}
    lost = [gain for reading, gain in zip(event.members, event.gains, strict=True) if reading.id in gone]
    return min(math.fsum(lost), event.log_odds)
