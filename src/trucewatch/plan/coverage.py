"""Probability that an event of a size would have been noticed, cell by cell and hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import Area, bearing_deg, distance_m
from trucewatch.model.instant import Interval
from trucewatch.model.mission import MissionArea
from trucewatch.model.network import Sensor
from trucewatch.physics import (
    Listener,
    Source,
    Weather,
    at_least,
    listener_of,
    looked_up,
    probability_of_detection,
    reach_table,
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageSettings:
    """How fine the grid is."""

    n_cells: int = 40
    """cells along the longer side of the box"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One stretch of a period: its weather, who listened for which share of it, and in what noise."""

    time: Interval
    weather: Weather
    listening: tuple[float, ...]
    """share of the stretch in which each sensor listened, in the order of the sensors"""
    listeners: tuple[Listener | None, ...]
    """how each of them listens with the noise of the stretch; None for a kind without a model"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cells:
    """A regular grid of cell centres and which of them lie in the watched areas."""

    lon_deg: FloatArray
    lat_deg: FloatArray
    inside: NDArray[np.bool_]
    """shape (n_lat, n_lon)"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Coverage:
    """Detection probabilities of one source; hours first, then cells that lie inside."""

    p_one: FloatArray
    """by at least one sensor, shape (n_hours, n_inside)"""
    p_two: FloatArray
    """by at least two, same shape"""


def cells_of(box: MissionArea, areas: Sequence[Area], settings: CoverageSettings | None = None) -> Cells:
    """Lay a grid over a box; where areas are given, only cells with their centre in one of them count.

    Args:
        box: the mission's area.
        areas: zones that the terms speak of; empty: the whole box.
        settings: fineness.

    An area smaller than a cell would lose every centre; then the whole box counts rather than nothing.
    """
    n = (settings or CoverageSettings()).n_cells
    middle = np.cos(np.radians((box.south_deg + box.north_deg) / 2))
    width, height = (box.east_deg - box.west_deg) * middle, box.north_deg - box.south_deg
    step = max(width, height) / n
    lon = _centres(box.west_deg, box.east_deg, step / middle)
    lat = _centres(box.south_deg, box.north_deg, step)
    grid_lon, grid_lat = np.meshgrid(lon, lat)
    inside = np.zeros(grid_lon.shape, dtype=bool)
    for area in areas:
        inside |= area.contains(grid_lon, grid_lat)
    if not inside.any():
        inside[:] = True
    return Cells(lon_deg=lon, lat_deg=lat, inside=inside)


def coverage(source: Source, sensors: Sequence[Sensor], hours: Sequence[Hour], cells: Cells) -> Coverage:
    """Work out who would have noticed an event of one kind in each cell and hour.

    Sensors are independent given weather and source.
    LIMIT: a loud or a quiet specimen of a kind is loud or quiet for all; independence makes the chance of at least
    one a little too high and of at least two a little too low.
    """
    grid_lon, grid_lat = np.meshgrid(cells.lon_deg, cells.lat_deg)
    lon, lat = grid_lon[cells.inside], grid_lat[cells.inside]
    usual = [listener_of(s) for s in sensors]
    reach: dict[tuple[int, Listener, Weather], FloatArray] = {}
    one, two = np.zeros((len(hours), len(lon))), np.zeros((len(hours), len(lon)))
    for i, h in enumerate(hours):
        if not sensors:
            break
        p = np.zeros((len(sensors), len(lon)))
        for n, (listener, share) in enumerate(zip(h.listeners, h.listening, strict=True)):
            if listener is None or share == 0.0:
                continue
            key = (n, listener, h.weather)
            if key not in reach:
                ask = _reach if listener == usual[n] else _read_reach
                reach[key] = ask(source, sensors[n], listener, h.weather, lon, lat)
            p[n] = share * reach[key]
        one[i], two[i] = at_least(p, 1), at_least(p, min(2, len(sensors)) if len(sensors) > 1 else 1)
    if len(sensors) < 2:
        two[:] = 0.0
    return Coverage(p_one=one, p_two=two)


def _reach(
    source: Source, sensor: Sensor, listener: Listener, weather: Weather, lon: FloatArray, lat: FloatArray
) -> FloatArray:
    """Probability of detection by one sensor while it listens, shape (n_cells,)."""
    range_m, path = _paths(sensor, lon, lat)
    return np.asarray(probability_of_detection(source, range_m, listener, weather, path))


def _read_reach(
    source: Source, sensor: Sensor, listener: Listener, weather: Weather, lon: FloatArray, lat: FloatArray
) -> FloatArray:
    """Return the same from a table: measured noise makes another listener of a sensor every hour."""
    return looked_up(reach_table(source, listener, weather), *_paths(sensor, lon, lat))


def _paths(sensor: Sensor, lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the distance of each cell from a sensor, and the bearing from the cell to it."""
    lon0, lat0 = np.full_like(lon, sensor.place.lon_deg), np.full_like(lat, sensor.place.lat_deg)
    range_m = np.maximum(np.asarray(distance_m(lon, lat, lon0, lat0)), 1.0)
    return range_m, np.asarray(bearing_deg(lon, lat, lon0, lat0))


def _centres(low: float, high: float, step: float) -> FloatArray:
    n = max(1, round((high - low) / step))
    edges = np.linspace(low, high, n + 1)
    return (edges[:-1] + edges[1:]) / 2
