"""`trucewatch recompute MISSION INCIDENT`: work an incident out again and say whether it is equal."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from trucewatch.cli.output import JsonOption, MissionArgument, folder_of, say, say_json
from trucewatch.service.recompute import Recomputed, recompute
from trucewatch.wiring import open_reading
from trucewatch.wiring.texts import classifier_of

_SHOWN = 160
"""characters of a value that are shown; --json gives all"""


def command(
    mission: MissionArgument,
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="its id, or a part that names only one")],
    as_json: JsonOption = False,
) -> None:
    """Work out one incident again from the recorded detections, and say whether every number is equal.

    Exits with 1 where something differs. Only reads; `trucewatch verify` says whether the records are the true ones.
    """
    folder = folder_of(mission)
    with open_reading(folder) as (read, register):
        texts = replace(read, classifier=classifier_of(folder, read.mission))
        found = recompute(texts, register, incident)
    if as_json:
        say_json(found)
    else:
        for line in in_words(found):
            say(line)
    if not found.is_equal:
        raise SystemExit(1)


def in_words(found: Recomputed) -> list[str]:
    """Say what came of it."""
    i = found.incident
    head = f"{i.id}, revision {i.revision}, worked out again from {found.n_detections} detections of its half day"
    if found.is_equal:
        return [head, f"equal: all {found.n_compared} statements come out the same, to the last digit"]
    lines = [head, f"not equal: {len(found.differences)} of {found.n_compared} statements come out otherwise"]
    for d in found.differences:
        lines += [f"  {d.what}", f"    recorded    {d.recorded[:_SHOWN]}", f"    recomputed  {d.recomputed[:_SHOWN]}"]
    return lines
