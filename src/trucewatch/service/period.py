"""Reporting days: local dates that end at the mission's reporting time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from trucewatch.model.instant import Interval
from trucewatch.model.mission import Mission


def reporting_day(mission: Mission, moment: datetime) -> date:
    """Return the local date whose reporting period contains a moment."""
    today = moment.astimezone(ZoneInfo(mission.time_zone)).date()
    # By instants, not by local times: within the hour that comes twice, or never, local times do not order them.
    near = (today + timedelta(days=n) for n in (-1, 0, 1))
    return next(day for day in near if moment < _close_of(mission, day))


def reporting_period(mission: Mission, day: date) -> Interval:
    """Return the half-open period of a reporting day, UTC; 23 or 25 hours where the clock is changed."""
    return Interval(start_utc=_close_of(mission, day - timedelta(days=1)), end_utc=_close_of(mission, day))


def _closing(mission: Mission) -> time:
    return time.fromisoformat(mission.reporting_time)


def _close_of(mission: Mission, day: date) -> datetime:
    return datetime.combine(day, _closing(mission), tzinfo=ZoneInfo(mission.time_zone)).astimezone(UTC)
