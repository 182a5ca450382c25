"""Pulses, sensor health and weather; and which reader takes which file."""

import json
from datetime import UTC, datetime

import pytest

from trucewatch.model.errors import TrucewatchError, UnreadableInput
from trucewatch.model.observation import Rejection
from trucewatch.model.vocabulary import SensorState
from trucewatch.observe import is_companion, readers, registry, sidecar_of
from trucewatch.observe.health import HealthReader
from trucewatch.observe.pulses import PulsesReader
from trucewatch.observe.weather import WeatherReader

PULSE = {"sensor": "AC-01", "time_utc": "2025-08-13T18:10:00.123Z", "sigma_s": 0.001, "snr_db": 20, "level_db": 93.3}
HEALTH = b"sensor,from,to,state,reason\n"
WEATHER = b"time,temperature_c,relative_humidity_pct,pressure_hpa,wind_m_s,wind_from_deg,source\n"


def pulses(*items, name="trucewatch-pulses/1"):
    return json.dumps({"format": name, "pulses": items}).encode()


def test_pulses(make):
    content = pulses(PULSE, PULSE | {"group": 4, "snr_db": None})
    assert make.chosen("p.json", content).name == "pulses"
    (first, second), rejected = make.read(PulsesReader(), content, make.context())
    assert rejected == []
    assert (first.row, first.sensor_id, first.time.sigma_s, first.snr_db, first.group) == (
        1,
        "AC-01",
        0.001,
        20.0,
        None,
    )
    assert first.time.utc == datetime(2025, 8, 13, 18, 10, 0, 123000, tzinfo=UTC)
    assert (second.group, second.snr_db, second.level_db) == ("4", None, 93.3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sensor": "AC-91"}, "nearest names: AC-01"),
        ({"sensor": None}, "a sensor's name"),
        ({"time_utc": "2025-08-13T18:10:00"}, "a time with its zone"),
        ({"time_utc": "2026-01-03T00:00:00Z"}, "not in the future"),
        ({"time_utc": 1755108600}, "a time with its zone"),
        ({"sigma_s": None}, "sigma_s, the error"),
        ({"sigma_s": -1}, "sigma_s between"),
        ({"sigma_s": 1e400}, "sigma_s between"),
        ({"snr_db": "20"}, "snr_db between"),
        ({"level_db": 93300}, "level_db between"),
        ({"group": [1]}, "a group's name"),
    ],
)
def test_a_bad_pulse_is_rejected_alone(make, changes, words):
    content = pulses(PULSE, PULSE | changes).replace(b"Infinity", b"1e400")
    kept, rejected = make.read(PulsesReader(), content, make.context())
    assert len(kept) == 1
    assert rejected[0].row == "pulse 2"
    assert words in rejected[0].expected


@pytest.mark.parametrize(
    "content", [b"", b"{", pulses(name="trucewatch-pulses/9"), b'{"format": "trucewatch-pulses/1"}']
)
def test_other_documents_are_no_pulses(make, content):
    with pytest.raises(UnreadableInput):
        make.read(PulsesReader(), content, make.context())


def test_health(make):
    content = (
        HEALTH
        + b"AC-01,2025-08-13T02:10+03:00,,Power cut,mains lost\nBRP2,2025-08-13T00:00Z,2025-08-14T00:00Z,jammed,\n"
    )
    assert make.chosen("h.csv", content).name == "health"
    (open_end, closed), rejected = make.read(HealthReader(), content, make.context())
    assert rejected == []
    assert (open_end.state, open_end.time.end_utc, open_end.reason) == (SensorState.POWER_CUT, None, "mains lost")
    assert open_end.time.start_utc == datetime(2025, 8, 12, 23, 10, tzinfo=UTC)
    assert (closed.sensor_id, closed.time.duration_s) == ("BRP2", 86400.0)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("AC-99,2025-08-13T00:00Z,,jammed,", "nearest names"),
        ("AC-01,2025-08-13T00:00,,jammed,", "a time with its zone"),
        ("AC-01,2025-08-13T00:00Z,2025-08-12T00:00Z,jammed,", "an end after its start"),
        ("AC-01,2025-08-13T00:00Z,,broken,", "operational"),
        ("AC-01,2025-08-13T00:00Z", "5 columns"),
        ('AC-01,2025-08-13T00:00Z,,jammed,"open', "CSV"),
        ("AC-01,2025-08-13T00:00Z,,jammed,\0", "NUL"),
    ],
)
def test_bad_health_rows(make, row, words):
    good = "AC-02,2025-08-13T00:00Z,,jammed,\n"
    kept, rejected = make.read(HealthReader(), HEALTH + (good + row + "\n").encode(), make.context())
    assert len(kept) == 1
    assert (rejected[0].row, rejected[0].raw) == ("row 3", row.encode() + b"\n")
    assert words in rejected[0].expected


