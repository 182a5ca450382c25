"""The lie of the land: flat, simple hills, or a grid of heights; what it hides and by how much it dampens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.simulate.streams import stream

FloatArray = NDArray[np.float64]

_METRES_PER_DEG = 111_200.0
_MODES = 8
_SAMPLES = np.linspace(0.03, 0.97, 33)
_BARRIER_HZ = 250.0
_MOST_SHIELDING_DB = 20.0
"""of a thin screen, whatever its height (Maekawa 1968, Appl. Acoust. 1, 157)"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HeightGrid:
    """Heights on a grid of equal steps, such as a person cut from an elevation model."""

    west_deg: float
    south_deg: float
    step_deg: float
    height_m: FloatArray
    """(n_lat, n_lon), from south to north and west to east"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Terrain:
    """Heights of the ground."""

    kind: Literal["flat", "hills", "grid"] = "flat"
    relief_m: float = 40.0
    """standard deviation of made hills"""
    seed: int = 0
    """of made hills"""
    grid: HeightGrid | None = None

    def __post_init__(self) -> None:
        """Refuse a grid without heights."""
        if (self.kind == "grid") != (self.grid is not None):
            raise ValueError("a grid of heights goes with kind 'grid', and only with it")

    def height_m(self, lon_deg: ArrayLike, lat_deg: ArrayLike) -> FloatArray:
        """Return the height of the ground, broadcasting; the edge of a grid goes on for ever."""
        lon, lat = np.broadcast_arrays(np.asarray(lon_deg, dtype=np.float64), np.asarray(lat_deg, dtype=np.float64))
        if self.kind == "hills":
            return self._hills(lon, lat)
        if self.grid is None:
            return np.zeros(lon.shape)
        return _interpolated(self.grid, lon, lat)

    def _hills(self, lon: FloatArray, lat: FloatArray) -> FloatArray:
        rng = stream(self.seed, "hills")
        length_m = np.exp(rng.uniform(np.log(2_000.0), np.log(30_000.0), _MODES))
        angle, phase = rng.uniform(0, 2 * np.pi, (2, _MODES))
        weight = np.sqrt(length_m / length_m.sum())
        east, north = lon * _METRES_PER_DEG * 0.67, lat * _METRES_PER_DEG
        height: FloatArray = np.zeros(lon.shape)
        for n in range(_MODES):
            along = east * np.cos(angle[n]) + north * np.sin(angle[n])
            height = height + weight[n] * np.sqrt(2.0) * np.sin(2 * np.pi * along / length_m[n] + phase[n])
        return self.relief_m * height

    def above_sight_m(
        self, lon_deg: float, lat_deg: float, height_m: float, to_lon: FloatArray, to_lat: FloatArray, to_m: float
    ) -> FloatArray:
        """Return how far the ground reaches above the straight line to places (n,); negative where the view is free.

        Args:
            lon_deg: of the one end.
            lat_deg: of the one end.
            height_m: above the ground there.
            to_lon: of the other ends, shape (n,).
            to_lat: of the other ends, shape (n,).
            to_m: above the ground there.
        """
        if self.kind == "flat":
            return np.full(np.shape(to_lon), -min(height_m, to_m))
        share = _SAMPLES[:, None]
        lon, lat = lon_deg + share * (to_lon - lon_deg), lat_deg + share * (to_lat - lat_deg)
        low = self.height_m(lon_deg, lat_deg) + height_m
        high = self.height_m(to_lon, to_lat) + to_m
        above: FloatArray = (self.height_m(lon, lat) - (low + share * (high - low))).max(axis=0)
        return above

    def shielding_db(self, lon_deg: float, lat_deg: float, to_lon: FloatArray, to_lat: FloatArray) -> FloatArray:
        """Return what hills on the way take from a sound near the ground, shape (n,).

        References:
            Maekawa 1968, Appl. Acoust. 1, 157: 10 log10(3 + 20 N), N the detour over half a wavelength.
        """
        if self.kind == "flat":
            return np.zeros(np.shape(to_lon))
        above = np.maximum(0.0, self.above_sight_m(lon_deg, lat_deg, 2.0, to_lon, to_lat, 2.0))
        away = np.hypot((to_lon - lon_deg) * _METRES_PER_DEG * 0.67, (to_lat - lat_deg) * _METRES_PER_DEG)
        detour = 2.0 * above**2 / np.maximum(away, 100.0) * 2.0
        loss = 10.0 * np.log10(3.0 + 20.0 * 2.0 * detour * _BARRIER_HZ / 340.0) - 10.0 * np.log10(3.0)
        shielding: FloatArray = np.minimum(loss, _MOST_SHIELDING_DB)
        return shielding


def _interpolated(grid: HeightGrid, lon: FloatArray, lat: FloatArray) -> FloatArray:
    rows, columns = grid.height_m.shape
    x = np.clip((lon - grid.west_deg) / grid.step_deg, 0.0, columns - 1.0)
    y = np.clip((lat - grid.south_deg) / grid.step_deg, 0.0, rows - 1.0)
    left, low = np.minimum(x.astype(int), columns - 2), np.minimum(y.astype(int), rows - 2)
    u, v, z = x - left, y - low, grid.height_m
    south = (1.0 - u) * z[low, left] + u * z[low, left + 1]
    north = (1.0 - u) * z[low + 1, left] + u * z[low + 1, left + 1]
    height: FloatArray = (1.0 - v) * south + v * north
    return height
