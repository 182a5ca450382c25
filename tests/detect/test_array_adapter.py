"""Arrays of the network: what a detection of theirs carries, and what happens to files that do not fit."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from trucewatch.detect import arrivals
from trucewatch.detect.array_listener import METHOD, ArrayListener, bands_of, stream_settings
from trucewatch.detect.duct_waves import path_probabilities
from trucewatch.geo import LocalFrame
from trucewatch.model.instant import Instant
from trucewatch.model.mission import DetectSettings
from trucewatch.model.network import Element, Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind, Wave

START = datetime(2025, 8, 13, 10, 0, tzinfo=UTC)
RATE_HZ = 20.0
SHAPE_M = np.array([[0.0, 0.0], [300.0, 40.0], [-90.0, 270.0], [-180.0, -240.0], [240.0, -210.0]])


def array(shape_m=SHAPE_M, sigma_m=1.0) -> Sensor:
    frame = LocalFrame(lon_deg=37.8, lat_deg=48.2)
    elements = []
    for k, (east, north) in enumerate(shape_m):
        lon, lat, _ = np.ravel(frame.to_geographic(np.array([east, north, 0.0])))
        elements.append(
            Element(id=f"E{k}", place=Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=sigma_m))
        )
    return Sensor(
        id="A-1",
        kind=ObserverKind.INFRASOUND_ARRAY,
        owner="mission",
        place=Place.circular(lon_deg=37.8, lat_deg=48.2, sigma_m=5.0),
        clock_sigma_s=0.001,
        elements=tuple(elements),
    )


def heard(azimuth_deg=110.0, *, shape_m=SHAPE_M, seconds=300, at_s=150.0, rate_hz=100.0):
    """A noise-like wave of 15 s that crosses the array out of noise, (n_elements, n) at a high rate."""
    rng = np.random.default_rng(3)
    n = int(seconds * rate_hz)
    toward = np.array([np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))]) / 345.0
    frequency = np.fft.rfftfreq(n, 1.0 / rate_hz)
    source = np.fft.rfft(rng.normal(size=n)) * (frequency < 6.0)
    noise = np.fft.irfft(np.fft.rfft(rng.normal(size=(len(shape_m), n)), axis=1) * (frequency < 8.0), n, axis=1)
    time_s = np.arange(n) / rate_hz
    on = (time_s >= at_s) & (time_s < at_s + 15.0)
    crossing = np.fft.irfft(source * np.exp(2j * np.pi * frequency * (shape_m @ toward)[:, None]), n, axis=1)
    return noise + 2.0 * crossing * on


def waveform(samples, rate_hz=RATE_HZ, *, name, start=START, number=0) -> Waveform:
    recording = Recording(
        id=f"rec-{name}-{number}",
        input_id="inp-1",
        sensor_id=name,
        channel="",
        start=Instant(utc=start, sigma_s=0.001),
        rate_hz=rate_hz,
        n_samples=len(samples),
        unit="Pa",
    )
    return Waveform(recording=recording, samples=np.ascontiguousarray(samples))


def files(samples, every=5) -> list[Waveform]:
    return [waveform(c[::every], 100.0 / every, name=f"E{k}") for k, c in enumerate(samples)]


@pytest.fixture(scope="module")
def samples():
    return heard()


@pytest.fixture(scope="module")
def plain(samples):
    return arrivals(files(samples), array(), DetectSettings())


def test_an_arrival_carries_its_whole_family_its_band_and_its_path(plain):
    (found,) = plain.detections
    assert plain.unheard == ()
    assert found.method == METHOD
    assert found.bearing_deg == pytest.approx(110.0, abs=2.0)
    assert found.interval is not None
    assert (found.interval.start_utc - START).total_seconds() == pytest.approx(147.5, abs=5.0)
    assert (found.interval.end_utc - START).total_seconds() == pytest.approx(167.5, abs=5.0)
    assert found.band_hz == (0.5, 5.0)
    assert found.waves[0].wave is Wave.TROPOSPHERIC
    assert sum(w.p for w in found.waves) == pytest.approx(1.0)
    assert found.bearing_modes == ()
    bands = {f.name: f.value for f in found.features if f.name.startswith("back_azimuth_") and f.name.endswith("_hz")}
    assert len(bands) >= 3
    assert all(abs(value - 110.0) < 8.0 for value in bands.values())


def test_a_record_cut_into_files_that_overlap_gives_the_same_arrival(samples, plain):
    pieces = []
    for k, channel in enumerate(samples[:, ::5]):
        for number, (low, high) in enumerate(((0, 2500), (2400, 4000), (4000, 6000))):
            start = START + timedelta(seconds=low / RATE_HZ)
            pieces.append(waveform(channel[low:high], name=f"E{k}", start=start, number=number))
    again = arrivals(pieces[::-1], array(), DetectSettings())
    assert again.unheard == ()
    (a,), (b,) = again.detections, plain.detections
    assert dataclasses.replace(a, id=b.id, observation_ids=b.observation_ids) == b
    # The middle file runs from 120 to 200 s, and the wave came at 150 s.
    assert a.observation_ids == tuple(f"rec-E{k}-1" for k in range(5))


def test_an_element_of_a_rate_that_fits_is_resampled_and_said(samples, plain):
    mixed = files(samples)
    mixed[2] = waveform(samples[2, ::2], 50.0, name="E2")
    listened = arrivals(mixed, array(), DetectSettings())
    (found,), (said,) = listened.detections, listened.unheard
    assert "50 samples per second where the others have 20: resampled" in str(said)
    assert found.bearing_deg == pytest.approx(plain.detections[0].bearing_deg, abs=0.5)
    assert next(f.value for f in found.features if f.name == "elements") == 5


def test_an_element_of_a_rate_that_does_not_fit_is_left_out_and_said(samples):
    mixed = files(samples)
    mixed[2] = waveform(samples[2, ::11], 100.0 / 11.0, name="E2")
    listened = arrivals(mixed, array(), DetectSettings())
    assert "left out" in str(listened.unheard[0])
    assert any("E2" in str(u) and "no samples" in str(u) for u in listened.unheard)
    assert next(f.value for f in listened.detections[0].features if f.name == "elements") == 4


def test_an_element_whose_clock_is_an_hour_off_is_left_out_and_said(samples):
    mixed = files(samples)
    mixed[1] = waveform(samples[1, ::5], name="E1", start=START + timedelta(hours=1, minutes=10))
    listened = arrivals(mixed, array(), DetectSettings())
    assert listened.detections[0].bearing_deg == pytest.approx(110.0, abs=3.0)
    words = [str(u) for u in listened.unheard]
    assert any("E1" in w and "no samples" in w for w in words)
    assert any("1 elements recorded; an array needs at least 3" in w for w in words)


def test_two_sensors_at_one_place_are_one_look():
    shape = SHAPE_M.copy()
    shape[4] = shape[3]
    twice, once = heard(shape_m=shape), heard(shape_m=shape)[:4]
    both = arrivals(files(twice), array(shape), DetectSettings()).detections
    alone = arrivals(files(once), array(shape[:4]), DetectSettings()).detections
    assert both[0].bearing_sigma_deg > 0.8 * alone[0].bearing_sigma_deg
    three = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [300.0, 40.0]])
    nothing = arrivals(files(heard(shape_m=three)), array(three), DetectSettings())
    assert nothing.detections == ()
    assert "no window" in str(nothing.unheard[-1])


def test_elements_in_a_line_give_both_directions_and_never_one_alone():
    line = np.array([[0.0, 0.0], [0.0, 200.0], [0.0, -240.0], [0.0, 450.0]])
    (found,) = arrivals(files(heard(60.0, shape_m=line)), array(line), DetectSettings()).detections
    (low, high) = sorted(found.bearing_modes, key=lambda m: m.bearing_deg)
    assert abs(low.bearing_deg - 60.0) < 2.0 * low.bearing_sigma_deg < 40.0
    assert abs(high.bearing_deg - 300.0) < 2.0 * high.bearing_sigma_deg
    assert found.bearing_modes[0].bearing_deg == found.bearing_deg
    # Along a line only one component of slowness is measured: the speed is open, and with it the path.
    assert found.trace_velocity_m_s is None
    assert found.waves[0].wave is Wave.UNDETERMINED
    assert sum(m.p for m in found.bearing_modes) == pytest.approx(1.0)
    assert found.bearing_sigma_deg > 50.0


def test_a_poor_survey_widens_the_bearing(samples, plain):
    poor = arrivals(files(samples), array(sigma_m=15.0), DetectSettings()).detections[0]
    good = plain.detections[0]
    across = SHAPE_M @ [np.cos(np.radians(110.0)), -np.sin(np.radians(110.0))]
    survey_deg = np.degrees(15.0 / np.sqrt(np.square(across - across.mean()).sum()))
    assert poor.bearing_sigma_deg == pytest.approx(np.hypot(good.bearing_sigma_deg, survey_deg), rel=0.05)
    assert poor.bearing_deg == good.bearing_deg


def test_live_listening_gives_what_the_files_give(samples, plain):
    sensor = array()
    listener = ArrayListener(sensor, RATE_HZ, START, stream_settings(DetectSettings(), sensor, live=True))
    found = []
    for begin in range(0, 6000, 100):
        for k, channel in enumerate(samples[:, ::5]):
            block = channel[begin : begin + 100]
            found += listener.feed(f"E{k}", START + timedelta(seconds=begin / RATE_HZ), block).detections
    found += listener.flush().detections
    assert [(d.time.utc, d.interval) for d in found] == [(d.time.utc, d.interval) for d in plain.detections]
    assert found[0].bearing_deg == pytest.approx(plain.detections[0].bearing_deg)


def test_a_narrow_band_is_not_cut_into_parts():
    assert [b.band_hz for b in bands_of((1.0, 2.0), 10.0, 5.0)] == [(1.0, 2.0)]
    assert [b.band_hz for b in bands_of((0.5, 5.0), 10.0, 5.0)] == [
        (0.5, 5.0),
        (0.5, 1.077),
        (1.077, 2.321),
        (2.321, 5.0),
    ]


@pytest.mark.parametrize("method", ["capon", "music"])
def test_what_averages_pieces_of_a_window_needs_wider_parts(method):
    assert [b.band_hz for b in bands_of((0.5, 5.0), 10.0, 5.0, method)] == [(0.5, 5.0)]
    long = bands_of((0.5, 5.0), 20.0, 10.0, method)
    assert len(long) == 4
    assert {b.method for b in long} == {method}


@pytest.mark.parametrize(
    ("speed", "sigma", "first"),
    [(340.0, 3.0, Wave.TROPOSPHERIC), (385.0, 5.0, Wave.STRATOSPHERIC), (480.0, 20.0, Wave.THERMOSPHERIC)],
)
def test_the_trace_velocity_says_which_duct(speed, sigma, first):
    probabilities = path_probabilities(speed, sigma)
    assert probabilities[0].wave is first
    assert sum(w.p for w in probabilities) == pytest.approx(1.0)


@pytest.mark.parametrize(("speed", "sigma"), [(350.0, 300.0), (float("inf"), 1.0), (20_000.0, 1.0)])
def test_a_velocity_that_says_nothing_leaves_the_path_open(speed, sigma):
    (only,) = path_probabilities(speed, sigma)
    assert (only.wave, only.p) == (Wave.UNDETERMINED, 1.0)
