"""Four ways to find a wave, on waves that were made here."""

import numpy as np
import pytest
from array_waves import FOUR_M, METHODS, RATE_HZ, SIX_M, slowness, turn_deg, wave

from trucewatch.detect.beam import beamform
from trucewatch.detect.lags import PairLags, pair_lags
from trucewatch.detect.music import count_signals
from trucewatch.detect.slowness import CartesianGrid, PolarGrid, confine
from trucewatch.detect.steering import BeamSettings, Steering
from trucewatch.detect.trimmed_squares import doubted_place, kept_pairs, trimmed_squares

COARSE = PolarGrid(back_azimuth_step_deg=3.0, velocity_step_m_s=10.0)
SQUARE = CartesianGrid(n_points=81)


@pytest.mark.parametrize("grid", [COARSE, SQUARE], ids=["polar", "cartesian"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_a_wave_on_every_grid(method, grid):
    result = beamform(
        wave(213.0, 355.0, FOUR_M, power_ratio=30.0), RATE_HZ, FOUR_M, BeamSettings(method=method, grid=grid)
    )
    assert turn_deg(result.back_azimuth_deg, 213.0).max() < 1.5
    assert np.abs(result.trace_velocity_m_s / 355.0 - 1).max() < 0.03
    assert not result.at_boundary.any()
    assert result.method == method
    assert (result.semblance > 0.8).all()
    assert result.slowness_covariance.shape == (result.time_s.size, 2, 2)
    np.testing.assert_allclose(np.hypot(*result.slowness_s_m.T), 1 / result.trace_velocity_m_s)


@pytest.mark.parametrize("grid", [COARSE, SQUARE], ids=["polar", "cartesian"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_stays_inside_the_grid_and_says_so(method, grid):
    # Just outside: further out a side lobe inside the grid would be louder. A square reaches further at its corners.
    samples = wave(45.0, 260.0 if grid is COARSE else 200.0, FOUR_M, power_ratio=30.0)
    result = beamform(samples, RATE_HZ, FOUR_M, BeamSettings(method=method, grid=grid))
    assert result.at_boundary.all()
    limit = 1 / 300.0 * (1.0 if grid is COARSE else np.sqrt(2.0))
    assert np.hypot(*result.slowness_s_m.T).max() <= limit + 1e-12
    if grid is SQUARE:
        assert np.abs(result.slowness_s_m).max() <= grid.max_slowness_s_m + 1e-12


def test_capon_and_music_part_directions_that_run_together_in_bartlett():
    apart_deg = 20.0
    both = wave(100.0, 340.0, SIX_M, seconds=200.0, power_ratio=8.0)
    both += wave(100.0 + apart_deg, 340.0, SIX_M, seconds=200.0, power_ratio=8.0, seed=9)
    share = {}
    for method in ("bartlett", "capon", "music"):
        settings = BeamSettings(method=method, window_s=40.0, step_s=10.0, subwindow_s=4.0)
        azimuth = beamform(both, RATE_HZ, SIX_M, settings).back_azimuth_deg
        share[method] = np.mean(np.minimum(turn_deg(azimuth, 100.0), turn_deg(azimuth, 100.0 + apart_deg)) < 5.0)
    assert share["bartlett"] < 0.5
    assert share["capon"] > 0.9
    assert share["music"] > 0.9


@pytest.mark.parametrize("fault", ["mistimed", "incoherent"])
def test_trimmed_squares_outvote_one_bad_element_of_six(fault):
    samples = wave(75.0, 345.0, SIX_M, seconds=200.0, power_ratio=8.0, seed=5)
    if fault == "mistimed":
        samples[2] = np.roll(samples[2], 9)
    else:
        samples[2] = np.random.default_rng(0).normal(size=samples.shape[1]) * samples[2].std()
    trimmed, plain = (
        beamform(samples, RATE_HZ, SIX_M, BeamSettings(method=method, step_s=10.0))
        for method in ("trimmed_squares", "bartlett")
    )
    error = turn_deg(trimmed.back_azimuth_deg, 75.0)
    assert np.sqrt(np.mean(error**2)) < 0.6
    assert np.sqrt(np.mean(error**2)) < 0.6 * np.sqrt(np.mean(turn_deg(plain.back_azimuth_deg, 75.0) ** 2))
    assert np.mean(trimmed.doubted_element == 2) > 0.9
    assert (error < 3 * trimmed.back_azimuth_sigma_deg).all()


def test_four_elements_cannot_outvote_one_and_say_so():
    samples = wave(75.0, 345.0, FOUR_M, seconds=200.0, power_ratio=8.0, seed=5)
    samples[2] = np.roll(samples[2], 9)
    result = beamform(samples, RATE_HZ, FOUR_M, BeamSettings(method="trimmed_squares", step_s=10.0))
    good = beamform(wave(75.0, 345.0, FOUR_M, power_ratio=8.0), RATE_HZ, FOUR_M)
    assert (turn_deg(result.back_azimuth_deg, 75.0) < 3 * result.back_azimuth_sigma_deg).all()
    assert result.back_azimuth_sigma_deg.min() > 3 * np.median(good.back_azimuth_sigma_deg)


def steering_of(offsets_m, **settings):
    return Steering(offsets_m, RATE_HZ, BeamSettings(**settings))


def test_lags_of_a_known_delay_are_exact():
    steering = steering_of(SIX_M)
    delays = steering.delays_s(slowness(130.0, 340.0))
    spectra = np.exp(2j * np.pi * steering.frequency_hz * delays[:, None])[None]
    lags = pair_lags(steering, spectra, 1 / 300.0)
    np.testing.assert_allclose(lags.lag_s[0], steering.lags_s(slowness(130.0, 340.0)), atol=1e-9)
    np.testing.assert_allclose(lags.correlation, 1.0)


def test_trimmed_squares_ignore_lags_that_are_wrong_and_keep_all_that_are_right():
    steering = steering_of(SIX_M)
    baselines = steering.offsets_m[steering.first] - steering.offsets_m[steering.second]
    truth = np.array([slowness(130.0, 340.0), slowness(300.0, 420.0)])
    lag = truth @ baselines.T
    lag[1, (steering.first == 4) | (steering.second == 4)] += 0.11
    lags = PairLags(lag_s=lag, correlation=np.full(lag.shape, 0.9), limit_s=np.full(lag.shape[1], 0.6))
    fit = trimmed_squares(lags, baselines, keep_share=0.5, resolution_s=0.01)
    np.testing.assert_allclose(fit.slowness_s_m, truth, atol=1e-8)
    assert (fit.weight > 0).sum(axis=1).tolist() == [15, 10]
    assert doubted_place(fit, (steering.first, steering.second), 6).tolist() == [-1, 4]
    assert fit.p_chance.max() < 1e-6


@pytest.mark.parametrize(("n_pairs", "share", "expected"), [(6, 0.5, 4), (6, 1.0, 6), (15, 0.5, 9), (15, 0.75, 12)])
def test_how_many_pairs_a_fit_is_judged_by(n_pairs, share, expected):
    # Rousseeuw & Van Driessen: h = [(n + p + 1) / 2] for the least share, p = 2.
    assert kept_pairs(n_pairs, share) == expected


def test_lags_of_noise_agree_by_chance_and_that_is_said():
    result = beamform(
        np.random.default_rng(2).normal(size=(4, 6000)), RATE_HZ, FOUR_M, BeamSettings(method="trimmed_squares")
    )
    assert np.median(result.modes.p[:, 0]) < 0.9
    assert np.median(result.back_azimuth_sigma_deg) > 30.0


def test_signals_are_counted():
    rng = np.random.default_rng(0)
    for n_signals in (1, 2, 3):
        mixing = rng.normal(size=(6, n_signals)) + 1j * rng.normal(size=(6, n_signals))
        values = []
        for _ in range(20):
            source = rng.normal(size=(n_signals, 40)) + 1j * rng.normal(size=(n_signals, 40))
            noise = 0.3 * (rng.normal(size=(6, 40)) + 1j * rng.normal(size=(6, 40)))
            sample = mixing @ source + noise
            values.append(np.linalg.eigvalsh(sample @ sample.conj().T / 40))
        assert count_signals(np.array(values)[None], 40).tolist() == [n_signals]


def test_trimmed_squares_take_heights_into_account():
    offsets = np.column_stack([SIX_M, [0.0, 25.0, -20.0, 30.0, 10.0, -15.0]])
    vertical = np.sqrt(340.0**-2 - 450.0**-2)
    n = 3000
    spectrum = np.fft.rfft(np.random.default_rng(5).normal(size=n))
    delay = offsets[:, :2] @ slowness(130.0, 450.0) + offsets[:, 2] * vertical
    samples = np.fft.irfft(spectrum * np.exp(2j * np.pi * np.fft.rfftfreq(n, 1 / RATE_HZ) * delay[:, None]), n)
    settings = BeamSettings(method="trimmed_squares")
    assert turn_deg(beamform(samples, RATE_HZ, offsets, settings).back_azimuth_deg, 130.0).max() < 0.6
    assert turn_deg(beamform(samples, RATE_HZ, offsets[:, :2], settings).back_azimuth_deg, 130.0).min() > 1.0


def test_slowness_outside_a_grid_is_moved_to_its_edge():
    moved, outside = confine(COARSE, np.array([[0.0, 1 / 100.0], [1 / 400.0, 0.0], [0.0, 0.0]]))
    np.testing.assert_allclose(moved, [[0.0, 1 / 300.0], [1 / 400.0, 0.0], [0.0, 1 / 600.0]])
    assert outside.tolist() == [True, False, True]
    moved, outside = confine(SQUARE, np.array([[0.0, 1 / 100.0], [1 / 400.0, 0.0]]))
    np.testing.assert_allclose(moved, [[0.0, 1 / 300.0], [1 / 400.0, 0.0]])
    assert outside.tolist() == [True, False]


@pytest.mark.parametrize(
    "bad", [{"subwindow_s": 20.0}, {"loading": 0.0}, {"keep_share": 0.3}, {"n_signals": 0}, {"clock_sigma_s": -1.0}]
)
def test_settings_that_describe_no_beam_are_refused(bad):
    with pytest.raises(ValueError, match=r"subwindow_s|loading|n_signals|negative"):
        BeamSettings(**bad)
