"""Moments written by machines: RFC 3339 with a zone, within the years that can be right."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from trucewatch.model.instant import rfc3339
from trucewatch.observe.refusal import BadValue

EARLIEST_UTC = datetime(2000, 1, 1, tzinfo=UTC)
"""Clocks that lost their time restart in 1970, 1980 (GPS) or, after a GPS week rollover, in 1999 or before."""
FUTURE_GRACE = timedelta(days=1)
"""Clocks of sender and receiver may differ; more than a day is an error of the date."""
ZONED_TIME = "a time with its zone, such as 2025-08-13T21:10:00Z or 2025-08-14T00:10+03:00"

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-](0\d|1[0-4]):[0-5]\d)", re.ASCII)


def is_zoned(text: str) -> bool:
    """Say whether a text is written as RFC 3339 with a zone (seconds may be missing)."""
    return _RFC3339.fullmatch(text) is not None


def utc_moment(text: object, *, now_utc: datetime) -> datetime:
    """Read an RFC 3339 moment.

    Returns:
        An aware UTC datetime, cut to the microsecond.

    Raises:
        BadValue: no text, no zone, no such day, before 2000 or in the future.
    """
    if not isinstance(text, str) or not is_zoned(text.strip()):
        raise BadValue(None if text is None else str(text), ZONED_TIME)
    try:
        moment = datetime.fromisoformat(text.strip().upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadValue(text, f"{ZONED_TIME} ({error})") from None
    return plausible(moment, text, now_utc=now_utc)


def plausible(moment: datetime, text: str, *, now_utc: datetime) -> datetime:
    """Return a moment, or refuse one that lies before 2000 or in the future.

    Raises:
        BadValue: naming the bound.
    """
    if moment < EARLIEST_UTC:
        raise BadValue(text, "a time in 2000 or later (a clock that lost its time?)")
    if moment > now_utc + FUTURE_GRACE:
        raise BadValue(text, f"a time that is not in the future (it is {rfc3339(now_utc)})")
    return moment
