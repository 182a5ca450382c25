from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from trucewatch.detect.band_strength import with_strength
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind

START = datetime(2025, 8, 13, 18, 0, tzinfo=UTC)
RATE = 50.0


def element(name, amplitude_pa, hz=2.0, unit="Pa", seconds=120.0):
    t = np.arange(int(seconds * RATE)) / RATE
    samples = amplitude_pa * np.sin(2 * np.pi * hz * t) * np.exp(-(((t - 60) / 8) ** 2)) + 7.0
    recording = Recording(
        id=name,
        input_id=name,
        sensor_id=name,
        channel="",
        start=Instant(utc=START, sigma_s=0.001),
        rate_hz=RATE,
        n_samples=len(samples),
        unit=unit,
    )
    return Waveform(recording=recording, samples=samples)


def arrival(start_s=50.0, end_s=70.0):
    return Detection(
        id="d",
        kind=DetectionKind.ARRIVAL,
        sensor_id="A",
        observer_kind=ObserverKind.INFRASOUND_ARRAY,
        means=Means.RECORDED,
        method="m",
        observation_ids=("r",),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=START + timedelta(seconds=60), sigma_s=1.0),
        interval=Interval(start_utc=START + timedelta(seconds=start_s), end_utc=START + timedelta(seconds=end_s)),
        origin=None,
        count=Count.exactly(1),
        p_false=0.01,
    )


def peak(elements, d=None):
    (found,) = with_strength([d or arrival()], elements)
    return {f.name: (f.value, f.unit) for f in found.features}.get("band_peak")


def test_a_wave_in_the_band_keeps_its_height_and_the_middle_element_counts():
    value, unit = peak([element("1", 0.4), element("2", 0.5), element("3", 9.0)])
    assert value == pytest.approx(0.5, rel=0.05)
    assert unit == "Pa"


def test_a_wave_outside_of_the_band_is_taken_out():
    assert peak([element("1", 1.0, hz=0.05)])[0] < 0.05
    assert peak([element("1", 1.0, hz=20.0)])[0] < 0.05


def test_counts_and_pieces_of_an_arrival_say_nothing():
    assert peak([element("1", 1.0, unit="count")]) is None
    assert peak([element("1", 1.0)], arrival(110.0, 140.0)) is None
    assert with_strength([replace(arrival(), interval=None)], [element("1", 1.0)])[0].features == ()
