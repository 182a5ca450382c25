"""A small network and mission that the readers' tests share, and ways to make files as instruments do."""

import io
import json
import struct
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pymseed
import pytest

from trucewatch.model.mission import MissionArea
from trucewatch.model.network import Element, Network, Sensor
from trucewatch.model.observation import Rejection
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.observe import HEAD_BYTES, ReadContext, reader_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HERE = Place.circular(lon_deg=37.7, lat_deg=48.1, sigma_m=2.5)


def make_network():
    sensor = {"owner": "mission", "place": HERE, "clock_sigma_s": 0.005}
    return Network(
        sensors=(
            Sensor(id="AC-01", kind=ObserverKind.ACOUSTIC_SENSOR, calibration_pa_per_count=0.002, **sensor),
            Sensor(id="AC-02", kind=ObserverKind.ACOUSTIC_SENSOR, **sensor),
            Sensor(
                id="BRP",
                kind=ObserverKind.INFRASOUND_ARRAY,
                elements=tuple(Element(id=f"BRP{i}", place=HERE, channel="EDF") for i in range(1, 5)),
                **sensor,
            ),
            Sensor(id="Post 7", kind=ObserverKind.STATIC_POST, **sensor),
        )
    )


@pytest.fixture(scope="session")
def make():
    """Everything below by name: test modules cannot import each other."""
    return SimpleNamespace(
        now=NOW,
        context=make_context,
        network=make_network,
        read=read_all,
        chosen=chosen_reader,
        miniseed=miniseed_bytes,
        sac=sac_bytes,
        wav=wav_bytes,
        sidecar=sidecar_bytes,
    )


def make_context(**changes):
    area = MissionArea(west_deg=36.0, south_deg=46.8, east_deg=40.2, north_deg=50.2)
    fields = {
        "source": "inbox/file",
        "input_id": "inp-0123456789abcdef",
        "area": area,
        "network": make_network(),
        "now_utc": NOW,
        "time_zone": "Europe/Kyiv",
        "sidecar": None,
    }
    return ReadContext(**(fields | changes))


def read_all(reader, content, context):
    """Observations and rejections of some bytes."""
    items = list(reader.read(io.BytesIO(content), context))
    return [i for i in items if not isinstance(i, Rejection)], [i for i in items if isinstance(i, Rejection)]


def chosen_reader(path, content):
    return reader_for(path, content[:HEAD_BYTES])


def miniseed_bytes(samples, *, station="BRP1", start="2012-04-09T18:00:00.008300Z", version=2, rate_hz=100.0):
    record = pymseed.MS3Record()
    record.sourceid = f"FDSN:YJ_{station}__E_D_F"
    record.set_starttime_str(start)
    record.samprate = rate_hz
    record.reclen = 512
    record.formatversion = version
    samples = np.asarray(samples)
    if samples.dtype == np.int32:
        record.encoding, kind = pymseed.DataEncoding.STEIM2, "i"
    else:
        record.encoding, kind = pymseed.DataEncoding.FLOAT64, "d"
        samples = samples.astype(np.float64)
    return b"".join(record.generate(data_samples=samples, sample_type=kind))


def sac_bytes(samples, *, order="<", version=6, station="BRP1", delta=0.01, b=0.25, reference=(2012, 100, 18, 0, 0, 8)):
    floats, ints = [-12345.0] * 70, [-12345] * 40
    floats[0], floats[5] = delta, b
    ints[0:6] = reference
    ints[6], ints[9], ints[15], ints[35] = version, len(samples), 1, 1
    texts = f"{station:8s}{'-12345':16s}".encode() + b"-12345  " * 17 + b"EDF     YJ      " + b"-12345  " * 2
    assert len(texts) == 192
    footer = struct.pack(f"{order}22d", delta, b, *[-12345.0] * 20) if version == 7 else b""
    body = np.asarray(samples, dtype=f"{order}f4").tobytes()
    return struct.pack(f"{order}70f", *floats) + struct.pack(f"{order}40i", *ints) + texts + body + footer


def wav_bytes(body, *, code=1, bits=16, rate=12000, channels=1, extra=b"", declared=None):
    frame = bits // 8 * channels
    form = struct.pack("<HHIIHH", code, channels, rate, rate * frame, frame, bits) + extra
    length = len(body) if declared is None else declared
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"LIST\x03\x00\x00\x00abc\x00"
    chunks += b"data" + struct.pack("<I", length) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def sidecar_bytes(**changes):
    fields = {
        "sensor": "AC-01",
        "start_utc": "2018-12-19T05:23:15.100Z",
        "clock_sigma_s": 0.0001,
        "channel": "",
        "unit": "count",
    }
    return json.dumps(fields | changes).encode()
