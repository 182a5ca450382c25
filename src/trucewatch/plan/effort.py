"""How long each sensor watched in a period, and why it could not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from trucewatch.model.effort import Outage, SensorEffort
from trucewatch.model.instant import Interval
from trucewatch.model.network import Sensor
from trucewatch.model.vocabulary import SensorState
from trucewatch.physics import LISTENING, usable_part

UNRECORDED = "no recording of this time came in"
"""the reason of an outage that only the recordings tell of"""


def sensor_effort(sensor: Sensor, period: Interval) -> SensorEffort:
    """Add up one sensor's tasked and operational time.

    Args:
        sensor: with its health and, where it sends all it records, with what was recorded; overlapping reports of being
            out count once.
        period: with both ends.
    """
    tasked = tasked_in(sensor, period)
    outages = [
        Outage(sensor_id=sensor.id, time=shared, state=h.state, reason=h.reason)
        for h in sensor.health
        if h.state not in LISTENING
        for t in tasked
        if (shared := _shared(h.time, t)) is not None
    ]
    outages += _unrecorded(sensor, tasked, [o.time for o in outages])
    out = [_ends(o.time) for o in outages]
    tasked_s = sum(t.duration_s for t in tasked)
    return SensorEffort(
        sensor_id=sensor.id,
        kind=sensor.kind,
        tasked_s=tasked_s,
        operational_s=tasked_s - union_s(out),
        outages=tuple(sorted(outages, key=lambda o: (_ends(o.time), o.state.value))),
    )


def tasked_in(sensor: Sensor, period: Interval) -> tuple[Interval, ...]:
    """Return the stretches of a period in which a sensor was tasked, joined and in order."""
    if not sensor.watch:
        return (period,)
    shared = [s for w in sensor.watch if (s := _shared(w, period)) is not None]
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(_ends(s) for s in shared):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(Interval(start_utc=a, end_utc=b) for a, b in joined)


def share_listening(sensor: Sensor, stretch: Interval) -> float:
    """Return the share of a stretch in which a sensor was tasked and could listen, 0 .. 1.

    Time that was recorded dead, clipped or drowned is left out, by the measurement at the stretch's middle.
    """
    effort = sensor_effort(sensor, stretch)
    return effort.operational_s / stretch.duration_s * usable_part(sensor, sensor.listening_at(middle_of(stretch)))


def middle_of(stretch: Interval) -> datetime:
    """Return the moment in the middle of a stretch with both ends."""
    start, end = _ends(stretch)
    return start + (end - start) / 2


def _unrecorded(sensor: Sensor, tasked: Sequence[Interval], known: Sequence[Interval]) -> list[Outage]:
    """Return the stretches of tasked time that were neither recorded nor known to be lost, of one that sends all."""
    if sensor.recorded is None:
        return []
    found = []
    covered = sorted(_ends(c) for c in (*sensor.recorded, *known))
    for stretch in tasked:
        at, end = _ends(stretch)
        for begin, stop in covered:
            if begin > at and at < end:
                found.append((at, min(begin, end)))
            at = max(at, stop)
        if at < end:
            found.append((at, end))
    return [
        Outage(
            sensor_id=sensor.id,
            time=Interval(start_utc=a, end_utc=b),
            state=SensorState.NON_OPERATIONAL,
            reason=UNRECORDED,
        )
        for a, b in found
    ]


def union_s(intervals: list[tuple[datetime, datetime]]) -> float:
    """Return the seconds that intervals cover together."""
    total, reached = 0.0, None
    for start, end in sorted(intervals):
        begin = start if reached is None or start > reached else reached
        total += max(0.0, (end - begin).total_seconds())
        reached = end if reached is None or end > reached else reached
    return total


def _shared(one: Interval, other: Interval) -> Interval | None:
    starts = [t for t in (one.start_utc, other.start_utc) if t is not None]
    ends = [t for t in (one.end_utc, other.end_utc) if t is not None]
    if not starts or not ends or max(starts) >= min(ends):
        return None
    return Interval(start_utc=max(starts), end_utc=min(ends))


def _ends(interval: Interval) -> tuple[datetime, datetime]:
    if interval.start_utc is None or interval.end_utc is None:
        raise ValueError("an interval with an open end has no length here; clip it to the period first")
    return interval.start_utc, interval.end_utc
