"""Reads the documentation: its pages, links, and the commands and files that it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOP = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"<!-- file: (\S+) -->\n+$")
_SHOWS = re.compile(r"\n*<!-- shows: (.+?) -->")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block with what the comments around it say."""

    language: str
    content: str
    line: int
    file: str | None
    """name under which it is saved, from `<!-- file: NAME -->` before it"""
    shows: tuple[str, ...]
    """texts that its commands must print, from `<!-- shows: TEXT -->` after it"""

    @property
    def commands(self) -> tuple[str, ...]:
        """What a reader types: the lines that start with `$ `."""
        return tuple(line[2:] for line in self.content.splitlines() if line.startswith("$ "))


def all_pages() -> list[Path]:
    """Return every page of the documentation."""
    return [*(ROOT / name for name in TOP if (ROOT / name).is_file()), *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(page: Path) -> str:
    """Return a page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        before = _FILE.search(text[: match.start()])
        shows, at = [], match.end()
        while said := _SHOWS.match(text, at):
            shows.append(said[1])
            at = said.end()
        found.append(
            Block(
                language=match[1],
                content=match[2],
                line=text.count("\n", 0, match.start()) + 1,
                file=before[1] if before else None,
                shows=tuple(shows),
            )
        )
    return found


def needs_the_data(page: Path) -> bool:
    """Say whether a page says that its commands need the data folder beside the checkout."""
    return "<!-- needs: the data folder -->" in page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))
