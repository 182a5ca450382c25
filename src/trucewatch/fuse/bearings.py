"""Plane waves at arrays: one gives a direction, two or more cross.

LIMIT: one celerity mixture for all days and directions, no seismic phases: origin times of distant events are good to
a minute or two, and two events of one minute in one direction from both arrays are taken for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.onsets import by_id, place_of
from trucewatch.fuse.part import Part, support
from trucewatch.geo.geodesic import destination, from_azimuthal, to_azimuthal
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Sector
from trucewatch.model.instant import Instant, utc_from_timestamp
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import CountQuality
from trucewatch.physics.travel import celerity_mixture

FloatArray = NDArray[np.float64]

UNSTATED_BEARING_SIGMA_DEG = 5.0
"""where a detection states no error of its bearing (SOUND section 5.3, starting prior)"""
ARRIVAL_SIGMA_S = 10.0
"""starting prior of SOUND section 5.3"""
REACH_M = 500_000.0
"""farthest an infrasound arrival is followed (SOUND section 1.1)"""
_LONE_REACH_M = 150_000.0
"""LIMIT: the time of a lone arrival's event is given for sources up to here; a farther one was earlier"""
_SLOWEST_M_S, _FASTEST_M_S = 220.0, 345.0
_GRID = 41
_BEST_FIT = 9.2
"""chi-square, 2 degrees of freedom, 99 per cent"""
_MOST_PARTNERS = 30
"""LIMIT: later arrivals that one arrival is tried with, so that a noisy day takes bounded time"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wave:
    detection: Detection
    origin: Place
    time_s: float
    bearing_deg: float
    sigma_deg: float


def array_parts(detections: Sequence[Detection], network: Network) -> tuple[Part, ...]:
    """Return crossings of arrivals at different arrays, and the arrivals that cross with none as sectors."""
    sensors = by_id(network)
    waves = sorted(
        (w for d in detections if (w := _wave(d, sensors)) is not None), key=lambda w: (w.time_s, w.detection.id)
    )
    left, parts = list(range(len(waves))), list[Part]()
    while left:
        first, *later = left
        together, place, misfit = _partners(waves, first, later)
        chosen = [waves[i] for i in together]
        parts.append(_lone(chosen[0]) if place is None else _crossing(chosen, place, misfit))
        left = [i for i in left if i not in together]
    return tuple(parts)


def _wave(detection: Detection, sensors: Mapping[str, Sensor]) -> _Wave | None:
    origin = place_of(detection, sensors)
    if origin is None or detection.bearing_deg is None:
        return None
    return _Wave(
        detection=detection,
        origin=origin,
        time_s=detection.time.utc.timestamp(),
        bearing_deg=detection.bearing_deg,
        sigma_deg=detection.bearing_sigma_deg or UNSTATED_BEARING_SIGMA_DEG,
    )


def _partners(waves: Sequence[_Wave], first: int, later: Sequence[int]) -> tuple[list[int], Place | None, float]:
    """Add to an arrival, in time order, those of other arrays that the common place still explains."""
    together, place, misfit = [first], None, 0.0
    longest = REACH_M / _SLOWEST_M_S
    for i in [j for j in later if waves[j].time_s - waves[first].time_s <= longest][:_MOST_PARTNERS]:
        if any(waves[i].detection.sensor_id == waves[j].detection.sensor_id for j in together):
            continue
        candidate = [waves[j] for j in (*together, i)]
        found = _cross(candidate)
        if found is not None:
            together, (place, misfit) = [*together, i], found
    return together, place, misfit


def _cross(waves: Sequence[_Wave]) -> tuple[Place, float] | None:
    """Return the place that explains bearings and times, and its misfit; None where none does."""
    start = _intersection(waves[0], waves[1])
    if start is None:
        return None
    lon0, lat0, half = start
    for _ in range(3):
        step = np.linspace(-half, half, _GRID)
        plane = np.stack(np.meshgrid(step, step), axis=-1).reshape(-1, 2)
        cost = _misfit(waves, from_azimuthal(lon0, lat0, plane))
        weight = np.exp(-(cost - cost.min()) / 2)
        weight /= weight.sum()
        mean = weight @ plane
        covariance = ((plane - mean).T * weight) @ (plane - mean)
        lon0, lat0 = (float(v) for v in from_azimuthal(lon0, lat0, mean))
        half = 4 * float(np.sqrt(max(covariance[0, 0], covariance[1, 1]))) + 100.0
    if cost.min() > _BEST_FIT * (len(waves) - 1):
        return None
    return _gaussian(lon0, lat0, covariance), float(cost.min())


def _gaussian(lon: float, lat: float, covariance: FloatArray) -> Place:
    return Place(
        lon_deg=lon,
        lat_deg=lat,
        var_east_m2=float(covariance[0, 0]),
        var_north_m2=float(covariance[1, 1]),
        cov_east_north_m2=float(covariance[0, 1]),
    )


def _intersection(one: _Wave, other: _Wave) -> tuple[float, float, float] | None:
    """Return where two bearings come nearest each other in front of both arrays, and how far to search around it."""
    ranges = np.geomspace(500.0, REACH_M, 200)
    lon, lat = destination(one.origin.lon_deg, one.origin.lat_deg, one.bearing_deg, ranges)
    off, distance = _off_bearing(other, np.stack((lon, lat), axis=-1))
    spread = np.hypot(one.sigma_deg, other.sigma_deg)
    cost = np.where(distance < REACH_M, np.abs(off), np.inf)
    best = int(np.argmin(cost))
    if cost[best] > 3 * spread:
        return None
    reach = max(float(ranges[best]), float(distance[best]))
    return float(lon[best]), float(lat[best]), min(0.6 * reach + 2000.0, 150_000.0)


def _off_bearing(wave: _Wave, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    plane = to_azimuthal(wave.origin.lon_deg, wave.origin.lat_deg, points[:, 0], points[:, 1])
    bearing = np.degrees(np.arctan2(plane[:, 0], plane[:, 1]))
    return (bearing - wave.bearing_deg + 180.0) % 360.0 - 180.0, np.hypot(plane[:, 0], plane[:, 1])


def _misfit(waves: Sequence[_Wave], points: FloatArray) -> FloatArray:
    """Return minus twice the log-likelihood of places, up to a constant, with the origin time free."""
    cost = np.zeros(len(points))
    means, variances = [], []
    for wave in waves:
        off, distance = _off_bearing(wave, points)
        cost += (off / wave.sigma_deg) ** 2
        mean, sigma = _travel(distance)
        means.append(wave.time_s - waves[0].time_s - mean)
        variances.append(sigma**2 + ARRIVAL_SIGMA_S**2)
    origin, weight = np.array(means), 1.0 / np.array(variances)
    best = (origin * weight).sum(axis=0) / weight.sum(axis=0)
    return np.asarray(cost + (weight * (origin - best) ** 2).sum(axis=0), dtype=np.float64)


def _travel(distance_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and spread of the travel time over the celerity mixture: direct when near, ducted when far."""
    parts = celerity_mixture("near_field" if float(np.median(distance_m)) < 30_000.0 else "broad")
    times = np.array([distance_m / p.celerity_m_s for p in parts])
    spreads = np.array([distance_m * p.sigma_m_s / p.celerity_m_s**2 for p in parts])
    weight = np.array([p.weight for p in parts])[:, None]
    mean = (weight * times).sum(axis=0)
    return mean, np.sqrt((weight * (spreads**2 + (times - mean) ** 2)).sum(axis=0))


