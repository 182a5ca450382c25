"""The register in one SQLite file: the default for a station, a laptop and a mission of one writer."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from trucewatch.model.instant import require_utc
from trucewatch.model.observation import FirePixels
from trucewatch.model.register import Box, FireColumns, NewRecord, Record
from trucewatch.store import fire_table, record_table
from trucewatch.store.connection import naming, open_reader, open_writer
from trucewatch.store.errors import Mismatch, StoreError
from trucewatch.store.meeting import OPEN_US, require_point

_PAGE = 500
"""records fetched at once while iterating: enough to hide the query's cost, small against memory"""


class SqliteRegister:
    """A register that keeps what it acknowledged through a crash; see `service.ports.Register` for its guarantee.

    Within a transaction's block the same object sees what has been written so far; another thread waits for the
    block to end, and another process sees it once it is committed.

    # LIMIT: one writer. A second one is told so after `wait_s`; a headquarters with several needs a server.
    """

    def __init__(self, path: Path, read_only: bool = False, *, wait_s: float = 5.0) -> None:
        """Open the register.

        Args:
            path: the SQLite file; made where it is missing, unless `read_only`.
            read_only: never writes, also while another process does.
            wait_s: seconds to wait for another writer.

        Raises:
            StoreError: where it cannot be used; the message names the file.
        """
        self._path = path
        self._read_only = read_only
        self._wait_s = wait_s
        self._lock = threading.RLock()
        self._transaction: SqliteTransaction | None = None
        self._open: sqlite3.Connection | None = None
        self._connection()

    @contextmanager
    def transaction(self) -> Iterator[SqliteTransaction]:
        """Open a transaction; commits at the end of the block, rolls back on an exception."""
        if self._read_only:
            raise StoreError(f"{self._path}: is open for reading only")
        with self._lock:
            if self._transaction is not None:
                raise StoreError(f"{self._path}: a transaction is already open; end it before the next")
            with naming(self._path):
                connection = self._connection()
                connection.execute("BEGIN IMMEDIATE")
            try:
                # What the caller raises in its block passes unchanged; only the store's own steps are named.
                yield self._begun(connection)
                self._commit(connection)
            finally:
                self._ended(connection)

    def __len__(self) -> int:
        """Number of records ever appended."""
        with self._reading() as connection:
            return record_table.next_seq(connection)

    def records(self, start: int = 0, stop: int | None = None) -> Iterator[Record]:
        """Iterate over records by sequence number, start <= seq < stop."""
        return self._pages("TRUE", (), start, stop)

    def current(self, kind: str) -> Iterator[Record]:
        """Iterate over the current records of a kind, by sequence number."""
        return self._pages("r.kind = ? AND r.current = 1", (kind,), 0, None)

    def get(self, kind: str, record_id: str) -> Record | None:
        """Return the current record of an id."""
        with self._reading() as connection:
            latest = record_table.latest_of(connection, kind, record_id)
        return latest if latest is not None and latest.current else None

    def history(self, kind: str, record_id: str) -> tuple[Record, ...]:
        """Return every revision of an id, oldest first."""
        query = f"SELECT {record_table.COLUMNS} FROM record AS r WHERE kind = ? AND id = ? ORDER BY revision"  # noqa: S608
        with self._reading() as connection:
            return tuple(record_table.read_row(row) for row in connection.execute(query, (kind, record_id)))

    def search(self, kind: str, box: Box, *, types: Sequence[str] = (), limit: int | None = None) -> Iterator[Record]:
        """Iterate over current records whose point and time meet a box, by start time then sequence number."""
        query, values = record_table.search_query(kind, box, tuple(types))
        with self._reading() as connection:
            found = [seq for (seq,) in connection.execute(query, values)]
        return self._by_seq(found if limit is None else found[: max(limit, 0)])

    def fires(self, box: Box) -> FireColumns:
        """Return the fire pixels in a box, by time then input and row."""
        with self._reading() as connection:
            return fire_table.find(connection, box)

    def fire_blocks(self) -> Iterator[FirePixels]:
        """Iterate over all fire pixels in blocks of bounded size, in the order in which they were added."""
        with self._reading() as connection:
            numbers = fire_table.numbers(connection)
        for number in numbers:
            with self._reading() as connection:
                yield fire_table.read(connection, number)

    def marked(self, key: str) -> str | None:
        """Return what was remembered under a key."""
        with self._reading() as connection:
            found = connection.execute("SELECT crc, value FROM mark WHERE key = ?", (key,)).fetchone()
            if found is not None and found[0] != record_table.mark_crc(key, found[1]):
                raise Mismatch(f"what is remembered under {key!r} does not match its checksum")
        return None if found is None else str(found[1])

    def check(self) -> None:
        """Read every page, index and record and compare them.

        Raises:
            StoreDamaged: naming the file and the first thing that does not match.
        """
        with self._reading() as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            (places,) = connection.execute("SELECT rtreecheck('where_when')").fetchone()
            if (verdict, places) != ("ok", "ok"):
                raise Mismatch(f"index or page: {verdict if verdict != 'ok' else places}")
            record_table.check(connection)
            fire_table.check(connection)

    def seal(self) -> None:
        """Bring every page into the one file and close it; the next use opens it again.

        # LIMIT: a reader in the middle of a query keeps some pages in the log beside the file; then this fails as busy.
        """
        with self._lock:
            if self._open is None:
                return
            if self._transaction is not None:
                raise StoreError(f"{self._path}: a transaction is open; end it before sealing")
            with naming(self._path):
                if not self._read_only:
                    self._checkpoint(self._open)
                self._open.close()
            self._open = None

    def _begun(self, connection: sqlite3.Connection) -> SqliteTransaction:
        with naming(self._path):
            self._transaction = SqliteTransaction(connection, self._path)
        return self._transaction

    def _commit(self, connection: sqlite3.Connection) -> None:
        if self._transaction is not None and self._transaction.failed:
            raise StoreError(f"{self._path}: a step of this transaction failed; nothing of it is kept")
        with naming(self._path):
            connection.execute("COMMIT")

    def _ended(self, connection: sqlite3.Connection) -> None:
        """Undo what was not committed, and let the transaction take nothing more."""
        if self._transaction is not None:
            self._transaction.ended = True
            self._transaction = None
        with naming(self._path):
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreError(f"{self._path}: another process is reading; end it, then seal again")

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            opener = open_reader if self._read_only else open_writer
            self._open = opener(self._path, wait_s=self._wait_s)
        return self._open

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, naming(self._path):
            yield self._connection()

    def _pages(
        self, where: str, values: tuple[str | int | float, ...], start: int, stop: int | None
    ) -> Iterator[Record]:
        """Iterate in pages, each a query of its own, so that writing in between is safe and memory stays small."""
        query = (
            f"SELECT {record_table.COLUMNS} FROM record AS r"  # noqa: S608
            f" WHERE {where} AND r.seq >= ? AND r.seq < ? ORDER BY r.seq LIMIT ?"
        )
        after, end = start, OPEN_US if stop is None else stop
        while True:
            with self._reading() as connection:
                page = [record_table.read_row(row) for row in connection.execute(query, (*values, after, end, _PAGE))]
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].seq + 1

    def _by_seq(self, found: list[int]) -> Iterator[Record]:
        for start in range(0, len(found), _PAGE):
            page = found[start : start + _PAGE]
            query = f"SELECT {record_table.COLUMNS} FROM record AS r WHERE seq IN ({record_table.holes(page)})"  # noqa: S608
            with self._reading() as connection:
                records = {row[0]: record_table.read_row(row) for row in connection.execute(query, page)}
            yield from (records[seq] for seq in page)


