"""Casework: a person's command becomes events in the register, under the rules of `verify`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from trucewatch.model.case import Case, CaseEvent, CaseStep
from trucewatch.model.errors import TrucewatchError
from trucewatch.model.incident import Incident
from trucewatch.model.register import NewRecord
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.service.ports import Register
from trucewatch.service.revisions import revisions
from trucewatch.verify import Command, Reopen, decide, replay

AUTOMATIC = "automatic (run)"
"""who reopens a case when a run has revised its incident; the run acts for the duty officer"""

BLIND = frozenset({CaseStep.REVIEWED, CaseStep.DISSENTED})
"""steps that say what somebody found before the mission has found anything"""


def case_events(register: Register) -> dict[str, tuple[CaseEvent, ...]]:
    """Return the events of every case, in order."""
    events: dict[str, list[CaseEvent]] = {}
    for record in register.current("case_event"):
        event = from_bytes(CaseEvent, record.payload)
        events.setdefault(event.case_id, []).append(event)
    return {case: tuple(sorted(found, key=lambda e: e.number)) for case, found in sorted(events.items())}


def cases_of(register: Register) -> dict[str, Case]:
    """Return the state of every case."""
    cases = {case_id: replay(events) for case_id, events in case_events(register).items()}
    return {case_id: case for case_id, case in cases.items() if case is not None}


def shown_events(events: Sequence[CaseEvent]) -> tuple[CaseEvent, ...]:
    """Return the events of a case that anyone may see: the reviews of a revision only once it has a finding.

    The second review is blind (verify, rule 14), and where it is not known who looks, nobody is let see.
    """
    decided = {e.incident_revision for e in events if e.step is CaseStep.FOUND}
    return tuple(e for e in events if e.step not in BLIND or e.incident_revision in decided)


def find_incident(register: Register, part: str) -> Incident:
    """Find an incident by its id or a part of it.

    Raises:
        TrucewatchError: where none or several match.
    """
    matches = [r for r in register.current("incident") if part in r.id]
    exact = [r for r in matches if r.id == part]
    if len(exact or matches) != 1:
        some = ", ".join(r.id for r in matches[:5])
        raise TrucewatchError(
            f"{len(matches)} incidents match {part!r}"
            + (f": {some}" if some else "; `trucewatch incidents` lists them")
        )
    return from_bytes(Incident, (exact or matches)[0].payload)


def act(
    register: Register, part: str, make: Callable[[Incident], Command], *, at_utc: datetime
) -> tuple[CaseEvent, ...]:
    """Carry out a command on the case of an incident.

    Args:
        register: where events are kept.
        part: the incident's id or a part of it.
        make: makes the command once the incident is known.
        at_utc: when.

    Raises:
        TrucewatchError: where no single incident matches.
        RuleViolation: where the procedure forbids it.
    """
    incident = find_incident(register, part)
    case = cases_of(register).get(incident.id)
    events = decide(case, make(incident), at_utc)
    _append(register, events, at_utc)
    return events


def reopen_revised(register: Register, revisions: Mapping[str, int], *, now_utc: datetime) -> int:
    """Reopen every case whose incident was revised after it was reviewed; returns how many.

    An incident that was retired keeps its case as it stands: what people found is not undone by a machine.
    """
    n = 0
    for case_id, case in cases_of(register).items():
        revision = revisions.get(case_id, 0)
        if revision > case.incident_revision:
            command = Reopen(
                incident_revision=revision,
                actor=AUTOMATIC,
                role="duty_officer",
                reason=_since(register, case_id, case.incident_revision, revision),
            )
            _append(register, decide(case, command, now_utc), now_utc)
            n += 1
    return n


def _since(register: Register, incident_id: str, reviewed: int, revision: int) -> str:
    """Say what changed since the revision that people looked at."""
    told = [r for r in revisions(register, incident_id) if reviewed < r.number <= revision]
    said = "; ".join(text for r in told for text in (*r.why, *r.changes))
    return f"new evidence revised the incident to revision {revision}: {said}"


def first_detected_utc(register: Register, incident_id: str) -> datetime:
    """Return when the mission first held the incident: when its first revision was recorded."""
    return register.history("incident", incident_id)[0].received_utc


def _append(register: Register, events: tuple[CaseEvent, ...], at_utc: datetime) -> None:
    with register.transaction() as tx:
        for e in events:
            tx.append(
                NewRecord(
                    kind="case_event",
                    id=f"{e.case_id}/{e.number}",
                    payload=to_bytes(e),
                    refs=(e.case_id,),
                    type=e.step.value,
                ),
                at_utc=at_utc,
            )
