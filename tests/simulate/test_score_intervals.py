"""Intervals against published values, and their coverage in simulation."""

import numpy as np
import pytest

from trucewatch.simulate.score_intervals import (
    LEAST_BLOCKS,
    block_length_s,
    draws,
    poisson,
    quantile_interval,
    ratio_interval,
    wilson,
)


def test_wilson_interval_against_published_values():
    # Newcombe 1998, Stat. Med. 17, 857, table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_poisson_interval_against_published_values():
    # Garwood 1936, table: 0 gives 0 to 3.689; 10 gives 4.795 to 18.39.
    assert poisson(0, 1.0) == pytest.approx((0.0, 3.689), abs=5e-4)
    assert poisson(10, 1.0) == pytest.approx((4.795, 18.39), abs=5e-3)
    assert poisson(10, 4.0)[0] == pytest.approx(4.795 / 4, abs=2e-4)


def test_the_longest_blocks_that_are_enough_are_taken():
    days = np.arange(20) * 86_400.0
    assert block_length_s(days, 20 * 86_400.0) == 86_400.0
    assert block_length_s(np.arange(48) * 3600.0, 2 * 86_400.0) == 21_600.0
    assert block_length_s(np.array([0.0, 1.0]), 60.0) == 60.0
    # Events of one hour of a year: blocks stay few.
    assert block_length_s(np.arange(20) * 100.0, 365 * 86_400.0) == 21_600.0


def test_bootstrap_intervals_of_a_ratio_hold_the_truth_about_as_often_as_they_say():
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        n = rng.poisson(20, 60).astype(float)
        # Events of one block are alike: a share that differs from block to block.
        k = rng.binomial(n.astype(int), rng.beta(8, 2, 60)).astype(float)
        low, high = ratio_interval(np.stack((k, n), axis=1), draws(60, 400, seed))
        held += low <= 0.8 <= high
    assert 0.89 <= held / 200 <= 0.99


def test_bootstrap_interval_of_a_median_is_near_the_closed_form():
    rng = np.random.default_rng(2)
    values, block = rng.normal(size=4000), np.repeat(np.arange(400), 10)
    low, high = quantile_interval(values, block, 0.5, draws(400, 1000, 1))
    # Standard error of a normal median: sqrt(pi / 2 / n).
    assert (high - low) / (2 * 1.96) == pytest.approx(np.sqrt(np.pi / 2 / 4000), rel=0.2)


def test_too_few_blocks_give_no_interval():
    sums = np.ones((LEAST_BLOCKS - 1, 2))
    assert ratio_interval(sums, draws(len(sums), 100, 1)) is None
