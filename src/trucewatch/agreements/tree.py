"""A text file as nested values, each of which knows its line and column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarNode:
    """One value as it was written."""

    line: int
    """first line is 1"""
    column: int
    """first column is 1"""
    text: str
    plain: bool
    """True where it stood without quotes, so that it may be a number, a truth value or null"""

    @property
    def is_null(self) -> bool:
        """Say whether it stands for "nothing" (YAML 1.2 core schema)."""
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNode:
    """Values in their order."""

    line: int
    column: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key and its value."""

    key: ScalarNode
    value: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """Keys and values in their order; every key once."""

    line: int
    column: int
    entries: tuple[Entry, ...]

    def find(self, key: str) -> Node | None:
        """Return the value of a key, None where it is absent."""
        return next((e.value for e in self.entries if e.key.text == key), None)


Node: TypeAlias = ScalarNode | ListNode | MapNode


def shown(node: Node) -> str:
    """Say what stands there, short enough for a sentence."""
    if isinstance(node, MapNode):
        return "a group of keys"
    if isinstance(node, ListNode):
        return f"a list of {len(node.items)}"
    if node.is_null:
        return "nothing"
    return repr(node.text if len(node.text) <= 60 else node.text[:57] + "...")
