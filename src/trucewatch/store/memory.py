"""Stores in memory: for tests, for a look at a single file, and as the plain statement of what a store does."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

import numpy as np

from trucewatch.model.observation import FirePixels
from trucewatch.model.register import Box, FireColumns, NewRecord, Record
from trucewatch.store.errors import StoreError
from trucewatch.store.meeting import edges_deg, meets_edges, meets_window, require_point, span_us, to_us, window_us
from trucewatch.store.pixels import first_positions, gather, inside, require_columns, take

_Key = tuple[str, str]


@dataclass(slots=True)
class _Line:
    """A record with what the search looks at."""

    record: Record
    type: str
    start_us: int | None
    end_us: int | None
    lon_deg: float | None
    lat_deg: float | None

    def rank(self) -> tuple[bool, int, int]:
        """Order of a search: by start time, those without a time last, then by sequence number."""
        return self.start_us is None, self.start_us or 0, self.record.seq


class MemoryRegister:
    """A register that lives as long as the process; see `service.ports.Register` for its guarantee."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._revisions: dict[_Key, list[int]] = {}
        self._fires: list[FirePixels] = []
        self._marks: dict[str, str] = {}
        self._lock = threading.RLock()
        self._open = False

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        """Open a transaction; an exception undoes every step of it, in reverse."""
        with self._lock:
            if self._open:
                raise StoreError("a transaction is already open; end it before the next")
            undo: list[Callable[[], object]] = []
            writes = MemoryTransaction(self, undo)
            self._open = True
            try:
                yield writes
            except BaseException:
                for step in reversed(undo):
                    step()
                raise
            finally:
                self._open = False
                writes.ended = True

    def __len__(self) -> int:
        """Number of records ever appended."""
        return len(self._lines)

    def records(self, start: int = 0, stop: int | None = None) -> Iterator[Record]:
        """Iterate over records by sequence number, start <= seq < stop."""
        with self._lock:
            return iter([line.record for line in self._lines[max(start, 0) : None if stop is None else max(stop, 0)]])

    def current(self, kind: str) -> Iterator[Record]:
        """Iterate over the current records of a kind, by sequence number."""
        with self._lock:
            return iter([r for r in (line.record for line in self._lines) if r.current and r.kind == kind])

    def get(self, kind: str, record_id: str) -> Record | None:
        """Return the current record of an id."""
        with self._lock:
            revisions = self._revisions.get((kind, record_id))
            latest = self._lines[revisions[-1]].record if revisions else None
            return latest if latest is not None and latest.current else None

    def history(self, kind: str, record_id: str) -> tuple[Record, ...]:
        """Return every revision of an id, oldest first."""
        with self._lock:
            return tuple(self._lines[seq].record for seq in self._revisions.get((kind, record_id), ()))

    def search(self, kind: str, box: Box, *, types: Sequence[str] = (), limit: int | None = None) -> Iterator[Record]:
        """Iterate over current records whose point and time meet a box, by start time then sequence number."""
        window, edges = window_us(box), edges_deg(box)
        with self._lock:
            met = [
                line
                for line in self._lines
                if line.record.current
                and line.record.kind == kind
                and (not types or line.type in types)
                and meets_window(line.start_us, line.end_us, window)
                and meets_edges(line.lon_deg, line.lat_deg, edges)
            ]
        return iter([line.record for line in sorted(met, key=_Line.rank)[: None if limit is None else max(limit, 0)]])

    def fires(self, box: Box) -> FireColumns:
        """Return the fire pixels in a box, by time then input and row."""
        with self._lock:
            return gather(take(b, inside(box, b.lon_deg, b.lat_deg, b.time_s)) for b in self._fires)

    def fire_blocks(self) -> Iterator[FirePixels]:
        """Iterate over all fire pixels in the blocks in which they were added."""
        with self._lock:
            return iter(list(self._fires))

    def marked(self, key: str) -> str | None:
        """Return what was remembered under a key."""
        return self._marks.get(key)

    def seal(self) -> None:
        """Do nothing: memory has no bytes that outlive the process."""


class MemoryTransaction:
    """Writes to a `MemoryRegister`, each noting how it is undone."""

    def __init__(self, register: MemoryRegister, undo: list[Callable[[], object]]) -> None:
        self._register = register
        self._undo = undo
        self.ended = False

    def append(self, record: NewRecord, *, at_utc: datetime) -> Record:
        """Append a record, unless the current one of its id says the same."""
        self._require_open()
        require_point(record)
        to_us(at_utc)
        register = self._register
        present = register.get(record.kind, record.id)
        if present is not None and present.payload == record.payload:
            return present
        self.retire(record.kind, record.id)
        revisions = register._revisions.setdefault((record.kind, record.id), [])
        line = _line(record, seq=len(register._lines), revision=len(revisions) + 1, at_utc=at_utc)
        register._lines.append(line)
        revisions.append(line.record.seq)
        self._undo += (register._lines.pop, revisions.pop)
        return line.record

    def retire(self, kind: str, record_id: str) -> None:
        """Mark the current record of an id as no longer current."""
        self._require_open()
        present = self._register.get(kind, record_id)
        if present is not None:
            line = self._register._lines[present.seq]
            line.record = replace(present, current=False)
            self._undo.append(lambda: setattr(line, "record", present))

    def add_fires(self, pixels: FirePixels) -> None:
        """Keep a block of fire pixels; the same (input, row) is kept once."""
        self._require_open()
        require_columns(pixels)
        kept = [b.row for b in self._register._fires if b.input_id == pixels.input_id]
        at = first_positions(pixels.row, np.concatenate(kept) if kept else np.empty(0, dtype=np.int64))
        if len(at):
            self._register._fires.append(take(pixels, at))
            self._undo.append(self._register._fires.pop)

    def mark(self, key: str, value: str) -> None:
        """Remember a small fact."""
        self._require_open()
        marks, old = self._register._marks, self._register._marks.get(key)
        marks[key] = value
        self._undo.append(lambda: marks.pop(key) if old is None else marks.update({key: old}))

    def _require_open(self) -> None:
        if self.ended:
            raise StoreError("this transaction has ended; open another")


def _line(record: NewRecord, *, seq: int, revision: int, at_utc: datetime) -> _Line:
    start, end = (None, None) if record.time is None else span_us(record.time)
    kept = Record(
        seq=seq,
        kind=record.kind,
        id=record.id,
        revision=revision,
        received_utc=at_utc,
        payload=record.payload,
        refs=record.refs,
        current=True,
    )
    return _Line(kept, record.type, start, end, record.lon_deg, record.lat_deg)


class MemoryInbox:
    """Raw files that are given as bytes by path."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = dict(files)

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all files, sorted."""
        return tuple(sorted(self._files))

    def open(self, path: str) -> BinaryIO:
        """Open one for reading from its start."""
        if path not in self._files:
            raise StoreError(f"{path}: there is no such file in the inbox")
        return io.BytesIO(self._files[path])


class MemoryOutbox:
    """Publications and rejected inputs, as bytes by path."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.rejected: dict[str, tuple[bytes, str]] = {}

    def write(self, path: str, content: bytes) -> None:
        """Keep one file."""
        self.files[path] = content

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is none."""
        return self.files.get(path)

    def reject(self, path: str, content: Iterable[bytes], reason: str) -> None:
        """Keep what could not be read, with the reason beside it."""
        self.rejected[path] = (b"".join(content), reason)

    def take_back(self, path: str) -> None:
        """Remove what `reject` kept under a path, once it could be read after all."""
        self.rejected.pop(path, None)
