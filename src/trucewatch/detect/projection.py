"""Beams as one matrix product: vectors of every window projected on the steering of every slowness.

With `v_f` unit vectors over the `M` places of an array at `F` frequencies, the mean projection is

    P(s) = 1/(M F) * sum_f |sum_m v_mf exp(-2 pi i f delay_m(s))|^2
         = 1/M + 2/(M F) * sum_pairs sum_f Re[v_if conj(v_jf) exp(-2 pi i f (delay_i - delay_j))],

so the features (pairs x frequencies, real and imaginary) of all windows meet one table of cosines and sines. For
spectra this is the semblance of delay and sum; for the eigenvectors of a signal it is what MUSIC looks for.
"""

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.steering import Steering

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
ComplexArray = NDArray[np.complex128]

MOST_PAIRED_PLACES = 10
"""Up to here pairs are steered, beyond it places, for pairs grow with their square; measured to cross at 10 to 12."""


class Projection:
    """The mean projection of each window's vectors over slowness."""

    def __init__(self, steering: Steering, vectors: ComplexArray, frequency_hz: FloatArray) -> None:
        """Prepare the features.

        Args:
            steering: Geometry.
            vectors: (n_windows, n_vectors, n_places, n_frequencies), each a unit vector over the places, or zero.
            frequency_hz: Evenly spaced, (n_frequencies,).
        """
        self.steering = steering
        self.vectors = vectors
        self.frequency_hz = frequency_hz
        self.n_windows = len(vectors)
        n_terms = steering.n_places * frequency_hz.size
        self.own = np.square(np.abs(vectors)).sum(axis=(1, 2, 3)) / n_terms
        self.paired = steering.n_places <= MOST_PAIRED_PLACES
        self.bytes_a_node = 4 * max(2 * steering.first.size * frequency_hz.size, 4 * self.n_windows)
        if self.paired:
            cross = _cross(steering, vectors)
            self.pairs = np.ascontiguousarray(cross.transpose(2, 0, 1)) * (2.0 / n_terms)
            flat = cross.reshape(self.n_windows, -1)
            self.single: Float32Array = np.concatenate([flat.real, flat.imag], axis=1, dtype=np.float32)

    def over(self, slowness_s_m: FloatArray) -> Float32Array:
        """Return the projection (n_windows, n_nodes) on slowness (n_nodes, 2), in single precision.

        Pairs or places, whichever takes fewer operations.
        """
        if self.paired:
            summed: Float32Array = self.single @ self._table(slowness_s_m)
        else:
            summed = self._over_places(slowness_s_m)
        return summed

    def at(self, slowness_s_m: FloatArray, window: NDArray[np.int64]) -> FloatArray:
        """Return the projection (n,) of the windows numbered (n,) on one slowness (n, 2) each."""
        return self._at_pairs(slowness_s_m, window) if self.paired else self._at_places(slowness_s_m, window)

    def by_frequency_at(self, slowness_s_m: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the projection of every window on its own slowness at every frequency, and how much each counts.

        Args:
            slowness_s_m: (n_windows, 2).

        Returns:
            Share of the power there that lies on the steering, and that power, each (n_windows, n_frequencies).
        """
        delays = self.steering.delays_s(slowness_s_m)
        turn, steer = _turn(delays, self.frequency_hz[1] - self.frequency_hz[0]), _turn(delays, self.frequency_hz[0])
        value = np.empty((self.n_windows, self.frequency_hz.size))
        for number in range(self.frequency_hz.size):
            beam = np.einsum("nkm,nm->nk", self.vectors[:, :, :, number], steer)
            value[:, number] = (np.square(beam.real) + np.square(beam.imag)).sum(axis=1)
            steer *= turn
        power = np.square(np.abs(self.vectors)).sum(axis=(1, 2))
        return value / (self.steering.n_places * np.where(power > 0.0, power, 1.0)), power

    def _at_pairs(self, slowness_s_m: FloatArray, window: NDArray[np.int64]) -> FloatArray:
        lags = self.steering.lags_s(slowness_s_m)
        # Evenly spaced frequencies make the sum a polynomial in one turn: Horner's rule instead of a sine for each.
        turn = _turn(lags, self.frequency_hz[1] - self.frequency_hz[0])
        total = self.pairs[-1][window]
        for number in range(len(self.pairs) - 2, -1, -1):
            total *= turn
            total += self.pairs[number][window]
        value: FloatArray = self.own[window] + (total * _turn(lags, self.frequency_hz[0])).real.sum(axis=1)
        return value

    def _at_places(self, slowness_s_m: FloatArray, window: NDArray[np.int64]) -> FloatArray:
        delays = self.steering.delays_s(slowness_s_m)
        turn, steer = _turn(delays, self.frequency_hz[1] - self.frequency_hz[0]), _turn(delays, self.frequency_hz[0])
        value = np.zeros(len(window))
        for number in range(self.frequency_hz.size):
            beam = np.einsum("nkm,nm->nk", self.vectors[window, :, :, number], steer)
            value += (np.square(beam.real) + np.square(beam.imag)).sum(axis=1)
            steer *= turn
        return value / (self.steering.n_places * self.frequency_hz.size)

    def _table(self, slowness_s_m: FloatArray) -> Float32Array:
        """Return cosines and sines (n_features, n_nodes): single precision halves memory and doubles speed."""
        lags = np.ascontiguousarray(self.steering.lags_s(slowness_s_m).T, dtype=np.float32)
        phase = lags[:, None] * (2.0 * np.pi * self.frequency_hz).astype(np.float32)[:, None]
        half = phase.shape[0] * phase.shape[1]
        table = np.empty((2 * half, len(slowness_s_m)), dtype=np.float32)
        np.cos(phase.reshape(half, -1), out=table[:half])
        np.sin(phase.reshape(half, -1), out=table[half:])
        return table

    def _over_places(self, slowness_s_m: FloatArray) -> Float32Array:
        delays = (2.0 * np.pi * self.steering.delays_s(slowness_s_m).T).astype(np.float32)
        n_places, n_nodes = delays.shape
        beams = _stacked(self.vectors)
        power = np.zeros((beams.shape[1], n_nodes), dtype=np.float32)
        table = np.empty((2 * n_places, n_nodes), dtype=np.float32)
        phase, summed = np.empty_like(delays), np.empty_like(power)
        for beam, frequency in zip(beams, self.frequency_hz, strict=True):
            np.multiply(delays, np.float32(frequency), out=phase)
            np.cos(phase, out=table[:n_places])
            np.sin(phase, out=table[n_places:])
            np.matmul(beam, table, out=summed)
            power += np.square(summed, out=summed)
        total: Float32Array = power.reshape(2, self.n_windows, -1, n_nodes).sum(axis=(0, 2))
        return total


def _turn(delay_s: FloatArray, frequency_hz: float) -> ComplexArray:
    turned: ComplexArray = np.exp(-2j * np.pi * frequency_hz * delay_s)
    return turned


def _stacked(vectors: ComplexArray) -> Float32Array:
    """Return vectors as real rows, (n_frequencies, 2 n_windows n_vectors, 2 n_places).

    One product with cosines over sines gives real parts over imaginary ones: faster than one of complex numbers.
    """
    flat = vectors.reshape(-1, *vectors.shape[2:]).transpose(2, 0, 1)
    upper = np.concatenate([flat.real, flat.imag], axis=2, dtype=np.float32)
    lower = np.concatenate([flat.imag, -flat.real], axis=2, dtype=np.float32)
    return np.concatenate([upper, lower], axis=1)


def _cross(steering: Steering, vectors: ComplexArray) -> ComplexArray:
    """Return cross spectra of all pairs of places, (n_windows, n_pairs, n_frequencies)."""
    cross = np.zeros((len(vectors), steering.first.size, vectors.shape[-1]), dtype=np.complex128)
    for vector in range(vectors.shape[1]):
        cross += vectors[:, vector, steering.first] * vectors[:, vector, steering.second].conj()
    return cross
