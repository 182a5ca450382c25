"""Records as a list in one JSON document: what pulses and outlines of changes have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.observation import ImageChange, Pulse, Rejection
from trucewatch.observe.context import ReadContext
from trucewatch.observe.limits import MAX_JSON_BYTES, parse_json, read_within
from trucewatch.observe.record_ids import Repeats
from trucewatch.observe.refusal import BadValue, rejection

T = TypeVar("T", Pulse, ImageChange)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How a document of one format is laid out."""

    format: str
    """as it stands under "format" """
    key: str
    """under which the list stands"""
    one: str
    """what an entry is called where it is refused"""
    layout: str
    """an example, for whoever sent another form"""


def listed(
    stream: BinaryIO, context: ReadContext, listing: Listing, read: Callable[[object, int, ReadContext], T]
) -> Iterator[T | Rejection]:
    """Yield a record an entry, or a rejection of the entry.

    Args:
        stream: the document, at its start.
        context: where it is read.
        listing: its layout.
        read: makes a record of an entry and its number from 1; BadValue names the first value that cannot be taken.

    Raises:
        UnreadableInput: not JSON, or not of this format.
    """
    content = read_within(stream, source=context.source, limit_bytes=MAX_JSON_BYTES)
    document = parse_json(content, source=context.source)
    is_one = isinstance(document, dict) and document.get("format") == listing.format
    entries = document.get(listing.key) if isinstance(document, dict) and is_one else None
    if not isinstance(entries, list):
        raise UnreadableInput(source=context.source, expected=listing.layout)
    repeats = Repeats(listing.one)
    for row, entry in enumerate(entries, start=1):
        try:
            record = read(entry, row, context)
            repeats.require_new(record.id, row)
        except BadValue as error:
            yield rejection(context, row=f"{listing.one} {row}", error=error, raw=json.dumps(entry).encode())
            continue
        yield record
