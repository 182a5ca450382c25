"""The start of one pulse to a fraction of a millisecond, and what its error depends on.

The leading edge is read, not the change of variance: of 750 released pulses of the Pittsburgh live-fire tests (TN098)
a two-segment AIC put 95 % within 5 ms of the published start, the leading edge 99 %.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SEARCH_BACK_S = 0.005
SEARCH_AHEAD_S = 0.010
"""The leading edge lies this close to the trigger: the kernel peaks within a hop or two, filters lag by 1 to 2 ms."""
NOISE_BEFORE_S = 0.050
NOISE_GUARD_S = 0.003
EDGE_SHARE = 0.5
"""The first swing of at least this share of the strongest is the pulse; smaller ones before it are noise or a foot."""
LOW_SHARE, HIGH_SHARE = 0.2, 0.6
"""The rise is the straight line through these shares of the first swing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """One leading edge; samples are fractional numbers from the start of the recording."""

    start_sample: float
    """Where the straight rise meets the level before it."""
    rise_samples: float
    """Length of the straight rise from nothing to the first swing's height."""
    first_peak: float
    """Height of the first swing above the level before, signed."""
    peak: float
    """Largest excursion in the search window, unsigned."""
    noise: float
    """Robust standard deviation before the pulse."""


def _crossing(rise: FloatArray, peak_at: int, level: float) -> float:
    """Return where the rise towards `peak_at` last comes up through `level`, in fractional samples."""
    below = np.flatnonzero(rise[: peak_at + 1] <= level)
    if below.size == 0:
        return 0.0
    at = int(below[-1])
    if at >= peak_at:
        return float(peak_at)
    return at + float((level - rise[at]) / (rise[at + 1] - rise[at]))


def pick_start(samples: FloatArray, trigger: int, rate_hz: float) -> Pick | None:
    """Find the start of the pulse near a trigger, or None when nothing rises above the noise.

    Args:
        samples: The recording, high-passed, shape (n,).
        trigger: Sample number at which the step score peaks.
        rate_hz: Sampling rate.
    """
    begin = max(0, trigger - round(SEARCH_BACK_S * rate_hz))
    end = min(samples.size, trigger + round(SEARCH_AHEAD_S * rate_hz))
    before = samples[max(0, begin - round(NOISE_BEFORE_S * rate_hz)) : max(1, begin - round(NOISE_GUARD_S * rate_hz))]
    level = float(np.median(before))
    noise = 1.4826 * float(np.median(np.abs(before - level)))
    swing = samples[begin:end] - level
    peak = float(np.abs(swing).max(initial=0.0))
    if end - begin < 8 or peak <= 0.0:
        return None
    first = int(np.argmax(np.abs(swing) >= EDGE_SHARE * peak))
    sign = 1.0 if swing[first] > 0 else -1.0
    rise = sign * swing
    falls = np.flatnonzero(np.diff(rise[first:]) <= 0)
    top = first + int(falls[0]) if falls.size else rise.size - 1
    low, high = (_crossing(rise, top, share * rise[top]) for share in (LOW_SHARE, HIGH_SHARE))
    per_share = (high - low) / (HIGH_SHARE - LOW_SHARE)
    return Pick(
        start_sample=begin + low - LOW_SHARE * per_share,
        rise_samples=max(per_share, 0.5),
        first_peak=sign * float(rise[top]),
        peak=peak,
        noise=max(noise, 1e-9 * peak),
    )
