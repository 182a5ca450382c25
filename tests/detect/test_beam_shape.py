"""What the layout of an array, its gains and its dead channels may and may not change."""

import numpy as np
import pytest
from array_waves import FOUR_M, METHODS, RATE_HZ, SIX_M, turn_deg, wave
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.detect.array_shape import line_azimuth_deg, shared_places
from trucewatch.detect.beam import beamform
from trucewatch.detect.slowness import CartesianGrid, PolarGrid
from trucewatch.detect.steering import BeamSettings

GRID = PolarGrid(back_azimuth_step_deg=4.0, velocity_step_m_s=15.0)
FEW = settings(max_examples=8, deadline=None)
LINE_M = np.array([[0.0, 0.0], [60.0, 0.0], [120.0, 0.0], [200.0, 0.0]])


def run(samples, offsets_m, method="bartlett", **more):
    return beamform(samples, RATE_HZ, offsets_m, BeamSettings(method=method, grid=GRID, **more))


@FEW
@given(
    method=st.sampled_from(METHODS),
    gains=st.lists(st.sampled_from([-3.0, 0.01, 0.5, 1.0, 40.0]).map(abs), min_size=4, max_size=4),
)
def test_gain_does_not_matter(method, gains):
    samples = wave(75.0, 350.0, FOUR_M, power_ratio=3.0, seconds=40.0)
    plain, louder = run(samples, FOUR_M, method), run(samples * np.array(gains)[:, None], FOUR_M, method)
    for name in ("slowness_s_m", "semblance", "back_azimuth_sigma_deg", "slowness_covariance"):
        np.testing.assert_allclose(getattr(louder, name), getattr(plain, name), rtol=1e-6, atol=1e-12)


@FEW
@given(method=st.sampled_from(METHODS), turned=st.integers(1, 89))
def test_rotating_the_array_rotates_the_answer(method, turned):
    degrees = 4.0 * turned
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    samples = wave(75.0, 350.0, FOUR_M, power_ratio=3.0, seconds=40.0)
    plain, rotated = run(samples, FOUR_M, method), run(samples, FOUR_M @ np.array([[c, -s], [s, c]]), method)
    assert turn_deg(rotated.back_azimuth_deg, plain.back_azimuth_deg + degrees).max() < 1e-4
    np.testing.assert_allclose(rotated.trace_velocity_m_s, plain.trace_velocity_m_s, rtol=1e-6)
    np.testing.assert_allclose(rotated.back_azimuth_sigma_deg, plain.back_azimuth_sigma_deg, rtol=1e-4)


@FEW
@given(
    method=st.sampled_from(METHODS), degrees=st.floats(1.0, 359.0), grid=st.sampled_from([PolarGrid(), CartesianGrid()])
)
def test_rotating_by_any_angle_rotates_the_answer_to_within_its_error(method, degrees, grid):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    samples = wave(75.0, 350.0, FOUR_M, power_ratio=3.0, seconds=40.0)
    chosen = BeamSettings(method=method, grid=grid)
    plain = beamform(samples, RATE_HZ, FOUR_M, chosen)
    rotated = beamform(samples, RATE_HZ, FOUR_M @ np.array([[c, -s], [s, c]]), chosen)
    assert (
        turn_deg(rotated.back_azimuth_deg, plain.back_azimuth_deg + degrees) < 0.1 * plain.back_azimuth_sigma_deg
    ).all()
    # A polar cell is long across and short along: its best node may lie some cells beside the top of a ridge.
    np.testing.assert_allclose(rotated.semblance, plain.semblance, atol=2e-3)


@FEW
@given(method=st.sampled_from(METHODS), steps=st.integers(1, 5))
def test_shifting_time_shifts_the_answer(method, steps):
    samples = wave(75.0, 350.0, FOUR_M, power_ratio=1.0, seconds=60.0)
    whole, later = run(samples, FOUR_M, method), run(samples[:, round(5.0 * steps * RATE_HZ) :], FOUR_M, method)
    np.testing.assert_allclose(later.slowness_s_m, whole.slowness_s_m[steps:], rtol=1e-9)
    np.testing.assert_allclose(later.time_s + 5.0 * steps, whole.time_s[steps:])


