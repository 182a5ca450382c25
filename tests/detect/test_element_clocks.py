"""Clocks of elements that were set off by known amounts, in records with known waves."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from array_records import BEAMS, FOUR_M, RATE_HZ, SIX_M, record, wave

from trucewatch.detect.array_heard import StreamSettings
from trucewatch.detect.array_stream import whole_record
from trucewatch.detect.arrivals import ArrivalSettings
from trucewatch.detect.element_clocks import ElementClocks
from trucewatch.detect.pair_lags import latenesses_s, pair_lags, plane_wave
from trucewatch.detect.wave_train import turn_deg

SETTINGS = StreamSettings(bands=(BEAMS,), arrivals=ArrivalSettings(history_s=300.0), batch_windows=32)
EVENTS = tuple((60.0 + 40.0 * k, azimuth) for k, azimuth in enumerate((40, 130, 250, 310, 90, 200, 20, 160, 280, 70)))


def shifted(samples, element, late_s, from_s=0.0):
    """Delay one element, as a clock that stamps too early does."""
    n = samples.shape[1]
    frequency = np.fft.rfftfreq(n, 1.0 / RATE_HZ)
    late = np.fft.irfft(np.fft.rfft(samples[element]) * np.exp(-2j * np.pi * frequency * late_s), n)
    out = samples.copy()
    first = round(from_s * RATE_HZ)
    out[element, first:] = late[first:]
    return out


def test_lags_of_a_plane_wave_are_its_delays():
    window = wave(121, FOUR_M, 75.0, speed_m_s=350.0)
    lags = pair_lags(window, RATE_HZ, (0.5, 5.0))
    slowness, left_s = plane_wave(lags, np.arange(4), FOUR_M)
    expected = np.array([np.sin(np.radians(75.0)), np.cos(np.radians(75.0))]) / 350.0
    # One window's noise-like wave, cut at other places at each element.
    assert np.abs(slowness - expected).max() < 0.03 / 350.0
    assert left_s < 0.01
    assert lags.correlation[np.triu_indices(4, 1)].min() > 0.7
    assert lags.lag_s[1, 0] == pytest.approx(-(FOUR_M[1] - FOUR_M[0]) @ expected, abs=0.01)


def test_lateness_is_what_was_put_in():
    samples = shifted(wave(1210, SIX_M, 75.0), 4, 0.12)[:, 500:621]
    lags = pair_lags(samples, RATE_HZ, (0.5, 5.0))
    others = np.array([0, 1, 2, 3, 5])
    slowness, left_s = plane_wave(lags, others, SIX_M)
    assert left_s < 0.01
    assert np.median(latenesses_s(lags, 4, others, SIX_M, slowness)) == pytest.approx(0.12, abs=0.01)


@pytest.mark.parametrize("late_s", [0.12, -0.25, 1.7])
def test_a_late_element_of_six_is_found_its_offset_measured_and_left_out(late_s):
    samples = shifted(record(480.0, EVENTS, offsets_m=SIX_M, power_ratio=20.0), 3, late_s, from_s=150.0)
    heard = whole_record(samples, RATE_HZ, SIX_M, SETTINGS)
    (fault,) = [f for f in heard.faults if "off" in f.reason]
    assert fault.element == 3
    word = "late" if late_s > 0 else "early"
    assert word in fault.reason
    assert float(fault.reason.split(": ")[1].split(" s")[0]) == pytest.approx(abs(late_s), abs=0.02)
    assert 140.0 <= fault.start_s <= 250.0
    # Five windows judge it, and batches of 160 s that were given by then stay as they are.
    after = [a for a in heard.arrivals if a.start_s > 320.0]
    assert len(after) == 3
    assert {a.n_elements for a in after} == {5}
    for arrival in after:
        (azimuth,) = [az for start, az in EVENTS if abs(start - arrival.start_s) < 15.0]
        assert turn_deg(arrival.back_azimuth_deg, azimuth) < 3.0


def test_an_element_an_hour_off_hears_nothing_of_what_the_others_hear():
    samples = record(480.0, EVENTS, power_ratio=20.0)
    samples[2] = record(480.0, EVENTS[::-1], power_ratio=20.0, seed=77)[2][::-1]
    heard = whole_record(samples, RATE_HZ, FOUR_M, SETTINGS)
    faults = [f for f in heard.faults if "hears nothing" in f.reason]
    assert [f.element for f in faults] == [2]
    late = [a for a in heard.arrivals if a.start_s > faults[0].start_s + 20.0]
    assert {a.n_elements for a in late} == {3}


@pytest.mark.parametrize("shape", [FOUR_M, SIX_M])
def test_sound_clocks_are_left_alone(shape):
    heard = whole_record(record(480.0, EVENTS, offsets_m=shape, power_ratio=20.0), RATE_HZ, shape, SETTINGS)
    assert heard.faults == ()
    assert len(heard.arrivals) == len(EVENTS)


def test_with_four_elements_an_offset_that_any_of_them_could_have_accuses_none():
    clocks = ElementClocks(FOUR_M, RATE_HZ, (0.5, 5.0), 0.0)
    verdicts = []
    for k in range(12):
        window = shifted(wave(600, FOUR_M, 30.0 * k, seed=k), 1, 0.04)[:, 200:321]
        verdicts += clocks.feed(window, 20.0 * k, 10.0)
    assert verdicts == []


def test_an_element_that_was_set_right_comes_back():
    clocks = ElementClocks(SIX_M, RATE_HZ, (0.5, 5.0), 0.0)
    verdicts = []
    for k in range(16):
        late_s = 0.2 if k < 6 else 0.0
        window = shifted(wave(600, SIX_M, 30.0 * k, seed=k), 1, late_s)[:, 200:321]
        verdicts += clocks.feed(window, 20.0 * k, 10.0)
    assert [(v.element, v.fits_again) for v in verdicts] == [(1, False), (1, True)]
    assert clocks.left_out == frozenset()
