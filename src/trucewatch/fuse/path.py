"""Rounds of one salvo located one by one: one place, or a path that its place has to cover."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, f

from trucewatch.geo.frame import LocalFrame
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]

_MOVED_P = 1e-4
"""one place is given up for a path where rounds of one place scatter like this as rarely"""
_LEAST_ON_PATH = 3
_ORDERED_P = 1e-3
"""rounds scattered about one place look as ordered as this as rarely"""
_INSIDE = -2.0 * np.log(0.1)
"""of the 90 per cent region"""
_WIDEN = 1.25
_WIDEN_TIMES = 12


def moved(offsets_m: FloatArray, scatter_m2: FloatArray) -> bool:
    """Say whether rounds lie farther apart than the error from round to round allows.

    Args:
        offsets_m: places of the rounds in a plane, shape (n, 2).
        scatter_m2: their covariances without what all share, shape (n, 2, 2).
    """
    if len(offsets_m) < 2:
        return False
    precision = np.linalg.inv(scatter_m2)
    mean = np.linalg.solve(precision.sum(axis=0), np.einsum("nij,nj->i", precision, offsets_m))
    off = offsets_m - mean
    distance2 = float(np.einsum("ni,nij,nj->", off, precision, off))
    return bool(chi2.sf(distance2, 2 * (len(offsets_m) - 1)) < _MOVED_P)


def along_path(offsets_m: FloatArray, at_s: FloatArray) -> bool:
    """Say whether rounds lie along a path in the order of their times, rather than scattered about one place.

    Args:
        offsets_m: places of the rounds, shape (n, 2).
        at_s: their times, shape (n,).
    """
    if len(at_s) < _LEAST_ON_PATH:
        return False
    off, since = offsets_m - offsets_m.mean(axis=0), at_s - at_s.mean()
    explained = float(np.sum((since @ off) ** 2)) / max(float(since @ since), 1e-9)
    whole = float(np.sum(off**2))
    # F test of a straight way at a steady speed, two unknowns, against standing.
    n = len(at_s)
    ratio = explained / 2.0 / max((whole - explained) / (2.0 * n - 4.0), 1e-9)
    return bool(f.sf(ratio, 2, 2 * n - 4) < _ORDERED_P)


def covering(offsets_m: FloatArray, region_m2: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return centre (2,) and covariance (2, 2) of a place whose 90 per cent region holds every round with its error.

    Args:
        offsets_m: places of the rounds, shape (n, 2).
        region_m2: covariance of one round with its full error, shape (2, 2).
    """
    centre = (offsets_m.min(axis=0) + offsets_m.max(axis=0)) / 2
    off = offsets_m - centre
    spread = off.T @ off / len(off)
    covariance: FloatArray = region_m2 + spread
    for _ in range(_WIDEN_TIMES):
        if np.einsum("ni,ij,nj->n", off, np.linalg.inv(covariance), off).max() < _INSIDE / 2:
            break
        spread = _WIDEN * spread
        covariance = region_m2 + spread
    return centre, covariance


def length_m(offsets_m: FloatArray) -> float:
    """Return the largest distance between two rounds at offsets of shape (n, 2), metres."""
    return float(np.hypot(*(offsets_m[:, None] - offsets_m[None]).transpose(2, 0, 1)).max())


def at_offset(place: Place, offset_m: FloatArray, covariance_m2: FloatArray) -> Place:
    """Return the place that lies some metres (2,) east and north of another, with a covariance (2, 2) in m2."""
    from_place = LocalFrame(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    lon, lat, _ = from_place.to_geographic(np.array([*offset_m, 0.0]))
    return Place.gaussian(lon_deg=lon, lat_deg=lat, covariance_m2=covariance_m2)


def offsets(places: Sequence[Place]) -> FloatArray:
    """Return places in a plane about the first one, shape (n, 2)."""
    frame = LocalFrame(lon_deg=places[0].lon_deg, lat_deg=places[0].lat_deg)
    lon, lat = np.array([p.lon_deg for p in places]), np.array([p.lat_deg for p in places])
    return np.asarray(frame.to_enu(lon, lat)[..., :2], dtype=np.float64)
