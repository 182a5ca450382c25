"""One row of trucewatch-claims/1 as a claim: names of columns, what each cell may hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from trucewatch.model.count import Count
from trucewatch.model.incident import KindProbability
from trucewatch.model.instant import Instant
from trucewatch.model.place import Place
from trucewatch.model.truth import Claim
from trucewatch.model.vocabulary import CountQuality, ObservationType

COLUMNS = (
    "id",
    "time",
    "sigma_s",
    "lon",
    "lat",
    "sigma_m",
    "var_east_m2",
    "var_north_m2",
    "cov_east_north_m2",
    "p",
    "p_innocent",
    "kind",
    "kinds",
    "count",
    "count_low",
    "count_high",
    "zones",
    "sides",
    "attributed",
    "first_claimed",
)
"""`id` and `time` are needed, the others may be missing, as a column or in single rows"""


class BadCell(Exception):  # noqa: N818 - it names a thing found
    """A cell that cannot be read; always caught by the reader, which names the row."""

    def __init__(self, column: str, value: object, expected: str) -> None:
        self.column = column
        self.value = None if value is None else str(value)
        self.expected = expected
        super().__init__(column)


def claim_of_row(row: Mapping[str, Any]) -> Claim:
    """Return the claim of a row.

    A place without an error has none that could be checked: its regions hold nothing. Without a probability a claim
    is a plain statement, so 1.

    Raises:
        BadCell: naming the column and what would be right.
    """
    unknown = next((c for c in row if c not in COLUMNS), None)
    if unknown is not None:
        raise BadCell(unknown, row[unknown], f"a column of {', '.join(COLUMNS)}")
    identity = row.get("id")
    if identity is None or str(identity) == "":
        raise BadCell("id", identity, "a name")
    kinds = _weights(row, "kinds")
    if kinds and "kind" in row:
        raise BadCell("kind", row["kind"], "kind or kinds, not both")
    if "kind" in row:
        kinds = ((str(row["kind"]), 1.0),)
    first = row.get("first_claimed")
    return Claim(
        id=str(identity),
        time=Instant(utc=_moment(row, "time"), sigma_s=_number(row, "sigma_s", 0.0, least=0.0)),
        place=_place(row),
        p_exists=_number(row, "p", 1.0, least=0.0, most=1.0),
        kinds=tuple(KindProbability(kind=_kind(name), p=p) for name, p in kinds),
        count=_count(row),
        zones=_weights(row, "zones"),
        sides=_weights(row, "sides"),
        attributed=str(row.get("attributed") or ""),
        first_claimed_utc=None if first is None else _moment(row, "first_claimed"),
        p_innocent=_number(row, "p_innocent", 0.0, least=0.0, most=1.0) if "p_innocent" in row else None,
    )


def _number(
    row: Mapping[str, Any], column: str, default: float, *, least: float = -math.inf, most: float = math.inf
) -> float:
    value = row.get(column)
    if value is None:
        return default
    expected = "a number" if math.isinf(least) else f"a number >= {least:g}"
    expected += "" if math.isinf(most) else f" and <= {most:g}"
    if isinstance(value, bool):
        raise BadCell(column, value, expected)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise BadCell(column, value, expected) from None
    if not (math.isfinite(number) and least <= number <= most):
        raise BadCell(column, value, expected)
    return number


def _moment(row: Mapping[str, Any], column: str) -> datetime:
    value = row.get(column)
    expected = "a moment with its zone, such as 2026-03-14T05:12:40.250Z"
    try:
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            raise BadCell(column, value, expected)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadCell(column, value, expected) from None


def _place(row: Mapping[str, Any]) -> Place | None:
    if "lon" not in row and "lat" not in row:
        return None
    for column in ("lon", "lat"):
        if row.get(column) is None:
            raise BadCell(column, None, "longitude and latitude, or neither")
    lon, lat = _number(row, "lon", 0.0, least=-180.0, most=180.0), _number(row, "lat", 0.0, least=-90.0, most=90.0)
    var = _number(row, "sigma_m", 0.0, least=0.0) ** 2
    east, north = _number(row, "var_east_m2", var, least=0.0), _number(row, "var_north_m2", var, least=0.0)
    both = _number(row, "cov_east_north_m2", 0.0)
    try:
        return Place(lon_deg=lon, lat_deg=lat, var_east_m2=east, var_north_m2=north, cov_east_north_m2=both)
    except ValueError:
        raise BadCell("cov_east_north_m2", both, "a covariance that its two variances allow") from None


def _count(row: Mapping[str, Any]) -> Count | None:
    if not any(row.get(c) is not None for c in ("count", "count_low", "count_high")):
        return None
    best = _whole(row, "count")
    low, high = _whole(row, "count_low"), _whole(row, "count_high")
    try:
        if best is not None and low in {None, best} and high in {None, best} and (low is None) is (high is None):
            return Count.exactly(best)
        return Count(low=low or 0, best=best, high=high, quality=CountQuality.ABOUT)
    except ValueError as error:
        raise BadCell("count", best, f"count_low <= count <= count_high ({error})") from None


def _whole(row: Mapping[str, Any], column: str) -> int | None:
    if row.get(column) is None:
        return None
    number = _number(row, column, 0.0, least=0.0)
    if number != int(number):
        raise BadCell(column, row[column], "a whole number")
    return int(number)


def _kind(name: str) -> ObservationType:
    try:
        return ObservationType(name)
    except ValueError:
        raise BadCell("kind", name, f"one of {', '.join(k.value for k in ObservationType)}") from None


def _weights(row: Mapping[str, Any], column: str) -> tuple[tuple[str, float], ...]:
    """Read names with probabilities, largest first: an object, or text such as "explosion=0.7; shot=0.3"."""
    value = row.get(column)
    if value is None:
        return ()
    expected = "names with probabilities that sum to at most 1, such as explosion=0.7; shot=0.3"
    if isinstance(value, str):
        parts = [part.partition("=") for part in value.split(";") if part.strip()]
        value = {name.strip(): p.strip() for name, _, p in parts}
    if not isinstance(value, dict):
        raise BadCell(column, value, expected)
    weights = {str(name): _number(value, name, math.nan, least=0.0, most=1.0) for name in value}
    if any(math.isnan(p) for p in weights.values()) or (column != "zones" and sum(weights.values()) > 1 + 1e-6):
        raise BadCell(column, row[column], expected)
    return tuple(sorted(weights.items(), key=lambda kv: (-kv[1], kv[0])))
