"""Tracks in words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from trucewatch.model.instant import Instant
from trucewatch.model.track import Crossing, Track
from trucewatch.model.vocabulary import Standing
from trucewatch.report import words


def period_text(track: Track, zone: ZoneInfo) -> str:
    """Say from when to when it was followed."""
    first, last = track.states[0].time_utc, track.states[-1].time_utc
    return f"{_local(first, zone):%Y-%m-%d %H:%M:%S} to {_local(last, zone):%H:%M:%S}"


def kinds_text(track: Track) -> str:
    """Say what it was."""
    return words.kinds_text(track.kinds, 1)


def existence_text(track: Track) -> str:
    """Say how probable it is and how far it stands."""
    rung = "corroborated" if track.standing is Standing.CORROBORATED else "indication only"
    return f"{words.probability_text(track.p_exists)}; {rung}"


def crossing_text(crossing: Crossing, line: str, zone: ZoneInfo) -> str:
    """Say which line it crossed, when, which way and how surely."""
    when = words.clock_text(Instant(utc=crossing.time_utc, sigma_s=crossing.time_sigma_s), zone)
    way = "from left to right" if crossing.from_left else "from right to left"
    return f"{line} {way} at {when} ({words.probability_text(crossing.p)})"


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)
