"""Fire pixels in SQLite: blocks of at most `BLOCK_ROWS` pixels, each column one run of little-endian numbers.

A year of satellite fires over a front is a million pixels. As columns they load at the speed of the disk, and a
search reads only the place and time of the blocks whose bounds meet its box.

# LIMIT: plain SQL sees the bounds of a block, not its pixels; the raw input and `fires()` are the way to them.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.observation import FirePixels
from trucewatch.model.register import Box, FireColumns
from trucewatch.store.errors import Mismatch
from trucewatch.store.meeting import edges_deg, window_us
from trucewatch.store.pixels import FLOATS, first_positions, gather, inside, require_columns, take

BLOCK_ROWS = 16384
_ANYWHERE = (-180.0, -90.0, 180.0, 90.0)
_ALWAYS_US = (-(1 << 62), 1 << 62)


def add(connection: sqlite3.Connection, pixels: FirePixels) -> None:
    """Keep those pixels of a block whose (input, row) is not kept yet."""
    require_columns(pixels)
    known = _kept_rows(connection, pixels)
    at = first_positions(pixels.row, known)
    for start in range(0, len(at), BLOCK_ROWS):
        _insert(connection, take(pixels, at[start : start + BLOCK_ROWS]))


def find(connection: sqlite3.Connection, box: Box) -> FireColumns:
    """Return the pixels in a box, by time then input and row."""
    return gather(_chosen(connection, box))


def numbers(connection: sqlite3.Connection) -> list[int]:
    """Return the numbers of all blocks, in the order in which they were added."""
    return [block for (block,) in connection.execute("SELECT block FROM fire_block ORDER BY block")]


def read(connection: sqlite3.Connection, block: int) -> FirePixels:
    """Return one whole block.

    Raises:
        Mismatch: where a column does not match its checksum.
    """
    (input_id,) = connection.execute("SELECT input_id FROM fire_block WHERE block = ?", (block,)).fetchone()
    columns = _columns(connection, block, input_id, (*FLOATS, "row", "night", "satellite", "version"))
    return _pixels(input_id, columns, _all_of(columns))


def check(connection: sqlite3.Connection) -> None:
    """Read every column of every block.

    Raises:
        Mismatch: where one does not match its checksum, or a block its bounds.
    """
    for block, *stated in connection.execute("SELECT * FROM fire_block ORDER BY block"):
        columns = _columns(connection, block, stated[0], (*FLOATS, "row", "night", "satellite", "version"))
        if _bounds(_pixels(stated[0], columns, _all_of(columns))) != tuple(stated):
            raise Mismatch(f"fire pixels, block {block}: its bounds are not those of its pixels")


def _kept_rows(connection: sqlite3.Connection, pixels: FirePixels) -> NDArray[np.int64]:
    if not len(pixels):
        return np.empty(0, dtype=np.int64)
    found = connection.execute(
        "SELECT block FROM fire_block WHERE input_id = ? AND first_row <= ? AND last_row >= ? ORDER BY block",
        (pixels.input_id, int(pixels.row.max()), int(pixels.row.min())),
    ).fetchall()
    columns = [_columns(connection, block, pixels.input_id, ("row",)) for (block,) in found]
    rows = [np.frombuffer(c["row"], dtype="<i8") for c in columns]
    return np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)


def _insert(connection: sqlite3.Connection, pixels: FirePixels) -> None:
    (block,) = connection.execute("SELECT coalesce(max(block) + 1, 0) FROM fire_block").fetchone()
    connection.execute(
        "INSERT INTO fire_block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (block, *_bounds(pixels)),
    )
    columns = {name: np.asarray(getattr(pixels, name), dtype="<f8").tobytes() for name in FLOATS}
    columns["row"] = np.asarray(pixels.row, dtype="<i8").tobytes()
    columns["night"] = np.asarray(pixels.night, dtype="u1").tobytes()
    columns["satellite"] = _packed(pixels.satellite)
    columns["version"] = _packed(pixels.version)
    connection.executemany(
        "INSERT INTO fire_column VALUES (?, ?, ?, ?)",
        [(block, name, _crc(block, pixels.input_id, name, content), content) for name, content in columns.items()],
    )


def _bounds(pixels: FirePixels) -> tuple[str | int | float, ...]:
    """Return input, number, and the least and greatest row, longitude, latitude and time, as a block states them."""
    columns = (pixels.row, pixels.lon_deg, pixels.lat_deg, pixels.time_s)
    ends = [end.item() for column in columns for end in (column.min(), column.max())]
    return pixels.input_id, len(pixels), *ends


def _crc(block: int, input_id: str, name: str, content: bytes) -> int:
    return zlib.crc32(content, zlib.crc32(f"{block} {name} {input_id}".encode()))


def _chosen(connection: sqlite3.Connection, box: Box) -> Iterator[FirePixels]:
    west, south, east, north = edges_deg(box) or _ANYWHERE
    start_us, end_us = window_us(box) or _ALWAYS_US
    blocks = connection.execute(
        """SELECT block, input_id FROM fire_block
            WHERE west <= ? AND east >= ? AND south <= ? AND north >= ? AND start_s < ? AND end_s >= ?
            ORDER BY block""",
        (east, west, north, south, end_us / 1e6, start_us / 1e6),
    ).fetchall()
    for block, input_id in blocks:
        columns = _columns(connection, block, input_id, FLOATS[:3])
        at = inside(box, *(np.frombuffer(columns[name], dtype="<f8") for name in FLOATS[:3]))
        if len(at):
            columns |= _columns(connection, block, input_id, (*FLOATS[3:], "row", "night", "satellite", "version"))
            yield _pixels(input_id, columns, at)


def _columns(connection: sqlite3.Connection, block: int, input_id: str, names: tuple[str, ...]) -> dict[str, bytes]:
    columns: dict[str, bytes] = {}
    for name in names:
        found = connection.execute(
            "SELECT crc, content FROM fire_column WHERE block = ? AND name = ?", (block, name)
        ).fetchone()
        if found is None or _crc(block, input_id, name, found[1]) != found[0]:
            raise Mismatch(f"fire pixels, block {block}: column {name} is missing or does not match its checksum")
        columns[name] = found[1]
    return columns


def _all_of(columns: dict[str, bytes]) -> NDArray[np.intp]:
    return np.arange(len(columns["row"]) // 8, dtype=np.intp)


def _pixels(input_id: str, columns: dict[str, bytes], at: NDArray[np.intp]) -> FirePixels:
    """Unpack the pixels at some positions, shape (m,), at least one."""
    row = np.frombuffer(columns["row"], dtype="<i8")[at]
    return FirePixels(
        input_id=input_id,
        first_row=int(row[0]),
        row=row,
        night=np.frombuffer(columns["night"], dtype=np.bool_)[at],
        satellite=_unpacked(columns["satellite"], at),
        version=_unpacked(columns["version"], at),
        **{name: np.frombuffer(columns[name], dtype="<f8")[at] for name in FLOATS},
    )


def _packed(texts: tuple[str, ...]) -> bytes:
    """Each text once, in order of first appearance, a zero byte, then two bytes a pixel that point to it."""
    place = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    codes = np.fromiter(map(place.__getitem__, texts), dtype="<u2", count=len(texts))
    return json.dumps(list(place)).encode() + b"\0" + codes.tobytes()


def _unpacked(content: bytes, at: NDArray[np.intp]) -> tuple[str, ...]:
    names, _, codes = content.partition(b"\0")
    known = json.loads(names)
    return tuple(known[code] for code in np.frombuffer(codes, dtype="<u2")[at].tolist())
