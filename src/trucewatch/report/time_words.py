"""How moments, days, spans and lengths of time are written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from trucewatch.model.instant import Instant, Interval

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS_LONG = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_UTC_MOMENT = re.compile(r"\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z")


def duration_text(seconds: float) -> str:
    """Write an error or a length of time with a fitting unit: "0.4 s", "15 min", "6.9 h"."""
    if seconds < 0.01:
        return f"{seconds * 1000:.2g} ms"
    if seconds < 120:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def hours_text(seconds: float) -> str:
    """Write hours with one decimal: "23.5 h"."""
    return f"{seconds / 3600:,.1f} h"


def day_text(day: datetime) -> str:
    """Write a date in full: "13 August 2025"."""
    return f"{day.day} {_MONTHS_LONG[day.month - 1]} {day.year}"


def moment_text(utc: datetime, zone: ZoneInfo) -> str:
    """Write a moment in local time, saying whether summer time applies: "19:30, 13 August 2025 (UTC+3, ...)"."""
    local = utc.astimezone(zone)
    return f"{local:%H:%M}, {day_text(local)} ({offset_text(local)})"


def offset_text(local: datetime) -> str:
    """Write a local time's offset: "UTC+3, summer time", "UTC+2, standard time", "UTC" where there is none."""
    offset, summer = local.utcoffset() or timedelta(0), bool(local.dst())
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    name = "UTC" if minutes == 0 else f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")
    if isinstance(local.tzinfo, ZoneInfo) and local.tzinfo.key == "UTC":
        return name
    return f"{name}, {'summer' if summer else 'standard'} time"


def clock_text(instant: Instant, zone: ZoneInfo) -> str:
    """Write when an incident happened, local, as finely as its error allows: "13-Aug, 02:10:15 +/- 0.4 s"."""
    local = instant.utc.astimezone(zone)
    stamp = f"{local.day:02d}-{_MONTHS[local.month - 1]}, {local:%H:%M}"
    if instant.sigma_s < 30:
        stamp += f":{local:%S}"
    error = duration_text(instant.sigma_s).replace(" ", "\u00a0")
    return f"{stamp} ±\u00a0{error}" if instant.sigma_s > 0 else stamp


def interval_text(interval: Interval, zone: ZoneInfo) -> str:
    """Write an interval in the annex table's way, local: "13-Aug, 02:10", "13-Aug, 19:14 - 19:43"."""
    start = None if interval.start_utc is None else interval.start_utc.astimezone(zone)
    end = None if interval.end_utc is None else interval.end_utc.astimezone(zone)
    if start is None:
        return "at an unknown time" if end is None else f"before {_stamp(end)}"
    if end is None:
        return f"from {_stamp(start)}"
    if f"{start:%Y%m%d%H%M}" == f"{end:%Y%m%d%H%M}":
        return _stamp(start)
    return f"{_stamp(start)} - " + (f"{end:%H:%M}" if start.date() == end.date() else _stamp(end))


def utc_text(utc: datetime | None) -> str:
    """Write a moment in UTC to the minute: "2025-08-13 02:10Z"; "not known yet" where there is none."""
    return "not known yet" if utc is None else f"{utc.astimezone(UTC):%Y-%m-%d %H:%M}Z"


def local_text(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment as RFC 3339 local time with its offset, to the second."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def with_local_times(text: str, zone: ZoneInfo) -> str:
    """Put the local time beside each moment of a sentence that gives it in UTC: "13-Aug, 04:41:30 (2025-...Z)"."""

    def both(found: re.Match[str]) -> str:
        local = datetime.fromisoformat(f"{found[1]}Z").astimezone(zone)
        return f"{_stamp(local)}:{local:%S} ({found[0]})"

    return _UTC_MOMENT.sub(both, text)


def _stamp(local: datetime) -> str:
    return f"{local.day:02d}-{_MONTHS[local.month - 1]}, {local:%H:%M}"
