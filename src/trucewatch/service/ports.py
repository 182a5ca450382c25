"""What the corridor needs from outside, stated by the one who needs it; each docstring is the guarantee."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import BinaryIO, Protocol

from trucewatch.model.observation import FirePixels
from trucewatch.model.register import Box, FireColumns, NewRecord, Record


class Transaction(Protocol):
    """Writes that become durable together, or not at all."""

    def append(self, record: NewRecord, *, at_utc: datetime) -> Record:
        """Append a record.

        Same kind, id and payload as the current record of that id: nothing is appended and that record is
        returned, so that a repeated step changes nothing. Same id with another payload: a new revision, and the
        older one is no longer current.
        """

    def retire(self, kind: str, record_id: str) -> None:
        """Mark the current record of an id as no longer current; its line stays for ever."""

    def add_fires(self, pixels: FirePixels) -> None:
        """Keep a block of fire pixels in the column table; the same (input, row) is kept once."""

    def mark(self, key: str, value: str) -> None:
        """Remember a small fact of the corridor (which step is done for which input)."""


class Register(Protocol):
    """Where records are kept: append-only, searchable by kind, time and place.

    Durable when a transaction's block ends without an exception; after a crash at any point the register holds
    whole transactions only.
    """

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Open a transaction; commits at the end of the block, rolls back on an exception."""

    def __len__(self) -> int:
        """Number of records ever appended."""

    def records(self, start: int = 0, stop: int | None = None) -> Iterator[Record]:
        """Iterate over records by sequence number, start <= seq < stop."""

    def current(self, kind: str) -> Iterator[Record]:
        """Iterate over the current records of a kind, by sequence number."""

    def get(self, kind: str, record_id: str) -> Record | None:
        """Return the current record of an id."""

    def history(self, kind: str, record_id: str) -> tuple[Record, ...]:
        """Return every revision of an id, oldest first."""

    def search(self, kind: str, box: Box, *, types: Sequence[str] = (), limit: int | None = None) -> Iterator[Record]:
        """Iterate over current records whose point and time meet a box, by start time then sequence number."""

    def fires(self, box: Box) -> FireColumns:
        """Return the fire pixels in a box, by time then input and row."""

    def fire_blocks(self) -> Iterator[FirePixels]:
        """Iterate over all fire pixels in blocks of bounded size, in the order in which they were added."""

    def marked(self, key: str) -> str | None:
        """Return what was remembered under a key."""

    def seal(self) -> None:
        """Bring the store into the state in which its bytes are final until the next write."""


class EvidenceLog(Protocol):
    """The tamper-evident log: when `append` returns, the leaves are durable under a signed checkpoint."""

    @property
    def size(self) -> int:
        """Number of leaves."""

    def append(self, leaves: Sequence[bytes]) -> object:
        """Append leaves durably, in order."""


class Inbox(Protocol):
    """The raw files of a mission, in a stable order."""

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all files, relative, sorted."""

    def open(self, path: str) -> BinaryIO:
        """Open one for reading from its start."""


class Outbox(Protocol):
    """Where publications go; a file is there whole or not at all."""

    def write(self, path: str, content: bytes) -> None:
        """Write one file, replacing it in one step; nothing happens where the bytes are the same."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is none."""

    def reject(self, path: str, content: Iterable[bytes], reason: str) -> None:
        """Keep what could not be read, with the reason beside it."""

    def take_back(self, path: str) -> None:
        """Remove what `reject` kept under a path, if anything, once it could be read after all."""


class Progress(Protocol):
    """Tells a person how far a step is."""

    def start(self, step: str, total: int | None) -> None:
        """Begin a step of `total` units (None: unknown)."""

    def advance(self, units: int = 1) -> None:
        """Say that some units are done."""

    def finish(self) -> None:
        """End the step."""
