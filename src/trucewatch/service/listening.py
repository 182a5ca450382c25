"""How well sensors listened: measured once for each day of recordings, and put beside the sensors that it is about."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from trucewatch.detect import HEARING, METHODS, Listened, listening
from trucewatch.detect.quality import ID_PREFIX
from trucewatch.fuse import ClockOffset, clock_offsets
from trucewatch.fuse.sensor_clocks import SensorClock, sensor_clocks
from trucewatch.model.detection import Detection
from trucewatch.model.errors import TrucewatchError, UnreadableInput
from trucewatch.model.ids import content_id
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.network import ARRAY_ELEMENTS, Health, Network, Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.register import NewRecord
from trucewatch.model.trouble import Trouble
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.service.ports import Register

ReadWaveforms = Callable[[str], tuple[Waveform, ...]]
"""reads the samples of an input again"""
NEAR = timedelta(seconds=60)
"""a shorter gap in what was recorded is no outage; it counts in the hour's recorded share"""
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningDay:
    """The recordings of one UTC day, to be measured together: they say what is usual, and what stands twice."""

    day: date
    key: str
    """changes with the recordings, the sensors and the method"""
    inputs: tuple[str, ...]
    """in the order of their time"""
    network: Network

    @property
    def time(self) -> Interval:
        """The day."""
        start = datetime.combine(self.day, time(), tzinfo=UTC)
        return Interval(start_utc=start, end_utc=start + _DAY)

    def measure(self, read: ReadWaveforms) -> Listened:
        """Measure it, one input after the other; one that cannot be read any more is named and left out.

        LIMIT: a file that covers several days is read once for each of them.
        """
        lost: list[UnreadableInput] = []
        found = listening(self._waveforms(read, lost), self.network, self.time)
        return Listened(listening=found, unreadable=tuple(lost))

    def _waveforms(self, read: ReadWaveforms, lost: list[UnreadableInput]) -> Iterator[Waveform]:
        for input_id in self.inputs:
            try:
                waveforms = read(input_id)
            except TrucewatchError as error:
                expected = f"the file that was taken in, to measure how the sensor listened: {error}"
                lost.append(UnreadableInput(source=input_id, value=f"recordings of {self.day}", expected=expected))
                continue
            yield from sorted(waveforms, key=lambda w: (w.recording.start.utc, w.recording.id))


def listening_days(network: Network, recordings: Sequence[Recording]) -> tuple[ListeningDay, ...]:
    """Sort recordings into the UTC days that they touch."""
    by_day: dict[date, list[Recording]] = {}
    for r in recordings:
        sensor = network.sensor(r.sensor_id)
        if sensor is not None and sensor.kind in HEARING:
            for day in _days(r):
                by_day.setdefault(day, []).append(r)
    return tuple(_day(day, by_day[day], network) for day in sorted(by_day))


def listening_record(found: Listening) -> NewRecord:
    """Write a record of how one sensor listened."""
    return NewRecord(
        kind="listening",
        id=found.id,
        payload=to_bytes(found),
        refs=found.input_ids[:8],
        time=found.time,
        type=found.sensor_id,
    )


def with_listening(network: Network, register: Register) -> Network:
    """Say of each sensor how well it listened and, where it sends all that it records, when it did."""
    measured = _by_sensor(register)
    recorded = _recorded(network, register)
    troubles = _troubles(register)
    return Network(
        sensors=tuple(
            replace(
                s,
                listening=_most_heard(measured.get(s.id, [])),
                recorded=recorded.get(s.id),
                troubles=tuple(troubles.get(s.id, ())),
            )
            for s in network.sensors
        )
    )


