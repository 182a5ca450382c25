"""Hours measured while they pass say what the same hours say when they are over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from trucewatch.detect.hourly import HourlyGauge
from trucewatch.detect.quality import listening
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind

START = datetime(2025, 8, 13, 18, 0, tzinfo=UTC)
PLACE = Place.circular(lon_deg=37.7, lat_deg=48.1, sigma_m=2.5)
NETWORK = Network(
    sensors=tuple(
        Sensor(id=f"AC-{k}", kind=ObserverKind.ACOUSTIC_SENSOR, owner="m", place=PLACE, clock_sigma_s=0.001)
        for k in (1, 2)
    )
)
RATE_HZ = 400.0


def block(sensor_id, minute, seed):
    recording = Recording(
        id=f"obs-{sensor_id}-{minute}",
        input_id="live",
        sensor_id=sensor_id,
        channel="",
        start=Instant(utc=START + timedelta(minutes=minute), sigma_s=0.001),
        rate_hz=RATE_HZ,
        n_samples=round(60 * RATE_HZ),
        unit="Pa",
    )
    rng = np.random.default_rng((seed, minute))
    return Waveform(recording=recording, samples=rng.normal(size=recording.n_samples) * 0.02)


def hour(k):
    return Interval(start_utc=START + timedelta(hours=k), end_utc=START + timedelta(hours=k + 1))


def test_an_hour_says_live_what_it_says_afterwards():
    blocks = [block(f"AC-{s}", minute, s) for minute in range(20, 150) for s in (1, 2)]
    gauge = HourlyGauge(NETWORK)
    given = [gauge.add(b) for b in blocks]
    live = [record for g in given for record in g] + list(gauge.close())
    filed = [record for k in range(3) for record in listening(blocks, NETWORK, hour(k))]
    assert sorted(live, key=str) == sorted(filed, key=str)
    assert [len(g) for g in given if g] == [2, 2]
    assert {round(r.recorded_share, 2) for r in live if r.time == hour(0)} == {0.67}


def test_a_block_over_the_hour_counts_in_both():
    crossing = block("AC-1", 59, 1)
    moved = replace(crossing.recording, start=Instant(utc=START + timedelta(minutes=59, seconds=30), sigma_s=0.001))
    gauge = HourlyGauge(NETWORK)
    gauge.add(Waveform(recording=moved, samples=crossing.samples))
    first, second = gauge.close()
    assert (first.recorded_share, second.recorded_share) == (0.0083, 0.0083)


def test_an_hour_is_given_once_though_a_channel_lags():
    gauge = HourlyGauge(NETWORK)
    for minute in range(58, 64):
        gauge.add(block("AC-1", minute, 1))
    late = gauge.add(block("AC-2", 58, 2))
    rest = gauge.close()
    assert late == ()
    assert all(r.time == hour(1) for r in rest)
