"""Polar measurements as places: range and bearing, with or without elevation.

References:
    Mo, L., Song, X., Zhou, Y., Sun, Z. K. & Bar-Shalom, Y. (1998), Unbiased converted measurements for tracking,
    IEEE Trans. Aerospace and Electronic Systems 34(3), eqs. 10-13 (the plane).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_scans import drop_m

FloatArray = NDArray[np.float64]


def on_the_plane(
    range_m: FloatArray, range_sigma_m: FloatArray, bearing_rad: FloatArray, bearing_sigma_rad: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return unbiased east and north (n, 2) of range and bearing, and their covariances (n, 2, 2)."""
    shrink = np.exp(-(bearing_sigma_rad**2) / 2.0)
    east, north = np.sin(bearing_rad), np.cos(bearing_rad)
    z = (range_m / shrink)[:, None] * np.stack((east, north), axis=1)
    excess = (shrink**-2 - 2.0) * range_m**2
    half = (range_m**2 + range_sigma_m**2) / 2.0
    double = shrink**4
    noise = np.empty((len(range_m), 2, 2))
    noise[:, 0, 0] = excess * east**2 + half * (1.0 - double * np.cos(2.0 * bearing_rad))
    noise[:, 1, 1] = excess * north**2 + half * (1.0 + double * np.cos(2.0 * bearing_rad))
    noise[:, 0, 1] = noise[:, 1, 0] = excess * east * north + half * double * np.sin(2.0 * bearing_rad)
    return z, noise


def in_space(
    range_m: FloatArray,
    range_sigma_m: FloatArray,
    bearing_rad: FloatArray,
    bearing_sigma_rad: FloatArray,
    elevation_rad: FloatArray,
    elevation_sigma_rad: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return east, north and height (n, 3) above the sensor's level, the ground's fall included, and covariances.

    The part in the plane is that of the ground range, to second order in the elevation's error; height and ground range
    share the errors of range and elevation, to first order.
    """
    # A mean over elevations lies too near and too low by the same factor as one over bearings.
    shrink = np.exp(-(elevation_sigma_rad**2) / 2.0)
    cos, sin = np.cos(elevation_rad) / shrink, np.sin(elevation_rad) / shrink
    across_var = (range_m * elevation_sigma_rad) ** 2
    along_var = range_sigma_m**2
    bent_var = (range_m * cos * elevation_sigma_rad**2) ** 2 / 2.0
    ground_sigma = np.sqrt(cos**2 * along_var + sin**2 * across_var + bent_var)
    ground = range_m * cos
    flat, noise2 = on_the_plane(ground, ground_sigma, bearing_rad, bearing_sigma_rad)
    noise = np.zeros((len(range_m), 3, 3))
    noise[:, :2, :2] = noise2
    noise[:, 2, 2] = sin**2 * along_var + cos**2 * across_var
    # The unbiased variance along the beam is a trace smaller than the plain one; what is shared must not outgrow it.
    beam = np.stack((np.sin(bearing_rad), np.cos(bearing_rad)), axis=1)
    along = np.einsum("ni,nij,nj->n", beam, noise2, beam)
    shared = sin * cos * (along_var - across_var) * np.minimum(1.0, np.sqrt(along) / ground_sigma)
    noise[:, 0, 2] = noise[:, 2, 0] = np.sin(bearing_rad) * shared
    noise[:, 1, 2] = noise[:, 2, 1] = np.cos(bearing_rad) * shared
    return np.column_stack((flat, range_m * sin + drop_m(ground))), noise
