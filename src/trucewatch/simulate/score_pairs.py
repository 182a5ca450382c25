"""Which claims may stand for which events: pairs near in time and place, without looking at all pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.score import ScoreSettings
from trucewatch.simulate.score_columns import ClaimColumns, EventColumns, seconds

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_CHUNK = 1_000_000
"""pairs near in time that are looked at together (100 MB)"""
_DEGREE_M = 110_500.0
"""shortest degree of latitude on the ellipsoid, metres, rounded down: a first sieve must not lose a pair"""
_START_WEIGHT = 0.01
"""how much the distance from an event's start counts beside place, so that of two events that overlap in time a claim
takes the one that it began with"""
_FLOOR_M2 = 1e-6
"""a region is taken as no smaller than 1 mm"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pairs:
    """Pairs that may be matched (rule 4), by event and claim; each column of shape (n,)."""

    event: IntArray
    claim: IntArray
    distance_m: FloatArray
    gap_s: FloatArray
    """how far the claim's time lies outside the event's own, 0 inside"""
    region2: FloatArray
    """squared distance in units of the claim's own error, two degrees of freedom"""
    cost: FloatArray
    """what the matching makes smallest"""


def near_pairs(events: EventColumns, claims: ClaimColumns, settings: ScoreSettings) -> Pairs:
    """Return the pairs that may be matched.

    Events are looked up by their start in classes of like duration, so that a fire of a day does not make every shot
    of that day a candidate; the cost grows with the number of pairs near in time.
    """
    found = [_measured(e, c, events, claims, settings) for e, c in _near_in_time(events, claims, settings)]
    joined = np.concatenate([np.zeros((6, 0)), *found], axis=1)
    joined = joined[:, np.lexsort((joined[1], joined[0]))]
    return Pairs(
        event=joined[0].astype(np.int64),
        claim=joined[1].astype(np.int64),
        distance_m=joined[2],
        gap_s=joined[3],
        region2=joined[4],
        cost=joined[5],
    )


def radius2(level: float) -> float:
    """Return the squared radius of a region in units of its error: chi-square with two degrees of freedom."""
    return float(-2 * np.log1p(-level))


def _near_in_time(
    events: EventColumns, claims: ClaimColumns, settings: ScoreSettings
) -> Iterator[tuple[IntArray, IntArray]]:
    first, last = events.start_s - events.window_s, events.end_s + events.window_s
    octave = np.ceil(np.log2(np.maximum(last - first, 1.0))).astype(np.int64)
    slack = settings.match_s + 2 * claims.sigma_s
    for k in np.unique(octave):
        own = np.flatnonzero(octave == k)
        own = own[np.argsort(first[own], kind="stable")]
        low = np.searchsorted(first[own], claims.time_s - slack - 2.0**k, side="left")
        high = np.searchsorted(first[own], claims.time_s + slack, side="right")
        for claim, at in _ranges(low, high):
            event = own[at]
            inside = last[event] >= claims.time_s[claim] - slack[claim]
            yield event[inside], claim[inside]


def _ranges(low: IntArray, high: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Write out the ranges low to high of each claim as pairs, some at a time."""
    size = np.maximum(high - low, 0)
    ends = np.cumsum(size)
    begin = 0
    while begin < len(size):
        before = ends[begin - 1] if begin else 0
        stop = max(int(np.searchsorted(ends, before + _CHUNK, side="right")), begin + 1)
        n = size[begin:stop]
        claim = np.repeat(np.arange(begin, stop), n)
        step = np.arange(len(claim)) - np.repeat(np.cumsum(n) - n, n)
        yield claim, low[claim] + step
        begin = stop


def _measured(
    event: IntArray, claim: IntArray, events: EventColumns, claims: ClaimColumns, settings: ScoreSettings
) -> FloatArray:
    """Return event, claim, distance, gap, squared region distance and cost of the pairs that may be matched, (6, n)."""
    lon, lat = _where(event, claims.time_s[claim], events)
    # A claim of k of an event's rounds may lie as far from its place as the middle of k rounds does.
    sigma_m = np.hypot(events.sigma_m[event], events.spread_m[event] / np.sqrt(claims.n_rounds[claim]))
    rough = _sieve(lon, lat, sigma_m, claim, claims, settings)
    event, claim, lon, lat, sigma_m = event[rough], claim[rough], lon[rough], lat[rough], sigma_m[rough]
    offset = to_azimuthal(claims.lon_deg[claim], claims.lat_deg[claim], lon, lat).reshape(-1, 2)
    distance = np.hypot(offset[:, 0], offset[:, 1])
    region2 = _region2(offset, claims.covariance_m2[claim], sigma_m)
    at, window = claims.time_s[claim], events.window_s[event]
    first, last = events.start_s[event] - window, events.end_s[event] + window
    gap = np.maximum(np.maximum(first - at, at - last), 0.0)
    late = np.minimum(np.abs(at - events.start_s[event]) / settings.match_s, 1.0)
    cost = (distance / settings.match_m) ** 2 + (gap / settings.match_s) ** 2 + _START_WEIGHT * late**2
    near = (distance <= settings.match_m) | (region2 <= radius2(settings.level))
    return np.stack((event, claim, distance, gap, region2, cost))[:, near]


def _sieve(
    lon: FloatArray,
    lat: FloatArray,
    sigma_m: FloatArray,
    claim: IntArray,
    claims: ClaimColumns,
    settings: ScoreSettings,
) -> BoolArray:
    """Leave out pairs that are too far in latitude or longitude alone, before geodesics are computed."""
    widest = np.sqrt(claims.covariance_m2[claim, 0] + claims.covariance_m2[claim, 1]) + sigma_m
    reach_deg = np.maximum(settings.match_m, np.sqrt(radius2(settings.level)) * widest) / _DEGREE_M
    north = np.abs(lat - claims.lat_deg[claim])
    east = np.abs((lon - claims.lon_deg[claim] + 180.0) % 360.0 - 180.0)
    highest = np.minimum(np.maximum(np.abs(lat), np.abs(claims.lat_deg[claim])), 89.9)
    near: BoolArray = (north <= reach_deg) & (east * np.cos(np.radians(highest)) <= reach_deg)
    return near


def _where(event: IntArray, time_s: FloatArray, events: EventColumns) -> tuple[FloatArray, FloatArray]:
    """Return where events were at given moments: on their path, where they have one."""
    lon, lat = events.lon_deg[event].copy(), events.lat_deg[event].copy()
    for k in (k for k in np.unique(event) if len(events.events[k].path) > 1):
        path = events.events[k].path
        at = np.flatnonzero(event == k)
        known_s = np.array([seconds(moment) for moment, *_ in path])
        lon[at] = np.interp(time_s[at], known_s, [x for _, x, _, _ in path])
        lat[at] = np.interp(time_s[at], known_s, [y for _, _, y, _ in path])
    return lon, lat


def _region2(offset_m: FloatArray, covariance_m2: FloatArray, sigma_m: FloatArray) -> FloatArray:
    east = covariance_m2[:, 0] + sigma_m**2 + _FLOOR_M2
    north = covariance_m2[:, 1] + sigma_m**2 + _FLOOR_M2
    both = covariance_m2[:, 2]
    x, y = offset_m[:, 0], offset_m[:, 1]
    result: FloatArray = (north * x**2 - 2 * both * x * y + east * y**2) / (east * north - both**2)
    return result
