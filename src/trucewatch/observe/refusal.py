"""How one bad value becomes a rejected record that keeps its bytes."""

from __future__ import annotations

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.observation import Rejection
from trucewatch.observe.context import ReadContext

MAX_SHOWN_CHARACTERS = 120


class BadValue(Exception):  # noqa: N818 - it names a thing found, as UnreadableInput does
    """One value that cannot be taken; the reader turns it into a Rejection or an UnreadableInput.

    Args:
        value: the value as it stood there, or None where it is missing.
        expected: what would be right.
    """

    def __init__(self, value: str | None, expected: str) -> None:
        self.value = value
        self.expected = expected
        super().__init__(f"found {value!r}; expected {expected}")


def shown(value: str | None) -> str | None:
    """Return a value short enough to print and free of bytes that are no text."""
    if value is None:
        return None
    clean = value.encode("utf-8", "replace").decode()
    return clean if len(clean) <= MAX_SHOWN_CHARACTERS else clean[: MAX_SHOWN_CHARACTERS - 3] + "..."


def rejection(context: ReadContext, *, row: str, error: BadValue, raw: bytes) -> Rejection:
    """Keep a bad record: where it stood, what was wrong, what would be right, and its bytes."""
    return Rejection(
        source=context.source,
        input_id=context.input_id,
        row=row,
        value=shown(error.value),
        expected=error.expected,
        raw=raw,
    )


def unreadable(context: ReadContext, error: BadValue, *, row: str | None = None) -> UnreadableInput:
    """Turn a bad value that spoils the whole file into the error that says so."""
    return UnreadableInput(source=context.source, row=row, value=shown(error.value), expected=error.expected)


def plain_text(text: str) -> str:
    """Return a text unchanged, or refuse one that cannot be written as UTF-8.

    Raises:
        BadValue: half of a surrogate pair stands in it.
    """
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadValue(text, "text that can be written as UTF-8") from None
    return text
