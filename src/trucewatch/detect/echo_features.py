"""What tells a sound that came straight from one that was reflected, at one sensor: order, level, pattern, shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.onset import Onset

FloatArray = NDArray[np.float64]

MEMORY_S = 4.0
"""How long after a sound its echoes are looked for; TN098 names reflections of up to several seconds."""
SAME_LAG_S = 0.003
SAME_DROP_DB = 4.0
"""Two echoes of two rounds repeat each other when lag and loss agree this well."""
DECAY_DB_PER_S = 20.0
"""How fast reverberation in a street dies; the tails of the live-fire tests fall by about this."""

NAMES = (
    "below_loudest_db",
    "above_earlier_db",
    "above_reverberation_db",
    "log_since_loudest_earlier",
    "is_first",
    "repeats_as_echo",
    "repeats_as_source",
    "score_db",
    "log_rise",
    "log_duration",
    "centroid_khz",
    "tail_db",
)


def levels_db(onsets: Sequence[Onset]) -> FloatArray:
    """Return peak levels relative to one unit of the samples, shape (n,)."""
    return 20.0 * np.log10(np.maximum([one.peak for one in onsets], 1e-300))


def echo_features(onsets: Sequence[Onset]) -> FloatArray:
    """Return the figures of each impulse in the order of NAMES, shape (n, 12).

    Args:
        onsets: Every impulse of one sensor, unmerged, in order of time.
    """
    time_s, level = np.array([one.time_s for one in onsets]), levels_db(onsets)
    as_echo, as_source = _repeats(time_s, level)
    rows = [_order(i, time_s, level) for i in range(len(onsets))]
    shapes = [_shape(one) for one in onsets]
    out: FloatArray = np.column_stack([np.array(rows), as_echo, as_source, np.array(shapes)])
    return out


def _order(i: int, time_s: FloatArray, level: FloatArray) -> list[float]:
    begin, end = np.searchsorted(time_s, (time_s[i] - MEMORY_S, time_s[i] + MEMORY_S))
    loudest = int(begin + np.argmax(level[begin:end]))
    if begin == i:
        return [level[i] - level[loudest], 15.0, 15.0, math.log(MEMORY_S), 1.0]
    earlier = slice(int(begin), i)
    since = time_s[i] - time_s[earlier]
    above = level[i] - float(level[earlier].max())
    over = level[i] - float((level[earlier] - DECAY_DB_PER_S * since).max())
    last = float(since[int(np.argmax(level[earlier]))])
    return [
        level[i] - level[loudest],
        float(np.clip(above, -40.0, 15.0)),
        float(np.clip(over, -30.0, 15.0)),
        math.log(max(last, 0.005)),
        0.0,
    ]


def _shape(one: Onset) -> list[float]:
    figures = dict(one.features)
    return [
        figures["score_db"],
        math.log(figures["rise_s"]),
        math.log(one.duration_s),
        figures["centroid_hz"] / 1000.0,
        figures["tail_db"],
    ]


def _repeats(time_s: FloatArray, level: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how often each impulse follows, and precedes, another by a lag and a loss that recur elsewhere.

    Echoes repeat from round to round at one sensor with the same lag, and so mark both themselves and their sources.
    """
    n = time_s.size
    first, second = np.triu_indices(n, 1)
    near = (time_s[second] - time_s[first] < MEMORY_S) & (level[second] - level[first] < 3.0)
    first, second = first[near], second[near]
    lag, drop = time_s[second] - time_s[first], level[second] - level[first]
    order = np.argsort(lag, kind="stable")
    first, second, lag, drop = first[order], second[order], lag[order], drop[order]
    ends = np.searchsorted(lag, lag + SAME_LAG_S)
    echo_of: list[dict[int, set[int]]] = [{} for _ in range(n)]
    for k in range(lag.size):
        for m in range(k + 1, int(ends[k])):
            apart = len({first[k], second[k], first[m], second[m]}) == 4
            if apart and abs(drop[k] - drop[m]) < SAME_DROP_DB:
                echo_of[second[k]].setdefault(int(first[k]), set()).add(int(first[m]))
                echo_of[second[m]].setdefault(int(first[m]), set()).add(int(first[k]))
    as_echo = np.array([min(2, max((len(s) for s in sources.values()), default=0)) for sources in echo_of], float)
    as_source = np.zeros(n)
    for sources in echo_of:
        for j in sources:
            as_source[j] = min(3.0, as_source[j] + 1.0)
    return as_echo, as_source
