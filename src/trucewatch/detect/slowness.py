"""Grids of horizontal slowness over which an array is steered.

A slowness vector here points **towards the source** (east, north; s/m), so an element that lies towards the source
hears the wave earlier. Its direction is the back azimuth, the inverse of its length the trace velocity.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolarGrid:
    """Back azimuth all the way round, trace velocity between two limits."""

    back_azimuth_step_deg: float = 2.0
    min_velocity_m_s: float = 300.0
    max_velocity_m_s: float = 600.0
    velocity_step_m_s: float = 2.5

    def __post_init__(self) -> None:
        """Refuse grids without area."""
        if self.back_azimuth_step_deg <= 0 or self.velocity_step_m_s <= 0:
            raise ValueError("grid steps must be positive")
        if not 0 < self.min_velocity_m_s < self.max_velocity_m_s:
            raise ValueError("need 0 < min_velocity_m_s < max_velocity_m_s")
        if min(self.shape) < 3:
            raise ValueError("a grid needs at least three points along each axis")

    @property
    def shape(self) -> tuple[int, int]:
        """Points in back azimuth, points in trace velocity."""
        span_m_s = self.max_velocity_m_s - self.min_velocity_m_s
        return round(360.0 / self.back_azimuth_step_deg), round(span_m_s / self.velocity_step_m_s) + 1

    @property
    def periodic(self) -> tuple[bool, bool]:
        """Back azimuth closes on itself; trace velocity does not."""
        return True, False

    def slowness_s_m(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """Return slowness (..., 2) at fractional grid indices along both axes."""
        n_azimuth, n_velocity = self.shape
        azimuth = 2.0 * np.pi * first / n_azimuth
        velocity = self.min_velocity_m_s + second * (self.max_velocity_m_s - self.min_velocity_m_s) / (n_velocity - 1)
        return np.stack([np.sin(azimuth), np.cos(azimuth)], axis=-1) / velocity[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CartesianGrid:
    """A square of east and north slowness centred on zero."""

    max_slowness_s_m: float = 1.0 / 300.0
    n_points: int = 148

    def __post_init__(self) -> None:
        """Refuse grids without area."""
        if self.max_slowness_s_m <= 0 or self.n_points < 3:
            raise ValueError("need max_slowness_s_m > 0 and n_points >= 3")

    @property
    def shape(self) -> tuple[int, int]:
        """Points east, points north."""
        return self.n_points, self.n_points

    @property
    def periodic(self) -> tuple[bool, bool]:
        """Neither axis closes on itself."""
        return False, False

    def slowness_s_m(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """Return slowness (..., 2) at fractional grid indices along both axes."""
        step = 2.0 * self.max_slowness_s_m / (self.n_points - 1)
        return np.stack([first * step, second * step], axis=-1) - self.max_slowness_s_m


Grid = PolarGrid | CartesianGrid


def on_edge(grid: Grid, node: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which flat node numbers lie on the outer edge of an axis that does not close on itself."""
    edge = np.zeros(node.shape, dtype=np.bool_)
    for index, size, periodic in zip(np.divmod(node, grid.shape[1]), grid.shape, grid.periodic, strict=True):
        if not periodic:
            edge |= (index == 0) | (index == size - 1)
    return edge


def slowest_s_m(grid: Grid) -> float:
    """Return the largest slowness that a grid holds."""
    if isinstance(grid, PolarGrid):
        return 1.0 / grid.min_velocity_m_s
    return float(np.sqrt(2.0)) * grid.max_slowness_s_m


def confine(grid: Grid, slowness_s_m: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Move slowness (n, 2) that a grid does not hold to its nearest edge, and say which were moved."""
    if isinstance(grid, PolarGrid):
        length = np.maximum(np.hypot(slowness_s_m[:, 0], slowness_s_m[:, 1]), 1e-12)
        allowed = np.clip(length, 1.0 / grid.max_velocity_m_s, 1.0 / grid.min_velocity_m_s)
        # A wave from straight above has no direction to be scaled along; it is put on the edge to the north.
        vertical = length <= 1e-12
        inside = np.where(vertical[:, None], np.array([0.0, 1.0]), slowness_s_m / length[:, None]) * allowed[:, None]
        return inside, length != allowed
    inside = np.clip(slowness_s_m, -grid.max_slowness_s_m, grid.max_slowness_s_m)
    return inside, (inside != slowness_s_m).any(axis=1)


def direction(slowness_s_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Turn slowness (..., 2) into back azimuth in [0, 360) degrees and trace velocity in m/s.

    A wave from straight above has no horizontal slowness and an infinite trace velocity.
    """
    east, north = slowness_s_m[..., 0], slowness_s_m[..., 1]
    with np.errstate(divide="ignore"):
        velocity = 1.0 / np.hypot(east, north)
    return np.degrees(np.arctan2(east, north)) % 360.0, velocity
