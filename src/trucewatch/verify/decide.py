"""All rules of casework in one place: a state and a command give events, or a refusal in plain words.

1.  A case is opened once; who opens it is its author.
2.  Each step needs a role that allows it (`roles.MAY`), and the name of who does it.
3.  Times do not go backwards within a case.
4.  A case is held by at most one person. Another may take it only by breaking the lock, with a reason; both the
    release and the claim are recorded. Only the holder releases.
5.  Who reviews must hold the case, or nobody may hold it.
6.  A review needs a reason, and must have looked at the revision that is under review.
7.  The author of a case may not review it, under any role.
8.  Who has commented on the case for a party may not review it, under any role.
9.  Nobody reviews the same revision twice.
10. A finding must be one that the evidence can carry (`standards.LADDER`): an incident of one source is at best
    plausible but uncorroborated, and without two owners nothing is confirmed.
11. Two people who agree make a finding. Two who differ make a dissent: both reviews stay, and a further person must
    review. As soon as any two people agree, that is the finding; the reviews that differ stay with it as dissents.
12. "Unverifiable", "refuted" and "not confirmed" are findings like the others.
13. After a finding nothing more is reviewed, until a later revision of the incident reopens the case; reviews of the
    earlier revision then no longer count. They stay in the events, as everything does: nothing is ever deleted.
14. The second review is blind: nobody who has not reviewed sees the reviews of others before there is a finding.
15. A party's comment may come at any time, but not from who has reviewed; it decides nothing.
"""

from __future__ import annotations

from datetime import datetime

from trucewatch.model.case import Case, CaseEvent, CaseStep
from trucewatch.model.errors import RuleViolation
from trucewatch.model.instant import require_utc, rfc3339
from trucewatch.model.vocabulary import VerificationFinding
from trucewatch.verify.commands import Claim, Command, Comment, Open, Release, Reopen, Review
from trucewatch.verify.evolve import agreeing, evolve
from trucewatch.verify.roles import require_role, same_person
from trucewatch.verify.standards import what_is_missing


def decide(case: Case | None, command: Command, at_utc: datetime) -> tuple[CaseEvent, ...]:
    """Say what a command does to a case.

    Args:
        case: state of the case, None where it is not open.
        command: what a person asks for.
        at_utc: when.

    Returns:
        events to append, in order; apply each with `evolve`.

    Raises:
        RuleViolation: naming the rule that forbids it, in plain words.
    """
    require_utc(at_utc, "at_utc")
    require_role(command)
    if isinstance(command, Open):
        return _open(case, command, at_utc)
    if case is None:
        raise RuleViolation("there is no such case; open it first")
    _require_later(case, at_utc)
    match command:
        case Claim():
            return _claim(case, command, at_utc)
        case Release():
            return _release(case, command, at_utc)
        case Review():
            return _review(case, command, at_utc)
        case Comment():
            return _comment(case, command, at_utc)
        case Reopen():
            return _reopen(case, command, at_utc)


def visible_reviews(case: Case, viewer: str) -> tuple[CaseEvent, ...]:
    """Return the reviews of the present revision that a person may see (rule 14)."""
    own = tuple(r for r in case.reviews if same_person(r.actor, viewer))
    return case.reviews if own or case.finding is not None else ()


def _open(case: Case | None, command: Open, at_utc: datetime) -> tuple[CaseEvent, ...]:
    if case is not None:
        raise RuleViolation(f"case {case.id} is already open, by {case.author}")
    if command.incident_revision < 1:
        raise RuleViolation(f"revision {command.incident_revision} of an incident does not exist; the first is 1")
    return (
        CaseEvent(
            case_id=command.case_id,
            number=1,
            at_utc=at_utc,
            step=CaseStep.OPENED,
            actor=command.actor,
            role=command.role,
            incident_revision=command.incident_revision,
        ),
    )


def _claim(case: Case, command: Claim, at_utc: datetime) -> tuple[CaseEvent, ...]:
    if case.holder is None:
        return (_event(case, command, at_utc, CaseStep.CLAIMED, reason=command.reason),)
    if same_person(case.holder, command.actor):
        raise RuleViolation(f"{command.actor} holds case {case.id} already")
    if not command.break_lock:
        raise RuleViolation(
            f"case {case.id} is held by {case.holder}; ask for its release, or break the lock with a reason"
        )
    reason = _require_reason(command.reason, f"taking case {case.id} from {case.holder}")
    released = _event(case, command, at_utc, CaseStep.RELEASED, reason=f"taken from {case.holder}: {reason}")
    return released, _event(evolve(case, released), command, at_utc, CaseStep.CLAIMED, reason=reason)


