"""Beams of waves whose direction, speed and noise are known because they were made here."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.detect import beam, peak, projection
from trucewatch.detect.beam import beamform
from trucewatch.detect.slowness import CartesianGrid, PolarGrid, direction, on_edge
from trucewatch.detect.steering import BeamSettings, time_bandwidth

OFFSETS_M = np.array([[0.0, 0.0], [100.0, 20.0], [-30.0, 90.0], [60.0, -80.0]])
RATE_HZ = 50.0
COARSE = PolarGrid(back_azimuth_step_deg=5.0, velocity_step_m_s=10.0)


def turn_deg(a, b):
    return np.abs((np.asarray(a) - b + 180.0) % 360.0 - 180.0)


def plane_wave(azimuth_deg, velocity_m_s, *, offsets_m=OFFSETS_M, seconds=60.0, power_ratio=np.inf, seed=1):
    """Noise-like wave from `azimuth_deg`, with independent noise of unit power on every element."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE_HZ)
    slowness = np.array([np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))]) / velocity_m_s
    spectrum, frequency = np.fft.rfft(rng.normal(size=n)), np.fft.rfftfreq(n, 1 / RATE_HZ)
    wave = np.array(
        [np.fft.irfft(spectrum * np.exp(2j * np.pi * frequency * (r[:2] @ slowness)), n) for r in offsets_m]
    )
    if np.isinf(power_ratio):
        return wave
    return wave * np.sqrt(power_ratio) + rng.normal(size=wave.shape)


@settings(max_examples=6, deadline=None)
@given(azimuth_deg=st.floats(0, 359.9), velocity_m_s=st.floats(310, 590))
def test_a_clean_plane_wave_is_found_where_it_comes_from(azimuth_deg, velocity_m_s):
    result = beamform(plane_wave(azimuth_deg, velocity_m_s), RATE_HZ, OFFSETS_M)
    # The window cuts each element's copy of the wave at another place: that alone costs up to 4 % of coherence.
    assert (result.semblance > 0.95).all()
    assert not result.at_boundary.any()
    assert (turn_deg(result.back_azimuth_deg, azimuth_deg) < 2 * result.back_azimuth_sigma_deg).all()
    assert (np.abs(result.trace_velocity_m_s - velocity_m_s) < 4 * result.trace_velocity_sigma_m_s).all()
    assert turn_deg(result.back_azimuth_deg, azimuth_deg).max() < 1.0
    assert np.abs(result.trace_velocity_m_s / velocity_m_s - 1).max() < 0.02


def running_mean(values, n_each_side):
    around = np.pad(values, n_each_side, mode="symmetric")
    return np.convolve(around, np.full(2 * n_each_side + 1, 1.0 / (2 * n_each_side + 1)), mode="valid")


@pytest.mark.parametrize("weighting", ["smooth", "equal", "power"])
def test_semblance_equals_the_textbook_delay_and_sum(weighting):
    samples = plane_wave(75.0, 350.0, power_ratio=2.0)
    chosen = BeamSettings(grid=COARSE, equal_gain=False, taper="hann", weighting=weighting)
    result = beamform(samples, RATE_HZ, OFFSETS_M, chosen)
    window = 3
    first = round(window * 5.0 * RATE_HZ)
    cut = samples[:, first : first + 501]
    spectra = np.fft.rfft((cut - cut.mean(axis=1, keepdims=True)) * np.hanning(501), 512)
    frequency = np.fft.rfftfreq(512, 1 / RATE_HZ)
    band = (frequency >= 0.5) & (frequency <= 5.0)
    azimuth = np.radians(result.back_azimuth_deg[window])
    slowness = np.array([np.sin(azimuth), np.cos(azimuth)]) / result.trace_velocity_m_s[window]
    shift = np.exp(-2j * np.pi * frequency[band] * (OFFSETS_M @ slowness)[:, None])
    power = np.square(np.abs(spectra[:, band])).sum(axis=0)
    # Four neighbours in a window's own frequencies, 1/10.02 s apart, are four in those of the transform.
    weight = {"smooth": power / running_mean(power, 4), "equal": np.ones_like(power), "power": power}[weighting]
    each = np.abs((spectra[:, band] * shift).sum(axis=0)) ** 2 / power / 4
    expected = np.average(each, weights=weight)
    assert result.semblance[window] == pytest.approx(expected, abs=1e-12)
    assert result.f_statistic[window] == pytest.approx(3 * expected / (1 - expected), rel=1e-9)
    assert result.time_s[window] == pytest.approx(20.0)


