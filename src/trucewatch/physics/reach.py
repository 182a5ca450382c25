"""The sensor model as a table over range and bearing, for those who ask it about many places at once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trucewatch.physics.detectability import Listener, probability_of_detection
from trucewatch.physics.source import Source
from trucewatch.physics.weather import Weather

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_RANGES_M: FloatArray = np.geomspace(10.0, 200_000.0, 120)
_LOG_RANGES: FloatArray = np.log(_RANGES_M)
_BEARINGS_DEG: FloatArray = np.linspace(0.0, 360.0, 25)


@lru_cache(maxsize=4096)
def reach_table(source: Source, listener: Listener, weather: Weather) -> FloatArray:
    """Return probabilities of detection by range and bearing: the model is asked once a weather, not once a place."""
    table = probability_of_detection(source, _RANGES_M[:, None], listener, weather, _BEARINGS_DEG[None, :])
    table.flags.writeable = False
    return table


@lru_cache(maxsize=1024)
def reach_tables(sources: tuple[Source, ...], listener: Listener, weather: Weather) -> FloatArray:
    """Return the reach tables of several sources, (n_sources, ranges, bearings), laid out as they are looked up."""
    tables = np.stack([reach_table(source, listener, weather) for source in sources], axis=-1)
    tables.flags.writeable = False
    return np.moveaxis(tables, -1, 0)


def looked_up(tables: FloatArray, range_m: FloatArray, toward_deg: FloatArray) -> FloatArray:
    """Read tables at ranges and bearings, linearly in bearing and in the logarithm of range.

    Args:
        tables: shape (..., ranges, bearings), of one or several reach tables.
        range_m: shape (n,); beyond 10 m and 200 km the table's edge holds.
        toward_deg: bearing from the source to the listener, shape (n,).

    Returns:
        shape (..., n); within 0.01 of the model itself.
    """
    row, up = _between(
        _LOG_RANGES, np.minimum(np.maximum(np.log(np.maximum(range_m, 1.0)), _LOG_RANGES[0]), _LOG_RANGES[-1])
    )
    column, right = _between(_BEARINGS_DEG, toward_deg % 360.0)
    kinds, n_columns = tables.shape[:-2], tables.shape[-1]
    n = len(kinds)
    cells = tables.transpose(n, n + 1, *range(n)).reshape(-1, *kinds)
    up, right = (x.reshape(-1, *(1 for _ in kinds)) for x in (up, right))
    at = row * n_columns + column
    near = cells.take(at, axis=0) * (1 - right) + cells.take(at + 1, axis=0) * right
    at += n_columns
    far = cells.take(at, axis=0) * (1 - right) + cells.take(at + 1, axis=0) * right
    by_place = near * (1 - up) + far * up
    return np.asarray(by_place.transpose(*range(1, n + 1), 0), dtype=np.float64)


def _between(grid: FloatArray, value: FloatArray) -> tuple[IntArray, FloatArray]:
    index = np.minimum(np.maximum(grid.searchsorted(value, "right") - 1, 0), len(grid) - 2)
    return index, (value - grid[index]) / (grid[index + 1] - grid[index])
