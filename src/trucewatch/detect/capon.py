"""Capon beams: the least power that a filter can pass while it lets the wanted direction through unchanged.

    P(s) = 1/F * sum_f 1 / (a^H R_f^-1 a) / lambda_f,    a = steering of s over sqrt(M), lambda_f the largest eigenvalue

It tells close directions apart where delay and sum sees one broad lobe. `R` is loaded on its diagonal, for a matrix
from few pieces, and steering that is a little wrong, would otherwise cancel the wave itself.
"""

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.cross_spectra import CrossSpectra
from trucewatch.detect.steering import Steering

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
ComplexArray = NDArray[np.complex128]

NODES_AT_ONCE = 2048
"""Nodes evaluated together: the beams of some hundred windows then stay in the processor's cache."""


class Capon:
    """The Capon beam of each window over slowness."""

    def __init__(self, steering: Steering, spectra: CrossSpectra) -> None:
        """Invert the covariances of all windows and frequencies at once.

        Args:
            steering: Geometry and settings.
            spectra: Covariances.

        References:
            Capon (1969), Proc. IEEE 57(8), 1408-1418; Carlson (1988), IEEE Trans. AES 24(4), 397-401 (loading).
        """
        matrix, n_places = spectra.matrix, steering.n_places
        mean = np.einsum("nfmm->nf", matrix).real / n_places
        loaded = matrix + (steering.settings.loading * mean + _least(mean))[..., None, None] * np.eye(n_places)
        inverse = np.linalg.inv(loaded)
        largest = np.linalg.eigvalsh(matrix)[..., -1] + _least(mean)
        self.steering = steering
        self.frequency_hz = spectra.frequency_hz
        self.n_windows = len(matrix)
        self.bytes_a_node = 4 * 2 * self.n_windows
        # Scaled by the largest eigenvalue before the reciprocal is taken, so that single precision suffices.
        self.own = np.einsum("nfmm->nf", inverse).real * largest / n_places
        pairs = inverse[..., steering.first, steering.second] * (2.0 * largest / n_places)[..., None]
        self.pairs = np.ascontiguousarray(pairs.swapaxes(0, 1))
        self.single: Float32Array = np.concatenate([self.pairs.real, self.pairs.imag], axis=-1, dtype=np.float32)

    def over(self, slowness_s_m: FloatArray) -> Float32Array:
        """Return beams (n_windows, n_nodes) on slowness (n_nodes, 2), in single precision."""
        beams = np.zeros((self.n_windows, len(slowness_s_m)), dtype=np.float32)
        for begin in range(0, len(slowness_s_m), NODES_AT_ONCE):
            chosen = slice(begin, begin + NODES_AT_ONCE)
            self._add(beams[:, chosen], self.steering.lags_s(slowness_s_m[chosen]))
        return beams

    def _add(self, beams: Float32Array, lags_s: FloatArray) -> None:
        n_pairs = lags_s.shape[1]
        angle = np.ascontiguousarray(2.0 * np.pi * lags_s.T).astype(np.float32)
        table = np.empty((2 * n_pairs, lags_s.shape[0]), dtype=np.float32)
        passed = np.empty(beams.shape, dtype=np.float32)
        own = self.own.astype(np.float32)
        for number, frequency in enumerate(self.frequency_hz):
            phase = angle * np.float32(frequency)
            np.cos(phase, out=table[:n_pairs])
            np.sin(phase, out=table[n_pairs:])
            np.matmul(self.single[number], table, out=passed)
            passed += own[:, number, None]
            np.reciprocal(passed, out=passed)
            beams += passed

    def at(self, slowness_s_m: FloatArray, window: NDArray[np.int64]) -> FloatArray:
        """Return the beam (n,) of the windows numbered (n,) at one slowness (n, 2) each: 1 for one clean plane wave."""
        lags = self.steering.lags_s(slowness_s_m)
        steer = np.exp(-2j * np.pi * self.frequency_hz[0] * lags)
        turn = np.exp(-2j * np.pi * (self.frequency_hz[1] - self.frequency_hz[0]) * lags)
        beam = np.zeros(len(window))
        for number in range(self.frequency_hz.size):
            beam += 1.0 / (self.own[window, number] + (self.pairs[number][window] * steer).real.sum(axis=1))
            steer *= turn
        return beam / self.frequency_hz.size


def _least(mean_power: FloatArray) -> FloatArray:
    """Return a power that keeps an empty frequency invertible and no other one different."""
    return np.where(mean_power > 0.0, 0.0, 1.0)
