"""A plane wave through arrival times at some places: least squares, the worst time left out where one disagrees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

WORST = 4.0
"""A time further than this many of its errors from the plane is left out."""
_LEAST_SPREAD = 0.05
"""Smallest ratio of the places' widths that still gives a plane and not a line."""
_FLATTEST_S_PER_M = 1.0 / 50_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneWave:
    """Direction and speed of a wave across some places."""

    time_s: float
    """when it passes the origin of the places, on the scale of the times given"""
    time_sigma_s: float
    bearing_deg: float
    """towards where it comes from"""
    bearing_sigma_deg: float
    trace_velocity_m_s: float
    trace_velocity_sigma_m_s: float
    misfit: float
    """mean square of the residuals in units of their errors; about 1 where the errors are right"""


def plane_wave(
    places_m: FloatArray, times_s: FloatArray, sigma_s: FloatArray, least: int = 3
) -> tuple[PlaneWave | None, tuple[int, ...]]:
    """Fit a plane wave.

    Args:
        places_m: (n, 2) east and north.
        times_s: (n,) arrival times.
        sigma_s: (n,) their errors.
        least: How many times must be left.

    Returns:
        The wave, and which times it explains; None where the places lie along a line, too few times are left, or they
        still disagree. A misfit above 1 widens the errors.
    """
    used = np.arange(len(times_s))
    while len(used) >= max(3, least):
        centred = places_m[used] - places_m[used].mean(axis=0)
        widths = np.linalg.svd(centred, compute_uv=False)
        if widths[1] < _LEAST_SPREAD * widths[0]:
            return None, ()
        design = np.column_stack([np.ones(len(used)), places_m[used]]) / sigma_s[used, None]
        solution, *_ = np.linalg.lstsq(design, times_s[used] / sigma_s[used], rcond=None)
        residual = times_s[used] / sigma_s[used] - design @ solution
        worst = int(np.argmax(np.abs(residual)))
        free = len(used) - 3
        if free == 0 or abs(residual[worst]) <= WORST:
            misfit = float((residual**2).sum() / free) if free else 1.0
            covariance = np.linalg.inv(design.T @ design) * max(1.0, misfit)
            return _wave(
                np.asarray(solution, dtype=np.float64), np.asarray(covariance, dtype=np.float64), misfit
            ), tuple(int(n) for n in used)
        used = np.delete(used, worst)
    return None, ()


def _wave(solution: FloatArray, covariance: FloatArray, misfit: float) -> PlaneWave:
    east, north = solution[1:]
    slowness = max(float(np.hypot(east, north)), 1e-12)
    along = np.array([east, north]) / slowness
    across = np.array([along[1], -along[0]])
    inner = covariance[1:, 1:]
    turn = float(np.degrees(np.sqrt(across @ inner @ across) / slowness))
    bounded = max(slowness, _FLATTEST_S_PER_M)
    return PlaneWave(
        time_s=float(solution[0]),
        time_sigma_s=float(np.sqrt(covariance[0, 0])),
        bearing_deg=float(np.degrees(np.arctan2(-east, -north)) % 360.0),
        bearing_sigma_deg=min(turn, 104.0),
        trace_velocity_m_s=1.0 / bounded,
        trace_velocity_sigma_m_s=float(np.sqrt(along @ inner @ along)) / bounded**2,
        misfit=misfit,
    )
