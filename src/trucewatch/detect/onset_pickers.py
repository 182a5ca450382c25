"""Other ways to read the start of a pulse, beside the leading edge: how far they disagree is part of its error.

On rounds that were fired from one place, intervals between them must be the same at every sensor, so a picker can be
judged without any published time. On 410 such picks of the Pittsburgh live-fire tests (TN098) the leading edge repeats
to 0.08 ms (robust; rms 0.39 ms), kurtosis to 0.07 ms (rms 1.5), the AIC of several bands to 0.11 ms (rms 1.4), the AIC
of one to 0.12 ms (rms 0.9). The best mean, median or rule of them, chosen on four firing positions and scored on the
fifth, came out at 0.124 ms mean error against 0.119 ms for the edge alone: the edge gives the time, they its error.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

KURTOSIS_WINDOW_S = 0.020
AROUND_S = (0.006, 0.004)
"""How far before and after the edge the others look: as far as the edge itself may lie from its trigger."""
USUAL_LAG_S = (0.0, 0.08e-3)
"""By how much the AIC and kurtosis usually follow the edge: medians of the 731 picks above."""


def aic(samples: FloatArray) -> FloatArray:
    """Return Akaike's criterion of a change of variance after each sample but the last, shape (n - 1,).

    References:
        Maeda 1985, Zisin 38, 365.
    """
    n = samples.size
    k = np.arange(1, n)
    total, square = np.cumsum(samples), np.cumsum(np.square(samples))
    before = square[:-1] / k - np.square(total[:-1] / k)
    after = (square[-1] - square[:-1]) / (n - k) - np.square((total[-1] - total[:-1]) / (n - k))
    least = 1e-12 * square[-1] / n + np.finfo(np.float64).tiny
    criterion: FloatArray = k * np.log(np.maximum(before, least)) + (n - k - 1) * np.log(np.maximum(after, least))
    return criterion


def aic_start(bands: Sequence[FloatArray]) -> int:
    """Return the sample at which the summed criterion of several bands of one stretch, each (n,), is least."""
    return 1 + int(np.argmin(np.sum([aic(band) for band in bands], axis=0)))


def running_kurtosis(samples: FloatArray, n_window: int) -> FloatArray:
    """Return the kurtosis of the last `n_window` samples at each sample from the first full window on.

    Args:
        samples: shape (n,).
        n_window: samples in a window.

    Returns:
        Shape (n - n_window + 1,); 3 for Gaussian noise.
    """
    moments = [np.concatenate(([0.0], np.cumsum(samples**power))) for power in (1, 2, 3, 4)]
    one, two, three, four = ((total[n_window:] - total[:-n_window]) / n_window for total in moments)
    variance = np.maximum(two - one**2, 1e-12 * float(two.max(initial=0.0)) + np.finfo(np.float64).tiny)
    kurtosis: FloatArray = (four - 4 * one * three + 6 * one**2 * two - 3 * one**4) / variance**2
    return kurtosis


def kurtosis_start(samples: FloatArray, n_window: int) -> int:
    """Return the sample, counted from `n_window` on, where the running kurtosis climbs to a new height the steepest.

    References:
        Baillard et al. 2014, Bull. Seismol. Soc. Am. 104, 394 (steepest rise of the cleaned kurtosis).
    """
    climbing = np.maximum.accumulate(running_kurtosis(samples, n_window)[1:])
    return int(np.argmax(np.diff(climbing))) if climbing.size > 1 else 0


def disagreement_s(highpassed: FloatArray, bands: Sequence[FloatArray], edge_sample: float, rate_hz: float) -> float:
    """Return how far the other pickers lie from the leading edge, their median, in seconds.

    Args:
        highpassed: The recording, shape (n,).
        bands: The same in each band, shape (n,) each.
        edge_sample: Where the leading edge was read.
        rate_hz: Sampling rate.

    Returns:
        0 where the recording is too short around the edge for the others to look.
    """
    n_window = round(KURTOSIS_WINDOW_S * rate_hz)
    begin, end = (round(edge_sample + side * t * rate_hz) for side, t in zip((-1, 1), AROUND_S, strict=True))
    if begin < n_window or end > highpassed.size:
        return 0.0
    starts = (
        begin + aic_start([highpassed[begin:end]]),
        begin + aic_start([band[begin:end] for band in bands]),
        begin + kurtosis_start(highpassed[begin - n_window : end], n_window),
    )
    usual = (USUAL_LAG_S[0], USUAL_LAG_S[0], USUAL_LAG_S[1])
    apart = [abs((at - edge_sample) / rate_hz - lag) for at, lag in zip(starts, usual, strict=True)]
    return float(np.median(apart))
