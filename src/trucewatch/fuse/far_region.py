"""What a posterior on a grid says: its densest region, the pieces of it, and whether an ellipse is a fair picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from trucewatch.fuse.far_grid import Cloud
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.geo.geodesic import from_azimuthal, to_azimuthal
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]

LEVEL = 0.9
_CHI2_90 = 4.605
"""chi-square of 2 degrees of freedom, 90 per cent"""
_LEAST_SHARE = 0.05
"""a piece of the region with less of its probability is no mode of its own"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Mode:
    """One piece of a region."""

    place: Place
    p: float
    """of the whole posterior"""


def credible_level(cloud: Cloud, lon_deg: float, lat_deg: float) -> float:
    """Return the share of probability in cells that are denser than the one at a place: inside 90 per cent if <= 0.9.

    A place on no cell that was kept gives 1.
    """
    xy = to_azimuthal(*cloud.centre, lon_deg, lat_deg)
    at = np.floor(xy / cloud.cell_m).astype(np.int64)
    here = np.flatnonzero((cloud.index == at).all(axis=1))
    if not len(here):
        return 1.0
    p = cloud.p_cell
    return float(p[p > p[here[0]]].sum())


def region(cloud: Cloud, level: float = LEVEL) -> NDArray[np.bool_]:
    """Return which cells make up the smallest region of a probability, shape (n,)."""
    p = cloud.p_cell
    order = np.argsort(-p, kind="stable")
    inside = np.zeros(len(p), dtype=np.bool_)
    inside[order[: int(np.searchsorted(np.cumsum(p[order]), level)) + 1]] = True
    return inside


def area_km2(cloud: Cloud, level: float = LEVEL) -> float:
    """Return the area of the region."""
    return float(np.count_nonzero(region(cloud, level))) * (cloud.cell_m / 1000.0) ** 2


def modes(cloud: Cloud) -> tuple[Mode, ...]:
    """Return the pieces of the 90 per cent region, the most probable first; touching cells are one piece."""
    inside = region(cloud)
    index = cloud.index[inside]
    low = index.min(axis=0)
    board = np.zeros(index.max(axis=0) - low + 1, dtype=np.int64)
    board[tuple((index - low).T)] = 1
    pieces, n = label(board, structure=np.ones((3, 3), dtype=np.int64))
    piece = pieces[tuple((index - low).T)]
    p = cloud.p_cell[inside]
    shares = np.bincount(piece, weights=p, minlength=n + 1)
    chosen = [k for k in range(1, n + 1) if shares[k] >= _LEAST_SHARE * p.sum()]
    found = [Mode(place=_gaussian(cloud, inside_piece(inside, piece, k)), p=float(shares[k])) for k in chosen]
    return tuple(sorted(found, key=lambda m: (-m.p, m.place.lon_deg, m.place.lat_deg)))


def inside_piece(inside: NDArray[np.bool_], piece: NDArray[np.int64], number: int) -> FloatArray:
    """Return weights that are 1 in one piece of a region, shape (n,)."""
    weight = np.zeros(len(inside))
    weight[np.flatnonzero(inside)[piece == number]] = 1.0
    return weight


def region_place(cloud: Cloud) -> Place:
    """Return the 90 per cent region as a place: its mean, and a covariance whose 90 per cent ellipse holds as much.

    Moments of the whole posterior would be those of its tails: with a chance of one in fifty that an arrival is astray,
    the place may be anywhere else that the others allow.
    """
    inside = region(cloud)
    place = _gaussian(cloud, inside.astype(np.float64))
    z2 = _z2(cloud, place)
    order = np.argsort(z2, kind="stable")
    reach = z2[order[int(np.searchsorted(np.cumsum(cloud.p_cell[order]), LEVEL))]]
    scale = float(reach) / _CHI2_90
    return replace(
        place,
        var_east_m2=place.var_east_m2 * scale,
        var_north_m2=place.var_north_m2 * scale,
        cov_east_north_m2=place.cov_east_north_m2 * scale,
    )


def region_time(cloud: Cloud) -> tuple[float, float]:
    """Return mean and standard deviation of the event's time, within the 90 per cent region for the same reason."""
    p = cloud.joint[region(cloud)].sum(axis=0)
    p = p / p.sum()
    mean = float(p @ cloud.time_s)
    step = float(cloud.time_s[1] - cloud.time_s[0])
    return mean, float(np.sqrt(p @ (cloud.time_s - mean) ** 2 + step**2 / 12.0))


def is_fair(cloud: Cloud, settings: FarSettings) -> bool:
    """Say whether the ellipse of the region's place is a fair picture of it: two pieces or a long bow are not."""
    return overlap(cloud, region_place(cloud)) >= settings.fair_overlap


def overlap(cloud: Cloud, place: Place) -> float:
    """Return the area that the 90 per cent region and a place's 90 per cent ellipse share, over that of both."""
    in_ellipse, in_region = _z2(cloud, place) <= _CHI2_90, region(cloud)
    ellipse_cells = np.pi * _CHI2_90 * np.sqrt(np.linalg.det(place.covariance_m2)) / cloud.cell_m**2
    both = np.count_nonzero(in_ellipse & in_region)
    return float(both / (ellipse_cells + np.count_nonzero(in_region) - both))


def _z2(cloud: Cloud, place: Place) -> FloatArray:
    """Return each cell's squared distance from a place in its standard errors, shape (n,)."""
    plane = to_azimuthal(place.lon_deg, place.lat_deg, cloud.lon_lat[:, 0], cloud.lon_lat[:, 1])
    return np.asarray((plane * np.linalg.solve(place.covariance_m2, plane.T).T).sum(axis=1), dtype=np.float64)


def _gaussian(cloud: Cloud, weight: FloatArray) -> Place:
    w = cloud.p_cell * weight
    w = w / w.sum()
    lon, lat = from_azimuthal(*cloud.centre, w @ cloud.xy_m)
    plane = to_azimuthal(lon, lat, cloud.lon_lat[:, 0], cloud.lon_lat[:, 1])
    mean = w @ plane
    covariance = _covariance(plane - mean, w, cloud.cell_m)
    lon, lat = from_azimuthal(lon, lat, mean)
    return Place.gaussian(lon_deg=lon, lat_deg=lat, covariance_m2=covariance)


def _covariance(offset_m: FloatArray, weight: FloatArray, cell_m: float) -> FloatArray:
    spread = (offset_m.T * weight) @ offset_m + np.eye(2) * cell_m**2 / 12.0
    return np.asarray(spread, dtype=np.float64)
