"""By how much every pair of places hears the same wave apart, and how alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.steering import Steering

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

SAMPLES_A_PERIOD = 8
"""Lags tried in one period of the highest frequency: a parabola through three of them errs by less than 1 %."""

NEWTON_STEPS = 2
MARGIN = 1.1
"""Lags are looked for up to this times the longest that the slowness grid allows."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PairLags:
    """Best lag of each pair; arrays have shape (n_windows, n_pairs) unless said otherwise."""

    lag_s: FloatArray
    """delay of the first place minus that of the second"""
    correlation: FloatArray
    """highest correlation in the band, at most 1"""
    limit_s: FloatArray
    """longest lag looked for, (n_pairs,)"""


def pair_lags(steering: Steering, spectra: ComplexArray, slowest_s_m: float) -> PairLags:
    """Find the lag of highest correlation for every pair of every window at once.

    Args:
        steering: Geometry and frequencies.
        spectra: (n_windows, n_places, n_frequencies).
        slowest_s_m: Largest slowness looked for.

    References:
        Knapp & Carter (1976), IEEE Trans. ASSP 24(4), 320-327.
    """
    omega = 2.0 * np.pi * steering.frequency_hz
    cross = spectra[:, steering.first] * spectra[:, steering.second].conj()
    power = np.square(np.abs(spectra)).sum(axis=2)
    both = np.sqrt(power[:, steering.first] * power[:, steering.second])
    apart_m = np.linalg.norm(steering.offsets_m[steering.first] - steering.offsets_m[steering.second], axis=1)
    limit_s = MARGIN * apart_m * slowest_s_m
    lag = _best_on_grid(cross, omega, limit_s)
    step = 2.0 * np.pi / (SAMPLES_A_PERIOD * omega[-1])
    lowest, highest = lag - step, lag + step
    for _ in range(NEWTON_STEPS):
        turned = cross * np.exp(-1j * omega * lag[..., None])
        slope = (turned.imag * omega).sum(axis=2)
        bend = -(turned.real * np.square(omega)).sum(axis=2)
        lag = np.clip(lag - np.where(bend < 0, slope / np.where(bend < 0, bend, 1.0), 0.0), lowest, highest)
    best = np.einsum("npf,npf->np", cross, np.exp(-1j * omega * lag[..., None])).real
    correlation = np.clip(best / np.where(both > 0, both, 1.0), 0.0, 1.0)
    return PairLags(lag_s=lag, correlation=correlation, limit_s=limit_s)


def _best_on_grid(cross: ComplexArray, omega: FloatArray, limit_s: FloatArray) -> FloatArray:
    """Return the best lag (n_windows, n_pairs) on a common grid, each pair within its own limit."""
    step = 2.0 * np.pi / (SAMPLES_A_PERIOD * omega[-1])
    count = int(np.ceil(limit_s.max() / step))
    trial = step * np.arange(-count, count + 1)
    phase = omega[:, None] * trial
    table = np.concatenate([np.cos(phase), np.sin(phase)]).astype(np.float32)
    features = np.concatenate([cross.real, cross.imag], axis=2).astype(np.float32)
    value = features @ table
    value[:, np.abs(trial) > limit_s[:, None] + step] = -np.inf
    return np.asarray(trial[value.argmax(axis=2)], dtype=np.float64)
