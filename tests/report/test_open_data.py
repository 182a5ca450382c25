import csv
import io
import json
from dataclasses import replace
from itertools import pairwise

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.geo.geodesic import distance_m
from trucewatch.model.incident import PlaceMode
from trucewatch.model.loss import Loss, LossCause
from trucewatch.model.place import Place
from trucewatch.model.trouble import TroubleKind, trouble
from trucewatch.report.csv_table import cell_text, guarded
from trucewatch.report.daily import daily_html
from trucewatch.report.lint import lint, visible_text
from trucewatch.report.loss_rows import CAUSE_OF_LOSS
from trucewatch.report.open_data import open_data
from trucewatch.report.redact import blurred, for_audience, longitude_step_deg


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_the_same_book_gives_the_same_bytes(book):
    assert open_data(book) == open_data(book)


def test_tables_hold_what_the_report_counts(book):
    files = open_data(book)
    assert len(rows(files["incidents.csv"])) == 5
    assert len(rows(files["detections.csv"])) == len(book.detections)
    assert len(rows(files["assessments.csv"])) == 4
    assert len(rows(files["effort.csv"])) == 6
    assert len(rows(files["outages.csv"])) == 2


def with_trouble(book):
    """The same day with a jammed sensor, one without satellite time, and what both say."""
    jammed = Loss(
        sensor_id="AC-1", cause=LossCause.JAMMED, lost_s=5400.0, tasked_s=86_400.0, n_stretches=2, wholly=True
    )
    blind = replace(jammed, sensor_id="AC-2", cause=LossCause.DEGRADED, lost_s=1800.0, n_stretches=1, wholly=False)
    when = replace(book.period, end_utc=None)
    said = trouble("AC-2", TroubleKind.DEGRADED, when, what="no satellite time", meaning="its silence says less")
    return replace(book, effort=replace(book.effort, losses=(jammed, blind), troubles=(said,)))


def test_effort_lost_by_trouble_is_in_the_open_data_and_the_report(book):
    book = with_trouble(book)
    files = open_data(book)
    jammed, blind = rows(files["losses.csv"])
    assert (jammed["cause"], jammed["lost_s"], jammed["share_of_tasked"], jammed["wholly"]) == (
        "jammed",
        "5400.0",
        "0.0625",
        "true",
    )
    assert (blind["cause"], blind["wholly"]) == ("degraded", "false")
    assert "satellite time" in blind["cause_text"]
    (one,) = rows(files["troubles.csv"])
    assert (one["sensor_id"], one["kind"], one["what"], one["end_utc"]) == (
        "AC-2",
        "degraded",
        "no satellite time",
        "",
    )
    page = visible_text(daily_html(book))
    assert "Tasked sensor-hours that troubles took" in page
    assert "Jammed" in page and "1.5 h" in page
    assert "silence says less" in page and "silence says nothing" in page


def test_a_day_without_trouble_says_nothing_of_it(book):
    files = open_data(book)
    assert rows(files["losses.csv"]) == rows(files["troubles.csv"]) == []
    assert "that troubles took" not in daily_html(book)


def test_every_cause_of_a_loss_has_its_words():
    assert set(CAUSE_OF_LOSS) == set(LossCause)
    assert lint("\n".join(CAUSE_OF_LOSS.values())) == ()


def test_every_column_is_in_the_dictionary(book):
    files = open_data(book)
    said = files["DICTIONARY.md"].decode()
    for name, content in files.items():
        if name.endswith(".csv"):
            assert f"## {name}" in said
            for column in content.decode().splitlines()[0].split(","):
                assert f"| `{column}` |" in said


def test_dates_are_local_as_recorded_and_utc(book):
    first = rows(open_data(book)["incidents.csv"])[0]
    assert first["time_utc"] == "2025-08-12T23:10:12Z"
    assert first["time_local"] == "2025-08-13T02:10:12+03:00"
    heard = next(r for r in rows(open_data(book)["detections.csv"]) if r["kind"] == "report")
    assert heard["local_as_recorded"] == "13-Aug, 02:10 - 02:20 EEST"


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1", "\n=2"])
def test_a_text_that_would_run_as_a_formula_is_guarded(text):
    assert guarded(text) == "'" + text


def test_numbers_keep_their_sign_and_missing_is_empty():
    assert cell_text(-2.5) == "-2.5"
    assert cell_text(None) == ""
    assert cell_text(True) == "true"


