"""Times as monitors write them, local and with a zone → UTC intervals; nothing is assumed about the zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from trucewatch.model.instant import Interval, rfc3339
from trucewatch.observe.grammar import CACHE_SIZE
from trucewatch.observe.moments import is_zoned, plausible, utc_moment
from trucewatch.observe.refusal import BadValue

TIME_SIGMA_S = 60.0
"""A person reads a watch to the minute, and the watch is set by hand."""
MOMENT = timedelta(minutes=1)
"""a single time of day covers the minute it names"""
MAX_OVERNIGHT = timedelta(hours=16)
"""An end before its start is the next morning, unless the span would be longer than any night."""
LOCAL_TIME = (
    'a date and time with its zone, such as "13 August 2025, 21:10-21:40 EEST", "2025-08-13 21:10 +03:00" or '
    '2025-08-13T18:10:00Z; or a column "Zone", or the header "Date, time (Europe/Kyiv)"'
)

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_OFFSETS_H = {"z": 0, "utc": 0, "gmt": 0, "eet": 2, "eest": 3, "cet": 1, "cest": 2, "msk": 3}
_SEASONAL = frozenset({"EET", "EEST", "CET", "CEST"})
_OFFSET = re.compile(r"(?:utc|gmt)?([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII)
_ZONE_SUFFIX = re.compile(
    r"(?P<body>.*?[\d)])\s*\(?(?P<zone>(?:UTC|GMT)[+-]\d{1,2}(?::?\d{2})?|\+\d{1,2}(?::?\d{2})?|UTC|GMT|Z|EES?T|CES?T|MSK|"
    r"[A-Za-z]+/[A-Za-z_/]+)\)?",
    re.ASCII | re.IGNORECASE,
)
_DATE = r"\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}(?:-\d{1,2})? [a-z]{3,9} \d{4}"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
_SPAN = re.compile(
    rf"(?P<date>{_DATE})(?:(?:\s*,\s*|\s+|t)(?P<time>{_TIME})(?:\s*-\s*(?:(?P<end_date>{_DATE})(?:\s*,\s*|\s+|t))?"
    rf"(?P<end_time>{_TIME}))?)?",
    re.ASCII,
)
_SPAN_WORDS = re.compile(r"\s*-\s*| (?:and|to) ")
_DASHES = re.compile(r"[‐‑‒–—−]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A time zone as written, with what is needed to use it."""

    text: str
    rules: tzinfo


@lru_cache(CACHE_SIZE)
def zone_of(text: str, mission_zone: str) -> Zone:
    """Read a zone: an IANA name, an offset, one of a few abbreviations, or "local time" (the mission's).

    Raises:
        BadValue: no such zone.
    """
    words = " ".join(text.casefold().split())
    if words in ("local", "local time", "mission time"):
        return Zone(text=mission_zone, rules=ZoneInfo(mission_zone))
    if words in _OFFSETS_H:
        return Zone(text=text.strip(), rules=timezone(timedelta(hours=_OFFSETS_H[words])))
    match = _OFFSET.fullmatch(words)
    if match and int(match[2]) <= 14 and int(match[3] or 0) < 60:
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return Zone(text=text.strip(), rules=timezone(-offset if match[1] == "-" else offset))
    try:
        return Zone(text=text.strip(), rules=ZoneInfo(text.strip()))
    except (KeyError, ValueError, OSError):
        raise BadValue(text, "a time zone such as Europe/Kyiv, EEST, UTC or +03:00") from None


def parse_local_time(text: str, zone_text: str, mission_zone: str, now_utc: datetime) -> tuple[Interval, str]:
    """Read when something happened.

    Args:
        text: as the monitor wrote it.
        zone_text: zone from the header or a column, "" where neither says one.
        mission_zone: IANA name; used for "local time" only.
        now_utc: nothing may lie after it (and a day's grace).

    Returns:
        The interval in UTC (a single time covers its minute, a date alone its local day), and the text with its zone.

    Raises:
        BadValue: no zone, no such time, two possible times (clocks set back), or in the future.
    """
    written = text.strip()
    if is_zoned(written) and not _may_be_a_span(written):
        start = utc_moment(written, now_utc=now_utc)
        return Interval(start_utc=start, end_utc=start + MOMENT), written
    body, zone = _split_zone(written, zone_text, mission_zone)
    start_local, end_local = _local_span(body, written)
    start, end = (to_utc(t, zone, mission_zone, written) for t in (start_local, end_local))
    if end < start:
        raise BadValue(written, "an end after its start")
    plausible(start, written, now_utc=now_utc)
    plausible(end if end - start > MOMENT else start, written, now_utc=now_utc)
    said = written if body != written else f"{written} ({zone.text})"
    return Interval(start_utc=start, end_utc=end), said


def _may_be_a_span(written: str) -> bool:
    """Of "2025-08-13 21:10-03:00" nobody can say whether 03:00 is an end or an offset; with a T it is RFC 3339."""
    return written[10] not in "Tt" and "-" in written[11:]


