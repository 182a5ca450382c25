"""From what was taken in to detections, each step once for each set of inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from trucewatch.detect import (
    METHODS,
    MICROPHONES,
    STATIONS,
    Listened,
    arrivals,
    fires,
    from_change,
    from_edge,
    from_pulse,
    from_report,
    from_sighting,
    heat_sources,
    impulses,
    infrasound_onsets,
    seismic_onsets,
)
from trucewatch.model.detection import Detection
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Interval, rfc3339
from trucewatch.model.intake import Input
from trucewatch.model.network import Sensor
from trucewatch.model.observation import (
    EdgeDetection,
    ImageChange,
    MonitorReport,
    Pulse,
    Recording,
    Rejection,
    Sighting,
    Waveform,
)
from trucewatch.model.register import NewRecord, Record
from trucewatch.model.trouble import Trouble
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.observe import HEAD_BYTES, reader_for, sidecar_of
from trucewatch.service.ingest import context_of, read_sidecar, rejection_record
from trucewatch.service.linked import linked
from trucewatch.service.listening import listening_days, listening_record
from trucewatch.service.ports import Inbox, Progress, Register
from trucewatch.service.retirement import retire
from trucewatch.service.sent_twice import EACH_ONCE, each_once
from trucewatch.service.texts import Texts

LABELS = "sensing-labels"
"""mark that lists every step that was ever done"""
NOTHING = "nothing"
"""key of a step that gives nothing any more"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One piece of detection work: the same key gives the same detections."""

    key: str
    label: str
    work: Callable[[], Listened]


def sense(texts: Texts, inbox: Inbox, register: Register, progress: Progress, *, now_utc: datetime) -> int:
    """Do the detection work that is not done yet; returns how many steps that was.

    A step's old detections are retired when it is done again under another key (a new method, more fire data), so
    the current detections are always those of the present inputs and methods.
    """
    steps = list(_steps(texts, inbox, register, now_utc))
    todo = [s for s in (*steps, *_gone(register, steps)) if register.marked(f"sensed:{s.label}") != s.key]
    progress.start("listening and looking", len(todo))
    for step in todo:
        _do(register, step, now_utc)
        progress.advance()
    progress.finish()
    return len(todo)


def _gone(register: Register, steps: Sequence[Step]) -> list[Step]:
    """Return the steps that were done once and are no longer asked for: a sensor left the network, say."""
    known = (register.marked(LABELS) or "").split("\n")
    asked = {s.label for s in steps}
    return [Step(key=NOTHING, label=label, work=Listened) for label in known if label and label not in asked]


def waveforms_of(
    texts: Texts, inbox: Inbox, register: Register, input_id: str, *, now_utc: datetime
) -> tuple[Waveform, ...]:
    """Read the samples of an input again, from the path under which the same bytes were first taken in.

    Raises:
        UnreadableInput: where it can no longer be read as what it was.

    LIMIT: the bytes are not hashed again, so a file that was replaced since it was taken in is read as the new one;
    verify names it as altered.
    """
    record = register.get("input", input_id)
    if record is None:
        return ()
    taken = from_bytes(Input, record.payload)
    sidecar = read_sidecar(inbox, sidecar_of(taken.path, inbox.paths()))
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
    yield from _station_steps(texts, inbox, register, recordings, now_utc)
    yield from _array_steps(texts, inbox, register, recordings, now_utc)
    yield from _listening_steps(texts, inbox, register, recordings, now_utc)
    yield _table_step("monitor_report", METHODS["report"], register, _report)
    if any(True for _ in register.current("sighting")):
        yield _table_step("sighting", METHODS["sighting"], register, lambda r: _sighting(r, texts))
    if any(True for _ in register.current("image_change")):
        yield _table_step("image_change", METHODS["change"], register, _change)
    if texts.mission.detect.use_edge_pulses:
        yield _table_step("pulse", METHODS["pulse"], register, lambda r: _pulse(r, texts))
        yield from _edge_steps(texts, register, recordings)
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
        if sensor is not None and not sensor.is_array and sensor.kind not in STATIONS:
            by_input.setdefault(r.input_id, []).append(r)
    for input_id in sorted(by_input):

        def work(input_id: str = input_id) -> Listened:
            heard = [
                impulses(w, sensor)
                for w in waveforms_of(texts, inbox, register, input_id, now_utc=now_utc)
                if (sensor := texts.network.sensor(w.recording.sensor_id)) is not None and sensor.kind not in STATIONS
            ]
            return Listened(
                detections=tuple(d for h in heard for d in h.detections),
                unheard=tuple(u for h in heard for u in h.unheard),
            )

        ids = sorted(r.id for r in by_input[input_id])
        sensors = [texts.network.sensor(r.sensor_id) for r in by_input[input_id]]
        key = content_id("stp", to_bytes((METHODS["onset"], ids, sensors)))
        yield Step(key=key, label=f"onset:{input_id}", work=work)


