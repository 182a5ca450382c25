"""What a case is after its events; the events alone make it, in their order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from trucewatch.model.case import Case, CaseEvent, CaseStep, Finding
from trucewatch.model.errors import RuleViolation
from trucewatch.verify.roles import same_person


def evolve(case: Case | None, event: CaseEvent) -> Case:
    """Apply one event.

    Args:
        case: state before, None before the first event.
        event: as `decide` made it; a finding is made from the reviews that stand, not taken from the event alone.

    Raises:
        RuleViolation: where the event does not follow on the state: a gap, another case, a finding nobody signed.
    """
    if case is None:
        return _opened(event)
    if event.case_id != case.id or event.number != case.n_events + 1 or event.step == CaseStep.OPENED:
        raise RuleViolation(
            f"case {case.id}: event {event.number} ({event.step}, of {event.case_id}) "
            f"does not follow event {case.n_events}"
        )
    return replace(_changed(case, event), n_events=event.number)


def replay(events: Iterable[CaseEvent]) -> Case | None:
    """Make a case from all its events, oldest first; None where there are none."""
    case: Case | None = None
    for event in events:
        case = evolve(case, event)
    return case


def agreeing(case: Case) -> tuple[CaseEvent, ...]:
    """Return the reviews that make the finding: the first finding that two distinct people share, or none."""
    for review in case.reviews:
        same = tuple(r for r in case.reviews if r.finding == review.finding)
        if any(not same_person(r.actor, same[0].actor) for r in same[1:]):
            return same
    return ()


def _opened(event: CaseEvent) -> Case:
    if event.step != CaseStep.OPENED or event.number != 1:
        raise RuleViolation(
            f"case {event.case_id}: begins with {event.step} number {event.number}, not with its opening"
        )
    return Case(
        id=event.case_id,
        incident_revision=event.incident_revision,
        author=event.actor,
        holder=None,
        reviews=(),
        comments=(),
        finding=None,
        n_events=1,
    )


def _changed(case: Case, event: CaseEvent) -> Case:  # noqa: PLR0911 - one line a step
    match event.step:
        case CaseStep.CLAIMED:
            return replace(case, holder=event.actor)
        case CaseStep.RELEASED:
            return replace(case, holder=None)
        case CaseStep.REVIEWED:
            # Who has judged no longer works on it, so that the next can.
            return replace(case, reviews=(*case.reviews, event), holder=None)
        case CaseStep.PARTY_COMMENTED:
            return replace(case, comments=(*case.comments, event))
        case CaseStep.FOUND:
            return replace(case, finding=_finding(case, event))
        case CaseStep.REOPENED:
            return replace(case, incident_revision=event.incident_revision, reviews=(), finding=None, holder=None)
        case _:
            return case


def _finding(case: Case, event: CaseEvent) -> Finding:
    signed = agreeing(case)
    if not signed or signed[0].finding is None or event.finding != signed[0].finding:
        raise RuleViolation(f"case {case.id}: a finding of {event.finding} that no two people have signed")
    others = [r for r in case.reviews if r.finding != event.finding]
    return Finding(
        case_id=case.id,
        incident_revision=case.incident_revision,
        finding=signed[0].finding,
        reviewers=tuple(r.actor for r in signed),
        found_utc=event.at_utc,
        reasons=tuple(r.reason for r in signed),
        dissents=tuple(f"{r.actor}: {r.finding}: {r.reason}" for r in others),
    )
