"""Lags between the elements of an array in one window, and the plane wave that explains them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal.windows import tukey

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TAPER = 0.2
"""Share of the window that is tapered: little, for what is cut from one element is not from one that hears later."""

POINTS_A_PERIOD = 8
"""Points of a correlation in the shortest period of the band; a parabola does the rest."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PairLags:
    """Where the correlation of each pair of elements peaks."""

    elements: IntArray
    """rows of the array that have samples, (m,)"""
    lag_s: FloatArray
    """(m, m); row i, column j: how much later i hears the wave than j"""
    correlation: FloatArray
    """(m, m), largest normalised correlation within half a window"""


def pair_lags(samples: FloatArray, rate_hz: float, band_hz: tuple[float, float]) -> PairLags:
    """Correlate every pair of elements inside a band.

    Args:
        samples: One window, (n_elements, n); elements with a NaN are left out.
        rate_hz: Sampling rate.
        band_hz: Edges of the band.
    """
    elements = np.flatnonzero(np.isfinite(samples).all(axis=1)).astype(np.int64)
    n = samples.shape[1]
    n_fft = 1 << (2 * n - 1).bit_length()
    level = samples[elements] - samples[elements].mean(axis=1, keepdims=True)
    frequency = np.fft.rfftfreq(n_fft, 1.0 / rate_hz)
    bins = np.flatnonzero((frequency >= band_hz[0]) & (frequency <= band_hz[1]))
    spectra = np.fft.rfft(level * tukey(n, TAPER), n_fft, axis=1)[:, bins]
    spectra /= np.maximum(np.sqrt(np.square(np.abs(spectra)).sum(axis=1, keepdims=True)), 1e-300)
    n_lag = min(n_fft, 1 << int(np.ceil(np.log2(max(POINTS_A_PERIOD * band_hz[1] * n_fft / rate_hz, 4.0)))))
    step_s = n_fft / rate_hz / n_lag
    lag_s = np.zeros((elements.size, elements.size))
    correlation = np.eye(elements.size)
    for i in range(elements.size):
        for j in range(i):
            full = np.zeros(n_lag, dtype=np.complex128)
            full[bins] = spectra[i] * spectra[j].conj()
            curve = np.fft.ifft(full).real * n_lag
            lag, value = _peak(curve, step_s, n / rate_hz / 2.0)
            lag_s[i, j], lag_s[j, i] = lag, -lag
            correlation[i, j] = correlation[j, i] = value
    return PairLags(elements=elements, lag_s=lag_s, correlation=correlation)


def _peak(curve: FloatArray, step_s: float, largest_lag_s: float) -> tuple[float, float]:
    reach = min(int(largest_lag_s / step_s), curve.size // 2 - 1)
    around = np.concatenate([curve[-reach:], curve[: reach + 1]])
    top = int(np.argmax(around))
    shift = 0.0
    if 0 < top < around.size - 1:
        left, middle, right = around[top - 1 : top + 2]
        bend = left - 2.0 * middle + right
        shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return (top - reach + shift) * step_s, float(around[top])


def plane_wave(lags: PairLags, rows: IntArray, offsets_m: FloatArray) -> tuple[FloatArray, float]:
    """Fit a plane wave to the lags among some elements.

    Args:
        lags: Of a window.
        rows: Which of `lags.elements`.
        offsets_m: Of all elements of the array, (n_elements, 2).

    Returns:
        Slowness towards the source (2,), s/m, and the root mean square of what the lags leave, seconds.
    """
    first, second = (rows[k] for k in np.triu_indices(rows.size, 1))
    design = offsets_m[lags.elements[second]] - offsets_m[lags.elements[first]]
    wanted = lags.lag_s[first, second]
    slowness: FloatArray = np.asarray(np.linalg.lstsq(design, wanted, rcond=None)[0], dtype=np.float64)
    return slowness, float(np.sqrt(np.mean(np.square(wanted - design @ slowness))))


def latenesses_s(lags: PairLags, row: int, others: IntArray, offsets_m: FloatArray, slowness: FloatArray) -> FloatArray:
    """Return how much later an element hears a plane wave than it should, against each of the others, seconds.

    Args:
        lags: of all pairs in one window.
        row: the element asked about, as a row of `lags.elements`.
        others: rows of the others, shape (n,).
        offsets_m: east and north of all elements, shape (n_elements, 2).
        slowness: of the wave, shape (2,), s/m.

    Returns:
        Shape (n,).
    """
    expected = (offsets_m[lags.elements[others]] - offsets_m[lags.elements[row]]) @ slowness
    late_s: FloatArray = lags.lag_s[row, others] - expected
    return late_s
