"""The list of what is owed by whom and by when, for people to act on; it does nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from trucewatch.guarantees.clocks import Clock, state
from trucewatch.guarantees.decide import caveats
from trucewatch.model.commitment import Activation, Commitment
from trucewatch.model.instant import rfc3339

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One activation as it stands now."""

    activation: Activation
    commitment: Commitment | None
    """None where the mission's guarantees no longer hold it"""
    clocks: tuple[Clock, ...]
    earliest_due_utc: datetime | None
    """of all anchors; None where no due time is known"""
    text: str
    """by whom, to whom, what, by when from each anchor, and every caveat"""


def owed(activations: Sequence[Activation], commitments: Sequence[Commitment], now_utc: datetime) -> tuple[Owed, ...]:
    """List what is owed, by the earliest due time; what has none comes last.

    Args:
        activations: that stand.
        commitments: of the mission.
        now_utc: the moment to look at it.
    """
    by_id = {c.id: c for c in commitments}
    rows = [_owed(a, by_id.get(a.commitment_id), now_utc) for a in activations]
    return tuple(sorted(rows, key=lambda row: (row.earliest_due_utc or _NEVER, row.activation.id)))


def _owed(activation: Activation, commitment: Commitment | None, now_utc: datetime) -> Owed:
    clocks = state(activation, now_utc)
    return Owed(
        activation=activation,
        commitment=commitment,
        clocks=clocks,
        earliest_due_utc=min((c.due_utc for c in clocks if c.due_utc is not None), default=None),
        text=_text(activation, commitment, clocks),
    )


def _text(activation: Activation, commitment: Commitment | None, clocks: tuple[Clock, ...]) -> str:
    to_whom = f" to {commitment.beneficiary}" if commitment is not None and commitment.beneficiary else ""
    when = "; ".join(_when(clock) for clock in clocks)
    return (
        f"{', '.join(activation.obligors)}{to_whom}: {activation.what}. "
        f"Incident {activation.case_id}, term {activation.term_id}. "
        f"Due {when}. {_caveats(activation, commitment)}"
    )


def _when(clock: Clock) -> str:
    return clock.text if clock.due_utc is None else f"{clock.text} ({rfc3339(clock.due_utc)})"


def _caveats(activation: Activation, commitment: Commitment | None) -> str:
    """Join what the activation carried with what holds of the commitment today, each once."""
    today = ("the mission's guarantees no longer hold this commitment",) if commitment is None else caveats(commitment)
    parts = "; ".join((activation.note, *today)).split("; ")
    return "Note: " + "; ".join(part for part in dict.fromkeys(parts) if part) + "."
