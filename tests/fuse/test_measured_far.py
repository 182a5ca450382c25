"""Far silences and charges are weighed with the noise of the hour; a clock counts once in the error of a reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from far_made import SOURCE, array_at, heard_far, network_of, readings, watch
from made import SQUARE, T0, heard, network, onset

from trucewatch.fuse.witness import quiet_sensors, witnesses
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Silence
from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.network import Network
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, SensorState

HOUR = Interval(start_utc=T0 - timedelta(minutes=30), end_utc=T0 + timedelta(minutes=30))
NEAR, FAR_OFF = array_at("NEAR", 20.0, 60e3), array_at("FAR", 140.0, 90e3)
PLACE = Place.circular(lon_deg=SOURCE[0], lat_deg=SOURCE[1], sigma_m=1_000.0)
HERE = np.array([SOURCE])
AT_S = T0.timestamp()


def measured(time: Interval = HOUR, **other: float | None) -> Listening:
    values = {"recorded_share": 1.0, "usable_share": 1.0, "noise_level_db": None, "noise_sigma_db": None} | other
    return Listening(
        id="lst-1",
        sensor_id="NEAR",
        time=time,
        clock_offset_s=None,
        clock_offset_sigma_s=None,
        clock_drift_s_per_day=None,
        signs=(),
        input_ids=(),
        method="test/1",
        **values,
    )


def arrays(*listening: Listening) -> Network:
    near, far = network_of([NEAR, FAR_OFF]).sensors
    return Network(sensors=(replace(near, listening=listening), far))


def silence_of(*listening: Listening) -> Silence:
    silences = watch(arrays(*listening)).silences(frozenset({"FAR"}), PLACE, AT_S)
    (found,) = silences
    return found


def test_a_far_array_in_a_loud_hour_says_less_by_its_silence() -> None:
    usual, loud = silence_of(), silence_of(measured(noise_level_db=130.0))
    assert usual.log_odds < loud.log_odds < 0.0
    assert usual.p_detect > loud.p_detect
    assert "its noise was 130 dB that hour" in loud.reason
    assert "noise" not in usual.reason


def test_a_far_array_that_could_be_used_for_half_the_hour_hears_half_as_often() -> None:
    assert silence_of(measured(usable_share=0.5)).p_detect == pytest.approx(0.5 * silence_of().p_detect)


def test_the_hour_in_which_the_waves_pass_counts_and_no_other() -> None:
    before = Interval(start_utc=T0 - timedelta(hours=1), end_utc=T0 + timedelta(seconds=60))
    assert silence_of(measured(before, noise_level_db=130.0)) == silence_of()


def test_where_a_silent_array_was_deaf_an_event_may_have_been_near_it() -> None:
    heard_by, silent = frozenset({"FAR"}), frozenset({"NEAR"})
    usual, deaf = (
        watch(arrays(*of)).at(PLACE, AT_S).factor(heard_by, silent, HERE)[0]
        for of in ((), (measured(usable_share=0.0),))
    )
    assert usual < deaf == pytest.approx(watch(arrays()).factor(heard_by, frozenset(), HERE)[0])


def test_what_noticed_an_event_and_what_did_not_are_taken_with_the_noise_of_the_hour() -> None:
    whole = network(SQUARE)
    loud = replace(whole, sensors=tuple(replace(s, listening=(measured(noise_level_db=80.0),)) for s in whole.sensors))
    first = heard(0.0, 0.0, 0.0, SQUARE)[:1]
    place = Place.circular(lon_deg=whole.sensors[0].place.lon_deg, lat_deg=whole.sensors[0].place.lat_deg, sigma_m=5.0)
    silence = Silence(sensor_id="AC-2", p_detect=0.9, state=SensorState.OPERATIONAL, log_odds=-1.0, reason="")
    for of_network, level in ((whole, None), (loud, 84.0)):
        (one,) = witnesses(first, place, of_network)
        (other,) = quiet_sensors([silence], place, of_network, T0)
        assert one.listener == other.listener
        assert level is None or one.listener.noise_level_db == level
    half = replace(whole, sensors=tuple(replace(s, listening=(measured(usable_share=0.5),)) for s in whole.sensors))
    assert quiet_sensors([silence], place, half, T0)[0].usable == 0.5


def sigma_of(detection: Detection, of_network: Network) -> float:
    (reading,) = readings([detection], of_network)
    return reading.sigma_s


def test_a_clock_counts_once_in_what_was_found_in_recordings() -> None:
    """What detectors find in recordings, here or at the sensor, holds the clock already."""
    good, bad = network_of([NEAR], clock_sigma_s=0.0), network_of([NEAR], clock_sigma_s=20.0)
    arrival = heard_far(NEAR)
    assert arrival.means is Means.RECORDED
    assert sigma_of(arrival, bad) == sigma_of(arrival, good)


def test_a_pulse_that_a_sensor_states_gets_the_error_of_its_clock() -> None:
    clock = network(SQUARE, clock_sigma_s=3.0)
    pulse = replace(onset("p", "AC-1", 0.0), means=Means.DETECTED)
    own = sigma_of(pulse, network(SQUARE, clock_sigma_s=0.0))
    assert sigma_of(pulse, clock) == pytest.approx(np.hypot(own, 3.0))
