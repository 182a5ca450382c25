"""Whatever the bytes, a reader yields observations and rejections, or raises UnreadableInput; nothing else."""

import io
import json

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.observation import FirePixels, Rejection, Waveform
from trucewatch.model.wire import to_bytes
from trucewatch.observe import readers

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
COLUMNS = ["Observer", "Means", "No.", "Observation", "Zone", "Date/time", "Range", "Bearing", "lon", "lat", "Remarks"]
REPORT = [
    "Post 7",
    "heard",
    "about 8",
    "bursts",
    "EEST",
    "2025-08-13 21:10-21:40",
    "5-7km",
    "SE, S",
    "37.7",
    "48.1",
    "x",
]

EDGE_BATCH = b"""trucewatch-detections/1
{"from_utc":"2025-08-13T18:10:00Z","n":2,"node":"node-1","to_utc":"2025-08-13T18:11:00Z"}
{"detection":{"count":{"best":1,"high":1,"low":1,"quality":"exact"},"id":"det-1","kind":"onset","means":"recorded",\
"method":"m/1","observation_ids":[],"observation_type":"explosion","observer_kind":"acoustic_sensor","origin":null,\
"p_false":0.01,"sensor_id":"AC-01","time":{"sigma_s":0.001,"utc":"2025-08-13T18:10:05.25Z"}}}
{"listening":{"clock_drift_s_per_day":null,"clock_offset_s":null,"clock_offset_sigma_s":null,"id":"","input_ids":[],\
"method":"q/1","noise_level_db":44.0,"noise_sigma_db":2.0,"recorded_share":1.0,"sensor_id":"AC-01","signs":[],\
"time":{"end_utc":"2025-08-13T18:11:00Z","start_utc":"2025-08-13T18:10:00Z"},"usable_share":1.0}}
"""

ANY_VALUE = st.none() | st.text() | st.floats() | st.booleans() | st.lists(st.integers())


def workbook():
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (COLUMNS, REPORT, REPORT):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def csv_of(*rows):
    return "".join(",".join(f'"{c}"' if "," in c else c for c in row) + "\n" for row in rows).encode()


@pytest.fixture(scope="session")
def good_files(make):
    ramp = np.arange(600, dtype=np.int32) % 53
    pulse = {"sensor": "AC-01", "time_utc": "2025-08-13T18:10:00Z", "sigma_s": 0.001, "snr_db": 3}
    fires = ["latitude,longitude,scan,track,acq_date,acq_time,satellite,confidence,version,frp,daynight"]
    fires += ["48.1,37.7,0.41,0.45,2025-08-13,0030,N20,nominal,2.0NRT,2.28,N"] * 3
    health = [["sensor", "from", "to", "state", "reason"], ["AC-01", "2025-08-13T00:00Z", "", "jammed", "x"]]
    weather = [["time", "temperature_c", "wind_m_s"], ["2025-08-13T00:00Z", "18", "3"]]
    return {
        "miniseed": make.miniseed(ramp) + make.miniseed(ramp, version=3),
        "sac": make.sac(ramp, version=7),
        "wav": make.wav(ramp.astype("<i2").tobytes()),
        "pulses": json.dumps({"format": "trucewatch-pulses/1", "pulses": [pulse, pulse]}).encode(),
        "detections": EDGE_BATCH,
        "firms": ("\n".join(fires) + "\n").encode(),
        "monitors": csv_of(COLUMNS, REPORT, REPORT),
        "monitors xlsx": workbook(),
        "monitors json": json.dumps([dict(zip(COLUMNS, REPORT, strict=True))]).encode(),
        "health": csv_of(*health),
        "weather": csv_of(*weather),
    }


FORMS = [
    "miniseed",
    "sac",
    "wav",
    "pulses",
    "detections",
    "firms",
    "monitors",
    "monitors xlsx",
    "monitors json",
    "health",
    "weather",
]


def reader_of(form):
    return next(r for r in readers() if r.name == form.split()[0])


def read_or_refuse(reader, content, context):
    try:
        items = list(reader.read(io.BytesIO(content), context))
    except UnreadableInput as error:
        assert error.expected
        return []
    for item in items:
        check_item(item)
    return items


def check_item(item):
    if isinstance(item, Waveform):
        assert np.isfinite(item.samples).all()
        assert len(item.samples) == item.recording.n_samples
        to_bytes(item.recording)
    elif isinstance(item, FirePixels):
        assert np.isfinite(item.lon_deg).all()
        to_bytes([item.satellite, item.version])
    elif isinstance(item, Rejection):
        to_bytes([item.row, item.value, item.expected])
    else:
        to_bytes(item)


@pytest.mark.parametrize("form", FORMS)
def test_good_files_are_good(form, good_files, make):
    items = read_or_refuse(reader_of(form), good_files[form], make.context(sidecar=make.sidecar()))
    assert any(not isinstance(i, Rejection) for i in items)


@pytest.mark.parametrize("form", FORMS)
@FUZZ
@given(data=st.data())
def test_random_bytes(form, make, data):
    content = data.draw(st.binary(max_size=2000))
    read_or_refuse(reader_of(form), content, make.context(sidecar=make.sidecar()))


@pytest.mark.parametrize("form", FORMS)
@FUZZ
@given(data=st.data())
def test_random_changes_of_good_files(form, good_files, make, data):
    content = bytearray(good_files[form])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "text"])):
            case "flip":
                content[at] = data.draw(st.integers(0, 255))
            case "cut":
                del content[at : at + data.draw(st.integers(1, 200))]
            case "insert":
                content[at:at] = data.draw(st.binary(max_size=20))
            case "text":
                content[at:at] = data.draw(
                    st.sampled_from([b"nan", b"inf", b"-", b'"', b"\n", b",", b"1e999", b"\xff", b"9" * 30])
                )
        content = content or bytearray(b"\0")
    read_or_refuse(reader_of(form), bytes(content), make.context(sidecar=make.sidecar()))


@pytest.mark.parametrize("form", FORMS)
def test_every_truncation(form, good_files, make):
    content = good_files[form]
    for size in range(0, len(content), max(1, len(content) // 150)):
        read_or_refuse(reader_of(form), content[:size], make.context(sidecar=make.sidecar()))


@FUZZ
@given(st.binary(max_size=400))
def test_random_sidecars(make, sidecar):
    read_or_refuse(reader_of("wav"), make.wav(b"\1\0\2\0"), make.context(sidecar=sidecar))


@FUZZ
@given(st.dictionaries(st.sampled_from(["sensor", "start_utc", "clock_sigma_s", "channel", "unit"]), ANY_VALUE))
def test_random_sidecar_values(make, fields):
    sidecar = json.dumps({"sensor": "AC-01", "start_utc": "2018-12-19T05:23:15.100Z"} | fields).encode()
    read_or_refuse(reader_of("wav"), make.wav(b"\1\0\2\0"), make.context(sidecar=sidecar))