@pytest.mark.parametrize("power_ratio", [1.0, 5.0])
def test_stated_errors_match_the_errors_made(power_ratio):
    settings_ = BeamSettings(step_s=10.0, timing_floor_s=0.0, bearing_floor_deg=0.0)
    z_azimuth, z_velocity = [], []
    for seed, (azimuth, velocity) in enumerate([(40.0, 340.0), (170.0, 360.0), (301.0, 400.0)]):
        samples = plane_wave(azimuth, velocity, seconds=300.0, power_ratio=power_ratio, seed=seed)
        result = beamform(samples, RATE_HZ, OFFSETS_M, settings_)
        error = (result.back_azimuth_deg - azimuth + 180) % 360 - 180
        z_azimuth.extend(error / result.back_azimuth_sigma_deg)
        z_velocity.extend((result.trace_velocity_m_s - velocity) / result.trace_velocity_sigma_m_s)
    # 87 windows: the root mean square of unit normals lies in 0.79 to 1.21 in 99 % of trials; errors may not be
    # stated smaller than they are, and not more than one and a half times as large.
    assert 0.65 < np.sqrt(np.mean(np.square(z_azimuth))) < 1.21
    assert 0.65 < np.sqrt(np.mean(np.square(z_velocity))) < 1.21


def test_noise_has_the_semblance_of_noise():
    samples = np.random.default_rng(3).normal(size=(4, 6000))
    result = beamform(samples, RATE_HZ, OFFSETS_M, BeamSettings(grid=COARSE))
    assert np.median(result.f_statistic) < 2.5
    assert result.back_azimuth_sigma_deg.min() > 1.0


def test_a_wave_beyond_the_range_is_reported_on_the_boundary():
    result = beamform(plane_wave(20.0, 250.0), RATE_HZ, OFFSETS_M, BeamSettings(grid=COARSE))
    assert result.at_boundary.all()
    assert (result.trace_velocity_m_s >= 300.0 - 1e-9).all()


def test_both_grids_find_the_same_wave():
    samples = plane_wave(213.0, 345.0, power_ratio=4.0)
    polar = beamform(samples, RATE_HZ, OFFSETS_M)
    square = beamform(samples, RATE_HZ, OFFSETS_M, BeamSettings(grid=CartesianGrid()))
    assert np.abs(polar.semblance - square.semblance).max() < 1e-3
    assert turn_deg(polar.back_azimuth_deg, square.back_azimuth_deg).max() < 0.5


def test_heights_delay_a_steep_wave():
    offsets = np.column_stack([OFFSETS_M, [0.0, 15.0, -10.0, 20.0]])
    sound_speed, velocity, azimuth = 340.0, 450.0, 130.0
    vertical = np.sqrt(sound_speed**-2 - velocity**-2)
    horizontal = np.array([np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))]) / velocity
    n = 3000
    spectrum = np.fft.rfft(np.random.default_rng(5).normal(size=n))
    frequency = np.fft.rfftfreq(n, 1 / RATE_HZ)
    delay = offsets[:, :2] @ horizontal + offsets[:, 2] * vertical
    samples = np.array([np.fft.irfft(spectrum * np.exp(2j * np.pi * frequency * d), n) for d in delay])
    with_height = beamform(samples, RATE_HZ, offsets, BeamSettings(grid=COARSE))
    flat = beamform(samples, RATE_HZ, offsets[:, :2], BeamSettings(grid=COARSE))
    assert turn_deg(with_height.back_azimuth_deg, azimuth).max() < 0.3
    # Leaving the heights out bends the bearing by far more than the beam's own error.
    assert turn_deg(flat.back_azimuth_deg, azimuth).min() > 0.9


def test_blocks_do_not_change_the_answer(monkeypatch):
    samples = plane_wave(75.0, 350.0, power_ratio=1.0, seconds=400.0)
    whole = beamform(samples, RATE_HZ, OFFSETS_M, BeamSettings(grid=COARSE))
    monkeypatch.setattr(beam, "BLOCK_BYTES", 50_000)
    monkeypatch.setattr(peak, "BLOCK_BYTES", 500_000)
    monkeypatch.setattr(beam, "FFT_WINDOWS", 7)
    parts = beamform(samples, RATE_HZ, OFFSETS_M, BeamSettings(grid=COARSE))
    # A different block size sums single-precision products in another order, which may tip a tie between nodes.
    np.testing.assert_allclose(parts.semblance, whole.semblance, atol=1e-5)
    np.testing.assert_array_equal(parts.time_s, whole.time_s)


def test_steering_pairs_or_elements_gives_the_same_beams(monkeypatch):
    samples = plane_wave(75.0, 350.0, power_ratio=1.0, seconds=200.0)
    pairs = beamform(samples, RATE_HZ, OFFSETS_M)
    monkeypatch.setattr(projection, "MOST_PAIRED_PLACES", 3)
    elements = beamform(samples, RATE_HZ, OFFSETS_M)
    np.testing.assert_allclose(elements.semblance, pairs.semblance, atol=1e-5)
    assert turn_deg(elements.back_azimuth_deg, pairs.back_azimuth_deg).max() < 0.1


