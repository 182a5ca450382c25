"""A theatre's files: what the real readers make of them is what the day in memory holds."""

import io
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from trucewatch.agreements import load_agreement, load_mission, load_network, load_notified, load_truth
from trucewatch.model.network import Network
from trucewatch.model.observation import (
    EdgeDetection,
    FirePixels,
    HealthReport,
    ImageChange,
    MonitorReport,
    Pulse,
    Rejection,
    Sighting,
    Waveform,
    Weather,
)
from trucewatch.model.wire import to_bytes
from trucewatch.observe import ReadContext, reader_for
from trucewatch.simulate import PRESETS, open_theatre, theatre_day, theatre_hours
from trucewatch.simulate.clips import Noise
from trucewatch.simulate.preset import SkyPlan
from trucewatch.simulate.score_files import read_truth
from trucewatch.simulate.theatre_files import timed_files
from trucewatch.simulate.theatre_texts import mission_texts, notified_text, truth_texts

BUSY = replace(
    PRESETS["busy_day"],
    start_utc=datetime(2025, 8, 13, 8, 0, tzinfo=UTC),
    hours=4,
    sky=SkyPlan(cloud=0.0),
    per_day=PRESETS["busy_day"].per_day | {"demolition": 20.0, "fire": 60.0, "barrage": 0.0},
    faults=("clock_jump", "jam"),
)
SEED = 3


@pytest.fixture(scope="module")
def theatre():
    return open_theatre(BUSY, SEED, 1.0)


@pytest.fixture(scope="module")
def made(theatre):
    return list(timed_files(theatre, theatre_hours(theatre)))


@pytest.fixture(scope="module")
def read(theatre, made):
    area = load_mission(mission_texts(theatre)["mission.toml"], "mission.toml").value.area
    content = {f.path: f.content for f in made}
    out = []
    for path, body in content.items():
        if path.endswith(".json") and path.replace(".json", ".wav") in content:
            continue
        context = ReadContext(
            source=path,
            input_id=path,
            area=area,
            network=theatre.said,
            now_utc=datetime(2025, 8, 20, tzinfo=UTC),
            time_zone=BUSY.time_zone,
            sidecar=content.get(path.replace(".wav", ".json")) if path.endswith(".wav") else None,
        )
        reader = reader_for(path, body[:4096])
        assert reader is not None, path
        out += list(reader.read(io.BytesIO(body), context))
    return out


def _of(items, kind, **same):
    return [replace(i, id="", input_id="", row=1, **same) for i in items if isinstance(i, kind)]


def test_nothing_is_rejected(read):
    assert [i for i in read if isinstance(i, Rejection)] == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Pulse, "pulses"),
        (MonitorReport, "reports"),
        (Sighting, "sightings"),
        (EdgeDetection, "edge"),
        (ImageChange, "changes"),
        (HealthReport, "health"),
        (Weather, "weather"),
    ],
)
def test_files_and_memory_hold_the_same_observations(read, kind, name):
    day = theatre_day(BUSY, SEED, 1.0)
    from_files, from_memory = (sorted(map(to_bytes, _of(items, kind))) for items in (read, getattr(day, name)))
    assert from_memory
    assert from_files == from_memory


def test_files_and_memory_hold_the_same_pixels(read):
    day = theatre_day(BUSY, SEED, 1.0)
    blocks = {b.input_id: b for b in read if isinstance(b, FirePixels)}
    assert day.fires
    assert set(blocks) == {b.input_id for b in day.fires}
    for one in day.fires:
        other = blocks[one.input_id]
        assert (one.satellite, one.version) == (other.satellite, other.version)
        for column in ("row", "lon_deg", "lat_deg", "time_s", "time_sigma_s", "scan_m", "track_m", "frp_mw"):
            assert np.array_equal(getattr(one, column), getattr(other, column)), column
        assert np.array_equal(one.confidence, other.confidence)
        assert np.array_equal(one.night, other.night)


