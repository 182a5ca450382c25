"""What stands in a register, put in order for people who look: incidents, who listened, publications."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from trucewatch.model.assessment import Assessment
from trucewatch.model.case import Case, CaseEvent
from trucewatch.model.effort import CoverageGrid, Effort
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Interval
from trucewatch.model.network import Network
from trucewatch.model.observation import MonitorReport, Recording, Weather
from trucewatch.model.publication import Publication
from trucewatch.model.vocabulary import Compliance
from trucewatch.model.wire import from_bytes
from trucewatch.plan import losses_in, measured_in, sensor_effort, troubles_in
from trucewatch.report import DayBook, Digest, NamedPlace, Outcome, words
from trucewatch.report.standing_words import short_existence_text
from trucewatch.report.what_else import likelier_briefly
from trucewatch.service.casework import case_events, cases_of
from trucewatch.service.listening import with_clocks
from trucewatch.service.period import reporting_day, reporting_period
from trucewatch.service.ports import Register
from trucewatch.service.sensing import current_detections
from trucewatch.service.texts import Texts
from trucewatch.service.understanding import current_assessments, current_incidents, network_of
from trucewatch.service.watching import effort_of_period, overpasses

T = TypeVar("T")

COVERAGE_LONGEST_S = 14 * 86_400.0
"""longest period for which shares of noticed events are worked out on request
LIMIT: over a longer one the page shows sensor-hours only, and says so."""
NEGLIGIBLE = 0.01
"""an announcement that explains an incident less than this is left out of its line; its page shows it"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermLine:
    """What one term makes of an incident, in a line."""

    result: str
    """article and result"""
    chances: str
    """breach and announcement side by side, each with figure and word"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """One incident in a list."""

    incident: Incident
    outcome: Outcome
    where: str
    when: str
    """local, as finely as its error allows"""
    when_error: str
    """one standard error, "" where there is none"""
    kind: str
    """the most probable kind, or kinds where none is settled"""
    p_kind: str
    """how probable that is, figure and word"""
    p: str
    """probability that it happened, figure and word, and how far it stands"""
    otherwise: str
    """that another explanation is likelier, in a few words; "" where none is"""
    terms: tuple[TermLine, ...]
    """the terms that it concerns"""
    finding: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Overview:
    """A mission as it stands."""

    texts: Texts
    digest: Digest
    """every incident that stands, by time, under its heading"""
    rows: tuple[IncidentRow, ...]
    events: Mapping[str, tuple[CaseEvent, ...]]
    """of every case"""
    network: Network
    """with the health that its sensors reported"""
    weather: tuple[Weather, ...]
    publications: tuple[Publication, ...]
    """every version, the newest day and version first"""
    period: Interval
    """whole reporting days around everything that was recorded"""
    now_utc: datetime
    n_rejected: int


def overview(texts: Texts, register: Register, *, now_utc: datetime, places: tuple[NamedPlace, ...] = ()) -> Overview:
    """Read everything that a list of incidents needs."""
    incidents = current_incidents(register)
    network = with_clocks(network_of(texts, register), incidents, current_detections(register))
    period = _period(texts, register, incidents, now_utc)
    cases = tuple(cases_of(register).values())
    assessments = current_assessments(register)
    digest = Digest.of(_book(texts, network, period, incidents, assessments, cases, places, now_utc))
    zone = ZoneInfo(texts.mission.time_zone)
    return Overview(
        texts=texts,
        digest=digest,
        rows=tuple(_row(digest, i, zone) for i in incidents),
        events=case_events(register),
        network=network,
        weather=tuple(_current(register, Weather, "weather")),
        publications=publications(register),
        period=period,
        now_utc=now_utc,
        n_rejected=sum(1 for _ in register.current("rejection")),
    )


def publications(register: Register) -> tuple[Publication, ...]:
    """Return every version of every daily report, the newest day and version first."""
    ids = [r.id for r in register.current("publication")]
    found = [from_bytes(Publication, r.payload) for i in ids for r in register.history("publication", i)]
    return tuple(sorted(found, key=lambda p: (p.day or "", p.version), reverse=True))


def effort_of(view: Overview, register: Register, period: Interval) -> tuple[Effort, tuple[CoverageGrid, ...]]:
    """Say who watched in a period and what would have been noticed.

    Over more than COVERAGE_LONGEST_S only who watched: no shares, no grids.
    """
    if period.duration_s > COVERAGE_LONGEST_S:
        sensors = tuple(sensor_effort(s, period) for s in view.network.sensors)
        passes = overpasses(register, period)
        measured = measured_in(view.network, period)
        return Effort(
            period=period,
            sensors=sensors,
            shares=(),
            overpasses=passes,
            watched_area="",
            listening=measured,
            troubles=troubles_in(view.network, period),
            losses=losses_in(view.network, period),
        ), ()
    return effort_of_period(view.texts, register, view.network, view.weather, period)


def share_observed(effort: Effort) -> float:
    """Return operational time as a share of tasked time, 0 .. 1; 0 where nobody was tasked."""
    tasked = sum(s.tasked_s for s in effort.sensors)
    return sum(s.operational_s for s in effort.sensors) / tasked if tasked else 0.0


def clipped(view: Overview, start_utc: datetime | None, end_utc: datetime | None) -> Interval:
    """Return a window with both ends, those of the whole period where none is given."""
    start = start_utc or view.period.start_utc
    end = end_utc or view.period.end_utc
    assert start is not None and end is not None  # noqa: S101 - the period has both ends
    return Interval(start_utc=start, end_utc=max(end, start + timedelta(seconds=1)))


def _current(register: Register, noun: type[T], kind: str) -> Iterator[T]:
    return (from_bytes(noun, r.payload) for r in register.current(kind))


def _period(texts: Texts, register: Register, incidents: tuple[Incident, ...], now_utc: datetime) -> Interval:
    touched = [i.time.utc for i in incidents]
    touched += [r.start.utc for r in _current(register, Recording, "recording")]
    touched += [m.time.start_utc for m in _current(register, MonitorReport, "monitor_report") if m.time.start_utc]
    first, last = (min(touched), max(touched)) if touched else (now_utc, now_utc)
    mission = texts.mission
    return Interval(
        start_utc=reporting_period(mission, reporting_day(mission, first)).start_utc,
        end_utc=reporting_period(mission, reporting_day(mission, last)).end_utc,
    )


def _book(
    texts: Texts,
    network: Network,
    period: Interval,
    incidents: tuple[Incident, ...],
    assessments: tuple[Assessment, ...],
    cases: tuple[Case, ...],
    places: tuple[NamedPlace, ...],
    now_utc: datetime,
) -> DayBook:
    """Make a book that spans the whole mission, for those who work in it."""
    sensors = tuple(sensor_effort(s, period) for s in network.sensors)
    return DayBook(
        mission=texts.mission,
        agreement=texts.agreement,
        network=network,
        notified=texts.notified,
        day=now_utc.date(),
        period=period,
        as_of_utc=now_utc,
        provisional=True,
        version=1,
        supersedes=None,
        incidents=incidents,
        assessments=assessments,
        findings=tuple(c.finding for c in cases if c.finding is not None),
        cases=cases,
        detections={},
        effort=Effort(period=period, sensors=sensors, shares=(), overpasses=0, watched_area=""),
        coverage=(),
        activations=(),
        commitments=texts.commitments,
        corrections=(),
        rejections=(),
        inputs=(),
        places=places,
        log=None,
        previous=None,
        audience="mission",
    )


def _row(digest: Digest, incident: Incident, zone: ZoneInfo) -> IncidentRow:
    likely = words.likely_kinds(incident.kinds)
    when, _, error = words.clock_text(incident.time, zone).partition("±")
    return IncidentRow(
        incident=incident,
        outcome=digest.outcome[incident.id],
        where=digest.where(incident),
        when=when.strip(),
        when_error=error.strip(),
        kind=words.kinds_text(incident.kinds),
        p_kind=words.probability_text(math.fsum(k.p for k in likely)),
        p=short_existence_text(incident),
        otherwise=likelier_briefly(incident),
        terms=_terms(digest, incident),
        finding=digest.finding_text(incident),
    )


def _terms(digest: Digest, incident: Incident) -> tuple[TermLine, ...]:
    concerned = [a for a in digest.assessments[incident.id] if a.result is not Compliance.NOT_APPLICABLE]
    return tuple(
        TermLine(
            result=f"{digest.article(a.term_id)}: {words.COMPLIANCE[a.result]}",
            chances=f"breach {said(a.p_violated)}"
            + (f"; announced {said(p)}" if (p := p_notified(a) or 0.0) >= NEGLIGIBLE else ""),
        )
        for a in concerned
    )


def said(p: float | None) -> str:
    """Write a probability with its word, or that there is none."""
    return "cannot be said" if p is None else words.probability_text(p)


def p_notified(assessment: Assessment) -> float | None:
    """Return how well an announced activity explains the incident; None where the term has no such exception."""
    found = [p.p or 0.0 for p in assessment.trace if p.name == "notified"]
    return max(found) if found else None