def test_weather(make):
    content = WEATHER + b"2025-08-13T18:00Z,18.5,60,1013.2,3.1,270,WMO 34519\n2025-08-13T19:00Z,-4,,,,,\n"
    assert make.chosen("w.csv", content).name == "weather"
    (full, sparse), rejected = make.read(WeatherReader(), content, make.context())
    assert rejected == []
    assert (full.temperature_c, full.pressure_pa, full.wind_from_deg) == (18.5, pytest.approx(101320.0), 270.0)
    assert (sparse.temperature_c, sparse.relative_humidity_pct, sparse.pressure_pa) == (-4.0, None, None)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2025-08-13T18:00Z,280,60,1013,3,270,x", "degrees Celsius (in kelvin?)"),
        ("2025-08-13T18:00Z,18,60,101325,3,270,x", "hectopascal (in pascal?)"),
        ("2025-08-13T18:00Z,18,160,1013,3,270,x", "per cent"),
        ("2025-08-13T18:00Z,18,60,1013,-3,270,x", "metres per second"),
        ("2025-08-13T18:00Z,18,60,1013,3,400,x", "degrees clockwise"),
        ("2025-08-13T18:00Z,nan,60,1013,3,270,x", "degrees Celsius"),
        ("2025-08-13T18:00Z,,60,1013,3,270,x", "degrees Celsius"),
        ("2025-08-13T18:00Z,inf,60,1013,3,270,x", "degrees Celsius"),
        ("2025-08-13T18:00,18,60,1013,3,270,x", "a time with its zone"),
        ("2031-08-13T18:00Z,18,60,1013,3,270,x", "not in the future"),
    ],
)
def test_bad_weather_rows(make, row, words):
    kept, rejected = make.read(
        WeatherReader(), WEATHER + row.encode() + b"\n2025-08-13T18:00Z,18,,,,,\n", make.context()
    )
    assert len(kept) == 1
    assert rejected[0].row == "row 2"
    assert words in rejected[0].expected


# --- The registry -----------------------------------------------------------------------------------------------


def test_the_built_in_readers_in_their_order():
    assert [r.name for r in readers()] == [
        "miniseed",
        "sac",
        "wav",
        "pulses",
        "sightings",
        "changes",
        "detections",
        "monitors",
        "health",
        "weather",
        "firms",
    ]


def test_nothing_takes_what_nobody_knows(make):
    for content in (
        b"",
        b"\0" * 5000,
        b"hello\n",
        b'{"a": 1}',
        b"a,b\n1,2\n",
        b"latitude,longitude,date\n48,37,2025-08-13\n",
    ):
        assert make.chosen("x", content) is None


@pytest.mark.parametrize(
    ("name", "reader"), [("x.wav", "wav"), ("x.SAC", "sac"), ("x.mseed", "miniseed"), ("x.xlsx", "monitors")]
)
def test_a_damaged_file_is_told_what_is_wrong_by_the_reader_of_its_name(make, name, reader):
    chosen = make.chosen(name, b"????")
    assert chosen.name == reader
    with pytest.raises(UnreadableInput):
        make.read(chosen, b"????", make.context(source=name))


def test_sidecars_and_companions():
    paths = {
        "a/x.wav",
        "a/x.json",
        "a/y.json",
        "a/SOURCE.txt",
        "b/z.WAV",
        "b/z.json",
        "README.md",
        "LICENSE",
        "a/sources.csv",
    }
    assert sidecar_of("a/x.wav", paths) == "a/x.json"
    assert sidecar_of("b/z.WAV", paths) == "b/z.json"
    assert sidecar_of("a/y.json", paths) is None
    assert sidecar_of("a/missing.wav", paths) is None
    assert {p for p in paths if is_companion(p, paths)} == {
        "a/x.json",
        "b/z.json",
        "a/SOURCE.txt",
        "README.md",
        "LICENSE",
    }


class PluggedIn:
    name = "plugged-in"

    def recognises(self, path, head):
        return head.startswith(b"plug")

    def read(self, stream, context):
        yield Rejection(source=context.source, input_id=context.input_id, row=None, value=None, expected="x", raw=b"")


class Point:
    name, value = "p", "package:Reader"

    def __init__(self, made):
        self.made = made

    def load(self):
        if isinstance(self.made, Exception):
            raise self.made
        return self.made


def with_points(monkeypatch, *points):
    registry._plugged_in.cache_clear()
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == "trucewatch.readers" else ())


def test_entry_points_come_last(monkeypatch, make):
    with_points(monkeypatch, Point(PluggedIn))
    assert readers()[-1].name == "plugged-in"
    assert make.chosen("x", b"plug me").name == "plugged-in"
    registry._plugged_in.cache_clear()


def test_a_broken_entry_point_is_named(monkeypatch):
    with_points(monkeypatch, Point(ImportError("no such module")))
    with pytest.raises(TrucewatchError, match="package:Reader"):
        readers()
    registry._plugged_in.cache_clear()


def test_repeats_are_found_without_remembering_everything(monkeypatch, make):
    monkeypatch.setattr("trucewatch.observe.record_ids.MAX_REMEMBERED", 2)
    row = b"2025-08-13T18:00Z,%d,,,,,\n"
    content = WEATHER + b"".join(row % t for t in (1, 1, 2, 3, 1))
    kept, rejected = make.read(WeatherReader(), content, make.context())
    assert [(r.row, r.value) for r in rejected] == [("row 3", "the same as row 2")]
    assert [w.row for w in kept] == [2, 4, 5, 6]
    assert kept[0].id == kept[3].id
