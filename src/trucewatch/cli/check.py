"""`trucewatch check MISSION`: every problem of a mission's own files at once."""

from __future__ import annotations

from trucewatch.cli.output import JsonOption, MissionArgument, folder_of, say, say_json
from trucewatch.report.words import how_many
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
                f"{texts.mission.name}: in order. {how_many(len(texts.network.sensors), 'sensor')}, "
                f"{how_many(len(texts.agreement.terms), 'term')}, "
                f"{len(texts.notified)} notified {'activity' if len(texts.notified) == 1 else 'activities'}, "
                f"{how_many(len(texts.commitments), 'commitment')}, {how_many(len(problems), 'warning')}."
            )
    if errors:
        raise SystemExit(1)
