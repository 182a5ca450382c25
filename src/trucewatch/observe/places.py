"""Coordinates from outside: decimal degrees, in range, in the mission's area, and not swapped."""

from __future__ import annotations

import math

from trucewatch.model.mission import MissionArea
from trucewatch.observe.refusal import BadValue

SWAPPED = "longitude and latitude look swapped: swapped they lie in the mission's area"


def finite(text: str, expected: str) -> float:
    """Read a finite decimal number.

    Raises:
        BadValue: no number, NaN or an infinity.
    """
    try:
        number = math.nan if "_" in text else float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadValue(text or None, expected)
    return number


def coordinate(text: str, name: str, limit_deg: float) -> float:
    """Read a longitude or latitude.

    Raises:
        BadValue: not decimal degrees, or out of range.
    """
    expected = f"a {name} in decimal degrees between -{limit_deg:.0f} and {limit_deg:.0f}"
    degrees = finite(text, expected)
    if abs(degrees) > limit_deg:
        raise BadValue(text, expected)
    return degrees


def area_text(area: MissionArea) -> str:
    """Describe an area in a message."""
    return f"longitude {area.west_deg} to {area.east_deg}, latitude {area.south_deg} to {area.north_deg}"


def require_in_area(lon_deg: float, lat_deg: float, area: MissionArea) -> None:
    """Refuse a point outside the mission's area.

    Raises:
        BadValue: says so, and whether the point swapped lies inside.
    """
    if area.contains(lon_deg, lat_deg):
        return
    written = f"longitude {lon_deg}, latitude {lat_deg}"
    if area.contains(lat_deg, lon_deg):
        raise BadValue(written, f"{SWAPPED} ({area_text(area)})")
    raise BadValue(written, f"a place in the mission's area ({area_text(area)})")
