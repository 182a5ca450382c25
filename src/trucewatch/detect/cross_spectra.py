"""Cross spectra of an array averaged over pieces of each window: what Capon and MUSIC need and one spectrum lacks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.steering import Steering, band_bins, taper_of

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CrossSpectra:
    """Covariances of the places of an array."""

    matrix: ComplexArray
    """(n_windows, n_frequencies, n_places, n_places), Hermitian"""
    frequency_hz: FloatArray
    n_pieces: int
    """pieces averaged; half of each is shared with the next"""


def cross_spectra(steering: Steering, windows: FloatArray) -> CrossSpectra:
    """Average the cross spectra of half-overlapping pieces.

    Args:
        steering: Geometry and settings.
        windows: (n_windows, n_elements, n_window).

    Raises:
        ValueError: If a piece is so short that the band holds fewer than two of its frequencies.

    References:
        Welch (1967), IEEE Trans. Audio Electroacoust. 15(2), 70-73.
    """
    # LIMIT: a wave that takes longer across the array than a fraction of a piece loses coherence between the ends, so
    # arrays of kilometres need windows, and pieces, of many seconds.
    settings = steering.settings
    n_piece = max(4, int(steering.piece_s * steering.rate_hz + 1e-6))
    n_fft, bins, frequency_hz = band_bins(n_piece, steering.rate_hz, settings)
    taper = taper_of(settings.piece_taper, n_piece)
    level = steering.levelled(windows)
    starts = range(0, level.shape[-1] - n_piece + 1, max(1, n_piece // 2))
    total = np.zeros((len(level), bins.size, level.shape[1], level.shape[1]), dtype=np.complex128)
    for start in starts:
        spectra = np.fft.rfft(level[..., start : start + n_piece] * taper, n_fft, axis=-1)[..., bins].swapaxes(1, 2)
        total += spectra[..., :, None] * spectra[..., None, :].conj()
    matrix = total / len(starts)
    if settings.equal_gain:
        matrix = _equal_gain(matrix)
    if steering.n_places < matrix.shape[-1]:
        matrix = steering.merge @ matrix @ steering.merge.T
    return CrossSpectra(matrix=matrix, frequency_hz=frequency_hz, n_pieces=len(starts))


def _equal_gain(matrix: ComplexArray) -> ComplexArray:
    """Scale every element to the same power in the band of its window."""
    power = np.einsum("nfmm->nm", matrix).real
    gain = 1.0 / np.sqrt(np.where(power > 0.0, power, 1.0))
    scaled: ComplexArray = matrix * gain[:, None, :, None] * gain[:, None, None, :]
    return scaled