def _crossing(waves: Sequence[_Wave], place: Place, misfit: float) -> Part:
    point = np.array([[place.lon_deg, place.lat_deg]])
    origins, precision, supports = [], [], []
    for wave in waves:
        off, distance = _off_bearing(wave, point)
        mean, sigma = _travel(distance)
        origins.append(wave.time_s - float(mean[0]))
        precision.append(1.0 / (float(sigma[0]) ** 2 + ARRIVAL_SIGMA_S**2))
        reason = f"its bearing passes {abs(off[0]):.1f} degrees from the crossing where {wave.sigma_deg:.1f} is usual"
        supports.append(support(wave.detection, reason, residual_deg=float(-off[0])))
    at, sigma_s = float(np.average(origins, weights=precision)), float(1 / np.sqrt(sum(precision)))
    return Part(
        detections=tuple(w.detection for w in waves),
        supports=tuple(sorted(supports, key=lambda s: s.detection_id)),
        start_s=at - 3 * sigma_s,
        end_s=at + 3 * sigma_s,
        time=Instant(utc=utc_from_timestamp(at), sigma_s=sigma_s),
        place=place,
        place_method=f"bearings of {len(waves)} arrays crossed, with a celerity mixture for the times",
        count=Count(low=1, best=1, high=None, quality=CountQuality.AT_LEAST),
        sentences=(f"arrivals at {len(waves)} arrays fit one place with a misfit of {misfit:.1f}",),
    )


def _lone(wave: _Wave) -> Part:
    earliest = wave.time_s - _LONE_REACH_M / _SLOWEST_M_S
    middle, spread = (earliest + wave.time_s) / 2, (wave.time_s - earliest) / np.sqrt(12)
    sector = Sector(
        origin=wave.origin, bearing_deg=wave.bearing_deg, half_width_deg=min(1.96 * wave.sigma_deg, 180.0), range_m=None
    )
    reason = f"one array: a direction of {wave.bearing_deg:.1f} degrees, no range"
    return Part(
        detections=(wave.detection,),
        supports=(support(wave.detection, reason),),
        start_s=earliest,
        end_s=wave.time_s,
        time=Instant(utc=utc_from_timestamp(middle), sigma_s=float(spread)),
        place_method="not located: one direction",
        sectors=(sector,),
        count=Count(low=1, best=1, high=None, quality=CountQuality.AT_LEAST),
        sentences=("one array alone: the time of the event is open by the travel time",),
    )


def window_s(arrival_s: float, distance_m: float) -> tuple[float, float]:
    """Return when an event at a distance must have happened to arrive at a moment."""
    slack = 3 * ARRIVAL_SIGMA_S
    return arrival_s - distance_m / _SLOWEST_M_S - slack, arrival_s - distance_m / _FASTEST_M_S + slack
