"""How large the region of a fix must be: what its own arrivals say of the paths, with the tails of not knowing it well.

Sound in a street takes detours, in one place longer ones than in another. So the size of the detours is an unknown of
each fix: a prior of a few arrivals' worth, and the fix's own residuals. What follows for the place has the tails of
Student's t. Regions are published as covariances, so the covariance is widened until its 90 per cent ellipse is t's.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.settings import FuseSettings

FloatArray = NDArray[np.float64]

_LEVEL = 0.90
"""the region that is made to be right; those of 50 per cent come out a little wide and those of 99 a little narrow"""
_UNKNOWNS = 3
"""east, north and origin time; the air has priors of its own"""


def region(
    scatter_m2: FloatArray, z: FloatArray, weight: FloatArray, settings: FuseSettings
) -> tuple[FloatArray, float]:
    """Return the covariance of a place, shape (2, 2), and the squared scale of paths that it rests on.

    Args:
        scatter_m2: covariance of the place for paths as the settings have them, shape (2, 2).
        z: residuals in sigmas, shape (n,).
        weight: of each in the fix, shape (n,).
        settings: how much the prior of the scale is worth, and the shared error.

    References:
        Gelman et al. 2013, Bayesian Data Analysis, sections 2.6 and 3.2: scaled inverse chi-square prior of a variance,
        Student-t posterior of a mean.
    """
    prior = settings.path_scale_freedom
    freedom = prior + max(0, len(z) - _UNKNOWNS)
    scale = (prior + float(weight @ z**2)) / freedom
    # Arrivals that happen to agree say nothing of what they share.
    shared = max(1.0, scale) * settings.systematic_sigma_m**2
    covariance = tail(freedom) * (scale * scatter_m2 + shared * np.eye(2))
    return np.asarray(covariance, dtype=np.float64), scale


@lru_cache(maxsize=256)
def tail(freedom: float) -> float:
    """Return by how much a covariance is widened so that its 90 per cent ellipse is that of t in two dimensions.

    In two dimensions the radius has a closed form: P(d2 > x) = (1 + x / freedom) ** (-freedom / 2).
    """
    t_radius2 = freedom * math.expm1(-2.0 * math.log1p(-_LEVEL) / freedom)
    return t_radius2 / (-2.0 * math.log1p(-_LEVEL))
