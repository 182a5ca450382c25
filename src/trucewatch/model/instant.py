"""Moments and half-open intervals in UTC, each with its error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def require_utc(moment: datetime, name: str) -> None:
    """Refuse a naive or non-UTC datetime.

    Raises:
        ValueError: naming the field.
    """
    if moment.tzinfo is None or moment.utcoffset() != timedelta(0):
        raise ValueError(f"{name} must be an aware UTC datetime, got {moment!r}")


def rfc3339(moment: datetime) -> str:
    """Write a UTC datetime as RFC 3339 with ``Z`` and microseconds only where there are any."""
    require_utc(moment, "moment")
    text = moment.replace(tzinfo=None).isoformat(timespec="microseconds" if moment.microsecond else "seconds")
    return text + "Z"


def utc_from_timestamp(seconds: float) -> datetime:
    """Turn seconds since 1970 into an aware UTC datetime, rounded to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=round(seconds * 1e6))


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """A moment with its 1-sigma error."""

    utc: datetime
    """aware, UTC"""
    sigma_s: float
    """standard error, seconds, >= 0"""

    def __post_init__(self) -> None:
        require_utc(self.utc, "Instant.utc")
        if not (math.isfinite(self.sigma_s) and self.sigma_s >= 0):
            raise ValueError(f"Instant.sigma_s must be finite and >= 0, got {self.sigma_s}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Half-open: start_utc <= t < end_utc; either end may be open (None)."""

    start_utc: datetime | None
    end_utc: datetime | None

    def __post_init__(self) -> None:
        if self.start_utc is not None:
            require_utc(self.start_utc, "Interval.start_utc")
        if self.end_utc is not None:
            require_utc(self.end_utc, "Interval.end_utc")
        if self.start_utc is not None and self.end_utc is not None and self.end_utc < self.start_utc:
            raise ValueError(f"Interval ends before it starts: {self.start_utc} .. {self.end_utc}")

    @property
    def duration_s(self) -> float:
        """Length in seconds, infinite where an end is open."""
        if self.start_utc is None or self.end_utc is None:
            return math.inf
        return (self.end_utc - self.start_utc).total_seconds()

    def contains(self, moment: datetime) -> bool:
        """Say whether a moment lies in the half-open interval."""
        after = self.start_utc is None or self.start_utc <= moment
        return after and (self.end_utc is None or moment < self.end_utc)

    def overlap_s(self, other: Interval) -> float:
        """Seconds that both intervals share, 0 where they do not meet."""
        starts = [t for t in (self.start_utc, other.start_utc) if t is not None]
        ends = [t for t in (self.end_utc, other.end_utc) if t is not None]
        if not starts or not ends:
            return math.inf
        return max(0.0, (min(ends) - max(starts)).total_seconds())
