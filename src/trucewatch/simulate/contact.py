"""The line between the two sides of a made-up theatre, its zones, and who holds which ground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.geo import Segments, along_line, bearing_deg, destination, distance_m
from trucewatch.simulate.preset import Preset

FloatArray = NDArray[np.float64]

SIDES = ("A", "B")
"""left and right of the line's direction"""
BUFFER = "buffer"
AREA = "area-1"
_STEP_M = 8_000.0
_BEND_M = 1_500.0
_AREA_M = (5_000.0, 3_000.0)
"""extent of the disengagement area along and across the line"""
_DIGITS = 5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Contact:
    """A line of contact with a zone along it and a disengagement area in its middle."""

    line: FloatArray
    """(n, 2) longitude, latitude"""
    along_m: FloatArray
    """(n,) way along the line to each of its points"""
    segments: Segments
    buffer_m: float
    area: FloatArray
    """(5, 2) closed ring of the disengagement area"""

    @property
    def length_m(self) -> float:
        """Return how long the line is."""
        return float(self.along_m[-1])

    def place(self, along_m: ArrayLike, aside_m: ArrayLike) -> FloatArray:
        """Return (..., 2) longitude, latitude of places by their way along the line and to the right of it, metres."""
        along, aside = np.broadcast_arrays(np.asarray(along_m, dtype=np.float64), np.asarray(aside_m, dtype=np.float64))
        n = np.clip(np.searchsorted(self.along_m, along, side="right") - 1, 0, len(self.line) - 2)
        start, end = self.line[n], self.line[n + 1]
        toward = bearing_deg(start[..., 0], start[..., 1], end[..., 0], end[..., 1])
        lon, lat = destination(start[..., 0], start[..., 1], toward, along - self.along_m[n])
        lon, lat = destination(lon, lat, toward + 90.0, aside)
        return np.stack((lon, lat), axis=-1)

    def sides(self, lon_lat: FloatArray) -> tuple[str, ...]:
        """Return who holds the ground at each of places (n, 2)."""
        return tuple(SIDES[0] if s >= 0 else SIDES[1] for s in self.segments.nearest(lon_lat).side)

    def zones(self, lon_lat: FloatArray) -> tuple[str, ...]:
        """Return the narrowest zone that each of places (n, 2) lies in, "" where in none."""
        near = self.segments.nearest(lon_lat).distance_m <= self.buffer_m
        inside = _inside(self.area, lon_lat)
        return tuple(AREA if a else BUFFER if b else "" for a, b in zip(inside, near, strict=True))


@lru_cache(maxsize=8)
def _line(lon: float, lat: float, bearing: float, length_m: float) -> FloatArray:
    """Return a line with gentle bends, the same for every seed, so that presets of one place share it."""
    n = max(3, round(length_m / _STEP_M) + 1)
    along = np.linspace(-length_m / 2.0, length_m / 2.0, n)
    straight = np.stack(destination(lon, lat, bearing, along), axis=-1)
    bend = _BEND_M * np.sin(np.arange(n) * 2.4)
    bent = np.stack(destination(straight[:, 0], straight[:, 1], bearing + 90.0, bend), axis=-1)
    return np.round(bent, _DIGITS)


def contact_of(preset: Preset) -> Contact:
    """Return the line of contact of a theatre."""
    line = _line(preset.lon_deg, preset.lat_deg, preset.bearing_deg, preset.length_m)
    steps = distance_m(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1])
    along = np.concatenate(([0.0], np.cumsum(steps)))
    bare = Contact(line=line, along_m=along, segments=along_line(line), buffer_m=preset.buffer_m, area=np.zeros((5, 2)))
    half = np.array(_AREA_M) / 2.0
    corners = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1], [-1, -1]]) * half
    ring = np.round(bare.place(along[-1] / 2.0 + corners[:, 0], corners[:, 1]), _DIGITS)
    return Contact(line=line, along_m=along, segments=bare.segments, buffer_m=preset.buffer_m, area=ring)


def _inside(ring: FloatArray, lon_lat: FloatArray) -> NDArray[np.bool_]:
    """Say which places lie in a ring, by the crossings of a ray; a few kilometres are flat enough for degrees."""
    x, y = lon_lat[:, 0, None], lon_lat[:, 1, None]
    x0, y0, x1, y1 = ring[:-1, 0], ring[:-1, 1], ring[1:, 0], ring[1:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        crosses = ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return np.asarray(crosses.sum(axis=1) % 2 == 1, dtype=np.bool_)
