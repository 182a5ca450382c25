"""Rounds and echoes that were laid here: the count, the rate, and when it is left open."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.detect.bursts import find_bursts, period
from trucewatch.detect.echo_features import NAMES, echo_features
from trucewatch.detect.echoes import p_direct
from trucewatch.detect.onset import OnsetSettings
from trucewatch.detect.onsets import find_onsets
from trucewatch.detect.similarity import prepared, slide, template_at
from trucewatch.model.vocabulary import CountQuality

RATE_HZ = 12_000.0
EVERY = dataclasses.replace(OnsetSettings(), merge_within_s=0.0)
WALLS = ((0.31, 0.22), (0.47, 0.12), (1.10, 0.08))
"""Lag in seconds and gain of three echoes."""


def street(rounds_s, *, seconds=8.0, seed=0, level=1.0, walls=WALLS, hz=700.0, spread_db=0.5, peak=300.0):
    """Rounds of one weapon with the echoes of one street, in noise."""
    rng = np.random.default_rng(seed)
    samples = level * rng.normal(size=int(seconds * RATE_HZ))
    t = np.arange(360) / RATE_HZ
    for at_s in rounds_s:
        gain = peak * 10.0 ** (spread_db * rng.normal() / 20)
        for lag_s, share in ((0.0, 1.0), *walls):
            # Every path has a waveform of its own, sudden, of many frequencies, and the same for every round.
            own = np.random.default_rng(round(1e4 * lag_s) + round(hz)).normal(size=t.size)
            pulse = np.exp(-t / 3e-3) * (np.cos(2 * np.pi * hz * t) * (lag_s == 0.0) + 0.5 * own)
            begin = round((at_s + lag_s) * RATE_HZ)
            held = samples[begin : begin + t.size]
            held += gain * share * pulse[: held.size]
    return samples


def bursts_of(samples):
    onsets = find_onsets(samples, RATE_HZ, EVERY)
    return find_bursts(onsets, p_direct(onsets), prepared(samples, RATE_HZ), RATE_HZ)


@pytest.mark.parametrize("per_min", [75, 300, 450, 700, 950])
@pytest.mark.parametrize("n_rounds", [4, 9])
def test_rounds_are_counted_at_every_rate(per_min, n_rounds):
    rounds_s = 0.8 + np.arange(n_rounds) * 60.0 / per_min
    (burst,) = bursts_of(street(rounds_s, seconds=rounds_s[-1] + 3.0))
    assert burst.count.best == n_rounds
    assert burst.count.low <= n_rounds
    assert burst.rate_per_min == pytest.approx(per_min, rel=0.03)
    assert abs(burst.rate_per_min - per_min) < 4 * burst.rate_sigma_per_min
    assert burst.n_weapons == 1
    np.testing.assert_allclose(burst.rounds_s, rounds_s, atol=2e-3)


def test_one_round_with_echoes_is_one_round():
    (burst,) = bursts_of(street([1.0]))
    assert burst.count.best == 1
    assert burst.rate_per_min is None
    assert burst.rate_sigma_per_min is None


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 999), n=st.integers(1, 6))
def test_bounds_are_in_order_and_hold(seed, n):
    rng = np.random.default_rng(seed)
    rounds_s = 0.8 + np.cumsum(rng.uniform(0.3, 0.9, n))
    samples = street(rounds_s, seconds=rounds_s[-1] + 3.0, seed=seed)
    bursts = bursts_of(samples)
    assert sum(burst.count.low for burst in bursts) <= n
    assert all(burst.count.high is None or burst.count.best <= burst.count.high for burst in bursts)
    assert sum(burst.count.best for burst in bursts) == n


def test_two_weapons_that_overlap_are_added_and_said_to_overlap():
    one, other = 0.8 + np.arange(5) * 0.40, 0.93 + np.arange(5) * 0.47
    samples = street(one, walls=()) + street(other, walls=(), hz=1900.0, seed=4, level=0.0, peak=150.0)
    (burst,) = bursts_of(samples)
    assert burst.n_weapons == 2
    assert burst.count.quality is CountQuality.OVERLAPPING
    assert burst.count.best == 10


def test_a_long_pause_ends_a_burst():
    first, second = bursts_of(street([1.0, 1.4, 1.8, 7.0, 7.4], seconds=10.0, walls=()))
    assert (first.count.best, second.count.best) == (3, 2)


def test_period_allows_for_rounds_that_were_missed():
    steady = np.array([0.0, 0.1, 0.2, 0.4, 0.5, 0.8])
    assert period(steady) == pytest.approx(0.1)
    assert period(np.array([0.0, 0.1, 0.5, 0.63, 1.6, 1.9, 2.33])) is None
    assert period(steady[:2]) is None


def test_slide_finds_a_template_and_its_gain():
    band = np.random.default_rng(0).normal(size=5_000)
    template = template_at(band, 0.2, RATE_HZ)
    band[3_000 : 3_000 + template.size] = -2.0 * template
    matches = slide(band, template)
    at = int(np.argmax(matches.likeness))
    assert at == round(0.199 * RATE_HZ)
    assert matches.likeness[at] == pytest.approx(1.0)
    assert matches.likeness[3_000] == pytest.approx(-1.0)
    assert matches.gain[3_000] == pytest.approx(-2.0)
    assert template_at(band, 0.0, RATE_HZ) is None


def test_echo_figures_say_what_they_are_called():
    onsets = find_onsets(street([1.0, 1.7], spread_db=0.0, walls=((0.31, 0.3),)), RATE_HZ, EVERY)
    figures = echo_features(onsets)
    assert figures.shape == (len(onsets), len(NAMES))
    column = {name: figures[:, k] for k, name in enumerate(NAMES)}
    near = [min(range(len(onsets)), key=lambda i: abs(onsets[i].time_s - at)) for at in (1.0, 1.31, 1.7, 2.01)]
    assert column["is_first"][near].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert column["repeats_as_echo"][near[1]] > 0
    assert column["repeats_as_source"][near[0]] > 0
    assert column["below_loudest_db"][near[1]] < -5.0
    straight = p_direct(onsets)
    assert straight[near[0]] > straight[near[1]]
    assert straight[near[2]] > straight[near[3]]
    assert p_direct(()).shape == (0,)
