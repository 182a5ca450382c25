"""From what was taken in to detections, each step once for each set of inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from trucewatch.detect import METHODS, arrivals, fires, from_pulse, from_report, heat_sources, impulses
from trucewatch.model.detection import Detection
from trucewatch.model.ids import content_id
from trucewatch.model.intake import Input
from trucewatch.model.network import Sensor
from trucewatch.model.observation import MonitorReport, Pulse, Recording, Waveform
from trucewatch.model.register import NewRecord, Record
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.observe import HEAD_BYTES, reader_for, sidecar_of
from trucewatch.service.ingest import context_of
from trucewatch.service.ports import Inbox, Progress, Register
from trucewatch.service.retirement import retire
from trucewatch.service.texts import Texts

ARRAY_ELEMENTS = 3
"""from how many elements a sensor is listened to as an array"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One piece of detection work: the same key gives the same detections."""

    key: str
    label: str
    work: Callable[[], Iterable[Detection]]


def sense(texts: Texts, inbox: Inbox, register: Register, progress: Progress, *, now_utc: datetime) -> int:
    """Do the detection work that is not done yet; returns how many steps that was.

    A step's old detections are retired when it is done again under another key (a new method, more fire data), so
    the current detections are always those of the present inputs and methods.
    """
    todo = [s for s in _steps(texts, inbox, register, now_utc) if register.marked(f"sensed:{s.label}") != s.key]
    progress.start("listening and looking", len(todo))
    for step in todo:
        _do(register, step, now_utc)
        progress.advance()
    progress.finish()
    return len(todo)


def waveforms_of(
    texts: Texts, inbox: Inbox, register: Register, input_id: str, *, now_utc: datetime
) -> tuple[Waveform, ...]:
    """Read the samples of an input again, from the path under which the same bytes were first taken in.

    Raises:
        UnreadableInput: where the input is no longer what it was.
    """
    record = register.get("input", input_id)
    if record is None:
        return ()
    taken = from_bytes(Input, record.payload)
    sidecar_path = sidecar_of(taken.path, inbox.paths())
    sidecar = None
    if sidecar_path is not None:
        with inbox.open(sidecar_path) as stream:
            sidecar = stream.read()
    with inbox.open(taken.path) as stream:
        reader = reader_for(taken.path, stream.read(HEAD_BYTES))
    if reader is None:
        return ()
    context = context_of(texts, path=taken.path, input_id=input_id, sidecar=sidecar, now_utc=now_utc)
    with inbox.open(taken.path) as stream:
        return tuple(item for item in reader.read(stream, context) if isinstance(item, Waveform))


def current_detections(register: Register) -> tuple[Detection, ...]:
    """Return every detection that stands, by time."""
    found = (from_bytes(Detection, r.payload) for r in register.current("detection"))
    return tuple(sorted(found, key=lambda d: (d.time.utc, d.id)))


def _steps(texts: Texts, inbox: Inbox, register: Register, now_utc: datetime) -> Iterator[Step]:
    recordings = [from_bytes(Recording, r.payload) for r in register.current("recording")]
    yield from _acoustic_steps(texts, inbox, register, recordings, now_utc)
    yield from _array_steps(texts, inbox, register, recordings, now_utc)
    yield _table_step("monitor_report", METHODS["report"], register, _report)
    if texts.mission.detect.use_edge_pulses:
        yield _table_step("pulse", METHODS["pulse"], register, lambda r: _pulse(r, texts))
    blocks = [r.id for r in register.current("fire_block")]
    if blocks:
        yield Step(
            key=content_id("stp", to_bytes((METHODS["fires"], blocks))),
            label="fires",
            work=lambda: _fires(register),
        )