def test_recordings_hold_what_was_picked(read):
    sounds = [w for w in read if isinstance(w, Waveform) and w.recording.unit == "count"]
    assert sounds
    pulses = [p for p in read if isinstance(p, Pulse)]
    for w in sounds:
        start = w.recording.start.utc
        own = [
            (p.time.utc - start).total_seconds()
            for p in pulses
            if p.sensor_id == w.recording.sensor_id and start < p.time.utc < w.recording.end_utc and p.snr_db > 25.0
        ]
        level = np.abs(w.samples)
        for at in own[:1]:
            near = level[int(max(0, at - 0.005) * w.recording.rate_hz) : int((at + 0.05) * w.recording.rate_hz)]
            assert near.max() > 4.0 * np.median(level)


def test_the_mission_texts_are_in_order(theatre):
    texts = mission_texts(theatre)
    mission = load_mission(texts["mission.toml"], "mission.toml")
    area = mission.value.area
    network = load_network(texts["network.yaml"], "network.yaml", area)
    agreement = load_agreement(texts["agreement.yaml"], "agreement.yaml", area)
    day = theatre_day(BUSY, SEED, 1.0)
    notified = load_notified(notified_text(day.notified), "notified.yaml", area, frozenset({"A", "B"}))
    truth = truth_texts(theatre, day.truth)
    known = load_truth(truth["truth.yaml"], "truth.yaml", area)
    for loaded in (mission, network, agreement, notified, known):
        assert loaded.problems == (), loaded.problems
    assert network.value == theatre.said
    assert [n.id for n in notified.value] == [n.id for n in day.notified]
    assert all(n.time.start_utc <= t.start_utc for n, t in _pairs(day))
    assert read_truth(truth["truth.json"], "truth.json") == day.truth
    assert len(known.value) == sum(
        not t.innocent and not t.path and t.count > 0 and t.kind.value != "thermal_anomaly" for t in day.truth
    )


def _pairs(day):
    by_id = {t.id: t for t in day.truth}
    return [(n, by_id[n.id.removeprefix("N-")]) for n in day.notified]


def test_files_arrive_in_order_and_after_what_they_tell(theatre, made):
    arrivals = [f.arrives_utc for f in made]
    assert arrivals == sorted(arrivals)
    late = {f.path.split("/")[1]: f.arrives_utc for f in made}
    end = BUSY.start_utc + timedelta(hours=BUSY.hours)
    assert late["monitors"] > end + timedelta(hours=2)
    assert late["changes"] > end + timedelta(hours=6)
    for f in made:
        jumps = [p for p in f.pulses if p.time.utc > f.arrives_utc]
        assert not jumps


def test_the_same_seed_gives_the_same_bytes(made):
    again = open_theatre(BUSY, SEED, 1.0)
    assert [(f.path, f.content) for f in timed_files(again, theatre_hours(again))] == [
        (f.path, f.content) for f in made
    ]
    assert mission_texts(again) == mission_texts(open_theatre(BUSY, SEED, 1.0))


def test_paths_are_unique(made):
    assert max(Counter(f.path for f in made).values()) == 1


def test_real_noise_is_mixed_into_clips(theatre, made):
    tone = Noise(samples=np.sin(2 * np.pi * 500.0 * np.arange(48_000) / 48_000.0), rate_hz=48_000.0)
    noisy = {f.path: f.content for f in timed_files(theatre, theatre_hours(theatre), noise=tone)}
    plain = {f.path: f.content for f in made}
    clips = [p for p in plain if p.endswith(".wav")]
    assert clips
    spectrum = np.abs(np.fft.rfft(np.frombuffer(noisy[clips[0]][44:], dtype="<i2")[:12_000]))
    assert np.argmax(spectrum[100:]) + 100 == 500
    assert {p for p in plain if plain[p] != noisy[p]} == set(clips)


def test_a_given_network_is_used(theatre):
    few = Network(sensors=theatre.said.sensors[:12])
    day = theatre_day(BUSY, SEED, 0.0, few)
    assert {p.sensor_id for p in day.pulses} <= {s.id for s in few.sensors}
    assert day.pulses


def test_a_minute_of_pulses_a_file(theatre):
    minutes = [f for f in timed_files(theatre, theatre_hours(theatre), pulses_every_s=60) if f.pulses]
    quarters = json.loads(minutes[0].content)
    assert quarters["format"] == "trucewatch-pulses/1"
    for f in minutes:
        span = f.pulses[-1].time.utc - f.pulses[0].time.utc
        assert span < timedelta(seconds=60)
