"""Guards against files that are made to hurt: endless lines, deep or huge JSON, archives that swell when opened."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from trucewatch.model.errors import UnreadableInput

MIB = 1 << 20
MAX_LINE_BYTES = 64 * 1024
"""a FIRMS row has about 100 bytes, a monitor's remark a few thousand"""
MAX_JSON_BYTES = 64 * MIB
"""held in memory; about 1e5 reports or 4e5 pulses"""
MAX_WORKBOOK_BYTES = 64 * MIB
MAX_UNPACKED_BYTES = 256 * MIB
"""all parts of a workbook together; 1e5 reports need about 70 MiB"""
MAX_ZIP_PARTS = 1000
MAX_ZIP_RATIO = 200
"""sheets of very repetitive rows reach about 60; DEFLATE's own limit is 1032"""
MIN_SUSPECT_BYTES = MIB
"""below this a part cannot hurt, whatever its ratio"""


def read_within(stream: BinaryIO, *, source: str, limit_bytes: int) -> bytes:
    """Read a whole stream that must fit in memory.

    Raises:
        UnreadableInput: there are more bytes than the limit.
    """
    content = stream.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise UnreadableInput(
            source=source,
            value=f"more than {limit_bytes // MIB} MiB",
            expected=f"at most {limit_bytes // MIB} MiB in one file of this kind; split it",
        )
    return content


def bounded_lines(stream: BinaryIO) -> Iterator[bytes]:
    r"""Iterate over lines, each ending in ``\n`` but perhaps the last.

    A line longer than MAX_LINE_BYTES comes out cut, one byte longer than the limit and its end, so that its reader can
    tell; the rest of it is skipped.
    """
    readline, limit = stream.readline, MAX_LINE_BYTES + 1
    while line := readline(limit):
        if len(line) == limit and not line.endswith(b"\n"):
            _skip_line(stream)
            line += b"\n"
        yield line


def _skip_line(stream: BinaryIO) -> None:
    while (rest := stream.readline(MIB)) and not rest.endswith(b"\n"):
        pass


def is_overlong(line: bytes) -> bool:
    """Say whether `bounded_lines` had to cut this line."""
    return len(line) > MAX_LINE_BYTES + 1


def parse_json(content: bytes, *, source: str) -> object:
    """Parse JSON that came from outside: no NaN, no infinity, no bottomless nesting.

    Raises:
        UnreadableInput: with the place at which it stops being JSON.
    """

    def refuse(constant: str) -> NoReturn:
        raise UnreadableInput(source=source, value=constant, expected="finite numbers; null where there is none")

    try:
        parsed: object = json.loads(content, parse_constant=refuse)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        found = error.doc[error.pos : error.pos + 40] or "the end of the file"
        raise UnreadableInput(source=source, row=where, value=found, expected=f"JSON ({error.msg})") from None
    except RecursionError:
        raise UnreadableInput(source=source, expected="JSON that is not nested hundreds deep") from None
    except ValueError as error:
        raise UnreadableInput(source=source, expected=f"JSON in UTF-8 ({error})") from None
    return parsed


def guard_archive(stream: BinaryIO, *, source: str) -> None:
    """Refuse a ZIP archive that would swell beyond reason; looks at the directory only, unpacks nothing.

    A directory that lies about sizes does no harm: unpacking stops at the size it states.

    Raises:
        UnreadableInput: not an archive, too many parts, too large, or packed too tightly to be honest.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise UnreadableInput(source=source, value=str(error), expected="a whole XLSX workbook") from None
    total = sum(p.file_size for p in parts)
    if len(parts) > MAX_ZIP_PARTS or total > MAX_UNPACKED_BYTES:
        raise UnreadableInput(
            source=source,
            value=f"{len(parts)} parts of {total} bytes unpacked",
            expected=f"a workbook of at most {MAX_ZIP_PARTS} parts and {MAX_UNPACKED_BYTES // MIB} MiB unpacked",
        )
    for p in parts:
        if p.file_size > MIN_SUSPECT_BYTES and p.file_size > MAX_ZIP_RATIO * max(1, p.compress_size):
            raise UnreadableInput(
                source=source,
                value=f"{p.filename}: {p.compress_size} bytes that unpack to {p.file_size}",
                expected=f"a workbook packed at most {MAX_ZIP_RATIO} to 1",
            )
