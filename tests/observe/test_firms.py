"""FIRMS tables: every layout, every way to be wrong, and a file larger than memory should be."""

import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime

import numpy as np
import pytest

from trucewatch.model.errors import UnreadableInput
from trucewatch.observe.firms import BLOCK_ROWS, FirmsReader

VIIRS = (
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,confidence,version,bright_ti5,frp,daynight,"
    "instrument"
)
MODIS = (
    "latitude,longitude,brightness,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_t31,frp,"
    "daynight,type"
)
GOOD = "48.1,37.7,317.04,0.41,0.45,2025-08-13,0030,N20,nominal,2.0NRT,288.27,2.28,N,VIIRS"


def table(*rows, header=VIIRS, end="\n"):
    return (end.join((header, *rows)) + end).encode()


def changed(**cells):
    names = VIIRS.split(",")
    values = GOOD.split(",")
    for name, value in cells.items():
        values[names.index(name)] = value
    return ",".join(values)


def one_block(make, content):
    (block,), rejected = make.read(FirmsReader(), content, make.context())
    return block, rejected


def test_viirs_near_real_time(make):
    content = table(GOOD)
    assert make.chosen("fires", content).name == "firms"
    block, rejected = one_block(make, content)
    assert rejected == []
    assert datetime.fromtimestamp(block.time_s[0], UTC) == datetime(2025, 8, 13, 0, 30, tzinfo=UTC)
    assert (block.row[0], block.time_sigma_s[0], block.confidence[0], block.frp_mw[0]) == (2, 60.0, 0.5, 2.28)
    assert (block.scan_m[0], block.track_m[0]) == (410.0, 450.0)
    assert (block.satellite, block.version, bool(block.night[0])) == (("NOAA-20",), ("2.0NRT",), True)


def test_modis_standard(make):
    row = "48.1,37.7,320.1,1.2,1.1,2022-03-13,934,Terra,MODIS,77,61.03,290.1,12.5,D,0"
    block, rejected = one_block(make, table(row, header=MODIS))
    assert rejected == []
    assert (block.confidence[0], block.satellite, block.version) == (0.77, ("Terra",), ("61.03",))
    assert datetime.fromtimestamp(block.time_s[0], UTC) == datetime(2022, 3, 13, 9, 34, tzinfo=UTC)


@pytest.mark.parametrize("time", ["0007", "7", "00:07:00", "0:07", "00:07"])
def test_every_spelling_of_the_time(make, time):
    block, _ = one_block(make, table(changed(acq_time=time)))
    assert datetime.fromtimestamp(block.time_s[0], UTC) == datetime(2025, 8, 13, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("confidence", "value"),
    [("l", 0.15), ("low", 0.15), ("n", 0.5), ("Nominal", 0.5), ("h", 0.9), ("high", 0.9), ("0", 0.0), ("100", 1.0)],
)
def test_every_spelling_of_the_confidence(make, confidence, value):
    assert one_block(make, table(changed(confidence=confidence)))[0].confidence[0] == value


@pytest.mark.parametrize(
    "code", [("N", "S-NPP"), ("1", "NOAA-20"), ("N21", "NOAA-21"), ("A", "Aqua"), ("GOES", "GOES")]
)
def test_satellites_by_their_usual_names(make, code):
    assert one_block(make, table(changed(satellite=code[0])))[0].satellite == (code[1],)


@pytest.mark.parametrize(
    "header", ["latitude,longitude,acq_date", "LATITUDE,LONGITUDE,ACQ_DATE", '"latitude","longitude","acq_date"']
)
def test_dates_without_times(make, header):
    block, rejected = one_block(make, table("48.1,37.7,2022-03-13", header=header, end="\r\n"))
    assert rejected == []
    assert block.time_s[0] == datetime(2022, 3, 13, tzinfo=UTC).timestamp()
    assert block.time_sigma_s[0] == pytest.approx(86400 / 12**0.5)
    assert np.isnan(block.frp_mw[0])
    assert np.isnan(block.confidence[0])
    assert block.satellite == ("",)


def test_missing_optional_values_stay_missing(make):
    block, rejected = one_block(make, table(changed(frp="", confidence="NA"), GOOD))
    assert rejected == []
    assert np.isnan(block.frp_mw[0])
    assert np.isnan(block.confidence[0])
    assert block.frp_mw[1] == 2.28


