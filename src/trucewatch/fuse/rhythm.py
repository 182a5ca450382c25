"""The rhythm of fast fire at several sensors: one sequence of rounds, shifted as a whole by each one's delay.

Rounds of automatic fire follow each other within a tenth of a second, which is less than sound takes between sensors,
and each sensor misses some, for it is deaf for a moment after each onset. So no single onset says which round it is.
But all rounds of a burst come from one place, and the sequence reaches every sensor with one delay (TN098): pauses
between bursts, and where each of them begins and ends, tell the delay. Where ends were missed, a delay that is off by a
round fits nearly as well, so that several are kept, each with its odds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SAME_ROUND_S = 0.04
"""onsets of one round, the delays of their sensors taken off, lie within this: pick errors of some milliseconds
twice over, and less than half of the shortest time between rounds (63 ms, TN098)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """A shift of one sequence that lays it on another."""

    delay_s: float
    n_common: int
    """rounds that both have then"""


def delays(
    one_s: FloatArray, other_s: FloatArray, low_s: float, high_s: float, most: int = 8, least: int = 2
) -> tuple[Delay, ...]:
    """Return the shifts that lay a sequence on another, those with most common rounds first.

    Args:
        one_s: moments at one sensor, ascending, shape (n,).
        other_s: the same at another, shape (m,).
        low_s: least shift of the other against the one.
        high_s: largest shift.
        most: of them that are given.
        least: common rounds of each.
    """
    apart = np.sort((other_s[None, :] - one_s[:, None]).ravel())
    apart = apart[(apart >= low_s) & (apart <= high_s)]
    if len(apart) < least:
        return ()
    last = np.searchsorted(apart, apart + SAME_ROUND_S, "right")
    many = last - np.arange(len(apart))
    tight = apart[last - 1] - apart
    free, out = np.ones(len(apart), dtype=np.bool_), list[Delay]()
    for k in np.lexsort((apart, tight, -many)):
        if len(out) == most or many[k] < least:
            break
        if not free[k : last[k]].all():
            continue
        middle = float(np.median(apart[k : last[k]]))
        free[np.abs(apart - middle) < 0.75 * SAME_ROUND_S] = False
        out.append(Delay(delay_s=middle, n_common=int(many[k])))
    return tuple(out)


def rounds_of(at_s: FloatArray) -> NDArray[np.int64]:
    """Return which round each of pooled moments is, by time from 0 on, shape (n,).

    Args:
        at_s: moments at all sensors, their delays taken off, ascending, shape (n,).
    """
    which, start = np.zeros(len(at_s), dtype=np.int64), -math.inf
    number = -1
    for n, at in enumerate(at_s.tolist()):
        if at - start > SAME_ROUND_S:
            number, start = number + 1, at
        which[n] = number
    return which


def log_p_heard(n_heard: Sequence[int], n_rounds: int) -> float:
    """Return how likely it is that sensors heard so many of all rounds, each with a chance of its own, natural log.

    A wrong delay lays the ends of bursts beside each other, which makes more rounds that more sensors missed.

    Args:
        n_heard: of each sensor.
        n_rounds: in all.
    """
    out = 0.0
    for n in n_heard:
        p = (n + 0.5) / (max(n, n_rounds) + 1.0)
        out += n * math.log(p) + (n_rounds - n) * math.log1p(-p)
    return out


def settled(sequences: Sequence[FloatArray], delay_s: FloatArray) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    """Return the delays (n,) that all common rounds agree on, moments of all rounds (k,), who heard each (k, n).

    Moments are those at a sensor with no delay. Who heard it is the position of its onset in the sensor's sequence, -1
    where it did not.

    Args:
        sequences: moments at each sensor, ascending.
        delay_s: of each, to begin with, shape (n,).
    """
    sensor = np.concatenate([np.full(len(s), k) for k, s in enumerate(sequences)])
    position = np.concatenate([np.arange(len(s)) for s in sequences])
    at = np.concatenate(sequences)
    delay = np.array(delay_s, dtype=np.float64)
    for _ in range(4):
        own = at - delay[sensor]
        order = np.lexsort((sensor, own))
        which = np.empty(len(at), dtype=np.int64)
        which[order] = rounds_of(own[order])
        moment = np.bincount(which, own) / np.bincount(which)
        shared = (np.bincount(which) > 1)[which]
        off = np.array(
            [
                np.median((own - moment[which])[shared & (sensor == k)]) if (shared & (sensor == k)).any() else 0.0
                for k in range(len(sequences))
            ]
        )
        delay += off - off[0]
        if np.abs(off).max() < 1e-4:
            break
    heard = np.full((len(moment), len(sequences)), -1, dtype=np.int64)
    # Where a sensor has two onsets of one round, the first is the round and the other an echo.
    heard[which[::-1], sensor[::-1]] = position[::-1]
    return delay, moment, heard
