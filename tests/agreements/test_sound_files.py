from __future__ import annotations

import hashlib
import re
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import pytest

from trucewatch.model.instant import Interval
from trucewatch.model.vocabulary import ObservationType, SensorState, WeaponClass


@pytest.mark.parametrize(
    "file", ["mission.toml", "network.yaml", "agreement.yaml", "notified.yaml", "guarantees.yaml", "truth.yaml"]
)
def test_a_sound_file_has_no_problem_as_text_and_as_bytes(samples, load, file):
    text = samples[file]
    assert load(file, text).problems == ()
    assert load(file, text) == load(file, text.encode())
    assert load(file, b"\xef\xbb\xbf" + text.encode()).problems == ()


def test_mission(samples, load):
    mission = load("mission.toml", samples["mission.toml"]).value
    assert (mission.id, mission.reporting_time, mission.languages) == ("line", "19:30", ("en", "uk"))
    assert mission.clock_utc == datetime(2025, 8, 15, 12, tzinfo=UTC)
    assert (mission.temperature_c, mission.temperature_sigma_c) == (18.0, 6.0)
    assert mission.detect.use_edge_pulses is False
    assert (mission.detect.array_method, mission.detect.array_clock_sigma_s) == ("capon", 0.01)
    assert mission.detect.array_false_alarms_per_day == 0.5
    assert mission.area.contains(40.2, 50.2)


def test_a_mission_may_leave_out_what_has_a_default(samples, load):
    text = samples["mission.toml"].split("[weather]")[0]
    mission = load("mission.toml", text).value
    assert (mission.temperature_c, mission.temperature_sigma_c) == (10.0, 8.0)
    assert mission.detect.array_band_hz == (0.5, 5.0)
    assert mission.detect.use_edge_pulses is True
    assert (mission.detect.array_method, mission.detect.array_clock_sigma_s) == ("bartlett", 0.0)
    assert mission.detect.array_false_alarms_per_day == 0.1


@pytest.mark.parametrize(
    ("key", "value"),
    [("array_method", '"beam"'), ("array_clock_sigma_s", "-0.01"), ("array_false_alarms_per_day", "0")],
)
def test_a_way_of_listening_that_cannot_be_is_named(samples, load, key, value):
    text = re.sub(rf"^{key} = .*$", f"{key} = {value}", samples["mission.toml"], flags=re.MULTILINE)
    (problem,) = load("mission.toml", text).problems
    assert problem.line == 1 + text[: text.index(key)].count("\n")


def test_toml_own_date_and_time_is_a_time(samples, load):
    text = samples["mission.toml"].replace('"2025-08-15T12:00:00Z"', "2025-08-15T12:00:00Z")
    assert load("mission.toml", text).value.clock_utc == datetime(2025, 8, 15, 12, tzinfo=UTC)


def test_network(samples, load):
    network = load("network.yaml", samples["network.yaml"]).value
    acoustic, array = network.sensors
    assert acoustic.place.var_east_m2 == 6.25
    assert acoustic.place.altitude_m == 120.0
    first, second = acoustic.health
    assert first.time.start_utc == datetime(2025, 8, 12, 23, 10, tzinfo=UTC)
    assert second == type(second)(
        time=Interval(start_utc=datetime(2025, 8, 13, 1, tzinfo=UTC), end_utc=None),
        state=SensorState.POWER_CUT,
        reason="mains lost",
    )
    assert [e.channel for e in array.elements] == ["EDF", "EDF", ""]
    assert network.sensor("BRP2") is array


def test_agreement(samples, load):
    agreement = load("agreement.yaml", samples["agreement.yaml"]).value
    assert agreement.text_sha256 == hashlib.sha256(samples["agreement.yaml"].encode()).hexdigest()
    buffer, area, two = agreement.zones
    assert (buffer.line_id, buffer.within_m, buffer.rings) == ("contact", 7500.0, ())
    assert len(area.holes) == 1
    assert len(two.rings) == 2
    t1, t2 = agreement.terms
    assert t1.prohibits == (ObservationType.EXPLOSION, ObservationType.SHOT, ObservationType.BURST)
    assert t1.period == Interval(start_utc=datetime(2025, 7, 31, 21, tzinfo=UTC), end_utc=None)
    assert t1.period_text == "from 2025-08-01T00:00 without end (Europe/Kyiv)"
    assert (t1.zone_ids, t1.outside_zone_ids) == (("buffer",), ("area-1",))
    assert t1.exceptions[0].min_notice_s == 86400.0
    assert t1.open_words[0].readings == (("A", "within 2 km"), ("B", "within 5 km"))
    assert t2.weapon_classes == (WeaponClass.MORTAR, WeaponClass.MLRS)
    assert t2.period == Interval(start_utc=None, end_utc=None)


def test_notified(samples, load):
    (activity,) = load("notified.yaml", samples["notified.yaml"]).value
    assert (activity.radius_m, activity.margin_s, activity.max_count, activity.charge_kg) == (500.0, 900.0, 6, 100.0)
    assert activity.notified_utc == "2025-08-12T09:00:00Z"
    assert [a.at for a in activity.acknowledgements] == ["2025-08-12T10:00:00Z", ""]


def test_guarantees(samples, load):
    (commitment,) = load("guarantees.yaml", samples["guarantees.yaml"]).value
    assert (commitment.deadline_s, commitment.deadline_text) == (86400.0, "24 h")
    without = samples["guarantees.yaml"].replace("deadline: 24 h", "deadline: null")
    (open_ended,) = load("guarantees.yaml", without).value
    assert (open_ended.deadline_s, open_ended.deadline_text) == (None, "no deadline is set")


def test_truth(samples, load):
    first, second = load("truth.yaml", samples["truth.yaml"]).value
    assert (first.window_s, first.count) == (90.0, 3)
    assert (second.time_utc, second.window_s, second.count) == (None, 0.0, 1)


def test_what_was_loaded_cannot_be_changed(samples, load):
    loaded = load("truth.yaml", samples["truth.yaml"])
    with pytest.raises(FrozenInstanceError):
        loaded.value = None


def test_an_infrasound_station_without_elements_is_a_single_channel(samples, load):
    single = samples["network.yaml"].split("    elements:")[0]
    loaded = load("network.yaml", single)
    assert loaded.problems == ()
    assert loaded.value.sensors[1].elements == ()


def test_a_seismic_station_states_ground_velocity(samples, load):
    text = samples["network.yaml"].replace("kind: acoustic_sensor", "kind: seismic_station")
    loaded = load("network.yaml", text.replace("calibration_pa_per_count", "calibration_m_s_per_count"))
    assert loaded.problems == ()
    assert loaded.value.sensors[0].calibration_m_s_per_count == 0.0021
