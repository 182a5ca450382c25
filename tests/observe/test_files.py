"""Small real files, read from their names and bytes alone as a mission would."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from trucewatch.model.network import Network, Sensor
from trucewatch.model.vocabulary import CountQuality, ObserverKind
from trucewatch.observe import is_companion, sidecar_of

FOLDER = Path(__file__).parent.parent / "data" / "observe"
NAMES = tuple(sorted(p.name for p in FOLDER.iterdir()))


def take_in(make, name, **changes):
    content = (FOLDER / name).read_bytes()
    sidecar = sidecar_of(name, NAMES)
    companion = (FOLDER / sidecar).read_bytes() if sidecar else None
    return make.read(make.chosen(name, content), content, make.context(source=name, sidecar=companion, **changes))


def test_every_file_has_a_reader_or_is_a_companion(make):
    chosen = {n: make.chosen(n, (FOLDER / n).read_bytes()).name for n in NAMES if not is_companion(n, NAMES)}
    assert chosen == {
        "brp1_10s.mseed": "miniseed",
        "brp1_10s.sac": "sac",
        "fires_dates.csv": "firms",
        "fires_noaa20.csv": "firms",
        "reports.csv": "monitors",
        "shot.wav": "wav",
    }


def test_sac_and_miniseed_of_one_recording_agree(make):
    (sac,), _ = take_in(make, "brp1_10s.sac")
    (mseed,), _ = take_in(make, "brp1_10s.mseed")
    assert sac.recording.start.utc == datetime(2012, 4, 9, 18, 0, 0, 8300, tzinfo=UTC) == mseed.recording.start.utc
    assert (sac.recording.sensor_id, sac.recording.rate_hz) == ("BRP1", 100.0)
    np.testing.assert_array_equal(sac.samples, mseed.samples)
    assert len(sac.samples) == 1000


def test_a_shot_is_loud_and_placed_in_time(make):
    sensor = make.network().sensors[1]
    heard_by = Sensor(
        id="SCP-00-BNQ-1697", kind=ObserverKind.ACOUSTIC_SENSOR, owner="m", place=sensor.place, clock_sigma_s=0.01
    )
    (wave,), rejected = take_in(make, "shot.wav", network=Network(sensors=(heard_by,)))
    peak_s = float(np.argmax(np.abs(wave.samples))) / wave.recording.rate_hz
    assert rejected == []
    # The sensor's own network released a pulse at 06:04:33.860; the file starts at 33.700.
    assert peak_s == pytest.approx(0.160, abs=0.02)
    assert np.abs(wave.samples).max() > 20 * np.median(np.abs(wave.samples))


def test_fires_outside_the_mission_are_said_to_be(make):
    blocks, rejected = take_in(make, "fires_noaa20.csv")
    assert blocks == []
    assert len(rejected) == 5
    assert all("the mission's area" in r.expected for r in rejected)
    area = type(make.context().area)(west_deg=29, south_deg=44, east_deg=36, north_deg=47)
    (block,), rejected = take_in(make, "fires_noaa20.csv", area=area)
    assert (len(block), rejected) == (5, [])
    assert block.time_s[0] == datetime(2025, 8, 13, 0, 7, tzinfo=UTC).timestamp()


def test_reports_and_the_hour_that_came_twice(make):
    reports, rejected = take_in(make, "reports.csv")
    assert [(r.count.low, r.count.quality) for r in reports] == [
        (8, CountQuality.EXACT),
        (101, CountQuality.AT_LEAST),
        (2, CountQuality.UNCOUNTABLE),
    ]
    assert reports[2].time.start_utc == datetime(2025, 8, 24, 20, 50, tzinfo=UTC)
    assert reports[2].range_m is None
    assert [r.row for r in rejected] == ["row 5"]
    assert "2025-10-26T00:30:00Z or 2025-10-26T01:30:00Z" in rejected[0].expected