def _release(case: Case, command: Release, at_utc: datetime) -> tuple[CaseEvent, ...]:
    if case.holder is None or not same_person(case.holder, command.actor):
        raise RuleViolation(f"{command.actor} does not hold case {case.id}, and so cannot release it")
    return (_event(case, command, at_utc, CaseStep.RELEASED, reason=command.reason),)


def _review(case: Case, command: Review, at_utc: datetime) -> tuple[CaseEvent, ...]:
    reason = _require_reason(command.reason, "a review")
    _require_reviewable(case, command)
    _require_reviewer(case, command.actor)
    lacking = what_is_missing(command.finding, command.n_sources, command.n_owners)
    if lacking is not None:
        raise RuleViolation(f"case {case.id}: {lacking}")
    reviewed = _event(case, command, at_utc, CaseStep.REVIEWED, finding=command.finding, reason=reason)
    after = evolve(case, reviewed)
    if len(after.reviews) < 2:
        return (reviewed,)
    signed = agreeing(after)
    if signed:
        names = " and ".join(r.actor for r in signed)
        words = f"{names} agree"
        return reviewed, _event(after, command, at_utc, CaseStep.FOUND, finding=signed[0].finding, reason=words)
    words = "; ".join(f"{r.actor}: {r.finding}" for r in after.reviews)
    return reviewed, _event(after, command, at_utc, CaseStep.DISSENTED, reason=f"the reviews differ ({words})")


def _comment(case: Case, command: Comment, at_utc: datetime) -> tuple[CaseEvent, ...]:
    reason = _require_reason(command.reason, "a comment")
    if any(same_person(r.actor, command.actor) for r in case.reviews):
        raise RuleViolation(f"{command.actor} has reviewed case {case.id}, and so may not speak for a party in it")
    return (_event(case, command, at_utc, CaseStep.PARTY_COMMENTED, reason=reason),)


def _reopen(case: Case, command: Reopen, at_utc: datetime) -> tuple[CaseEvent, ...]:
    reason = _require_reason(command.reason, "reopening a case")
    if command.incident_revision <= case.incident_revision:
        raise RuleViolation(
            f"case {case.id} stands at revision {case.incident_revision} of the incident; "
            f"only a later one reopens it, not {command.incident_revision}"
        )
    return (_event(case, command, at_utc, CaseStep.REOPENED, reason=reason, revision=command.incident_revision),)


def _require_reviewable(case: Case, command: Review) -> None:
    if command.incident_revision != case.incident_revision:
        raise RuleViolation(
            f"case {case.id} is at revision {case.incident_revision} of the incident, the review looked at "
            f"revision {command.incident_revision}; look again"
        )
    if case.finding is not None:
        raise RuleViolation(f"case {case.id} has a finding ({case.finding.finding}); only a later revision reopens it")


def _require_reviewer(case: Case, actor: str) -> None:
    if same_person(case.author, actor):
        raise RuleViolation(f"{actor} opened case {case.id}, and its author may not review it")
    if any(same_person(c.actor, actor) for c in case.comments):
        raise RuleViolation(f"{actor} has commented on case {case.id} for a party, and so may not review it")
    if any(same_person(r.actor, actor) for r in case.reviews):
        raise RuleViolation(f"{actor} has reviewed this revision already; another person must review it")
    if case.holder is not None and not same_person(case.holder, actor):
        raise RuleViolation(f"case {case.id} is held by {case.holder}; claim it before reviewing")


def _require_reason(reason: str, what: str) -> str:
    if not reason.strip():
        raise RuleViolation(f"{what} needs a reason")
    return reason.strip()


def _require_later(case: Case, at_utc: datetime) -> None:
    """Refuse a time before the last one that the state remembers.

    # LIMIT: the state keeps the times of reviews, comments and the finding, not of opening, claims and reopening; a
    # clock that runs backwards between those is found only by who compares the events themselves.
    """
    known = [e.at_utc for e in (*case.reviews, *case.comments)]
    if case.finding is not None:
        known.append(case.finding.found_utc)
    if known and at_utc < max(known):
        raise RuleViolation(f"{rfc3339(at_utc)} is before the last step of case {case.id}, {rfc3339(max(known))}")


def _event(
    case: Case,
    command: Claim | Release | Review | Comment | Reopen,
    at_utc: datetime,
    step: CaseStep,
    *,
    finding: VerificationFinding | None = None,
    reason: str = "",
    revision: int | None = None,
) -> CaseEvent:
    return CaseEvent(
        case_id=case.id,
        number=case.n_events + 1,
        at_utc=at_utc,
        step=step,
        actor=command.actor,
        role=command.role,
        incident_revision=case.incident_revision if revision is None else revision,
        finding=finding,
        reason=reason,
    )
