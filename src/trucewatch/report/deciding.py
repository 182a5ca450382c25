"""What would decide an indeterminate assessment: a better position, a ruling, or an answer to an open question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trucewatch.model.assessment import Assessment, Predicate
from trucewatch.model.vocabulary import Compliance
from trucewatch.report.digest import Digest
from trucewatch.report.words import length_text, probability_text

CERTAIN = 0.95
EXISTS = 0.9
"""the assessment's own least probability that an incident happened; below it no term can be called violated"""
_SECOND_SOURCE = "Independent evidence that the event took place, from another kind of source"
_POSITION = "A position: an independent bearing, a located sound or a visit to the place."
_NORMAL_95 = 1.6449
"""one-sided 95 % quantile of the normal distribution: a margin of so many sigma makes p(inside) 0.05 or 0.95"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRow:
    """One incident that one term leaves undecided."""

    incident_id: str
    number: int
    where: str
    article: str
    p_violated: str
    inside: str
    decides: tuple[str, ...]


def open_rows(digest: Digest) -> tuple[OpenRow, ...]:
    """List every indeterminate assessment of the day, in the order of the incidents."""
    return tuple(
        OpenRow(
            incident_id=i.id,
            number=digest.number[i.id],
            where=digest.where(i),
            article=digest.article(a.term_id),
            p_violated="cannot be said" if a.p_violated is None else probability_text(a.p_violated),
            inside=inside_text(a),
            decides=what_would_decide(a),
        )
        for i in digest.incidents
        for a in digest.assessments[i.id]
        if a.result is Compliance.INDETERMINATE
    )


def inside_text(assessment: Assessment) -> str:
    """Say how the place lies against the zone, with the margin to the line and its error."""
    parts = []
    if assessment.p_inside is not None:
        parts.append(f"inside the zone: {probability_text(assessment.p_inside)}")
    if assessment.distance_to_line_m is not None:
        margin = length_text(abs(assessment.distance_to_line_m))
        sigma = assessment.distance_sigma_m
        parts.append(f"{margin} from the line" + (f" ± {length_text(sigma)}" if sigma is not None else ""))
    return ", ".join(parts) if parts else "no zone, or place not known"


def what_would_decide(assessment: Assessment) -> tuple[str, ...]:
    """Say, in plain words, what would turn an indeterminate result into a decided one; never empty."""
    found: list[str] = []
    if assessment.needs_ruling is not None:
        found.append(f"A ruling: {assessment.needs_ruling}")
    found += _position(assessment)
    found += _existence(assessment.trace)
    found += _questions(assessment.trace, already=bool(found))
    return tuple(found) if found else (f"{_SECOND_SOURCE}.",)


def _existence(trace: Sequence[Predicate]) -> list[str]:
    return [
        f"{_SECOND_SOURCE} (it happened: {probability_text(p.p)}; {probability_text(EXISTS)} is needed)."
        for p in trace
        if p.name == "exists" and p.p is not None and p.p < EXISTS
    ]


def _position(a: Assessment) -> list[str]:
    if any(p.name == "inside zone" and p.p is None for p in a.trace):
        return [_POSITION]
    if a.p_inside is None or not 1 - CERTAIN < a.p_inside < CERTAIN:
        return []
    if not a.distance_to_line_m or not a.distance_sigma_m:
        return [_POSITION]
    need = abs(a.distance_to_line_m) / _NORMAL_95
    return [
        f"A position with a standard error of at most {length_text(need)} towards the line (now "
        f"{length_text(a.distance_sigma_m)}): an independent bearing or a visit to the place."
    ]


def _questions(trace: Sequence[Predicate], *, already: bool) -> list[str]:
    if already:
        return []
    return [
        f"An answer to: {p.name} ({p.text})"
        for p in trace
        if p.name != "result" and (p.p is None or 1 - CERTAIN < p.p < CERTAIN)
    ]