def test_same_input_gives_the_same_bytes():
    samples = plane_wave(75.0, 350.0, power_ratio=1.0)
    first, second = (beamform(samples, RATE_HZ, OFFSETS_M, BeamSettings(grid=COARSE)) for _ in range(2))
    for name in ("back_azimuth_deg", "trace_velocity_m_s", "semblance", "back_azimuth_sigma_deg"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda x: np.full_like(x, 7.0), "dead"),
        (lambda x: np.where(np.arange(x.size) == 99, np.nan, x), "not finite"),
        (lambda x: np.where(np.arange(x.size) // 200 == 3, 0.0, x), "gap"),
        (lambda x: np.clip(x, -0.5, 0.5), "clipped"),
    ],
)
def test_bad_channels_are_left_out_with_a_reason(damage, reason):
    offsets = np.vstack([OFFSETS_M, [[-70.0, -40.0]]])
    samples = plane_wave(300.0, 350.0, offsets_m=offsets)
    good = beamform(np.delete(samples, 1, axis=0), RATE_HZ, np.delete(offsets, 1, axis=0), BeamSettings(grid=COARSE))
    samples[1] = damage(samples[1])
    result = beamform(samples, RATE_HZ, offsets, BeamSettings(grid=COARSE))
    assert result.elements_used == (0, 2, 3, 4)
    assert [fault.element for fault in result.faults] == [1]
    assert reason in result.faults[0].reason
    np.testing.assert_array_equal(result.back_azimuth_deg, good.back_azimuth_deg)


def test_a_lost_channel_never_makes_the_answer_surer():
    samples = plane_wave(300.0, 350.0, power_ratio=3.0, seconds=300.0)
    full = beamform(samples, RATE_HZ, OFFSETS_M)
    samples[2] = 0.0
    fewer = beamform(samples, RATE_HZ, OFFSETS_M)
    assert np.median(fewer.back_azimuth_sigma_deg) > np.median(full.back_azimuth_sigma_deg)


def test_an_array_in_a_line_states_no_direction():
    line = np.array([[0.0, 0.0], [60.0, 0.0], [120.0, 0.0], [200.0, 0.0]])
    result = beamform(plane_wave(30.0, 350.0, offsets_m=line), RATE_HZ, line, BeamSettings(grid=COARSE))
    assert (result.back_azimuth_sigma_deg > 100.0).all()


def test_unusable_input_is_refused_with_the_cause():
    samples = plane_wave(0.0, 350.0)
    with pytest.raises(ValueError, match=r"2 live elements, 3 needed \(element 2: dead"):
        beamform(np.vstack([samples[:2], np.zeros((1, samples.shape[1]))]), RATE_HZ, OFFSETS_M[:3])
    with pytest.raises(ValueError, match="shorter than a window"):
        beamform(samples[:, :100], RATE_HZ, OFFSETS_M)
    with pytest.raises(ValueError, match="do not describe one array"):
        beamform(samples, RATE_HZ, OFFSETS_M[:3])
    with pytest.raises(ValueError, match="samples per second"):
        beamform(samples, 8.0, OFFSETS_M)
    with pytest.raises(ValueError, match="band_hz"):
        BeamSettings(band_hz=(5.0, 0.5))


def test_settings_and_grids():
    assert PolarGrid().shape == (180, 121)
    assert CartesianGrid(n_points=5).shape == (5, 5)
    azimuth, velocity = direction(np.array([[0.0, 1 / 340.0], [-1 / 340.0, 0.0], [0.0, 0.0]]))
    np.testing.assert_allclose(azimuth, [0.0, 270.0, 0.0])
    np.testing.assert_allclose(velocity[:2], 340.0)
    assert np.isinf(velocity[2])
    edges = on_edge(PolarGrid(), np.array([0, 1, 120, 121]))
    assert edges.tolist() == [True, False, True, True]
    # A Hann taper keeps 18/35 of the time; without one all of it counts. With a cosine over a share r of the window the
    # sums of squares and fourth powers are 1 - 5 r / 8 and 1 - 93 r / 128.
    assert time_bandwidth(BeamSettings(taper="hann")) == pytest.approx(4.5 * 10 * 18 / 35, rel=2e-3)
    bent = (1 - 5 * 0.22 / 8) ** 2 / (1 - 93 * 0.22 / 128)
    assert time_bandwidth(BeamSettings()) == pytest.approx(4.5 * 10 * bent, rel=2e-3)
    assert time_bandwidth(dataclasses.replace(BeamSettings(), taper="none")) == pytest.approx(45.0)
    for bad in ({"back_azimuth_step_deg": 0.0}, {"min_velocity_m_s": 700.0}, {"velocity_step_m_s": 300.0}):
        with pytest.raises(ValueError, match=r"steps|velocity|three points"):
            PolarGrid(**bad)
    with pytest.raises(ValueError, match="n_points"):
        CartesianGrid(n_points=2)
