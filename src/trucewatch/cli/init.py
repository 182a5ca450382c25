"""`trucewatch init FOLDER`: a new mission folder from a template that passes `check`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from trucewatch.cli.output import say
from trucewatch.model.errors import TrucewatchError

PARTS = ("inbox", "out")


def command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="new folder", show_default=False)],
) -> None:
    """Make a new mission folder from a template, ready to be edited."""
    if folder.exists() and any(folder.iterdir()):
        raise TrucewatchError(f"{folder}: is not empty; give a new folder, nothing is overwritten")
    folder.mkdir(parents=True, exist_ok=True)
    template = files("trucewatch.cli") / "template"
    for source in sorted(template.iterdir(), key=lambda p: p.name):
        if source.name.endswith((".toml", ".yaml")):
            (folder / source.name).write_bytes(source.read_bytes())
    for part in PARTS:
        (folder / part).mkdir()
    say(f"{folder}: edit mission.toml, agreement.yaml and network.yaml, then")
    say(f"  trucewatch check {folder}")
    say(f"  put raw files into {folder / 'inbox'}, and")
    say(f"  trucewatch run {folder}")
