"""What one sensor saw at one moment, as numbers in one plane: the input of the tracker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

EARTH_RADIUS_M = 6_371_000.0
"""IUGG mean radius"""
OPTICAL_REFRACTION = 0.13
"""coefficient of refraction of light near the ground (Brunner 1984, Geodetic Refraction, Springer)"""


class Look(IntEnum):
    """Which numbers a measurement holds."""

    PLACE = 0
    """position, with the vertical where the plane has one"""
    PLACE_AND_VELOCITY = 1
    """position and horizontal velocity"""
    BEARING = 2
    BEARING_AND_ELEVATION = 3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scan:
    """The measurements of one sensor at one moment; each thing gives at most one of them."""

    t_s: float
    look: Look
    z: FloatArray
    """(m, k): metres and metres a second (east, north, up); radians clockwise from north and above the horizon"""
    noise: FloatArray
    """(m, k, k) covariance of its error, without the error of the clock"""
    origin_m: FloatArray
    """(a,) where the sensor stood; of meaning for bearings only"""
    origin_var_m2: float
    """variance of an axis of its own position; already in `noise` for places"""
    clock_sigma_s: float
    p_detect: float
    reach_m: float
    """it sees things up to this far, so that seeing nothing counts; 0: its reach is not known"""
    is_frame: bool
    """all that it saw at this moment is here, so that what it saw before and sees no more counts"""
    sensor: int
    """number of the sensor"""
    log_clutter: FloatArray
    """(m,) log of the density of false measurements, in units of z (position part only)"""
    log_birth: FloatArray
    """(m,) log of the density of new things that would be seen here, in the same units"""
    kind: IntArray
    """(m,) number of the kind in the tracker's table"""
    label: IntArray
    """(m,) number of the identity that the thing tells, 0 where it tells none"""
    source: IntArray
    """(m,) number of the measurement in the whole batch"""

    def __len__(self) -> int:
        return len(self.z)


def drop_m(distance_m: FloatArray) -> FloatArray:
    """Return how far the ground falls below a sight line, with usual refraction, at a distance."""
    return distance_m**2 * ((1.0 - OPTICAL_REFRACTION) / (2.0 * EARTH_RADIUS_M))


def wrapped(angle_rad: FloatArray) -> FloatArray:
    """Return angles in -pi .. pi."""
    turned: FloatArray = (angle_rad + np.pi) % (2.0 * np.pi) - np.pi
    return turned
