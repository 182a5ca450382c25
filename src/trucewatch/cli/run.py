"""`trucewatch run MISSION`: take in everything new, process, publish."""

from __future__ import annotations

from trucewatch.cli.output import Bars, JsonOption, MissionArgument, NowOption, folder_of, say, say_json
from trucewatch.service.run import RunSummary, run
from trucewatch.wiring import clock, open_workshop


def command(mission: MissionArgument, as_json: JsonOption = False, now: NowOption = None) -> None:
    """Take in everything new in the inbox, process it, publish what changed.

    Stopped anywhere and started again it loses and repeats nothing; with nothing new it changes no byte.
    """
    with open_workshop(folder_of(mission), Bars()) as shop:
        summary = run(shop, now_utc=clock(shop.texts, now))
    if as_json:
        say_json(summary)
    else:
        for line in in_words(summary):
            say(line)


def in_words(summary: RunSummary) -> list[str]:
    """Say what a run did."""
    i, u = summary.intake, summary.understood
    lines = [
        f"read      {i.n_new} new inputs of {i.n_files} ({i.n_duplicate} under another name); "
        f"{i.n_observations} observations, {i.n_rejected} rejected",
        f"detected  {summary.n_detections} detections stand ({summary.n_sensed} steps were done)",
        f"joined    {u.n_incidents} incidents stand; {u.n_changed} new or revised, {u.n_retired} retired",
        f"published {len(summary.publications)} reports"
        + (": " + ", ".join(f"{p.day} v{p.version}" for p in summary.publications) if summary.publications else ""),
        f"logged    {summary.n_new_records} new records; {summary.log_size} in the log, root {summary.root[:16]}...",
    ]
    if i.n_rejected:
        lines.append("          rejected records and the reasons are in rejected/")
    return lines
