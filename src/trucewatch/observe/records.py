"""Small tables with a record a row: what their readers share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import BinaryIO, TypeVar

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.observation import HealthReport, Rejection, Weather
from trucewatch.observe.context import ReadContext
from trucewatch.observe.record_ids import Repeats
from trucewatch.observe.refusal import BadValue, plain_text, rejection
from trucewatch.observe.tables import TableRow, column_name, csv_rows

T = TypeVar("T", HealthReport, Weather)


def records(
    stream: BinaryIO, context: ReadContext, read: Callable[[TableRow, ReadContext], T]
) -> Iterator[T | Rejection]:
    """Yield a record a row, or a rejection of the row.

    Args:
        stream: a CSV table, at its start.
        context: where it is read.
        read: makes a record of a row; BadValue names the first value that cannot be taken.

    Raises:
        UnreadableInput: no such table.
    """
    repeats = Repeats("row")
    for row in csv_rows(stream, source=context.source):
        try:
            record = read(row, context)
            repeats.require_new(record.id, row.number)
        except BadValue as error:
            yield rejection(context, row=f"row {row.number}", error=error, raw=row.raw)
            continue
        yield record


def named_cells(row: TableRow, context: ReadContext, *, required: Collection[str], header: str) -> dict[str, str]:
    """Return a row's texts by plain column name.

    Raises:
        BadValue: the row itself cannot be taken.
        UnreadableInput: the table lacks a required column.
    """
    if row.problem is not None:
        raise row.problem
    cells = {column_name(name): plain_text(text.strip()) for name, text in row.cells.items()}
    if not set(required) <= set(cells):
        raise UnreadableInput(source=context.source, row="row 1", expected=header)
    return cells
