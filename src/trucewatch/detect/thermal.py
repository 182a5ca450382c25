"""From satellite fire pixels to fire clusters as detections, with persistent heat sources set aside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

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
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, Feature
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant, Interval, utc_from_timestamp
from trucewatch.model.observation import FirePixels
from trucewatch.model.place import Place
from trucewatch.model.register import FireColumns
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind
from trucewatch.model.wire import to_bytes

METHOD = "st-dbscan-fires/1"
EARTH_RADIUS_M = 6_371_008.8
"""mean radius, IUGG; a sphere errs by 0.3 % here, well under a pixel over a cluster"""
UNKNOWN_PIXEL_M = 1000.0
"""pixel size where a file gives none: MODIS at nadir, the coarsest of the sensors"""
DAY_S = 86_400.0
P_FALSE_LOW_CONFIDENCE = 0.3
"""Chance that one pixel alone shows no fire, at lowest confidence.
LIMIT: NASA publishes commission errors by region and season only; this is a cautious round figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThermalResult:
    """Fire clusters, and what was left out of them."""

    detections: tuple[Detection, ...]
    n_pixels: int
    n_persistent: int
    """pixels on persistent heat sources (works, flares, mines)"""
    n_single: int
    """pixels that belong to no cluster"""
    n_source_cells: int


def heat_sources(
    blocks: Iterable[FirePixels], *, until_s: float, settings: SourceSettings | None = None
) -> PersistentMask:
    """Find persistent heat sources in earlier fires, block by block: years of them need not fit in memory.

    Args:
        blocks: all fire pixels there are, in any order.
        until_s: seconds since 1970; later pixels are left out, so that a war's fires do not hide themselves.
        settings: what counts as persistent.
    """
    settings = settings or SourceSettings()
    seen = np.empty((0, 3), dtype=np.int64)
    for block in blocks:
        old = block.time_s < until_s
        day = np.floor(block.time_s[old] / DAY_S).astype(np.int64)
        column = cell_number(block.lon_deg[old], settings.cell_deg)
        row = cell_number(block.lat_deg[old], settings.cell_deg)
        seen = np.unique(np.concatenate([seen, np.stack([column, row, day], axis=1)]), axis=0)
    # The middle of a cell stands for it: which cells burned on which days is all that persistence asks.
    middle = np.asarray((seen[:, :2] + 0.5) * settings.cell_deg, dtype=np.float64)
    return persistent_sources(middle[:, 0], middle[:, 1], seen[:, 2], settings)


def fires(recent: FireColumns, sources: PersistentMask, settings: ClusterSettings | None = None) -> ThermalResult:
    """Cluster fire pixels in space and time.

    Args:
        recent: pixels to cluster, in any order.
        sources: cells of persistent heat; their pixels are set aside.
        settings: size of the space-time neighbourhood.

    Single pixels that belong to no cluster stay in the register and are counted, but make no detection.
    """
    persistent = is_persistent(recent.lon_deg, recent.lat_deg, sources)
    chosen = np.flatnonzero(~persistent)
    labels = _labels(recent, chosen, settings or ClusterSettings())
    members = _members(chosen, labels)
    found = [_detection(recent, rows) for rows in members]
    return ThermalResult(
        detections=tuple(sorted(found, key=lambda d: (d.time.utc, d.id))),
        n_pixels=len(persistent),
        n_persistent=int(persistent.sum()),
        n_single=int((labels < 0).sum()),
        n_source_cells=len(sources),
    )


def _members(chosen: NDArray[np.int64], labels: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the rows of each cluster, by label."""
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(int(labels.max(initial=-1)) + 2))
    return [np.sort(chosen[order[a:b]]) for a, b in pairwise(starts.tolist())]


def _labels(columns: FireColumns, chosen: NDArray[np.int64], settings: ClusterSettings) -> NDArray[np.int64]:
    if not len(chosen):
        return np.empty(0, dtype=np.int64)
    lat = np.radians(columns.lat_deg[chosen])
    lon = np.radians(columns.lon_deg[chosen])
    x = EARTH_RADIUS_M * np.cos(lat.mean()) * (lon - lon.mean())
    y = EARTH_RADIUS_M * (lat - lat.mean())
    return cluster(x, y, columns.time_s[chosen], settings)


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
            Feature(name="largest_frp", value=float(np.nanmax(frp)) if np.isfinite(frp).any() else -1.0, unit="MW"),
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