@given(st.text())
def test_no_cell_ever_starts_a_formula(text):
    assert not cell_text(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_hostile_weapon_name_arrives_guarded_and_whole(book):
    evil = '=HYPERLINK("http://x","y"),\n"z"'
    first = replace(book.incidents[0], weapon_text=evil)
    table = rows(open_data(replace(book, incidents=(first,)))["incidents.csv"])
    assert table[0]["weapon"] == "'" + evil


def test_geojson_states_every_place_that_fits(book):
    with_place = next(n for n, i in enumerate(book.incidents) if i.place is not None)
    one = book.incidents[with_place]
    other = Place.circular(lon_deg=one.place.lon_deg + 0.01, lat_deg=one.place.lat_deg, sigma_m=20.0)
    modes = (PlaceMode(place=one.place, p=0.6), PlaceMode(place=other, p=0.4))
    several = replace(one, place_modes=modes)
    incidents = tuple(several if n == with_place else i for n, i in enumerate(book.incidents))
    made = json.loads(open_data(replace(book, incidents=incidents, audience="parties"))["incidents.geojson"])
    by_id = {f["id"]: f["properties"] for f in made["features"]}
    stated = by_id[one.id]["place_modes"]
    assert [m["p"] for m in stated] == [0.6, 0.4]
    assert stated[1]["coordinates"] == pytest.approx([other.lon_deg, other.lat_deg], abs=1e-5)
    assert shapely.from_geojson(json.dumps(stated[1]["region_95"])).is_valid
    assert all("place_modes" not in properties for i, properties in by_id.items() if i != one.id)


def test_places_that_fit_are_blurred_like_the_place_where_people_are_the_source(book):
    seen = {i.id: i for i in for_audience(book).incidents}
    raw = next(i for i in book.incidents if i.place is not None and seen[i.id].place != i.place)
    modes = (PlaceMode(place=raw.place, p=1.0),)
    incidents = tuple(replace(i, place_modes=modes) if i.id == raw.id else i for i in book.incidents)
    (blurry,) = next(
        i for i in for_audience(replace(book, incidents=incidents)).incidents if i.id == raw.id
    ).place_modes
    assert blurry.place == blurred(raw.place)


def test_geojson_is_sound(book):
    made = json.loads(open_data(book)["incidents.geojson"])
    assert made["type"] == "FeatureCollection" and "crs" not in made
    assert [f["id"] for f in made["features"]] == [i.id for i in book.incidents]
    west, south, east, north = made["bbox"]
    for f in made["features"]:
        shape = shapely.from_geojson(json.dumps(f["geometry"]))
        assert (
            west <= shape.bounds[0]
            and south <= shape.bounds[1]
            and shape.bounds[2] <= east
            and shape.bounds[3] <= north
        )
        if f["geometry"]["type"] == "Point":
            region = shapely.from_geojson(json.dumps(f["properties"]["region_95"]))
            assert region.is_valid and region.contains(shape) and region.exterior.is_ccw
        else:
            assert shape.exterior.is_ccw and f["properties"]["range_known"] is False


def test_an_empty_day_gives_headers_and_an_empty_collection(empty):
    files = open_data(empty)
    assert json.loads(files["incidents.geojson"])["features"] == []
    assert rows(files["incidents.csv"]) == [] and files["incidents.csv"].startswith(b"id,number,")


def test_the_public_never_gets_the_exact_place_of_a_human_observer(book):
    public = b"".join(open_data(book).values()) + daily_html(book).encode()
    mission = b"".join(open_data(replace(book, audience="mission")).values())
    for secret in (b"37.7123", b"48.1654", b"Shevchenko", b"reports/day.csv"):
        assert secret not in public
    assert b"37.712346" in mission and b"Shevchenko" in mission


def test_the_public_gets_only_a_rounded_place_of_an_incident_that_a_person_reported(book):
    seen = for_audience(book).incidents
    assert (seen[0].place.lon_deg, seen[0].place.lat_deg) != (37.8567891, 48.1234567)
    assert seen[0].place.var_east_m2 > book.incidents[0].place.var_east_m2
    assert seen[1] == book.incidents[1]
    assert for_audience(replace(book, audience="parties")).incidents == book.incidents


@given(st.floats(-179, 179), st.floats(-69, 69))
def test_rounding_is_at_least_a_kilometre_and_the_cell_holds_the_place(lon, lat):
    place = Place.circular(lon_deg=lon, lat_deg=lat, sigma_m=1.0)
    seen = blurred(place)
    step = longitude_step_deg(lat)
    assert abs(seen.lon_deg - lon) <= step / 2 + 1e-4 and abs(seen.lat_deg - lat) <= 0.005 + 1e-4
    assert float(distance_m(seen.lon_deg, seen.lat_deg, seen.lon_deg + step, seen.lat_deg)) > 990.0


def test_places_in_one_cell_cannot_be_told_apart():
    seen = [blurred(Place.circular(lon_deg=37.7 + d, lat_deg=48.161 + d, sigma_m=1.0)) for d in (0.001, 0.004, 0.008)]
    assert all((a.lon_deg, a.lat_deg) == (b.lon_deg, b.lat_deg) for a, b in pairwise(seen))
