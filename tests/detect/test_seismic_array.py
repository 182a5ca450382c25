"""Waves across arrays of seismometers: exact delays, and made arrays of known direction and speed."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from tests.detect.made_ground import crossing_wave, ring

from trucewatch.detect import seismic_onsets
from trucewatch.detect.plane_wave import plane_wave
from trucewatch.detect.seismic_arrivals import wave_probabilities
from trucewatch.geo import LocalFrame
from trucewatch.model.detection import DetectionKind
from trucewatch.model.instant import Instant
from trucewatch.model.network import Element, Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind, Wave

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LON, LAT = 37.0, 48.0


def array(places_m: np.ndarray) -> Sensor:
    frame = LocalFrame(lon_deg=LON, lat_deg=LAT)
    elements = []
    for n, (east, north) in enumerate(places_m):
        lon, lat, _ = frame.to_geographic(np.array([east, north, 0.0]))
        place = Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=1.0)
        elements.append(Element(id=f"E{n:02d}", place=place, channel="SHZ"))
    middle = Place.circular(lon_deg=LON, lat_deg=LAT, sigma_m=1.0)
    return Sensor(
        id="ARR",
        kind=ObserverKind.SEISMIC_STATION,
        owner="mission",
        place=middle,
        clock_sigma_s=0.001,
        elements=tuple(elements),
    )


def record(sensor, places_m, bearing_deg, speed_m_s, seed, snr=20.0) -> list[Waveform]:
    """One wave across the array, which passes its middle 25 s after the start."""
    waveforms = []
    crossing = crossing_wave(places_m, bearing_deg, speed_m_s, seed, snr)
    for k, (element, samples) in enumerate(zip(sensor.elements, crossing, strict=True)):
        recording = Recording(
            id=f"rec-{k:02d}",
            input_id="inp",
            sensor_id=element.id,
            channel="SHZ",
            start=Instant(utc=START, sigma_s=0.001),
            rate_hz=100.0,
            n_samples=len(samples),
            unit="count",
        )
        waveforms.append(Waveform(recording=recording, samples=samples))
    return waveforms


def turned(a: float, b: float) -> float:
    return (a - b + 180) % 360 - 180


def test_exact_delays_give_the_exact_wave():
    places = ring(7, 1500.0)
    toward = np.radians(200.0 + 180.0)
    times = 3.0 + places @ np.array([np.sin(toward), np.cos(toward)]) / 6000.0
    wave, used = plane_wave(places, times, np.full(7, 0.01))
    assert wave.bearing_deg == pytest.approx(200.0)
    assert wave.trace_velocity_m_s == pytest.approx(6000.0)
    assert wave.time_s == pytest.approx(3.0)
    assert used == tuple(range(7))
    # One station an hour out, as a stuck clock has it, is left out and changes nothing.
    times[2] += 3600.0
    again, used = plane_wave(places, times, np.full(7, 0.01))
    assert used == (0, 1, 3, 4, 5, 6)
    assert again.bearing_deg == pytest.approx(200.0)


def test_errors_of_a_plane_wave_are_those_of_repeated_draws():
    rng, places = np.random.default_rng(1), ring(9, 1500.0)
    true = places @ np.array([0.0, -1.0]) / 6000.0
    fits = [plane_wave(places, true + rng.normal(0, 0.01, 9), np.full(9, 0.01))[0] for _ in range(400)]
    assert np.std([turned(f.bearing_deg, 0.0) for f in fits]) == pytest.approx(
        np.median([f.bearing_sigma_deg for f in fits]), rel=0.15
    )
    assert np.std([f.trace_velocity_m_s for f in fits]) == pytest.approx(
        np.median([f.trace_velocity_sigma_m_s for f in fits]), rel=0.2
    )


def test_places_in_a_line_and_too_few_of_them_give_nothing():
    line = np.column_stack([np.arange(5.0), np.arange(5.0)]) * 1e3
    assert plane_wave(line, np.zeros(5), np.full(5, 0.01)) == (None, ())
    assert plane_wave(ring(3, 500.0)[:2], np.zeros(2), np.full(2, 0.01)) == (None, ())


@pytest.mark.parametrize(
    ("n", "bearing_deg", "speed_m_s"), [(9, 75.0, 6500.0), (24, 310.0, 8000.0), (5, 180.0, 3700.0)]
)
def test_a_made_array_says_where_a_wave_comes_from_and_how_fast_it_is(n, bearing_deg, speed_m_s):
    places = ring(n, 1500.0)
    sensor = array(places)
    heard = seismic_onsets(record(sensor, places, bearing_deg, speed_m_s, seed=n), sensor)
    (arrival, *more) = heard.detections
    assert more == []
    assert arrival.kind is DetectionKind.ARRIVAL
    assert abs(turned(arrival.bearing_deg, bearing_deg)) < 3.0
    assert abs(arrival.trace_velocity_m_s - speed_m_s) < max(0.05 * speed_m_s, 3 * arrival.trace_velocity_sigma_m_s)
    assert abs((arrival.time.utc - START).total_seconds() - 25.0) < 0.1
    assert arrival.waves[0].wave in ((Wave.P,) if speed_m_s > 5000 else (Wave.S, Wave.LG))


def test_stated_errors_hold_over_many_waves():
    places = ring(9, 1000.0)
    sensor = array(places)
    pulls = []
    for seed in range(16):
        bearing = 22.5 * seed
        (arrival, *_) = seismic_onsets(
            record(sensor, places, bearing, 6500.0, seed=100 + seed, snr=8.0), sensor
        ).detections
        (own,) = [f.value for f in arrival.features if f.name == "back_azimuth_array_sigma"]
        pulls.append(turned(arrival.bearing_deg, bearing) / own)
    assert np.sqrt(np.mean(np.square(pulls))) < 1.5
    assert np.abs(pulls).max() < 3.5


def test_a_dead_element_never_makes_it_surer():
    places = ring(9, 1500.0)
    sensor = array(places)
    whole = record(sensor, places, 75.0, 6500.0, seed=3)
    dead = [
        Waveform(recording=w.recording, samples=np.zeros_like(w.samples)) if k == 4 else w for k, w in enumerate(whole)
    ]
    (one,), (other,) = (seismic_onsets(w, sensor).detections for w in (whole, dead))
    assert other.bearing_sigma_deg > 0.99 * one.bearing_sigma_deg
    assert len(other.observation_ids) == 8


def test_order_of_waveforms_does_not_matter():
    places = ring(7, 1500.0)
    sensor = array(places)
    waveforms = record(sensor, places, 20.0, 6500.0, seed=5)
    assert seismic_onsets(waveforms, sensor) == seismic_onsets(waveforms[::-1], sensor)


def test_what_a_wave_is_by_its_speed():
    firsts = [wave_probabilities(v, 0.03 * v)[0].wave for v in (340.0, 2700.0, 4100.0, 6200.0, 8500.0)]
    assert firsts == [Wave.AIR_COUPLED, Wave.SURFACE, Wave.S, Wave.P, Wave.P]
    assert wave_probabilities(900.0, 30.0)[0].wave is Wave.UNDETERMINED
    assert sum(w.p for w in wave_probabilities(5000.0, 400.0)) == pytest.approx(1.0)
