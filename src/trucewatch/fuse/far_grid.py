"""One posterior over place and time of a far event, on a grid that is refined where the probability is.

Coarse cells are judged with the likelihood smeared over the cell, so that a narrow mode between two centres is not
lost; the cells that hold nearly all of the probability are split, until the 90 per cent region has some hundred cells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.far_density import Seen, roughly_seen_from, seen_from
from trucewatch.fuse.far_likelihood import COARSE_CELL_M, likelihood
from trucewatch.fuse.far_reading import AIR, GROUND, SOUND, Reading
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.geo.geodesic import from_azimuthal, to_azimuthal

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Prior = Callable[[FloatArray], FloatArray]
"""of places, shape (n, 2) longitude and latitude, to factors, shape (n,)"""

_LEAST_CELL_M = 100.0
_KEPT = (0.9995, 0.995, 0.98, 0.96)
"""share of a level's probability whose cells are split: the first that leaves room to split them. What is left behind
is the thin tail of strays, spread over half a continent; it stays outside of every region and is counted as such"""
_LEAST_INSIDE = 0.94
"""no more than this is left behind over all levels"""
_LEAST_CELLS = 200
"""cells of the 90 per cent region that are fine enough"""
_WANTED_CELLS = 3000
_MOST_SPLIT, _MOST_LEVELS = 6, 8
_SHRINKS = 0.8
_LEAST_TIMES, _MOST_TIMES = 48, 160
_SLOWEST_M_S = {AIR: 200.0, SOUND: 200.0, GROUND: 2_000.0}
_FAST_M_S, _SOUND_M_S = 6_000.0, 300.0
_NOTHING = 1e-300


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cloud:
    """A posterior over cells of a plane and moments."""

    centre: tuple[float, float]
    """longitude and latitude of the plane's centre"""
    cell_m: float
    xy_m: FloatArray
    """cell centres, east and north about the plane's centre, shape (n, 2)"""
    index: IntArray
    """column and row of each cell, shape (n, 2)"""
    lon_lat: FloatArray
    """shape (n, 2)"""
    time_s: FloatArray
    """moments, evenly spaced, seconds since 1970, shape (m,)"""
    joint: FloatArray
    """probability of each cell and moment, shape (n, m); what is missing to 1 lies outside"""
    log_evidence: float
    """of the readings against chance, beneath a prior of one event in a square metre and second"""

    @property
    def p_cell(self) -> FloatArray:
        """Probability of each cell, shape (n,)."""
        return np.asarray(self.joint.sum(axis=1), dtype=np.float64)

    @property
    def p_time(self) -> FloatArray:
        """Probability of each moment, shape (m,)."""
        return np.asarray(self.joint.sum(axis=0), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Level:
    centre: tuple[float, float]
    cell_m: float
    index: IntArray
    time_s: FloatArray

    @property
    def xy_m(self) -> FloatArray:
        return np.asarray((self.index + 0.5) * self.cell_m, dtype=np.float64)


def posterior(
    readings: Sequence[Reading],
    prior: Prior,
    settings: FarSettings,
    least_log_evidence: float = -np.inf,
    enough: float = 0.0,
) -> Cloud | None:
    """Return where and when an event was that all readings belong to; None where no place is within reach of them.

    Args:
        readings: with their chance densities; an outlier among them bends little.
        prior: relative density of places, as silence and hearing have it.
        settings: priors.
        least_log_evidence: a coarse level with less ends the search, and None is returned.
        enough: where the log evidence alone is wanted: a level that changes it by less is the last.

    Returns:
        The posterior on the last level. Pure: the order of readings does not matter.
    """
    ordered = sorted(readings, key=lambda r: r.key)
    level = _first(ordered, settings)
    cloud: Cloud | None = None
    inside = 1.0
    for _ in range(_MOST_LEVELS):
        found = _weighed(level, ordered, prior, settings)
        if found is None:
            return cloud
        known = cloud is not None and abs(found.log_evidence - cloud.log_evidence) < enough
        cloud = replace(found, joint=found.joint * inside)
        if cloud.log_evidence < least_log_evidence:
            return None
        finer = _finer(cloud, ordered, _LEAST_INSIDE / inside)
        if known or finer is None or cloud.cell_m <= _LEAST_CELL_M or _is_fine(cloud, ordered):
            break
        level, kept = finer
        inside *= kept
    return cloud


def _first(readings: Sequence[Reading], settings: FarSettings) -> _Level:
    centre = _middle(readings)
    away = to_azimuthal(*centre, np.array([r.lon_deg for r in readings]), np.array([r.lat_deg for r in readings]))
    half = settings.farthest_m + float(np.hypot(away[:, 0], away[:, 1]).max())
    n = int(np.ceil(half / COARSE_CELL_M))
    column, row = np.meshgrid(np.arange(-n, n), np.arange(-n, n))
    index = np.stack((column.ravel(), row.ravel()), axis=-1)
    first = min(r.start_s - settings.farthest_m / _SLOWEST_M_S[r.medium] for r in readings)
    last = max(r.end_s for r in readings) + 3 * max(r.sigma_s for r in readings)
    return _Level(centre=centre, cell_m=COARSE_CELL_M, index=index, time_s=_moments(first, last, 0.0))


def _middle(readings: Sequence[Reading]) -> tuple[float, float]:
    """Return the middle of the sensors, from points of the sphere: longitudes may wrap."""
    lon, lat = np.radians([r.lon_deg for r in readings]), np.radians([r.lat_deg for r in readings])
    x, y, z = (np.cos(lat) * np.cos(lon)).mean(), (np.cos(lat) * np.sin(lon)).mean(), np.sin(lat).mean()
    return float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arctan2(z, np.hypot(x, y))))


