"""What listens to live sound hears what the same detectors hear in files, however the sound is cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from trucewatch.detect.acoustic import impulses
from trucewatch.detect.ear import ear_of
from trucewatch.detect.infrasound import arrivals
from trucewatch.detect.stations import seismic_onsets
from trucewatch.model.instant import Instant
from trucewatch.model.mission import DetectSettings
from trucewatch.model.network import Element, Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind

START = datetime(2025, 8, 13, 18, 10, tzinfo=UTC)
PLACE = Place.circular(lon_deg=37.7, lat_deg=48.1, sigma_m=2.5)


def sensor_of(kind, **more):
    return Sensor(id="S-1", kind=kind, owner="m", place=PLACE, clock_sigma_s=0.001, **more)


def waveform(samples, rate_hz, sensor_id="S-1", start=START, channel=""):
    recording = Recording(
        id=f"obs-{sensor_id}",
        input_id="live",
        sensor_id=sensor_id,
        channel=channel,
        start=Instant(utc=start, sigma_s=0.001),
        rate_hz=rate_hz,
        n_samples=len(samples),
        unit="count",
    )
    return Waveform(recording=recording, samples=np.asarray(samples, dtype=np.float64))


def cut(w, edges):
    """Cut a waveform at sample numbers."""
    bounds = [0, *edges, len(w.samples)]
    for a, b in pairwise(bounds):
        if b > a:
            start = w.recording.start.utc + timedelta(seconds=a / w.recording.rate_hz)
            yield waveform(w.samples[a:b], w.recording.rate_hz, w.recording.sensor_id, start, w.recording.channel)


def heard(ear, blocks):
    given = [ear.hear(b) for b in blocks] + [ear.close()]
    found = [d for g in given for d in g.detections]
    return sorted(found, key=lambda d: (d.time.utc, d.id)), [u for g in given for u in g.unheard]


def shots(at_s, seconds=60.0, rate_hz=4000.0, seed=3):
    rng = np.random.default_rng(seed)
    sound = rng.normal(size=round(seconds * rate_hz)) * 20.0
    n = round(0.03 * rate_hz)
    pulse = np.exp(-np.arange(n) / (0.004 * rate_hz)) * np.sin(2 * np.pi * 500.0 * np.arange(n) / rate_hz) * 4000.0
    for at in at_s:
        sound[round(at * rate_hz) : round(at * rate_hz) + n] += pulse
    return waveform(sound, rate_hz)


class TestMicrophone:
    sensor = sensor_of(ObserverKind.ACOUSTIC_SENSOR)

    def ear(self):
        return ear_of(self.sensor, DetectSettings())

    def test_it_hears_what_is_heard_in_a_file(self):
        whole = shots([14.3, 15.1, 15.8, 40.0])
        live, _ = heard(self.ear(), cut(whole, range(1000, len(whole.samples), 1000)))
        filed = impulses(whole, self.sensor).detections
        sure = [d for d in filed if d.p_false < 1e-6]
        assert len(sure) >= 4
        for one in sure:
            near = min(live, key=lambda d: abs((d.time.utc - one.time.utc).total_seconds()))
            assert abs((near.time.utc - one.time.utc).total_seconds()) < 1e-4
            assert near.snr_db == pytest.approx(one.snr_db, abs=0.5)

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_how_it_is_cut_makes_no_difference(self, seed):
        whole = shots([5.0, 5.9, 33.3])
        edges = np.sort(np.random.default_rng(seed).integers(1, len(whole.samples), 40))
        assert heard(self.ear(), cut(whole, edges)) == heard(self.ear(), [whole])

    def test_each_sound_is_given_once(self):
        found, _ = heard(self.ear(), cut(shots([10.0 + 2.0 * k for k in range(20)]), range(4000, 240_000, 4000)))
        times = np.array([(d.time.utc - START).total_seconds() for d in found if d.p_false < 1e-6])
        np.testing.assert_allclose(times, 10.0 + 2.0 * np.arange(20), atol=0.002)

    def test_a_gap_begins_anew_with_the_right_time(self):
        first, second = shots([5.0], seconds=12.0), shots([5.0], seconds=12.0, seed=4)
        moved = waveform(second.samples, 4000.0, start=START + timedelta(seconds=100))
        found, _ = heard(self.ear(), [first, moved])
        times = [(d.time.utc - START).total_seconds() for d in found if d.p_false < 1e-6]
        np.testing.assert_allclose(times, [5.0, 105.0], atol=0.002)

    def test_samples_that_are_no_numbers_are_said_and_the_rest_goes_on(self):
        bad = waveform(np.full(4000, np.nan), 4000.0)
        later = replace(shots([5.0], seconds=12.0))
        moved = waveform(later.samples, 4000.0, start=START + timedelta(seconds=1))
        found, unheard = heard(self.ear(), [bad, moved])
        assert any(d.p_false < 1e-6 for d in found)
        assert any("finite" in str(u) for u in unheard)

    def test_memory_does_not_grow(self):
        ear = self.ear()
        quiet = np.random.default_rng(1).normal(size=4000)
        for k in range(200):
            ear.hear(waveform(quiet, 4000.0, start=START + timedelta(seconds=k)))
        assert ear._stretch._ring.size <= 45 * 4000


def test_a_rate_that_holds_no_sound_is_said():
    _, unheard = heard(
        ear_of(sensor_of(ObserverKind.ACOUSTIC_SENSOR), DetectSettings()), [waveform(np.zeros(500), 50.0)]
    )
    assert "samples per second" in str(unheard[0])


def test_a_sensor_without_ears_says_so_once():
    ear = ear_of(sensor_of(ObserverKind.CAMERA), DetectSettings())
    found, unheard = heard(ear, [waveform(np.ones(10), 50.0)] * 3)
    assert (found, len(unheard)) == ([], 1)


class TestArray:
    offsets_m = np.array([[0.0, 0.0], [400.0, 50.0], [-150.0, 350.0], [-200.0, -300.0]])

    def sensor(self):
        per_degree = 111_195.0
        places = [
            Place.circular(
                lon_deg=37.7 + e / (per_degree * np.cos(np.radians(48.1))), lat_deg=48.1 + n / per_degree, sigma_m=1.0
            )
            for e, n in self.offsets_m
        ]
        elements = tuple(Element(id=f"E{k}", place=p) for k, p in enumerate(places))
        return sensor_of(ObserverKind.INFRASOUND_ARRAY, elements=elements)

    def waveforms(self):
        rng = np.random.default_rng(2)
        rate_hz, n = 20.0, 6000
        toward = np.array([np.sin(np.radians(60.0)), np.cos(np.radians(60.0))]) / 340.0
        t = np.arange(n) / rate_hz
        out = []
        for k, where in enumerate(self.offsets_m):
            lag = t - 200.0 + where @ toward
            wave = np.exp(-np.square(lag / 0.25)) * np.sin(2 * np.pi * 1.5 * lag)
            out.append(waveform(30.0 * wave + rng.normal(size=n), rate_hz, f"E{k}"))
        return out

    def test_it_hears_what_is_heard_in_files(self):
        sensor, waves = self.sensor(), self.waveforms()
        blocks = sorted(
            (b for w in waves for b in cut(w, range(200, 6000, 200))),
            key=lambda b: (b.recording.start.utc, b.recording.sensor_id),
        )
        live, _ = heard(ear_of(sensor, DetectSettings()), blocks)
        filed = arrivals(waves, sensor, DetectSettings()).detections
        assert [(d.time, d.bearing_deg) for d in live] == [(d.time, d.bearing_deg) for d in filed]
        assert any(abs(d.bearing_deg - 60.0) < 3.0 for d in live)


def test_a_station_hears_what_is_heard_in_a_file():
    rng = np.random.default_rng(6)
    rate_hz, n = 100.0, 60_000
    samples = rng.normal(size=n)
    for at in (150.0, 400.0):
        k = round(at * rate_hz)
        lag = np.arange(n - k) / rate_hz
        samples[k:] += 60.0 * np.exp(-lag / 1.5) * np.sin(2 * np.pi * 9.0 * lag)
    station = sensor_of(ObserverKind.SEISMIC_STATION)
    whole = waveform(samples, rate_hz, channel="BHZ")
    live, _ = heard(ear_of(station, DetectSettings()), cut(whole, range(777, n, 1234)))
    filed = seismic_onsets([whole], station).detections
    strong = [d for d in filed if d.snr_db is not None and d.snr_db > 20.0]
    assert len(strong) >= 2
    for one in strong:
        near = min(live, key=lambda d: abs((d.time.utc - one.time.utc).total_seconds()))
        assert abs((near.time.utc - one.time.utc).total_seconds()) < 0.02
