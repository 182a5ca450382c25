"""The rows in which incidents are listed, grouped by where verification stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from trucewatch.geo.ellipse import error_ellipse
from trucewatch.model.incident import Incident, Support
from trucewatch.model.instant import rfc3339
from trucewatch.model.vocabulary import ObservationType, ObserverKind, VerificationFinding
from trucewatch.report.annex import term_text
from trucewatch.report.digest import Digest, Outcome
from trucewatch.report.standing_words import existence_text
from trucewatch.report.what_it_was import summary_text
from trucewatch.report.words import (
    capital,
    clock_text,
    count_text,
    description_text,
    kinds_text,
    length_text,
    listed,
    observer_text,
    utc_text,
    weapon_text,
)

GROUPS: tuple[tuple[str, frozenset[VerificationFinding | None]], ...] = (
    ("Verified", frozenset({VerificationFinding.CONFIRMED, VerificationFinding.REASONABLE_GROUNDS})),
    ("Corroborated", frozenset({VerificationFinding.CORROBORATED})),
    ("Indication only", frozenset({VerificationFinding.PLAUSIBLE_UNCORROBORATED})),
    ("No finding yet", frozenset({None})),
    ("Not confirmed or refuted", frozenset({VerificationFinding.NOT_CONFIRMED, VerificationFinding.REFUTED})),
    ("Could not be verified", frozenset({VerificationFinding.UNVERIFIABLE})),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """One incident as the report lists it."""

    id: str
    number: int
    revision: int
    where: str
    error: str
    local: str
    utc: str
    what: str
    count: str
    weapon: str
    exists: str
    term: str
    finding: str
    evidence: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentGroup:
    """Incidents at the same stage of verification."""

    title: str
    rows: tuple[IncidentRow, ...]


def incident_groups(digest: Digest) -> tuple[IncidentGroup, ...]:
    """List every incident once, grouped by its finding; empty groups are kept, to be said so."""
    return tuple(
        IncidentGroup(
            title=title, rows=tuple(incident_row(digest, i) for i in digest.incidents if digest.finding(i) in findings)
        )
        for title, findings in GROUPS
    )


def rows_of_kinds(digest: Digest, kinds: frozenset[ObservationType]) -> tuple[IncidentRow, ...]:
    """List the incidents of some kinds, for the sections on special subjects."""
    return tuple(incident_row(digest, i) for i in digest.incidents if i.kind in kinds)


def rows_of_outcome(digest: Digest, outcome: Outcome) -> tuple[IncidentRow, ...]:
    """List the incidents under one heading."""
    return tuple(incident_row(digest, i) for i in digest.having(outcome))


def incident_row(digest: Digest, incident: Incident) -> IncidentRow:
    """Put one incident into words."""
    return IncidentRow(
        id=incident.id,
        number=digest.number[incident.id],
        revision=incident.revision,
        where=capital(digest.where(incident)),
        error=_error_text(incident),
        local=clock_text(incident.time, digest.zone),
        utc=utc_text(incident.time.utc) if incident.time.sigma_s >= 30 else rfc3339(incident.time.utc)[11:19] + "Z",
        what=_what(incident),
        count=count_text(incident.count),
        weapon=weapon_text(incident.weapon_class, incident.weapon_text),
        exists=existence_text(incident),
        term=term_text(digest, incident),
        finding=digest.finding_text(incident),
        evidence=evidence_text(digest, incident),
        outcome=digest.outcome[incident.id],
    )


def _what(incident: Incident) -> str:
    said = f"{capital(kinds_text(incident.kinds))}, {description_text(incident.kind, incident.description)}"
    more = summary_text(incident)
    return f"{said}; {more}" if more else said


def _error_text(incident: Incident) -> str:
    if incident.place is None:
        return "direction only"
    e = error_ellipse(incident.place.covariance_m2)
    return f"±{length_text(e.semi_major_m)} by ±{length_text(e.semi_minor_m)} (95 %)"


def evidence_text(digest: Digest, incident: Incident) -> str:
    """Say which sources support an incident, and how many healthy sensors should have noticed it and did not."""
    kinds = Counter(_kind_of(digest, s.detection_id) for s in _one_a_sensor(incident))
    parts = [f"{n} {observer_text(kind, n)}" for kind, n in sorted(kinds.items()) if kind is not None]
    silent = sum(1 for s in incident.silences if s.p_detect >= 0.5)
    words = capital(listed(parts)) if parts else "No source in this book"
    owners = f"; {len(incident.owners)} owner{'' if len(incident.owners) == 1 else 's'}"
    return words + owners + (f"; {silent} silent though expected" if silent else "")


def _one_a_sensor(incident: Incident) -> list[Support]:
    return list({s.sensor_id: s for s in incident.supports}.values())


def _kind_of(digest: Digest, detection_id: str) -> ObserverKind | None:
    found = digest.book.detections.get(detection_id)
    return None if found is None else found.observer_kind
