"""From satellite fire pixels to fire clusters as detections, with persistent heat sources set aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.cylinder import ClusterSettings
from trucewatch.detect.fires import SourceSettings, cluster, is_persistent, persistent_sources
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, Feature
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant, Interval, utc_from_timestamp
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


def fires(
    columns: FireColumns,
    *,
    since_s: float,
    settings: ClusterSettings | None = None,
    source_settings: SourceSettings | None = None,
) -> ThermalResult:
    """Cluster fire pixels in space and time.

    Args:
        columns: all fire pixels that the register holds, in any order.
        since_s: seconds since 1970; older pixels only say where heat is persistent.
        settings: size of the space-time neighbourhood.
        source_settings: what counts as persistent.

    Single pixels that belong to no cluster stay in the register and are counted, but make no detection.
    """
    recent = columns.time_s >= since_s
    day = np.floor(columns.time_s / DAY_S).astype(np.int64)
    mask = persistent_sources(columns.lon_deg[~recent], columns.lat_deg[~recent], day[~recent], source_settings)
    persistent = recent & is_persistent(columns.lon_deg, columns.lat_deg, mask)
    chosen = np.flatnonzero(recent & ~persistent)
    labels = _labels(columns, chosen, settings or ClusterSettings())
    found = [_detection(columns, chosen[labels == k]) for k in range(int(labels.max(initial=-1)) + 1)]
    return ThermalResult(
        detections=tuple(sorted(found, key=lambda d: (d.time.utc, d.id))),
        n_pixels=int(recent.sum()),
        n_persistent=int(persistent.sum()),
        n_single=int((labels < 0).sum()),
        n_source_cells=len(mask),
    )


def _labels(columns: FireColumns, chosen: NDArray[np.int64], settings: ClusterSettings) -> NDArray[np.int64]:
    if not len(chosen):
        return np.empty(0, dtype=np.int64)
    lat = np.radians(columns.lat_deg[chosen])
    lon = np.radians(columns.lon_deg[chosen])
    x = EARTH_RADIUS_M * np.cos(lat.mean()) * (lon - lon.mean())
    y = EARTH_RADIUS_M * (lat - lat.mean())
    return cluster(x, y, columns.time_s[chosen], settings)


def _detection(columns: FireColumns, rows: NDArray[np.int64]) -> Detection:
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
