"""Whether it is dark: elevation of the sun, low precision."""

from __future__ import annotations

import math
from datetime import UTC, datetime

CIVIL_TWILIGHT_DEG = -6.0
"""below this the sky is dark enough for flashes to stand out"""
_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)


def sun_elevation_deg(*, lon_deg: float, lat_deg: float, moment: datetime) -> float:
    """Return the sun's elevation above the horizon, without refraction.

    References:
        Astronomical Almanac, low-precision formulas for the sun: 0.01 degrees between 1950 and 2050.
    """
    n = (moment - _J2000).total_seconds() / 86_400
    mean_longitude = math.radians((280.460 + 0.9856474 * n) % 360)
    anomaly = math.radians((357.528 + 0.9856003 * n) % 360)
    ecliptic = mean_longitude + math.radians(1.915) * math.sin(anomaly) + math.radians(0.020) * math.sin(2 * anomaly)
    obliquity = math.radians(23.439 - 0.0000004 * n)
    declination = math.asin(math.sin(obliquity) * math.sin(ecliptic))
    ascension = math.atan2(math.cos(obliquity) * math.sin(ecliptic), math.cos(ecliptic))
    sidereal = math.radians((280.46062 + 360.98564737 * n) % 360)
    hour_angle = sidereal + math.radians(lon_deg) - ascension
    lat = math.radians(lat_deg)
    sine = math.sin(lat) * math.sin(declination) + math.cos(lat) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def is_night(*, lon_deg: float, lat_deg: float, moment: datetime) -> bool:
    """Say whether the sun is more than six degrees below the horizon."""
    return sun_elevation_deg(lon_deg=lon_deg, lat_deg=lat_deg, moment=moment) < CIVIL_TWILIGHT_DEG
