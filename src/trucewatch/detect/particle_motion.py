"""How the ground moves at one station of three components: along a line or not, up or sideways, and from where."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

FloatArray = NDArray[np.float64]

BEARING_FLOOR_DEG = 10.0
"""What slanting layers and the sensor's own orientation turn a P wave's bearing by at one station (general knowledge;
LIMIT: not measured on explosions yet)."""
SURFACE_S_M_S = 3360.0
"""S speed under the station, which turns the apparent into the true angle of arrival (iasp91's upper crust)."""
_LEAST_SLOPE = 0.02
"""Flattest apparent motion that still gives a trace velocity: steeper arrivals are beyond 100 km/s anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """Particle motion over a short window."""

    rectilinearity: float
    """1 along a line, 0 a ball: 1 - (l2 + l3) / (2 l1)"""
    vertical_share: float
    """of the energy"""
    bearing_deg: float
    """back azimuth if it is a P wave; the other way round with probability p_reverse"""
    bearing_sigma_deg: float
    p_reverse: float
    trace_velocity_m_s: float
    trace_velocity_sigma_m_s: float


def particle_motion(samples: FloatArray, independent: float, noise_energy: float = 0.0) -> Motion | None:
    """Read the motion in a window, or None where nothing moves.

    A P wave shakes the ground along its path, upwards and away from the source or downwards and towards it: the
    vertical says which of the two horizontal directions is the source's.

    Args:
        samples: (3, n) vertical (up), north, east.
        independent: How many independent samples the window holds: twice its bandwidth times its length.
        noise_energy: Mean square of the noise in one component, taken off.

    References:
        Jurkevics 1988, Bull. Seismol. Soc. Am. 78, 1725 (covariance, rectilinearity); Wiechert 1907 for the free
        surface: sin i_true / alpha = sin(i_apparent / 2) / beta.
    """
    level = samples - samples.mean(axis=1, keepdims=True)
    covariance = level @ level.T / level.shape[1]
    values, vectors = np.linalg.eigh(covariance - noise_energy * np.eye(3))
    values = np.maximum(values[::-1], 0.0)
    total = float(np.trace(covariance))
    if total <= 0.0 or values[0] <= 0.0:
        return None
    up, north, east = vectors[:, -1] * (1.0 if vectors[0, -1] >= 0.0 else -1.0)
    sideways = math.hypot(north, east)
    beside = max(float(values[1]), 1e-4 * float(values[0]))
    turn = math.sqrt(beside * values[0] / max(independent, 1.0)) / max(float(values[0]) - beside, 1e-9 * total)
    bearing_sigma = math.hypot(math.degrees(turn / max(sideways, 0.05)), BEARING_FLOOR_DEG)
    apparent = math.atan2(sideways, up)
    slowness = max(math.sin(apparent / 2.0), _LEAST_SLOPE) / SURFACE_S_M_S
    slope_sigma = math.hypot(turn, math.radians(5.0)) / 2.0 * math.cos(apparent / 2.0)
    return Motion(
        rectilinearity=float(1.0 - (values[1] + values[2]) / (2.0 * values[0])),
        vertical_share=float(covariance[0, 0] / total),
        bearing_deg=float(math.degrees(math.atan2(east, north)) + 180.0) % 360.0,
        bearing_sigma_deg=min(bearing_sigma, 104.0),
        p_reverse=float(ndtr(-up / max(turn, 1e-3))),
        trace_velocity_m_s=float(1.0 / slowness),
        trace_velocity_sigma_m_s=float(slope_sigma / SURFACE_S_M_S / slowness**2),
    )
