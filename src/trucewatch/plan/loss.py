"""The effort that troubles took: tasked time of each sensor, by cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.loss import Loss, LossCause
from trucewatch.model.network import Network, Sensor
from trucewatch.model.trouble import Trouble, TroubleKind, trouble
from trucewatch.model.vocabulary import SensorState
from trucewatch.plan.effort import sensor_effort, tasked_in, union_s

CLOCK_OFF_S = 0.05
"""17 m of sound: a place hardly moves for less"""
CLOCK_SIGMAS = 3.0
_WHOLLY = frozenset(LossCause) - {
    LossCause.DEGRADED,
    LossCause.ELEMENT,
    LossCause.LASTING,
    LossCause.CLOCK,
}
_OF_STATE = {s: LossCause(s.value) for s in SensorState if s.value in set(LossCause)}
"""being operational or not tasked is no loss"""
_DEGRADED_MEANS = "it went on listening; its silence counts only in hours in which its noise was measured"
_Span = tuple[datetime, datetime]


def losses_in(network: Network, period: Interval) -> tuple[Loss, ...]:
    """Return what took tasked time of each sensor in a period, by sensor and cause.

    Causes may overlap, as a jammed sensor without a recording: they do not add up to the time that was lost.

    Args:
        network: with health, troubles and measured listening.
        period: with both ends.
    """
    sensors = sorted(network.sensors, key=lambda s: s.id)
    return tuple(loss for s in sensors for loss in _losses(s, period))


def troubles_in(network: Network, period: Interval) -> tuple[Trouble, ...]:
    """Return what kept sensors from listening in a period, by sensor and time, with what they said of themselves."""
    found = []
    for sensor in sorted(network.sensors, key=lambda s: s.id):
        of_sensor = [t for t in (*sensor.troubles, *_degraded(sensor)) if t.time.overlap_s(period) > 0]
        found += sorted(of_sensor, key=lambda t: (str(t.time.start_utc), str(t.time.end_utc), t.id))
    return tuple(found)


def _degraded(sensor: Sensor) -> Iterator[Trouble]:
    for h in sensor.health:
        if h.state is SensorState.DEGRADED:
            what = h.reason or "degraded; no reason was given"
            yield trouble(sensor.id, TroubleKind.DEGRADED, h.time, what=what, meaning=_DEGRADED_MEANS)


def _losses(sensor: Sensor, period: Interval) -> Iterator[Loss]:
    tasked = tasked_in(sensor, period)
    tasked_s = sum(t.duration_s for t in tasked)
    by_cause: dict[LossCause, list[_Span]] = {}
    for outage in sensor_effort(sensor, period).outages:
        if (cause := _OF_STATE.get(outage.state)) is not None:
            by_cause.setdefault(cause, []).extend(_shared(outage.time, tasked))
    for one in troubles_in(Network(sensors=(sensor,)), period):
        by_cause.setdefault(LossCause(one.kind.value), []).extend(_shared(one.time, tasked))
    for hour in sensor.listening:
        if _clock_is_off(hour):
            by_cause.setdefault(LossCause.CLOCK, []).extend(_shared(hour.time, tasked))
        by_cause.setdefault(LossCause.UNUSABLE, []).extend(_unusable(hour, tasked))
    for cause in LossCause:
        if spans := by_cause.get(cause):
            yield Loss(
                sensor_id=sensor.id,
                cause=cause,
                lost_s=union_s(spans),
                tasked_s=tasked_s,
                n_stretches=_n_apart(spans),
                wholly=cause in _WHOLLY,
            )


def _unusable(hour: Listening, tasked: Sequence[Interval]) -> list[_Span]:
    """Return as much time of an hour as was recorded and could not be used; when in the hour it was is not kept."""
    share = hour.recorded_share - hour.usable_share
    spans = [(start, start + share * (end - start)) for start, end in _shared(hour.time, tasked)]
    return [(start, end) for start, end in spans if end - start > timedelta(0)]


def _clock_is_off(hour: Listening) -> bool:
    if hour.clock_offset_s is None:
        return False
    return abs(hour.clock_offset_s) > max(CLOCK_OFF_S, CLOCK_SIGMAS * (hour.clock_offset_sigma_s or 0.0))


def _shared(time: Interval, tasked: Sequence[Interval]) -> list[_Span]:
    """Return the parts of a time that lie in tasked time, whose stretches have both ends."""
    found = []
    for t in tasked:
        assert t.start_utc is not None and t.end_utc is not None  # noqa: S101 - a period has both ends
        start = t.start_utc if time.start_utc is None else max(time.start_utc, t.start_utc)
        end = t.end_utc if time.end_utc is None else min(time.end_utc, t.end_utc)
        if start < end:
            found.append((start, end))
    return found


def _n_apart(spans: Sequence[_Span]) -> int:
    """Count stretches that neither overlap nor touch."""
    n, until = 0, None
    for start, end in sorted(spans):
        n += until is None or start > until
        until = end if until is None else max(until, end)
    return n
