"""Which commitments a finding sets going.

1. Only a finding that at least two distinct people have signed starts a clock.
2. Only a term that the incident violates does; indeterminate, exempt and complied start nothing.
3. The finding, the assessment and the incident must speak of the same revision.
4. A commitment answers where its trigger names the finding, and the term and the kind, or leaves those open. A trigger
   that names no finding answers to none.
5. A commitment that has expired, or was withdrawn, suspended or fulfilled, answers to nothing. One that is not in force
   yet is listed, and says so.
6. Every anchor stands side by side; a moment that is not known stays empty. A text that fixes no anchor gets all.

Nothing is started, sent or decided here: an activation says what is owed by whom and by when, no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from trucewatch.guarantees.clocks import due, in_words
from trucewatch.model.assessment import Assessment
from trucewatch.model.case import Finding
from trucewatch.model.commitment import Activation, ClockAnchor, Commitment, Due
from trucewatch.model.errors import RuleViolation
from trucewatch.model.ids import content_id
from trucewatch.model.incident import Incident
from trucewatch.model.instant import require_utc
from trucewatch.model.vocabulary import CommitmentStatus, Compliance
from trucewatch.model.wire import to_bytes

ENDED = (
    CommitmentStatus.EXPIRED,
    CommitmentStatus.WITHDRAWN,
    CommitmentStatus.SUSPENDED,
    CommitmentStatus.FULFILLED,
)
BINDING = (
    CommitmentStatus.RATIFIED,
    CommitmentStatus.IN_FORCE,
    CommitmentStatus.TRIGGERED,
    CommitmentStatus.BREACHED,
)
DISCRETION = {
    "automatic": "the text leaves no discretion",
    "as_deemed_necessary": "each obligor takes the action that it deems necessary",
    "by_decision_of": "needs a decision of the body that the text names",
}
NOTABLE_SIGMA_S = 60.0
"""below a minute the error of the event's own time does not matter to deadlines of hours"""


def activate(
    finding: Finding,
    assessments: Sequence[Assessment],
    incident: Incident,
    detected_utc: datetime,
    commitments: Sequence[Commitment],
) -> tuple[Activation, ...]:
    """List what a finding makes due.

    Args:
        finding: what two people signed.
        assessments: of any incident; those of this one, at this revision, count.
        incident: at the revision that was found on.
        detected_utc: when the mission first recorded it.
        commitments: of the mission.

    Returns:
        one activation for each commitment and violated term, by commitment in their given order, then term.

    Raises:
        RuleViolation: where the finding and the incident speak of different things.
    """
    require_utc(detected_utc, "detected_utc")
    if (finding.case_id, finding.incident_revision) != (incident.id, incident.revision):
        raise RuleViolation(
            f"the finding is on {finding.case_id} at revision {finding.incident_revision}, "
            f"not on {incident.id} at revision {incident.revision}"
        )
    if len({name.strip().casefold() for name in finding.reviewers}) < 2:
        return ()
    starts = {
        ClockAnchor.OCCURRENCE: incident.time.utc,
        ClockAnchor.DETECTION: detected_utc,
        ClockAnchor.VERIFICATION: finding.found_utc,
    }
    return tuple(
        _activation(commitment, finding, term_id, incident, starts)
        for commitment in commitments
        for term_id in _violated(assessments, incident)
        if answers(commitment, finding, term_id, incident)
    )


def answers(commitment: Commitment, finding: Finding, term_id: str, incident: Incident) -> bool:
    """Say whether a commitment answers to a finding on a violated term."""
    trigger = commitment.trigger
    return (
        commitment.status not in ENDED
        and finding.finding in trigger.findings
        and (not trigger.term_ids or term_id in trigger.term_ids)
        and (not trigger.kinds or incident.kind in trigger.kinds)
    )


def caveats(commitment: Commitment) -> tuple[str, ...]:
    """Return what must be said with a commitment wherever it is named: its discretion, standing and note."""
    parts = [DISCRETION.get(commitment.discretion, commitment.discretion.replace("_", " "))]
    if commitment.status not in BINDING:
        parts.append(f"not in force: {commitment.status.replace('_', ' ')}")
    return tuple(part for part in (*parts, commitment.note) if part)


def _violated(assessments: Sequence[Assessment], incident: Incident) -> tuple[str, ...]:
    mine = (incident.id, incident.revision)
    return tuple(
        sorted(
            {
                a.term_id
                for a in assessments
                if (a.incident_id, a.incident_revision) == mine and a.result == Compliance.VIOLATED
            }
        )
    )


def _activation(
    commitment: Commitment,
    finding: Finding,
    term_id: str,
    incident: Incident,
    starts: dict[ClockAnchor, datetime],
) -> Activation:
    anchors = tuple(a for a in ClockAnchor if a in commitment.anchors) or tuple(ClockAnchor)
    notes = list(caveats(commitment))
    if ClockAnchor.OCCURRENCE in anchors and incident.time.sigma_s >= NOTABLE_SIGMA_S:
        notes.append(f"the time of occurrence is known to within {in_words(2 * incident.time.sigma_s)} (95 per cent)")
    return Activation(
        # Without the revision: the same promise on the same incident is one activation, revised with it.
        id=content_id("act", to_bytes([commitment.id, finding.case_id, term_id])),
        commitment_id=commitment.id,
        case_id=finding.case_id,
        term_id=term_id,
        obligors=commitment.obligors,
        what=f"{commitment.kind.replace('_', ' ')}: {commitment.text} ({commitment.instrument}, {commitment.clause})",
        dues=tuple(_due(anchor, starts.get(anchor), commitment.deadline_s) for anchor in anchors),
        note="; ".join(notes),
    )


def _due(anchor: ClockAnchor, starts_utc: datetime | None, deadline_s: float | None) -> Due:
    return Due(anchor=anchor, starts_utc=starts_utc, due_utc=due(starts_utc, deadline_s))