def with_clocks(network: Network, incidents: Sequence[Incident], detections: Sequence[Detection]) -> Network:
    """Say of each measured hour how far the sensor's clock was off, where events told.

    For those who read it; fusion itself does not take it, or each round would lean on the one before.
    """
    # What fusion set right before it placed anything is gone from the residuals: there the whole offset is told.
    wrong = {c.sensor_id: c for c in clock_offsets(incidents, detections, network) if c.is_wrong}
    clocks: dict[str, SensorClock | ClockOffset] = {**sensor_clocks(incidents, network), **wrong}
    return Network(
        sensors=tuple(
            replace(s, listening=tuple(_clocked(one, clocks[s.id]) for one in s.listening)) if s.id in clocks else s
            for s in network.sensors
        )
    )


def _clocked(one: Listening, clock: SensorClock | ClockOffset) -> Listening:
    start, end = _ends(one)
    held_s = clock.at_s if isinstance(clock, ClockOffset) else clock.middle_s
    days = ((start.timestamp() + end.timestamp()) / 2.0 - held_s) / _DAY.total_seconds()
    offset = clock.offset_s + (clock.drift_s_per_day or 0.0) * days
    return replace(
        one,
        clock_offset_s=round(offset, 4) + 0.0,
        clock_offset_sigma_s=round(clock.sigma_s, 4),
        clock_drift_s_per_day=one.clock_drift_s_per_day
        if clock.drift_s_per_day is None
        else round(clock.drift_s_per_day, 4),
    )


def during(network: Network, period: Interval) -> Network:
    """Return a network with what is known of a period alone, so that another day's data change nothing in it."""
    return Network(sensors=tuple(_during(s, period) for s in network.sensors))


def _during(sensor: Sensor, period: Interval) -> Sensor:
    return replace(
        sensor,
        health=tuple(
            Health(time=shared, state=h.state, reason=h.reason)
            for h in sensor.health
            if (shared := _shared(h.time, period)) is not None
        ),
        recorded=None
        if sensor.recorded is None
        else tuple(shared for r in sensor.recorded if (shared := _shared(r, period)) is not None),
        listening=tuple(one for one in sensor.listening if one.time.overlap_s(period) > 0),
        troubles=tuple(one for one in sensor.troubles if one.time.overlap_s(period) > 0),
    )


def _shared(one: Interval, other: Interval) -> Interval | None:
    starts = [t for t in (one.start_utc, other.start_utc) if t is not None]
    ends = [t for t in (one.end_utc, other.end_utc) if t is not None]
    start, end = max(starts, default=None), min(ends, default=None)
    return None if start is not None and end is not None and start >= end else Interval(start_utc=start, end_utc=end)


def _days(r: Recording) -> Iterator[date]:
    day, last = r.start.utc.date(), r.end_utc.date()
    while day <= last:
        yield day
        day += _DAY


def _day(day: date, recordings: Sequence[Recording], network: Network) -> ListeningDay:
    first: dict[str, tuple[datetime, str]] = {}
    for r in recordings:
        first[r.input_id] = min(first.get(r.input_id, (r.start.utc, r.id)), (r.start.utc, r.id))
    used = {s.id: s for r in recordings if (s := network.sensor(r.sensor_id)) is not None}
    # Health and watch change nothing in what a recording holds.
    sensors = tuple(replace(used[k], health=(), watch=(), noise_level_db=None) for k in sorted(used))
    ids = sorted(r.id for r in recordings)
    return ListeningDay(
        day=day,
        key=content_id("stp", to_bytes((METHODS["listening"], str(day), ids, sensors))),
        inputs=tuple(sorted(first, key=lambda i: first[i])),
        network=Network(sensors=sensors),
    )


def _by_sensor(register: Register) -> dict[str, list[Listening]]:
    found: dict[str, list[Listening]] = {}
    for record in register.current("listening"):
        one = from_bytes(Listening, record.payload)
        if one.time.start_utc is not None and one.time.end_utc is not None:
            found.setdefault(one.sensor_id, []).append(one)
    return found


