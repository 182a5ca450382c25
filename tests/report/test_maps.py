import re
from dataclasses import replace
from importlib.resources import files
from xml.etree import ElementTree

import pytest
import shapely

from trucewatch.geo.geodesic import distance_m
from trucewatch.model.incident import Sector
from trucewatch.model.mission import MissionArea
from trucewatch.model.place import Place
from trucewatch.report.basemap import LAYERS as BASE_LAYERS
from trucewatch.report.basemap import base_layer
from trucewatch.report.charts import sensor_timeline, violations_chart
from trucewatch.report.digest import Digest
from trucewatch.report.map_layers import in_view, incidents, scale_bar_m, wedge
from trucewatch.report.maps import LAYERS, day_maps, detail_area
from trucewatch.report.redact import for_audience
from trucewatch.report.viewport import Viewport


@pytest.fixture
def maps(book):
    return day_maps(Digest.of(book))


def groups(svg):
    return [g.get("id") for g in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g") if g.get("id")]


def test_maps_hold_the_layers_that_are_allowed_and_no_other(maps):
    for m in maps:
        assert groups(m.svg) == [f"layer-{name}" for name in LAYERS]


def test_no_border_is_drawn_and_none_is_bundled(maps):
    assert BASE_LAYERS == ("land", "rivers", "lakes")
    bundled = sorted(f.name for f in files("trucewatch.report.basemap").iterdir() if f.name.endswith("json"))
    assert bundled == ["lakes.geojson", "land.geojson", "rivers.geojson"]
    for m in maps:
        assert not re.search(r"layer-\w*(border|boundar|countr|admin|state)", m.svg)
    with pytest.raises(ValueError, match="borders"):
        base_layer("borders")


def test_the_base_map_is_small_and_knows_no_names():
    folder = files("trucewatch.report.basemap")
    content = [f.read_bytes() for f in folder.iterdir() if f.name.endswith((".geojson", ".txt"))]
    assert sum(map(len, content)) < 600_000
    assert not any(b'"name' in c.lower() for c in content)


@pytest.mark.parametrize(
    ("lon", "lat", "dry"), [(37.8, 48.0, True), (34.1, 44.95, True), (36.5, 46.3, False), (31.0, 45.0, False)]
)
def test_the_base_map_tells_land_from_sea(lon, lat, dry):
    assert base_layer("land").contains(shapely.Point(lon, lat)) is dry


def test_the_same_day_gives_the_same_drawing(book, maps):
    assert [m.svg for m in day_maps(Digest.of(book))] == [m.svg for m in maps]


def test_a_map_names_its_sources_and_disclaims_borders(maps):
    words = " ".join(ElementTree.fromstring(maps[0].svg).itertext())
    flat = " ".join(words.split())
    assert "Natural Earth" in flat and "Source: drawn for this" in flat
    assert "do not" in flat and "imply official endorsement" in flat and "legal status" in flat
    assert "fewer than 1 in 10" in flat


def test_a_map_is_told_in_words_for_those_who_do_not_see_it(maps):
    assert "5 incidents of 5 shown: 1 assessed as violations, 2 indeterminate, 1 notified" in maps[0].alt
    assert "Line of contact (illustrative), Buffer zone" in maps[0].alt


def test_a_pixel_is_as_long_to_the_north_as_to_the_east_in_the_middle():
    view = Viewport.fit(MissionArea(west_deg=36.0, south_deg=47.0, east_deg=39.0, north_deg=49.0), width_px=720.0)
    x0, y0 = view.xy(37.5, 48.0)
    x1, _ = view.xy(37.6, 48.0)
    _, y1 = view.xy(37.5, 48.1)
    east = float(distance_m(37.5, 48.0, 37.6, 48.0)) / (x1 - x0)
    north = float(distance_m(37.5, 48.0, 37.5, 48.1)) / (y0 - y1)
    assert east == pytest.approx(north, rel=0.005)
    assert view.metres_a_px == pytest.approx(north, rel=0.005)


@pytest.mark.parametrize(("asked", "given"), [(9_999.0, 5_000.0), (10_000.0, 10_000.0), (37.0, 20.0), (1.0, 1.0)])
def test_a_scale_bar_is_a_round_length(asked, given):
    assert scale_bar_m(asked) == given


def test_a_sector_is_a_wedge_between_its_ranges():
    origin = Place.circular(lon_deg=37.7, lat_deg=48.1, sigma_m=5.0)
    sector = Sector(origin=origin, bearing_deg=90.0, half_width_deg=11.25, range_m=(5000.0, 7000.0))
    far = [float(distance_m(37.7, 48.1, lon, lat)) for lon, lat in wedge(sector)]
    assert min(far) == pytest.approx(5000.0, abs=0.1) and max(far) == pytest.approx(7000.0, abs=0.1)
    open_ended = wedge(replace(sector, range_m=None))
    assert (37.7, 48.1) in open_ended and open_ended[0] == open_ended[-1]


CLOSE = MissionArea(west_deg=37.66, east_deg=37.74, south_deg=48.08, north_deg=48.12)


def sector_from_the_middle(range_m, bearing_deg):
    origin = Place.circular(lon_deg=37.7, lat_deg=48.1, sigma_m=5.0)
    return Sector(origin=origin, bearing_deg=bearing_deg, half_width_deg=11.25, range_m=range_m)


@pytest.mark.parametrize(("range_m", "bearing_deg"), [((2000.0, 9000.0), 90.0), (None, 0.0)])
def test_a_sector_that_leaves_the_map_is_marked_inside_it(book, range_m, bearing_deg):
    """Its middle lies outside the frame, and a mark there would stand in the page's margin."""
    one = replace(book.incidents[0], place=None, sector=sector_from_the_middle(range_m, bearing_deg))
    view = Viewport.fit(CLOSE, width_px=600)
    assert in_view(one, view)
    (circle,) = ElementTree.fromstring(incidents(Digest.of(replace(book, incidents=(one,))), [one], view)).iter(
        "circle"
    )
    assert 0 <= float(circle.get("cx")) <= view.width_px
    assert 0 <= float(circle.get("cy")) <= view.height_px


def test_a_sector_beyond_the_map_is_not_shown_at_the_post_that_reported_it(book):
    one = replace(book.incidents[0], place=None, sector=sector_from_the_middle((60_000.0, 70_000.0), 180.0))
    assert not in_view(one, Viewport.fit(CLOSE, width_px=600))


def test_a_direction_without_a_range_is_drawn_open(maps):
    assert 'stroke-dasharray="3 3"' in maps[0].svg


def test_a_second_map_is_drawn_only_where_it_shows_more(book):
    area = book.mission.area
    near = tuple(replace(i, place=Place.circular(lon_deg=38.0, lat_deg=48.0, sigma_m=3.0)) for i in book.incidents[:3])
    detail = detail_area(near, area)
    assert detail is not None and detail.east_deg - detail.west_deg < 0.3
    assert detail_area((), area) is None
    corners = [Place.circular(lon_deg=x, lat_deg=y, sigma_m=3.0) for x, y in ((36.9, 47.0), (39.5, 48.9))]
    assert detail_area([replace(book.incidents[0], place=p) for p in corners], area) is None


def test_an_empty_day_still_has_a_map(empty):
    (only,) = day_maps(Digest.of(empty))
    assert "0 incidents of 0 shown" in only.alt
    assert violations_chart(Digest.of(empty)) is None


def test_charts_say_their_numbers_and_never_look_worse_than_they_are(book):
    chart = violations_chart(Digest.of(book))
    assert chart is not None and "Explosions: 12 in 1 incident" in chart.alt
    line = sensor_timeline(book)
    assert line is not None and "AC-03: power cut; CAM-1: obstructed by weather" in line.alt
    assert "4 more watched throughout" in line.svg and "19:30" in line.svg
    no_outage = replace(book.effort, sensors=tuple(replace(s, outages=()) for s in book.effort.sensors))
    assert sensor_timeline(replace(book, effort=no_outage)) is None


def test_a_post_is_not_drawn_where_it_stands_for_the_public(book):
    post = book.network.sensors[5]
    seen = for_audience(book).network.sensors[5]
    assert float(distance_m(post.place.lon_deg, post.place.lat_deg, seen.place.lon_deg, seen.place.lat_deg)) > 100.0
