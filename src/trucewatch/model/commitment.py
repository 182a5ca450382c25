"""Who promised what, and what a finding makes due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trucewatch.model.vocabulary import CommitmentStatus, ObservationType, VerificationFinding


class ClockAnchor(StrEnum):
    """From when a deadline runs; where the text is silent all are shown side by side."""

    OCCURRENCE = "occurrence"
    DETECTION = "detection"
    VERIFICATION = "verification"
    NOTIFICATION = "notification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Which findings start a commitment's clock."""

    term_ids: tuple[str, ...]
    """empty: any term"""
    findings: tuple[VerificationFinding, ...]
    kinds: tuple[ObservationType, ...]
    """empty: any kind"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """One promise of one instrument."""

    id: str
    instrument: str
    clause: str
    text: str
    obligors: tuple[str, ...]
    beneficiary: str
    kind: str
    """consult, military, intel_logistics, diplomatic, sanctions, financial, deploy, monitor"""
    trigger: Trigger
    deadline_s: float | None
    """None: the text sets none"""
    deadline_text: str
    anchors: tuple[ClockAnchor, ...]
    """the one that the text fixes, or all that it leaves open"""
    discretion: str
    """automatic, as_deemed_necessary, by_decision_of"""
    status: CommitmentStatus
    note: str
    """such as "reported, unconfirmed" """


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One anchor of one activated commitment."""

    anchor: ClockAnchor
    starts_utc: datetime | None
    """None where that moment is not known yet"""
    due_utc: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """A commitment that a signed finding has set going."""

    id: str
    commitment_id: str
    case_id: str
    term_id: str
    obligors: tuple[str, ...]
    what: str
    dues: tuple[Due, ...]
    note: str
