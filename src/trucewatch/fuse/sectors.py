"""Directions with soft edges: how likely a place is to lie in a sector, and where sectors meet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from trucewatch.geo.geodesic import destination, to_azimuthal
from trucewatch.model.incident import Sector
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]

_EDGE_DEG = 4.0
"""softness of the edge of a wind: people turn a map by a few degrees"""
_N_BEARINGS = 15
_N_RANGES = 25
FARTHEST_M = 15_000.0
"""where a sector without a range band ends: the reach of an ear (SOUND section 1.1)"""


def membership(sector: Sector, lon_deg: ArrayLike, lat_deg: ArrayLike, slack_m: float) -> FloatArray:
    """Return how well places fit a sector, 0 .. 1, shape of the coordinates.

    Args:
        sector: direction, and range band where known.
        lon_deg: longitudes.
        lat_deg: latitudes.
        slack_m: softness of the band's ends, on top of a tenth of the distance.
    """
    east_north = to_azimuthal(sector.origin.lon_deg, sector.origin.lat_deg, lon_deg, lat_deg)
    distance = np.hypot(east_north[..., 0], east_north[..., 1])
    bearing = np.degrees(np.arctan2(east_north[..., 0], east_north[..., 1]))
    off = np.abs((bearing - sector.bearing_deg + 180.0) % 360.0 - 180.0)
    across = np.ones_like(off) if sector.half_width_deg >= 180.0 else ndtr((sector.half_width_deg - off) / _EDGE_DEG)
    near, far = sector.range_m if sector.range_m is not None else (0.0, FARTHEST_M)
    soft = slack_m + 0.1 * distance
    along = ndtr((distance - near) / soft + 1.0) * ndtr((far - distance) / soft + 1.0)
    return np.asarray(across * along, dtype=np.float64)


def places_in(sector: Sector) -> FloatArray:
    """Return evenly spread places of a sector, shape (n, 2), longitude and latitude."""
    near, far = sector.range_m if sector.range_m is not None else (0.0, FARTHEST_M)
    # Equal areas: the square of the range is spread evenly.
    share = (np.arange(_N_RANGES) + 0.5) / _N_RANGES
    ranges = np.sqrt(near**2 + share * (far**2 - near**2))
    turn = (2 * (np.arange(_N_BEARINGS) + 0.5) / _N_BEARINGS - 1) * sector.half_width_deg
    bearing, distance = np.meshgrid(sector.bearing_deg + turn, ranges)
    lon, lat = destination(sector.origin.lon_deg, sector.origin.lat_deg, bearing.ravel(), distance.ravel())
    return np.stack((lon, lat), axis=-1)


def places_near(place: Place) -> FloatArray:
    """Return places spread as a Gaussian place is, shape (n, 2), longitude and latitude."""
    radius = np.sqrt(-2.0 * np.log1p(-(np.arange(8) + 0.5) / 8))
    turn = 2 * np.pi * np.arange(16) / 16
    unit = np.stack((np.outer(radius, np.cos(turn)), np.outer(radius, np.sin(turn))), axis=-1).reshape(-1, 2)
    root = np.linalg.cholesky(place.covariance_m2 + 1e-6 * np.eye(2))
    east, north = (unit @ root.T).T
    bearing = np.degrees(np.arctan2(east, north))
    lon, lat = destination(place.lon_deg, place.lat_deg, bearing, np.hypot(east, north))
    return np.stack((lon, lat), axis=-1)


def share_inside(sectors: Sequence[Sector], points: FloatArray, slack_m: float) -> float:
    """Return the mean fit of places to the best of several sectors."""
    fits = [membership(s, points[:, 0], points[:, 1], slack_m) for s in sectors]
    return float(np.max(fits, axis=0).mean())


def meeting(one: Sequence[Sector], other: Sequence[Sector], slack_m: float) -> Place | None:
    """Return where two monitors' sectors meet, as a Gaussian place; None where they do not."""
    points = np.concatenate([places_in(s) for s in (*one, *other)])
    fit = np.ones(len(points))
    for sectors in (one, other):
        fit *= np.max([membership(s, points[:, 0], points[:, 1], slack_m) for s in sectors], axis=0)
    if fit.max() < 0.2:
        return None
    weight = fit / fit.sum()
    lon, lat = weight @ points[:, 0], weight @ points[:, 1]
    offset = to_azimuthal(lon, lat, points[:, 0], points[:, 1])
    covariance = (offset.T * weight) @ offset
    return Place.gaussian(lon_deg=lon, lat_deg=lat, covariance_m2=covariance)
