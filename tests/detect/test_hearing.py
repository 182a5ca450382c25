"""What one microphone's detections carry: rounds, rate, waves, causes, and the pair of a rifle shot."""

from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.signal import resample_poly

from trucewatch.detect import impulses
from trucewatch.detect.hearing import listen
from trucewatch.model.detection import Detection
from trucewatch.model.instant import Instant
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind, Wave
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.physics.ballistics import RIFLE_762, blast_after_shock_s, rifle_shot_pa

RATE_HZ = 48_000
FINE = 4


def rifle_burst(n, per_min, *, along_m=120.0, miss_m=15.0, seconds=5.0):
    """Shots of one rifle past one microphone, with a little noise, in pascal."""
    time_s = np.arange(int(seconds * RATE_HZ * FINE)) / (RATE_HZ * FINE) - 1.0
    shots = (
        rifle_shot_pa(time_s - k * 60.0 / per_min, RIFLE_762, along_m=along_m, miss_m=miss_m, ground=0.4)
        for k in range(n)
    )
    pressure = resample_poly(np.sum(list(shots), axis=0), 1, FINE)
    return pressure + np.random.default_rng(0).normal(0.0, 0.05, pressure.size)


def heard_by(samples):
    place = Place.circular(lon_deg=37.8, lat_deg=48.2, sigma_m=2.0)
    sensor = Sensor(
        id="S-1", kind=ObserverKind.ACOUSTIC_SENSOR, owner="mission", place=place, clock_sigma_s=0.002, elements=()
    )
    recording = Recording(
        id="rec-1",
        input_id="inp-1",
        sensor_id="S-1",
        channel="",
        start=Instant(utc=datetime(2025, 8, 13, tzinfo=UTC), sigma_s=0.001),
        rate_hz=RATE_HZ,
        n_samples=samples.size,
        unit="Pa",
    )
    return impulses(Waveform(recording=recording, samples=samples), sensor).detections


def test_detections_of_a_rifle_burst_carry_pairs_count_and_rate():
    n, per_min = 5, 150
    found = heard_by(rifle_burst(n, per_min))
    due_s = blast_after_shock_s(RIFLE_762, along_m=120.0, miss_m=15.0, sound_speed_m_s=340.0)
    pairs = [d for d in found if d.blast_after_shock_s is not None]
    assert len(pairs) == n
    for d in pairs:
        assert d.blast_after_shock_s == pytest.approx(due_s, abs=3e-4)
        assert d.waves[0].wave is Wave.SHOCK_WAVE
    figures = {f.name: (f.value, f.unit) for f in pairs[0].features}
    assert figures["burst_rounds_low"][0] <= n
    assert figures["burst_rate_per_min"] == (pytest.approx(per_min, rel=0.02), "1/min")
    assert all(from_bytes(Detection, to_bytes(d)) == d for d in found)


def test_quiet_and_short_recordings_say_nothing():
    assert listen(np.zeros(10_000), RATE_HZ) == ()
    assert listen(np.zeros(0), RATE_HZ) == ()


def test_the_same_recording_says_the_same():
    samples = rifle_burst(2, 200, seconds=3.0)
    assert heard_by(samples) == heard_by(samples)
