"""Place phrases such as "17km NW of Donetsk", generated from coordinates and never parsed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo.geodesic import bearing_deg, distance_m
from trucewatch.report.daybook import NamedPlace

EIGHT_WINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
TOWN_INHABITANTS = 5_000
"""a reference town has at least so many; smaller ones only where the list has none"""
NEAR_M = 1_500.0
"""closer than this the phrase says "in or near": gazetteer points differ by up to 4.3 km among themselves"""
_CANDIDATES = 8


def eight_wind(bearing: float) -> str:
    """Name one of eight winds, as the SMM did for places; a border belongs to the clockwise sector."""
    return EIGHT_WINDS[int((bearing + 22.5) % 360.0 // 45.0) % 8]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Gazetteer:
    """The reference towns, ready to be searched."""

    towns: tuple[NamedPlace, ...]
    _lon: NDArray[np.float64] = field(init=False, repr=False)
    _lat: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_lon", np.array([t.lon_deg for t in self.towns], dtype=np.float64))
        object.__setattr__(self, "_lat", np.array([t.lat_deg for t in self.towns], dtype=np.float64))

    @classmethod
    def of(cls, places: Sequence[NamedPlace], min_inhabitants: int = TOWN_INHABITANTS) -> Gazetteer:
        """Keep the towns of a list of places; all of it where none is large enough."""
        towns = tuple(p for p in places if p.population >= min_inhabitants)
        return cls(towns=towns or tuple(places))

    def nearest(self, lon_deg: float, lat_deg: float) -> NamedPlace | None:
        """Return the nearest town, None where the list is empty."""
        if not self.towns:
            return None
        east = (self._lon - lon_deg) * np.cos(np.radians(lat_deg))
        rough = np.argsort(np.hypot(east, self._lat - lat_deg), kind="stable")[:_CANDIDATES]
        exact = distance_m(lon_deg, lat_deg, self._lon[rough], self._lat[rough])
        return self.towns[int(rough[int(np.argmin(exact))])]

    def phrase(self, lon_deg: float, lat_deg: float) -> str:
        """Say where a point is: "17km NW of Donetsk", "in or near Donetsk", or coordinates where no town is listed."""
        town = self.nearest(lon_deg, lat_deg)
        if town is None:
            return coordinates(lon_deg, lat_deg)
        away_m = float(distance_m(town.lon_deg, town.lat_deg, lon_deg, lat_deg))
        if away_m < NEAR_M:
            return f"in or near {town.name}"
        wind = eight_wind(float(bearing_deg(town.lon_deg, town.lat_deg, lon_deg, lat_deg)))
        return f"{round(away_m / 1000)}km {wind} of {town.name}"


def coordinates(lon_deg: float, lat_deg: float, digits: int = 2) -> str:
    """Write a position with hemisphere letters, latitude first as people read it ("48.31 N, 37.90 E")."""
    north, east = ("N" if lat_deg >= 0 else "S"), ("E" if lon_deg >= 0 else "W")
    return f"{abs(lat_deg):.{digits}f} {north}, {abs(lon_deg):.{digits}f} {east}"
