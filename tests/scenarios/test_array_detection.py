"""How often an array finds a wave train of a known level, beside what physics says of a listener of its kind.

Wave trains of 10 s, as explosions give at a distance, in noise that falls with frequency as wind noise does and that
elements do not share. The level is that of the peak in 0.5 to 5 Hz, the noise the root mean square of the same band.
"""

import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "detect"))

from array_records import BEAMS, FOUR_M, RATE_HZ, SIX_M, at_every_element

from trucewatch.detect.array_heard import StreamSettings
from trucewatch.detect.array_stream import whole_record
from trucewatch.detect.wave_train import turn_deg
from trucewatch.physics import (
    Weather,
    infrasound_level_db,
    infrasound_spread_db,
    probability_of_detection,
    reference_listener,
    reference_source,
)

EIGHT_M = np.vstack([SIX_M, [[130.0, 330.0], [-60.0, -90.0]]])
SNR_DB = np.array([0.0, 3.0, 6.0, 9.0, 12.0, 15.0])
N_EVENTS = 15
EVERY_S = 120.0
WIND_SLOPE = 5.0 / 3.0
WEATHER = Weather(
    temperature_c=10.0, relative_humidity_pct=70.0, pressure_pa=101_325.0, wind_m_s=0.0, wind_from_deg=0.0
)


def in_band(samples):
    """Keep 0.5 to 5 Hz."""
    frequency = np.fft.rfftfreq(samples.shape[-1], 1.0 / RATE_HZ)
    return np.fft.irfft(np.fft.rfft(samples) * ((frequency >= 0.5) & (frequency <= 5.0)), samples.shape[-1])


def wind_noise(rng, n_elements, n):
    """Noise of unit root mean square in the band whose power falls as frequency to the five thirds."""
    frequency = np.fft.rfftfreq(n, 1.0 / RATE_HZ)
    shaped = np.fft.rfft(rng.normal(size=(n_elements, n))) * np.maximum(frequency, 0.05) ** (-WIND_SLOPE / 2.0)
    samples = np.fft.irfft(shaped, n)
    return samples / in_band(samples).std()


@cache
def share_found(n_elements, snr_db):
    """Beamform a record with trains of one level; the share that gave a confident arrival from its direction."""
    shape_m = {4: FOUR_M, 8: EIGHT_M}[n_elements]
    rng = np.random.default_rng(round(100 * snr_db) + n_elements)
    n_train = round(60.0 * RATE_HZ)
    samples = wind_noise(rng, n_elements, round((N_EVENTS + 1) * EVERY_S * RATE_HZ))
    at_s = np.arange(n_train) / RATE_HZ
    made = []
    for k in range(N_EVENTS):
        azimuth_deg, start_s = rng.uniform(0.0, 360.0), (k + 0.6) * EVERY_S + rng.uniform(0.0, 5.0)
        train = in_band(rng.normal(size=n_train) * ((at_s >= 5.0) & (at_s < 15.0)))
        train *= 10.0 ** (snr_db / 20.0) / np.abs(train).max()
        first = round(start_s * RATE_HZ)
        samples[:, first : first + n_train] += at_every_element(train, shape_m, azimuth_deg)
        made.append((start_s + 10.0, azimuth_deg))
    found = [a for a in whole_record(samples, RATE_HZ, shape_m, StreamSettings(bands=(BEAMS,))).arrivals if a.confident]
    hits = [
        any(abs(a.peak_s - middle_s) < 15.0 and turn_deg(a.back_azimuth_deg, azimuth_deg) < 15.0 for a in found)
        for middle_s, azimuth_deg in made
    ]
    return float(np.mean(hits))


def averaged(n_elements, snr_db, spread_db):
    """What is found on average where the level is uncertain by a spread, as physics states it."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    curve = [share_found(n_elements, snr) for snr in SNR_DB]
    found = np.interp(snr_db + spread_db * nodes, SNR_DB, curve, left=0.0, right=1.0)
    return float(found @ weights / weights.sum())


@pytest.mark.parametrize("n_elements", [4, 8])
def test_more_is_found_the_louder_it_is_and_everything_in_the_end(n_elements):
    curve = [share_found(n_elements, snr) for snr in SNR_DB]
    assert curve[0] == 0.0
    assert curve[-1] == 1.0
    assert all(b >= a - 0.15 for a, b in pairwise(curve))


def test_twice_the_elements_find_waves_three_decibels_weaker():
    half = {
        n: float(np.interp(0.5, np.maximum.accumulate([share_found(n, snr) for snr in SNR_DB]), SNR_DB)) for n in (4, 8)
    }
    assert half[4] - half[8] == pytest.approx(3.0, abs=2.5)


@pytest.mark.parametrize("n_elements", [4, 8])
@pytest.mark.parametrize("snr_db", [-6.0, 0.0, 6.0, 12.0, 18.0])
def test_physics_states_the_share_that_is_found(n_elements, snr_db):
    source, range_m = reference_source("artillery_152"), 60_000.0
    level = float(infrasound_level_db(source, range_m, WEATHER))
    usual = replace(reference_listener("infrasound_array"), n_elements=n_elements)
    listener = replace(usual, noise_level_db=level - snr_db)
    stated = float(probability_of_detection(source, range_m, listener, WEATHER))
    spread_db = float(np.hypot(infrasound_spread_db(source, range_m), usual.noise_sigma_db))
    assert stated == pytest.approx(averaged(n_elements, snr_db, spread_db), abs=0.1)
