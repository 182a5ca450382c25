"""How sensors listened: measured once, remade when more comes in, and what silence is worth follows from it."""

from __future__ import annotations

import json
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml
from tests.mission_files import make_mission, run_mission, trucewatch, verify_mission

from trucewatch.evidence import Outcome
from trucewatch.model.instant import Interval, rfc3339
from trucewatch.model.listening import Listening
from trucewatch.model.network import Sensor
from trucewatch.model.vocabulary import SensorState
from trucewatch.model.wire import from_bytes
from trucewatch.service.listening import listening_record, with_listening
from trucewatch.service.texts import check_texts
from trucewatch.service.understanding import current_incidents, network_of
from trucewatch.store import MemoryRegister
from trucewatch.wiring import MissionFolder, open_reading

SHOTS = datetime(2018, 12, 19, 2, 12, 40, tzinfo=UTC)
RATE_HZ = 6000
PA_PER_COUNT = 1e-4


def add_microphone(folder: Path, name: str = "AC-9", **more: object) -> None:
    network = yaml.safe_load((folder / "network.yaml").read_text(encoding="utf-8"))
    near = network["sensors"][0]["place"]
    place = {"lon": near["lon"] + 0.0004, "lat": near["lat"] + 0.0004, "sigma_m": 1}
    sensor = {"id": name, "kind": "acoustic_sensor", "owner": "mission", "place": place, "clock_sigma_s": 0.001}
    network["sensors"].append(sensor | {"calibration_pa_per_count": PA_PER_COUNT} | more)
    (folder / "network.yaml").write_text(yaml.safe_dump(network, sort_keys=False), encoding="utf-8")


