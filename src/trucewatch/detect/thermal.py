"""From satellite fire pixels to fire clusters as detections, with persistent heat sources set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.cylinder import ClusterSettings
from trucewatch.detect.fires import (
    PersistentMask,
    SourceSettings,
    cell_number,
    cluster,
    is_persistent,
    persistent_sources,
)
from trucewatch.detect.repeats import recent_pixels
from trucewatch.detect.slabs import NOISE
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, Feature
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant, Interval, utc_from_timestamp
from trucewatch.model.observation import FirePixels
from trucewatch.model.place import Place
from trucewatch.model.register import FireColumns
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind
from trucewatch.model.wire import to_bytes

METHOD = "st-dbscan-fires/2"
EARTH_RADIUS_M = 6_371_008.8
"""mean radius, IUGG; a sphere errs by 0.3 % here, well under a pixel over a cluster"""
UNKNOWN_PIXEL_M = 1000.0
"""pixel size where a file gives none: MODIS at nadir, the coarsest of the sensors"""
DAY_S = 86_400.0
NUMBERS: dict[str, type[np.generic]] = {
    "row": np.int64,
    "lon_deg": np.float64,
    "lat_deg": np.float64,
    "time_s": np.float64,
    "time_sigma_s": np.float64,
    "scan_m": np.float64,
    "track_m": np.float64,
    "frp_mw": np.float64,
    "confidence": np.float64,
    "night": np.bool_,
}
"""columns of numbers that a block and a gathered table share"""
N_BUCKETS = 1 << 22
"""32 MB of counters: a theatre of 18 by 8 degrees has 1.5 million cells, so that few share one"""
BUCKET_FACTOR = 1_000_003
"""a prime, so that neighbouring cells fall into different buckets"""
P_FALSE_LOW_CONFIDENCE = 0.3
"""Chance that one pixel alone shows no fire, at lowest confidence.
LIMIT: NASA publishes commission errors by region and season only; this is a cautious round figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThermalResult:
    """Fire clusters, and what was left out of them."""

    detections: tuple[Detection, ...]
    n_pixels: int
    n_repeated: int
    """pixels that another file tells too, or tells better"""
    n_persistent: int
    """pixels on persistent heat sources (works, flares, mines)"""
    n_single: int
    """pixels that belong to no cluster"""
    n_source_cells: int


def heat_sources(
    blocks: Callable[[], Iterable[FirePixels]], *, until_s: float, settings: SourceSettings | None = None
) -> PersistentMask:
    """Find persistent heat sources in earlier fires, block by block: years of them need not fit in memory.

    Args:
        blocks: gives all fire pixels there are, in any order; called twice.
        until_s: seconds since 1970; later pixels are left out, so that a war's fires do not hide themselves.
        settings: what counts as persistent.

    A first pass counts pixels by cell, in buckets that several cells may share. Only cells of a bucket with enough
    pixels can hold a persistent source, and only their pixels are kept for the second look.
    """
    settings = settings or SourceSettings()
    count = np.zeros(N_BUCKETS, dtype=np.int64)
    for block in blocks():
        count += np.bincount(_bucket(*_cells(block, block.time_s < until_s, settings)), minlength=N_BUCKETS)
    enough = count >= settings.min_fire_days * settings.min_years
    kept = np.concatenate([np.empty((0, 3)), *(_likely(block, until_s, enough, settings) for block in blocks())])
    return persistent_sources(kept[:, 0], kept[:, 1], kept[:, 2].astype(np.int64), settings)


