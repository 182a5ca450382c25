"""What kept a sensor from listening, or from giving all that it heard: its silence says less there, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from trucewatch.model.ids import content_id
from trucewatch.model.instant import Interval
from trucewatch.model.wire import to_bytes


class TroubleKind(StrEnum):
    """How much was lost."""

    UNHEARD = "unheard"
    """no detector could take it: silence there says nothing"""
    ELEMENT = "element"
    """one element of an array was left out or changed; the others listened"""
    LASTING = "lasting"
    """sound without a pause from one direction; what did not stand out of it is not listed"""
    DEGRADED = "degraded"
    """by the sensor's own word not whole, as without satellite time; it went on listening"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One trouble of one sensor, with its time."""

    id: str
    sensor_id: str
    element_id: str
    """of an array, "" where it is the whole sensor"""
    time: Interval
    kind: TroubleKind
    what: str
    """what was found, in words: "dead: every sample is the same" """
    meaning: str
    """what follows from it, or what would be needed, in words"""

    def __str__(self) -> str:
        """Write it in a line."""
        of = ", ".join(part for part in (self.sensor_id, self.element_id) if part)
        return f"{of}: {self.what}; {self.meaning}"


def trouble(
    sensor_id: str, kind: TroubleKind, time: Interval, *, what: str, meaning: str, element_id: str = ""
) -> Trouble:
    """Make a trouble; the same one has the same id."""
    identity = (sensor_id, element_id, time, kind, what)
    return Trouble(
        id=content_id("trb", to_bytes(identity)),
        sensor_id=sensor_id,
        element_id=element_id,
        time=time,
        kind=kind,
        what=what,
        meaning=meaning,
    )
