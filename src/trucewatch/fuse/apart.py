"""How far apart two uncertain places are, in units of their common spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]


def between(one: Place, other: Place) -> tuple[FloatArray, FloatArray]:
    """Return the way from one place to another, (2,) m east-north, and the covariance of both together, (2, 2) m2."""
    offset = to_azimuthal(one.lon_deg, one.lat_deg, other.lon_deg, other.lat_deg)
    return offset, one.covariance_m2 + other.covariance_m2


def squared_sigmas(offset: FloatArray, spread: FloatArray) -> float:
    """Return the squared Mahalanobis distance.

    Args:
        offset: shape (n,).
        spread: its covariance, (n, n).
    """
    return float(offset @ np.linalg.solve(spread, offset))
