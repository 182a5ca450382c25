"""Fields of a file as tables: one table reads the text, finds its problems and gives its JSON Schema."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from trucewatch.agreements.reading import Reading
from trucewatch.agreements.tree import ListNode, MapNode, Node, ScalarNode, shown

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
    """A whole number that is not too small."""

    least: int = 0

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return an int."""
        if isinstance(node, ScalarNode) and node.plain and _INTEGER.fullmatch(node.text):
            value = int(node.text)
            if value >= self.least:
                return value
        return wrong(node, f"a whole number, at least {self.least}", reading)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return {"type": "integer", "minimum": self.least}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A list whose items are all of one kind."""

    item: Kind
    least: int = 0
    most: int | None = None

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return a tuple of the items that could be read."""
        if not isinstance(node, ListNode):
            return wrong(node, "a list", reading)
        if len(node.items) < self.least or (self.most is not None and len(node.items) > self.most):
            upper = "" if self.most is None else f" and at most {self.most}"
            reading.error(node, f"the list has {len(node.items)} items", f"at least {self.least}{upper}")
        values = (self.item.read(item, reading) for item in node.items)
        return tuple(v for v in values if v is not UNREAD)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        upper = {} if self.most is None else {"maxItems": self.most}
        return {"type": "array", "items": self.item.schema(), "minItems": self.least, **upper}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextByName:
    """Texts, each under a name: (name, text) in the order of the file."""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return a tuple of (Written, text)."""
        if not isinstance(node, MapNode):
            return wrong(node, "names, each with its text", reading)
        pairs = ((Written(e.key.text, e.key), Text().read(e.value, reading)) for e in node.entries)
        return tuple((name, text) for name, text in pairs if text is not UNREAD)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return {"type": "object", "additionalProperties": Text().schema()}


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a group of keys."""

    key: str
    kind: Kind
    about: str
    """what it says, in words; the description in the JSON Schema"""
    required: bool = True
    default: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was read of one group of keys; unreadable values are absent."""

    node: MapNode
    values: dict[str, Any]

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401
        """Return a value that must be there, as it is in a file without errors."""
        return self.values[key]

    def get(self, key: str) -> Any:  # noqa: ANN401
        """Return a value, None where it was left out or could not be read."""
        return self.values.get(key)

    def at(self, key: str) -> Node:
        """Return the node of a key, or the group's own where the key is absent."""
        return self.node.find(key) or self.node


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of keys."""

    fields: tuple[Field, ...]
    check: Callable[[Row, Reading], None] | None = None
    """looks at several fields together"""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return a Row."""
        if not isinstance(node, MapNode):
            return wrong(node, f"the keys {', '.join(f.key for f in self.fields)}", reading)
        self._refuse_unknown(node, reading)
        pairs = ((field.key, _read_field(field, node, reading)) for field in self.fields)
        row = Row(node=node, values={key: value for key, value in pairs if value is not UNREAD})
        if self.check is not None:
            self.check(row, reading)
        return row

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return {
            "type": "object",
            "properties": {f.key: _field_schema(f) for f in self.fields},
            "required": [f.key for f in self.fields if f.required],
            "additionalProperties": False,
        }

    def _refuse_unknown(self, node: MapNode, reading: Reading) -> None:
        known = [f.key for f in self.fields]
        for key in (e.key for e in node.entries if e.key.text not in known):
            expected = f"one of {', '.join(known)}{near(key.text, known)}"
            reading.error(key, f"unknown key {key.text!r}", expected)


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


def _read_field(field: Field, node: MapNode, reading: Reading) -> Any:  # noqa: ANN401
    value = node.find(field.key)
    if value is not None and not (isinstance(value, ScalarNode) and value.is_null):
        return field.kind.read(value, reading)
    if field.required:
        what = f"key {field.key!r} is missing" if value is None else f"key {field.key!r} has no value"
        reading.error(value or node, what, f"{field.key}: {field.about}")
        return UNREAD
    return field.default


def _field_schema(field: Field) -> Schema:
    schema = field.kind.schema()
    return {"description": field.about, **(schema if field.required else {"anyOf": [schema, {"type": "null"}]})}