@pytest.mark.parametrize(
    ("row", "value", "words"),
    [
        (changed(latitude="37.7", longitude="48.1"), "longitude 48.1, latitude 37.7", "look swapped"),
        (changed(latitude="4814.2"), "4814.2", "a latitude in decimal degrees"),
        (changed(longitude="nan"), "nan", "a longitude in decimal degrees"),
        (changed(longitude="inf"), "inf", "a longitude in decimal degrees"),
        (changed(latitude=""), None, "a latitude in decimal degrees"),
        (changed(latitude="4_8.1"), "4_8.1", "a latitude in decimal degrees"),
        (changed(latitude="48,1"), None, "14 columns as in the header, found 15"),
        (changed(latitude="46.0", longitude="10.0"), "longitude 10.0, latitude 46.0", "the mission's area"),
        (changed(acq_date="2026-01-03"), "2026-01-03 0030", "not in the future"),
        (changed(acq_date="1999-12-31"), "1999-12-31 0030", "2000 or later"),
        (changed(acq_date="13/08/2025"), "13/08/2025 0030", "acq_date such as"),
        (changed(acq_date="2025-02-30"), "2025-02-30 0030", "acq_date such as"),
        (changed(acq_time="2460"), "2025-08-13 2460", "acq_time such as"),
        (changed(acq_time=""), "2025-08-13", "acq_time such as"),
        (changed(frp="inf"), "inf", "frp in MW"),
        (changed(frp="nan"), "nan", "frp in MW"),
        (changed(frp="-1"), "-1", "frp in MW"),
        (changed(scan="0"), "0", "scan in km, above 0"),
        (changed(track="wide"), "wide", "track in km"),
        (changed(confidence="101"), "101", "confidence l, n, h"),
        (changed(confidence="nan"), "nan", "confidence l, n, h"),
        (changed(daynight="X"), "X", "D or N"),
        (GOOD[:20], None, "14 columns as in the header, found 4"),
    ],
)
def test_a_bad_row_is_rejected_alone(make, row, value, words):
    block, rejected = one_block(make, table(GOOD, row, GOOD))
    assert list(block.row) == [2, 4]
    assert [(r.row, r.raw) for r in rejected] == [("row 3", row.encode() + b"\n")]
    assert words in rejected[0].expected
    assert value is None or rejected[0].value == value


def test_blank_overlong_and_undecodable_lines(make):
    long_line = "9" * 200_000
    raw = (
        table(GOOD, "", long_line)
        + b"\xff\xfe,1\n"
        + GOOD.replace("2.0NRT", "@").encode().replace(b"@", b"\xff")
        + b"\n"
    )
    block, rejected = one_block(make, raw)
    assert list(block.row) == [2, 6]
    assert block.version == ("2.0NRT", "?")
    assert [r.row for r in rejected] == ["row 4", "row 5"]
    assert len(rejected[0].raw) < 70_000


def test_rows_are_numbered_through_all_blocks(make):
    n = BLOCK_ROWS + 10
    content = table(*([GOOD] * (n - 1)), changed(latitude="x"), GOOD)
    blocks, rejected = make.read(FirmsReader(), content, make.context())
    assert [len(b) for b in blocks] == [BLOCK_ROWS, 10]
    assert blocks[1].first_row == BLOCK_ROWS + 2
    assert [r.row for r in rejected] == [f"row {n + 1}"]


@pytest.mark.parametrize("content", [b"", b"\n", b"latitude,acq_date\n48.1,2025-08-13\n"])
def test_a_file_without_its_header_is_refused(make, content):
    with pytest.raises(UnreadableInput, match="a FIRMS header with"):
        make.read(FirmsReader(), content, make.context())


@pytest.mark.shared
def test_published_excerpts(make, shared_data):
    area = type(make.context().area)(west_deg=20, south_deg=43, east_deg=42, north_deg=53)
    for path in sorted((shared_data / "satellite/formats").glob("*.csv")):
        content = path.read_bytes()
        blocks, rejected = make.read(FirmsReader(), content, make.context(area=area))
        assert rejected == []
        assert sum(map(len, blocks)) == content.count(b"\n") - 1 + (not content.endswith(b"\n"))


def test_memory_does_not_grow_with_the_file(make, tmp_path):
    path = tmp_path / "large.csv"
    rows = (GOOD + "\n") * 10_000
    n_blocks = 60_000_000 // len(rows) + 1
    with path.open("w") as stream:
        stream.write(VIIRS + "\n")
        for _ in range(n_blocks):
            stream.write(rows)
    program = textwrap.dedent(
        """
        import re, sys
        from datetime import UTC, datetime
        from trucewatch.model.mission import MissionArea
        from trucewatch.model.network import Network
        from trucewatch.observe import ReadContext
        from trucewatch.observe.firms import FirmsReader
        area = MissionArea(west_deg=36.0, south_deg=46.8, east_deg=40.2, north_deg=50.2)
        context = ReadContext(source="f", input_id="i", area=area, network=Network(sensors=()),
                              now_utc=datetime(2026, 1, 1, tzinfo=UTC), time_zone="Europe/Kyiv")
        def peak_kib():
            # Not ru_maxrss: across fork and exec it still holds the size of the process that started this one.
            return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])

        marks, n = [peak_kib()], 0
        with open(sys.argv[1], "rb") as stream:
            for block in FirmsReader().read(stream, context):
                n += len(block)
                marks.append(peak_kib())
        print(n, marks[0], marks[len(marks) // 2], marks[-1])
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True, env=os.environ
    )
    n, at_start, half_way, at_end = map(int, done.stdout.split())
    assert n == n_blocks * 10_000
    assert at_end - at_start < 115 * 1024
    # The second half alone is 30 MB of text; blocks of changing size let the allocator wander by some 10 MiB.
    assert at_end - half_way < 20 * 1024
