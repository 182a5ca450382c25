"""How large the region of a fix must be: each part of its error with the certainty that there is about its size.

Three parts. The air has a prior of its own, and what all shots from a place share is a setting: both are taken as
known. Sound in a street takes detours, in one place longer ones than in another, so their size is an unknown of each
fix: a prior of a few arrivals' worth, whose mean is the size that the settings state, and the fix's own residuals. What
follows for the place has the tails of Student's t, the lighter the more of the error comes from the parts that are
known. Regions are published as covariances, so the covariance is widened until its 90 per cent ellipse is t's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.settings import FuseSettings

FloatArray = NDArray[np.float64]

_LEVEL = 0.90
"""the region that is made to be right; those of 50 per cent come out a little wide and those of 99 a little narrow"""
_UNKNOWNS = 3
"""east, north and origin time; the air has priors of its own"""
_LEAST_M2 = 1e-9
"""keeps the share of what is learned above nought"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Region:
    """What is known of a place, and of the paths that it rests on."""

    covariance_m2: FloatArray
    """shape (2, 2), widened so that its 90 per cent ellipse holds 90 per cent"""
    scale: float
    """squared size of detours in units of what the settings state"""
    shared_m2: float
    """squared error on one axis that all shots from the place share, not widened"""
    freedom: float
    """degrees of freedom of the tails"""


def region(
    path_m2: FloatArray, air_m2: FloatArray, z: FloatArray, weight: FloatArray, settings: FuseSettings
) -> Region:
    """Return the region of a place.

    Args:
        path_m2: covariance of the place from detours and picks as the settings have them, shape (2, 2).
        air_m2: from the prior of the air, shape (2, 2).
        z: residuals in sigmas, shape (n,).
        weight: of each in the fix, shape (n,).
        settings: prior of the detours, and the shared error.

    References:
        Gelman et al. 2013, Bayesian Data Analysis, sections 2.6 and 3.2: scaled inverse chi-square prior of a variance,
        Student-t posterior of a mean. Satterthwaite 1946, Biometrics Bulletin 2, 110, equation 17: degrees of freedom
        of a sum of variances of which some are learned.
    """
    prior = settings.path_scale_freedom
    freedom = prior + max(0, len(z) - _UNKNOWNS)
    scale = (prior * prior_scale(prior) + float(weight @ z**2)) / freedom
    # Arrivals that happen to agree say nothing of what they share; those that disagree more than stated say it is more.
    shared_m2 = max(1.0, scale) * settings.systematic_sigma_m**2
    whole = scale * path_m2 + air_m2 + shared_m2 * np.eye(2)
    learned = scale * float(np.trace(path_m2)) + (2.0 * shared_m2 if scale > 1.0 else 0.0)
    of_sum = freedom * (float(np.trace(whole)) / max(learned, _LEAST_M2)) ** 2
    covariance = np.asarray(tail(of_sum) * whole, dtype=np.float64)
    return Region(covariance_m2=covariance, scale=scale, shared_m2=shared_m2, freedom=of_sum)


def prior_scale(freedom: float) -> float:
    """Return the scale of an inverse chi-square prior of a variance whose mean is one.

    So that what the settings state is the mean square of detours over all places, and not that of the usual place.

    Args:
        freedom: of the prior, more than 2.
    """
    return (freedom - 2.0) / freedom


def tail(freedom: float) -> float:
    """Return by how much a covariance is widened so that its 90 per cent ellipse is that of t in two dimensions.

    In two dimensions the radius has a closed form: P(d2 > x) = (1 + x / freedom) ** (-freedom / 2).
    """
    t_radius2 = freedom * math.expm1(-2.0 * math.log1p(-_LEVEL) / freedom)
    return t_radius2 / (-2.0 * math.log1p(-_LEVEL))
