"""What the tracker is told of how things move and begin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """How one kind of thing moves."""

    power_m2_s3: float
    """of the white acceleration along an axis"""
    speed_sigma_m_s: float
    """of each axis, before anything is known"""
    climb_sigma_m_s: float
    life_s: float
    """mean time for which it stays visible to anyone"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """What the forward pass is told."""

    n_axes: int
    motions: tuple[Motion, ...]
    """by number of the kind"""
    ray_window_s: float = 10.0
    """bearings of two sensors this far apart in time may start a track"""
    log_ray_births: float = float(np.log(1e-9))
    """log of new things a square metre, for starts from two bearings"""

    def speed_variances(self) -> NDArray[np.float64]:
        """Return the variance of each axis' speed before anything is known, (kinds, axes)."""
        return _speed_variances(self.motions, self.n_axes)


@cache
def _speed_variances(motions: tuple[Motion, ...], n_axes: int) -> NDArray[np.float64]:
    rows = [[m.speed_sigma_m_s, m.speed_sigma_m_s, m.climb_sigma_m_s][:n_axes] for m in motions]
    return np.array(rows, dtype=np.float64) ** 2