def _cells(
    block: FirePixels, chosen: NDArray[np.bool_], settings: SourceSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return column and row of the cells of some pixels."""
    return (
        cell_number(block.lon_deg[chosen], settings.cell_deg),
        cell_number(block.lat_deg[chosen], settings.cell_deg),
    )


def _bucket(column: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.int64]:
    return (column * BUCKET_FACTOR + row) % N_BUCKETS


def _likely(
    block: FirePixels, until_s: float, enough: NDArray[np.bool_], settings: SourceSettings
) -> NDArray[np.float64]:
    """Return longitude, latitude and day of a block's older pixels in cells that may be persistent, shape (n, 3)."""
    old = block.time_s < until_s
    at = np.flatnonzero(old)[enough[_bucket(*_cells(block, old, settings))]]
    return np.stack([block.lon_deg[at], block.lat_deg[at], np.floor(block.time_s[at] / DAY_S)], axis=1)


def fires(
    blocks: Callable[[], Iterable[FirePixels]],
    *,
    since_s: float,
    sources: PersistentMask,
    settings: ClusterSettings | None = None,
) -> ThermalResult:
    """Cluster fire pixels in space and time.

    Args:
        blocks: gives all fire pixels there are, in any order; called again for each step, for only the pixels of
            clusters are looked at whole.
        since_s: seconds since 1970; older pixels are left out.
        sources: cells of persistent heat; their pixels are set aside.
        settings: size of the space-time neighbourhood.

    A pixel that several files tell is one pixel. Single pixels that belong to no cluster stay in the register and are
    counted, but make no detection.
    """
    recent = recent_pixels(blocks(), since_s=since_s)
    where, again = recent.where, recent.repeated
    persistent = is_persistent(where[0], where[1], sources) & ~again
    burning = np.flatnonzero(~persistent & ~again)
    # Of a year's million pixels every copy is 24 MB, so only those that may cluster are held while they do.
    where = where[:, burning]
    del recent
    order = np.lexsort((where[1], where[0], where[2]))
    where, burning = where[:, order], burning[order]
    del order
    labels = np.full(len(again), NOISE, dtype=np.int64)
    labels[burning] = _labels(where, settings or ClusterSettings())
    clustered = np.flatnonzero(labels != NOISE)
    pixels = _gather(blocks(), since_s, clustered)
    found = [_detection(pixels, rows) for rows in _members(labels[clustered])]
    return ThermalResult(
        detections=tuple(sorted(found, key=lambda d: (d.time.utc, d.id))),
        n_pixels=len(again),
        n_repeated=int(again.sum()),
        n_persistent=int(persistent.sum()),
        n_single=len(burning) - len(clustered),
        n_source_cells=len(sources),
    )


def _gather(blocks: Iterable[FirePixels], since_s: float, wanted: NDArray[np.int64]) -> FireColumns:
    """Gather whole pixels.

    Args:
        blocks: all fire pixels, in the same order as before.
        since_s: seconds since 1970.
        wanted: positions among the pixels from that moment on, ascending.
    """
    parts: dict[str, list[NDArray[Any]]] = {name: [np.empty(0, dtype)] for name, dtype in NUMBERS.items()}
    texts: dict[str, list[str]] = {"input_id": [], "satellite": [], "version": []}
    passed = 0
    for block in blocks:
        recent = np.flatnonzero(block.time_s >= since_s)
        first, last = np.searchsorted(wanted, [passed, passed + len(recent)])
        at = recent[wanted[first:last] - passed]
        passed += len(recent)
        for name, part in parts.items():
            part.append(getattr(block, name)[at])
        texts["input_id"] += [block.input_id] * len(at)
        texts["satellite"] += [block.satellite[i] for i in at]
        texts["version"] += [block.version[i] for i in at]
    columns: dict[str, Any] = {name: np.concatenate(part) for name, part in parts.items()}
    columns |= {name: tuple(text) for name, text in texts.items()}
    return FireColumns(**columns)


def _members(labels: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the positions of each cluster, by label."""
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(int(labels.max(initial=NOISE)) + 2))
    return [order[a:b] for a, b in pairwise(starts.tolist())]


def _labels(where: NDArray[np.float64], settings: ClusterSettings) -> NDArray[np.int64]:
    """Cluster places and times, shape (3, n); their place is overwritten with metres."""
    if not where.size:
        return np.empty(0, dtype=np.int64)
    _to_plane(where)
    return cluster(where[0], where[1], where[2], settings)


def _to_plane(where: NDArray[np.float64]) -> None:
    """Turn degrees into metres east and north of the middle, true along its parallel, in place."""
    lon_deg, lat_deg = where[0], where[1]
    metres = np.radians(EARTH_RADIUS_M)
    along = metres * np.cos(np.radians(lat_deg.mean()))
    lon_deg -= lon_deg.mean()
    lon_deg *= along
    lat_deg -= lat_deg.mean()
    lat_deg *= metres


def _detection(columns: FireColumns, rows: NDArray[np.int64]) -> Detection:
    # Sums depend on their order in the last digit; by input and row they do not depend on how the pixels came.
    rows = np.array(sorted(rows.tolist(), key=lambda i: (columns.input_id[i], columns.row[i])), dtype=np.int64)
    place = _place(columns, rows)
    t, sigma = columns.time_s[rows], columns.time_sigma_s[rows]
    dated_only = bool((sigma > 3600).any())
    start, end = float(t.min()), float(t.max()) + (DAY_S if dated_only else 60.0)
    ids = tuple(sorted(f"{columns.input_id[i]}#{columns.row[i]}" for i in rows))
    confidence = columns.confidence[rows]
    known = confidence[np.isfinite(confidence)]
    best = float(known.max()) if len(known) else 0.5
    frp = columns.frp_mw[rows]
    satellites = sorted({columns.satellite[i] for i in rows if columns.satellite[i]})
    return Detection(
        id=content_id("det", to_bytes((METHOD, ids))),
        kind=DetectionKind.FIRE,
        sensor_id="+".join(satellites) or "FIRMS",
        observer_kind=ObserverKind.SATELLITE_THERMAL,
        means=Means.DETECTED,
        method=METHOD,
        observation_ids=ids,
        observation_type=ObservationType.THERMAL_ANOMALY,
        time=Instant(
            utc=utc_from_timestamp((start + end) / 2), sigma_s=float(max((end - start) / np.sqrt(12), sigma.max()))
        ),
        interval=Interval(
            start_utc=utc_from_timestamp(start), end_utc=utc_from_timestamp(start) + timedelta(seconds=end - start)
        ),
        origin=None,
        place=place,
        count=Count.exactly(1),
        p_false=float((P_FALSE_LOW_CONFIDENCE * (1 - best)) ** min(len(rows), 3)),
        features=(
            Feature(name="pixels", value=float(len(rows)), unit="1"),
            *([Feature(name="largest_frp", value=float(np.nanmax(frp)), unit="MW")] if np.isfinite(frp).any() else []),
            Feature(name="fire_days", value=float(len(np.unique(np.floor(t / DAY_S)))), unit="1"),
        ),
    )


def _place(columns: FireColumns, rows: NDArray[np.int64]) -> Place:
    """Centre of the pixels; its covariance holds their spread and the size of a pixel, for a fire is its footprint."""
    lat, lon = columns.lat_deg[rows], columns.lon_deg[rows]
    east = np.radians(lon - lon.mean()) * EARTH_RADIUS_M * np.cos(np.radians(lat.mean()))
    north = np.radians(lat - lat.mean()) * EARTH_RADIUS_M
    spread = np.cov(np.stack([east, north]), bias=True) if len(rows) > 1 else np.zeros((2, 2))
    pixel = np.nanmean(np.where(np.isfinite(columns.scan_m[rows]), columns.scan_m[rows], UNKNOWN_PIXEL_M))
    within = float(pixel) ** 2 / 12
    return Place(
        lon_deg=float(lon.mean()),
        lat_deg=float(lat.mean()),
        var_east_m2=float(spread[0, 0]) + within,
        var_north_m2=float(spread[1, 1]) + within,
        cov_east_north_m2=float(spread[0, 1]),
    )