@FEW
@given(
    method=st.sampled_from(METHODS),
    dead=st.integers(0, 5),
    how=st.sampled_from(["zero", "constant", "gap", "not finite"]),
    power_ratio=st.sampled_from([0.5, 2.0, 10.0]),
)
def test_a_dead_channel_never_makes_the_answer_surer(method, dead, how, power_ratio):
    samples = wave(300.0, 350.0, SIX_M, power_ratio=power_ratio, seconds=120.0)
    full = run(samples, SIX_M, method)
    lost = samples.copy()
    lost[dead] = {
        "zero": 0.0,
        "constant": 3.0,
        "gap": np.where(np.arange(samples.shape[1]) < 500, 1.0, lost[dead]),
    }.get(how, np.nan)
    fewer = run(lost, SIX_M, method)
    assert dead not in fewer.elements_used
    area = {name: np.sqrt(np.linalg.det(r.slowness_covariance)) for name, r in (("full", full), ("fewer", fewer))}
    assert np.median(area["fewer"]) > np.median(area["full"])
    assert np.median(fewer.back_azimuth_sigma_deg) >= np.median(full.back_azimuth_sigma_deg)
    assert np.median(fewer.modes.p[:, 0]) <= np.median(full.modes.p[:, 0]) + 1e-9


@pytest.mark.parametrize("method", METHODS)
def test_two_elements_at_one_place_count_as_one(method):
    offsets = np.vstack([FOUR_M, FOUR_M[1] + [0.1, 0.0]])
    samples = wave(120.0, 345.0, FOUR_M, power_ratio=4.0, seconds=60.0)
    four = run(samples, FOUR_M, method)
    # The second sensor hears what the first does, noise included, louder: it adds nothing.
    five = run(np.vstack([samples, 3.0 * samples[1]]), offsets, method)
    assert five.elements_used == (0, 1, 2, 3, 4)
    assert five.places == ((0,), (1, 4), (2,), (3,))
    assert five.n_places == four.n_places == 4
    np.testing.assert_allclose(five.f_statistic, four.f_statistic, rtol=0.02)
    np.testing.assert_allclose(five.back_azimuth_sigma_deg, four.back_azimuth_sigma_deg, rtol=0.05)
    assert turn_deg(five.back_azimuth_deg, four.back_azimuth_deg).max() < 0.2


def test_three_elements_at_two_places_are_refused():
    offsets = np.array([[0.0, 0.0], [0.0, 0.0], [100.0, 0.0]])
    with pytest.raises(ValueError, match="2 places, 3 needed"):
        run(wave(0.0, 340.0, offsets, power_ratio=5.0), offsets)


def test_places_and_lines():
    assert shared_places(FOUR_M) == ((0,), (1,), (2,), (3,))
    assert shared_places(np.array([[0.0, 0.0], [100.0, 0.0], [0.2, 0.0], [100.0, 0.4]])) == ((0, 2), (1, 3))
    assert line_azimuth_deg(FOUR_M) is None
    assert line_azimuth_deg(LINE_M) == pytest.approx(90.0)
    assert line_azimuth_deg(np.array([[0.0, 0.0], [50.0, 50.0], [100.0, 101.0]])) == pytest.approx(45.0, abs=0.5)


@pytest.mark.parametrize("grid", [GRID, CartesianGrid(n_points=61)], ids=["polar", "cartesian"])
@pytest.mark.parametrize("method", METHODS)
def test_a_line_of_elements_gives_two_directions_and_no_confident_one(method, grid):
    samples = wave(40.0, 345.0, LINE_M, power_ratio=10.0)
    result = beamform(samples, RATE_HZ, LINE_M, BeamSettings(method=method, grid=grid))
    for window in range(result.time_s.size):
        one, other = result.modes.of(window)
        assert one.p == other.p == 0.5
        # Mirror images in the line, one of which holds the truth.
        assert turn_deg(one.bearing_deg + other.bearing_deg, 180.0) < 1e-6
        assert min(turn_deg(m.bearing_deg, 40.0) / m.bearing_sigma_deg for m in (one, other)) < 2.0
        assert one.bearing_sigma_deg > 3.0
    assert (result.back_azimuth_sigma_deg > 100.0).all()


