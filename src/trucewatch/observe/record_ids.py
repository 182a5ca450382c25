"""Names of observations, by what they say; the same said twice in one file is found by them."""

from __future__ import annotations

import json

from trucewatch.model.ids import content_id
from trucewatch.observe.refusal import BadValue

MAX_REMEMBERED = 500_000
"""about 90 MB; a table of 1e5 rows is a large one"""

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def observation_id(*values: object) -> str:
    """Name an observation by what identifies it: texts, numbers, None, and tuples of these.

    The bytes are those of `model.wire.to_bytes` for the same list, made in one step: a table has 1e5 of them.
    """
    return content_id("obs", _ENCODER.encode(values).encode())


class Repeats:
    """Remembers which record of a file said what first.

    LIMIT: a repeat more than MAX_REMEMBERED records later goes unseen here; it has the id of the first all the same.
    """

    def __init__(self, unit: str) -> None:
        """Start with nothing seen; `unit` is what a record is called, such as "row"."""
        self._unit = unit
        self._first: dict[str, int] = {}

    def require_new(self, record_id: str, number: int) -> None:
        """Refuse a record that says what an earlier one said.

        Raises:
            BadValue: naming the earlier one.
        """
        if record_id in self._first:
            raise BadValue(f"the same as {self._unit} {self._first[record_id]}", f"each {self._unit} once")
        if len(self._first) >= MAX_REMEMBERED:
            self._first.clear()
        self._first[record_id] = number
