"""Groups of keys as tables: one table reads the text, finds its problems and gives its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trucewatch.agreements.reading import Reading
from trucewatch.agreements.tree import ListNode, MapNode, Node, ScalarNode
from trucewatch.agreements.values import UNREAD, Kind, Schema, Text, Written, near, wrong


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

    def read_whole(self, tree: Node | None, reading: Reading) -> Any:  # noqa: ANN401
        """Return the Row of a whole file; UNREAD where its text could not even be parsed."""
        return UNREAD if tree is None else self.read(tree, reading)

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
