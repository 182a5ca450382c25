"""How many rounds a far barrage had: those that two arrays heard at the same turn.

The rounds of a barrage come to every array with the same pauses, moved by the travel time. Laid upon each other, what
two arrays have in common is a round; what one alone has may be another duct, an echo or something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.far_reading import AIR
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.fuse.far_settle import FarEvent
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.vocabulary import CountQuality

FloatArray = NDArray[np.float64]

_SAME_S = 5.0
"""arrivals of one round, moved by the travel time, differ by less: pick and turbulence"""
_ALIKE = 0.6
"""two arrays heard one barrage where so much of the shorter one has a partner; by chance a quarter has"""
_LAG_SLACK_S = 300.0
"""how far the travel time may be from what the starts say: first rounds may be missed"""
ONE = Count(low=1, best=1, high=None, quality=CountQuality.AT_LEAST)


def rounds_of(event: FarEvent, settings: FarSettings) -> Count:
    """Return how many rounds an event had: one, unless two arrays heard a barrage.

    Args:
        event: that was settled.
        settings: how many arrivals make a barrage.

    Returns:
        As many as two arrays heard at the same turn, and at least as many as the second busiest array heard of them.
        Where their pauses do not agree (ducts took turns) the lower bound is 1 and the best guess what it heard.
    """
    heard = _heard(event)
    many = {name: times for name, times in heard.items() if len(times) >= settings.least_barrage}
    if len(many) < 2:
        return ONE
    ordered = sorted(many, key=lambda name: (-len(many[name]), name))
    busiest = many[ordered[0]]
    laid = [busiest]
    for name in ordered[1:]:
        moved = _laid_upon(many[name], busiest)
        if moved is not None:
            laid.append(moved)
    if len(laid) == 1:
        return Count(low=1, best=len(many[ordered[1]]), high=None, quality=CountQuality.AT_LEAST)
    n = _in_common(laid)
    # Two rounds within seconds may be paired crosswise and give one too many.
    return Count(low=min(n, len(many[ordered[1]])), best=n, high=None, quality=CountQuality.AT_LEAST)


def _heard(event: FarEvent) -> dict[str, FloatArray]:
    """Return when arrivals began at each array, seconds since 1970, in order."""
    of = sorted(
        (r.sensor_id, _began_s(d)) for r in (*event.members, *event.later) if r.medium == AIR for d in r.detections
    )
    return {name: np.array([at for _, at in those]) for name, those in groupby(of, key=lambda x: x[0])}


def _began_s(detection: Detection) -> float:
    start = None if detection.interval is None else detection.interval.start_utc
    return (start or detection.time.utc).timestamp()


def _laid_upon(times_s: FloatArray, busiest_s: FloatArray) -> FloatArray | None:
    """Return one array's times moved upon the busiest one's; None where they do not agree."""
    lags = (busiest_s[None] - times_s[:, None]).ravel()
    by_start = float(busiest_s[0] - times_s[0])
    lags = np.unique(lags[np.abs(lags - by_start) <= _LAG_SLACK_S])
    matched = [np.count_nonzero(np.abs(_nearest(times_s + lag, busiest_s)) <= _SAME_S) for lag in lags]
    best = max(range(len(lags)), key=lambda k: (matched[k], -abs(lags[k] - by_start), -k))
    off = _nearest(times_s + lags[best], busiest_s)
    close = np.abs(off) <= _SAME_S
    if np.count_nonzero(close) < _ALIKE * len(times_s):
        return None
    return np.asarray(times_s + lags[best] + np.median(off[close]), dtype=np.float64)


def _nearest(times_s: FloatArray, others_s: FloatArray) -> FloatArray:
    """Return the distance from each time to the nearest of others, signed, shape (n,)."""
    gap = others_s[None] - times_s[:, None]
    return np.asarray(gap[np.arange(len(gap)), np.abs(gap).argmin(axis=1)], dtype=np.float64)


def _in_common(laid: Sequence[FloatArray]) -> int:
    """Return how many rounds two arrays and more have."""
    every = sorted((float(t), k) for k, times in enumerate(laid) for t in times)
    n, group = 0, list[tuple[float, int]]()
    for one in every:
        if group and (one[0] - group[0][0] > _SAME_S or one[1] in {k for _, k in group}):
            n += len(group) > 1
            group = []
        group.append(one)
    return n + (len(group) > 1)
