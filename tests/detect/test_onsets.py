"""Onsets of pulses that were put into noise here, and recordings that no microphone should make."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.detect.impulse_score import ScoreSettings, band_step_db, blank, local_maxima
from trucewatch.detect.onset import OnsetSettings, p_false_of, timing_sigma_s
from trucewatch.detect.onset_pick import pick_start
from trucewatch.detect.onsets import find_onsets

RATE_HZ = 12_000.0


def street(seconds=3.0, *, level=1.0, seed=0):
    return level * np.random.default_rng(seed).normal(size=int(seconds * RATE_HZ))


def add_blast(samples, at_s, peak, *, rise_s=0.3e-3, decay_s=1.5e-3):
    """A straight rise that starts at exactly `at_s`, then a damped swing: a muzzle blast without echoes."""
    t = np.arange(samples.size) / RATE_HZ - at_s
    after = np.maximum(t - rise_s, 0.0)
    shape = np.where(t < rise_s, t / rise_s, np.exp(-after / decay_s) * np.cos(2 * np.pi * 400.0 * after))
    return samples + peak * np.where(t > 0, shape, 0.0)


@settings(max_examples=25, deadline=None)
@given(at_s=st.floats(0.5, 2.5), peak=st.floats(30.0, 3000.0), seed=st.integers(0, 99))
def test_a_loud_blast_is_timed_to_half_a_millisecond(at_s, peak, seed):
    (onset,) = find_onsets(add_blast(street(seed=seed), at_s, peak), RATE_HZ)
    assert abs(onset.time_s - at_s) < 0.5e-3
    assert abs(onset.time_s - at_s) < 3 * onset.sigma_s
    assert 0.3e-3 < onset.sigma_s < 1e-3
    assert not onset.clipped
    assert onset.p_false < 1e-4


def test_picks_are_finer_than_a_sample():
    # Without noise the start is known by construction; a sample is 83 microseconds.
    errors_s = []
    for shift in np.linspace(0.0, 1.0, 7) / RATE_HZ:
        at_s = 1.0 + shift
        (onset,) = find_onsets(add_blast(street(level=1e-3), at_s, 100.0), RATE_HZ)
        errors_s.append(onset.time_s - at_s)
    assert np.ptp(errors_s) < 0.25 / RATE_HZ


def test_errors_grow_as_the_pulse_drowns_and_stay_honest():
    z, sigma_by_peak = [], []
    for peak in (100.0, 12.0, 7.0):
        sigmas = []
        for seed in range(20):
            found = find_onsets(add_blast(street(2.0, seed=seed), 1.2345, peak), RATE_HZ)
            near = [onset for onset in found if abs(onset.time_s - 1.2345) < 0.02]
            z += [(onset.time_s - 1.2345) / onset.sigma_s for onset in near]
            sigmas += [onset.sigma_s for onset in near]
        sigma_by_peak.append(np.mean(sigmas))
    assert sigma_by_peak[0] < sigma_by_peak[1] < sigma_by_peak[2]
    assert np.mean(np.abs(z) < 2) > 0.9


def test_onset_does_not_depend_on_the_unit_of_the_samples():
    samples = add_blast(street(), 1.5, 80.0)
    (one,), (other,) = find_onsets(samples, RATE_HZ), find_onsets(samples * 1e-4, RATE_HZ)
    assert other.time_s == pytest.approx(one.time_s, abs=1e-9)
    assert other.snr_db == pytest.approx(one.snr_db, abs=1e-6)
    assert other.peak == pytest.approx(one.peak * 1e-4)


def test_rounds_of_an_automatic_weapon_stay_separate():
    samples = street()
    rounds_s = [1.0, 1.066, 1.132, 1.198, 1.264]
    for at_s in rounds_s:
        samples = add_blast(samples, at_s, 200.0)
    found = find_onsets(samples, RATE_HZ)
    np.testing.assert_allclose([onset.time_s for onset in found], rounds_s, atol=0.5e-3)


def test_echoes_are_merged_and_said_to_be():
    samples = add_blast(add_blast(street(), 1.0, 200.0), 1.030, 300.0)
    (merged,) = find_onsets(samples, RATE_HZ)
    assert merged.time_s == pytest.approx(1.0, abs=0.5e-3)
    assert dict(merged.features)["n_merged"] == 1.0
    every = find_onsets(samples, RATE_HZ, dataclasses.replace(OnsetSettings(), merge_within_s=0.0))
    np.testing.assert_allclose([onset.time_s for onset in every], [1.0, 1.030], atol=0.5e-3)


def test_a_weak_first_path_keeps_the_time_and_points_to_the_loud_one():
    samples = add_blast(add_blast(street(), 1.0, 70.0), 1.020, 200.0)
    (onset,) = find_onsets(samples, RATE_HZ)
    assert onset.time_s == pytest.approx(1.0, abs=0.5e-3)
    assert dict(onset.features)["strongest_lag_s"] == pytest.approx(0.020, abs=0.5e-3)


def test_noise_alone_gives_almost_nothing_and_owns_up_to_it():
    found = [onset for seed in range(10) for onset in find_onsets(street(10.0, seed=seed), RATE_HZ)]
    assert len(found) <= 2
    assert all(onset.p_false > 0.001 for onset in found)


def test_a_clipped_blast_says_so():
    samples = np.clip(add_blast(street(), 1.5, 500.0), -100.0, 100.0)
    (onset,) = find_onsets(samples, RATE_HZ)
    assert onset.clipped
    assert onset.time_s == pytest.approx(1.5, abs=0.5e-3)


def test_dead_short_and_broken_recordings():
    assert find_onsets(np.full(36_000, 5.0), RATE_HZ) == ()
    assert find_onsets(np.zeros(0), RATE_HZ) == ()
    assert find_onsets(street()[:700], RATE_HZ) == ()
    broken = street()
    broken[123] = np.nan
    with pytest.raises(ValueError, match="1 samples are not finite, the first at 123"):
        find_onsets(broken, RATE_HZ)
    with pytest.raises(ValueError, match="one row"):
        find_onsets(np.zeros((2, 100)), RATE_HZ)
    with pytest.raises(ValueError, match="none of the bands"):
        find_onsets(street(), 200.0)
    with pytest.raises(ValueError, match="min_score_db"):
        OnsetSettings(min_score_db=0.0)


def test_the_edge_of_a_blanked_stretch_is_no_onset():
    samples = add_blast(street(6.0, level=50.0), 3.5, 5000.0)
    samples[: int(2.0 * RATE_HZ)] = 0.0
    samples[int(5.0 * RATE_HZ) :] = 0.0
    (onset,) = find_onsets(samples, RATE_HZ)
    assert onset.time_s == pytest.approx(3.5, abs=0.5e-3)


def test_same_input_gives_the_same_onsets():
    samples = add_blast(street(), 1.5, 20.0)
    assert find_onsets(samples, RATE_HZ) == find_onsets(samples, RATE_HZ)


def test_features_come_in_one_order():
    (onset,) = find_onsets(add_blast(street(), 1.5, 100.0), RATE_HZ)
    assert [name for name, _ in onset.features] == [
        "score_db",
        "step_200_600_hz_db",
        "step_600_1800_hz_db",
        "step_1800_5000_hz_db",
        "rise_s",
        "polarity",
        "centroid_hz",
        "first_lobe_s",
        "second_lobe_s",
        "second_share",
        "after_share",
        "low_share",
        "tail_db",
        "disagreement_s",
        "n_merged",
        "strongest_lag_s",
    ]
    features = dict(onset.features)
    assert features["polarity"] == 1.0
    (dull,) = find_onsets(add_blast(street(), 1.5, 100.0, rise_s=0.9e-3), RATE_HZ)
    assert 200.0 < dict(dull.features)["centroid_hz"] < features["centroid_hz"]
    assert dict(dull.features)["rise_s"] == pytest.approx(0.9e-3, rel=0.4)
    assert features["rise_s"] == pytest.approx(0.3e-3, rel=0.4)
    assert 0.001 < onset.duration_s < 0.02


def test_step_score_is_the_energy_ratio():
    samples = street(4.0, seed=7)
    samples[24_000:] *= 10.0
    at = np.arange(1_000, 40_000, 12)
    step_db = band_step_db(np.square(samples), at, np.zeros(at.size), RATE_HZ, ScoreSettings())
    best = int(step_db.argmax())
    assert abs(at[best] / RATE_HZ - 2.0) < 0.004
    assert step_db[best] == pytest.approx(20.0, abs=1.5)


def test_blank_marks_runs_only():
    samples = np.array([1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 4.0])
    assert blank(samples, 3).tolist() == [False, True, True, True, False, False, False]


def test_local_maxima_are_the_highest_of_their_surroundings():
    values = np.array([0.0, 7.0, 3.0, 8.0, 0.0, 0.0, 0.0, 6.0, 6.0])
    assert local_maxima(values, 6.0, 2).tolist() == [3, 7]
    assert local_maxima(values, 6.0, 1).tolist() == [1, 3, 7]
    assert local_maxima(values, 9.0, 1).size == 0


def test_the_edge_is_read_from_any_trigger_near_it():
    samples = add_blast(street(), 1.5, 300.0)
    for trigger_s in (1.497, 1.500, 1.503):
        pick = pick_start(samples, round(trigger_s * RATE_HZ), RATE_HZ)
        assert pick is not None
        assert abs(pick.start_sample - 1.5 * RATE_HZ) < 2
        assert pick.rise_samples == pytest.approx(0.3e-3 * RATE_HZ, rel=0.2)
    assert pick_start(np.zeros(1000), 500, RATE_HZ) is None


def test_error_and_false_alarm_laws_are_monotone():
    sigma = [timing_sigma_s(snr, 0.3e-3) for snr in (2.0, 5.0, 20.0, 100.0)]
    assert sigma == sorted(sigma, reverse=True)
    p = [p_false_of(score, 1.64) for score in (5.0, 8.0, 15.0)]
    assert p == sorted(p, reverse=True)
    # 5 dB was reached 0.053 times a second.
    assert p[0] == pytest.approx(1 - np.exp(-0.053))
    assert p_false_of(10.0, 3.0) > p_false_of(10.0, 1.64)
