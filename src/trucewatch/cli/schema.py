"""`trucewatch schema FOLDER`: JSON Schemas of the mission's files, for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from trucewatch.agreements import schemas
from trucewatch.cli.output import say


def command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="where to write them", show_default=False)],
) -> None:
    """Write the JSON Schemas of a mission's files, for completion and checks in an editor."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        path = folder / f"{name}.schema.json"
        path.write_text(json.dumps(schema, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        say(str(path))