class SqliteTransaction:
    """Writes to a `SqliteRegister`, durable when the block has ended."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._seq = record_table.next_seq(connection)
        self.ended = False
        self.failed = False

    def append(self, record: NewRecord, *, at_utc: datetime) -> Record:
        """Append a record, unless the current one of its id says the same."""
        require_point(record)
        require_utc(at_utc, "at_utc")
        with self._writing() as connection:
            latest = record_table.latest_of(connection, record.kind, record.id)
            if latest is not None and latest.current:
                if latest.payload == record.payload:
                    return latest
                record_table.supersede(connection, latest.seq)
            kept = Record(
                seq=self._seq,
                kind=record.kind,
                id=record.id,
                revision=1 if latest is None else latest.revision + 1,
                received_utc=at_utc,
                payload=record.payload,
                refs=record.refs,
                current=True,
            )
            record_table.insert(connection, record, kept)
        self._seq += 1
        return kept

    def retire(self, kind: str, record_id: str) -> None:
        """Mark the current record of an id as no longer current."""
        with self._writing() as connection:
            latest = record_table.latest_of(connection, kind, record_id)
            if latest is not None and latest.current:
                record_table.supersede(connection, latest.seq)

    def add_fires(self, pixels: FirePixels) -> None:
        """Keep a block of fire pixels; the same (input, row) is kept once."""
        with self._writing() as connection:
            fire_table.add(connection, pixels)

    def mark(self, key: str, value: str) -> None:
        """Remember a small fact."""
        crc = record_table.mark_crc(key, value)
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO mark VALUES (?, ?, ?)", (key, crc, value))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self.ended:
            raise StoreError(f"{self._path}: this transaction has ended; open another")
        try:
            with naming(self._path):
                yield self._connection
        except StoreError:
            # Half of the step may be in: who goes on after this must not commit it.
            self.failed = True
            raise
