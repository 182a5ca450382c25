"""The schema of the SQLite register, in numbered steps that are never edited once released."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from trucewatch.store.errors import StoreDamaged, StoreError

APPLICATION_ID = 0x54525557
"""ASCII "TRUW" in the file header, so that a file says what it is (sqlite.org/fileformat2.html, 1.3.17)."""

STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT",
        "INSERT INTO schema_version VALUES (0)",
        # The long columns stand last: what a search looks at is read without their overflow pages.
        """CREATE TABLE record (
            seq INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            revision INTEGER NOT NULL,
            current INTEGER NOT NULL CHECK (current IN (0, 1)),
            received_us INTEGER NOT NULL,
            type TEXT NOT NULL,
            start_us INTEGER,
            end_us INTEGER,
            lon_deg REAL,
            lat_deg REAL,
            crc INTEGER NOT NULL,
            refs TEXT NOT NULL,
            payload BLOB NOT NULL,
            UNIQUE (kind, id, revision)
        ) STRICT""",
        "CREATE INDEX current_by_seq ON record (kind, seq) WHERE current = 1",
        "CREATE INDEX current_by_time ON record (kind, start_us, end_us, type) WHERE current = 1",
        """CREATE TRIGGER record_is_kept BEFORE DELETE ON record
            BEGIN SELECT RAISE(ABORT, 'a record is never deleted'); END""",
        """CREATE TRIGGER record_is_unchanged
            BEFORE UPDATE OF seq, kind, id, revision, received_us, type, start_us, end_us, lon_deg, lat_deg, crc,
                refs, payload ON record
            BEGIN SELECT RAISE(ABORT, 'a record is never changed'); END""",
        "CREATE VIRTUAL TABLE where_when USING rtree(seq, west, east, south, north, start_s, end_s)",
        """CREATE TABLE fire_block (
            block INTEGER PRIMARY KEY,
            input_id TEXT NOT NULL,
            n INTEGER NOT NULL,
            first_row INTEGER NOT NULL,
            last_row INTEGER NOT NULL,
            west REAL NOT NULL,
            east REAL NOT NULL,
            south REAL NOT NULL,
            north REAL NOT NULL,
            start_s REAL NOT NULL,
            end_s REAL NOT NULL
        ) STRICT""",
        "CREATE INDEX fire_block_by_input ON fire_block (input_id)",
        "CREATE INDEX fire_block_by_time ON fire_block (start_s)",
        """CREATE TABLE fire_column (
            block INTEGER NOT NULL REFERENCES fire_block (block),
            name TEXT NOT NULL,
            crc INTEGER NOT NULL,
            content BLOB NOT NULL,
            UNIQUE (block, name)
        ) STRICT""",
        "CREATE TABLE mark (key TEXT PRIMARY KEY, crc INTEGER NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    ),
)


def version_of(connection: sqlite3.Connection, file: str) -> int:
    """Return the schema version of an open file, 0 where it is new and empty.

    Raises:
        StoreDamaged: where it is a database, but not one of ours.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application == 0 and tables == 0:
        return 0
    if application != APPLICATION_ID:
        raise StoreDamaged(f"{file}: is a database, but not a Trucewatch store")
    return int(connection.execute("SELECT version FROM schema_version").fetchone()[0])


def require_known(version: int, file: str, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Refuse a file that a newer program has written.

    Raises:
        StoreError: naming both versions.
    """
    if version > len(steps):
        raise StoreError(
            f"{file}: was written by a newer Trucewatch (store version {version}, this program knows {len(steps)}); "
            "install that version or a later one"
        )


def migrate(connection: sqlite3.Connection, file: str, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Bring an open file to the newest schema, all steps or none.

    Args:
        connection: in autocommit mode, not inside a transaction.
        file: as the user knows it, for the error.
        steps: statements of each version, the first is version 1.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection, file)
        require_known(version, file, steps)
        for statement in (s for step in steps[version:] for s in step):
            connection.execute(statement)
        if version < len(steps):
            connection.execute("UPDATE schema_version SET version = ?", (len(steps),))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
