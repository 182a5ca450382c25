"""`trucewatch export MISSION FOLDER`: what another party needs to check a mission offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trucewatch.cli.output import MissionArgument, folder_of, say
from trucewatch.wiring import export


def command(
    mission: MissionArgument,
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="new folder to write", show_default=False)],
    with_inbox: Annotated[bool, typer.Option("--with-inbox", help="also copy the raw inputs")] = False,
) -> None:
    """Copy log, records, publications and proofs into a folder that anyone can check with `trucewatch verify`.

    The private key stays. The export shows every record to whoever has it: it is for parties and guarantors, not for
    the public.
    """
    export(folder_of(mission), target, with_inbox=with_inbox)
    say(f"exported to {target}; `trucewatch verify {target}` checks it")
