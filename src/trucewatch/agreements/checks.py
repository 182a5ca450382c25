"""Checks between fields: ids that come once, names that refer to something, intervals the right way round."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from trucewatch.agreements.fields import Row
from trucewatch.agreements.reading import Reading
from trucewatch.agreements.values import Written, near
from trucewatch.model.instant import Interval, rfc3339


def rows(group: object) -> tuple[Row, ...]:
    """Return the rows of a list that was read, none where it is absent or could not be read."""
    return tuple(r for r in group if isinstance(r, Row)) if isinstance(group, tuple) else ()


def check_unique(ids: Iterable[Written], what: str, reading: Reading) -> None:
    """Refuse an id that comes again."""
    first: dict[str, Written] = {}
    for written in ids:
        earlier = first.setdefault(written.text, written)
        if earlier is not written:
            found = f"{what} {written.text!r} comes again (first in line {earlier.node.line})"
            reading.error(written.node, found, f"every {what} id once")


def ids(group: Sequence[Row]) -> tuple[Written, ...]:
    """Return the ids that could be read."""
    return tuple(r["id"] for r in group if r.get("id") is not None)


def check_refers(names: Iterable[Written], known: Collection[str], what: str, reading: Reading) -> None:
    """Refuse a name that refers to nothing."""
    listed = ", ".join(known) or "none is defined"
    for name in names:
        if name.text not in known:
            expected = f"a {what} that is defined: {listed}{near(name.text, known)}"
            reading.error(name.node, f"unknown {what} {name.text!r}", expected)


def check_order(row: Row, reading: Reading) -> None:
    """Refuse an interval that does not end after it starts."""
    start, end = row.get("from"), row.get("to")
    if start is not None and end is not None and end <= start:
        found = f"it ends ({rfc3339(end)}) before or as it starts ({rfc3339(start)})"
        reading.error(row.at("to"), found, '"to" later than "from"')


def check_apart(group: Sequence[Row], what: str, reading: Reading) -> None:
    """Refuse intervals that overlap."""
    sound = [r for r in group if r.get("from") is not None and "to" in r.values]
    for earlier, later in pairwise(sorted(sound, key=_start)):
        if earlier["to"] is None or later["from"] < earlier["to"]:
            until = "without end" if earlier["to"] is None else f"until {rfc3339(earlier['to'])}"
            found = f"it overlaps the {what} of line {earlier.at('from').line}, which runs {until}"
            reading.error(later.at("from"), found, f"every {what} after the one before has ended")


def interval(row: Row) -> Interval:
    """Build the half-open interval of a sound row."""
    return Interval(start_utc=row["from"], end_utc=row["to"])


def _start(row: Row) -> datetime:
    start: datetime = row["from"]
    return start