def add_recording(folder: Path, start: datetime, seconds: float, noise_pa: float, name: str = "AC-9") -> None:
    rng = np.random.default_rng(int(start.timestamp()))
    samples = np.rint(rng.normal(0.0, noise_pa / PA_PER_COUNT, round(seconds * RATE_HZ))).astype("<i2")
    stem = folder / "inbox" / f"{name}-{start:%H%M%S}"
    with wave.open(str(stem.with_suffix(".wav")), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(samples.tobytes())
    sidecar = {"sensor": name, "start_utc": rfc3339(start), "clock_sigma_s": 0.001, "unit": "count"}
    stem.with_suffix(".json").write_text(json.dumps(sidecar), encoding="utf-8")


def found(folder: Path, name: str = "AC-9") -> list[Listening]:
    with open_reading(MissionFolder(folder)) as (_, register):
        every = [from_bytes(Listening, r.payload) for r in register.current("listening")]
    return sorted((one for one in every if one.sensor_id == name), key=lambda one: str(one.time.start_utc))


def sensor(folder: Path, name: str = "AC-9") -> Sensor:
    with open_reading(MissionFolder(folder)) as (texts, register):
        known = network_of(texts, register).sensor(name)
    assert known is not None
    return known


@pytest.fixture
def mission(tmp_path: Path, no_pdf: object) -> Path:
    folder = make_mission(tmp_path / "m")
    add_microphone(folder)
    return folder


def test_hours_are_measured_once_and_again_when_more_comes_in(mission: Path) -> None:
    add_recording(mission, SHOTS - timedelta(seconds=40), 60.0, 0.002)
    run_mission(mission)
    (first,) = found(mission)
    assert first.recorded_share == pytest.approx(1 / 60, abs=1e-4)
    expected = 20 * np.log10(0.002 / 20e-6) + 10 * np.log10((2828.4 - 88.4) / (RATE_HZ / 2))
    assert first.noise_level_db == pytest.approx(expected, abs=0.1)
    assert run_mission(mission).n_new_records == 0
    add_recording(mission, SHOTS + timedelta(minutes=60), 120.0, 0.02)
    run_mission(mission)
    again, later = found(mission)
    assert (again.id, again.noise_level_db) == (first.id, first.noise_level_db)
    assert later.noise_level_db == pytest.approx(expected + 20, abs=0.1)
    assert verify_mission(mission).outcome is Outcome.UNANCHORED


def test_what_a_sensor_measured_goes_with_it(mission: Path) -> None:
    add_recording(mission, SHOTS - timedelta(seconds=40), 60.0, 0.002)
    run_mission(mission)
    network = yaml.safe_load((mission / "network.yaml").read_text(encoding="utf-8"))
    network["sensors"] = [s for s in network["sensors"] if s["id"] != "AC-9"]
    (mission / "network.yaml").write_text(yaml.safe_dump(network, sort_keys=False), encoding="utf-8")
    run_mission(mission)
    assert found(mission) == []
    assert found(mission, "FP3-SCP-00-BNQ-1705") != []
    assert verify_mission(mission).outcome is Outcome.UNANCHORED


def test_silence_weighs_with_the_noise_of_its_hour_and_not_at_all_where_nothing_was_recorded(mission: Path) -> None:
    told = {}
    for name, start, noise_pa in (
        ("quiet", SHOTS - timedelta(seconds=60), 0.002),
        ("loud", SHOTS - timedelta(seconds=60), 1.0),
        ("absent", SHOTS + timedelta(minutes=5), 0.002),
    ):
        for old in (mission / "inbox").glob("AC-9*"):
            old.unlink()
        for state in ("state", "out"):
            if (mission / state).exists():
                (mission / state).rename(mission.parent / f"{state}-before-{name}")
        add_recording(mission, start, 120.0, noise_pa)
        run_mission(mission)
        with open_reading(MissionFolder(mission)) as (_, register):
            shot = next(i for i in current_incidents(register) if i.kind.value == "shot" and i.place is not None)
        told[name] = next(s for s in shot.silences if s.sensor_id == "AC-9")
    assert told["quiet"].log_odds < told["loud"].log_odds <= 0.0
    assert told["quiet"].p_detect > 0.5 > told["loud"].p_detect
    assert "its noise was 40 dB that hour" in told["quiet"].reason
    assert "its noise was 94 dB that hour" in told["loud"].reason
    assert (told["absent"].p_detect, told["absent"].log_odds) == (0.0, 0.0)
    assert told["absent"].state is SensorState.NON_OPERATIONAL


def test_who_sends_clips_or_pulses_listens_between_them(mission: Path) -> None:
    add_microphone(mission, "AC-10", sends_clips=True)
    add_microphone(mission, "AC-11")
    for name in ("AC-9", "AC-10", "AC-11"):
        add_recording(mission, SHOTS - timedelta(seconds=30), 60.0, 0.01, name)
    pulse = {"sensor": "AC-11", "time_utc": "2018-12-19T01:00:00Z", "sigma_s": 0.001, "snr_db": 20, "level_db": 80}
    pulses = {"format": "trucewatch-pulses/1", "pulses": [pulse | {"group": None}]}
    (mission / "inbox" / "pulses.json").write_text(json.dumps(pulses), encoding="utf-8")
    network = yaml.safe_load((mission / "network.yaml").read_text(encoding="utf-8"))
    for n, s in enumerate(s for s in network["sensors"] if s["id"].startswith("AC-")):
        s["place"]["lon"] += 0.0003 * n
    (mission / "network.yaml").write_text(yaml.safe_dump(network, sort_keys=False), encoding="utf-8")
    run_mission(mission)
    an_hour_later = SHOTS + timedelta(hours=1)
    then = Interval(start_utc=an_hour_later, end_utc=an_hour_later + timedelta(seconds=10))
    assert sensor(mission, "AC-9").state_at(then) is SensorState.NON_OPERATIONAL
    assert sensor(mission, "AC-10").state_at(then) is SensorState.OPERATIONAL
    assert sensor(mission, "AC-11").state_at(then) is SensorState.OPERATIONAL


def test_a_file_that_is_gone_is_named_and_the_rest_is_measured(mission: Path) -> None:
    add_recording(mission, SHOTS - timedelta(seconds=40), 60.0, 0.002)
    run_mission(mission)
    for old in (mission / "inbox").glob("AC-9*.wav"):
        old.unlink()
    add_recording(mission, SHOTS + timedelta(minutes=10), 60.0, 0.002)
    run_mission(mission)
    (one,) = found(mission)
    assert one.recorded_share == pytest.approx(1 / 60, abs=1e-4)
    with open_reading(MissionFolder(mission)) as (_, register):
        said = [json.loads(r.payload)["expected"] for r in register.current("rejection")]
    assert any("to measure how the sensor listened" in s for s in said)


def test_the_command_line_shows_them(mission: Path) -> None:
    add_recording(mission, SHOTS - timedelta(seconds=40), 60.0, 0.002)
    run_mission(mission)
    shown = trucewatch("listening", mission, "--day", "2018-12-19")
    (row,) = [line for line in shown.stdout.splitlines() if line.startswith("AC-9")]
    assert "40 ± 0 dB" in row and "2 %" in row
    assert "clips: not judged" in shown.stdout
    as_json = json.loads(trucewatch("listening", mission, "--json").stdout)["listening"]
    assert [one["noise_level_db"] for one in as_json if one["sensor_id"] == "AC-9"] == [
        found(mission)[0].noise_level_db
    ]
    assert trucewatch("listening", mission, "--day", "yesterday").returncode == 2


def test_the_report_and_the_open_data_hold_them(mission: Path) -> None:
    add_recording(mission, SHOTS - timedelta(seconds=40), 60.0, 0.002)
    run_mission(mission)
    (folder,) = (mission / "out" / "daily" / "2018-12-19").iterdir()
    table = (folder / "listening.csv").read_text(encoding="utf-8").splitlines()
    assert [line for line in table if line.startswith("AC-9,2018-12-19T02:00:00Z")]
    hours = [line.split(",") for line in (folder / "hours.csv").read_text(encoding="utf-8").splitlines()[1:]]
    mortar = {h[0]: float(h[3]) for h in hours if h[2] == "mortar_82"}
    assert max(mortar.values()) <= 1.0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "How sensors listened, measured on their own recordings" in page
    assert "What it says that nothing was heard" in page
    effort = {line.split(",")[0]: line.split(",") for line in (folder / "effort.csv").read_text().splitlines()}
    assert float(effort["AC-9"][3]) == pytest.approx(60.0)


def heard(start: datetime, minutes: float, recorded: float, *, here: bool, name: str = "AC-9") -> Listening:
    return Listening(
        id=f"{'lst' if here else 'obs'}-{start:%H%M}-{minutes:g}",
        sensor_id=name,
        time=Interval(start_utc=start, end_utc=start + timedelta(minutes=minutes)),
        recorded_share=recorded,
        usable_share=recorded,
        noise_level_db=None,
        noise_sigma_db=None,
        clock_offset_s=None,
        clock_offset_sigma_s=None,
        clock_drift_s_per_day=None,
        signs=(),
        input_ids=(),
        method="hourly-band-levels/1",
    )


def test_of_two_words_on_one_hour_the_one_that_heard_more_of_it_stands(mission: Path) -> None:
    two = datetime(2018, 12, 19, 2, tzinfo=UTC)
    told = [
        heard(two, 60, 0.003, here=True),
        heard(two, 60, 0.9, here=False),
        heard(two + timedelta(hours=1), 60, 1.0, here=True),
        heard(two + timedelta(hours=1), 60, 1.0, here=False),
        heard(two + timedelta(hours=2, minutes=30), 20, 1.0, here=False),
    ]
    register = MemoryRegister()
    with register.transaction() as tx:
        for one in reversed(told):
            tx.append(listening_record(one), at_utc=two)
    (texts, _) = check_texts(MissionFolder(mission).texts())
    assert texts is not None
    known = with_listening(texts.network, register).sensor("AC-9")
    assert known is not None
    assert known.listening == (told[1], told[2], told[4])
    assert known.recorded is None
