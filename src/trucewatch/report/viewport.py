"""From longitude and latitude to pixels: equirectangular, true to scale at the middle latitude."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from trucewatch.model.mission import MissionArea
from trucewatch.report.svg import px

_METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewport:
    """The part of the world that a map shows, and its size on paper."""

    area: MissionArea
    width_px: float
    height_px: float

    @classmethod
    def fit(cls, area: MissionArea, *, width_px: float, max_height_px: float = 540.0) -> Viewport:
        """Make the largest view of an area that fits, keeping its shape."""
        east = (area.east_deg - area.west_deg) * math.cos(math.radians((area.south_deg + area.north_deg) / 2))
        height = width_px * (area.north_deg - area.south_deg) / east
        shrink = min(1.0, max_height_px / height)
        return cls(area=area, width_px=width_px * shrink, height_px=height * shrink)

    @property
    def metres_a_px(self) -> float:
        """Metres that one pixel stands for."""
        return (self.area.north_deg - self.area.south_deg) * _METRES_A_DEGREE / self.height_px

    def xy(self, lon_deg: float, lat_deg: float) -> tuple[float, float]:
        """Return the pixel of a point, x to the right, y down."""
        x, y = self._project(np.array([[lon_deg, lat_deg]]))[0]
        return float(x), float(y)

    def sees(self, lon_deg: float, lat_deg: float) -> bool:
        """Say whether a point is in view."""
        return self.area.contains(lon_deg, lat_deg)

    def clipped(self, geometry: Any) -> Any:  # noqa: ANN401 - shapely carries no types
        """Return a geometry in pixels, cut at the frame."""
        near = shapely.clip_by_rect(geometry, *self._margin_deg()) if not geometry.is_empty else geometry
        return shapely.clip_by_rect(shapely.transform(near, self._project), 0, 0, self.width_px, self.height_px)

    def path(self, geometry: Any, *, tolerance_px: float = 0.3) -> str:  # noqa: ANN401
        """Return the SVG path of a geometry in degrees, cut at the frame; "" where nothing is in view."""
        return path_data(shapely.simplify(self.clipped(geometry), tolerance_px))

    def _margin_deg(self) -> tuple[float, float, float, float]:
        a, m = self.area, 1e-3 * (self.area.north_deg - self.area.south_deg)
        return a.west_deg - m, a.south_deg - m, a.east_deg + m, a.north_deg + m

    def _project(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        a = self.area
        x = (lonlat[:, 0] - a.west_deg) / (a.east_deg - a.west_deg) * self.width_px
        y = (a.north_deg - lonlat[:, 1]) / (a.north_deg - a.south_deg) * self.height_px
        return np.stack((x, y), axis=-1)


def path_data(geometry: Any) -> str:  # noqa: ANN401
    """Write a geometry in pixels as the "d" of an SVG path; points are left out."""
    parts: list[str] = []
    _walk(geometry, parts.append)
    return "".join(parts)


def _walk(geometry: Any, write: Callable[[str], None]) -> None:  # noqa: ANN401
    if geometry.is_empty:
        return
    if geometry.geom_type == "Polygon":
        for ring in (geometry.exterior, *geometry.interiors):
            write(_move(shapely.get_coordinates(ring)[:-1]) + "Z")
    elif geometry.geom_type in ("LineString", "LinearRing"):
        write(_move(shapely.get_coordinates(geometry)))
    elif geometry.geom_type != "Point":
        for part in geometry.geoms:
            _walk(part, write)


def _move(xy: NDArray[np.float64]) -> str:
    return "M" + "L".join(f"{px(x)} {px(y)}" for x, y in xy)
