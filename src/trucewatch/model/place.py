"""A place on the WGS84 ellipsoid with the covariance of its error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point and the Gaussian error around it, in a local east-north frame."""

    lon_deg: float
    """longitude, -180 .. 180"""
    lat_deg: float
    """latitude, -90 .. 90"""
    altitude_m: float | None = None
    """above the ellipsoid; None where not known"""
    var_east_m2: float
    """variance of the error towards east"""
    var_north_m2: float
    """variance of the error towards north"""
    cov_east_north_m2: float = 0.0
    """covariance of the two"""

    def __post_init__(self) -> None:
        numbers = (self.lon_deg, self.lat_deg, self.var_east_m2, self.var_north_m2, self.cov_east_north_m2)
        if not all(math.isfinite(n) for n in numbers):
            raise ValueError(f"Place holds a number that is not finite: {numbers}")
        if not -180 <= self.lon_deg <= 180 or not -90 <= self.lat_deg <= 90:
            raise ValueError(f"Place out of range: lon {self.lon_deg}, lat {self.lat_deg}")
        if self.var_east_m2 < 0 or self.var_north_m2 < 0:
            raise ValueError("Place variances must be >= 0")
        if self.cov_east_north_m2**2 > self.var_east_m2 * self.var_north_m2 * (1 + 1e-9) + 1e-12:
            raise ValueError("Place covariance is not positive semidefinite")

    @classmethod
    def circular(cls, *, lon_deg: float, lat_deg: float, sigma_m: float, altitude_m: float | None = None) -> Place:
        """Make a place whose error is the same in every direction."""
        v = sigma_m**2
        return cls(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=altitude_m, var_east_m2=v, var_north_m2=v)

    @classmethod
    def gaussian(cls, *, lon_deg: float, lat_deg: float, covariance_m2: NDArray[np.float64]) -> Place:
        """Make a place from the covariance matrix of its error, shape (2, 2), east-north, square metres."""
        return cls(
            lon_deg=float(lon_deg),
            lat_deg=float(lat_deg),
            var_east_m2=float(covariance_m2[0, 0]),
            var_north_m2=float(covariance_m2[1, 1]),
            cov_east_north_m2=float(covariance_m2[0, 1]),
        )

    @property
    def covariance_m2(self) -> NDArray[np.float64]:
        """Covariance matrix, shape (2, 2), east-north, square metres."""
        return np.array([[self.var_east_m2, self.cov_east_north_m2], [self.cov_east_north_m2, self.var_north_m2]])
