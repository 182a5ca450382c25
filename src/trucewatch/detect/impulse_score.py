"""How suddenly sound begins: a step kernel over the energy of several bands of one microphone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SILENCE_SHARE = 1e-3
"""Share of the mean energy of the last seconds added to both sides, so that digital silence does not make every click
infinite."""
SILENCE_S = 5.0
"""How long the memory of that mean is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSettings:
    """The step kernel: how much silence before is weighed against how much sound after."""

    bands_hz: tuple[tuple[float, float], ...] = ((200.0, 600.0), (600.0, 1800.0), (1800.0, 5000.0))
    before_s: float = 0.050
    """Length of the silence; TN098 uses a step kernel of 50 ms."""
    after_s: float = 0.010
    """Length of the sound: short, because a muzzle blast lasts 2 to 5 ms and reverberation is not part of it."""
    guard_s: float = 0.002
    """Left out between the two, so that a slow rise does not count as its own silence."""
    hop_s: float = 0.001
    blank_s: float = 0.020
    """A stretch of one repeated value at least this long is no silence but missing sound."""


def usable_bands(settings: ScoreSettings, rate_hz: float) -> tuple[tuple[float, float], ...]:
    """Return the bands that this sampling rate can hold, the last cut at 0.45 of the rate."""
    top = 0.45 * rate_hz
    return tuple((low, min(high, top)) for low, high in settings.bands_hz if low < 0.8 * top)


def blank(samples: FloatArray, n_least: int) -> BoolArray:
    """Mark the samples inside runs of one repeated value of at least `n_least` samples, shape (n,)."""
    edges = np.concatenate(([0], np.flatnonzero(np.diff(samples) != 0) + 1, [samples.size]))
    length = np.diff(edges)
    return np.repeat(length >= n_least, length)


def _window_mean(total: FloatArray, begin: NDArray[np.int64], end: NDArray[np.int64]) -> FloatArray:
    last = total.size - 1
    low, high = np.clip(begin, 0, last), np.clip(end, 0, last)
    mean: FloatArray = (total[high] - total[low]) / np.maximum(high - low, 1)
    return mean


def summed(values: FloatArray) -> FloatArray:
    """Return the running sum with a leading nought, shape (n + 1,)."""
    return np.concatenate(([0.0], np.cumsum(values)))


def band_step_db(
    power: FloatArray, at: NDArray[np.int64], floor: FloatArray, rate_hz: float, settings: ScoreSettings
) -> FloatArray:
    """Return how many decibels the energy of one band steps up at each of some samples.

    Args:
        power: Squared samples of the band, shape (n,).
        at: Sample numbers, shape (n_points,).
        floor: Added to both sides, shape (n_points,).
        rate_hz: Sampling rate.
        settings: The kernel.
    """
    n_before, n_after, n_guard = (round(t * rate_hz) for t in (settings.before_s, settings.after_s, settings.guard_s))
    total = summed(power)
    least = floor + np.finfo(np.float64).tiny
    after = _window_mean(total, at, at + n_after) + least
    before = _window_mean(total, at - n_before, at - n_guard) + least
    step_db: FloatArray = 10.0 * (np.log10(after) - np.log10(before))
    return step_db


def heard(missing: BoolArray, at: NDArray[np.int64], rate_hz: float, settings: ScoreSettings) -> BoolArray:
    """Say where the kernel and as much again before it hold sound: filters ring where sound is spliced to nothing."""
    n_before, n_after = (round(t * rate_hz) for t in (settings.before_s, settings.after_s))
    total = summed(missing.astype(np.float64))
    return np.asarray(_window_mean(total, at - 2 * n_before, at + n_after) == 0.0)


def local_maxima(score_db: FloatArray, least_db: float, n_apart: int) -> NDArray[np.int64]:
    """Return the raster points, ascending, that reach `least_db` and are the highest within `n_apart` points."""
    order = np.flatnonzero(score_db >= least_db)
    kept = [
        int(point)
        for point in order
        if score_db[point] >= score_db[max(0, point - n_apart) : point + n_apart + 1].max()
        and not (point > 0 and score_db[point - 1] == score_db[point])
    ]
    return np.array(kept, dtype=np.int64)
