"""Shock waves of simulated rifle shots, and blasts, pairs and echoes; no recorded shock wave was at hand."""

import math

import numpy as np
import pytest
from scipy.signal import resample_poly

from trucewatch.detect.hearing import listen
from trucewatch.model.vocabulary import Wave
from trucewatch.physics.ballistics import RIFLE_127, RIFLE_556, RIFLE_762, rifle_shot_pa, shock_arrival
from trucewatch.simulate.soundscape import scene_pa

C_M_S = 340.0


def shot(bullet, along_m, miss_m, *, rate_hz, seed=0, seconds=2.6, at_s=0.5):
    """One simulated rifle shot, filtered and sampled as a recorder does; what is due when."""
    fine_hz = 192_000
    time_s = np.arange(int(fine_hz * seconds)) / fine_hz - at_s
    pressure = resample_poly(rifle_shot_pa(time_s, bullet, along_m=along_m, miss_m=miss_m), 1, fine_hz // rate_hz)
    shock = shock_arrival(bullet, along_m=along_m, miss_m=miss_m, sound_speed_m_s=C_M_S)
    noise = np.random.default_rng(seed).normal(0.0, 0.05, pressure.size)
    blast_s = at_s + math.hypot(along_m, miss_m) / C_M_S
    return pressure + noise, None if shock is None else at_s + shock.time_s, blast_s


def near(heard, at_s):
    return [each for each in heard if abs(each.onset.time_s - at_s) < 2e-3]


@pytest.mark.parametrize("rate_hz", [12_000, 48_000])
def test_shock_and_blast_are_told_apart_and_paired(rate_hz):
    rng, n, shocks, pairs = np.random.default_rng(11), 0, 0, []
    for k in range(15):
        bullet = (RIFLE_556, RIFLE_762, RIFLE_127)[k % 3]
        samples, shock_s, blast_s = shot(
            bullet, rng.uniform(50.0, 400.0), rng.uniform(3.0, 40.0), rate_hz=rate_hz, seed=k
        )
        if shock_s is None:
            continue
        n += 1
        for each in near(listen(samples, rate_hz), shock_s):
            shocks += each.waves.waves[0].wave is Wave.SHOCK_WAVE
            if each.waves.blast_after_shock_s is not None:
                pairs.append((each.waves.blast_after_shock_s - (blast_s - shock_s)) * 1e3)
                assert 0 < each.waves.blast_after_shock_sigma_s < 5e-3
    assert n >= 12
    assert shocks / n > 0.7
    assert len(pairs) / n > 0.7
    # Never a wrong pair; differences to a fraction of a millisecond.
    assert np.abs(pairs).max() < 0.6


def test_a_muzzle_blast_near_its_shock_wave_is_kept():
    # 15 m from the muzzle the two are 20 ms apart, which would be one merged onset of a handgun.
    samples, shock_s, blast_s = shot(RIFLE_762, 15.0, 4.0, rate_hz=48_000)
    assert blast_s - shock_s < 0.063
    heard = listen(samples, 48_000)
    assert near(heard, shock_s)[0].waves.blast_after_shock_s == pytest.approx(blast_s - shock_s, abs=3e-4)
    assert near(heard, blast_s)


def test_a_shot_without_a_shock_wave_has_no_pair():
    # Behind the shooter only the muzzle is heard.
    samples, shock_s, blast_s = shot(RIFLE_762, -60.0, 20.0, rate_hz=12_000)
    assert shock_s is None
    heard = listen(samples, 12_000)
    assert all(each.waves.blast_after_shock_s is None for each in heard)
    first = near(heard, blast_s)[0]
    assert first.waves.p(Wave.SHOCK_WAVE) < 0.1
    assert first.waves.waves[0].wave is Wave.MUZZLE_BLAST


def test_far_explosions_are_blasts():
    found = [each for seed in range(3) for each in listen(scene("explosion", seed), 12_000) if each.onset.snr_db > 20]
    assert len(found) >= 9
    assert np.mean([each.waves.waves[0].wave is Wave.BLAST for each in found]) > 0.8


def scene(name, seed):
    return scene_pa(name, seconds=16.0, rate_hz=12_000, rng=np.random.default_rng(5_000 + seed))


@pytest.mark.parametrize("name", ["thunder", "rain", "knock", "instrument"])
def test_probabilities_are_in_order_and_sum_to_one(name):
    for each in listen(scene(name, 0), 12_000):
        for shares in ([w.p for w in each.waves.waves], [c.p for c in each.causes]):
            assert shares == sorted(shares, reverse=True)
            assert min(shares) >= 0.0
            assert sum(shares) == pytest.approx(1.0)
        assert each.waves.p(Wave.SHOCK_WAVE) < 0.5
