"""MUSIC: where the steering of a slowness lies in the subspace that the signals span.

Peers average 1/(a^H N N^H a) over frequencies, a sum that one lucky frequency rules. Here the projection itself is
averaged, `mean_f a^H S S^H a` with signal eigenvectors S: 1 where every frequency agrees, and one matrix product.
"""

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.cross_spectra import CrossSpectra
from trucewatch.detect.projection import Projection
from trucewatch.detect.steering import Steering

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def music(steering: Steering, spectra: CrossSpectra) -> Projection:
    """Return the projection on the signal subspace of every window.

    Args:
        steering: Geometry and settings; `n_signals` None counts the signals of every window.
        spectra: Covariances.

    References:
        Schmidt (1986), IEEE Trans. Antennas Propag. 34(3), 276-280.
    """
    values, vectors = np.linalg.eigh(spectra.matrix)
    most = steering.n_places - 1
    given = steering.settings.n_signals
    n_signals = (
        count_signals(_loaded(values, steering.settings.loading), spectra.n_pieces)
        if given is None
        else np.full(len(values), min(given, most))
    )
    strongest = vectors[..., ::-1][..., : int(n_signals.max())]
    counted = np.arange(strongest.shape[-1]) < n_signals[:, None]
    signal = np.where(counted[:, None, None], strongest, 0.0)
    return Projection(steering, signal.transpose(0, 3, 2, 1), spectra.frequency_hz)


def _loaded(eigenvalues: FloatArray, loading: float) -> FloatArray:
    """Raise eigenvalues so that what one wave loses between the ends of an array is not counted as another."""
    raised: FloatArray = eigenvalues + loading * eigenvalues.mean(axis=-1, keepdims=True)
    return raised


def count_signals(eigenvalues: FloatArray, n_pieces: int) -> IntArray:
    """Return the number of signals in each window, at least 1, by least description length.

    Args:
        eigenvalues: (n_windows, n_frequencies, n_places), ascending.
        n_pieces: Pieces averaged; overlap is ignored, which errs towards more signals by a little.

    References:
        Wax & Kailath (1985), IEEE Trans. ASSP 33(2), 387-392, equation 17, summed over frequencies.
    """
    n_places = eigenvalues.shape[-1]
    n_looks = max(2, n_pieces)
    rank = min(n_places, n_looks)
    descending = np.maximum(eigenvalues[..., ::-1], 1e-12 * eigenvalues[..., -1:] + 1e-300)[..., :rank]
    lengths = []
    for count in range(1, rank):
        rest = descending[..., count:]
        unequal = np.log(rest.mean(axis=-1)) - np.log(rest).mean(axis=-1)
        free = count * (2 * n_places - count) / 2.0 * np.log(n_looks)
        lengths.append((n_looks * rest.shape[-1] * unequal + free).sum(axis=-1))
    return np.asarray(np.argmin(np.stack(lengths), axis=0) + 1, dtype=np.int64)