def _split_zone(written: str, zone_text: str, mission_zone: str) -> tuple[str, Zone]:
    match = _ZONE_SUFFIX.fullmatch(written)
    if match:
        return match["body"], zone_of(match["zone"], mission_zone)
    if not zone_text.strip():
        raise BadValue(written or None, LOCAL_TIME)
    return written, zone_of(zone_text, mission_zone)


def _local_span(body: str, written: str) -> tuple[datetime, datetime]:
    """Read the local start and end, both without zone."""
    words = " ".join(body.casefold().split())
    match = _SPAN.fullmatch(words)
    if match is None:
        dashed = _SPAN_WORDS.sub("-", _DASHES.sub("-", words.replace("between ", "")))
        match = _SPAN.fullmatch(dashed)
    if match is None:
        raise BadValue(written, LOCAL_TIME)
    try:
        return _ends(match["date"], match["time"], match["end_date"], match["end_time"])
    except (ValueError, OverflowError) as error:
        raise BadValue(written, f"{LOCAL_TIME} ({error})") from None


def _ends(date: str, time: str | None, end_date: str | None, end_time: str | None) -> tuple[datetime, datetime]:
    first, second = _days(date)
    if time is None:
        if second is not None:
            raise ValueError("a night needs a time")
        return first, first + timedelta(days=1)
    start = _night_time(first, second, time)
    if end_time is None:
        return start, start + MOMENT
    if end_date is not None:
        return start, _days(end_date)[0] + _time_of_day(end_time)
    end = _night_time(first, second, end_time)
    if end < start:
        end += timedelta(days=1)
        if end - start > MAX_OVERNIGHT:
            raise ValueError("the end lies before the start")
    return start, end if end > start else start + MOMENT


def _night_time(first: datetime, second: datetime | None, time: str) -> datetime:
    """In the night of 13-14 August, times before noon belong to the 14th."""
    of_day = _time_of_day(time)
    return (second if second is not None and of_day < timedelta(hours=12) else first) + of_day


@lru_cache(CACHE_SIZE)
def _days(date: str) -> tuple[datetime, datetime | None]:
    if "." in date:
        day, month, year = date.split(".")
        return datetime(int(year), int(month), int(day)), None  # noqa: DTZ001 - local, its zone is applied later
    if " " not in date:
        return datetime.fromisoformat(date), None
    day, month_name, year = date.split(" ")
    months = [i for i, m in enumerate(_MONTHS, 1) if m == month_name or m[:3] == month_name or month_name == m[:4]]
    if not months:
        raise ValueError(f"no month is called {month_name}")
    first = datetime(int(year), months[0], int(day.split("-")[0]))  # noqa: DTZ001 - as above
    if "-" not in day:
        return first, None
    second = first + timedelta(days=1)
    if second.day != int(day.split("-")[1]):
        raise ValueError("a night joins two days that follow each other")
    return first, second


@lru_cache(CACHE_SIZE)
def _time_of_day(time: str) -> timedelta:
    hour, minute, *second = time.split(":")
    of_day = timedelta(hours=int(hour), minutes=int(minute), seconds=float(second[0]) if second else 0.0)
    if int(minute) > 59 or of_day > timedelta(days=1) or (second and float(second[0]) >= 60):
        raise ValueError(f"no clock shows {time}")
    return of_day


def to_utc(local: datetime, zone: Zone, mission_zone: str, written: str) -> datetime:
    """Turn a local time into UTC.

    Raises:
        BadValue: the clocks were set back over it (names both readings) or forward over it, or the abbreviation is
            not the one that the mission's zone uses on that day.
    """
    try:
        first, second = (local - _offset(local, zone, fold) for fold in (0, 1))
    except OverflowError:
        raise BadValue(written, LOCAL_TIME) from None
    if first != second:
        readings = sorted((first.replace(tzinfo=UTC), second.replace(tzinfo=UTC)))
        _refuse_clock_change(readings[0], readings[1], local, zone, written)
    moment = first.replace(tzinfo=UTC)
    _require_season(moment, zone, mission_zone, written)
    return moment


def _offset(local: datetime, zone: Zone, fold: int) -> timedelta:
    return zone.rules.utcoffset(local.replace(tzinfo=zone.rules, fold=fold)) or timedelta(0)


def _refuse_clock_change(first: datetime, second: datetime, local: datetime, zone: Zone, written: str) -> None:
    if second.astimezone(zone.rules).replace(tzinfo=None) == local:
        both = f"{rfc3339(first)} or {rfc3339(second)}"
        raise BadValue(written, f"a time that the clocks showed once; this one is {both}: say which, by its offset")
    raise BadValue(written, f"a time that exists; the clocks in {zone.text} were set forward over this one")


def _require_season(moment: datetime, zone: Zone, mission_zone: str, written: str) -> None:
    name = zone.text.upper()
    if name not in _SEASONAL:
        return
    used = moment.astimezone(ZoneInfo(mission_zone)).tzname() or ""
    if used != name and used.replace("S", "") == name.replace("S", ""):
        raise BadValue(written, f"{used}, which {mission_zone} keeps on that day, or an offset such as +03:00")
