"""TOML text to values with positions."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date, datetime, time
from typing import Any

from trucewatch.agreements.positions import decoded
from trucewatch.agreements.reading import Reading
from trucewatch.agreements.tree import Entry, ListNode, MapNode, Node, ScalarNode

_HEADER = re.compile(r"^\s*\[\s*([A-Za-z0-9_.-]+)\s*\]")
_KEY = re.compile(r"^(\s*)\"?([A-Za-z0-9_-]+)\"?\s*=\s*")
_ERROR_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")

Positions = dict[tuple[str, ...], tuple[int, int]]


def toml_tree(text: str | bytes, reading: Reading) -> MapNode | None:
    """Parse TOML.

    Args:
        text: the file's content.
        reading: takes the problems.

    Returns:
        The root table; None where the text cannot be parsed (a problem then says where and why).
    """
    sound = decoded(text, reading)
    if sound is None:
        return None
    try:
        table = tomllib.loads(sound)
    except tomllib.TOMLDecodeError as error:
        _note(error, sound, reading)
        return None
    except RecursionError:
        reading.at(1, 1, "values are nested too deep", "the tables of the reference")
        return None
    return _table(table, (), _positions(sound))


def _note(error: tomllib.TOMLDecodeError, text: str, reading: Reading) -> None:
    message = str(error)
    found = _ERROR_PLACE.search(message)
    end = (text.count("\n") + 1, 1)
    line, column = (int(found[1]), int(found[2])) if found and found[1] else end
    reason = _ERROR_PLACE.sub("", message)
    reading.at(line, column, f"this is not TOML: {reason}", 'lines such as name = "..." under headings such as [area]')


def _positions(text: str) -> Positions:
    """Find where each table and key stands.

    LIMIT: a line of a multi-line string that looks like a key can take that key's place, and a key written in
    another form (dotted, inline) has the position of its table; a problem then names a line nearby.
    """
    table: tuple[str, ...] = ()
    found: Positions = {(): (1, 1)}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = tuple(header[1].split("."))
            found.setdefault(table, (number, line.index("[") + 1))
        elif key := _KEY.match(line):
            found.setdefault((*table, key[2]), (number, key.end() + 1))
    return found


def _table(table: dict[str, Any], path: tuple[str, ...], positions: Positions) -> MapNode:
    line, column = _at(path, positions)
    entries = []
    for name, value in table.items():
        key_line, _ = _at((*path, name), positions)
        key = ScalarNode(line=key_line, column=1, text=name, plain=True)
        entries.append(Entry(key=key, value=_value(value, (*path, name), positions)))
    return MapNode(line=line, column=column, entries=tuple(entries))


def _value(value: Any, path: tuple[str, ...], positions: Positions) -> Node:  # noqa: ANN401 - whatever TOML holds
    line, column = _at(path, positions)
    if isinstance(value, dict):
        return _table(value, path, positions)
    if isinstance(value, list):
        return ListNode(line=line, column=column, items=tuple(_value(v, path, positions) for v in value))
    if isinstance(value, str):
        return ScalarNode(line=line, column=column, text=value, plain=False)
    if isinstance(value, (datetime, date, time)):
        return ScalarNode(line=line, column=column, text=value.isoformat(), plain=False)
    return ScalarNode(line=line, column=column, text=json.dumps(value), plain=True)


def _at(path: tuple[str, ...], positions: Positions) -> tuple[int, int]:
    while path not in positions:
        path = path[:-1]
    return positions[path]
