"""Numbers, ranges and directions as monitors write them → counts, metres, degrees."""

from __future__ import annotations

import re
from functools import lru_cache

from trucewatch.geo.winds import WIND_HALF_WIDTH_DEG, wind_degrees
from trucewatch.model.count import Count
from trucewatch.model.vocabulary import CountQuality
from trucewatch.observe.refusal import BadValue

CACHE_SIZE = 4096
MAX_COUNT = 1_000_000
MAX_RANGE_M = 100_000.0
"""further off than a person at a post hears or sees an explosion; more is an error of the unit"""
BEARING_HALF_WIDTH_DEG = 5.0
"""a bearing in degrees, read from a hand-held compass"""
NOT_KNOWN_TEXTS = frozenset({"", "-", "n/k", "nk", "n/a", "unknown", "not known", "undetermined"})
COUNT_GRAMMAR = (
    '"8", "about 60", "at least 543", "over 100", "170 overlapping", "uncountable", "overlapping" or "continuous"'
)
RANGE_GRAMMAR = '"5-7km", "200-300m", "2km" or "undetermined distance"'
BEARING_GRAMMAR = 'directions such as "WNW", "south-south-west", "E, ESE" or "045°"'

_DASHES = re.compile(r"\s*[-‐‑‒–—−]\s*")
_NUMBER_WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_QUALIFIED = re.compile(
    r"(?P<lead>about|approximately|approx\.?|around|some|circa|ca\.?|~|at least|no fewer than|not less than|over|"
    r"more than|above|>=|≥|>|exactly)?\s*(?P<number>[a-z]+|\d{1,7}|\d{1,3}(?:[ ,]\d{3})+)\s*(?P<plus>\+)?"
    r"\s*(?P<tail>overlapping|continuous)?",
    re.ASCII,
)
_ABOUT = frozenset({"about", "approximately", "approx", "approx.", "around", "some", "circa", "ca", "ca.", "~"})
_AT_LEAST = frozenset({"at least", "no fewer than", "not less than", ">=", "≥"})
_OVER = frozenset({"over", "more than", "above", ">"})
_OPEN = {q.value: q for q in (CountQuality.UNCOUNTABLE, CountQuality.OVERLAPPING, CountQuality.CONTINUOUS)}
_OPEN_COUNT_LOW = 2
"""whoever could not count heard more than one"""

_RANGE = re.compile(
    r"(?:(?P<near>\d+(?:\.\d+)?)\s*(?P<near_unit>k?m)?-)?(?P<far>\d+(?:\.\d+)?)\s*(?P<unit>km|m)", re.ASCII
)
_UNDETERMINED_RANGE = re.compile(r"(at )?(an )?(undetermined|unknown) (distance|range)")

_OF_POSITION = re.compile(r"\s+(of|from)\s+(its|their|the|our)\s+.*$")
_DIRECTION_SEPARATORS = re.compile(r"\s*(?:[,;/&]|\band\b|\bor\b)\s*")
_DEGREES = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(?:°|deg(?:rees)?)", re.ASCII)


@lru_cache(CACHE_SIZE)
def parse_count(text: str) -> Count:
    """Read how many.

    Our rules, since the words have none: "about n" is [0.8 n, n, 1.2 n] rounded outwards; "at least n" is [n, n, none];
    "over n" is [n + 1, n + 1, none]; "n overlapping" is [n, n, none]; "uncountable", "overlapping" and "continuous"
    without a number are [2, none, none].

    Raises:
        BadValue: no such number, none at all, or nothing to report (0).
    """
    words = " ".join(text.casefold().split())
    if words in _OPEN:
        return Count(low=_OPEN_COUNT_LOW, best=None, high=None, quality=_OPEN[words])
    match = _QUALIFIED.fullmatch(words)
    n = _number(match["number"]) if match else None
    if match is None or n is None or not 1 <= n <= MAX_COUNT or (match["lead"] and (match["plus"] or match["tail"])):
        raise BadValue(text or None, f"a count of 1 or more: {COUNT_GRAMMAR}")
    return _count(n, match["lead"] or "", match["tail"] or ("plus" if match["plus"] else ""))


def _number(text: str) -> int | None:
    if text in _NUMBER_WORDS:
        return _NUMBER_WORDS.index(text)
    digits = text.replace(",", "").replace(" ", "")
    return int(digits) if digits.isdecimal() else None


def _count(n: int, lead: str, tail: str) -> Count:
    if lead in _ABOUT:
        # Integer arithmetic: 0.8 * 60 in floats may lie just beside 48.
        return Count(low=n * 4 // 5, best=n, high=-(-n * 6 // 5), quality=CountQuality.ABOUT)
    if lead in _AT_LEAST or tail == "plus":
        return Count(low=n, best=n, high=None, quality=CountQuality.AT_LEAST)
    if lead in _OVER:
        return Count(low=n + 1, best=n + 1, high=None, quality=CountQuality.AT_LEAST)
    if tail:
        return Count(low=n, best=n, high=None, quality=_OPEN[tail])
    return Count.exactly(n)


@lru_cache(CACHE_SIZE)
def parse_range_m(text: str) -> tuple[float, float] | None:
    """Read a range band.

    Returns:
        Nearest and farthest, metres; None for an undetermined distance. A single distance is both ends.

    Raises:
        BadValue: no unit, another unit than m and km, ends in the wrong order, or beyond MAX_RANGE_M.
    """
    words = " ".join(text.casefold().split())
    if words in NOT_KNOWN_TEXTS or _UNDETERMINED_RANGE.fullmatch(words):
        return None
    match = _RANGE.fullmatch(_DASHES.sub("-", words))
    if match is None:
        raise BadValue(text, f"a range in m or km: {RANGE_GRAMMAR}")
    scale = {"m": 1.0, "km": 1000.0}
    far = float(match["far"]) * scale[match["unit"]]
    near = float(match["near"]) * scale[match["near_unit"] or match["unit"]] if match["near"] else far
    if not 0 < far <= MAX_RANGE_M or near > far:
        raise BadValue(text, f"a range whose nearer end comes first, at most {MAX_RANGE_M / 1000:.0f}km")
    return near, far


@lru_cache(CACHE_SIZE)
def parse_bearings(text: str) -> tuple[tuple[float, ...], float]:
    """Read one or several directions; they are never averaged.

    Returns:
        Degrees clockwise from true north as written, and half the sector that the widest of them stands for
        (11.25 for a wind, 5 for degrees). No degrees where the direction is not known.

    Raises:
        BadValue: a direction that is none of the sixteen winds and no number of degrees.
    """
    words = _OF_POSITION.sub("", " ".join(text.casefold().split()))
    if words in NOT_KNOWN_TEXTS or words == "undetermined direction":
        return (), WIND_HALF_WIDTH_DEG
    read = [_direction(part, text) for part in _DIRECTION_SEPARATORS.split(words) if part]
    if not read:
        raise BadValue(text, BEARING_GRAMMAR)
    return tuple(dict.fromkeys(degrees for degrees, _ in read)), max(width for _, width in read)


def _direction(part: str, text: str) -> tuple[float, float]:
    match = _DEGREES.fullmatch(part)
    if match and float(match[1]) <= 360:
        return float(match[1]) % 360.0, BEARING_HALF_WIDTH_DEG
    try:
        return wind_degrees(part), WIND_HALF_WIDTH_DEG
    except ValueError:
        raise BadValue(text, BEARING_GRAMMAR) from None
