"""Which channels of an array may be believed, and why the others may not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFault:
    """One channel that was left out, so that a report can say so."""

    element: int
    """Row of the channel in the array given."""
    reason: str
    """What is wrong with it, in words a report can print."""
    start_s: float | None = None
    """From when, seconds from the start of the record or stream; None: all of what was given."""
    end_s: float | None = None
    """Until when, not included."""


def longest_run(samples: FloatArray) -> int:
    """Return the number of samples in the longest run of one repeated value.

    Args:
        samples: One channel, shape (n,).
    """
    changes = np.flatnonzero(np.diff(samples) != 0)
    edges = np.concatenate(([-1], changes, [samples.size - 1]))
    return int(np.diff(edges).max(initial=0))


def clipped_share(samples: FloatArray) -> float:
    """Return the share of samples that sit flat at the largest or the smallest value.

    A single sample at the extreme is a peak; only neighbours that are equal there mean a saturated converter.

    Args:
        samples: One channel, shape (n,).
    """
    # LIMIT: a channel so quiet that it knows only a few levels looks clipped and is left out; raise its gain.
    at_rail = (samples == samples.max()) | (samples == samples.min())
    flat = at_rail[1:] & at_rail[:-1] & (samples[1:] == samples[:-1])
    return float(np.count_nonzero(flat)) / samples.size


def fault_of(samples: FloatArray, rate_hz: float, *, max_gap_s: float, max_clipped_share: float) -> str | None:
    """Say what is wrong with one channel, or None when nothing is.

    Args:
        samples: One channel, shape (n,), any unit.
        rate_hz: Sampling rate.
        max_gap_s: Longest stretch of one repeated value that may be nature and not a filled gap.
        max_clipped_share: Largest share of samples flat at full scale.
    """
    n_bad = int(np.count_nonzero(~np.isfinite(samples)))
    if n_bad:
        return f"{n_bad} samples are not finite (gap)"
    run = longest_run(samples)
    if run == samples.size:
        return "dead: every sample is the same"
    if run > max_gap_s * rate_hz:
        return f"gap: one value repeated for {run / rate_hz:.2f} s"
    share = clipped_share(samples)
    if share > max_clipped_share:
        return f"clipped: {100 * share:.2f} % of samples flat at full scale"
    return None


def screen(
    samples: FloatArray, rate_hz: float, *, max_gap_s: float = 1.0, max_clipped_share: float = 0.001
) -> tuple[tuple[int, ...], tuple[ChannelFault, ...]]:
    """Split the channels of an array into those that can be used and those that cannot.

    Args:
        samples: All channels, shape (n_elements, n).
        rate_hz: Sampling rate.
        max_gap_s: Longest stretch of one repeated value that is not a gap.
        max_clipped_share: Largest share of samples flat at full scale.

    Returns:
        The rows to use, ascending, and one fault for each row left out.
    """
    # LIMIT: a channel with one gap is left out for the whole stretch given; `array_stream` judges window by window.
    faults = [
        ChannelFault(element=row, reason=reason)
        for row, channel in enumerate(samples)
        if (reason := fault_of(channel, rate_hz, max_gap_s=max_gap_s, max_clipped_share=max_clipped_share))
    ]
    bad = {fault.element for fault in faults}
    return tuple(row for row in range(len(samples)) if row not in bad), tuple(faults)