def _acoustic_steps(
    texts: Texts, inbox: Inbox, register: Register, recordings: Sequence[Recording], now_utc: datetime
) -> Iterator[Step]:
    by_input: dict[str, list[Recording]] = {}
    for r in recordings:
        sensor = texts.network.sensor(r.sensor_id)
        if sensor is not None and len(sensor.elements) < ARRAY_ELEMENTS:
            by_input.setdefault(r.input_id, []).append(r)
    for input_id in sorted(by_input):

        def work(input_id: str = input_id) -> Iterator[Detection]:
            for w in waveforms_of(texts, inbox, register, input_id, now_utc=now_utc):
                sensor = texts.network.sensor(w.recording.sensor_id)
                if sensor is not None:
                    yield from impulses(w, sensor)

        ids = sorted(r.id for r in by_input[input_id])
        sensors = [texts.network.sensor(r.sensor_id) for r in by_input[input_id]]
        key = content_id("stp", to_bytes((METHODS["onset"], ids, sensors)))
        yield Step(key=key, label=f"onset:{input_id}", work=work)


def _array_steps(
    texts: Texts, inbox: Inbox, register: Register, recordings: Sequence[Recording], now_utc: datetime
) -> Iterator[Step]:
    by_array: dict[str, tuple[Sensor, list[Recording]]] = {}
    for r in recordings:
        sensor = texts.network.sensor(r.sensor_id)
        if sensor is not None and len(sensor.elements) >= ARRAY_ELEMENTS:
            by_array.setdefault(sensor.id, (sensor, []))[1].append(r)
    for sensor_id in sorted(by_array):
        sensor, of_array = by_array[sensor_id]

        def work(sensor: Sensor = sensor, of_array: list[Recording] = of_array) -> Iterator[Detection]:
            waveforms = [
                w
                for input_id in sorted({r.input_id for r in of_array})
                for w in waveforms_of(texts, inbox, register, input_id, now_utc=now_utc)
            ]
            yield from arrivals(waveforms, sensor, texts.mission.detect)

        ids = sorted(r.id for r in of_array)
        key = content_id("stp", to_bytes((METHODS["arrival"], texts.mission.detect, ids, sensor)))
        yield Step(key=key, label=f"array:{sensor_id}", work=work)


def _table_step(kind: str, method: str, register: Register, make: Callable[[Record], Detection | None]) -> Step:
    records = list(register.current(kind))
    key = content_id("stp", to_bytes((method, [r.id for r in records])))
    return Step(key=key, label=kind, work=lambda: [d for r in records if (d := make(r)) is not None])


def _report(record: Record) -> Detection | None:
    report = from_bytes(MonitorReport, record.payload)
    if report.time.start_utc is None and report.time.end_utc is None:
        return None
    return from_report(report)


def _pulse(record: Record, texts: Texts) -> Detection | None:
    pulse = from_bytes(Pulse, record.payload)
    sensor = texts.network.sensor(pulse.sensor_id)
    return None if sensor is None else from_pulse(pulse, sensor)


def _fires(register: Register) -> tuple[Detection, ...]:
    """Cluster the fires of the latest year; earlier years, read block by block, say where heat is persistent."""
    latest_s = max((float(b.time_s.max()) for b in register.fire_blocks()), default=None)
    if latest_s is None:
        return ()
    since = datetime(datetime.fromtimestamp(latest_s, tz=UTC).year, 1, 1, tzinfo=UTC)
    sources = heat_sources(register.fire_blocks, until_s=since.timestamp())
    return fires(register.fire_blocks, since_s=since.timestamp(), sources=sources).detections


def _do(register: Register, step: Step, now_utc: datetime) -> None:
    """Replace the step's detections: append what is new, retire what no longer stands, remember the key."""
    made = list(step.work())
    before = register.marked(f"detections:{step.label}")
    old = set(before.split()) if before else set()
    with register.transaction() as tx:
        for d in made:
            tx.append(_record(d), at_utc=now_utc)
        for gone in sorted(old - {d.id for d in made}):
            retire(tx, "detection", gone, why=f"{step.label} was done again and no longer makes it", at_utc=now_utc)
        tx.mark(f"detections:{step.label}", " ".join(sorted(d.id for d in made)))
        tx.mark(f"sensed:{step.label}", step.key)


def _record(detection: Detection) -> NewRecord:
    place = detection.place or detection.origin
    return NewRecord(
        kind="detection",
        id=detection.id,
        payload=to_bytes(detection),
        refs=detection.observation_ids[:8],
        time=detection.interval,
        lon_deg=None if place is None else place.lon_deg,
        lat_deg=None if place is None else place.lat_deg,
        type=detection.kind.value,
    )
