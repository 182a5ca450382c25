"""`trucewatch check MISSION`: every problem of a mission's own files at once."""

from __future__ import annotations

from trucewatch.cli.output import JsonOption, MissionArgument, folder_of, say, say_json
from trucewatch.wiring import check_folder


def command(mission: MissionArgument, as_json: JsonOption = False) -> None:
    """Check a mission's own files: every problem at once, with file, line and what would be right.

    Exits with 1 where there is an error; warnings alone are 0.
    """
    texts, problems = check_folder(folder_of(mission))
    errors = [p for p in problems if p.severity == "error"]
    if as_json:
        say_json({"ok": not errors, "problems": problems})
    else:
        for p in problems:
            say(str(p))
        if texts is not None and not errors:
            say(
                f"{texts.mission.name}: in order. {len(texts.network.sensors)} sensors, "
                f"{len(texts.agreement.terms)} terms, {len(texts.notified)} notified activities, "
                f"{len(texts.commitments)} commitments, {len(problems)} warnings."
            )
    if errors:
        raise SystemExit(1)
