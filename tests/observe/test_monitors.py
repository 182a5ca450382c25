"""Monitors' reports as CSV, XLSX and JSON: the same rows give the same reports; bad rows are rejected alone."""

import csv
import io
import json
import re
import zipfile
from datetime import UTC, datetime

import openpyxl
import pytest

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.vocabulary import (
    CountQuality,
    Description,
    Means,
    ObservationType,
    ObserverKind,
    WeaponClass,
)
from trucewatch.model.wire import to_bytes
from trucewatch.observe.monitors import POSITION_SIGMA_M, MonitorsReader

ROW = {
    "Observer": "Patrol 3",
    "SMM position": "W edge of the village",
    "Event location": "5-7km SE of Avdiivka",
    "Means": "Heard",
    "No.": "about 60",
    "Observation": "Explosions",
    "Description": "Undetermined",
    "Weapon": "N/K",
    "Date, time": "13 August 2025, 21:10-21:40 EEST",
    "Range": "5-7km",
    "Bearing": "SE, SSE",
    "Remarks": "at dusk",
    "Language": "en",
    "lon": "37.74",
    "lat": "48.14",
}
OTHER = ROW | {
    "Observer": "Post 7",
    "lon": "",
    "lat": "",
    "No.": "8",
    "Weapon": "mortar 82mm",
    "Description": "outgoing",
}


def as_csv(*rows, delimiter=",", bom=False):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")


def as_xlsx(*rows):
    book = openpyxl.Workbook()
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append([float(v) if re.fullmatch(r"[\d.]+", str(v)) and k != "No." else v for k, v in row.items()])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_json(*rows):
    return json.dumps({"reports": rows}).encode()


def read(make, content, **changes):
    return make.read(MonitorsReader(), content, make.context(**changes))


def test_every_column_is_read(make):
    (report, other), rejected = read(make, as_csv(ROW, OTHER))
    assert rejected == []
    assert (report.row, report.observer_id, report.observer_kind) == (2, "Patrol 3", ObserverKind.PATROL)
    assert (report.observer_place.lon_deg, report.observer_place.var_east_m2) == (37.74, POSITION_SIGMA_M**2)
    assert report.time.start_utc == datetime(2025, 8, 13, 18, 10, tzinfo=UTC)
    assert report.time.end_utc == datetime(2025, 8, 13, 18, 40, tzinfo=UTC)
    assert report.local_time_text == "13 August 2025, 21:10-21:40 EEST"
    assert (report.means, report.observation_type) == (Means.HEARD, ObservationType.EXPLOSION)
    assert (report.count.low, report.count.high, report.count.quality) == (48, 72, CountQuality.ABOUT)
    assert (report.range_m, report.bearings_deg) == ((5000.0, 7000.0), (135.0, 157.5))
    assert (report.weapon_class, report.weapon_text) == (WeaponClass.NOT_KNOWN, "N/K")
    assert (report.event_location_text, report.text, report.language) == ("5-7km SE of Avdiivka", "at dusk", "en")
    assert (other.observer_kind, other.observer_place.lon_deg) == (ObserverKind.STATIC_POST, 37.7)
    assert (other.weapon_class, other.description) == (WeaponClass.MORTAR, Description.OUTGOING)


@pytest.mark.parametrize("written", [as_xlsx, as_json, lambda *r: as_csv(*r, delimiter=";", bom=True)])
def test_every_form_gives_the_same_reports(make, written):
    content = written(ROW, OTHER)
    assert make.chosen("reports", content).name == "monitors"
    assert [to_bytes(r) for r in read(make, content)[0]] == [to_bytes(r) for r in read(make, as_csv(ROW, OTHER))[0]]


def test_the_zone_may_stand_in_the_header_or_in_a_column(make):
    bare = ROW | {"Date, time": "13 August 2025, 21:10-21:40"}
    renamed = {("Date, time (Europe/Kyiv)" if k == "Date, time" else k): v for k, v in bare.items()}
    column = bare | {"Zone": "Europe/Kyiv"}
    parted = {k: v for k, v in bare.items() if k != "Date, time"} | {"Date": "2025-08-13", "Time (EEST)": "21:10-21:40"}
    starts = {read(make, as_csv(row))[0][0].time for row in (ROW, renamed, column, parted)}
    assert len(starts) == 1
    assert "with its zone" in read(make, as_csv(ROW, bare))[1][0].expected


def test_workbooks_keep_their_dates(make):
    row = ROW | {"Date, time": datetime(2025, 8, 13, 21, 10), "Zone": "EEST", "No.": 8.0}  # noqa: DTZ001
    (report,), rejected = read(make, as_xlsx(row))
    assert rejected == []
    assert report.time.start_utc == datetime(2025, 8, 13, 18, 10, tzinfo=UTC)
    assert report.count.best == 8


