"""A folder of recordings as a feed."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.mission import Mission, MissionArea
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.service.archive import Archive
from trucewatch.store import Inbox

obspy = pytest.importorskip("obspy")

START = datetime(2025, 8, 13, 18, 10, tzinfo=UTC)
MISSION = Mission(
    id="m",
    name="m",
    purpose="",
    area=MissionArea(west_deg=36.0, south_deg=47.0, east_deg=39.0, north_deg=49.0),
    time_zone="UTC",
    reporting_time="19:30",
    languages=("en",),
)
NETWORK = Network(
    sensors=(
        Sensor(
            id="UA.KIS",
            kind=ObserverKind.SEISMIC_STATION,
            owner="m",
            place=Place.circular(lon_deg=37.7, lat_deg=48.1, sigma_m=2.5),
            clock_sigma_s=0.01,
        ),
    )
)


def miniseed(first: int, n: int) -> bytes:
    trace = obspy.Trace(
        np.arange(first, first + n, dtype=np.int32),
        {
            "network": "UA",
            "station": "KIS",
            "channel": "BHZ",
            "sampling_rate": 20.0,
            "starttime": obspy.UTCDateTime(START) + first / 20.0,
        },
    )
    out = io.BytesIO()
    trace.write(out, format="MSEED", reclen=512)
    return out.getvalue()


def archive(root: Path) -> Archive:
    return Archive(inbox=Inbox(root), mission=MISSION, network=NETWORK, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))


def test_a_file_that_grew_is_gone_on_with(tmp_path: Path) -> None:
    file = tmp_path / "UA.KIS.2025.225"
    file.write_bytes(miniseed(0, 400))
    feed = archive(tmp_path)
    first = list(feed.read((file.name,)))
    file.write_bytes(miniseed(0, 400) + miniseed(400, 300))
    second = list(feed.read((file.name,)))
    assert list(feed.read((file.name,))) == []
    samples = np.concatenate([w.samples for w in (*first, *second) if isinstance(w, Waveform)])
    np.testing.assert_array_equal(samples, np.arange(700))
    assert second[0].recording.start.utc == START + timedelta(seconds=20)
    assert second[0].recording.n_samples == 300


def test_what_is_no_recording_is_passed_over_and_what_is_damaged_is_said(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("about")
    (tmp_path / "weather.csv").write_text("time,temperature_c,wind_m_s\n2025-08-13T00:00Z,18,3\n")
    (tmp_path / "a.json").write_text(json.dumps({"x": 1}))
    (tmp_path / "b.mseed").write_bytes(b"no record at all" * 10)
    (tmp_path / "c.mseed").write_bytes(miniseed(0, 100))
    found = list(archive(tmp_path).read(Inbox(tmp_path).paths()))
    assert sum(isinstance(f, Waveform) for f in found) == 1
    assert any(isinstance(f, UnreadableInput) and "b.mseed" in str(f) for f in found)