@pytest.mark.parametrize("power_ratio", [0.5, 8.0])
def test_an_array_that_is_nearly_a_line_keeps_the_mirror_image_while_it_is_likely(power_ratio):
    offsets = LINE_M + np.array([0.0, 6.0])[None] * np.array([[0.0], [1.0], [-0.8], [0.5]])
    samples = wave(30.0, 345.0, offsets, power_ratio=power_ratio, seconds=300.0)
    result = beamform(samples, RATE_HZ, offsets)
    # On the other side of a line from west to east.
    mirrored = (turn_deg(result.modes.back_azimuth_deg, 150.0) < 40.0) & (result.modes.p > 0.0)
    right = turn_deg(result.back_azimuth_deg, 30.0) < 40.0
    wrong_or_kept = ~right | mirrored[:, 1:].any(axis=1)
    if power_ratio < 1.0:
        assert wrong_or_kept.mean() > 0.5
    else:
        assert wrong_or_kept.mean() < 0.1
    assert result.modes.p[:, 0].mean() < right.mean() + 0.05
    assert np.sqrt(np.mean(np.square(turn_deg(result.back_azimuth_deg, 30.0) / result.back_azimuth_sigma_deg))) < 1.1


@pytest.mark.parametrize("method", METHODS)
def test_windows_without_any_sound_say_nothing(method):
    samples = wave(75.0, 345.0, FOUR_M, power_ratio=5.0, seconds=80.0)
    samples[:, : round(40 * RATE_HZ)] = 0.0
    result = run(samples, FOUR_M, method, max_gap_s=1e9, max_clipped_share=1.0)
    silent = result.time_s < 35.0
    assert (result.f_statistic[silent] < 1e-3).all()
    assert (result.back_azimuth_sigma_deg[silent] > 80.0).all()
    assert np.isfinite(result.slowness_covariance).all()
    assert (result.back_azimuth_sigma_deg[result.time_s > 46.0] < 5.0).all()


def test_a_wide_array_and_a_strong_wave_have_one_direction():
    result = run(wave(40.0, 345.0, FOUR_M, power_ratio=10.0), FOUR_M)
    assert all(len(result.modes.of(window)) == 1 for window in range(result.time_s.size))
    assert (result.modes.p[:, 0] > 0.999).all()


def test_probabilities_of_directions_are_those_of_being_right():
    # Arrays and seeds other than those by which the likelihood was scaled.
    rng = np.random.default_rng(77)
    p, right = [], []
    for trial in range(24):
        offsets = rng.uniform(-300.0, 300.0, size=(5, 2))
        azimuth, power_ratio = float(rng.uniform(0, 360)), float(rng.choice([0.1, 0.2, 0.4]))
        samples = wave(azimuth, 345.0, offsets, power_ratio=power_ratio, seconds=150.0, seed=1000 + trial)
        modes = beamform(samples, RATE_HZ, offsets, BeamSettings(step_s=10.0, band_hz=(1.0, 4.0))).modes
        p.append(modes.p[:, 0])
        right.append(turn_deg(modes.back_azimuth_deg[:, 0], azimuth) < 5.0)
    p, right = np.concatenate(p), np.concatenate(right)
    for low, high in ((0.0, 0.4), (0.4, 0.9), (0.9, 1.01)):
        chosen = (p >= low) & (p < high)
        assert chosen.sum() > 20
        # Three standard errors of the share, and 0.15 for what the model leaves out on the safe side.
        slack = 3 * np.sqrt(0.25 / chosen.sum())
        assert p[chosen].mean() - slack < right[chosen].mean() < p[chosen].mean() + slack + 0.15
