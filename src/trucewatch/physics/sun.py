"""Whether it is day: how high the sun stands."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
DARK_BELOW_DEG = -3.0
"""sun this far below the horizon: flashes are seen against a dark sky (middle of civil twilight, our choice)"""


def sun_elevation_deg(moment_utc: datetime, lon_deg: float, lat_deg: float) -> float:
    """Return how high the sun stands above the horizon, without refraction, within about 0.1 degrees.

    References:
        The Astronomical Almanac, section C, low-precision formulas for the sun (0.01 degrees from 1950 to 2050).
    """
    days = (moment_utc - _J2000).total_seconds() / 86_400.0
    anomaly = np.radians((357.528 + 0.9856003 * days) % 360.0)
    longitude = np.radians((280.460 + 0.9856474 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly)) % 360.0)
    tilt = np.radians(23.439 - 4e-7 * days)
    ascension = np.arctan2(np.cos(tilt) * np.sin(longitude), np.cos(longitude))
    declination = np.arcsin(np.sin(tilt) * np.sin(longitude))
    sidereal = np.radians((280.46062 + 360.98564737 * days + lon_deg) % 360.0)
    lat = np.radians(lat_deg)
    up = np.sin(lat) * np.sin(declination) + np.cos(lat) * np.cos(declination) * np.cos(sidereal - ascension)
    return float(np.degrees(np.arcsin(np.clip(up, -1.0, 1.0))))


def is_dark(moment_utc: datetime, lon_deg: float, lat_deg: float) -> bool:
    """Say whether flashes are seen against a dark sky."""
    return sun_elevation_deg(moment_utc, lon_deg, lat_deg) < DARK_BELOW_DEG
