"""What moving and layered air does to sound near the ground: speed and bearing in wind, bent rays, shadow upwind.

Wind that is the same everywhere carries sound along and turns the front that an array sees. Wind that grows with
height, and temperature that changes with it, bend rays: down to the ground downwind, away from it upwind.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.physics.air import sound_speed_m_s

FloatArray = NDArray[np.float64]

ROUGHNESS_M = 0.03
"""of open grassland (WMO No. 8, annex on terrain classes)"""
_WIND_HEIGHT_M = 10.0
LAYER_M = (1.5, 30.0)
"""Between which heights the profiles are made straight: an ear's, and that of rays to a kilometre or two."""
_SPEED_PER_KELVIN = 0.60
"""metres per second, at 10 degrees C"""
_DIRECT_PER_S = 1e-9
"""Gradients below this are none."""


class Carried(NamedTuple):
    """What a steady wind does to a path."""

    speed_m_s: FloatArray
    """distance over travel time"""
    turn_deg: FloatArray
    """the back azimuth that an array sees, less the true one, clockwise positive: the source seems moved downwind"""


def carried(
    temperature_c: ArrayLike, wind_m_s: ArrayLike, wind_from_deg: ArrayLike, path_bearing_deg: ArrayLike
) -> Carried:
    """Return the speed along a path and the turn of its bearing in a wind that is the same everywhere, broadcasting.

    A front moves with c along its normal and with the wind besides, so the normal leans into the wind by
    arcsin(crosswind / c); what is left of c along the path is sqrt(c^2 - crosswind^2). The sum c + wind, as
    effective_speed_m_s has it, is too fast by crosswind^2 / 2 c: 0.15 m/s in 10 m/s across.

    Args:
        temperature_c: Air temperature.
        wind_m_s: Wind speed, below the speed of sound.
        wind_from_deg: Where the wind comes from.
        path_bearing_deg: From source to listener.

    References:
        Pierce 1989, Acoustics, section 8-1 (rays in moving media).
    """
    c = sound_speed_m_s(temperature_c)
    angle = np.radians(np.asarray(wind_from_deg, dtype=np.float64) + 180.0 - np.asarray(path_bearing_deg))
    speed = np.asarray(wind_m_s, dtype=np.float64)
    to_right = speed * np.sin(angle)
    along: FloatArray = speed * np.cos(angle) + np.sqrt(c**2 - to_right**2)
    return Carried(along, np.asarray(-np.degrees(np.arcsin(to_right / c)), dtype=np.float64))


def gradient_per_s(wind_along_m_s: ArrayLike, lapse_k_per_m: ArrayLike = 0.0) -> FloatArray:
    """Return how fast the effective speed of sound grows with height near the ground, (m/s) per m.

    Args:
        wind_along_m_s: Wind at 10 m, component from source to listener: positive bends down.
        lapse_k_per_m: How fast it gets colder upwards: 0.01 in well mixed air, 0.02 and more over sunlit ground,
            negative in an inversion.

    Returns:
        The slope of a logarithmic wind profile over LAYER_M, less 0.60 m/s for each kelvin of lapse.
    """
    low, high = LAYER_M
    growth = np.log(high / low) / np.log(_WIND_HEIGHT_M / ROUGHNESS_M) / (high - low)
    gradient: FloatArray = growth * np.asarray(wind_along_m_s, dtype=np.float64) - _SPEED_PER_KELVIN * np.asarray(
        lapse_k_per_m, dtype=np.float64
    )
    return gradient


def shadow_distance_m(
    gradient_per_s: ArrayLike, source_height_m: ArrayLike, listener_height_m: ArrayLike, speed_m_s: ArrayLike = 340.0
) -> FloatArray:
    """Return where the shadow begins behind the ray that grazes the ground; infinite where rays bend down.

    In a linear gradient rays are circles; the grazing one has the radius speed / |gradient|.

    References:
        Pierce 1989, Acoustics, section 8-3.
    """
    slope = np.asarray(gradient_per_s, dtype=np.float64)
    radius = np.asarray(speed_m_s, dtype=np.float64) / np.maximum(-slope, _DIRECT_PER_S)
    reach: FloatArray = np.zeros(
        np.broadcast_shapes(slope.shape, np.shape(source_height_m), np.shape(listener_height_m))
    )
    for height in (np.asarray(source_height_m), np.asarray(listener_height_m)):
        reach = reach + np.sqrt(np.maximum(2.0 * radius * height - height**2, 0.0))
    return np.where(slope < -_DIRECT_PER_S, reach, np.inf)[()]


def bent_time_s(distance_m: ArrayLike, gradient_per_s: ArrayLike, speed_m_s: ArrayLike = 340.0) -> FloatArray:
    """Return the travel time from ground to ground: over the arc that bends down, or along the ground in a shadow.

    The arc is faster than the straight path, for it leads through faster air: (2 / g) arsinh(g x / 2 c).

    References:
        Slotnick 1959, Lessons in Seismic Computing (diving waves in a linear gradient).
    """
    distance, slope, speed = (np.asarray(v, dtype=np.float64) for v in (distance_m, gradient_per_s, speed_m_s))
    down = np.maximum(slope, _DIRECT_PER_S)
    time: FloatArray = 2.0 / down * np.arcsinh(down * distance / (2.0 * speed))
    return time


def arc_height_m(distance_m: ArrayLike, gradient_per_s: ArrayLike, speed_m_s: ArrayLike = 340.0) -> FloatArray:
    """Return how high the arc from ground to ground leads; 0 where rays bend up."""
    distance, slope, speed = (np.asarray(v, dtype=np.float64) for v in (distance_m, gradient_per_s, speed_m_s))
    depth = speed / np.maximum(slope, _DIRECT_PER_S)
    height: FloatArray = (distance / 2.0) ** 2 / (np.sqrt(depth**2 + (distance / 2.0) ** 2) + depth)
    return np.where(slope > _DIRECT_PER_S, height, 0.0)[()]


def bending_sigma_s(
    distance_m: ArrayLike, gradient_per_s: ArrayLike, gradient_sigma_per_s: ArrayLike, speed_m_s: ArrayLike = 340.0
) -> FloatArray:
    """Return the spread of travel time that an uncertain gradient leaves, seconds.

    Half the difference of the times at one standard deviation to either side: the law is far from straight near no
    gradient, where bending up does nothing and bending down makes arrivals early.
    """
    slope, sigma = np.asarray(gradient_per_s, dtype=np.float64), np.asarray(gradient_sigma_per_s, dtype=np.float64)
    late, early = (bent_time_s(distance_m, slope + sign * sigma, speed_m_s) for sign in (-1.0, 1.0))
    spread: FloatArray = (late - early) / 2.0
    return spread
