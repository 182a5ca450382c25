"""Opening the SQLite file of a register so that what is acknowledged is on the disk, and naming what goes wrong."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trucewatch.store.errors import Mismatch, StoreBusy, StoreDamaged, StoreError
from trucewatch.store.migrations import STEPS, migrate, require_known, version_of

OLDEST_SQLITE = (3, 40, 0)
"""STRICT needs 3.37; 3.40 is the oldest that the figures in benchmarks/ and the crash tests were run with."""
PAGE_BYTES = 4096
"""Fixed, so that the same records give the same bytes on every machine."""
CACHE_KIB = 32 * 1024
_SETTINGS = (
    "foreign_keys = ON",
    "cell_size_check = ON",
    "trusted_schema = OFF",
    "mmap_size = 0",
    "temp_store = MEMORY",
    f"cache_size = -{CACHE_KIB}",
)

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DISK = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_NOMEM,
}


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into an error that names the file and says what to do.

    Raises:
        StoreBusy: where another run is writing.
        StoreDamaged: where the bytes are not those of a store.
        StoreError: where the disk or its rights stand in the way.
    """
    try:
        yield
    except (Mismatch, UnicodeDecodeError) as problem:
        # SQLite's own message may quote damaged bytes, which Python then cannot decode.
        raise StoreDamaged(f"{path}: is damaged: {problem}") from problem
    except sqlite3.Error as problem:
        # The low byte is the primary code, the rest refines it (sqlite.org/rescode.html).
        code = getattr(problem, "sqlite_errorcode", None)
        primary = None if code is None else code & 0xFF
        if primary in _BUSY:
            raise StoreBusy(f"{path}: another run is writing; wait until it has ended, then try again") from problem
        if primary in _DISK:
            raise StoreError(f"{path}: the disk or its rights stand in the way: {problem}") from problem
        raise StoreDamaged(f"{path}: is damaged, or is not a Trucewatch store: {problem}") from problem


def open_writer(path: Path, *, wait_s: float) -> sqlite3.Connection:
    """Open for writing, making or migrating the file where needed.

    Raises:
        StoreError: see `naming`; also where a durable setting does not hold.
    """
    require_sqlite(sqlite3.sqlite_version_info)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(f"{path}: its folder cannot be made: {problem}") from problem
    with naming(path):
        connection = _connect(f"{path.absolute().as_uri()}?mode=rwc", wait_s)
        try:
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            version = version_of(connection, str(path))
            require_known(version, str(path))
            _set_durable(connection, path)
            if version < len(STEPS):
                migrate(connection, str(path))
        except BaseException:
            connection.close()
            raise
    return connection


def open_reader(path: Path, *, wait_s: float) -> sqlite3.Connection:
    """Open for reading, while a writer may be at work; the file's bytes stay as they are.

    Raises:
        StoreError: see `naming`; also where there is no file, or an older one that has to be migrated first.
    """
    require_sqlite(sqlite3.sqlite_version_info)
    if not path.is_file():
        raise StoreError(f"{path}: there is no store here")
    with naming(path):
        connection = _connect(f"{path.absolute().as_uri()}?{_reading_mode(path)}", wait_s)
        try:
            connection.execute("PRAGMA query_only = ON")
            version = version_of(connection, str(path))
            require_known(version, str(path))
            if version < len(STEPS):
                raise StoreError(f"{path}: has an older form (version {version}); open it once for writing")
        except BaseException:
            connection.close()
            raise
    return connection


def require_sqlite(version: tuple[int, ...]) -> None:
    """Refuse an SQLite that is too old.

    Raises:
        StoreError: naming both versions.
    """
    if version < OLDEST_SQLITE:
        found, needed = (".".join(map(str, v)) for v in (version, OLDEST_SQLITE))
        raise StoreError(f"SQLite {found} is too old; Trucewatch needs {needed} or later")


def _reading_mode(path: Path) -> str:
    """Choose how a reader opens the file.

    A write-ahead log needs a small shared index beside the file, which only a connection with write access makes
    and clears away; `query_only` keeps that connection from writing. On read-only media no writer can be at work,
    so the file is taken as it stands.
    """
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return "mode=rw"
    return "mode=ro" if path.with_name(path.name + "-wal").exists() else "mode=ro&immutable=1"


def _connect(uri: str, wait_s: float) -> sqlite3.Connection:
    # One connection serves several threads: the register holds a lock around each use of it.
    connection = sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False)
    try:
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


def _set_durable(connection: sqlite3.Connection, path: Path) -> None:
    """Set what durability rests on, then ask whether it holds: some builds come with NORMAL for a write-ahead log."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    for setting, wanted in expected.items():
        (found,) = connection.execute(f"PRAGMA {setting}").fetchone()
        if found != wanted:
            raise StoreError(f"{path}: SQLite keeps {setting} at {found}, needed is {wanted}; move it to a local disk")