def _troubles(register: Register) -> dict[str, list[Trouble]]:
    found: dict[str, list[Trouble]] = {}
    every = (from_bytes(Trouble, r.payload) for r in register.current("trouble"))
    for one in sorted(every, key=lambda t: (str(t.time.start_utc), t.element_id, t.id)):
        found.setdefault(one.sensor_id, []).append(one)
    return found


def _most_heard(found: Iterable[Listening]) -> tuple[Listening, ...]:
    """Order by start; of those that overlap the one that heard most stays, and what was measured here before a node's.

    A node listens all the time and sends a clip: its own word on the hour says more than the clip. Where it sends all
    that it records, the recordings say more than its word.
    """
    kept: dict[datetime, list[Listening]] = {}

    def rank(one: Listening) -> tuple[float, bool, datetime, str]:
        return -round(one.recorded_share * one.time.duration_s), not _made_here(one), _ends(one)[0], one.id

    for one in sorted(found, key=rank):
        hours = _hours(one)
        if not any(k.time.overlap_s(one.time) > 0 for h in hours for k in kept.get(h, ())):
            for h in hours:
                kept.setdefault(h, []).append(one)
    unique = {one.id: one for of_hour in kept.values() for one in of_hour}
    return tuple(sorted(unique.values(), key=_ends))


def _made_here(one: Listening) -> bool:
    return one.id.startswith(f"{ID_PREFIX}-")


def _hours(one: Listening) -> list[datetime]:
    start, end = _ends(one)
    first = start.replace(minute=0, second=0, microsecond=0)
    return [first + k * _HOUR for k in range(int((end - first) / _HOUR) + 1)]


def _ends(one: Listening) -> tuple[datetime, datetime]:
    assert one.time.start_utc is not None and one.time.end_utc is not None  # noqa: S101 - others were left out before
    return one.time.start_utc, one.time.end_utc


def _recorded(network: Network, register: Register) -> dict[str, tuple[Interval, ...]]:
    """Return when what came in was recorded, of the sensors that send all they record.

    A sensor of which pulses or a node's own findings came in listens beside its recordings, and one that sends clips
    listens between them: of these only their stated health tells.
    """
    spans: dict[str, dict[str, list[tuple[datetime, datetime]]]] = {}
    for record in register.current("recording"):
        r = from_bytes(Recording, record.payload)
        sensor = network.sensor(r.sensor_id)
        if sensor is not None and sensor.kind in HEARING and not sensor.sends_clips:
            span = (r.start.utc, r.end_utc)
            spans.setdefault(sensor.id, {}).setdefault(r.sensor_id, []).append(span)
    if spans:
        for name in _hear_at_the_edge(register):
            spans.pop(name, None)
    needed = {s.id: ARRAY_ELEMENTS if s.is_array else 1 for s in network.sensors}
    return {name: _covered(list(parts.values()), needed[name]) for name, parts in spans.items()}


def _hear_at_the_edge(register: Register) -> set[str]:
    sent = (r for kind in ("pulse", "edge_detection") for r in register.current(kind))
    names = {str(json.loads(r.payload)["sensor_id"]) for r in sent}
    heard = (from_bytes(Listening, r.payload) for r in register.current("listening"))
    return names | {one.sensor_id for one in heard if not _made_here(one)}


def _covered(elements: Sequence[Sequence[tuple[datetime, datetime]]], needed: int) -> tuple[Interval, ...]:
    """Return when at least so many elements recorded, neighbours closer than NEAR joined."""
    edges = sorted(
        (at, step) for spans in elements for start, end in _union(spans) for at, step in ((start, 1), (end, -1))
    )
    depth, since, found = 0, None, list[tuple[datetime, datetime]]()
    for at, step in edges:
        depth += step
        if depth >= needed and since is None:
            since = at
        elif depth < needed and since is not None:
            found.append((since, at))
            since = None
    return tuple(Interval(start_utc=a, end_utc=b) for a, b in _union(found))


def _union(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    out: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1] + NEAR:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out
