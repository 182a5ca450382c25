"""Stations' channels grouped, and their onsets as detections."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.detect.made_ground import local_event, noise, wave

from trucewatch.detect import METHODS, infrasound_onsets, seismic_onsets
from trucewatch.detect.station_stretches import station_stretches
from trucewatch.model.detection import DetectionKind
from trucewatch.model.instant import Instant
from trucewatch.model.network import Element, Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.place import Place
from trucewatch.model.trouble import TroubleKind
from trucewatch.model.vocabulary import ObserverKind, Wave

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = Place.circular(lon_deg=37.0, lat_deg=48.0, sigma_m=5.0)
STATION = Sensor(id="S1", kind=ObserverKind.SEISMIC_STATION, owner="mission", place=PLACE, clock_sigma_s=0.02)
SINGLE = Sensor(id="I1", kind=ObserverKind.INFRASOUND_ARRAY, owner="mission", place=PLACE, clock_sigma_s=0.02)


def channel(samples, code, start=START, rate_hz=100.0, sensor_id="S1"):
    recording = Recording(
        id=f"rec-{sensor_id}-{code}-{start:%H%M%S}",
        input_id=f"inp-{code}",
        sensor_id=sensor_id,
        channel=code,
        start=Instant(utc=start, sigma_s=0.001),
        rate_hz=rate_hz,
        n_samples=len(samples),
        unit="m/s",
    )
    return Waveform(recording=recording, samples=np.asarray(samples, dtype=float))


def test_three_components_are_read_together_and_give_p_with_a_direction_and_s():
    x = local_event(bearing_deg=40.0)
    heard = seismic_onsets([channel(x[2], "HHE"), channel(x[0], "HHZ"), channel(x[1], "HHN")], STATION)
    assert heard.unheard == ()
    p, s = heard.detections[:2]
    assert {d.kind for d in heard.detections} == {DetectionKind.ONSET}
    assert (p.waves[0].wave, s.waves[0].wave) == (Wave.P, Wave.S)
    assert (p.time.utc - START).total_seconds() == pytest.approx(20.0, abs=0.1)
    assert 0.02 <= p.time.sigma_s < 0.2
    assert abs((p.bearing_deg - 40 + 180) % 360 - 180) < 2 * p.bearing_sigma_deg
    assert [round(m.bearing_deg) for m in p.bearing_modes] == [round(p.bearing_deg), round(p.bearing_deg + 180) % 360]
    assert sum(m.p for m in p.bearing_modes) == pytest.approx(1.0)
    assert 4000 < p.trace_velocity_m_s < 30_000
    assert s.bearing_deg is None
    assert p.method == METHODS["seismic"]
    assert len(p.observation_ids) == 3
    assert {f.name for f in p.features} >= {"s_minus_p_s", "peak", "rectilinearity"}


def test_one_component_gives_onsets_without_a_direction():
    heard = seismic_onsets([channel(local_event()[0], "EHZ")], STATION)
    assert heard.detections[0].waves[0].wave is Wave.P
    assert heard.detections[0].bearing_deg is None


def test_ids_are_unique_and_the_order_of_channels_does_not_matter():
    x = local_event()
    channels = [channel(x[0], "HHZ"), channel(x[1], "HH1"), channel(x[2], "HH2")]
    one, other = seismic_onsets(channels, STATION), seismic_onsets(channels[::-1], STATION)
    assert one == other
    assert len({d.id for d in one.detections}) == len(one.detections)


def test_stretches_of_channels_that_start_apart():
    x = local_event()
    late = START + timedelta(seconds=0.5)
    z, n, e = channel(x[0], "HHZ"), channel(x[1][50:], "HHN", late), channel(x[2], "HHE")
    (stretch,) = station_stretches([e, n, z])
    assert stretch.samples.shape == (3, 5950)
    assert stretch.start_utc == late
    assert stretch.samples[0] == pytest.approx(x[0][50:])
    assert stretch.recording_ids == (z.recording.id, n.recording.id, e.recording.id)


def test_a_sideways_channel_that_misses_half_or_has_another_rate_costs_the_vertical_nothing():
    x = local_event()
    z, e = channel(x[0], "HHZ"), channel(x[2], "HHE")
    for n in (channel(x[1][3000:], "HHN", START + timedelta(seconds=30)), channel(x[1], "HHN", rate_hz=50.0)):
        (stretch,) = station_stretches([z, n, e])
        assert stretch.samples.shape == (1, 6000)


def test_sideways_channels_alone_are_listened_to_once():
    x = local_event()
    (stretch,) = station_stretches([channel(x[1], "HHN"), channel(x[2], "HHE")])
    assert stretch.samples.shape == (1, 6000)


def test_a_rate_that_holds_no_band_is_said():
    heard = seismic_onsets([channel(np.zeros(100), "LHZ", rate_hz=1.0)], STATION)
    assert heard.detections == ()
    (said,) = heard.unheard
    assert said.kind is TroubleKind.UNHEARD
    assert "1 samples per second" in said.what
    assert "none of the bands" in said.meaning
    assert said.time.duration_s == 100.0


@pytest.mark.parametrize(("rate_hz", "band_hz"), [(100.0, (5.0, 18.0)), (40.0, (1.0, 5.0)), (40.0, (0.6, 1.8))])
def test_a_single_infrasound_channel_hears_a_bang(rate_hz, band_hz):
    rng = np.random.default_rng(5)
    n = round(240 * rate_hz)
    share = np.sqrt((band_hz[1] - band_hz[0]) / (rate_hz / 2))
    x = noise((n,), rng) + 30 * share * wave(n, rate_hz, 120.0, band_hz, rng)
    heard = infrasound_onsets([channel(x, "BDF", rate_hz=rate_hz, sensor_id="I1")], SINGLE)
    first = heard.detections[0]
    error_s = (first.time.utc - START).total_seconds() - 120.0
    assert abs(error_s) < max(0.1, 2.5 * first.time.sigma_s)
    assert first.time.sigma_s < 0.6
    assert first.method == METHODS["infrasound_onset"]
    assert 0.5 <= first.band_hz[0] < first.band_hz[1] <= 20
    assert sum(c.p for c in first.causes) == pytest.approx(1.0)
    assert first.waves == ()


def test_two_elements_are_two_listeners_at_their_own_places():
    there = Place.circular(lon_deg=37.01, lat_deg=48.0, sigma_m=5.0)
    pair = Sensor(
        id="I1",
        kind=ObserverKind.INFRASOUND_ARRAY,
        owner="mission",
        place=PLACE,
        clock_sigma_s=0.02,
        elements=(Element(id="I1A", place=PLACE), Element(id="I1B", place=there)),
    )
    rng = np.random.default_rng(6)
    made = [noise((9000,), rng) + 20 * wave(9000, 100.0, at, (5.0, 18.0), rng) for at in (40.0, 42.0)]
    waveforms = [channel(x, "BDF", sensor_id=name) for x, name in zip(made, ("I1A", "I1B"), strict=True)]
    heard = infrasound_onsets(waveforms, pair).detections
    assert [d.origin.lon_deg for d in heard] == [37.0, 37.01]
    assert {d.sensor_id for d in heard} == {"I1"}


def test_ground_velocity_of_known_size_gives_the_displacement_by_which_magnitudes_are_measured():
    x = 1e-9 * local_event()
    detections = seismic_onsets([channel(x[k], f"HH{c}") for k, c in enumerate("ZNE")], STATION).detections
    s = next(d for d in detections if d.waves[0].wave is Wave.S)
    (drawn,) = [f for f in s.features if f.name == "wood_anderson"]
    # Some 100 nm/s at 4 to 12 Hz are a few nanometres.
    assert drawn.unit == "nm"
    assert 0.5 < drawn.value < 20.0


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "first_s", "last_s"), [("W220", 14 * 60 + 45, 15 * 60), ("W340", 25 * 60, 25 * 60 + 12)]
)
def test_single_channels_hear_the_range_explosion(shared_data, array_reader, name, first_s, last_s):
    # The arrays put the explosion's arrivals at 23:14:55 (234 km) and 23:25:07 (351 km); the rates of noise were
    # counted at other arrays.
    samples, rate_hz, _, start_s = array_reader(sorted((shared_data / "sound" / "range_test" / name).iterdir()))
    begin = START.replace(hour=0) + timedelta(seconds=float(start_s))
    heard = 0
    for row in samples:
        found = infrasound_onsets([channel(row, "HDF", begin, rate_hz, "I1")], SINGLE).detections
        since_hour = [(d.time.utc - START.replace(hour=23)).total_seconds() for d in found]
        heard += any(first_s < s < last_s for s in since_hour)
    assert heard >= 3
