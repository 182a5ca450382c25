"""What the command line prints: words, tables, JSON, progress; all of it in one place."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from trucewatch.model.wire import to_plain
from trucewatch.wiring import MissionFolder

MissionArgument = Annotated[Path, typer.Argument(metavar="MISSION", help="the mission's folder", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON for a program to read")]
NowOption = Annotated[
    str | None,
    typer.Option("--now", metavar="TIME", help="replay: the moment at which this is done (RFC 3339)"),
]


WIDE = 220
"""columns where the output goes to a file or another program, so that no cell is folded"""


def say(text: str = "") -> None:
    """Print a line for people."""
    sys.stdout.write(text + "\n")


def say_json(value: object) -> None:
    """Print JSON: nouns as their plain form, keys sorted."""
    json.dump(to_plain(value), sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")


def fail(text: str, *, code: int) -> NoReturn:
    """End with a message on standard error and an exit code."""
    sys.stderr.write(f"trucewatch: {text}\n")
    raise SystemExit(code)


def table(headers: list[str], rows: list[list[str]]) -> None:
    """Print a table that fits the terminal, or plain columns where there is none."""
    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=WIDE)
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for h in headers:
        shown.add_column(h, overflow="fold")
    for r in rows:
        shown.add_row(*r)
    console.print(shown)


def day_of(text: str) -> date:
    """Read a day as it is written, so that a slip of the pen is not an empty list.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r}: expected a day such as 2025-08-13", param_hint="--day") from None


def folder_of(mission: Path) -> MissionFolder:
    """Return the folder that was named."""
    return MissionFolder(mission)


class Bars:
    """Progress bars on standard error, only where a person looks at a terminal."""

    def __init__(self) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<22}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task: TaskID | None = None

    def start(self, step: str, total: int | None) -> None:
        """Begin a step."""
        self._progress.start()
        self._task = self._progress.add_task(step, total=total)

    def advance(self, units: int = 1) -> None:
        """Say that some units are done."""
        if self._task is not None:
            self._progress.advance(self._task, units)

    def finish(self) -> None:
        """End the step."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = None
        self._progress.stop()
