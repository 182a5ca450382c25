"""Made seismograms: noise, and waves that begin at a known moment from a known direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

FloatArray = NDArray[np.float64]


def wave(
    n: int, rate_hz: float, at_s: float, band_hz: tuple[float, float], rng: np.random.Generator, rise_s: float = 0.0
) -> FloatArray:
    """Return a scattered wave: noise in a band that begins at a moment and dies away; unit rms in its first second."""
    t = np.arange(n) / rate_hz - at_s
    gate = (t >= 0) * (np.minimum(1.0, np.maximum(t, 0.0) / rise_s) if rise_s else 1.0)
    shaped = rng.normal(size=n) * gate * np.exp(-np.maximum(t, 0.0) / 1.5)
    made = sosfilt(butter(2, band_hz, "bandpass", fs=rate_hz, output="sos"), shaped)
    first = made[round(at_s * rate_hz) : round((at_s + 1.0) * rate_hz)]
    return np.asarray(made / np.sqrt((first**2).mean()))


def noise(shape: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    """Return white noise of unit rms, in which a band of 12 of 50 Hz holds about half of the amplitude."""
    return rng.normal(size=shape)


def local_event(
    seconds: float = 60.0, p_s: float = 20.0, s_s: float = 26.0, bearing_deg: float = 40.0, seed: int = 1
) -> FloatArray:
    """Return vertical, north and east, (3, n), 100 a second: P from a bearing, S across it, in unit noise."""
    rng, rate_hz, gain = np.random.default_rng(seed), 100.0, 20.0
    n = round(seconds * rate_hz)
    p, s = wave(n, rate_hz, p_s, (5.0, 18.0), rng), wave(n, rate_hz, s_s, (4.0, 12.0), rng)
    away, tilt = np.radians(bearing_deg + 180.0), np.radians(35.0)
    along = np.array([np.cos(tilt), np.sin(tilt) * np.cos(away), np.sin(tilt) * np.sin(away)])
    across = np.array([0.0, -np.sin(away), np.cos(away)])
    return np.asarray(gain * (along[:, None] * p + 2.0 * across[:, None] * s) + noise((3, n), rng))


def ring(n: int, radius_m: float) -> FloatArray:
    """Places on a ring, one in the middle, (n, 2)."""
    turn = 2 * np.pi * np.arange(n - 1) / (n - 1)
    return np.vstack([[0.0, 0.0], radius_m * np.column_stack([np.cos(turn), np.sin(turn)])])


def crossing_wave(
    places_m: FloatArray, bearing_deg: float, speed_m_s: float, seed: int, snr: float = 20.0
) -> FloatArray:
    """Return one wave across some places, (n, 5000), 100 a second, alike but for its delay; the middle at 25 s."""
    rng, rate_hz, fine, at_s = np.random.default_rng(seed), 100.0, 20, 25.0
    n = round(50 * rate_hz)
    t = np.arange(n * fine) / (rate_hz * fine)
    sos = butter(2, (4.0, 16.0), "bandpass", fs=rate_hz * fine, output="sos")
    shape = sosfilt(sos, rng.normal(size=t.size) * (t >= at_s) * np.exp(-np.maximum(t - at_s, 0) / 1.2))
    first = slice(round(at_s * rate_hz * fine), round((at_s + 1) * rate_hz * fine))
    shape *= snr / np.sqrt((shape[first] ** 2).mean())
    toward = np.radians(bearing_deg + 180.0)
    delays = places_m @ np.array([np.sin(toward), np.cos(toward)]) / speed_m_s
    seen = np.stack([np.interp(np.arange(n) / rate_hz - delay, t, shape) for delay in delays])
    return np.asarray(seen + noise(seen.shape, rng))