def _moments(first_s: float, last_s: float, sharpest_s: float) -> FloatArray:
    wanted = _MOST_TIMES if sharpest_s <= 0.0 else int(np.ceil(2.0 * (last_s - first_s) / sharpest_s))
    return np.linspace(first_s, last_s, int(np.clip(wanted, _LEAST_TIMES, _MOST_TIMES)))


def _weighed(level: _Level, readings: Sequence[Reading], prior: Prior, settings: FarSettings) -> Cloud | None:
    lon_lat = from_azimuthal(*level.centre, level.xy_m)
    rough = level.cell_m >= COARSE_CELL_M
    views = [roughly_seen_from(r.lon_deg, r.lat_deg, lon_lat) if rough else seen_from(r, lon_lat) for r in readings]
    smear = level.cell_m / 2.0
    within = np.all([v.away_m <= settings.farthest_m + level.cell_m for v in views], axis=0)
    factor = np.where(within, prior(lon_lat), 0.0)
    if not factor.any():
        return None
    keep = np.flatnonzero(factor)
    views = [Seen(v.away_m[keep], v.toward_deg[keep]) for v in views]
    joint = likelihood(readings, views, level.time_s, smear, settings) * factor[keep, None]
    total = float(joint.sum())
    if not total > _NOTHING:
        return None
    step = float(level.time_s[1] - level.time_s[0])
    return Cloud(
        centre=level.centre,
        cell_m=level.cell_m,
        xy_m=level.xy_m[keep],
        index=level.index[keep],
        lon_lat=lon_lat[keep],
        time_s=level.time_s,
        joint=joint / total,
        log_evidence=float(np.log(total) + 2.0 * np.log(level.cell_m) + np.log(step)),
    )


def _is_fine(cloud: Cloud, readings: Sequence[Reading]) -> bool:
    """Say whether cells and moments are as fine as the readings: many cells that are all blurred are not enough."""
    sharp = min(readings, key=lambda r: r.sigma_s)
    speed = _FAST_M_S if sharp.medium == GROUND else _SOUND_M_S
    blur_s = float(np.hypot(cloud.cell_m / speed, cloud.time_s[1] - cloud.time_s[0])) / np.sqrt(12.0)
    return blur_s <= sharp.sigma_s and _n_inside(cloud.p_cell, 0.9) >= _LEAST_CELLS


def _n_inside(p: FloatArray, level: float) -> int:
    return int(np.searchsorted(np.cumsum(np.sort(p)[::-1]), level)) + 1


def _finer(cloud: Cloud, readings: Sequence[Reading], least: float) -> tuple[_Level, float] | None:
    """Return the next level and the share of probability in it; None where it would not be finer.

    With too many cells to split only its moments are finer.
    """
    p = cloud.p_cell / cloud.p_cell.sum()
    order = np.argsort(-p, kind="stable")
    counts = [_n_inside(p, share) for share in _KEPT if share >= min(least, _KEPT[0])]
    n_kept = next((n for n in counts if n <= _WANTED_CELLS / 4), counts[0])
    kept = np.sort(order[:n_kept])
    split = int(np.clip(np.sqrt(_WANTED_CELLS / len(kept)), 1, _MOST_SPLIT))
    step = np.arange(split)
    inner = np.stack(np.meshgrid(step, step), axis=-1).reshape(-1, 2)
    index = (cloud.index[kept][:, None, :] * split + inner[None]).reshape(-1, 2)
    p_time = cloud.joint[kept].sum(axis=0)
    p_time = p_time / p_time.sum()
    times = np.sort(np.argsort(-p_time, kind="stable")[: _n_inside(p_time, _KEPT[0])])
    pad = float(cloud.time_s[1] - cloud.time_s[0])
    first, last = float(cloud.time_s[times[0]]) - pad, float(cloud.time_s[times[-1]]) + pad
    time_s = _moments(first, last, min(r.sigma_s for r in readings))
    if split == 1 and time_s[1] - time_s[0] > _SHRINKS * pad:
        return None
    level = _Level(centre=cloud.centre, cell_m=cloud.cell_m / split, index=index, time_s=time_s)
    return level, float(p[kept].sum())
