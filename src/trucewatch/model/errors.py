"""The one tree of errors, and the plain-word problem that a check collects."""

from __future__ import annotations

from dataclasses import dataclass


class TrucewatchError(Exception):
    """Whatever Trucewatch refuses to do, with a sentence that a person can act on."""


class UnreadableInput(TrucewatchError):  # noqa: N818 - it names a thing found
    """Outside data that cannot be read.

    Args:
        source: file or feed, as the user knows it.
        row: line, row or byte position in it, in words ("row 17", "byte 640"), or None for the whole.
        value: the offending value as it stood there (shortened), or None.
        expected: what would be right.
    """

    def __init__(self, *, source: str, row: str | None = None, value: str | None = None, expected: str) -> None:
        self.source = source
        self.row = row
        self.value = None if value is None else value if len(value) <= 120 else value[:117] + "..."
        self.expected = expected
        super().__init__(str(self))

    def __str__(self) -> str:
        where = self.source if self.row is None else f"{self.source}, {self.row}"
        found = "" if self.value is None else f": found {self.value!r}"
        return f"{where}{found}; expected {self.expected}"


class InvalidMission(TrucewatchError):  # noqa: N818
    """A mission folder that cannot be worked with; carries every problem found, not only the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))


class RuleViolation(TrucewatchError):  # noqa: N818
    """A step that the procedure forbids (a second review by the author, a verdict without a reason)."""


class ProofFailure(TrucewatchError):  # noqa: N818
    """A record that does not match its proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a file that a person wrote."""

    file: str
    """path as the user knows it"""
    line: int | None = None
    """first line is 1"""
    column: int | None = None
    """first column is 1"""
    message: str
    """what is wrong, with the value"""
    expected: str
    """what would be right"""
    severity: str = "error"
    """"error" stops a run, "warning" does not"""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        if self.line is not None and self.column is not None:
            place += f":{self.column}"
        return f"{place}: {self.severity}: {self.message}; expected {self.expected}"
