"""Rows of small tables (CSV, XLSX, JSON) as texts by column, each with its number and its bytes."""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import BinaryIO

from openpyxl import load_workbook

from trucewatch.model.errors import UnreadableInput
from trucewatch.observe.limits import (
    MAX_JSON_BYTES,
    MAX_WORKBOOK_BYTES,
    bounded_lines,
    guard_archive,
    is_overlong,
    parse_json,
    read_within,
)
from trucewatch.observe.refusal import BadValue

MAX_RECORD_LINES = 40
"""A quoted remark may hold line breaks; more than this is a quote that was never closed."""
MAX_SHEET_ROWS = 1_048_576
"""of a worksheet, by its format"""
MAX_SHEET_COLUMNS = 64
MAX_EMPTY_ROWS = 10_000
"""in a row: a sheet that says its next row is number 999,999,999,999 would keep the reader busy for hours"""
DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One record of a table, or what is wrong with it."""

    number: int
    """the header is row 1"""
    cells: Mapping[str, str]
    """text by column name; empty where `problem` is set"""
    raw: bytes
    problem: BadValue | None = None


def column_name(header: str) -> str:
    """Return a header's name without case, spacing, final dots and what stands in brackets."""
    return " ".join(re.sub(r"\(.*?\)", " ", header.casefold().replace("_", " ")).split()).rstrip(".")


def bracketed(header: str) -> str:
    """Return what stands in brackets in a header, "" where nothing does."""
    match = re.search(r"\(([^()]*)\)", header)
    return match[1].strip() if match else ""


def header_cells(first_line: str) -> list[str]:
    """Split a header line at the delimiter that gives the most cells."""
    lines = [next(csv.reader([first_line], delimiter=d), []) for d in DELIMITERS]
    return max(lines, key=len)


def first_line_of(head: bytes) -> str:
    """Return the first line of a file's start as text; undecodable bytes become replacement characters."""
    return head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace").strip()


def head_columns(head: bytes) -> frozenset[str]:
    """Return the column names that a file's first line seems to hold."""
    if b"\0" in head[:512]:
        return frozenset()
    try:
        return frozenset(column_name(c) for c in header_cells(first_line_of(head)))
    except csv.Error:
        return frozenset()


def csv_rows(stream: BinaryIO, *, source: str) -> Iterator[TableRow]:
    """Iterate over a CSV file's records after the header; streamed, so any size will do.

    Raises:
        UnreadableInput: there is no header, or it is not UTF-8.
    """
    records = _csv_records(stream)
    first = next(records, b"")
    try:
        text = first.removeprefix(b"\xef\xbb\xbf").decode().strip("\r\n")
        header = header_cells(text)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableInput(source=source, row="row 1", expected=f"a header line in UTF-8 ({error})") from None
    if not text.strip():
        raise UnreadableInput(source=source, row="row 1", expected="a header line")
    delimiter = next((d for d in DELIMITERS if len(next(csv.reader([text], delimiter=d))) == len(header)), ",")
    for number, raw in enumerate(records, start=2):
        if raw.strip():
            yield _csv_row(number, raw, header, delimiter)


def _csv_row(number: int, raw: bytes, header: list[str], delimiter: str) -> TableRow:
    try:
        if is_overlong(raw):
            raise BadValue(raw[:80].decode("utf-8", "replace"), "a line of at most 64 KiB")
        text = raw.decode()
        if "\0" in text:
            raise BadValue(text, "a line of text, without NUL bytes")
        cells = next(csv.reader([text], delimiter=delimiter, strict=True), [])
        if len(cells) != len(header):
            raise BadValue(text.strip("\r\n"), f"{len(header)} columns as in the header, found {len(cells)}")
    except UnicodeDecodeError as error:
        return TableRow(number=number, cells={}, raw=raw, problem=BadValue(str(error), "text in UTF-8"))
    except csv.Error as error:
        return TableRow(number=number, cells={}, raw=raw, problem=BadValue(str(error), "a CSV record"))
    except BadValue as error:
        return TableRow(number=number, cells={}, raw=raw, problem=error)
    return TableRow(number=number, cells=dict(zip(header, cells, strict=True)), raw=raw)


def _csv_records(stream: BinaryIO) -> Iterator[bytes]:
    """Join lines while a quote is open; where it never closes, its first line stands alone and reading goes on."""
    lines = bounded_lines(stream)
    waiting: deque[bytes] = deque()
    while line := (waiting.popleft() if waiting else next(lines, b"")):
        record, taken = line, [line]
        while record.count(b'"') % 2 and len(taken) < MAX_RECORD_LINES:
            more = waiting.popleft() if waiting else next(lines, b"")
            if not more:
                break
            taken.append(more)
            record += more
        if record.count(b'"') % 2:
            waiting.extendleft(reversed(taken[1:]))
            record = line
        yield record


def xlsx_rows(stream: BinaryIO, *, source: str) -> Iterator[TableRow]:
    """Iterate over the first sheet's rows after its first one, which is the header.

    Raises:
        UnreadableInput: not a workbook, broken, or larger inside than any honest one.
    """
    content = BytesIO(read_within(stream, source=source, limit_bytes=MAX_WORKBOOK_BYTES))
    guard_archive(content, source=source)
    header: list[str] = []
    for number, values in _sheet_rows(content, source):
        cells = [_cell_text(v) for v in values]
        if number == 1:
            header = cells
            continue
        if any(cells):
            raw = "\t".join(cells).encode("utf-8", "replace")
            yield TableRow(number=number, cells=dict(zip(header, cells, strict=False)), raw=raw)
    if not any(header):
        raise UnreadableInput(source=source, row="row 1", expected="a header row in the first sheet")


def _sheet_rows(content: BytesIO, source: str) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Iterate over rows as openpyxl reads them.

    openpyxl raises whatever its layers raise on a broken file (KeyError, zlib.error, ParseError, ...); all of it
    means that the workbook cannot be read, so all of it is turned into UnreadableInput here.
    """
    try:
        book = load_workbook(content, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # The size that a sheet states about itself may be a lie that pads every row to 16,384 columns.
        sheet.reset_dimensions()
        n_empty = 0
        for number, values in enumerate(sheet.iter_rows(max_col=MAX_SHEET_COLUMNS, values_only=True), start=1):
            n_empty = 0 if any(values) else n_empty + 1
            if number > MAX_SHEET_ROWS or n_empty > MAX_EMPTY_ROWS:
                raise ValueError(f"row {number} after {n_empty} empty rows")
            yield number, values
    except Exception as error:
        raise UnreadableInput(
            source=source, value=f"{type(error).__name__}: {error}", expected="a whole XLSX workbook"
        ) from None


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def json_rows(stream: BinaryIO, *, source: str, key: str) -> Iterator[TableRow]:
    """Iterate over the objects of a JSON array, bare or under a key.

    Raises:
        UnreadableInput: not JSON, or no such array.
    """
    content = parse_json(read_within(stream, source=source, limit_bytes=MAX_JSON_BYTES), source=source)
    items = content.get(key) if isinstance(content, dict) else content
    if not isinstance(items, list):
        raise UnreadableInput(source=source, expected=f'an array of objects, bare or under "{key}"')
    for number, item in enumerate(items, start=2):
        raw = json.dumps(item).encode()
        if isinstance(item, dict):
            yield TableRow(number=number, cells={k: _json_text(v) for k, v in item.items()}, raw=raw)
        else:
            yield TableRow(number=number, cells={}, raw=raw, problem=BadValue(str(item), "an object of columns"))


def _json_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