@pytest.mark.parametrize(
    ("changes", "value", "words"),
    [
        ({"lon": "48.14", "lat": "37.74"}, "longitude 48.14, latitude 37.74", "look swapped"),
        ({"lat": "4814.2"}, "4814.2", "a latitude in decimal degrees"),
        ({"lat": "48°14'"}, "48°14'", "a latitude in decimal degrees"),
        ({"lon": "nan"}, "nan", "a longitude"),
        ({"lon": ""}, None, "a longitude"),
        ({"lon": "12.5", "lat": "41.9"}, "longitude 12.5, latitude 41.9", "the mission's area"),
        ({"lon": "", "lat": ""}, "Patrol 3", "nearest names: Post 7"),
        ({"Observer": ""}, None, "an observer"),
        ({"Range": "5-7 furlongs"}, "5-7 furlongs", "a range in m or km"),
        ({"Bearing": "left"}, "left", "directions such as"),
        ({"No.": "lots"}, "lots", "a count of 1 or more"),
        ({"Observation": "bang"}, "bang", "what was observed"),
        ({"Means": "smelt"}, "smelt", "how it was observed"),
        ({"Description": "scary"}, "scary", "what it was assessed to be"),
        ({"Date, time": "13 August 2025, 21:10"}, "13 August 2025, 21:10", "with its zone"),
        ({"Date, time": "13 August 2031, 21:10 EEST"}, "13 August 2031, 21:10 EEST", "not in the future"),
        ({"Date, time": "26 October 2025, 03:30", "Zone": "Europe/Kyiv"}, "26 October 2025, 03:30", "T00:30:00Z or"),
    ],
)
@pytest.mark.parametrize("written", [as_csv, as_xlsx, as_json])
def test_a_bad_row_is_rejected_alone(make, written, changes, value, words):
    bad = ROW | {"Zone": ""} | changes
    reports, rejected = read(make, written(ROW | {"Zone": ""}, bad, OTHER | {"Zone": ""}))
    assert [r.row for r in reports] == [2, 4]
    assert [(r.row, r.value) for r in rejected] == [("row 3", value)]
    assert words in rejected[0].expected
    assert rejected[0].raw


def test_the_same_line_twice_is_one_report(make):
    reports, rejected = read(make, as_csv(ROW, ROW))
    assert len(reports) == 1
    assert (rejected[0].row, rejected[0].value) == ("row 3", "the same as row 2")


def test_a_resent_line_keeps_its_id(make):
    first = read(make, as_csv(ROW), input_id="inp-1")[0][0]
    again = read(make, as_csv(OTHER, ROW), input_id="inp-2")[0][1]
    assert first.id == again.id


def test_a_quote_that_never_closes_spoils_one_row_only(make):
    lines = as_csv(ROW, OTHER, ROW | {"No.": "3"}).split(b"\r\n")
    lines[1] = lines[1].replace(b'"SE, SSE"', b'"SE')
    reports, rejected = read(make, b"\r\n".join(lines))
    assert [r.row for r in rejected] == ["row 2"]
    assert [r.row for r in reports] == [3, 4]


def test_remarks_may_hold_line_breaks_and_any_script(make):
    row = ROW | {"Remarks": 'two\nlines, "quoted"\nі кирилиця', "Language": "uk"}
    (report, _), rejected = read(make, as_csv(row, OTHER))
    assert rejected == []
    assert report.text == row["Remarks"]


def test_cut_undecodable_and_overlong_rows(make):
    content = as_csv(ROW, OTHER, ROW | {"Remarks": "x" * 100_000}, ROW | {"No.": "9"})
    content = content.replace(b"mortar", b"m\xffrtar")[:-20]
    reports, rejected = read(make, content)
    assert [r.row for r in reports] == [2]
    assert [r.row for r in rejected] == ["row 3", "row 4", "row 5"]


def test_json_objects_stand_for_themselves(make):
    content = json.dumps([ROW, {"Observer": "x", "Observation": "burst"}, 7, ROW | {"lon": 37.0, "No.": 3}]).encode()
    reports, rejected = read(make, content)
    assert [r.row for r in reports] == [2, 5]
    assert [r.row for r in rejected] == ["row 3", "row 4"]
    assert "no column for means, count, date, time" in rejected[0].value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Observer,Observation\nx,y\n", "the columns Observer"),
        (b"[{", "JSON"),
        (b'{"reports": 3}', "an array of objects"),
        (b'[{"Observer": NaN}]', "finite numbers"),
        (b"[" * 100_000, "hundreds deep"),
        (b'{"a": ' * 100_000, "hundreds deep"),
        (b"PK\x03\x04 not a workbook", "XLSX workbook"),
        (as_xlsx(ROW)[:-100], "XLSX workbook"),
        (as_xlsx(ROW)[:3000], "XLSX workbook"),
        (as_xlsx({"A": "b"}), "the columns Observer"),
    ],
)
def test_whole_files_that_cannot_be_read(make, content, words):
    with pytest.raises(UnreadableInput) as caught:
        read(make, content)
    assert words in str(caught.value)


def test_lone_surrogates_are_refused(make):
    content = json.dumps([ROW | {"Remarks": "\ud800"}]).encode()
    reports, rejected = read(make, content)
    assert reports == []
    assert "UTF-8" in rejected[0].expected
    to_bytes([rejected[0].value, rejected[0].expected])


def rezipped(change):
    """A good workbook with one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx(ROW))) as good, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bad:
        for name in good.namelist():
            bad.writestr(name, change.get(name, good.read(name)))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
XMLNS = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def test_zip_bombs_are_not_unpacked(make):
    bomb = rezipped({SHEET: b" " * 60_000_000})
    assert len(bomb) < 1_000_000
    with pytest.raises(UnreadableInput, match="unpack"):
        read(make, bomb)


@pytest.mark.parametrize(
    "sheet",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet ' + XMLNS + b"><sheetData/></worksheet>",
        b"<worksheet " + XMLNS + b'><dimension ref="A1:XFD1048576"/><sheetData><row r="1"/></sheetData></worksheet>',
        b"<worksheet " + XMLNS + b'><sheetData><row r="999999999999"><c r="A1"/></row></sheetData></worksheet>',
        b"<worksheet " + XMLNS + b'><sheetData><row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData></worksheet>',
        b"<worksheet " + XMLNS + b'><sheetData><row r="1"><c r="A1" t="n"><v>x</v></c></row>',
        b"",
    ],
)
def test_hostile_sheets_are_refused_quickly(make, sheet):
    with pytest.raises(UnreadableInput):
        read(make, rezipped({SHEET: sheet}))
