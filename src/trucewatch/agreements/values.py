"""Single values of a file: text, names, numbers, flags and choices; each reads itself and gives its JSON Schema."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from trucewatch.agreements.reading import Reading
from trucewatch.agreements.tree import Node, ScalarNode, shown

Schema = dict[str, Any]
UNREAD: Final = object()
"""what a reader gives back where it has noted a problem instead"""

# YAML 1.2 core schema and TOML, decimal only: neither "no" is a truth value nor "19:30" a number.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d{1,18}")


class Kind(Protocol):
    """One kind of value: how it is read and how it is described."""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401 - the table knows the type
        """Return the value, or UNREAD after noting why there is none."""

    def schema(self) -> Schema:
        """Return its JSON Schema."""


@dataclass(frozen=True, slots=True)
class Written:
    """A name and where it stands, for a later check against what it refers to."""

    text: str
    node: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Any text with something in it, as it was written; optionally of a pattern."""

    pattern: str | None = None
    expected: str = "text"

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return the text."""
        right = isinstance(node, ScalarNode) and not node.is_null and bool(node.text.strip())
        if right and isinstance(node, ScalarNode) and re.fullmatch(self.pattern or "(?s:.*)", node.text):
            return node.text
        return wrong(node, self.expected, reading)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return {"type": "string", "minLength": 1} if self.pattern is None else pattern_schema(self.pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """An id, or a reference to one, with its position."""

    expected: str = "an id of letters, digits, dots, dashes and underscores"
    pattern: str = r"[A-Za-z0-9][A-Za-z0-9._-]*"

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return it as Written."""
        text = Text(pattern=self.pattern, expected=self.expected).read(node, reading)
        return UNREAD if text is UNREAD else Written(text, node)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return pattern_schema(self.pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A finite number within bounds (bounds included)."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    """greater than this, itself excluded"""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return a float."""
        if not (isinstance(node, ScalarNode) and node.plain and _NUMBER.fullmatch(node.text)):
            return wrong(node, self._expected(), reading)
        value = float(node.text)
        return value if self._fits(value) else wrong(node, self._expected(), reading)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        bounds = {"minimum": self.least, "maximum": self.most, "exclusiveMinimum": self.above}
        return {"type": "number", **{k: v for k, v in bounds.items() if v is not None}}

    def _fits(self, value: float) -> bool:
        low = (self.least is None or value >= self.least) and (self.above is None or value > self.above)
        return math.isfinite(value) and low and (self.most is None or value <= self.most)

    def _expected(self) -> str:
        parts = [
            f"at least {self.least:g}" if self.least is not None else "",
            f"greater than {self.above:g}" if self.above is not None else "",
            f"at most {self.most:g}" if self.most is not None else "",
        ]
        return " ".join(["a number", " and ".join(p for p in parts if p)]).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number within bounds (bounds included)."""

    least: int = 0
    most: int | None = None

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return an int."""
        if isinstance(node, ScalarNode) and node.plain and _INTEGER.fullmatch(node.text):
            value = int(node.text)
            if value >= self.least and (self.most is None or value <= self.most):
                return value
        upper = "" if self.most is None else f" and at most {self.most}"
        return wrong(node, f"a whole number, at least {self.least}{upper}", reading)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        upper = {} if self.most is None else {"maximum": self.most}
        return {"type": "integer", "minimum": self.least, **upper}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """true or false."""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return a bool."""
        if isinstance(node, ScalarNode) and node.plain and node.text in ("true", "false"):
            return node.text == "true"
        return wrong(node, "true or false", reading)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the values that are listed."""

    values: tuple[str, ...]
    made: Callable[[str], Any] = str
    """turns the word into what the model holds, such as an enumeration"""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return the value."""
        if isinstance(node, ScalarNode) and node.text in self.values:
            return self.made(node.text)
        guess = near(node.text, self.values) if isinstance(node, ScalarNode) else ""
        return wrong(node, f"one of {', '.join(self.values)}{guess}", reading)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return {"enum": list(self.values)}


def wrong(node: Node, expected: str, reading: Reading) -> Any:  # noqa: ANN401
    """Note that a value is not what it should be; returns UNREAD."""
    reading.error(node, f"found {shown(node)}", expected)
    return UNREAD


def near(text: str, known: Iterable[str]) -> str:
    """Return '; did you mean "..."?' where something known looks like the text."""
    close = difflib.get_close_matches(text, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""


def pattern_schema(pattern: str) -> Schema:
    """Return the JSON Schema of text that a pattern matches from end to end."""
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def texts(written: Sequence[Written]) -> tuple[str, ...]:
    """Drop the positions."""
    return tuple(w.text for w in written)
