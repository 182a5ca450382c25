"""All wording and rounding: how a number, a time, a place or a judgement is written.

References:
    Probability words: Mastrandrea et al., IPCC AR5 guidance note on uncertainties (2010), table 1.
    Phrases: daily reports of the OSCE Special Monitoring Mission, 2014-2022.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from trucewatch.geo.winds import wind_name
from trucewatch.model.count import Count
from trucewatch.model.incident import KindProbability
from trucewatch.model.vocabulary import (
    CountQuality,
    Description,
    ObservationType,
    ObserverKind,
    WeaponClass,
)
from trucewatch.report.figures import figure_text
from trucewatch.report.gazetteer import Gazetteer, coordinates, eight_wind
from trucewatch.report.labels import (
    ANCHOR,
    COMPLIANCE,
    DESCRIPTION,
    FINDING,
    KIND,
    MEANS,
    OBSERVER,
    STATE,
    WEAPON,
)
from trucewatch.report.time_words import (
    clock_text,
    day_text,
    duration_text,
    hours_text,
    interval_text,
    moment_text,
    offset_text,
    utc_text,
    with_local_times,
)

__all__ = [
    "ANCHOR",
    "COMPLIANCE",
    "DESCRIPTION",
    "FINDING",
    "KIND",
    "MEANS",
    "OBSERVER",
    "STATE",
    "Gazetteer",
    "capital",
    "clock_text",
    "coordinates",
    "count_text",
    "counted_text",
    "day_text",
    "description_text",
    "duration_text",
    "eight_wind",
    "false_text",
    "figure_text",
    "hours_text",
    "interval_text",
    "kind_text",
    "kinds_text",
    "length_text",
    "likely_kinds",
    "listed",
    "moment_text",
    "number",
    "observer_text",
    "offset_text",
    "probability_text",
    "probability_word",
    "range_text",
    "share_text",
    "spread_text",
    "unsigned_text",
    "utc_text",
    "weapon_text",
    "winds_text",
    "with_local_times",
]

_SCALE = (
    (0.99, "virtually certain"),
    (0.90, "very likely"),
    (0.66, "likely"),
    (0.33, "about as likely as not"),
    (0.10, "unlikely"),
    (0.01, "very unlikely"),
)


SETTLED_P = 0.6
"""from which one kind is named alone"""
TOGETHER_P = 0.8
"""up to which further kinds are named beside it"""


def capital(text: str) -> str:
    """Begin with a capital and leave the rest."""
    return text[:1].upper() + text[1:]


def listed(items: list[str] | tuple[str, ...]) -> str:
    """Join as a person would: "a", "a and b", "a, b and c"."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + f" and {items[-1]}" if items else ""


def number(n: int) -> str:
    """Write a whole number with thousands marked: "1,450"."""
    return f"{n:,}"


