import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.detect.raw_pulse import BANDS_HZ, raw_pulse

RATE = 12_000.0


def friedlander(peak, length_s, noise=0.0, offset=0.0, seed=3):
    """p (1 - t / T) exp(-t / T) at 0.5 s of one second."""
    t = np.arange(int(RATE)) / RATE - 0.5
    share = np.maximum(t, 0.0) / length_s
    pulse = np.where(t >= 0, peak * (1 - share) * np.exp(-share), 0.0)
    return pulse + offset + np.random.default_rng(seed).normal(0.0, noise, pulse.size)


@pytest.mark.parametrize("length_s", [0.002, 0.0042, 0.012, 0.03])
def test_peak_length_and_corner_of_a_blast_are_those_of_its_formula(length_s):
    shape = raw_pulse(friedlander(8.0, length_s, noise=0.002), 0.5 * RATE, RATE)
    assert shape.peak == pytest.approx(8.0, rel=0.02)
    assert shape.positive_phase_s == pytest.approx(length_s, rel=0.08, abs=3e-4)
    # The spectrum of that pulse is largest at 1 / (2 pi T); a third of an octave and a record of 0.1 s blur it.
    assert 0.6 < shape.corner_hz * 2 * np.pi * length_s < 1.7


def test_the_width_at_half_height_of_a_triangle_is_half_its_base():
    samples = np.zeros(int(RATE))
    samples[6000:6041] = 1.0 - np.abs(np.arange(41) - 20) / 20
    assert raw_pulse(samples, 6000, RATE).first_width_s == pytest.approx(20 / RATE, rel=1e-6)


@given(st.floats(0.01, 100.0), st.floats(-50.0, 50.0), st.booleans())
def test_gain_offset_and_polarity_change_nothing_but_the_height(gain, offset, turned):
    base = friedlander(1.0, 0.004, noise=0.01)
    one = raw_pulse(base, 6000, RATE)
    other = raw_pulse((-gain if turned else gain) * base + offset, 6000, RATE)
    assert other.peak == pytest.approx(gain * one.peak, rel=1e-6)
    assert other.snr_db == pytest.approx(one.snr_db, abs=1e-6)
    assert other.positive_phase_s == one.positive_phase_s
    assert other.corner_hz == one.corner_hz


def test_a_longer_pulse_is_lower():
    short, long = (raw_pulse(friedlander(1.0, t, noise=1e-3), 6000, RATE) for t in (0.002, 0.02))
    assert long.centroid_hz < short.centroid_hz
    assert long.band_db[0] > short.band_db[0]
    assert len(long.band_db) == len(BANDS_HZ)


def test_a_recording_that_ends_too_soon_has_no_shape():
    samples = friedlander(1.0, 0.004)
    assert raw_pulse(samples, 10, RATE) is None
    assert raw_pulse(samples, samples.size - 10, RATE) is None
    assert raw_pulse(np.zeros(12_000), 6000, RATE) is None
