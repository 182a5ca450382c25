"""A healthy seismic station that should have felt an explosion and did not speaks against it; a dead one does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from made import SQUARE, T0, heard, network, onset, sensor

from trucewatch.fuse import fuse
from trucewatch.model.detection import Detection, Feature
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.network import Health, Network, Sensor
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.physics import Weather, listener_of, probability_of_detection, reference_source

STATION_M = (2500.0, -1500.0)
HOUR = Interval(start_utc=T0.replace(minute=0), end_utc=T0.replace(minute=0) + timedelta(hours=1))


def station(name: str = "SEIS-1", at_m: tuple[float, float] = STATION_M, **changed: object) -> Sensor:
    fields = {"kind": ObserverKind.SEISMIC_STATION, "noise_level_db": 4.0} | changed
    return replace(sensor(name, *at_m), **fields)


def loud(level_db: float = 128.0) -> list[Detection]:
    """A bang that four microphones heard as loud as a demolition of 100 kg."""
    level = Feature(name="level", value=level_db, unit="dB re 20 uPa")
    return [replace(d, features=(level,)) for d in heard(0.0, 0.0, 0.0, SQUARE[:4])]


def told(*stations: Sensor, more: tuple[Detection, ...] = ()) -> Incident:
    whole = Network(sensors=(*network(SQUARE[:4]).sensors, *stations))
    found = [i for i in fuse([*loud(), *more], whole) if i.place is not None and len(i.supports) >= 4]
    (incident,) = found
    return incident


def test_a_silent_healthy_station_lowers_existence_and_size() -> None:
    without, silent = told(), told(station())
    (silence,) = silent.silences
    assert silence.sensor_id == "SEIS-1"
    assert silence.log_odds < -0.1
    assert silent.p_exists < without.p_exists
    assert "2.9 km away, working, reported nothing" in silence.reason


def test_it_is_asked_as_the_physics_says() -> None:
    weather = Weather(
        temperature_c=10.0, relative_humidity_pct=70.0, pressure_pa=101_325.0, wind_m_s=0.0, wind_from_deg=0.0
    )
    listener = listener_of(station())
    assert listener is not None
    most = probability_of_detection(reference_source("demolition_100kg"), np.hypot(*STATION_M), listener, weather)
    (silence,) = told(station()).silences
    assert 0.0 < silence.p_detect <= most
    (far,) = told(station(at_m=(25_000.0, 0.0))).silences or (None,)
    assert far is None or far.p_detect < silence.p_detect


@pytest.mark.parametrize(
    "health",
    [
        {"health": (Health(time=HOUR, state=SensorState.NON_OPERATIONAL, reason="no power"),)},
        {"recorded": (Interval(start_utc=T0 - timedelta(hours=2), end_utc=T0 - timedelta(hours=1)),)},
    ],
)
def test_a_dead_station_says_nothing(health: dict[str, object]) -> None:
    without, dead = told(), told(station(**health))
    (silence,) = dead.silences
    assert (silence.log_odds, silence.p_detect) == (0.0, 0.0)
    assert "its silence says nothing" in silence.reason
    assert dead.p_exists == without.p_exists


def test_where_the_noise_of_the_ground_is_not_known_it_is_not_asked() -> None:
    assert told(station(noise_level_db=None)).silences == ()
    quiet = Listening(
        id="lst-1",
        sensor_id="SEIS-1",
        time=HOUR,
        recorded_share=1.0,
        usable_share=1.0,
        noise_level_db=4.0,
        noise_sigma_db=3.0,
        clock_offset_s=None,
        clock_offset_sigma_s=None,
        clock_drift_s_per_day=None,
        signs=(),
        input_ids=(),
        method="test/1",
    )
    (measured,) = told(station(noise_level_db=None, listening=(quiet,))).silences
    restless = replace(quiet, noise_level_db=50.0)
    loud_ground = told(station(noise_level_db=None, listening=(restless,)))
    assert measured.log_odds < 0.0
    assert all(s.log_odds > 0.1 * measured.log_odds for s in loud_ground.silences)


def test_stations_share_what_is_not_known_of_the_ground() -> None:
    one, three = (
        told(station()),
        told(station(), station("SEIS-2", (2600.0, -1500.0)), station("SEIS-3", (0.0, 4000.0))),
    )
    assert [s.log_odds < 0.0 for s in three.silences].count(True) == 1
    assert three.p_exists == pytest.approx(one.p_exists, rel=1e-6)
    assert sum("another station speaks for the ground" in s.reason for s in three.silences) == 2


def test_a_station_that_felt_something_then_was_not_silent() -> None:
    felt = replace(onset("s-1", "SEIS-1", 0.9), observer_kind=ObserverKind.SEISMIC_STATION)
    earlier = replace(onset("s-2", "SEIS-1", -60.0), observer_kind=ObserverKind.SEISMIC_STATION)
    assert told(station(), more=(felt,)).silences == ()
    assert len(told(station(), more=(earlier,)).silences) == 1
