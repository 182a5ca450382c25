"""Where an event is said to be: a place, or only a direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trucewatch.fuse.join import Cluster
from trucewatch.fuse.part import Part
from trucewatch.fuse.sectors import meeting
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.ellipse import error_ellipse
from trucewatch.geo.geodesic import bearing_deg, distance_m
from trucewatch.model.incident import Sector
from trucewatch.model.place import Place

_WIDEST_DEG = 45.0
"""a wider direction says nothing"""


def where(cluster: Cluster, settings: FuseSettings) -> tuple[Place | None, str, Sector | None]:
    """Return the place and how it came about, or the sector where there is no place."""
    anchor = cluster.anchor
    largest_m = settings.far.max_region_m if anchor.far else settings.max_region_m
    if anchor.place is not None and _axis_m(anchor.place) <= largest_m:
        return anchor.place, anchor.place_method, None
    if anchor.place is not None:
        return None, _too_wide(anchor.place, settings), _towards(anchor, anchor.place)
    directed = [p for p in (anchor, *cluster.others) if p.sectors]
    for other in directed[1:]:
        met = meeting(directed[0].sectors, other.sectors, settings.report_slack_m)
        if met is not None and all(s.range_m is not None for s in (*directed[0].sectors, *other.sectors)):
            return met, "where the sectors of two monitors meet", None
    return None, anchor.place_method, _one_sector(directed[0].sectors) if directed else None


def _axis_m(place: Place) -> float:
    return error_ellipse(place.covariance_m2, 0.95).semi_major_m


def _too_wide(place: Place, settings: FuseSettings) -> str:
    return (
        f"not located: the 95 per cent region reaches {_axis_m(place) / 1000:.0f} km, "
        f"more than the {settings.max_region_m / 1000:.0f} km that are called a place"
    )


def _towards(anchor: Part, place: Place) -> Sector | None:
    """Return the direction of a place that is too wide, seen from the sensor that heard it first, if it has one."""
    origin = anchor.first.origin
    if origin is None:
        return None
    away = float(distance_m(origin.lon_deg, origin.lat_deg, place.lon_deg, place.lat_deg))
    bearing = float(bearing_deg(origin.lon_deg, origin.lat_deg, place.lon_deg, place.lat_deg))
    across = np.array([np.cos(np.radians(bearing)), -np.sin(np.radians(bearing))])
    half = float(np.degrees(np.arctan2(1.96 * np.sqrt(across @ place.covariance_m2 @ across), max(away, 1.0))))
    if half > _WIDEST_DEG:
        return None
    return Sector(origin=origin, bearing_deg=bearing % 360.0, half_width_deg=half, range_m=None)


def _one_sector(sectors: tuple[Sector, ...]) -> Sector:
    """Return a monitor's directions as one sector: itself, or the least arc that holds all of them; never a mean."""
    first = sectors[0]
    if len(sectors) == 1:
        return first
    bearings = sorted(s.bearing_deg % 360.0 for s in sectors)
    gaps = [(b - a) % 360.0 for a, b in zip(bearings, [*bearings[1:], bearings[0] + 360.0], strict=True)]
    widest = max(range(len(gaps)), key=lambda i: (gaps[i], -i))
    arc = 360.0 - gaps[widest]
    start = bearings[(widest + 1) % len(bearings)]
    half = min(180.0, arc / 2 + first.half_width_deg)
    return replace(first, bearing_deg=(start + arc / 2) % 360.0, half_width_deg=half)
