"""What does not agree with others over many incidents: one sensor, or all sensors of one owner; never who, or why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from trucewatch.model.ids import content_id
from trucewatch.model.instant import Interval
from trucewatch.model.wire import to_bytes


class SuspicionKind(StrEnum):
    """What was found."""

    UNSHARED = "unshared"
    """events of one owner's sensors that the healthy sensors of others, as near, do not share"""
    UNCONFIRMED = "unconfirmed"
    """one sensor that has onsets which no neighbour shares, and misses what its neighbours share"""
    REPEATED = "repeated"
    """the same onsets again, hours later"""
    CLOCK = "clock"
    """a clock, or all clocks of one owner, off the others'"""
    REGION_TIMING = "region_timing"
    """moments of many sensors of a region that disagree at once, as without satellite time"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """One finding about a sensor or an owner, with its time and how sure it is."""

    id: str
    about: str
    """owner or sensor id"""
    is_owner: bool
    kind: SuspicionKind
    time: Interval
    """of what it was found in"""
    log_odds: float
    """of this against everything being in order, the prior included"""
    incident_ids: tuple[str, ...]
    """that rest on what is in question"""
    text: str
    """what was found, in plain words"""


def suspicion(
    about: str,
    kind: SuspicionKind,
    time: Interval,
    *,
    is_owner: bool,
    log_odds: float,
    incident_ids: tuple[str, ...],
    text: str,
) -> Suspicion:
    """Make a suspicion; the same kind about the same one has one id, so that later data revise it."""
    return Suspicion(
        id=content_id("sus", to_bytes((about, is_owner, kind, time.start_utc))),
        about=about,
        is_owner=is_owner,
        kind=kind,
        time=time,
        log_odds=log_odds,
        incident_ids=incident_ids,
        text=text,
    )
