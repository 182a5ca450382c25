"""Error ellipses of a position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.geo.geodesic import destination

FloatArray = NDArray[np.float64]

# Eigenvalues of a computed covariance may fall this share of the largest below nought by rounding alone.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Ellipse:
    """The smallest region that holds a two-dimensional Gaussian with a stated probability."""

    semi_major_m: float
    """Half of the longer axis."""
    semi_minor_m: float
    """Half of the shorter axis."""
    azimuth_deg: float
    """Direction of the longer axis, clockwise from true north, in [0, 180)."""
    level: float
    """Probability that the ellipse holds the position."""


def error_ellipse(covariance_m2: ArrayLike, level: float = 0.95) -> Ellipse:
    """Return the ellipse of a position's covariance at a probability level.

    Args:
        covariance_m2: (2, 2) east-north covariance, square metres.
        level: Probability inside, in (0, 1).

    Returns:
        The ellipse; its axes are the principal axes times sqrt(-2 ln(1 - level)), the chi-square quantile with two
        degrees of freedom.

    Raises:
        ValueError: The matrix is not a finite, symmetric, positive-semidefinite 2 x 2, or the level is outside (0, 1).
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level {level!r} is not between 0 and 1")
    variances, axes = principal_axes(covariance_m2)
    scale = np.sqrt(-2.0 * np.log1p(-level))
    minor, major = np.sqrt(variances) * scale
    azimuth = np.degrees(np.arctan2(axes[0, 1], axes[1, 1])) % 180.0
    return Ellipse(
        semi_major_m=float(major), semi_minor_m=float(minor), azimuth_deg=float(azimuth % 180.0), level=level
    )


def principal_axes(covariance_m2: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the variances, ascending (2,), and unit axes as columns (2, 2) of an east-north covariance.

    Raises:
        ValueError: The matrix is not a finite, symmetric, positive-semidefinite 2 x 2.
    """
    matrix = np.asarray(covariance_m2, dtype=np.float64)
    if matrix.shape != (2, 2) or not np.isfinite(matrix).all():
        raise ValueError(f"covariance must be a finite 2 x 2 matrix, not {matrix.tolist()!r}")
    if abs(matrix[0, 1] - matrix[1, 0]) > _ROUNDING * np.abs(matrix).max():
        raise ValueError(f"covariance is not symmetric: {matrix.tolist()!r}")
    variances, axes = np.linalg.eigh((matrix + matrix.T) / 2.0)
    if variances[0] < -_ROUNDING * max(abs(variances[1]), abs(variances[0])) or variances[1] < 0.0:
        raise ValueError(f"covariance is not positive-semidefinite: {matrix.tolist()!r}")
    return np.maximum(variances, 0.0), axes


def polygon(lon_deg: float, lat_deg: float, ellipse: Ellipse, n: int = 64) -> FloatArray:
    """Return the ellipse about a place as a closed ring.

    Args:
        lon_deg: Longitude of the middle.
        lat_deg: Latitude of the middle.
        ellipse: The ellipse.
        n: Number of different points.

    Returns:
        (n + 1, 2) longitude, latitude in degrees, counter-clockwise, the last point equal to the first.
    """
    turn = -2.0 * np.pi * np.arange(n) / n
    along, across = ellipse.semi_major_m * np.cos(turn), ellipse.semi_minor_m * np.sin(turn)
    bearing = ellipse.azimuth_deg + np.degrees(np.arctan2(across, along))
    lon, lat = destination(lon_deg, lat_deg, bearing, np.hypot(along, across))
    ring = np.stack((lon, lat), axis=-1)
    return np.concatenate((ring, ring[:1]))
