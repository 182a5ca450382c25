"""The air between source and sensor at a moment: sound speed and wind with their errors."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.observation import Weather
from trucewatch.physics.air import sound_speed_m_s, sound_speed_sigma_m_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Air:
    """Effective sound propagation near the ground."""

    temperature_c: float
    speed_m_s: float
    """in still air"""
    speed_sigma_m_s: float
    wind_east_m_s: float
    """towards east"""
    wind_north_m_s: float
    """towards north"""
    wind_sigma_m_s: float
    """of each component"""
    source: str
    """where it comes from, in plain words"""


def air_at(moment_utc: datetime, weather: Sequence[Weather], settings: FuseSettings) -> Air:
    """Return the air at a moment.

    Args:
        moment_utc: aware UTC.
        weather: sorted by time; each holds until the next one. Before the first one the first one holds.
        settings: what is assumed where nothing was reported.
    """
    return airs(weather, settings)(moment_utc)


def airs(weather: Sequence[Weather], settings: FuseSettings) -> Callable[[datetime], Air]:
    """Return `air_at` for one weather, for those who ask it of many moments: each report is read once."""
    times = [w.time_utc for w in weather]
    known = [_reported(w, settings) for w in weather] or [
        _air(settings.temperature_c, settings.temperature_sigma_c, None, None, settings, "mission default")
    ]
    return lambda moment_utc: known[max(0, bisect_right(times, moment_utc) - 1)]


def _reported(report: Weather, settings: FuseSettings) -> Air:
    return _air(
        report.temperature_c,
        settings.measured_temperature_sigma_c,
        report.wind_m_s,
        report.wind_from_deg,
        settings,
        f"weather report {report.source}".rstrip(),
    )


@lru_cache(maxsize=512)
def _air(
    temperature_c: float,
    sigma_c: float,
    wind_m_s: float | None,
    wind_from_deg: float | None,
    settings: FuseSettings,
    source: str,
) -> Air:
    known = wind_m_s is not None and (wind_from_deg is not None or wind_m_s == 0)
    blowing_to = math.radians((wind_from_deg or 0.0) + 180.0)
    wind = wind_m_s if known and wind_m_s is not None else 0.0
    return Air(
        temperature_c=temperature_c,
        speed_m_s=float(sound_speed_m_s(temperature_c)),
        speed_sigma_m_s=float(sound_speed_sigma_m_s(sigma_c, temperature_c)),
        wind_east_m_s=wind * math.sin(blowing_to),
        wind_north_m_s=wind * math.cos(blowing_to),
        wind_sigma_m_s=settings.wind_sigma_m_s + 0.2 * wind if known else settings.unknown_wind_sigma_m_s,
        source=source,
    )
