"""Records in SQLite: their rows, their checksums, and the query of a search."""

from __future__ import annotations

import itertools
import json
import sqlite3
import zlib
from collections.abc import Sequence
from typing import Any

from trucewatch.model.register import Box, NewRecord, Record
from trucewatch.store.errors import Mismatch
from trucewatch.store.meeting import OPEN_US, edges_deg, from_us, span_us, to_us, window_us

CHECKED = ("seq", "kind", "id", "revision", "received_us", "type", "start_us", "end_us", "lon_deg", "lat_deg", "refs")
COLUMNS = ", ".join(f"r.{name}" for name in (*CHECKED, "current", "crc", "payload"))
_INSERT = f"INSERT INTO record ({', '.join(CHECKED)}, current, crc, payload) VALUES ({'?, ' * len(CHECKED)}1, ?, ?)"  # noqa: S608
Value = str | int | float


def next_seq(connection: sqlite3.Connection) -> int:
    """Return the number of the next record: how many there are."""
    return int(connection.execute("SELECT coalesce(max(seq) + 1, 0) FROM record").fetchone()[0])


def latest_of(connection: sqlite3.Connection, kind: str, record_id: str) -> Record | None:
    """Return the last revision of an id, current or not."""
    query = f"SELECT {COLUMNS} FROM record AS r WHERE kind = ? AND id = ? ORDER BY revision DESC LIMIT 1"  # noqa: S608
    row = connection.execute(query, (kind, record_id)).fetchone()
    return None if row is None else read_row(row)


def insert(connection: sqlite3.Connection, record: NewRecord, kept: Record) -> None:
    """Write a record's row, and its place into the R*Tree where it has one."""
    start, end = (None, None) if record.time is None else span_us(record.time)
    # SQLite keeps -0.0 as 0.0, so the checksum must not see the sign.
    lon, lat = (None if deg is None else float(deg) + 0.0 for deg in (record.lon_deg, record.lat_deg))
    received, refs = to_us(kept.received_utc), json.dumps(kept.refs)
    head = (kept.seq, kept.kind, kept.id, kept.revision, received, record.type, start, end, lon, lat, refs)
    connection.execute(_INSERT, (*head, crc_of(head, kept.payload), kept.payload))
    if lon is not None and lat is not None:
        start_s, end_s = ((-OPEN_US if start is None else start) / 1e6, (OPEN_US if end is None else end) / 1e6)
        values = (kept.seq, lon, lon, lat, lat, start_s, end_s)
        connection.execute("INSERT INTO where_when VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def supersede(connection: sqlite3.Connection, seq: int) -> None:
    """Mark a record as no longer current, and take it out of the R*Tree."""
    connection.execute("UPDATE record SET current = 0 WHERE seq = ?", (seq,))
    connection.execute("DELETE FROM where_when WHERE seq = ?", (seq,))


def crc_of(head: Sequence[object], payload: bytes) -> int:
    """CRC-32 of a line: finds what a disk has changed; who changed it on purpose is found by the evidence log."""
    return zlib.crc32(payload, zlib.crc32(json.dumps(head).encode()))


def mark_crc(key: str, value: str) -> int:
    """CRC-32 of what is remembered."""
    return zlib.crc32(json.dumps((key, value)).encode())


def read_row(row: tuple[Any, ...]) -> Record:
    """Turn a row of `COLUMNS` into a record.

    Raises:
        Mismatch: where it does not match its checksum.
    """
    *head, current, crc, payload = row
    seq, kind, record_id, revision, received_us, *_, refs = head
    if crc != crc_of(head, payload):
        raise Mismatch(f"record {seq} does not match its checksum")
    return Record(
        seq=seq,
        kind=kind,
        id=record_id,
        revision=revision,
        received_utc=from_us(received_us),
        payload=payload,
        refs=tuple(json.loads(refs)),
        current=bool(current),
    )


def search_query(kind: str, box: Box, types: tuple[str, ...]) -> tuple[str, list[Value]]:
    """Write the query of a search: through the R*Tree where it asks for a place, else through the time index.

    The R*Tree holds 32-bit bounds rounded outwards (sqlite.org/rtree.html, 3.2), so the exact test follows it.
    """
    window, edges = window_us(box), edges_deg(box)
    tables, tests = "record AS r", ["r.kind = ?", "r.current = 1"]
    values: list[Value] = [kind]
    if types:
        tests.append(f"r.type IN ({holes(types)})")
        values += types
    if window is not None:
        tests.append("r.start_us < ? AND (r.end_us > ? OR r.start_us >= ?) AND ? < ?")
        values += (window[1], window[0], window[0], window[0], window[1])
    if edges is not None:
        west, south, east, north = edges
        start, end = window or (-OPEN_US, OPEN_US)
        tables = "where_when AS w CROSS JOIN record AS r ON r.seq = w.seq"
        tests.append(
            "w.west <= ? AND w.east >= ? AND w.south <= ? AND w.north >= ? AND w.start_s <= ? AND w.end_s >= ?"
        )
        values += (east, west, north, south, end / 1e6, start / 1e6)
        tests.append("r.lon_deg BETWEEN ? AND ? AND r.lat_deg BETWEEN ? AND ?")
        values += (west, east, south, north)
    where = " AND ".join(tests)
    return f"SELECT r.seq FROM {tables} WHERE {where} ORDER BY r.start_us IS NULL, r.start_us, r.seq", values  # noqa: S608


def holes(values: Sequence[object]) -> str:
    """Write one placeholder a value."""
    return ", ".join(itertools.repeat("?", len(values)))


def check(connection: sqlite3.Connection) -> None:
    """Compare every record with its checksum, the numbering with its count, and the current ones with the R*Tree.

    Raises:
        Mismatch: naming the first that does not match.
    """
    for n, row in enumerate(connection.execute(f"SELECT {COLUMNS} FROM record AS r ORDER BY seq")):  # noqa: S608
        if read_row(row).seq != n:
            raise Mismatch(f"record {n} is missing")
    (astray,) = connection.execute(
        """SELECT count(*) FROM record AS r LEFT JOIN where_when AS w ON w.seq = r.seq
            WHERE (w.seq IS NULL) = (r.current = 1 AND r.lon_deg IS NOT NULL)"""
    ).fetchone()
    if astray:
        raise Mismatch(f"{astray} records are missing from, or too many in, the index of places")
