"""What only the file has: its bytes, its crashes, its damage, its neighbours."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from trucewatch.model.errors import TrucewatchError
from trucewatch.model.instant import Interval
from trucewatch.model.observation import FirePixels
from trucewatch.model.register import Box, NewRecord
from trucewatch.store import SqliteRegister, StoreBusy, StoreDamaged, StoreError, fire_table
from trucewatch.store.connection import naming, open_writer, require_sqlite
from trucewatch.store.migrations import APPLICATION_ID, STEPS, migrate, version_of

T0 = datetime(2025, 8, 12, tzinfo=UTC)


def note(i: int, payload: bytes = b"{}") -> NewRecord:
    start = T0 + timedelta(minutes=i)
    return NewRecord(
        kind="incident",
        id=f"inc-{i}",
        payload=payload,
        refs=(f"det-{i}",),
        time=Interval(start_utc=start, end_utc=start + timedelta(seconds=30)),
        lon_deg=37.0 + i / 1000,
        lat_deg=48.0,
        type="shot",
    )


def pixels(n: int) -> FirePixels:
    numbers = np.arange(n, dtype=np.float64)
    return FirePixels(
        input_id="inp-1",
        first_row=2,
        row=np.arange(2, n + 2),
        lon_deg=37.0 + numbers / n,
        lat_deg=48.0 + numbers / n,
        time_s=numbers * 60,
        time_sigma_s=np.full(n, 60.0),
        scan_m=np.full(n, 390.0),
        track_m=np.full(n, 390.0),
        frp_mw=numbers,
        confidence=np.full(n, 0.5),
        night=np.zeros(n, dtype=np.bool_),
        satellite=("S-NPP",) * n,
        version=("2.0",) * n,
    )


def fill(path: Path, n: int = 300) -> Path:
    register = SqliteRegister(path)
    with register.transaction() as writes:
        for i in range(n):
            writes.append(note(i), at_utc=T0)
    with register.transaction() as writes:
        for i in range(0, n, 7):
            writes.append(note(i, b"later"), at_utc=T0)
        writes.retire("incident", "inc-1")
        writes.add_fires(pixels(2000))
        writes.mark("step", "done")
    register.seal()
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "store.sqlite"


# Bytes


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    assert sha256(fill(tmp_path / "a.sqlite")) == sha256(fill(tmp_path / "b" / "other.sqlite"))


def test_sealing_leaves_one_file(path: Path) -> None:
    fill(path)
    assert [p.name for p in path.parent.iterdir()] == ["store.sqlite"]


@pytest.mark.parametrize("read_only", [True, False])
def test_opening_and_reading_does_not_change_the_bytes(path: Path, read_only: bool) -> None:
    before = sha256(fill(path))
    register = SqliteRegister(path, read_only=read_only)
    assert len(list(register.records())) == 343
    assert len(list(register.search("incident", Box(west_deg=37.0)))) == 299
    assert len(register.fires(Box()).row) == 2000
    register.check()
    register.seal()
    assert sha256(path) == before
    assert [p.name for p in path.parent.iterdir()] == ["store.sqlite"]


def test_a_repeated_run_does_not_change_the_bytes(path: Path) -> None:
    before = sha256(fill(path))
    register = SqliteRegister(path)
    with register.transaction() as writes:
        writes.append(note(0, b"later"), at_utc=T0 + timedelta(days=1))
        writes.add_fires(pixels(2000))
        writes.mark("step", "done")
    register.seal()
    assert sha256(path) == before


def test_a_file_on_read_only_media_is_read_as_it_stands(path: Path, monkeypatch) -> None:
    fill(path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    register = SqliteRegister(path, read_only=True)
    assert register.get("incident", "inc-2") is not None
    assert [p.name for p in path.parent.iterdir()] == ["store.sqlite"]
    register.seal()


# Durability


def test_durable_settings_hold(path: Path) -> None:
    connection = open_writer(path, wait_s=1.0)
    settings = {
        s: connection.execute(f"PRAGMA {s}").fetchone()[0] for s in ("journal_mode", "synchronous", "page_size")
    }
    connection.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "page_size": 4096}


def test_a_disk_that_cannot_keep_a_log_is_refused() -> None:
    with pytest.raises(StoreError, match="journal_mode at memory"):
        open_without_a_log()


def open_without_a_log() -> None:
    from trucewatch.store.connection import _set_durable

    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _set_durable(connection, Path("store.sqlite"))
    finally:
        connection.close()


CRASHING = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from trucewatch.model.register import NewRecord
from trucewatch.store import SqliteRegister

register = SqliteRegister(Path(sys.argv[1]))
at = datetime(2025, 8, 12, tzinfo=UTC)
with register.transaction() as writes:
    writes.append(NewRecord(kind="incident", id="kept", payload=b"1"), at_utc=at)
print("kept", flush=True)
with register.transaction() as writes:
    for i in range(20000):
        writes.append(NewRecord(kind="incident", id=f"lost-{i}", payload=bytes(2000)), at_utc=at)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_leaves_whole_transactions_only(path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", CRASHING, str(path)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (-signal.SIGKILL, "kept\n"), run.stderr
    for read_only in (True, False):
        register = SqliteRegister(path, read_only=read_only)
        assert [r.id for r in register.records()] == ["kept"]
        register.check()
        register.seal()
    assert [p.name for p in path.parent.iterdir()] == ["store.sqlite"]


# Neighbours


def test_a_second_writer_is_told_so(path: Path) -> None:
    first, second = SqliteRegister(path), SqliteRegister(path, wait_s=0.05)
    with first.transaction() as writes:
        writes.append(note(0), at_utc=T0)
        with pytest.raises(StoreBusy, match=r"store\.sqlite: another run is writing"), second.transaction():
            pass
    with second.transaction() as writes:
        assert writes.append(note(1), at_utc=T0).seq == 1
    first.seal()
    second.seal()


def test_a_reader_beside_a_writer_sees_whole_transactions(path: Path) -> None:
    writer = SqliteRegister(path)
    reader = SqliteRegister(path, read_only=True)
    with writer.transaction() as writes:
        writes.append(note(0), at_utc=T0)
        assert len(reader) == 0
    assert len(reader) == 1
    reader.seal()
    writer.seal()


def test_another_thread_waits_for_the_block_to_end(path: Path) -> None:
    register = SqliteRegister(path)
    seen: list[int] = []
    other = threading.Thread(target=lambda: seen.append(len(register)))
    with register.transaction() as writes:
        other.start()
        writes.append(note(0), at_utc=T0)
        other.join(timeout=0.1)
        assert seen == []
        writes.append(note(1), at_utc=T0)
    other.join()
    assert seen == [2]
    register.seal()


def test_a_reader_never_writes(path: Path) -> None:
    register = SqliteRegister(fill(path), read_only=True)
    with pytest.raises(StoreError, match="reading only"), register.transaction():
        pass
    register.seal()


def test_sealing_inside_a_transaction_is_refused(path: Path) -> None:
    register = SqliteRegister(path)
    with pytest.raises(StoreError, match="before sealing"), register.transaction():
        register.seal()
    register.seal()


# Versions


def test_a_missing_store_is_said_to_be_missing(path: Path) -> None:
    with pytest.raises(StoreError, match=r"store\.sqlite: there is no store here"):
        SqliteRegister(path, read_only=True)
    assert not path.exists()


def test_an_older_file_is_migrated_with_its_records(path: Path) -> None:
    fill(path)
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, str(path), (*STEPS, ("ALTER TABLE mark ADD COLUMN at TEXT",)))
    columns = [row[1] for row in connection.execute("PRAGMA table_info(mark)")]
    assert (version_of(connection, ""), columns[-1]) == (len(STEPS) + 1, "at")
    assert connection.execute("SELECT count(*) FROM record").fetchone() == (343,)
    connection.close()


def test_a_failed_migration_leaves_the_file_as_it_was(path: Path) -> None:
    before = sha256(fill(path))
    connection = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, str(path), (*STEPS, ("DELETE FROM mark", "ALTER TABLE nowhere ADD COLUMN at TEXT")))
    connection.close()
    assert sha256(path) == before


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_file_is_refused(path: Path, read_only: bool) -> None:
    fill(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("UPDATE schema_version SET version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"newer Trucewatch \(store version 99"):
        SqliteRegister(path, read_only=read_only)


def test_a_reader_asks_for_an_old_file_to_be_migrated_first(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
    connection.execute("INSERT INTO schema_version VALUES (0)")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.close()
    with pytest.raises(StoreError, match="open it once for writing"):
        SqliteRegister(path, read_only=True)


def test_an_old_sqlite_is_refused() -> None:
    require_sqlite((3, 40, 0))
    with pytest.raises(StoreError, match=r"3\.39\.4 is too old"):
        require_sqlite((3, 39, 4))


# Damage


def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = sha256(path)
    with pytest.raises(StoreDamaged, match="not a Trucewatch store"):
        SqliteRegister(path)
    assert sha256(path) == before


def test_a_file_of_other_bytes_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"a report, not a database\n" * 100)
    with pytest.raises(StoreDamaged, match=r"store\.sqlite"):
        SqliteRegister(path)


def test_a_folder_in_its_place_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match=r"store\.sqlite"):
        SqliteRegister(path)


def test_a_file_in_place_of_its_folder_is_named(path: Path) -> None:
    path.parent.write_bytes(b"")
    with pytest.raises(StoreError, match=r"store\.sqlite: its folder cannot be made"):
        SqliteRegister(path)


def contents(register: SqliteRegister) -> tuple:
    found = register.fires(Box())
    return (
        list(register.records()),
        list(register.current("incident")),
        list(register.search("incident", Box(west_deg=37.0))),
        list(register.search("incident", Box(), types=("shot",))),
        (found.row.tolist(), found.frp_mw.tolist(), found.lon_deg.tolist(), found.input_id, found.satellite),
        register.marked("step"),
    )


def test_a_flipped_byte_is_named_or_does_not_matter(path: Path, tmp_path: Path) -> None:
    """Every altered byte either changes nothing that is read, or is found by `check`; never a bare traceback."""
    fill(path, 60)
    whole = SqliteRegister(path, read_only=True)
    expected = contents(whole)
    whole.seal()
    copy = tmp_path / "copy.sqlite"
    content = path.read_bytes()
    chance = random.Random(7)
    found = 0
    for _ in range(250):
        at = chance.randrange(len(content))
        altered = bytearray(content)
        altered[at] ^= 1 << chance.randrange(8)
        copy.write_bytes(altered)
        try:
            register = SqliteRegister(copy, read_only=True)
        except TrucewatchError as problem:
            assert "copy.sqlite" in str(problem)
            found += 1
            continue
        try:
            register.check()
            assert contents(register) == expected, f"byte {at}"
        except StoreError as problem:
            assert "copy.sqlite" in str(problem)
            found += 1
        finally:
            register.seal()
    assert found > 100


def test_a_record_changed_behind_our_back_is_named(path: Path) -> None:
    fill(path, 10)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("DROP TRIGGER record_is_unchanged")
    connection.execute("UPDATE record SET payload = X'00' WHERE seq = 3")
    connection.close()
    register = SqliteRegister(path, read_only=True)
    with pytest.raises(StoreDamaged, match=r"store\.sqlite: is damaged: record 3"):
        list(register.records())
    register.seal()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("DELETE FROM where_when WHERE seq = 2", "index of places"),
        ("UPDATE fire_block SET east = east - 1", "bounds"),
        ("UPDATE fire_column SET content = X'00' WHERE name = 'frp_mw'", "column frp_mw"),
        ("DELETE FROM fire_column WHERE name = 'night'", "column night"),
    ],
)
def test_check_compares_what_belongs_together(path: Path, change: str, message: str) -> None:
    fill(path, 10)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(change)
    connection.close()
    register = SqliteRegister(path, read_only=True)
    with pytest.raises(StoreDamaged, match=message):
        register.check()
    register.seal()


@pytest.mark.parametrize(
    "change", ["DELETE FROM record", "UPDATE record SET payload = X'00'", "UPDATE record SET id = 'x'"]
)
def test_the_file_itself_refuses_to_forget(path: Path, change: str) -> None:
    connection = sqlite3.connect(fill(path, 10), isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        connection.execute(change)
    connection.close()


def test_what_the_caller_raises_passes_unchanged(path: Path) -> None:
    register = SqliteRegister(path)
    with pytest.raises(UnicodeDecodeError), register.transaction():
        b"\xff".decode()
    with pytest.raises(sqlite3.DatabaseError, match="theirs"), register.transaction():
        raise sqlite3.DatabaseError("theirs")
    with register.transaction() as writes:
        writes.append(note(0), at_utc=T0)
    register.seal()


def test_a_refused_append_leaves_no_half_record(path: Path) -> None:
    """An append that is refused leaves nothing behind when the caller goes on without it."""
    register = SqliteRegister(path)
    with register.transaction() as writes:
        writes.append(note(0), at_utc=T0)
        with pytest.raises(ValueError, match="UTC"):
            writes.append(note(0, b"later"), at_utc=T0.replace(tzinfo=None))
    assert [r.payload for r in register.current("incident")] == [b"{}"]
    register.seal()


def test_a_step_that_failed_is_never_committed(path: Path, monkeypatch) -> None:
    register = SqliteRegister(path)

    def half(connection: sqlite3.Connection, _: FirePixels) -> None:
        connection.execute("INSERT INTO mark VALUES ('half', 0, '')")
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(fire_table, "add", half)
    with pytest.raises(StoreError, match="nothing of it is kept"), register.transaction() as writes:
        writes.append(note(0), at_utc=T0)
        with pytest.raises(StoreError, match="disk I/O error"):
            writes.add_fires(pixels(3))
    assert (len(register), register.marked("half")) == (0, None)
    register.seal()


def test_a_full_disk_is_not_called_damage(path: Path) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    with pytest.raises(StoreError, match="stand in the way") as caught, naming(path):
        raise full
    assert not isinstance(caught.value, StoreDamaged)


def test_a_copy_of_the_sealed_file_is_a_whole_store(path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(fill(path), tmp_path / "copy.sqlite"))
    one, other = SqliteRegister(path, read_only=True), SqliteRegister(copy, read_only=True)
    assert contents(one) == contents(other)
    one.seal()
    other.seal()
