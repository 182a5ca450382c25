"""When the satellites that see fires pass, and how far aside of their track a place lies then.

Circular sun-synchronous orbits with the real periods, inclinations and local times at the equator; where each stood at
the epoch is made up, so that passes are at the right hours and distances, but are not those of a given day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
_METRES_PER_DEG = 111_200.0
_INCLINATION_DEG = 98.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Satellite:
    """One satellite with its fire instrument."""

    code: str
    """as FIRMS writes it"""
    name: str
    instrument: str
    period_s: float
    ascending_h: float
    """local solar time at which it crosses the equator northward"""
    phase: float
    """share of an orbit after the crossing at the epoch"""
    half_swath_m: float
    nadir_m: float
    """pixel under the satellite"""
    edge_scan_m: float
    edge_track_m: float
    least_mw: float
    """power of a fire that is found half the time by night, under the satellite"""


# Periods, local times and swaths: NASA and NOAA fact sheets; the fire limits are orders of magnitude (Schroeder et al.
# 2014, Remote Sens. Environ. 143, 85, for VIIRS 375 m; Giglio et al. 2016, 178, 31, for MODIS).
_VIIRS = Satellite(
    code="N",
    name="S-NPP",
    instrument="VIIRS",
    period_s=6_086.0,
    ascending_h=13.42,
    phase=0.0,
    half_swath_m=1_530_000.0,
    nadir_m=375.0,
    edge_scan_m=800.0,
    edge_track_m=780.0,
    least_mw=2.5,
)
_MODIS = Satellite(
    code="A",
    name="Aqua",
    instrument="MODIS",
    period_s=5_933.0,
    ascending_h=13.8,
    phase=0.7,
    half_swath_m=1_165_000.0,
    nadir_m=1_000.0,
    edge_scan_m=4_800.0,
    edge_track_m=2_000.0,
    least_mw=9.0,
)
SATELLITES = (
    _VIIRS,
    replace(_VIIRS, code="N20", name="NOAA-20", phase=0.5),
    replace(_VIIRS, code="N21", name="NOAA-21", phase=0.25),
    _MODIS,
    replace(_MODIS, code="T", name="Terra", ascending_h=22.0, phase=0.1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overpass:
    """A satellite sees a place."""

    satellite: Satellite
    utc: datetime
    """the full minute"""
    aside: float
    """how far the place is from the track, over half the swath: 0 under the satellite, 1 at the edge"""


def overpasses(start_utc: datetime, end_utc: datetime, lon_deg: float, lat_deg: float) -> tuple[Overpass, ...]:
    """Return the passes over a place between two moments, in order."""
    out = [p for s in SATELLITES for p in _of(s, start_utc, end_utc, lon_deg, lat_deg)]
    return tuple(sorted(out, key=lambda p: (p.utc, p.satellite.code)))


def _of(satellite: Satellite, start: datetime, end: datetime, lon_deg: float, lat_deg: float) -> list[Overpass]:
    tilt = np.radians(_INCLINATION_DEG)
    rising = np.arcsin(np.clip(np.sin(np.radians(lat_deg)) / np.sin(tilt), -1.0, 1.0))
    out = []
    for along in (rising, np.pi - rising):
        # Longitude from the node on a sphere that does not turn; the sun keeps its place against the orbit's plane.
        from_node = np.arctan2(np.cos(tilt) * np.sin(along), np.cos(along))
        local_h = satellite.ascending_h + np.degrees(from_node) / 15.0
        first_s = (satellite.phase + along / (2 * np.pi)) * satellite.period_s
        since, until = ((t - _EPOCH).total_seconds() for t in (start, end))
        orbits = np.arange(np.ceil((since - first_s) / satellite.period_s), (until - first_s) / satellite.period_s)
        at_s = first_s + orbits * satellite.period_s
        under = 15.0 * (local_h - at_s / 3600.0)
        apart = (under - lon_deg + 180.0) % 360.0 - 180.0
        aside = np.abs(apart) * np.cos(np.radians(lat_deg)) * _METRES_PER_DEG * 0.97 / satellite.half_swath_m
        for t, a in zip(at_s[aside < 1.0], aside[aside < 1.0], strict=True):
            minute = _EPOCH + timedelta(minutes=int(t // 60.0))
            out.append(Overpass(satellite=satellite, utc=minute, aside=float(a)))
    return out
