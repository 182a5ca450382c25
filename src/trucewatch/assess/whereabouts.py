"""Where an incident may have been: a Gaussian about each place that fits, or a sector from where it was noticed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from trucewatch.assess.zones import TermPlace
from trucewatch.geo import Area, bearing_deg, destination, distance_m, distance_to_line, probabilities_inside
from trucewatch.model.incident import Incident, Sector
from trucewatch.model.place import Place

FloatArray: TypeAlias = NDArray[np.float64]

# Cells of a sector each way. Each is a Gaussian of the cell's own variance, so that a straight boundary through the
# sector is resolved far finer than a cell.
_CELLS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """A mixture of n Gaussians that describes where something was."""

    lon_deg: FloatArray
    """(n,)"""
    lat_deg: FloatArray
    """(n,)"""
    covariance_m2: FloatArray
    """(n, 2, 2), east-north"""
    weight: FloatArray
    """(n,), sums to 1"""


def whereabouts(incident: Incident) -> Whereabouts | None:
    """Describe where an incident was; None where neither a place nor a sector with a range is known."""
    if incident.place is not None and incident.place_modes:
        return _at([m.place for m in incident.place_modes], [m.p for m in incident.place_modes])
    if incident.place is not None:
        return _at([incident.place], [1.0])
    if incident.sector is not None and incident.sector.range_m is not None:
        return _swept(incident.sector, incident.sector.range_m)
    return None


def p_in_area(where: Whereabouts, area: Area) -> float:
    """Return the probability that it was inside an area."""
    p = probabilities_inside(area, where.lon_deg, where.lat_deg, where.covariance_m2)
    return float(np.clip(np.sum(p * where.weight), 0.0, 1.0))


def p_in_term(where: Whereabouts, place: TermPlace) -> float:
    """Return the probability that it was where a term applies."""
    if place.outside is None:
        return 1.0 if place.inside is None else p_in_area(where, place.inside)
    p_outside = p_in_area(where, place.outside)
    p_whole = 1.0 if place.whole is None else p_in_area(where, place.whole)
    return min(1.0, max(0.0, p_whole - p_outside))


def nearest_line(place: Place, term_place: TermPlace) -> tuple[str, float, float] | None:
    """Return the nearest line's name, the distance (metres, left of its direction positive) and its 1-sigma error."""
    found = []
    for name, segments in term_place.lines:
        distance, sigma, side = distance_to_line(segments, place.lon_deg, place.lat_deg, place.covariance_m2)
        found.append((name, float(distance) * (-1.0 if side < 0 else 1.0), float(sigma)))
    return min(found, key=lambda f: abs(f[1]), default=None)


def in_sector(sector: Sector, place: Place, radius_m: float) -> bool:
    """Say whether a disc about a place meets a sector; a sector without a range has no far end."""
    origin = sector.origin
    distance = float(distance_m(origin.lon_deg, origin.lat_deg, place.lon_deg, place.lat_deg))
    low, high = sector.range_m or (0.0, np.inf)
    if distance <= radius_m:
        return low <= radius_m
    turn = float(bearing_deg(origin.lon_deg, origin.lat_deg, place.lon_deg, place.lat_deg)) - sector.bearing_deg
    off_deg = abs((turn + 180.0) % 360.0 - 180.0)
    disc_deg = float(np.degrees(np.arcsin(radius_m / distance)))
    return off_deg <= sector.half_width_deg + disc_deg and low - radius_m <= distance <= high + radius_m


def _at(places: Sequence[Place], p: Sequence[float]) -> Whereabouts:
    return Whereabouts(
        lon_deg=np.array([place.lon_deg for place in places]),
        lat_deg=np.array([place.lat_deg for place in places]),
        covariance_m2=np.stack([place.covariance_m2 for place in places]),
        weight=np.array(p) / np.sum(p),
    )


def _swept(sector: Sector, range_m: tuple[float, float]) -> Whereabouts:
    """Spread evenly over the sector's area: nothing favours one spot of it over another."""
    half = max(sector.half_width_deg, 1e-6)
    middles = (np.arange(_CELLS) + 0.5) / _CELLS
    bearings, ranges = np.meshgrid(
        sector.bearing_deg + half * (2.0 * middles - 1.0), range_m[0] + (range_m[1] - range_m[0]) * middles
    )
    bearing, distance = bearings.ravel(), ranges.ravel()
    lon, lat = destination(sector.origin.lon_deg, sector.origin.lat_deg, bearing, distance)
    weight = np.maximum(distance, 1e-9)
    cell = _cell_covariance(np.radians(bearing), distance, np.radians(2.0 * half), range_m[1] - range_m[0])
    return Whereabouts(
        lon_deg=lon, lat_deg=lat, covariance_m2=cell + sector.origin.covariance_m2, weight=weight / np.sum(weight)
    )


def _cell_covariance(bearing_rad: FloatArray, distance_m: FloatArray, width_rad: float, depth_m: float) -> FloatArray:
    """Return (n, 2, 2): variance of an even spread over each cell, along and across its bearing."""
    along = np.full_like(distance_m, (depth_m / _CELLS) ** 2 / 12.0)
    across = (distance_m * width_rad / _CELLS) ** 2 / 12.0
    sin, cos = np.sin(bearing_rad), np.cos(bearing_rad)
    east = along * sin**2 + across * cos**2
    north = along * cos**2 + across * sin**2
    both = (along - across) * sin * cos
    return np.stack((np.stack((east, both), axis=-1), np.stack((both, north), axis=-1)), axis=-2)
