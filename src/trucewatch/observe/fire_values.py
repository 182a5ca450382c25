"""Cells of FIRMS tables → numbers, each spelling read once and remembered for its block.

Unreadable is an infinity (or NaN where a value is required), so that whole columns can be tested at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

BAD = math.inf
MINUTE_SIGMA_S = 60.0
"""acq_time is the minute of the overpass; a granule takes up to 6 min, its rows carry one time"""
DATE_SIGMA_S = 86400.0 / math.sqrt(12.0)
"""of a moment that may lie anywhere in a day"""
MISSING_TEXTS = frozenset({"", "NA"})
"""empty, or as R writes it"""
CONFIDENCE_WORDS = {"l": 0.15, "low": 0.15, "n": 0.5, "nominal": 0.5, "h": 0.9, "high": 0.9}
SATELLITES = {
    "T": "Terra",
    "A": "Aqua",
    "N": "S-NPP",
    "NPP": "S-NPP",
    "SNPP": "S-NPP",
    "N20": "NOAA-20",
    "1": "NOAA-20",
    "N21": "NOAA-21",
    "2": "NOAA-21",
}
"""FIRMS writes 1 and 2 (JPSS-1, JPSS-2) in some standard products"""
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.0+)?)?|(\d{1,4})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class DaySeconds(dict[str, float]):
    """Start of a UTC day, seconds since 1970, by its written date."""

    def __missing__(self, text: str) -> float:
        """Read a date."""
        self[text] = seconds = _day_seconds(text.strip())
        return seconds


def _day_seconds(text: str) -> float:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() if _DATE.fullmatch(text) else BAD
    except ValueError:
        return BAD


class TimeSeconds(dict[str, float]):
    """Seconds since midnight by a written time: 30, 0030, 0:30, 00:30:00."""

    def __missing__(self, text: str) -> float:
        """Read a time of day."""
        self[text] = seconds = _time_seconds(text.strip())
        return seconds


def _time_seconds(text: str) -> float:
    match = _TIME.fullmatch(text)
    if match is None:
        return BAD
    digits = (match[4] or "").zfill(4)
    hour, minute = (int(digits[:2]), int(digits[2:])) if match[4] else (int(match[1]), int(match[2]))
    second = int(match[3] or 0)
    return hour * 3600.0 + minute * 60.0 + second if hour < 24 and minute < 60 and second < 60 else BAD


class ConfidenceOf(dict[str, float]):
    """0 .. 1 by a word or per cent; NaN where nothing is written."""

    def __missing__(self, text: str) -> float:
        """Read a confidence."""
        self[text] = value = _confidence(text.strip())
        return value


def _confidence(text: str) -> float:
    if text in MISSING_TEXTS:
        return math.nan
    if text.casefold() in CONFIDENCE_WORDS:
        return CONFIDENCE_WORDS[text.casefold()]
    per_cent = _number(text)
    return per_cent / 100.0 if 0 <= per_cent <= 100 else BAD


class NightOf(dict[str, float]):
    """1 by night, 0 by day."""

    def __missing__(self, text: str) -> float:
        """Read D or N."""
        # LIMIT: a file that does not say counts as day; FirePixels has no third value.
        self[text] = value = {"D": 0.0, "N": 1.0, "": 0.0, "NA": 0.0}.get(text.strip().upper(), BAD)
        return value


class PlainText(dict[str, str]):
    """A text as written; bytes that are no UTF-8 become replacement characters."""

    def __missing__(self, text: str) -> str:
        """Read a text."""
        self[text] = plain = text.strip().encode("utf-8", "replace").decode("utf-8", "replace")
        return plain


class SatelliteOf(dict[str, str]):
    """Usual name by FIRMS code; any other name as written."""

    def __missing__(self, text: str) -> str:
        """Read a satellite's name."""
        plain = PlainText()[text]
        self[text] = name = SATELLITES.get(plain.upper(), plain)
        return name


def required_numbers(texts: Sequence[str] | None) -> NDArray[np.float64]:
    """Read a column of numbers, shape (n,); NaN where one is missing or none."""
    return _numbers(texts or ())


def optional_numbers(texts: Sequence[str] | None, n: int) -> NDArray[np.float64]:
    """Read a column of numbers, shape (n,); NaN where one is missing, infinity where it is none."""
    if texts is None:
        return np.full(n, np.nan)
    values = _numbers(texts)
    for i in np.flatnonzero(np.isnan(values)).tolist():
        if texts[i].strip() not in MISSING_TEXTS:
            values[i] = BAD
    return values


def _numbers(texts: Sequence[str]) -> NDArray[np.float64]:
    try:
        if "_" in "".join(texts):
            raise ValueError("Python reads 1_0 as ten; a table does not mean that")
        return np.fromiter(map(float, texts), dtype=np.float64, count=len(texts))
    except ValueError:
        return np.array([_number(t) for t in texts], dtype=np.float64)


def _number(text: str) -> float:
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan
