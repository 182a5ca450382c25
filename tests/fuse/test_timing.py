"""What an arrival's time may be off by: pick and clock, each once."""

from dataclasses import replace

import numpy as np
import pytest
from made import T0, onset, sensor

from trucewatch.detect.acoustic import impulses
from trucewatch.fuse.onsets import timing_sigma_s
from trucewatch.model.instant import Instant
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.vocabulary import Means


def test_the_clock_of_a_recording_is_not_added_again():
    node = sensor("AC-1", 0.0, 0.0, clock_sigma_s=0.005)
    samples = np.random.default_rng(2).normal(0.0, 1.0, 48_000)
    samples[30_000:30_400] += 300.0 * np.exp(-np.arange(400) / 60.0)
    recording = Recording(
        id="r",
        input_id="i",
        sensor_id="AC-1",
        channel="",
        start=Instant(utc=T0, sigma_s=0.003),
        rate_hz=12_000.0,
        n_samples=len(samples),
        unit="count",
    )
    found = max(impulses(Waveform(recording=recording, samples=samples), node).detections, key=lambda d: d.snr_db)
    pick_s = (found.time.sigma_s**2 - 0.005**2) ** 0.5
    assert pick_s < 0.001
    assert timing_sigma_s(found, node) == found.time.sigma_s


def test_a_pulse_that_a_sensor_reports_names_its_pick_and_the_network_its_clock():
    node, pulse = sensor("AC-1", 0.0, 0.0, clock_sigma_s=0.003), replace(onset("a", "AC-1", 1.0), means=Means.DETECTED)
    assert timing_sigma_s(pulse, node) == pytest.approx((0.001**2 + 0.003**2) ** 0.5)
    assert timing_sigma_s(pulse, None) == pulse.time.sigma_s
