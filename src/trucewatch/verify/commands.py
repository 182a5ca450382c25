"""What a person asks for in casework; `decide` says whether it may happen."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.vocabulary import VerificationFinding


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Open a case on an incident; who opens it is its author."""

    case_id: str
    """the incident's id"""
    incident_revision: int
    actor: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Say that one is working on a case, so that nobody does it twice."""

    actor: str
    role: str
    break_lock: bool = False
    """take it from whoever holds it"""
    reason: str = ""
    """required to take it from another"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Stop working on a case."""

    actor: str
    role: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Give one's own finding, with the reason for it."""

    actor: str
    role: str
    incident_revision: int
    """the revision that was looked at"""
    finding: VerificationFinding
    reason: str
    n_owners: int
    """owners that it stands on at that revision; see `standards.count_owners`"""
    n_sources: int
    """distinct sources that support it; see `standards.count_sources`"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A party's remark, kept with the case; it decides nothing."""

    actor: str
    role: str
    reason: str
    """what the party says"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """Start again on a later revision of the incident."""

    incident_revision: int
    actor: str
    role: str
    reason: str


Command = Open | Claim | Release | Review | Comment | Reopen
