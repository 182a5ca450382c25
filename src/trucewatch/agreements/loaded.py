"""What comes of reading a file that a person wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from trucewatch.model.errors import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded(Generic[T]):
    """A noun and everything that was wrong with its text."""

    value: T | None
    """None exactly where a problem is an error"""
    problems: tuple[Problem, ...]
    """every error and warning, in the order of the file"""
