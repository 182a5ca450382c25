"""Steps that take over what others found: reports, pulses, nodes, sightings, compared images, satellite fires."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from trucewatch.detect import (
    METHODS,
    MICROPHONES,
    Listened,
    fires,
    from_change,
    from_edge,
    from_pulse,
    from_report,
    from_sighting,
    heat_sources,
)
from trucewatch.model.detection import Detection
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Interval, rfc3339
from trucewatch.model.observation import EdgeDetection, ImageChange, MonitorReport, Pulse, Recording, Sighting
from trucewatch.model.place import Place
from trucewatch.model.register import Record
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.service.ports import Register
from trucewatch.service.sent_twice import EACH_ONCE, each_once
from trucewatch.service.step import Step
from trucewatch.service.texts import Texts

Stand = tuple[str, ObserverKind, Place]
"""a sensor's id, what it is, and where it stands"""


def claim_steps(texts: Texts, register: Register, recordings: Sequence[Recording]) -> Iterator[Step]:
    """Yield every step that takes over what others found."""
    yield _table_step("monitor_report", METHODS["report"], register, _report)
    if any(True for _ in register.current("sighting")):
        yield _table_step(
            "sighting", METHODS["sighting"], register, lambda r: _sighting(r, texts), stands=_stands(texts)
        )
    if any(True for _ in register.current("image_change")):
        yield _table_step("image_change", METHODS["change"], register, _change)
    if texts.mission.detect.use_edge_pulses:
        yield _table_step("pulse", METHODS["pulse"], register, lambda r: _pulse(r, texts), stands=_stands(texts))
        yield from _edge_steps(texts, register, recordings)
    blocks = [r.id for r in register.current("fire_block")]
    if blocks:
        yield Step(
            key=content_id("stp", to_bytes((METHODS["fires"], blocks))),
            label="fires",
            work=lambda: _fires(register),
        )


def _edge_steps(texts: Texts, register: Register, recordings: Sequence[Recording]) -> Iterator[Step]:
    """Take over what nodes detected, except where the recording itself was delivered: that is listened to here."""
    records = list(register.current("edge_detection"))
    if not records:
        return
    covered = _covered(texts, recordings)

    def work() -> Listened:
        sent = [from_bytes(EdgeDetection, r.payload) for r in records]
        own = [e for e in sent if not any(c.contains(e.detection.time.utc) for c in covered.get(e.sensor_id, ()))]
        return Listened(detections=tuple(_edge(e, texts) for e in each_once(own)))

    key = content_id("stp", to_bytes((METHODS["edge"], EACH_ONCE, [r.id for r in records], covered, _stands(texts))))
    yield Step(key=key, label="edge_detection", work=work)


def _covered(texts: Texts, recordings: Sequence[Recording]) -> dict[str, list[Interval]]:
    """Return what was recorded of each sensor, by its id."""
    covered: dict[str, list[Interval]] = {}
    for r in sorted(recordings, key=lambda r: (r.start.utc, r.id)):
        sensor = texts.network.sensor(r.sensor_id)
        if sensor is not None:
            span = Interval(start_utc=r.start.utc, end_utc=r.end_utc)
            covered.setdefault(sensor.id, []).append(span)
    return covered


def _stands(texts: Texts) -> tuple[Stand, ...]:
    """Return what a detection takes from the network: a place that is set right there makes it anew."""
    return tuple(sorted(((s.id, s.kind, s.place) for s in texts.network.sensors), key=lambda stand: stand[0]))


def _table_step(
    kind: str,
    method: str,
    register: Register,
    make: Callable[[Record], Detection | UnreadableInput | None],
    *,
    stands: tuple[Stand, ...] = (),
) -> Step:
    """Make a step that takes over every record of a kind.

    Args:
        kind: of the records.
        method: that makes detections of them, with its version.
        register: with the records.
        make: one detection of one record.
        stands: of the sensors, where the detections take something from them.
    """
    records = list(register.current(kind))
    key = content_id("stp", to_bytes((method, [r.id for r in records], *([stands] if stands else []))))

    def work() -> Listened:
        made = [make(r) for r in records]
        return Listened(
            detections=tuple(d for d in made if isinstance(d, Detection)),
            unreadable=tuple(u for u in made if isinstance(u, UnreadableInput)),
        )

    return Step(key=key, label=kind, work=work)


def _report(record: Record) -> Detection | None:
    report = from_bytes(MonitorReport, record.payload)
    if report.time.start_utc is None and report.time.end_utc is None:
        return None
    return from_report(report)


def _pulse(record: Record, texts: Texts) -> Detection | UnreadableInput | None:
    pulse = from_bytes(Pulse, record.payload)
    sensor = texts.network.sensor(pulse.sensor_id)
    if sensor is None:
        return None
    if sensor.kind not in MICROPHONES:
        expected = f"a pulse of a microphone; pulses of one {sensor.kind.value} cannot be located yet"
        return UnreadableInput(source=sensor.id, row=pulse.id, value=rfc3339(pulse.time.utc), expected=expected)
    return from_pulse(pulse, sensor)


def _edge(edge: EdgeDetection, texts: Texts) -> Detection:
    """Take over a node's numbers; where it stands is what the mission's network says, should the node know it worse."""
    found, sensor = from_edge(edge), texts.network.sensor(edge.sensor_id)
    return found if sensor is None or found.origin is None else replace(found, origin=sensor.place)


def _change(record: Record) -> Detection:
    return from_change(from_bytes(ImageChange, record.payload))


def _sighting(record: Record, texts: Texts) -> Detection | None:
    sighting = from_bytes(Sighting, record.payload)
    sensor = texts.network.sensor(sighting.sensor_id)
    return None if sensor is None else from_sighting(sighting, sensor)


def _fires(register: Register) -> Listened:
    """Cluster the fires of the latest year; earlier years, read block by block, say where heat is persistent."""
    latest_s = max((float(b.time_s.max()) for b in register.fire_blocks()), default=None)
    if latest_s is None:
        return Listened()
    since = datetime(datetime.fromtimestamp(latest_s, tz=UTC).year, 1, 1, tzinfo=UTC)
    sources = heat_sources(register.fire_blocks, until_s=since.timestamp())
    return Listened(detections=fires(register.fire_blocks, since_s=since.timestamp(), sources=sources).detections)
