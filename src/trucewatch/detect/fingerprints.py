"""Marks that the samples themselves place, so that the same samples again are found at any lag, exactly and cheaply.

A hash rolls over every window of 32 samples; where it falls below a limit there is a mark. The same samples carry the
same marks wherever they stand, so a stretch that was recorded twice shows as marks with one common lag.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
UIntArray = NDArray[np.uint64]

WINDOW = 32
"""samples under one hash: even a quiet channel that knows a dozen levels has more than 64 bits in them"""
LEAST_CHANGES = 8
"""a window in which fewer neighbours differ says nothing: silence repeats itself"""
LEAST_MARKS = 4
"""marks with one common lag that make a repeat: nature does not repeat 32 samples once, and three agree by no chance"""
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_HALF = np.uint64(32)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Marks:
    """Marks of one channel, in the order of its samples."""

    time_s: FloatArray
    """of the first sample under the mark, seconds since 1970, shape (n,)"""
    code: UIntArray
    """the hash, shape (n,)"""

    def __len__(self) -> int:
        return len(self.time_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A stretch whose samples stand twice."""

    first_s: float
    """where it stands first, seconds since 1970"""
    again_s: float
    duration_s: float
    """about; marks lie some way inside the ends"""


def marks_in(samples: FloatArray, spacing: int) -> tuple[NDArray[np.int64], UIntArray]:
    """Return the first sample and the hash of each marked window.

    Args:
        samples: shape (n,); hashed as the exact bits they are.
        spacing: mean number of samples from one mark to the next.

    References:
        Karp & Rabin 1987, IBM J. Res. Dev. 31, 249 (rolling hash); Manber 1994, USENIX Winter, 1 (marks by content).
    """
    if len(samples) < WINDOW:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint64)
    bits = np.ascontiguousarray(samples + 0.0).view(np.uint64)  # + 0.0: minus nought is nought
    # Nought must not hash to nought: a stretch of noughts would be one mark after the other.
    mixed = (bits ^ (bits >> _HALF) ^ _BASE) * _MIX
    up, down = _powers(len(samples))
    total = np.zeros(len(samples) + 1, dtype=np.uint64)
    np.cumsum(mixed * up, out=total[1:])
    code = (total[WINDOW:] - total[:-WINDOW]) * down[: len(samples) - WINDOW + 1]
    code ^= code >> _HALF
    code *= _MIX
    found = np.flatnonzero(code < np.uint64((1 << 64) // max(1, spacing)))
    windows = samples[found[:, None] + np.arange(WINDOW)]
    lively = np.count_nonzero(np.diff(windows, axis=1), axis=1) >= LEAST_CHANGES
    return found[lively], code[found[lively]]


def repeats(one: Marks, other: Marks | None = None, *, rate_hz: float, least_s: float) -> tuple[Repeat, ...]:
    """Return the stretches that stand twice in one channel, or in one and in another.

    Args:
        one: marks of a channel.
        other: of another one; None: within the same. There a lag of nought counts as well.
        rate_hz: samples a second.
        least_s: shortest stretch, and within one channel the shortest lag, that is no play of a periodic signal.
    """
    first, again = _pairs(one) if other is None else _pairs_between(one, other)
    lag = np.rint((again - first) * rate_hz).astype(np.int64)
    if other is None:
        far = np.abs(lag) >= least_s * rate_hz
        first, again, lag = first[far], again[far], lag[far]
    order = np.lexsort((first, lag))
    first, again, lag = first[order], again[order], lag[order]
    spacing_s = _mean_spacing_s(one)
    breaks = np.flatnonzero((np.diff(lag) != 0) | (np.diff(first) > 12.0 * spacing_s)) + 1
    found = []
    for run in np.split(np.arange(len(first)), breaks):
        if len(run) < LEAST_MARKS:
            continue
        span = float(first[run[-1]] - first[run[0]]) + WINDOW / rate_hz
        whole = span * (len(run) + 1) / (len(run) - 1)
        if whole >= least_s:
            found.append(Repeat(first_s=float(first[run[0]]), again_s=float(again[run[0]]), duration_s=whole))
    return tuple(sorted(found, key=lambda r: (r.first_s, r.again_s)))


def _pairs(marks: Marks) -> tuple[FloatArray, FloatArray]:
    """Return the moments at which a code stands and stands again next."""
    order = np.lexsort((marks.time_s, marks.code))
    code, time_s = marks.code[order], marks.time_s[order]
    same = np.flatnonzero(code[1:] == code[:-1])
    return time_s[same], time_s[same + 1]


def _pairs_between(one: Marks, other: Marks) -> tuple[FloatArray, FloatArray]:
    """Return the moments at which a code stands in one and, first, in the other."""
    order = np.lexsort((other.time_s, other.code))
    code, time_s = other.code[order], other.time_s[order]
    at = np.minimum(code.searchsorted(one.code), max(0, len(code) - 1))
    same = np.flatnonzero(code[at] == one.code) if len(code) else np.zeros(0, dtype=np.int64)
    return one.time_s[same], time_s[at[same]]


def _mean_spacing_s(marks: Marks) -> float:
    return float(np.median(np.diff(marks.time_s))) / np.log(2.0) if len(marks) > 1 else 1.0


@lru_cache(maxsize=4)
def _powers_up_to(n: int) -> tuple[UIntArray, UIntArray]:
    def powers(base: np.uint64) -> UIntArray:
        factors = np.full(n, base, dtype=np.uint64)
        factors[0] = 1
        return np.cumprod(factors, dtype=np.uint64)

    return powers(_BASE), powers(_INVERSE)


def _powers(n: int) -> tuple[UIntArray, UIntArray]:
    up, down = _powers_up_to(1 << (n - 1).bit_length())
    return up[:n], down[:n]
