"""When something is due, and how long that is from now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from trucewatch.model.commitment import Activation, ClockAnchor, Due
from trucewatch.model.instant import require_utc


class Running(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    OVERDUE = "overdue"
    """the moment has come; whether the obligor has acted is not known here"""
    UNKNOWN = "unknown"
    """the start is not known, or the text sets no deadline"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One anchor of one activation, as it stands now."""

    anchor: ClockAnchor
    state: Running
    starts_utc: datetime | None
    due_utc: datetime | None
    remaining_s: float | None
    """negative once due; None where unknown"""
    text: str
    """the same in plain words"""


def due(starts_utc: datetime | None, deadline_s: float | None) -> datetime | None:
    """Add a deadline to its start; None where either is not known."""
    if starts_utc is None or deadline_s is None:
        return None
    return starts_utc + timedelta(seconds=deadline_s)


def state(activation: Activation, now_utc: datetime) -> tuple[Clock, ...]:
    """Say of each anchor whether its clock runs, has run out, or is not known.

    Args:
        activation: what was set going.
        now_utc: the moment to look at it.
    """
    require_utc(now_utc, "now_utc")
    return tuple(_clock(each, now_utc) for each in activation.dues)


def in_words(seconds: float) -> str:
    """Write a length of time with its two largest units, rounded down: "1 d 3 h", "2 h 5 min", "less than 1 min".

    Rounding down never promises more time than is left.
    """
    minutes = int(abs(seconds) // 60)
    days, hours = divmod(minutes // 60, 24)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes % 60, "min")) if n]
    # "1 d 5 min" would look exact to the minute while it skips the hours: two neighbouring units at most.
    if days:
        parts = [p for p in parts if not p.endswith("min")]
    return " ".join(parts) or "less than 1 min"


def _clock(each: Due, now_utc: datetime) -> Clock:
    remaining = None if each.due_utc is None else (each.due_utc - now_utc).total_seconds()
    if remaining is None:
        why = "the moment it runs from is not known" if each.starts_utc is None else "the text sets no deadline"
        stands, text = Running.UNKNOWN, why
    elif remaining > 0:
        stands, text = Running.RUNNING, f"{in_words(remaining)} left"
    else:
        stands, text = Running.OVERDUE, f"was due {in_words(remaining)} ago"
    return Clock(
        anchor=each.anchor,
        state=stands,
        starts_utc=each.starts_utc,
        due_utc=each.due_utc,
        remaining_s=remaining,
        text=f"from {each.anchor}: {text}",
    )
