"""Whether two incidents may be one event told of twice: the odds, from where and when each may have been."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trucewatch.fuse.apart import between, squared_sigmas
from trucewatch.fuse.claims import Claims
from trucewatch.fuse.hypothesis import hypothesis_of
from trucewatch.fuse.part import BANGS, GUNFIRE, Part
from trucewatch.fuse.testimony import said_of
from trucewatch.geo.geodesic import distance_m
from trucewatch.model.detection import DetectionKind
from trucewatch.model.incident import Alternative
from trucewatch.model.instant import rfc3339

_LEAST_STATED = -5.0
_KM2_DAY = 1e6 * 86_400.0
_MOST = 20
"""LIMIT: neighbours in time that one event is compared with"""
_NEAR_M = 30_000.0
_LINES_S = 4_000.0
"""a line may be an hour off"""
_PEOPLE = frozenset({DetectionKind.REPORT, DetectionKind.SIGHTING})


def one_or_two(anchors: Sequence[Part], claims: Claims) -> tuple[tuple[Alternative, ...], ...]:
    """Return for each event, likeliest first, those that it may be one with.

    Two placed events are one with odds of the density of their coming this near each other, if one, over the density of
    a second event beforehand. What was only told, without a place, is one with a placed event by how much likelier that
    event makes the telling than its source's usual ones.

    Args:
        anchors: one an event, in time order.
        claims: with the settings.
    """
    starts = np.array([a.start_s for a in anchors])
    reach = max((a.end_s - a.start_s for a in anchors if _is_narrow(a)), default=0.0)
    found: list[list[Alternative]] = [[] for _ in anchors]
    for n, one in enumerate(anchors):
        if one.place is None and not (one.first.kind in _PEOPLE and one.sectors):
            continue
        slack = 3 * one.time.sigma_s if one.place is not None else _LINES_S
        low, high = np.searchsorted(starts, (one.start_s - slack - reach, one.end_s + slack))
        near = [m for m in range(int(low), int(high)) if m != n and anchors[m].place is not None]
        for m in sorted(near, key=lambda m: (abs(starts[m] - starts[n]), m))[:_MOST]:
            odds = _odds(one, anchors[m], claims)
            if odds is not None and odds >= _LEAST_STATED:
                found[n].append(_alternative(anchors[m], odds))
                if one.place is None:
                    found[m].append(_alternative(one, odds))
    return tuple(tuple(sorted(set(f), key=lambda a: (-a.log_odds, a.text))) for f in found)


def _is_narrow(part: Part) -> bool:
    return part.first.kind not in (DetectionKind.CHANGE, DetectionKind.REPORT)


def _alternative(other: Part, odds: float) -> Alternative:
    text = f"this and what was found at {rfc3339(other.time.utc)} are one event, told of twice, and not two"
    return Alternative(text=text, log_odds=odds)


def _odds(one: Part, other: Part, claims: Claims) -> float | None:
    """Return the log-odds of one event against two; None where they cannot be one."""
    if other.place is None or not all(p.observation_type in BANGS | GUNFIRE for p in (one, other)):
        return None
    if _same_sensor(one, other):
        return None
    if one.place is None:
        hypothesis = hypothesis_of(other, claims.settings)
        origin = one.sectors[0].origin
        away = float(distance_m(origin.lon_deg, origin.lat_deg, other.place.lon_deg, other.place.lat_deg))
        said = None if hypothesis is None or away > _NEAR_M else said_of(one.first, hypothesis, claims)
        return None if said is None else said.belongs
    offset, spread = between(one.place, other.place)
    spread = spread + np.eye(2)
    variance = one.time.sigma_s**2 + other.time.sigma_s**2 + 1e-4
    late = (one.time.utc - other.time.utc).total_seconds()
    z2 = squared_sigmas(offset, spread) + late**2 / variance
    log_density = -z2 / 2 - 0.5 * math.log((2 * math.pi) ** 3 * float(np.linalg.det(spread)) * variance)
    return log_density - math.log(claims.settings.events_per_km2_day / _KM2_DAY)


def _same_sensor(one: Part, other: Part) -> bool:
    """Say whether a sensor noticed both apart: then they are two, or one is an echo, which was weighed before."""
    return bool({d.sensor_id for d in one.detections} & {d.sensor_id for d in other.detections})