def _station_steps(
    texts: Texts, inbox: Inbox, register: Register, recordings: Sequence[Recording], now_utc: datetime
) -> Iterator[Step]:
    """Read what feels the ground, and single infrasound channels, all channels of a station or array together."""
    of_stations = [r for r in recordings if _station(texts, r) is not None]
    station_of = {e.id: s.id for s in texts.network.sensors for e in s.elements}
    for group in linked(of_stations, station_of):
        inputs = sorted({r.input_id for r in group})

        def work(inputs: list[str] = inputs) -> Listened:
            by_station: dict[str, tuple[Sensor, list[Waveform]]] = {}
            for input_id in inputs:
                for w in waveforms_of(texts, inbox, register, input_id, now_utc=now_utc):
                    if (sensor := _station(texts, w.recording)) is not None:
                        by_station.setdefault(sensor.id, (sensor, []))[1].append(w)
            heard = [_listen_to(sensor, waveforms) for _, (sensor, waveforms) in sorted(by_station.items())]
            return Listened(
                detections=tuple(d for h in heard for d in h.detections),
                unheard=tuple(u for h in heard for u in h.unheard),
            )

        sensors = [_station(texts, r) for r in group]
        key = content_id(
            "stp",
            to_bytes(
                (
                    METHODS["seismic"],
                    METHODS["seismic_array"],
                    METHODS["infrasound_onset"],
                    [r.id for r in group],
                    sensors,
                )
            ),
        )
        yield Step(key=key, label=f"station:{inputs[0]}", work=work)


def _station(texts: Texts, recording: Recording) -> Sensor | None:
    sensor = texts.network.sensor(recording.sensor_id)
    if sensor is None or sensor.kind not in STATIONS:
        return None
    seismic = sensor.kind is ObserverKind.SEISMIC_STATION
    return sensor if seismic or not sensor.is_array else None


def _listen_to(sensor: Sensor, waveforms: Sequence[Waveform]) -> Listened:
    seismic = sensor.kind is ObserverKind.SEISMIC_STATION
    return seismic_onsets(waveforms, sensor) if seismic else infrasound_onsets(waveforms, sensor)


def _array_steps(
    texts: Texts, inbox: Inbox, register: Register, recordings: Sequence[Recording], now_utc: datetime
) -> Iterator[Step]:
    by_array: dict[str, tuple[Sensor, list[Recording]]] = {}
    for r in recordings:
        sensor = texts.network.sensor(r.sensor_id)
        if sensor is not None and sensor.is_array and _station(texts, r) is None:
            by_array.setdefault(sensor.id, (sensor, []))[1].append(r)
    for sensor_id in sorted(by_array):
        sensor, of_array = by_array[sensor_id]

        def work(sensor: Sensor = sensor, of_array: list[Recording] = of_array) -> Listened:
            waveforms = [
                w
                for input_id in sorted({r.input_id for r in of_array})
                for w in waveforms_of(texts, inbox, register, input_id, now_utc=now_utc)
            ]
            return arrivals(waveforms, sensor, texts.mission.detect)

        ids = sorted(r.id for r in of_array)
        key = content_id("stp", to_bytes((METHODS["arrival"], texts.mission.detect, ids, sensor)))
        yield Step(key=key, label=f"array:{sensor_id}", work=work)


def _listening_steps(
    texts: Texts, inbox: Inbox, register: Register, recordings: Sequence[Recording], now_utc: datetime
) -> Iterator[Step]:
    def read(input_id: str) -> tuple[Waveform, ...]:
        return waveforms_of(texts, inbox, register, input_id, now_utc=now_utc)

    for day in listening_days(texts.network, recordings):
        yield Step(key=day.key, label=f"listening:{day.day}", work=partial(day.measure, read))


def _edge_steps(texts: Texts, register: Register, recordings: Sequence[Recording]) -> Iterator[Step]:
    """Take over what nodes detected, except where the recording itself was delivered: that is listened to here."""
    records = list(register.current("edge_detection"))
    if not records:
        return
    covered = _covered(texts, recordings)

    def work() -> Listened:
        sent = [from_bytes(EdgeDetection, r.payload) for r in records]
        own = [e for e in sent if not any(c.contains(e.detection.time.utc) for c in covered.get(e.sensor_id, ()))]
        return Listened(detections=tuple(from_edge(e) for e in each_once(own)))

    key = content_id("stp", to_bytes((METHODS["edge"], EACH_ONCE, [r.id for r in records], covered)))
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


def _table_step(
    kind: str, method: str, register: Register, make: Callable[[Record], Detection | UnreadableInput | None]
) -> Step:
    records = list(register.current(kind))
    key = content_id("stp", to_bytes((method, [r.id for r in records])))

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


def _do(register: Register, step: Step, now_utc: datetime) -> None:
    """Replace what the step gave: append what is new, retire what no longer stands, remember the key."""
    listened = step.work()
    made = {
        "detection": [_record(d) for d in listened.detections],
        "listening": [listening_record(one) for one in listened.listening],
        "trouble": [_trouble_record(t) for t in listened.unheard],
        "rejection": [rejection_record(_refusal(u), n) for n, u in enumerate(listened.unreadable, start=1)],
    }
    labels = (register.marked(LABELS) or "").split("\n")
    with register.transaction() as tx:
        for kind, records in made.items():
            mark = f"{kind}s:{step.label}"
            old = set((register.marked(mark) or "").split())
            for r in records:
                tx.append(r, at_utc=now_utc)
            for gone in sorted(old - {r.id for r in records}):
                retire(tx, kind, gone, why=f"{step.label} was done again and no longer gives it", at_utc=now_utc)
            tx.mark(mark, " ".join(sorted(r.id for r in records)))
        tx.mark(f"sensed:{step.label}", step.key)
        if step.label not in labels:
            tx.mark(LABELS, "\n".join(sorted({*labels, step.label} - {""})))


def _refusal(error: UnreadableInput) -> Rejection:
    """Keep what cannot be used beside what could not be read; its input is kept whole anyway."""
    return Rejection(
        source=error.source, input_id="", row=error.row, value=error.value, expected=error.expected, raw=b""
    )


def _trouble_record(found: Trouble) -> NewRecord:
    return NewRecord(kind="trouble", id=found.id, payload=to_bytes(found), time=found.time, type=found.sensor_id)


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
