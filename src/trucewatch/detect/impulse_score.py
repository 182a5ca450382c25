"""How suddenly sound begins: a step kernel over the energy of several bands of one microphone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SILENCE_SHARE = 1e-3
"""Share of the mean energy added to both sides, so that digital silence does not make every click infinite."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The step score on a regular raster."""

    sample: NDArray[np.int64]
    """Sample number of each raster point, (n_points,)."""
    score_db: FloatArray
    """Mean over the bands of energy after over energy before, (n_points,); 0 where not enough was heard."""
    band_db: FloatArray
    """The same by band, (n_bands, n_points)."""


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


def step_score(samples: FloatArray, rate_hz: float, settings: ScoreSettings) -> Score:
    """Return how many decibels the energy steps up at each point of a raster.

    Args:
        samples: One microphone, shape (n,), finite, longer than `before_s + after_s`.
        rate_hz: Sampling rate.
        settings: Bands and kernel.
    """
    n_before, n_after, n_guard = (round(t * rate_hz) for t in (settings.before_s, settings.after_s, settings.guard_s))
    at = np.arange(0, samples.size - n_after, max(1, round(settings.hop_s * rate_hz)), dtype=np.int64)
    band_db = []
    for band in usable_bands(settings, rate_hz):
        sos = butter(2, band, "bandpass", fs=rate_hz, output="sos")
        total = np.concatenate(([0.0], np.cumsum(np.square(sosfilt(sos, samples)))))
        floor = SILENCE_SHARE * total[-1] / samples.size + np.finfo(np.float64).tiny
        after = _window_mean(total, at, at + n_after) + floor
        before = _window_mean(total, at - n_before, at - n_guard) + floor
        band_db.append(10.0 * np.log10(after / before))
    missing = np.concatenate(([0.0], np.cumsum(blank(samples, round(settings.blank_s * rate_hz)))))
    # The filters ring where sound is spliced to nothing, so the whole kernel and as much again must be sound.
    heard = (at >= n_before) & (_window_mean(missing, at - 2 * n_before, at + n_after) == 0.0)
    stacked = np.where(heard, np.array(band_db), 0.0)
    return Score(sample=at, score_db=stacked.mean(axis=0), band_db=stacked)


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
