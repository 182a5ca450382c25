"""`trucewatch score`: how far what a mission, or any other system, claims is from a known truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from trucewatch.cli.output import JsonOption, fail, folder_of, say, say_json, table
from trucewatch.model.errors import TrucewatchError
from trucewatch.model.instant import Interval
from trucewatch.model.score import Score, ScoreComparison, ScoreSettings
from trucewatch.model.truth import Claim, TrueEvent
from trucewatch.model.vocabulary import ObservationType
from trucewatch.model.wire import to_bytes
from trucewatch.report import score_words as words
from trucewatch.report.score_page import score_html
from trucewatch.service.scoring import claims_of, truth_in
from trucewatch.simulate import compare_scores, read_claims, read_score, score, worse_beyond
from trucewatch.wiring import moment, open_reading

WORSE = 3
"""exit code where a figure got worse beyond chance and beyond the tolerance"""
TRUTHS = ("truth.json", "truth.yaml")
_USUAL = ScoreSettings()


def command(
    claims: Annotated[
        Path, typer.Argument(metavar="CLAIMS", help="a mission's folder, or claims in CSV or JSON lines")
    ],
    as_json: JsonOption = False,
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="FILE", help="truth.json or truth.yaml; a mission has its own")
    ] = None,
    against: Annotated[Path | None, typer.Option("--against", metavar="FILE", help="an earlier score file")] = None,
    tolerance: Annotated[
        float | None,
        typer.Option("--tolerance", metavar="SHARE", min=0.0, help="exit with 3 where a figure is worse by more"),
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="write the score file")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="write a page with plots")] = None,
    match_m: Annotated[
        float, typer.Option(metavar="METRES", help="how far a claim may lie from its event")
    ] = _USUAL.match_m,
    match_s: Annotated[
        float, typer.Option(metavar="SECONDS", help="how far its time may lie beyond the event's")
    ] = _USUAL.match_s,
    false_per_day: Annotated[
        float, typer.Option(metavar="NUMBER", help="false incidents a day at which recall is stated")
    ] = _USUAL.false_per_day,
    kind: Annotated[
        list[ObservationType] | None, typer.Option(metavar="KIND", help="score only events and claims of this kind")
    ] = None,
    observed: Annotated[
        tuple[str, str] | None, typer.Option(metavar="FROM TO", help="the span that was watched (RFC 3339)")
    ] = None,
) -> None:
    """Score what a mission or any other system claims against a known truth.

    Exits with 3 where --tolerance is given and a figure got worse beyond chance and by more than this share.
    """
    if tolerance is not None and against is None:
        raise typer.BadParameter("needs --against", param_hint="--tolerance")
    try:
        settings = ScoreSettings(match_m=match_m, match_s=match_s, false_per_day=false_per_day)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    said, rejected = _claims(claims)
    events = _truth(claims, truth)
    if kind:
        events = tuple(e for e in events if not e.kind_known or e.kind in kind)
        said = [c for c in said if not c.kinds or c.kinds[0].kind in kind]
    result = score(events, said, settings, observed=_span(observed), rejected=rejected)
    earlier = None if against is None else compare_scores(read_score(_bytes(against), str(against)), result)
    if to is not None:
        to.write_bytes(to_bytes(result) + b"\n")
    if html is not None:
        html.write_text(score_html(result, name=claims.name, comparison=earlier), encoding="utf-8")
    if as_json:
        say_json(result if earlier is None else {"score": result, "comparison": earlier})
    else:
        _show(result, earlier)
    beyond = () if earlier is None or tolerance is None else worse_beyond(earlier, tolerance)
    if beyond:
        names = "; ".join(words.figure_name(c.name, result) for c in beyond)
        fail(f"worse than {against} beyond chance and by more than {tolerance:.1%}: {names}", code=WORSE)


def _claims(claims: Path) -> tuple[Sequence[Claim], tuple[str, ...]]:
    if claims.is_dir():
        with open_reading(folder_of(claims)) as (texts, register):
            return claims_of(texts, register), ()
    read = read_claims(_bytes(claims), str(claims))
    return read.claims, tuple(str(r) for r in read.rejected)


def _truth(claims: Path, truth: Path | None) -> tuple[TrueEvent, ...]:
    own = [claims / name for name in TRUTHS if claims.is_dir() and (claims / name).is_file()]
    if truth is None and not own:
        raise TrucewatchError(f"{claims} has no {' or '.join(TRUTHS)}; name one with --truth FILE")
    file = truth or own[0]
    return truth_in(str(file), _bytes(file))


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise TrucewatchError(f"{file}: {error.strerror}") from None


def _span(observed: tuple[str, str] | None) -> Interval | None:
    if observed is None:
        return None
    start, end = (moment(text, "--observed") for text in observed)
    if end <= start:
        raise TrucewatchError(f"--observed: {observed[1]} is not after {observed[0]}")
    return Interval(start_utc=start, end_utc=end)


def _show(result: Score, earlier: ScoreComparison | None) -> None:
    rate = result.settings.false_per_day
    say(words.summary_text(result))
    for row in result.rejected[:10]:
        say(f"  left out: {row}")
    say()
    if earlier is not None:
        table(["against the earlier score", "before", "now", "verdict"], words.change_rows(earlier, result))
        say()
    table(["figure", "value", "95 % interval", "of", "made by"], words.figure_rows(result))
    for by, title in words.GROUPS.items():
        own = [g for g in result.groups if g.by == by]
        if own:
            say()
            table([title.lower(), *(h.format(rate=rate) for h in words.GROUP_HEADERS[1:])], words.group_rows(own))
    if result.calibrations:
        say()
        rows = words.calibration_rows(result.calibrations)
        table(["calibration of", *words.CALIBRATION_HEADERS[1:]], rows)
    say()
    say(words.made_text(result))
