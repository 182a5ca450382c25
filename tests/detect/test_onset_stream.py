"""The engine fed piece by piece, louder, later and with holes: what must not change does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.detect.onset_stream import KEPT_S, STRETCH_S, OnsetStream
from trucewatch.detect.onsets import find_onsets

RATE_HZ = 12_000.0


def sounds(seed, seconds=7.3):
    """Noise with some bangs of any height, and one stretch that was not transmitted."""
    rng = np.random.default_rng(seed)
    samples = rng.normal(size=int(seconds * RATE_HZ))
    time_s = np.arange(samples.size) / RATE_HZ
    for at_s in np.sort(rng.uniform(0.2, seconds - 0.2, 9)):
        since = np.maximum(time_s - at_s, 0.0)
        swing = np.exp(-since / 2e-3) * np.cos(2 * np.pi * 500.0 * since)
        samples += 10.0 ** rng.uniform(0.8, 2.5) * np.where(since > 0, swing, 0.0)
    hole = int(rng.uniform(0.5, 6.0) * RATE_HZ)
    samples[hole : hole + 4_000] = 0.0
    return samples


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 9), cuts=st.lists(st.integers(0, int(7.3 * RATE_HZ)), max_size=8))
def test_any_cutting_gives_the_onsets_of_the_whole(seed, cuts):
    samples = sounds(seed)
    whole = find_onsets(samples, RATE_HZ)
    stream = OnsetStream(RATE_HZ)
    found = [onset for piece in np.split(samples, sorted(cuts)) for onset in stream.feed(piece)]
    assert tuple(found) + stream.flush() == whole
    assert len(whole) >= 3


def test_sample_by_sample_too():
    samples = sounds(3, seconds=2.6)
    stream = OnsetStream(RATE_HZ)
    found = [onset for sample in samples for onset in stream.feed(np.array([sample]))]
    assert tuple(found) + stream.flush() == find_onsets(samples, RATE_HZ)


def test_a_live_listener_hears_of_a_bang_within_three_seconds():
    samples, stream = np.random.default_rng(1).normal(size=int(20 * RATE_HZ)), OnsetStream(RATE_HZ)
    at = int(7.7 * RATE_HZ)
    samples[at : at + 12] += 300.0
    for begin in range(0, samples.size, 1_200):
        if stream.feed(samples[begin : begin + 1_200]):
            heard_s = (begin + 1_200) / RATE_HZ
            break
    assert 7.7 < heard_s < 7.7 + STRETCH_S + 0.6


def test_memory_does_not_grow():
    rng, stream, most = np.random.default_rng(2), OnsetStream(RATE_HZ), 0
    for _ in range(60):
        stream.feed(rng.normal(size=int(RATE_HZ)))
        most = max(most, stream.n_held)
    # Two stretches may be waiting or at hand, whatever came before.
    assert most <= (KEPT_S + 2 * STRETCH_S + 1.0) * RATE_HZ


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), log_gain=st.floats(-9.0, 6.0))
def test_the_gain_does_not_matter(seed, log_gain):
    samples = sounds(seed, seconds=4.0)
    one, other = find_onsets(samples, RATE_HZ), find_onsets(samples * 10.0**log_gain, RATE_HZ)
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        assert b.time_s == pytest.approx(a.time_s, abs=1e-7)
        assert b.sigma_s == pytest.approx(a.sigma_s, rel=1e-5)
        assert b.p_false == pytest.approx(a.p_false, rel=1e-5)
        assert b.peak == pytest.approx(a.peak * 10.0**log_gain, rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), n_later=st.integers(1, 40_000))
def test_later_sound_gives_later_onsets(seed, n_later):
    samples = np.random.default_rng(seed).normal(size=int(4 * RATE_HZ))
    for at in (20_000, 31_000):
        samples[at : at + 20] += 200.0 * np.exp(-np.arange(20) / 8.0)
    lead = np.random.default_rng(seed + 100).normal(size=n_later)
    loud = [[o.time_s for o in find_onsets(x, RATE_HZ) if o.snr_db > 30] for x in (samples, np.append(lead, samples))]
    np.testing.assert_allclose(loud[1], np.array(loud[0]) + n_later / RATE_HZ, atol=2e-5)
    assert len(loud[0]) == 2


def test_dead_and_silent_channels_give_nothing():
    for value in (0.0, -7.0):
        stream = OnsetStream(RATE_HZ)
        assert stream.feed(np.full(100_000, value)) == ()
        assert stream.flush() == ()
    assert OnsetStream(RATE_HZ).flush() == ()


def test_a_broken_sample_is_named_by_its_place_in_the_whole():
    stream = OnsetStream(RATE_HZ)
    stream.feed(np.zeros(1_000))
    with pytest.raises(ValueError, match="1 samples are not finite, the first at 1002"):
        stream.feed(np.array([0.0, 1.0, np.inf]))
    with pytest.raises(ValueError, match="one row"):
        stream.feed(np.zeros((2, 3)))


def test_saturation_leaves_the_time_and_bounds_the_level_from_below():
    rng = np.random.default_rng(4)
    samples = rng.normal(size=int(3 * RATE_HZ))
    since = np.maximum(np.arange(samples.size) / RATE_HZ - 1.5, 0.0)
    samples += 800.0 * np.where(since > 0, np.exp(-since / 2e-3) * np.cos(2 * np.pi * 300.0 * since), 0.0)
    (open_one,), (cut,) = find_onsets(samples, RATE_HZ), find_onsets(np.clip(samples, -60.0, 60.0), RATE_HZ)
    assert cut.clipped
    assert not open_one.clipped
    assert cut.time_s == pytest.approx(open_one.time_s, abs=0.2e-3)
    assert cut.peak < open_one.peak


def test_quiet_sound_of_few_levels_is_not_called_clipped():
    rng = np.random.default_rng(5)
    samples = np.round(rng.normal(size=int(8 * RATE_HZ)))
    samples[50_000:50_030] += 9.0
    assert not any(onset.clipped for onset in find_onsets(samples, RATE_HZ) if onset.snr_db < 20.0)
