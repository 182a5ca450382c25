"""`trucewatch run MISSION`: take in everything new, process, publish."""

from __future__ import annotations

from typing import Annotated

import typer

from trucewatch.cli.output import Bars, JsonOption, MissionArgument, NowOption, folder_of, say, say_json
from trucewatch.report.words import how_many
from trucewatch.service.run import RunSummary, run
from trucewatch.wiring import clock, open_workshop


def command(
    mission: MissionArgument,
    as_json: JsonOption = False,
    now: NowOption = None,
    jobs: Annotated[int, typer.Option(min=1, help="processes that join detections; how many changes no byte")] = 1,
) -> None:
    """Take in everything new in the inbox, process it, publish what changed.

    Stopped anywhere and started again it loses and repeats nothing; with nothing new it changes no byte.
    """
    with open_workshop(folder_of(mission), Bars()) as shop:
        summary = run(shop, now_utc=clock(shop.texts, now), processes=jobs)
    if as_json:
        say_json(summary)
    else:
        for line in in_words(summary):
            say(line)


def _standing(n: int, noun: str) -> str:
    return f"{how_many(n, noun)} {'stands' if n == 1 else 'stand'}"


def in_words(summary: RunSummary) -> list[str]:
    """Say what a run did."""
    i, u = summary.intake, summary.understood
    lines = [
        f"read      {how_many(i.n_new, 'new input')} of {i.n_files} ({i.n_duplicate} under another name); "
        f"{how_many(i.n_observations, 'observation')}, {i.n_rejected} rejected",
        f"detected  {_standing(summary.n_detections, 'detection')} "
        f"({how_many(summary.n_sensed, 'step')} {'was' if summary.n_sensed == 1 else 'were'} done)",
        f"joined    {_standing(u.n_incidents, 'incident')}; {u.n_changed} new or revised, {u.n_retired} retired",
        f"published {how_many(len(summary.publications), 'report')}"
        + (": " + ", ".join(f"{p.day} v{p.version}" for p in summary.publications) if summary.publications else ""),
        f"logged    {how_many(summary.n_new_records, 'new record')}; "
        f"{summary.log_size} in the log, root {summary.root[:16]}...",
    ]
    if summary.n_tracks:
        lines.insert(3, f"followed  {_standing(summary.n_tracks, 'track')}")
    if i.n_rejected:
        lines.append("          rejected records and the reasons are in rejected/")
    return lines
