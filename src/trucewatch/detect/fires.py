"""Fires that belong together, and fires that always burn.

`cluster` is density clustering in space and time: two detections are neighbours when they lie within a cylinder, so
many metres apart and so many seconds apart, each limit on its own. Scaling time into metres and using a ball, as
general libraries do, gives other clusters. `persistent_sources` marks cells that burn year after year in peace.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.cylinder import ClusterSettings
from trucewatch.detect.slabs import NOISE, Points, labels

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """What makes a cell a persistent source; the defaults gave 156 cells over Ukraine from six baseline years."""

    cell_deg: float = 0.01
    min_fire_days: int = 12
    """Different days with fire within one year."""
    min_years: int = 3
    baseline_years: tuple[int, ...] | None = None
    """Years of peace to learn from; None takes all that are given."""

    def __post_init__(self) -> None:
        """Refuse settings that mark everything or nothing."""
        if self.cell_deg <= 0 or self.min_fire_days < 1 or self.min_years < 1:
            raise ValueError("cell_deg, min_fire_days and min_years must be positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistentMask:
    """The cells that hold a persistent source."""

    cell_deg: float
    cells: tuple[tuple[int, int], ...]
    """Column (longitude) and row (latitude) of each cell, counted from 0 degrees, ascending."""

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.cells)


def _canonical(label: IntArray) -> IntArray:
    """Renumber labels 0, 1, ... in the order in which they first appear; noise stays -1."""
    clustered = np.flatnonzero(label != NOISE)
    _, first, inverse = np.unique(label[clustered], return_index=True, return_inverse=True)
    number = np.empty(first.size, dtype=np.int64)
    number[np.argsort(first)] = np.arange(first.size)
    renumbered = np.full(label.size, NOISE, dtype=np.int64)
    renumbered[clustered] = number[inverse]
    return renumbered


def _in_order(x_m: FloatArray, y_m: FloatArray, t_s: FloatArray) -> bool:
    """Say whether points come by time, then east, then north."""
    rising = y_m[1:] >= y_m[:-1]
    for column in (x_m, t_s):
        rising = (column[1:] > column[:-1]) | (rising & (column[1:] == column[:-1]))
    return bool(rising.all())


def cluster(x_m: FloatArray, y_m: FloatArray, t_s: FloatArray, settings: ClusterSettings | None = None) -> IntArray:
    """Group detections that are dense in space and time.

    The labels do not depend on the order of the input: they are numbered by the first point of each cluster in
    (t, x, y) order, and a border point between two clusters goes to its nearest core point.

    Args:
        x_m: East, shape (n,), in a plane frame.
        y_m: North, shape (n,).
        t_s: Time, shape (n,).
        settings: Cylinder and density.

    Returns:
        Labels, shape (n,), from 0; -1 for points in no cluster.

    Raises:
        ValueError: If the shapes differ or a value is not finite.

    References:
        Birant & Kut (2007), Data & Knowledge Engineering 60(1), 208-221 (ST-DBSCAN); Ester et al. (1996), KDD.
    """
    settings = settings or ClusterSettings()
    columns = [np.asarray(column, dtype=np.float64) for column in (x_m, y_m, t_s)]
    if len({column.shape for column in columns}) != 1 or columns[0].ndim != 1:
        raise ValueError(f"x_m, y_m, t_s must be rows of one length, got {[column.shape for column in columns]}")
    if not all(np.isfinite(column).all() for column in columns):
        raise ValueError("x_m, y_m and t_s must be finite")
    if columns[0].size == 0:
        return np.empty(0, dtype=np.int64)
    x, y, t = columns
    if _in_order(x, y, t):
        return _canonical(labels(Points(x_m=x, y_m=y, t_s=t, settings=settings)))
    canonical = np.lexsort((y, x, t))
    label = np.empty(canonical.size, dtype=np.int64)
    label[canonical] = cluster(x[canonical], y[canonical], t[canonical], settings)
    return label


def cell_number(value_deg: FloatArray, cell_deg: float) -> IntArray:
    """Return the cell of each coordinate; one on a cell's edge belongs to the cell above it."""
    # 37.61 / 0.01 is 3760.9999999999995 in binary; rounding first keeps published decimals in their own cell.
    scaled = np.round(np.asarray(value_deg, dtype=np.float64) / cell_deg, 6)
    return np.floor(scaled).astype(np.int64)


def year_of(day: IntArray) -> IntArray:
    """Return the Gregorian year of each day, counted in days since 1970-01-01."""
    year: IntArray = np.asarray(day, dtype=np.int64).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    return year + 1970


def persistent_sources(
    lon_deg: FloatArray, lat_deg: FloatArray, day: IntArray, settings: SourceSettings | None = None
) -> PersistentMask:
    """Find the cells that burned on many days in each of several years.

    Args:
        lon_deg: Longitude of every fire of the baseline, shape (n,).
        lat_deg: Latitude, shape (n,).
        day: Day of every fire, in days since 1970-01-01, shape (n,).
        settings: Cell size and how often is often.
    """
    settings = settings or SourceSettings()
    day = np.asarray(day, dtype=np.int64)
    year = year_of(day)
    chosen = np.ones(day.size, dtype=np.bool_)
    if settings.baseline_years is not None:
        chosen = np.isin(year, np.array(settings.baseline_years, dtype=np.int64))
    column = cell_number(lon_deg, settings.cell_deg)[chosen]
    row = cell_number(lat_deg, settings.cell_deg)[chosen]
    fire_days = np.unique(np.stack([column, row, year[chosen], day[chosen]], axis=1), axis=0)
    cell_years, n_days = np.unique(fire_days[:, :3], axis=0, return_counts=True)
    often = cell_years[n_days >= settings.min_fire_days]
    cells, n_years = np.unique(often[:, :2], axis=0, return_counts=True)
    kept = cells[n_years >= settings.min_years]
    return PersistentMask(cell_deg=settings.cell_deg, cells=tuple((int(a), int(b)) for a, b in kept))


def is_persistent(lon_deg: FloatArray, lat_deg: FloatArray, mask: PersistentMask) -> BoolArray:
    """Say for each place whether it lies in a cell with a persistent source, shape (n,)."""
    column, row = cell_number(lon_deg, mask.cell_deg), cell_number(lat_deg, mask.cell_deg)
    if not mask.cells:
        return np.zeros(column.shape, dtype=np.bool_)
    known = np.array(mask.cells, dtype=np.int64)
    # One number a cell: rows span at most 180 degrees, so twice that many rows keep columns apart.
    width = int(np.ceil(360.0 / mask.cell_deg))
    return np.isin(column * width + row, known[:, 0] * width + known[:, 1])
