"""Silence counts as much as its sensor could hear in that hour: by its noise, usable time, and whether it recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from made import SQUARE, T0, heard, network

from trucewatch.fuse import fuse
from trucewatch.model.incident import Incident, Silence
from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.network import Health, Network
from trucewatch.model.vocabulary import SensorState

NEAR = (200.0, 200.0)
HOUR = Interval(start_utc=T0.replace(minute=0), end_utc=T0.replace(minute=0) + timedelta(hours=1))


def measured(**other: float | None) -> Listening:
    values = {"recorded_share": 1.0, "usable_share": 1.0, "noise_level_db": None, "noise_sigma_db": None} | other
    return Listening(
        id="lst-1",
        sensor_id="AC-5",
        time=HOUR,
        clock_offset_s=None,
        clock_offset_sigma_s=None,
        clock_drift_s_per_day=None,
        signs=(),
        input_ids=(),
        method="test/1",
        **values,
    )


def told(**changed: object) -> tuple[Incident, Silence]:
    """A bang that four heard and a fifth, near by, did not."""
    whole = network((*SQUARE[:4], NEAR))
    sensors = (*whole.sensors[:4], replace(whole.sensors[4], **changed))
    (incident,) = fuse(heard(0.0, 0.0, 0.0, SQUARE[:4]), Network(sensors=sensors))
    (silence,) = incident.silences
    return incident, silence


def test_a_quiet_hour_makes_silence_say_more_and_a_loud_one_less() -> None:
    usual, quiet, loud = (
        told(listening=found)[1]
        for found in ((), (measured(noise_level_db=35.0, noise_sigma_db=2.0),), (measured(noise_level_db=95.0),))
    )
    assert quiet.log_odds <= usual.log_odds < loud.log_odds < 0.0
    assert quiet.p_detect >= usual.p_detect > loud.p_detect
    assert "its noise was 95 dB that hour" in loud.reason
    assert "noise" not in usual.reason


def test_another_hour_changes_nothing() -> None:
    other = replace(measured(noise_level_db=95.0), time=Interval(start_utc=HOUR.end_utc, end_utc=None))
    other = replace(other, time=Interval(start_utc=HOUR.end_utc, end_utc=T0 + timedelta(hours=3)))
    assert told(listening=(other,))[1] == told()[1]


def test_an_hour_of_which_half_can_be_used_hears_half_as_often() -> None:
    whole, half = told(recorded=(HOUR,))[1], told(recorded=(HOUR,), listening=(measured(usable_share=0.5),))[1]
    assert half.p_detect == pytest.approx(0.5 * whole.p_detect, rel=0.1)  # the posterior of sizes moves a little
    assert half.log_odds > whole.log_odds
    assert "50 % of what it recorded can be used" in half.reason


def test_who_did_not_record_then_was_not_silent() -> None:
    alone = fuse(heard(0.0, 0.0, 0.0, SQUARE[:4]), network(SQUARE[:4]))[0]
    earlier = Interval(start_utc=T0 - timedelta(hours=1), end_utc=T0 - timedelta(minutes=1))
    incident, silence = told(recorded=(earlier,))
    assert (silence.state, silence.log_odds, silence.p_detect) == (SensorState.NON_OPERATIONAL, 0.0, 0.0)
    assert incident.p_exists == pytest.approx(alone.p_exists)


def test_a_degraded_sensor_counts_where_it_was_measured() -> None:
    bad = (Health(time=HOUR, state=SensorState.DEGRADED, reason="a torn windscreen"),)
    assert told(health=bad)[1].log_odds == 0.0
    known = told(health=bad, listening=(measured(noise_level_db=45.0),))[1]
    assert known.log_odds < 0.0
    assert known.state is SensorState.DEGRADED
    assert "degraded, reported nothing" in known.reason
