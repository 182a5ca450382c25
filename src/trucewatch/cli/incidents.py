"""`trucewatch incidents MISSION`: what is believed to have happened."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from trucewatch.cli.output import JsonOption, MissionArgument, day_of, folder_of, say, say_json, table
from trucewatch.model.assessment import Assessment
from trucewatch.model.incident import Incident
from trucewatch.model.vocabulary import Compliance
from trucewatch.report import words
from trucewatch.report.standing_words import short_existence_text
from trucewatch.service.casework import cases_of
from trucewatch.service.period import reporting_day
from trucewatch.service.understanding import current_assessments, current_incidents
from trucewatch.verify import visible_reviews
from trucewatch.wiring import open_reading

ORDER = (Compliance.VIOLATED, Compliance.INDETERMINATE, Compliance.COMPLIED, Compliance.NOT_APPLICABLE)


def command(
    mission: MissionArgument,
    as_json: JsonOption = False,
    day: Annotated[str | None, typer.Option(help="only this reporting day, such as 2025-08-13")] = None,
) -> None:
    """List the incidents that stand, by time, each with its probability and what the terms make of it."""
    if day is not None:
        day = day_of(day).isoformat()
    with open_reading(folder_of(mission)) as (texts, register):
        standing = current_incidents(register)
        incidents = [i for i in standing if day is None or str(reporting_day(texts.mission, i.time.utc)) == day]
        assessments = current_assessments(register)
        cases = cases_of(register)
    if as_json:
        shown = {i.id for i in incidents}
        own = [a for a in assessments if a.incident_id in shown]
        # Who reads this is not known, and the second review is blind.
        blind = [
            replace(c, reviews=visible_reviews(c, "")) for name, c in cases.items() if name in shown or day is None
        ]
        say_json({"incidents": incidents, "assessments": own, "cases": blind})
        return
    zone = ZoneInfo(texts.mission.time_zone)
    rows = []
    for i in incidents:
        case = cases.get(i.id)
        found = "not reviewed" if case is None or case.finding is None else case.finding.finding.value
        rows.append(
            [
                i.id,
                words.clock_text(i.time, zone),
                words.counted_text(i.count, i.kinds),
                where(i),
                short_existence_text(i),
                result(i, assessments),
                found,
            ]
        )
    table(["incident", "local time", "what", "where", "exists", "terms", "finding"], rows)
    say(f"showing {len(incidents)} of {len(standing)}; why each is believed: trucewatch explain {mission} INCIDENT")


def where(incident: Incident) -> str:
    """Say in a few words where an incident lies."""
    if incident.place is not None:
        p = incident.place
        sigma = max(p.var_east_m2, p.var_north_m2) ** 0.5
        return f"{p.lat_deg:.4f}N {p.lon_deg:.4f}E +/- {words.length_text(sigma)}"
    if incident.sector is not None:
        s = incident.sector
        return f"{words.range_text(s.range_m)} {words.winds_text((s.bearing_deg,))} of a sensor"
    return "place not determined"


def result(incident: Incident, assessments: tuple[Assessment, ...]) -> str:
    """Say the gravest result of an incident, with the term."""
    own = sorted((a for a in assessments if a.incident_id == incident.id), key=lambda a: ORDER.index(a.result))
    if not own:
        return "no term"
    gravest = [a.term_id for a in own if a.result is own[0].result]
    return f"{own[0].result.value.replace('_', ' ')} ({', '.join(gravest)})"
