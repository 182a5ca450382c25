"""The day put in order: which outcome each incident has, which finding, which number, which words for its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from trucewatch.model.assessment import Assessment
from trucewatch.model.case import Finding
from trucewatch.model.incident import Incident
from trucewatch.model.vocabulary import Compliance, Description, VerificationFinding
from trucewatch.report.daybook import DayBook
from trucewatch.report.words import FINDING, Gazetteer, eight_wind, range_text, winds_text

NOT_UPHELD = frozenset({VerificationFinding.NOT_CONFIRMED, VerificationFinding.REFUTED})


class Outcome(StrEnum):
    """Under which heading an incident is counted: exactly one."""

    VIOLATION = "violation"
    INDETERMINATE = "indeterminate"
    NOTIFIED = "notified"
    """explained by a notified activity, or assessed as an exercise or a controlled explosion, and no breach"""
    NO_TERM = "no_term"
    """no term of the agreement is engaged"""
    NOT_UPHELD = "not_upheld"
    """checked by people and not confirmed, or refuted"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Digest:
    """A book of the day, indexed for the report."""

    book: DayBook
    incidents: tuple[Incident, ...]
    """by time, then id"""
    number: Mapping[str, int]
    """1, 2, 3 ... of the day, as on the map"""
    assessments: Mapping[str, tuple[Assessment, ...]]
    """of the incident's present revision"""
    findings: Mapping[str, Finding]
    outcome: Mapping[str, Outcome]
    gazetteer: Gazetteer
    zone: ZoneInfo

    @classmethod
    def of(cls, book: DayBook) -> Digest:
        """Put a book in order."""
        incidents = tuple(sorted(book.incidents, key=lambda i: (i.time.utc, i.id)))
        findings = {f.case_id: f for f in sorted(book.findings, key=lambda f: (f.found_utc, f.incident_revision))}
        assessments = _by_incident(incidents, book.assessments)
        return cls(
            book=book,
            incidents=incidents,
            number={i.id: n for n, i in enumerate(incidents, start=1)},
            assessments=assessments,
            findings=findings,
            outcome={i.id: _outcome(i, assessments[i.id], _valid(findings.get(i.id), i)) for i in incidents},
            gazetteer=Gazetteer.of(book.places),
            zone=ZoneInfo(book.mission.time_zone),
        )

    def having(self, outcome: Outcome) -> tuple[Incident, ...]:
        """Return the incidents under one heading, in order."""
        return tuple(i for i in self.incidents if self.outcome[i.id] is outcome)

    def finding(self, incident: Incident) -> VerificationFinding | None:
        """Return the signed finding on the incident's present revision, None where there is none."""
        found = _valid(self.findings.get(incident.id), incident)
        return None if found is None else found.finding

    def finding_text(self, incident: Incident) -> str:
        """Say where verification stands."""
        found = self.findings.get(incident.id)
        if found is None:
            return "no finding yet"
        words = FINDING[found.finding]
        if found.incident_revision != incident.revision:
            return f"no finding yet on this revision (revision {found.incident_revision} was: {words})"
        return words

    def where(self, incident: Incident) -> str:
        """Return the place phrase, or the direction from the observer where no more is known."""
        if incident.place is not None:
            return self.gazetteer.phrase(incident.place.lon_deg, incident.place.lat_deg)
        if incident.sector is None:
            return "place undetermined"
        s = incident.sector
        origin = self.gazetteer.phrase(s.origin.lon_deg, s.origin.lat_deg)
        wind = winds_text((s.bearing_deg,)) if s.half_width_deg <= 22.5 else eight_wind(s.bearing_deg)
        return f"{range_text(s.range_m)} {wind} of a point {origin}"

    def party(self, party_id: str) -> str:
        """Name a party as the agreement names it."""
        return next((p.name for p in self.book.agreement.parties if p.id == party_id), party_id)

    def article(self, term_id: str) -> str:
        """Name a term by its article."""
        return next((t.article for t in self.book.agreement.terms if t.id == term_id), term_id)


def _valid(finding: Finding | None, incident: Incident) -> Finding | None:
    return finding if finding is not None and finding.incident_revision == incident.revision else None


def _by_incident(
    incidents: tuple[Incident, ...], assessments: tuple[Assessment, ...]
) -> dict[str, tuple[Assessment, ...]]:
    revision = {i.id: i.revision for i in incidents}
    found: dict[str, list[Assessment]] = {i.id: [] for i in incidents}
    for a in sorted(assessments, key=lambda a: (a.term_id, a.id)):
        if revision.get(a.incident_id) == a.incident_revision:
            found[a.incident_id].append(a)
    return {key: tuple(values) for key, values in found.items()}


def _outcome(incident: Incident, assessments: tuple[Assessment, ...], finding: Finding | None) -> Outcome:
    if finding is not None and finding.finding in NOT_UPHELD:
        return Outcome.NOT_UPHELD
    results = {a.result for a in assessments}
    if Compliance.VIOLATED in results:
        return Outcome.VIOLATION
    if Compliance.INDETERMINATE in results:
        return Outcome.INDETERMINATE
    exercise = incident.description in (Description.ASSESSED_EXERCISE, Description.CONTROLLED_EXPLOSION_DEMINING)
    if exercise or any(a.exempted_by is not None for a in assessments):
        return Outcome.NOTIFIED
    return Outcome.NO_TERM
