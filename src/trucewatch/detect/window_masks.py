"""Which windows of which elements may be used: gaps, stuck values and clipping cost the windows they touch, no more."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

FAULTS = ("missing", "stuck", "clipped")
"""What can be wrong with a stretch, the order in which it is said."""

WORDS = {
    "missing": "no samples",
    "stuck": "one value repeated: a dead channel or a filled gap",
    "clipped": "flat at full scale: clipped",
}

LEAST_LEVELS = 16
"""A rail fewer steps of the converter from the middle than this is a quiet channel, not a saturated one."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SampleFaults:
    """Where samples of one element are not what the air did; each (n,)."""

    missing: BoolArray
    stuck: BoolArray
    clipped: BoolArray


def run_lengths(samples: FloatArray) -> IntArray:
    """Return, for each sample, the length of the run of equal values that it is in, shape (n,); NaN equals nothing."""
    edges = np.concatenate(([0], np.flatnonzero(samples[1:] != samples[:-1]) + 1, [samples.size]))
    length = np.diff(edges)
    return np.repeat(length, length).astype(np.int64)


def sample_faults(samples: FloatArray, rate_hz: float, max_gap_s: float) -> SampleFaults:
    """Say what is wrong with each sample of one element.

    Args:
        samples: (n,), NaN where none came.
        rate_hz: Sampling rate.
        max_gap_s: Longest run of one value that may be nature.
    """
    missing = ~np.isfinite(samples)
    run = run_lengths(samples)
    stuck = ~missing & (run > max_gap_s * rate_hz)
    return SampleFaults(missing=missing, stuck=stuck, clipped=_clipped(samples, run, missing | stuck))


def _clipped(samples: FloatArray, run: IntArray, other: BoolArray) -> BoolArray:
    # LIMIT: a rail is the largest or smallest value of the batch: of two levels of clipping the inner goes unseen.
    good = samples[~other]
    if good.size < 2:
        return np.zeros(samples.size, dtype=np.bool_)
    steps = np.abs(np.diff(good))
    resolution = float(steps[steps > 0].min(initial=np.inf))
    high, low = float(good.max()), float(good.min())
    at_rail = ((samples == high) & (high - np.median(good) >= LEAST_LEVELS * resolution)) | (
        (samples == low) & (np.median(good) - low >= LEAST_LEVELS * resolution)
    )
    clipped: BoolArray = at_rail & (run > 1) & ~other
    return clipped


def windows_with(flags: BoolArray, starts: IntArray, n_window: int, max_share: float) -> BoolArray:
    """Return (n_windows,): more than a share of the window's samples is flagged."""
    total = np.concatenate(([0], np.cumsum(flags)))
    over: BoolArray = total[starts + n_window] - total[starts] > max_share * n_window
    return over


def window_faults(
    samples: FloatArray,
    starts: IntArray,
    n_window: int,
    rate_hz: float,
    *,
    max_gap_s: float,
    max_clipped_share: float,
) -> dict[str, BoolArray]:
    """Return for each kind of fault the windows of each element that it spoils, (n_elements, n_windows).

    Args:
        samples: (n_elements, n), NaN where none came.
        starts: First sample of each window, (n_windows,).
        n_window: Samples in a window.
        rate_hz: Sampling rate.
        max_gap_s: Longest run of one value that may be nature.
        max_clipped_share: Largest share of a window's samples flat at full scale.
    """
    found = [sample_faults(channel, rate_hz, max_gap_s) for channel in samples]
    share = {"missing": 0.0, "stuck": 0.0, "clipped": max_clipped_share}
    return {
        kind: np.stack([windows_with(getattr(fault, kind), starts, n_window, share[kind]) for fault in found])
        for kind in FAULTS
    }
