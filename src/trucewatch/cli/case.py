"""`trucewatch case ...`: human verification, by two people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from trucewatch.cli.output import JsonOption, MissionArgument, NowOption, folder_of, say, say_json
from trucewatch.model.case import CaseEvent
from trucewatch.model.incident import Incident
from trucewatch.model.instant import rfc3339
from trucewatch.model.vocabulary import VerificationFinding
from trucewatch.service.casework import act, cases_of, find_incident
from trucewatch.service.run import finish, require_forward
from trucewatch.verify import (
    Claim,
    Command,
    Comment,
    Open,
    Release,
    Review,
    best_possible,
    count_owners,
    count_sources,
    visible_reviews,
)
from trucewatch.wiring import clock, open_reading, open_workshop

app = typer.Typer(help="Human verification: open, claim, review by two people, comment.", no_args_is_help=True)

IncidentArgument = Annotated[str, typer.Argument(metavar="INCIDENT", help="its id, or a part that names only one")]
ActorOption = Annotated[str, typer.Option("--as", metavar="NAME", help="who does this: a duty name, such as VO-2")]
RoleOption = Annotated[str, typer.Option("--role", help="duty_officer, analyst, verification_officer or party_liaison")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="why, in words")]


@app.command("open")
def open_case(
    mission: MissionArgument, incident: IncidentArgument, actor: ActorOption, role: RoleOption, now: NowOption = None
) -> None:
    """Open a case on an incident; whoever opens it may not review it."""
    _act(mission, incident, now, lambda i: Open(case_id=i.id, incident_revision=i.revision, actor=actor, role=role))


@app.command()
def claim(
    mission: MissionArgument,
    incident: IncidentArgument,
    actor: ActorOption,
    role: RoleOption,
    break_lock: Annotated[bool, typer.Option("--break-lock", help="take it from whoever holds it")] = False,
    reason: ReasonOption = "",
    now: NowOption = None,
) -> None:
    """Say that you are working on a case, so that nobody does it twice."""
    _act(mission, incident, now, lambda _: Claim(actor=actor, role=role, break_lock=break_lock, reason=reason))


@app.command()
def release(
    mission: MissionArgument,
    incident: IncidentArgument,
    actor: ActorOption,
    role: RoleOption,
    reason: ReasonOption = "",
    now: NowOption = None,
) -> None:
    """Give a case back to the queue."""
    _act(mission, incident, now, lambda _: Release(actor=actor, role=role, reason=reason))


@app.command()
def review(
    mission: MissionArgument,
    incident: IncidentArgument,
    actor: ActorOption,
    role: RoleOption,
    finding: Annotated[VerificationFinding, typer.Option("--finding", help="what you find")],
    reason: ReasonOption,
    now: NowOption = None,
) -> None:
    """Give your own finding; two people who agree make it the mission's."""

    def make(i: Incident) -> Command:
        return Review(
            actor=actor,
            role=role,
            incident_revision=i.revision,
            finding=finding,
            reason=reason,
            n_owners=count_owners(i),
            n_sources=count_sources(i),
        )

    _act(mission, incident, now, make)


@app.command()
def comment(
    mission: MissionArgument,
    incident: IncidentArgument,
    actor: ActorOption,
    reason: ReasonOption,
    now: NowOption = None,
) -> None:
    """Record what a party says of a case; it decides nothing and is never dropped."""
    _act(mission, incident, now, lambda _: Comment(actor=actor, role="party_liaison", reason=reason))


@app.command()
def show(
    mission: MissionArgument,
    incident: IncidentArgument,
    viewer: Annotated[str, typer.Option("--as", metavar="NAME", help="who looks: other reviews stay hidden")] = "",
    as_json: JsonOption = False,
) -> None:
    """Show a case; the reviews of others only to those who have reviewed, or once there is a finding."""
    with open_reading(folder_of(mission)) as (_, register):
        found = find_incident(register, incident)
        case = cases_of(register).get(found.id)
    if case is None and as_json:
        say_json({"case": None, "finding": None, "reviews": [], "comments": []})
        return
    if case is None:
        say(f"{found.id}: no case is open; the best finding its evidence can carry is {best_possible(found).value}")
        return
    seen = visible_reviews(case, viewer)
    if as_json:
        say_json({"case": case.id, "finding": case.finding, "reviews": seen, "comments": case.comments})
        return
    say(f"{case.id}, revision {case.incident_revision}, opened by {case.author}, held by {case.holder or 'nobody'}")
    for event in (*seen, *case.comments):
        say("  " + _line(event))
    hidden = len(case.reviews) - len(seen)
    if hidden:
        say(f"  {hidden} review(s) are hidden until you have given yours")
    say(f"  finding: {case.finding.finding.value if case.finding else 'none yet'}")


def _act(mission: Path, incident: str, now: str | None, make: Callable[[Incident], Command]) -> None:
    with open_workshop(folder_of(mission)) as shop:
        at_utc = clock(shop.texts, now)
        require_forward(shop, at_utc)
        events = act(shop.register, incident, make, at_utc=at_utc)
        finish(shop)
    for event in events:
        say(_line(event))
    say(f"recorded; `trucewatch run {mission}` publishes it")


def _line(event: CaseEvent) -> str:
    finding = f" {event.finding.value}" if event.finding else ""
    reason = f" ({event.reason})" if event.reason else ""
    step = event.step.value.replace("_", " ")
    return f"{rfc3339(event.at_utc)} {event.role} {event.actor}: {step}{finding}{reason}"