def how_many(n: int, noun: str) -> str:
    """Write a number with its noun, whose plural ends in s: "1 report", "3 reports"; no thousands marked."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def count_text(count: Count) -> str:
    """Write a count as it may be read: "12", "12 (10-15)", "about 60", "at least 543", "uncountable"."""
    best = count.low if count.best is None else count.best
    match count.quality:
        case CountQuality.UNCOUNTABLE:
            return "uncountable"
        case CountQuality.CONTINUOUS:
            return "continuous" if not best else f"continuous, at least {number(count.low)}"
        case CountQuality.OVERLAPPING:
            return f"{number(best)} (overlapping)" if best else "overlapping"
        case CountQuality.AT_LEAST:
            return f"at least {number(count.low)}"
        case CountQuality.ABOUT:
            return f"about {number(best)}"
        case _:
            return spread_text(count.low, best, count.high)


def spread_text(low: int, best: int, high: int | None) -> str:
    """Write a number with its bounds: "12", "12 (10-15)", "12 (10 or more)"."""
    if high is None:
        return f"{number(best)} ({number(low)} or more)"
    return number(best) if low == best == high else f"{number(best)} ({number(low)}-{number(high)})"


def kind_text(kind: ObservationType, n: int | None = 1) -> str:
    """Name a kind of observation, one or many."""
    return KIND[kind][0 if n == 1 else 1]


def likely_kinds(kinds: Sequence[KindProbability]) -> tuple[KindProbability, ...]:
    """Return the kind where one is settled, else the most probable ones that are so together."""
    named: list[KindProbability] = []
    for k in kinds:
        named.append(k)
        total = math.fsum(n.p for n in named)
        if (len(named) == 1 and total >= SETTLED_P) or total >= TOGETHER_P:
            break
    return tuple(named)


def kinds_text(kinds: Sequence[KindProbability], n: int | None = 1) -> str:
    """Name what an incident was, as far as that is settled: "explosion", "explosions or shots"."""
    return " or ".join(kind_text(k.kind, n) for k in likely_kinds(kinds))


def counted_text(count: Count, kinds: Sequence[KindProbability]) -> str:
    """Write a count with what was counted: "at least 1 shot", "12 (10-15) explosions"."""
    told = count.low if count.quality is CountQuality.AT_LEAST else count.best
    return f"{count_text(count)} {kinds_text(kinds, told)}"


def observer_text(kind: ObserverKind, n: int = 1) -> str:
    """Name a kind of observer, one or many."""
    return OBSERVER[kind][0 if n == 1 else 1]


def description_text(kind: ObservationType, description: Description) -> str:
    """Write the assessed description; an unexplained heat signal is no more than that."""
    if kind is ObservationType.THERMAL_ANOMALY and description is Description.UNDETERMINED:
        return "not explained by normal burning"
    return DESCRIPTION[description]


def weapon_text(weapon: WeaponClass, as_written: str = "") -> str:
    """Write a weapon: what was written, else the class, else "N/K"."""
    if as_written and as_written != "N/K":
        return as_written
    return WEAPON.get(weapon, weapon.value.replace("_", " "))


def probability_word(p: float) -> str:
    """Name a probability on the calibrated scale."""
    return next((word for floor, word in _SCALE if p >= floor), "exceptionally unlikely")


def probability_text(p: float) -> str:
    """Write a probability and its word together; never 0 % or 100 %, which no instrument can say."""
    figure = "> 99 %" if p > 0.99 else "< 1 %" if p < 0.01 else f"{round(p * 100)} %"
    return f"{figure} ({probability_word(p)})"


def share_text(mean: float, low: float | None = None, high: float | None = None, *, estimated: bool = False) -> str:
    """Write a share: "71 % (58-82 %)".

    Args:
        mean: The share.
        low: Its least value, where it has a range.
        high: Its greatest value.
        estimated: Of a model, which can say neither all nor nothing: such a share is "> 99 %" or "< 1 %".
    """
    said = _percent(mean, estimated=estimated)
    if low is None or high is None:
        return f"{said} %"
    ends = [_percent(low, estimated=estimated), _percent(high, estimated=estimated)]
    if ends == [said, said]:
        return f"{said} %"
    return f"{said} % ({(' to ' if any(' ' in e for e in ends) else '-').join(ends)} %)"


def _percent(share: float, *, estimated: bool) -> str:
    if share >= 0.995 and (estimated or share < 1):
        return "> 99"
    return "< 1" if share < 0.005 and (estimated or share > 0) else str(round(share * 100))


def false_text(p_false: float) -> str:
    """Write the chance of being false that a detection states of itself; an incident weighs more than that."""
    return f"by its source alone, before anything else was weighed, false with a chance of {probability_text(p_false)}"


def unsigned_text(node: str) -> str:
    """Say that a sensor's own computer sent a detection without a signature; "" where there is nothing to say."""
    return f"not signed by its computer ({node}): nobody can tell whether it is what the sensor found" if node else ""


def length_text(metres: float) -> str:
    """Write a length to two significant digits: "85 m", "1.2 km", "17 km"."""
    if metres <= 0:
        return "0 m"
    digits = 1 - math.floor(math.log10(metres))
    rounded = round(metres, digits)
    if rounded < 1000:
        return f"{rounded:.{max(0, min(digits, 1))}f} m"
    return f"{rounded / 1000:.1f} km" if rounded < 10_000 else f"{rounded / 1000:.0f} km"


def range_text(range_m: tuple[float, float] | None) -> str:
    """Write a range band in the SMM's way: "5-7km", "200-300m", "at an undetermined distance"."""
    if range_m is None:
        return "at an undetermined distance"
    unit, scale = ("km", 1000.0) if range_m[1] >= 1000 else ("m", 1.0)
    low, high = (f"{x / scale:.1f}".removesuffix(".0") for x in range_m)
    return f"{high}{unit}" if low == high else f"{low}-{high}{unit}"


def winds_text(bearings_deg: tuple[float, ...]) -> str:
    """Name each direction as one of sixteen winds, none averaged: "SE, SSE and S"."""
    return listed([wind_name(b) for b in bearings_deg])
