"""`trucewatch explain MISSION INCIDENT`: why an incident is believed, with every number."""

from __future__ import annotations

from typing import Annotated

import typer

from trucewatch.cli.output import JsonOption, MissionArgument, folder_of, say, say_json
from trucewatch.service.explain import explain_incident
from trucewatch.wiring import open_reading


def command(
    mission: MissionArgument,
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="its id, or a part that names only one")],
    as_json: JsonOption = False,
) -> None:
    """Say why an incident is believed: each detection and residual, who did not hear it, each clause, the proof."""
    with open_reading(folder_of(mission)) as (texts, register):
        explained = explain_incident(texts, register, incident)
    if as_json:
        say_json(explained)
        return
    for title, lines in explained.sections:
        say(title)
        for line in lines:
            say(f"  {line}")
        say()
