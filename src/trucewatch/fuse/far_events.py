"""Which arrivals of which arrays and stations are one far event: they join and leave by comparing hypotheses.

Candidates come from votes on a coarse grid. The strongest is settled first; what is left makes the next one. What an
event explains counts no longer as chance, so a second look may find what a first one could not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trucewatch.fuse.far_chance import with_chance
from trucewatch.fuse.far_hearing import Watch
from trucewatch.fuse.far_reading import SOUND, Reading
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.fuse.far_settle import FarEvent, gains_of, least_evidence, settle
from trucewatch.fuse.far_votes import candidates

_LOOKS = 2


def far_events(
    readings: Sequence[Reading], watch: Watch, settings: FarSettings
) -> tuple[tuple[FarEvent, ...], tuple[Reading, ...]]:
    """Return the events that readings make, and the readings that belong to none, each in time order.

    Args:
        readings: of all sensors, in time order; single microphones only join what others found.
        watch: the arrays whose silence counts.
        settings: priors.
    """
    events, free, tried = list[FarEvent](), {r.id: r for r in readings}, set[frozenset[str]]()
    for _ in range(_LOOKS):
        taken = frozenset(r.id for r in readings) - frozenset(free)
        free = {r.id: r for r in with_chance(readings, taken, settings) if r.id in free}
        found = _look(free, tried, watch, settings)
        if not found:
            break
        events += found
    return tuple(sorted(events, key=lambda e: e.members[0].key)), tuple(sorted(free.values(), key=lambda r: r.key))


def _look(free: dict[str, Reading], tried: set[frozenset[str]], watch: Watch, settings: FarSettings) -> list[FarEvent]:
    """Take events from free readings, the strongest first; hopeless sets are not tried twice."""
    found = list[FarEvent]()
    votes = candidates([r for r in free.values() if r.medium != SOUND], settings)
    for candidate in votes:
        if candidate.score < least_evidence(settings):
            break
        members = [free[i] for i in candidate.members if i in free]
        key = frozenset(r.id for r in members)
        if len({r.sensor_id for r in members}) < 2 or key in tried:
            continue
        tried.add(key)
        event = settle(members, list(free.values()), watch, settings)
        if event is None or event.log_odds <= settings.least_log_odds:
            continue
        event = replace(event, gains=gains_of(event, watch, settings))
        found.append(event)
        for reading in (*event.members, *event.later):
            free.pop(reading.id)
    return found
