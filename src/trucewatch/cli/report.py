"""`trucewatch report MISSION`: the daily reports that were published, or one of them."""

from __future__ import annotations

from typing import Annotated

import typer

from trucewatch.cli.output import JsonOption, MissionArgument, folder_of, say, say_json, table
from trucewatch.model.errors import TrucewatchError
from trucewatch.model.publication import Publication
from trucewatch.model.wire import from_bytes
from trucewatch.wiring import open_reading


def command(
    mission: MissionArgument,
    day: Annotated[str | None, typer.Argument(metavar="[DAY]", help="reporting day, such as 2025-08-13")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the published daily reports, or print where the files of one day lie and what it corrects."""
    folder = folder_of(mission)
    with open_reading(folder) as (_, register):
        found = [from_bytes(Publication, r.payload) for r in register.current("publication")]
    reports = sorted((p for p in found if p.kind == "daily_report"), key=lambda p: str(p.day))
    if as_json:
        say_json([p for p in reports if day is None or p.day == day])
        return
    if day is None:
        rows = [
            [str(p.day), f"v{p.version}", "provisional" if p.provisional else "final", p.files[0].path] for p in reports
        ]
        table(["day", "version", "state", "first file, in out/"], rows)
        return
    chosen = next((p for p in reports if p.day == day), None)
    if chosen is None:
        days = ", ".join(str(p.day) for p in reports) or "none"
        raise TrucewatchError(f"no report was published for {day!r}; there are: {days}")
    say(f"Daily report {chosen.day}, version {chosen.version}{', provisional' if chosen.provisional else ''}")
    for f in chosen.files:
        say(f"  {folder.root / 'out' / f.path}  ({f.size:,} bytes, sha256 {f.sha256[:16]})")
    for c in chosen.corrections:
        say(f"  correction: {c.incident_id} {c.text}")
