"""Blasts and shots of known size, from the pressure at calibrated microphones to what the incident is said to be."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from trucewatch.detect.acoustic import impulses
from trucewatch.fuse import fuse
from trucewatch.geo.frame import LocalFrame
from trucewatch.model.instant import Instant
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.observation import Weather as Report
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.physics import Weather, positive_duration_s, sound_speed_m_s
from trucewatch.physics.pressure import pulse_level_db, pulse_spread_db
from trucewatch.simulate.waveform import recording_pa

FRAME = LocalFrame(lon_deg=37.7, lat_deg=48.1)
START = datetime(2025, 8, 13, 18, 0, tzinfo=UTC)
RATE = 12_000
SPOTS = ((-700.0, -600.0), (800.0, -700.0), (650.0, 900.0), (-850.0, 700.0), (100.0, 1500.0), (1500.0, 200.0))
AIR = Weather(temperature_c=15, relative_humidity_pct=70, pressure_pa=101_325, wind_m_s=0, wind_from_deg=0)
REPORT = Report(
    id="w",
    input_id="i",
    row=2,
    time_utc=START - timedelta(hours=1),
    temperature_c=15.0,
    relative_humidity_pct=70.0,
    pressure_pa=101_325.0,
    wind_m_s=0.0,
    wind_from_deg=0.0,
    source="made",
)


def spot(x, y):
    lon, lat, _ = FRAME.to_geographic(np.array([x, y, 0.0]))
    return Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=1.0)


NETWORK = Network(
    sensors=tuple(
        Sensor(
            id=f"AC-{n + 1}",
            kind=ObserverKind.ACOUSTIC_SENSOR,
            owner="mission",
            place=spot(*xy),
            clock_sigma_s=0.001,
            noise_level_db=50.0,
        )
        for n, xy in enumerate(SPOTS)
    )
)


def incidents(peak_pa, length_s, rng, unit="Pa", gain=1.0):
    """Record one bang at the middle of the network and say what fusion makes of it."""
    found = []
    for sensor, (x, y) in zip(NETWORK.sensors, SPOTS, strict=True):
        away = float(np.hypot(x, y))
        pressure = recording_pa(
            np.array([1.0 + away / float(sound_speed_m_s(15.0))]),
            np.array([peak_pa(away)]),
            duration_s=7.0,
            rate_hz=RATE,
            positive_s=length_s(away),
            noise_pa=20e-6 * 10 ** (50 / 20),
            rng=rng,
        )
        recording = Recording(
            id=f"rec-{sensor.id}",
            input_id="i",
            sensor_id=sensor.id,
            channel="",
            start=Instant(utc=START, sigma_s=0.001),
            rate_hz=RATE,
            n_samples=len(pressure),
            unit=unit,
        )
        found += impulses(Waveform(recording=recording, samples=gain * pressure), sensor).detections
    return fuse(found, NETWORK, (REPORT,))


def main_of(found):
    return max(found, key=lambda i: (i.place is not None, i.p_exists, len(i.supports)))


def blast(kg, rng, **kwargs):
    shared = rng.normal(0.0, 3.0)

    def peak(away):
        level = float(pulse_level_db(1.8 * kg, away, AIR)) + shared + rng.normal(0.0, float(pulse_spread_db(away, AIR)))
        return 20e-6 * 10 ** (level / 20)

    return main_of(incidents(peak, lambda away: float(positive_duration_s(1.8 * kg, away)), rng, **kwargs))


@pytest.mark.slow
def test_the_charge_of_a_blast_is_held_by_its_interval():
    rng = np.random.default_rng(8)
    charges = np.exp(rng.uniform(np.log(0.5), np.log(200.0), 12))
    said = [blast(float(kg), rng).charge for kg in charges]
    assert all(c is not None for c in said)
    held = sum(c.low_kg <= kg <= c.high_kg for c, kg in zip(said, charges, strict=True))
    assert held >= 11
    assert np.median([abs(np.log10(c.best_kg / kg)) for c, kg in zip(said, charges, strict=True)]) < 0.6


def test_uncalibrated_recordings_give_no_charge():
    assert blast(10.0, np.random.default_rng(1), unit="count").charge is None


def test_a_shot_is_given_no_charge():
    rng = np.random.default_rng(2)
    shot = incidents(lambda away: 20e-6 * 10 ** ((160 - 20 * np.log10(away)) / 20), lambda _: 0.0006, rng)
    assert all(i.charge is None for i in shot)


def test_gain_changes_no_class_where_no_recording_is_calibrated():
    quiet, loud = (blast(10.0, np.random.default_rng(1), unit="count", gain=g) for g in (1.0, 40.0))
    same = [(c.weapon_class, pytest.approx(c.p, abs=1e-6)) for c in quiet.weapon_classes]
    assert [(c.weapon_class, c.p) for c in loud.weapon_classes] == same
