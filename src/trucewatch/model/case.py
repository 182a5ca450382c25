"""Human verification: events of a case, its state, and the finding that two people sign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trucewatch.model.instant import require_utc
from trucewatch.model.vocabulary import VerificationFinding


class CaseStep(StrEnum):
    """What happened to a case."""

    OPENED = "opened"
    CLAIMED = "claimed"
    RELEASED = "released"
    REVIEWED = "reviewed"
    PARTY_COMMENTED = "party_commented"
    FOUND = "found"
    """two reviews agree: the finding stands"""
    DISSENTED = "dissented"
    """two reviews differ: both are kept, a third must review"""
    REOPENED = "reopened"
    """the incident changed by a revision"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """One event, appended and never changed."""

    case_id: str
    """the incident's id"""
    number: int
    """1, 2, 3 within the case"""
    at_utc: datetime
    step: CaseStep
    actor: str
    """role name or key name of who did it, never a private person's name in public products"""
    role: str
    """verification_officer, analyst, duty_officer, party_liaison"""
    incident_revision: int
    finding: VerificationFinding | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        require_utc(self.at_utc, "CaseEvent.at_utc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the mission found about one incident, signed by two people."""

    case_id: str
    incident_revision: int
    finding: VerificationFinding
    reviewers: tuple[str, ...]
    found_utc: datetime
    reasons: tuple[str, ...]
    dissents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """State of a case: what `evolve` makes of its events."""

    id: str
    incident_revision: int
    author: str
    """who opened it: may not review"""
    holder: str | None
    """who has claimed it"""
    reviews: tuple[CaseEvent, ...]
    """reviews of the present revision"""
    comments: tuple[CaseEvent, ...]
    finding: Finding | None
    n_events: int
