"""Take in everything new in the inbox: one transaction an input, nothing lost, nothing twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trucewatch import __version__
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.ids import content_id
from trucewatch.model.intake import Input
from trucewatch.model.observation import FirePixels, Observation, Rejection
from trucewatch.model.register import NewRecord
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.observe import HEAD_BYTES, Reader, is_companion, reader_for, sidecar_of
from trucewatch.service.arrived import Arrived, chunks_of, context_of, identify
from trucewatch.service.ports import Inbox, Outbox, Progress, Register, Transaction
from trucewatch.service.records import fire_block_record, observation_record, rejection_record
from trucewatch.service.retirement import retire
from trucewatch.service.texts import Texts

MAX_REJECTION_RECORDS = 10_000
"""Rows of one input that are recorded one by one; the rest are counted, and the whole input is kept anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What one pass over the inbox did."""

    n_files: int
    n_new: int
    n_known: int
    n_duplicate: int
    n_observations: int
    n_rejected: int


def ingest(
    texts: Texts, inbox: Inbox, outbox: Outbox, register: Register, progress: Progress, *, now_utc: datetime
) -> Intake:
    """Read every input that the register does not hold yet.

    Each input is one transaction, so that a run that stops anywhere goes on where it was. One that was refused whole is
    tried again once the mission's own files or the program have changed: its sensor may be in the network by now.
    """
    paths = inbox.paths()
    circumstances = content_id("cir", to_bytes((__version__, [(f.name, f.sha256) for f in texts.files])))
    inputs = [p for p in paths if not is_companion(p, paths)]
    counts = dict.fromkeys(("new", "known", "duplicate", "observations", "rejected"), 0)
    progress.start("taking in", len(inputs))
    for path in inputs:
        arrived = identify(inbox, path, sidecar_of(path, paths))
        first = _first_path(register, arrived.id)
        refused = register.marked(f"refused:{arrived.id}")
        if first is None or (refused and refused != circumstances):
            taken = _take(texts, inbox, outbox, register, arrived, circumstances, now_utc)
            counts["new"] += 1
            counts["observations"] += taken.n_observations
            counts["rejected"] += taken.n_rejected
        elif first == path:
            counts["known"] += 1
        else:
            _note_duplicate(register, arrived, now_utc)
            counts["duplicate"] += 1
        progress.advance()
    progress.finish()
    return Intake(
        n_files=len(inputs),
        n_new=counts["new"],
        n_known=counts["known"],
        n_duplicate=counts["duplicate"],
        n_observations=counts["observations"],
        n_rejected=counts["rejected"],
    )


def _first_path(register: Register, input_id: str) -> str | None:
    """Return under which path an input was taken in, None where it was not; by its record, which is in the log."""
    record = register.get("input", input_id)
    return None if record is None else from_bytes(Input, record.payload).path


def _take(
    texts: Texts,
    inbox: Inbox,
    outbox: Outbox,
    register: Register,
    arrived: Arrived,
    circumstances: str,
    now_utc: datetime,
) -> Input:
    with inbox.open(arrived.path) as stream:
        reader = reader_for(arrived.path, stream.read(HEAD_BYTES))
    try:
        if arrived.size == 0:
            raise UnreadableInput(source=arrived.path, expected="a file with content; this one is empty")
        if reader is None:
            raise UnreadableInput(source=arrived.path, expected=EXPECTED_FORMATS)
        return _read(texts, inbox, outbox, register, arrived, reader, now_utc)
    except UnreadableInput as error:
        return _reject_whole(inbox, outbox, register, arrived, reader, error, circumstances, now_utc)


EXPECTED_FORMATS = (
    "miniSEED, SAC, WAV with its JSON sidecar, FIRMS CSV, monitors' reports (CSV, XLSX, JSON), pulses JSON, "
    "sightings (JSON, CSV), changes between images (GeoJSON), "
    "batches of detections from nodes, "
    "sensor health CSV or weather CSV"
)


def _read(
    texts: Texts,
    inbox: Inbox,
    outbox: Outbox,
    register: Register,
    arrived: Arrived,
    reader: Reader,
    now_utc: datetime,
) -> Input:
    context = context_of(texts, path=arrived.path, input_id=arrived.id, sidecar=arrived.sidecar, now_utc=now_utc)
    rejected: list[Rejection] = []
    n_observations = n_rejected = 0
    with register.transaction() as tx, inbox.open(arrived.path) as stream:
        for item in reader.read(stream, context):
            if isinstance(item, Rejection):
                n_rejected += 1
                if len(rejected) < MAX_REJECTION_RECORDS:
                    rejected.append(item)
                    tx.append(rejection_record(item, n_rejected), at_utc=now_utc)
            else:
                n_observations += _keep(tx, item, now_utc)
        if rejected:
            # Before the commit: an input that is on record as taken is not looked at again, so that a run that stops
            # between the two would lose its rows.
            outbox.reject(arrived.path + ".rows", (r.raw + b"\n" for r in rejected), _reasons(rejected, n_rejected))
        if register.marked(f"refused:{arrived.id}"):
            _readable_after_all(tx, outbox, register, arrived, now_utc)
        return _finish(tx, arrived, reader.name, n_observations, n_rejected, now_utc)


def _reject_whole(
    inbox: Inbox,
    outbox: Outbox,
    register: Register,
    arrived: Arrived,
    reader: Reader | None,
    error: UnreadableInput,
    circumstances: str,
    now_utc: datetime,
) -> Input:
    rejection = Rejection(
        source=arrived.path, input_id=arrived.id, row=error.row, value=error.value, expected=error.expected, raw=b""
    )
    outbox.reject(arrived.path, chunks_of(inbox, arrived.path), str(error) + "\n")
    with register.transaction() as tx:
        record = tx.append(rejection_record(rejection, 1), at_utc=now_utc)
        tx.mark(f"refused:{arrived.id}", circumstances)
        tx.mark(f"refusal:{arrived.id}", record.id)
        return _finish(tx, arrived, reader.name if reader else "", 0, 1, now_utc)


def _readable_after_all(
    tx: Transaction, outbox: Outbox, register: Register, arrived: Arrived, now_utc: datetime
) -> None:
    """Take back an earlier refusal; its record stays for ever and no longer counts."""
    outbox.take_back(arrived.path)
    refusal = register.marked(f"refusal:{arrived.id}")
    if refusal:
        retire(tx, "rejection", refusal, why="the input could be read after all", at_utc=now_utc)
    tx.mark(f"refused:{arrived.id}", "")


def _finish(
    tx: Transaction, arrived: Arrived, reader: str, n_observations: int, n_rejected: int, now_utc: datetime
) -> Input:
    taken = Input(
        id=arrived.id,
        path=arrived.path,
        sha256=arrived.sha256,
        size=arrived.size,
        reader=reader,
        n_observations=n_observations,
        n_rejected=n_rejected,
    )
    tx.append(NewRecord(kind="input", id=taken.id, payload=to_bytes(taken)), at_utc=now_utc)
    return taken


def _note_duplicate(register: Register, arrived: Arrived, now_utc: datetime) -> None:
    note = {"duplicate_of": arrived.id, "path": arrived.path, "sha256": arrived.sha256, "size": arrived.size}
    record_id = content_id("dup", to_bytes(note))
    with register.transaction() as tx:
        tx.append(NewRecord(kind="duplicate", id=record_id, payload=to_bytes(note), refs=(arrived.id,)), at_utc=now_utc)


def _keep(tx: Transaction, item: Observation, now_utc: datetime) -> int:
    """Append what a reader gave; returns how many observations it was."""
    if isinstance(item, FirePixels):
        tx.add_fires(item)
        tx.append(fire_block_record(item), at_utc=now_utc)
        return len(item)
    tx.append(observation_record(item), at_utc=now_utc)
    return 1


def _reasons(rejected: list[Rejection], n_rejected: int) -> str:
    lines = [str(UnreadableInput(source=r.source, row=r.row, value=r.value, expected=r.expected)) for r in rejected]
    if n_rejected > len(rejected):
        lines.append(
            f"{n_rejected - len(rejected)} more rows were rejected and are not listed; the input itself is kept whole"
        )
    return "\n".join(lines) + "\n"
