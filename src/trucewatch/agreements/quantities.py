"""Distances, durations, times and time zones as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from trucewatch.agreements.reading import Reading
from trucewatch.agreements.tree import Node, ScalarNode
from trucewatch.agreements.values import Schema, near, pattern_schema, wrong

_METRES: Final = {"m": 1.0, "km": 1000.0}
_SECONDS: Final = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DISTANCE = r"\d{1,9}(?:\.\d{1,9})? ?(?:m|km)"
_DURATION = r"\d{1,9}(?:\.\d{1,9})? ?(?:s|min|h|d)"
_TIME = r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)([Zz]|[+-]\d\d:\d\d)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """A distance with its unit, in metres."""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return metres, greater than 0."""
        return _quantity(node, _DISTANCE, _METRES, 'a distance above 0 with its unit: "500 m" or "7.5 km"', reading)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return pattern_schema(_DISTANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A duration with its unit, in seconds."""

    zero_allowed: bool = False

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return seconds."""
        least = "of 0 or more" if self.zero_allowed else "above 0"
        expected = f'a duration {least} with its unit: "90 s", "30 min", "24 h" or "10 d"'
        return _quantity(node, _DURATION, _SECONDS, expected, reading, zero_allowed=self.zero_allowed)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return pattern_schema(_DURATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An IANA time zone; from here on the file's local times are read in it.

    The rules of summer time are those of the installed time zone data, which may differ for years to come.
    """

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return the zone's name."""
        zone = _zone(node.text) if isinstance(node, ScalarNode) else None
        if zone is None:
            names = sorted(available_timezones())
            guess = near(node.text, names) if isinstance(node, ScalarNode) else ""
            return wrong(node, f'an IANA time zone such as "Europe/Kyiv"{guess}', reading)
        reading.zone = zone
        return zone.key

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """A moment: RFC 3339 with its offset, or local where the file names its time zone."""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return an aware UTC datetime."""
        expected = 'a time with its offset, such as "2025-08-13T02:10:00+03:00" or "2025-08-12T23:10Z"'
        found = re.fullmatch(_TIME, node.text) if isinstance(node, ScalarNode) else None
        if found is None:
            return wrong(node, expected, reading)
        try:
            moment = datetime.fromisoformat(found[0].upper().replace(" ", "T"))
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
            return _from_local(moment, node, expected, reading)
        except (ValueError, OverflowError):
            return wrong(node, f"{expected}; this date or time of day does not exist", reading)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return pattern_schema(_TIME)


def _from_local(moment: datetime, node: Node, expected: str, reading: Reading) -> Any:  # noqa: ANN401
    zone = reading.zone
    if zone is None:
        return wrong(node, f"{expected}; it has no offset and the file names no time_zone", reading)
    earlier, later = (moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if earlier == later:
        return earlier
    # A gap maps to two moments that come back as other wall times; a repeated hour comes back as itself.
    if earlier.astimezone(zone).replace(tzinfo=None) != moment:
        return wrong(node, f"a time that exists: clocks in {zone.key} were put forward over this one", reading)
    offsets = " or ".join(moment.replace(tzinfo=zone, fold=fold).isoformat() for fold in (0, 1))
    return wrong(node, f"{offsets}: clocks in {zone.key} were put back and this hour came twice", reading)


def _quantity(
    node: Node, pattern: str, units: dict[str, float], expected: str, reading: Reading, *, zero_allowed: bool = False
) -> Any:  # noqa: ANN401
    if not (isinstance(node, ScalarNode) and re.fullmatch(pattern, node.text)):
        return wrong(node, expected, reading)
    number, unit = re.findall(r"[\d.]+|[a-z]+", node.text)
    value = float(number) * units[unit]
    return value if value > 0 or zero_allowed else wrong(node, expected, reading)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # not found is a KeyError, a folder's name an OSError
        return None
