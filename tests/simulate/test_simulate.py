import io
import json
import math
import wave
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
import yaml

from trucewatch.physics.blast import friedlander_pa
from trucewatch.simulate import Scenario, files, simulate
from trucewatch.simulate.waveform import FULL_SCALE_PA, recording_pa

SMALL = Scenario(hours=6.0, n_events=6, n_recorded=2)
PERFECT = replace(
    SMALL,
    position_sigma_m=0.0,
    clock_sigma_s=0.0,
    pick_sigma_s=0.0,
    path_excess_sigma_m=0.0,
    shift_sigma_m=0.0,
    echo_share=0.0,
    false_per_hour=0.0,
    outage_share=0.0,
    temperature_sigma_c=0.0,
    wind_m_s=0.0,
    wind_sigma_m_s=0.0,
)


def test_same_seed_same_bytes_other_seed_other_day():
    assert files(simulate(SMALL, 7)) == files(simulate(SMALL, 7))
    assert files(simulate(SMALL, 7)) != files(simulate(SMALL, 8))


def test_more_false_onsets_do_not_move_the_events():
    assert simulate(SMALL, 7).events == simulate(replace(SMALL, false_per_hour=9.0), 7).events


def test_without_errors_times_are_distance_by_sound_speed():
    day = simulate(PERFECT, 3)
    speed = 331.3 * math.sqrt(1 + PERFECT.temperature_c / 273.15)
    rounds = {(e.id, n): t for e in day.events for n, t in enumerate(e.round_times_utc)}
    assert len(day.pulses) == len(day.arrivals) > 20
    for a in day.arrivals:
        expected = (rounds[a.event_id, a.round] - PERFECT.start_utc).total_seconds() + a.range_m / speed
        assert a.time_s == pytest.approx(expected, abs=2e-6)


def test_far_and_quiet_is_heard_less():
    day = simulate(Scenario(n_events=60, max_rounds=1, outage_share=0.0), 5)
    by_source = {s: [day.n_sensors(e.id) for e in day.events if e.source == s] for s in day.scenario.sources}
    assert np.mean(by_source["small_arms"]) < np.mean(by_source["mortar_82"])


def test_a_node_that_is_down_says_nothing():
    day = simulate(Scenario(outage_share=1.0, n_events=30), 5)
    assert len(day.health) == len(day.network.sensors)
    for pulse in day.pulses:
        down = next(h.time for h in day.health if h.sensor_id == pulse.sensor_id)
        # The node's clock, echo and pick shift a sound that came just before by less than two seconds.
        assert not down.contains(pulse.time.utc - timedelta(seconds=2)) or not down.contains(pulse.time.utc)


def test_files_are_in_the_mission_folder_formats():
    day = simulate(SMALL, 7)
    made = files(day)
    pulses = json.loads(made["inbox/pulses.json"])
    assert pulses["format"] == "trucewatch-pulses/1"
    assert len(pulses["pulses"]) == len(day.pulses)
    assert made["inbox/health.csv"].decode().splitlines()[0] == "sensor,from,to,state,reason"
    head = "time,temperature_c,relative_humidity_pct,pressure_hpa,wind_m_s,wind_from_deg,source"
    assert made["inbox/weather.csv"].decode().splitlines()[0] == head
    network = yaml.safe_load(made["network.yaml"])
    assert [s["id"] for s in network["sensors"]] == [s.id for s in day.network.sensors]
    truth = yaml.safe_load(made["truth.yaml"])
    assert [e["count"] for e in truth["events"]] == [len(e.round_times_utc) for e in day.events]


def test_recordings_hold_the_bang_where_the_node_heard_it():
    day = simulate(SMALL, 7)
    made = files(day)
    stems = sorted(p[:-4] for p in made if p.endswith(".wav"))
    assert stems
    for stem in stems:
        sidecar = json.loads(made[f"{stem}.json"])
        with wave.open(io.BytesIO(made[f"{stem}.wav"])) as sound:
            rate = sound.getframerate()
            samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2").astype(float)
        first = min(a.time_s for a in day.arrivals if a.sensor_id == sidecar["sensor"])
        start = datetime.fromisoformat(sidecar["start_utc"])
        at = first - (start - SMALL.start_utc).total_seconds()
        level = np.abs(samples)
        before, bang = level[: int((at - 0.05) * rate)], level[int((at - 0.001) * rate) : int((at + 0.05) * rate)]
        assert bang.max() > 3 * before.max()


def test_blast_wave_has_its_peak_and_no_net_impulse_beyond_it():
    time = np.arange(-100, 20_000) * 1e-5
    pressure = friedlander_pa(time, 10.0, 0.004)
    assert pressure[:100].tolist() == [0.0] * 100
    assert pressure.max() == pytest.approx(10.0)
    assert np.interp(0.004, time, pressure) == pytest.approx(0.0, abs=1e-3)
    # The integral of (1 - x) exp(-x) over all x is nought.
    assert abs(pressure.sum() * 1e-5) < 1e-4
    assert FULL_SCALE_PA > 10.0


def test_recording_without_bangs_is_noise_of_the_stated_level():
    none = np.array([])
    noise = recording_pa(
        none, none, duration_s=2.0, rate_hz=8000, positive_s=0.003, noise_pa=0.01, rng=np.random.default_rng(1)
    )
    assert np.std(noise) == pytest.approx(0.01, rel=0.05)


def test_an_impossible_scenario_is_refused():
    with pytest.raises(ValueError, match="at least one node"):
        Scenario(n_east=0)
