"""`trucewatch simulate PRESET FOLDER`: a day with known truth as a mission folder, at once or live."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from trucewatch.cli.output import JsonOption, folder_of, say, say_json, table
from trucewatch.model.errors import TrucewatchError
from trucewatch.report.words import how_many
from trucewatch.simulate import PRESETS
from trucewatch.wiring.simulated import Played, Wish, make


def command(
    preset: Annotated[str | None, typer.Argument(metavar="PRESET", help="kind of day; see --list")] = None,
    folder: Annotated[Path | None, typer.Argument(metavar="FOLDER", help="new mission folder")] = None,
    seed: Annotated[int, typer.Option(min=0, help="everything is drawn from it")] = 1,
    perturb: Annotated[
        float, typer.Option(min=0.0, help="0: errors as fusion assumes; 1: drawn from wider laws, with biases")
    ] = 0.0,
    hours: Annotated[int | None, typer.Option(min=1, help="length; the preset's own when left out")] = None,
    network: Annotated[
        Path | None, typer.Option(metavar="FILE", help="network.yaml of the sensors that watch; made when left out")
    ] = None,
    noise: Annotated[Path | None, typer.Option(metavar="FILE", help="WAV whose sound is mixed into recordings")] = None,
    terrain: Annotated[
        Path | None, typer.Option(metavar="FILE", help="ASCII grid of heights over longitude and latitude")
    ] = None,
    play: Annotated[
        float | None,
        typer.Option("--play", metavar="SPEED", min=1.0, max=1000.0, help="let it arrive, so many times real time"),
    ] = None,
    send: Annotated[
        str | None,
        typer.Option("--send", metavar="URL", help="with --play: nodes send signed batches to `trucewatch receive`"),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="list the presets")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a simulated day with known truth: a mission folder for `trucewatch run`, and truth.json for `score`.

    With --play the files appear in the inbox in the order and at the pace in which they would arrive.
    """
    if listed:
        _list(as_json=as_json)
        return
    if preset is None or folder is None:
        raise typer.BadParameter("give a PRESET and a FOLDER, or --list")
    if send is not None and play is None:
        raise typer.BadParameter("--send needs --play")
    wish = Wish(preset=preset, seed=seed, perturb=perturb, hours=hours, network=network, noise=noise, terrain=terrain)
    try:
        played = make(folder_of(folder), wish, speed=play, url=send, say=say)
    except ValueError as error:
        raise TrucewatchError(str(error)) from error
    if as_json:
        say_json({"files": played.summary, "events": len(played.truth), "sensors": played.n_sensors})
        return
    _tell(played, folder)


def _list(*, as_json: bool) -> None:
    if as_json:
        say_json([{"name": p.name, "summary": p.summary, "hours": p.hours} for p in PRESETS.values()])
        return
    table(
        ["preset", "hours", "line", "what"],
        [[p.name, str(p.hours), f"{p.length_m / 1000:.0f} km", p.summary] for p in PRESETS.values()],
    )


def _tell(played: Played, folder: Path) -> None:
    innocent = sum(t.innocent for t in played.truth)
    say(f"events    {len(played.truth)}, {innocent} of them innocent; {how_many(played.n_sensors, 'sensor')}")
    most = Counter(t.label for t in played.truth).most_common(6)
    say(f"          {', '.join(f'{n} {label}' for label, n in most)}")
    of = ", ".join(f"{n} {name}" for name, n in sorted(played.summary.by_folder.items()))
    say(f"files     {played.summary.n_files} in the inbox ({of})")
    if played.summary.n_batches:
        refused = f", {played.n_refused} refused" if played.n_refused else ""
        batches = "1 batch" if played.summary.n_batches == 1 else f"{played.summary.n_batches} batches"
        say(f"sent      {how_many(played.summary.n_sent, 'onset')} in {batches}{refused}")
    say(f"next      trucewatch run {folder}")
