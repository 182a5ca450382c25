"""The effort that troubles took, in rows for people: one a cause, over all sensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trucewatch.model.loss import Loss, LossCause
from trucewatch.report.labels import STATE
from trucewatch.report.words import capital, hours_text, share_text

CAUSE_OF_LOSS = {
    **{LossCause(s.value): text for s, text in STATE.items() if s.value in set(LossCause)},
    LossCause.DEGRADED: "degraded by its own word, as without satellite time",
    LossCause.UNHEARD: "recorded, but no detector could take it",
    LossCause.ELEMENT: "an array without one of its elements",
    LossCause.LASTING: "sound without a pause from one direction",
    LossCause.UNUSABLE: "recorded dead, clipped or drowned",
    LossCause.CLOCK: "clock known to be off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRow:
    """One cause."""

    cause: str
    n_sensors: int
    hours: str
    share: str
    """of all tasked sensor-hours"""
    meaning: str


def loss_rows(losses: Sequence[Loss], tasked_s: float) -> tuple[LossRow, ...]:
    """Add up losses by cause, in the order of causes.

    Args:
        losses: of a period.
        tasked_s: of all sensors in it.
    """
    rows = []
    for cause in LossCause:
        mine = [one for one in losses if one.cause is cause]
        if mine and tasked_s > 0:
            lost_s = sum(one.lost_s for one in mine)
            rows.append(
                LossRow(
                    cause=capital(CAUSE_OF_LOSS[cause]),
                    n_sensors=len(mine),
                    hours=hours_text(lost_s),
                    share=share_text(lost_s / tasked_s),
                    meaning=effect_text(wholly=mine[0].wholly),
                )
            )
    return tuple(rows)


def effect_text(*, wholly: bool) -> str:
    """Say what silence is worth in such time."""
    return "silence says nothing" if wholly else "silence says less"
