"""One incident against one term: result, probability, and every predicate that led there."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.vocabulary import Compliance


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """One question that was asked of the incident."""

    name: str
    """such as "kind is prohibited", "inside zone", "in force", "notified" """
    p: float | None
    """probability that the answer is yes; None where it cannot be said"""
    text: str
    """the answer in plain words, with the numbers"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Result of one incident (at one revision) against one term (of one version)."""

    id: str
    incident_id: str
    incident_revision: int
    agreement_id: str
    agreement_version: str
    agreement_sha256: str
    term_id: str
    result: Compliance
    p_violated: float | None
    """0 .. 1; what is left is complied, exempt or not applicable; None where a question that it rests on has no answer
    (place not determined, weapon not known): a number would then be an invention"""
    p_inside: float | None
    """probability that it lies in the term's zones; None where the term has none or the place is not known"""
    distance_to_line_m: float | None
    """signed distance to the nearest line of the term's zones; None where there is none"""
    distance_sigma_m: float | None
    exempted_by: str | None
    """id of the notified activity that explains it"""
    needs_ruling: str | None
    """what a commission would have to decide; None where nothing is open"""
    trace: tuple[Predicate, ...]
    method: str
