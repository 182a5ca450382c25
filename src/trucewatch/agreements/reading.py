"""One file being read: collects every problem, knows the mission's area and the file's time zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from zoneinfo import ZoneInfo

from trucewatch.agreements.loaded import Loaded
from trucewatch.agreements.tree import Node
from trucewatch.model.errors import Problem
from trucewatch.model.mission import MissionArea

T = TypeVar("T")


class Reading:
    """Lives for one load; the readers of fields write their problems into it instead of stopping."""

    __slots__ = ("area", "file", "problems", "zone")

    def __init__(self, file: str, area: MissionArea | None = None) -> None:
        """Begin to read a file; without an area no coordinate is compared with one."""
        self.file = file
        self.area = area
        self.zone: ZoneInfo | None = None
        self.problems: list[Problem] = []

    def error(self, node: Node, message: str, expected: str) -> None:
        """Note what stops a run."""
        self.at(node.line, node.column, message, expected)

    def warning(self, node: Node, message: str, expected: str) -> None:
        """Note what a person should look at but what stops nothing."""
        self.at(node.line, node.column, message, expected, severity="warning")

    def at(self, line: int, column: int, message: str, expected: str, severity: str = "error") -> None:
        """Note a problem at a position, both counted from 1."""
        self.problems.append(
            Problem(file=self.file, line=line, column=column, message=message, expected=expected, severity=severity)
        )

    @property
    def failed(self) -> bool:
        """Say whether any problem is an error."""
        return any(p.severity == "error" for p in self.problems)

    def loaded(self, build: Callable[[], T]) -> Loaded[T]:
        """Build the noun where nothing was wrong; give the problems in the order of the file."""
        problems = tuple(sorted(self.problems, key=lambda p: (p.line or 0, p.column or 0)))
        return Loaded(value=None if self.failed else build(), problems=problems)
