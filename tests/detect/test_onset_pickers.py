"""Pickers on pulses whose start is known by construction."""

import numpy as np
import pytest

from trucewatch.detect.onset import timing_sigma_s
from trucewatch.detect.onset_pickers import aic, aic_start, disagreement_s, kurtosis_start, running_kurtosis

RATE_HZ = 12_000.0


def step_of_noise(at, *, quiet=1.0, loud=30.0, n=2_000, seed=0):
    noise = np.random.default_rng(seed).normal(size=n)
    return np.where(np.arange(n) < at, quiet, loud) * noise


def test_aic_is_the_two_variance_form():
    samples = step_of_noise(900)
    at = 700
    said = at * np.log(samples[:at].var()) + (samples.size - at - 1) * np.log(samples[at:].var())
    assert aic(samples)[at - 1] == pytest.approx(said)


@pytest.mark.parametrize("seed", range(5))
def test_aic_and_kurtosis_find_the_change(seed):
    samples = step_of_noise(900, seed=seed)
    assert abs(aic_start([samples, samples]) - 900) <= 2
    assert abs(kurtosis_start(samples, 240) + 240 - 900) <= 3


def test_kurtosis_of_noise_is_three():
    kurtosis = running_kurtosis(np.random.default_rng(1).normal(2.0, 5.0, size=20_000), 10_000)
    assert kurtosis.shape == (10_001,)
    np.testing.assert_allclose(kurtosis, 3.0, atol=0.2)


def test_pickers_agree_on_a_clear_edge_and_not_on_a_wrong_one():
    samples = step_of_noise(900, loud=300.0)
    assert disagreement_s(samples, [samples], 900.0, RATE_HZ) < 0.3e-3
    assert disagreement_s(samples, [samples], 936.0, RATE_HZ) > 2e-3
    assert disagreement_s(samples[:200], [samples[:200]], 100.0, RATE_HZ) == 0.0


def test_disagreement_widens_the_stated_error():
    assert timing_sigma_s(50.0, 0.2e-3, 5e-3) > 5 * timing_sigma_s(50.0, 0.2e-3)
