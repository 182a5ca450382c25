"""How things move between two looks: nearly constant velocity, each axis by itself, all tracks at once.

The noise is white acceleration of power q (m2/s3) along each horizontal axis and q times VERTICAL_SHARE upward.

References:
    Bar-Shalom, Y., Li, X.-R. & Kirubarajan, T. (2001), Estimation with Applications to Tracking and Navigation,
    Wiley, eqs. 6.2.2-4 (process noise) and 8.6-8.7 (fixed-interval smoothing).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

VERTICAL_SHARE = 0.1
"""what moves climbs and sinks less than it turns: a stated guess"""


@cache
def _noise_basis(n_axes: int) -> FloatArray:
    """Return (3, d d): what q dt^3/3, q dt^2/2 and q dt are multiplied with to give Q."""
    share = np.diag(np.array([1.0, 1.0, VERTICAL_SHARE])[:n_axes])
    none = np.zeros_like(share)
    basis = (
        np.block([[share, none], [none, none]]),
        np.block([[none, share], [share, none]]),
        np.block([[none, none], [none, share]]),
    )
    return np.stack([b.ravel() for b in basis])


def moved(state: FloatArray, dt_s: FloatArray) -> FloatArray:
    """Return states (n, 2a) a time later; position first, then velocity.

    Args:
        state: (n, 2a) metres, metres a second.
        dt_s: (n,) seconds.
    """
    a = state.shape[1] // 2
    later = state.copy()
    later[:, :a] += dt_s[:, None] * state[:, a:]
    return later


def spread(covariance: FloatArray, dt_s: FloatArray, power_m2_s3: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return covariances a time later, and those between then and now.

    Args:
        covariance: (n, 2a, 2a) P.
        dt_s: (n,) seconds, not negative.
        power_m2_s3: (n,) power of the white acceleration.

    Returns:
        F P F' + Q and F P, each (n, 2a, 2a).
    """
    n, d = covariance.shape[:2]
    a, dt = d // 2, dt_s[:, None, None]
    between = covariance.copy()
    between[:, :a] += dt * covariance[:, a:]
    powers = np.empty((n, 3))
    growth = power_m2_s3 * dt_s
    powers[:, 2] = growth
    growth = growth * dt_s
    powers[:, 1] = growth / 2.0
    powers[:, 0] = growth * dt_s / 3.0
    later = (powers @ _noise_basis(a)).reshape(n, d, d)
    later += between
    later[:, :, :a] += dt * between[:, :, a:]
    return later, between
