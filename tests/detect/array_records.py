"""Records of arrays with known waves in known noise, made here."""

import numpy as np

from trucewatch.detect.slowness import PolarGrid
from trucewatch.detect.steering import BeamSettings

RATE_HZ = 12.0
FOUR_M = np.array([[0.0, 0.0], [300.0, 40.0], [-90.0, 270.0], [-180.0, -240.0]])
SIX_M = np.array([[0.0, 0.0], [300.0, 40.0], [-90.0, 270.0], [-180.0, -240.0], [240.0, -210.0], [-320.0, 60.0]])
COARSE = PolarGrid(back_azimuth_step_deg=4.0, velocity_step_m_s=15.0)
BEAMS = BeamSettings(grid=COARSE)


def at_every_element(sound, offsets_m, azimuth_deg, *, speed_m_s=345.0, rate_hz=RATE_HZ):
    """A sound (n,) as each element hears it that crosses the array as a plane wave, (n_elements, n)."""
    n = len(sound)
    toward = np.array([np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))]) / speed_m_s
    frequency = np.fft.rfftfreq(n, 1.0 / rate_hz)
    ahead = 2j * np.pi * frequency * (offsets_m[:, :2] @ toward)[:, None]
    return np.fft.irfft(np.fft.rfft(sound) * np.exp(ahead), n, axis=1)


def wave(n, offsets_m, azimuth_deg, *, speed_m_s=345.0, rate_hz=RATE_HZ, seed=0):
    """Noise-like wave of unit power at every element, (n_elements, n)."""
    sound = np.random.default_rng(seed).normal(size=n)
    return at_every_element(sound, offsets_m, azimuth_deg, speed_m_s=speed_m_s, rate_hz=rate_hz)


def record(seconds, events=(), *, offsets_m=FOUR_M, rate_hz=RATE_HZ, seed=1, power_ratio=4.0, length_s=15.0):
    """Independent noise of unit power with wave trains (start_s, azimuth_deg), (n_elements, n)."""
    n = round(seconds * rate_hz)
    samples = np.random.default_rng(seed).normal(size=(len(offsets_m), n))
    time_s = np.arange(n) / rate_hz
    for number, (start_s, azimuth_deg) in enumerate(events):
        on = (time_s >= start_s) & (time_s < start_s + length_s)
        train = wave(n, offsets_m, azimuth_deg, rate_hz=rate_hz, seed=1000 * seed + number)
        samples += np.sqrt(power_ratio) * train * on
    return samples
