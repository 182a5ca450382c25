"""What the time stamps of recordings say of the clock: steps, creeping gaps, a rate that is not the stated one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

NEAR_S = 2.0
"""a stretch that begins this near to the end of the one before was meant to go on from it"""
LEAST_FOR_DRIFT = 6
"""stretches that follow one another before a drift is told from single slips"""
STEP_SAMPLES = 1.5
"""a slip of fewer samples is rounding of a stamp"""
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """When one gapless stretch says that it was recorded."""

    start_s: float
    """of the first sample, seconds since 1970"""
    n_samples: int
    rate_hz: float

    @property
    def end_s(self) -> float:
        """Moment after the last sample."""
        return self.start_s + self.n_samples / self.rate_hz


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One place at which stamps and samples part."""

    at_s: float
    """start of the later stretch"""
    by_s: float
    """positive: the stamp is later than the samples before it say"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """What the stamps of one channel say."""

    slips: tuple[Slip, ...]
    """single steps, what a steady drift explains taken out"""
    drift_s_per_day: float | None
    """how much the stamps gain on the samples; None where too few stretches follow one another"""
    drift_sigma_s_per_day: float | None


def judge(stretches: Sequence[Stretch]) -> Stamps:
    """Hold the stamps of stretches that follow one another against the samples between them.

    Args:
        stretches: of one channel, in any order.

    A clock that drifts while the samples are counted by the same clock shows nothing here; only other sensors tell.
    """
    ordered = sorted(stretches, key=lambda s: (s.start_s, s.n_samples))
    gap = np.array([b.start_s - a.end_s for a, b in pairwise(ordered)])
    near = np.abs(gap) <= NEAR_S if len(gap) else np.zeros(0, dtype=bool)
    length = np.array([s.n_samples / s.rate_hz for s in ordered])
    pace, sigma = _pace(gap[near], length[:-1][near]) if near.sum() >= LEAST_FOR_DRIFT else (0.0, None)
    least = np.array([STEP_SAMPLES / s.rate_hz for s in ordered[1:]])
    left = gap - pace * length[:-1] if len(gap) else gap
    slips = tuple(
        Slip(at_s=ordered[i + 1].start_s, by_s=float(left[i]))
        for i in np.flatnonzero(near & (np.abs(left) > least + 3.0 * (sigma or 0.0) * length[:-1]))
    )
    if sigma is None:
        return Stamps(slips=slips, drift_s_per_day=None, drift_sigma_s_per_day=None)
    return Stamps(slips=slips, drift_s_per_day=pace * DAY_S, drift_sigma_s_per_day=sigma * DAY_S)


def _pace(gap_s: FloatArray, length_s: FloatArray) -> tuple[float, float]:
    """Return by how much stamps run ahead of samples, seconds a second, robustly, and its error."""
    share = gap_s / length_s
    pace = float(np.median(share))
    spread = 1.4826 * float(np.median(np.abs(share - pace)))
    return pace, max(spread, 1e-9) * 1.2533 / float(np.sqrt(len(share)))
