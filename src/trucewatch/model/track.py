"""Something that moved, followed through the detections of one or many sensors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trucewatch.model.incident import KindProbability, Support
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackState:
    """Where it was at one moment, and how it moved."""

    time_utc: datetime
    place: Place
    """with the altitude where it was measured"""
    altitude_sigma_m: float | None
    """None where the altitude is not known"""
    east_m_s: float
    north_m_s: float
    var_east_m2_s2: float
    var_north_m2_s2: float
    cov_east_north_m2_s2: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A passage of a track over a line, or into an area."""

    line_id: str
    time_utc: datetime
    time_sigma_s: float
    from_left: bool
    """seen along the line's own direction, it went from its left to its right"""
    p: float
    """probability that it was on the other side at any time, by the track's own error"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One thing that moved, as believed at one revision."""

    id: str
    revision: int
    kinds: tuple[KindProbability, ...]
    """posterior, largest first, sums to 1"""
    states: tuple[TrackState, ...]
    """in time order, smoothed by all that was known at this revision"""
    p_exists: float
    """probability that one thing moved like this: not clutter, not two things"""
    owners: tuple[str, ...]
    identity_ref: str
    """what it said of itself, "" where it did not"""
    supports: tuple[Support, ...]
    crossings: tuple[Crossing, ...] = ()
    rationale: tuple[str, ...] = ()
    method: str
    standing: Standing = Standing.INDICATION
    """corroborated where the sensors of two owners followed it, each by itself"""
