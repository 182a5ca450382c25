"""YAML text to values with positions, and nothing that YAML can do to hurt a reader.

No object is ever constructed: the parser's events become plain nodes. Refused are anchors and aliases (they let a
few lines stand for billions: the "billion laughs"), tags, several documents, keys that come twice, and nesting
deeper than any mission file needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.reader import Reader

from trucewatch.agreements.reading import Reading
from trucewatch.agreements.tree import Entry, ListNode, MapNode, Node, ScalarNode

MAX_BYTES = 5_000_000
"""a contact line of 100,000 vertices takes 2.5 MB; nobody writes more by hand"""
MAX_DEPTH = 20
"""the deepest place in a mission file, a coordinate of a zone's polygon, lies 7 deep"""
TOO_DEEP = f"values nested more than {MAX_DEPTH} deep"

# libyaml's parser is some ten times faster; both give the same events.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """The text cannot be followed any further; the problem is already noted."""


def decoded(text: str | bytes, reading: Reading) -> str | None:
    """Return the text where its size and characters are sound, None (and a problem) where they are not."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        reading.at(1, 1, f"the file has {size:,} bytes", f"at most {MAX_BYTES:,} bytes")
        return None
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode("utf-8", "replace")
            found = f"byte {error.object[error.start]:#04x} is not UTF-8 text"
            reading.at(*_position(before), found, "a file saved as UTF-8")
            return None
    text = text.removeprefix("\ufeff")
    bad = Reader.NON_PRINTABLE.search(text)
    if bad:
        found = f"character U+{ord(bad.group()):04X} cannot be printed"
        reading.at(*_position(text[: bad.start()]), found, "text without control characters")
        return None
    return text


def yaml_tree(text: str | bytes, reading: Reading) -> Node | None:
    """Parse one YAML document.

    Args:
        text: the file's content.
        reading: takes the problems.

    Returns:
        The root value; None where the text cannot be followed (a problem then says where and why).
    """
    sound = decoded(text, reading)
    if sound is None:
        return None
    events = yaml.parse(sound, Loader=_Loader)
    try:
        return _document(events, reading)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if "nesting depth" in (error.problem or ""):
            # Newer parsers have a limit of their own, and look ahead beyond ours before they say anything.
            reading.at(line, column, TOO_DEEP, "the nesting of the reference")
            return None
        reading.at(
            line, column, f"this is not YAML: {error.problem}", "well-formed YAML (check indentation and quotes)"
        )
    except _Refused:
        pass
    return None


def _document(events: Iterator[Any], reading: Reading) -> Node | None:
    root: Node | None = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if root is not None:
                raise _refusal(event, "a second document begins here", "one document a file", reading)
            root = _node(next(events), events, 1, reading)
    if root is None:
        reading.at(1, 1, "the file is empty", "the keys that the mission folder's reference lists")
    return root


def _node(event: Any, events: Iterator[Any], depth: int, reading: Reading) -> Node:  # noqa: ANN401 - untyped events
    line, column = event.start_mark.line + 1, event.start_mark.column + 1
    _refuse_tricks(event, depth, reading)
    if isinstance(event, yaml.ScalarEvent):
        return ScalarNode(line=line, column=column, text=event.value, plain=event.style in (None, ""))
    if isinstance(event, yaml.SequenceStartEvent):
        return ListNode(line=line, column=column, items=tuple(_items(events, depth, reading)))
    return MapNode(line=line, column=column, entries=tuple(_entries(events, depth, reading)))


def _items(events: Iterator[Any], depth: int, reading: Reading) -> Iterator[Node]:
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        yield _node(event, events, depth + 1, reading)


def _entries(events: Iterator[Any], depth: int, reading: Reading) -> Iterator[Entry]:
    first_lines: dict[str, int] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _node(event, events, depth + 1, reading)
        value = _node(next(events), events, depth + 1, reading)
        if not isinstance(key, ScalarNode):
            reading.error(key, "a key is not a single word", "a word and a colon")
        elif key.text in first_lines:
            found = f"key {key.text!r} comes again (first in line {first_lines[key.text]})"
            reading.error(key, found, "every key once")
        else:
            first_lines[key.text] = key.line
            yield Entry(key=key, value=value)


def _refuse_tricks(event: Any, depth: int, reading: Reading) -> None:  # noqa: ANN401 - untyped events
    if isinstance(event, yaml.AliasEvent):
        raise _refusal(event, f"alias *{event.anchor}", "the value written out: aliases are not followed", reading)
    if event.anchor:
        raise _refusal(event, f"anchor &{event.anchor}", "no anchors: write the value where it is needed", reading)
    if event.tag:
        raise _refusal(event, f"tag {event.tag!r}", "plain values without tags", reading)
    if depth > MAX_DEPTH:
        raise _refusal(event, TOO_DEEP, "the nesting of the reference", reading)


def _refusal(event: Any, message: str, expected: str, reading: Reading) -> _Refused:  # noqa: ANN401 - untyped events
    reading.at(event.start_mark.line + 1, event.start_mark.column + 1, message, expected)
    return _Refused()


def _position(before: str) -> tuple[int, int]:
    """Return line and column, from 1, of what follows a piece of text."""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
