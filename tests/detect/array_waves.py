"""Plane waves over arrays, made here so that direction, speed, noise and the bound on any estimate are known."""

import numpy as np

RATE_HZ = 50.0
FOUR_M = np.array([[0.0, 0.0], [100.0, 20.0], [-30.0, 90.0], [60.0, -80.0]])
SIX_M = np.array([[0.0, 0.0], [90.0, 10.0], [40.0, 85.0], [-60.0, 70.0], [-85.0, -20.0], [20.0, -90.0]])
METHODS = ("bartlett", "capon", "music", "trimmed_squares")


def slowness(azimuth_deg, velocity_m_s):
    return np.array([np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))]) / velocity_m_s


def wave(azimuth_deg, velocity_m_s, offsets_m, *, seconds=60.0, power_ratio=np.inf, seed=1):
    """Noise-like wave of flat spectrum, with independent noise of unit power on every element."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE_HZ)
    spectrum, frequency = np.fft.rfft(rng.normal(size=n)), np.fft.rfftfreq(n, 1 / RATE_HZ)
    delay = offsets_m[:, :2] @ slowness(azimuth_deg, velocity_m_s)
    clean = np.fft.irfft(spectrum * np.exp(2j * np.pi * frequency * delay[:, None]), n)
    if np.isinf(power_ratio):
        return clean
    return clean * np.sqrt(power_ratio) + rng.normal(size=clean.shape)


def turn_deg(first, second):
    return np.abs((np.asarray(first) - second + 180.0) % 360.0 - 180.0)


def bound(offsets_m, power_ratio, band_hz, window_s):
    """Cramer-Rao bound on the covariance of slowness, (2, 2): the whole window, every frequency of the band."""
    frequency = np.linspace(*band_hz, 1001)
    n_places = len(offsets_m)
    per_sample = n_places * power_ratio**2 / (1 + n_places * power_ratio)
    n_samples = (band_hz[1] - band_hz[0]) * window_s
    centred = offsets_m - offsets_m.mean(axis=0)
    return np.linalg.inv(2 * n_samples * per_sample * np.mean((2 * np.pi * frequency) ** 2) * centred.T @ centred)


def misfit(error, covariance):
    """Root mean square of errors (n, 2) in units of a covariance; 1 where it is right."""
    inverse = np.linalg.inv(np.broadcast_to(covariance, (len(error), 2, 2)))
    return float(np.sqrt(np.einsum("ni,nij,nj->n", error, inverse, error).mean() / 2))
