"""Troubles: what they do to onsets, and that they do it to nobody else."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from trucewatch.geo import distance_m
from trucewatch.model.vocabulary import SensorState
from trucewatch.simulate import PRESETS, open_theatre, theatre_hours
from trucewatch.simulate.hearing import Onsets
from trucewatch.simulate.tampering import made_up, replayed, wrong_clocks

SPOOFED = PRESETS["spoofed_sensor"]
SEED = 6


@pytest.fixture(scope="module")
def theatre():
    return open_theatre(SPOOFED, SEED)


def _each(theatre, at_s):
    """One onset of every node at one moment."""
    nodes = theatre.fielded.microphones
    n = len(nodes)
    return Onsets(
        sensor=nodes,
        at_s=np.full(n, at_s),
        snr_db=np.full(n, 20.0),
        level_db=np.full(n, 80.0),
        sigma_s=np.full(n, 0.002),
        round=np.zeros(n, dtype=np.int64),
    )


def _owners(theatre, onsets):
    return {theatre.fielded.network.sensors[i].owner for i in onsets.sensor.tolist()}


def test_clocks_jump_of_one_owner_only_and_not_before(theatre):
    jump = theatre.troubles.jump_at_s
    before, after = (_each(theatre, jump + d) for d in (-1.0, 1.0))
    assert np.array_equal(wrong_clocks(before, theatre.fielded, theatre.troubles, SEED).at_s, before.at_s)
    moved = wrong_clocks(after, theatre.fielded, theatre.troubles, SEED).at_s - after.at_s
    which = after.take(np.flatnonzero(moved != 0.0))
    assert _owners(theatre, which) == {theatre.troubles.owner}
    assert 3 <= len(which) < len(after) / 3
    assert {round(float(m), 3) for m in moved if m} <= set(theatre.troubles.jumps_s)


def test_an_hour_is_repeated_by_one_owner(theatre):
    hour = theatre.troubles.replayed_hour
    assert hour is not None
    again = replayed(_each(theatre, hour * 3600.0 + 5.0), theatre.fielded, theatre.troubles)
    assert _owners(theatre, again) == {theatre.troubles.owner}
    assert set(again.at_s.tolist()) == {hour * 3600.0 + 5.0 + theatre.troubles.replay_later_h * 3600.0}
    later = SPOOFED.start_utc + timedelta(hours=hour + theatre.troubles.replay_later_h)
    owners = {s.id: s.owner for s in theatre.said.sensors}
    made = {h.hour: h for h in theatre_hours(theatre)}
    first, second = made[hour], made[hour + theatre.troubles.replay_later_h]
    theirs = {(p.sensor_id, p.time.utc) for p in second.pulses if p.time.utc >= later}
    own = [p for p in first.pulses if owners[p.sensor_id] == theatre.troubles.owner]
    others = [p for p in first.pulses if owners[p.sensor_id] != theatre.troubles.owner]
    shift = timedelta(hours=theatre.troubles.replay_later_h)
    # A dead time may swallow one of them; nobody else repeats anything.
    assert sum((p.sensor_id, p.time.utc + shift) in theirs for p in own) >= 0.95 * len(own) > 5
    assert not any((p.sensor_id, p.time.utc + shift) in theirs for p in others)


def test_false_events_are_made_by_one_owner_for_its_stated_places(theatre):
    event = theatre.troubles.false_events[0]
    onsets = made_up(theatre.fielded, theatre.troubles, event.at_s, event.at_s + 0.1, SEED)
    assert _owners(theatre, onsets) == {theatre.troubles.owner}
    for sensor, at in zip(onsets.sensor.tolist(), onsets.at_s.tolist(), strict=True):
        place = theatre.said.sensors[sensor].place
        away = float(distance_m(place.lon_deg, place.lat_deg, event.lon_deg, event.lat_deg))
        if event.rounds == 1:
            assert at - event.at_s == pytest.approx(away / 340.0, abs=0.02)
        assert at - event.at_s > away / 340.0 - 0.02


def test_clocks_without_satellites_run_off_in_their_sector_and_come_back():
    theatre = open_theatre("jammed_sector", SEED)
    lost = theatre.troubles.gnss_jam
    late, after = (_each(theatre, t) for t in (lost.end_s - 1.0, lost.end_s + 1.0))
    moved = wrong_clocks(late, theatre.fielded, theatre.troubles, SEED).at_s - late.at_s
    inside = np.array(
        [lost.holds(np.array([theatre.fielded.lon_deg[i], theatre.fielded.lat_deg[i]])) for i in late.sensor]
    )
    assert inside.any()
    assert np.all(moved[~inside] == 0.0)
    assert 0.1 < np.std(moved[inside]) < 3.0
    assert np.array_equal(wrong_clocks(after, theatre.fielded, theatre.troubles, SEED).at_s, after.at_s)
    said = {s.id for s in theatre.fielded.network.sensors if any(h.state is SensorState.DEGRADED for h in s.health)}
    assert said
    assert said <= {theatre.said.sensors[i].id for i in late.sensor[inside].tolist()}


def test_a_preset_without_troubles_has_none():
    theatre = open_theatre("quiet_day", SEED)
    every = _each(theatre, 40_000.0)
    assert np.array_equal(wrong_clocks(every, theatre.fielded, theatre.troubles, SEED).at_s, every.at_s)
    assert len(made_up(theatre.fielded, theatre.troubles, 0.0, 86_400.0, SEED)) == 0
    assert theatre.troubles.jam is None


def test_a_third_of_the_sensors_dead():
    plan = replace(PRESETS["quiet_day"], network=replace(PRESETS["quiet_day"].network, dead_share=0.3))
    theatre = open_theatre(plan, SEED)
    dead = np.isfinite(theatre.fielded.away_s[:, 0, 0]) & (theatre.fielded.away_s[:, 0, 1] == 86_400.0)
    assert 0.15 < dead.mean() < 0.45
    assert not theatre.fielded.works(np.flatnonzero(dead), np.full(dead.sum(), 1_000.0)).any()
