"""Calibration of made forecasts: parts sum to the whole, a calibrated maker's error tends to nought."""

import numpy as np
import pytest

from trucewatch.simulate.score_calibration import calibration, equal_mass

SIZES = (200, 2000, 20_000)


def drawn(n: int, seed: int, off: float = 0.0):
    rng = np.random.default_rng(seed)
    p = rng.beta(2.0, 1.0, n)
    return p, rng.uniform(size=n) < np.clip(p - off, 0.0, 1.0)


def test_a_worked_example():
    # Two bins: 0.2 came true once in four, 0.8 three times in four.
    p = np.array([0.2] * 4 + [0.8] * 4)
    o = np.array([1, 0, 0, 0, 1, 1, 1, 0], dtype=bool)
    c = calibration("existence", p, o, n_bins=2)
    assert c.brier == pytest.approx((0.64 + 3 * 0.04 + 3 * 0.04 + 0.64) / 8)
    assert (c.reliability, c.resolution, c.uncertainty) == pytest.approx((0.0025, 0.0625, 0.25))
    assert c.ece == pytest.approx(0.05)
    assert c.log_score == pytest.approx(-(2 * np.log(0.2) + 6 * np.log(0.8)) / 8)
    assert [(b.n, b.mean_p, b.share) for b in c.bins] == [(4, pytest.approx(0.2), 0.25), (4, pytest.approx(0.8), 0.75)]


@pytest.mark.parametrize("n_bins", [1, 4, 15])
def test_the_parts_of_the_brier_score_sum_to_it_exactly(n_bins):
    c = calibration("existence", *drawn(777, 1), n_bins=n_bins)
    assert c.reliability - c.resolution + c.uncertainty == pytest.approx(c.brier, abs=1e-12)


def test_the_error_of_a_calibrated_maker_tends_to_nought():
    plain, less, expected = (
        [np.mean([getattr(calibration("x", *drawn(n, s), n_bins=15), name) for s in range(60)]) for n in SIZES]
        for name in ("ece", "ece_debiased", "ece_if_calibrated")
    )
    # The plain error falls as one over the root of n, which is all bias, and as large as it is expected to be.
    assert plain[0] / plain[1] == pytest.approx(np.sqrt(10), rel=0.15)
    assert plain[1] / plain[2] == pytest.approx(np.sqrt(10), rel=0.15)
    assert plain[1:] == pytest.approx(expected[1:], rel=0.1)
    assert less[1] < 0.7 * plain[1]
    assert less[2] < 0.006


def test_a_known_miscalibration_is_found():
    c = calibration("x", *drawn(40_000, 3, off=0.1), n_bins=15)
    p, _ = drawn(40_000, 3)
    truly = np.mean(p - np.clip(p - 0.1, 0.0, 1.0))
    assert c.ece_debiased == pytest.approx(truly, abs=0.004)


def test_one_certainty_that_is_wrong_does_not_make_the_log_score_infinite():
    c = calibration("x", np.array([1.0, 0.0]), np.array([False, True]), n_bins=15)
    assert c.log_score == pytest.approx(-np.log(1e-6))


def test_bins_hold_equally_many_and_equal_forecasts_share_one():
    number = equal_mass(np.random.default_rng(0).uniform(size=1500), 15)
    assert np.ptp(np.bincount(number)) <= 2
    lump = np.concatenate((np.full(700, 1.0), np.linspace(0.1, 0.9, 300)))
    assert len(set(equal_mass(lump, 15)[:700])) == 1
    assert len(set(equal_mass(lump, 15)[700:])) > 3


def test_nothing_said_has_no_calibration():
    assert calibration("x", np.zeros(0), np.zeros(0, dtype=bool), n_bins=15) is None
