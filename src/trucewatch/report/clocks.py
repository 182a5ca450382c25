"""The clocks that signed findings have set going, every reading of an open deadline side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trucewatch.model.commitment import Commitment
from trucewatch.model.vocabulary import CommitmentStatus
from trucewatch.report.digest import Digest
from trucewatch.report.words import ANCHOR, hours_text, utc_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """One clock of one activated commitment."""

    commitment: str
    status: str
    incident_id: str
    article: str
    what: str
    obligors: str
    anchor: str
    due: str
    state: str
    note: str


def clock_rows(digest: Digest) -> tuple[ClockRow, ...]:
    """List every clock, all anchors of a commitment side by side where its text leaves them open."""
    promised = {c.id: c for c in digest.book.commitments}
    rows = []
    for a in sorted(digest.book.activations, key=lambda a: (a.commitment_id, a.case_id, a.id)):
        c = promised.get(a.commitment_id)
        for due in a.dues:
            row = ClockRow(
                commitment=a.commitment_id if c is None else f"{c.instrument}, {c.clause}",
                status=_status(c),
                incident_id=a.case_id,
                article=digest.article(a.term_id),
                what=a.what,
                obligors=", ".join(digest.party(o) for o in a.obligors),
                anchor=ANCHOR[due.anchor],
                due=utc_text(due.due_utc),
                state=_clock_state(due.due_utc, digest.book.as_of_utc),
                note="; ".join(n for n in (a.note, "" if c is None or c.note == a.note else c.note) if n),
            )
            rows.append(row)
    return tuple(rows)


def _status(commitment: Commitment | None) -> str:
    status = CommitmentStatus.PROPOSED if commitment is None else commitment.status
    return status.value.replace("_", " ")


def _clock_state(due_utc: datetime | None, as_of_utc: datetime) -> str:
    if due_utc is None:
        return "not running yet"
    left = (due_utc - as_of_utc).total_seconds()
    return f"{hours_text(left)} left" if left > 0 else f"passed {hours_text(-left)} before this report"
