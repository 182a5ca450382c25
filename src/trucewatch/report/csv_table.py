"""Tables as CSV: named columns with a meaning each, guarded cells, the same bytes every time."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from trucewatch.model.instant import rfc3339

Row = TypeVar("Row")
Cell = str | int | float | bool | datetime | None

DEGREES = 6
"""decimals of a coordinate: 0.1 m"""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""what a spreadsheet takes for the start of a formula (OWASP, "CSV Injection"), full-width forms included"""


@dataclass(frozen=True, kw_only=True)  # no slots: Python 3.11 cannot call an alias of a slotted frozen generic
class Column(Generic[Row]):
    """One column: its name, what it means, and where its value comes from."""

    name: str
    unit: str
    """unit, or the kind of value ("text", "RFC 3339, UTC")"""
    meaning: str
    get: Callable[[Row], Cell]


@dataclass(frozen=True, kw_only=True)
class Table(Generic[Row]):
    """One file: its name, what a row is, and its columns."""

    file: str
    row_is: str
    columns: tuple[Column[Row], ...]

    def to_csv(self, rows: Iterable[Row]) -> bytes:
        """Write rows as RFC 4180 CSV in UTF-8, with a header."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([c.name for c in self.columns])
        writer.writerows([cell_text(c.get(row)) for c in self.columns] for row in rows)
        return out.getvalue().encode()

    def dictionary(self) -> str:
        """Describe the columns in Markdown."""
        lines = [
            f"## {self.file}",
            "",
            f"One row: {self.row_is}.",
            "",
            "| column | unit or form | meaning |",
            "|---|---|---|",
        ]
        lines += [f"| `{c.name}` | {c.unit} | {c.meaning} |" for c in self.columns]
        return "\n".join(lines) + "\n"


def cell_text(value: Cell) -> str:
    """Write a cell: nothing for None, shortest round-trip numbers, times in UTC, texts guarded against formulas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, StrEnum):
        return value.value
    return guarded(value) if isinstance(value, str) else repr(value)


def guarded(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text
