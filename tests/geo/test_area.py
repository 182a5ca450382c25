import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from trucewatch.geo import (
    Area,
    along_line,
    densify,
    destination,
    distance_m,
    from_azimuthal,
    probabilities_inside,
    probability_inside,
)
from trucewatch.geo.area import distance_to_line, distance_to_line_m, line_buffer, signed_distance_m

LON, LAT = 37.8, 48.0


def square(half_m: float, centre=(0.0, 0.0)) -> Area:
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * half_m + np.array(centre)
    return Area.from_rings(from_azimuthal(LON, LAT, corners))


def disc(radius_m: float, n: int = 720) -> Area:
    turn = 2 * np.pi * np.arange(n + 1) / n
    ring = from_azimuthal(LON, LAT, radius_m * np.stack((np.cos(turn), np.sin(turn)), axis=1))
    ring[-1] = ring[0]
    return Area.from_rings(ring)


def covariance(sigma_a, sigma_b, turn):
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return axes @ np.diag([sigma_a**2, sigma_b**2]) @ axes.T


@pytest.mark.parametrize("offset", [-900.0, -100.0, 0.0, 250.0, 2000.0])
def test_half_plane(offset):
    # The western edge of a 40 km square, far from its corners, is a half-plane for sigma = 400 m.
    p = probability_inside(square(20_000.0, (20_000.0 - offset, 0.0)), LON, LAT, np.diag([400.0**2, 300.0**2]))
    assert p == pytest.approx(norm.cdf(offset / 400.0), abs=1e-6)


@pytest.mark.parametrize("half", [100.0, 500.0, 1500.0])
def test_square(half):
    p = probability_inside(square(half), LON, LAT, np.diag([400.0**2, 300.0**2]))
    expected = (2 * norm.cdf(half / 400.0) - 1) * (2 * norm.cdf(half / 300.0) - 1)
    assert p == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("radius", [200.0, 700.0])
def test_disc(radius):
    p = probability_inside(disc(radius), LON, LAT, 400.0**2 * np.eye(2))
    assert p == pytest.approx(1 - np.exp(-(radius**2) / (2 * 400.0**2)), abs=1e-4)


def test_ring_with_a_hole_and_two_parts_against_a_fixed_random_sample():
    outer = np.array([[-900, -700], [1200, -600], [300, 0], [1000, 900], [-800, 800], [-900, -700]], dtype=float)
    hole = np.array([[-300, -300], [100, -200], [-100, 200], [-300, -300]], dtype=float)
    island = np.array([[1500, -200], [1900, -200], [1900, 300], [1500, -200]], dtype=float)
    rings = [[from_azimuthal(LON, LAT, outer), from_azimuthal(LON, LAT, hole)], [from_azimuthal(LON, LAT, island)]]
    area, cov = Area.from_polygons(rings), covariance(900.0, 300.0, 0.6)
    sample = np.random.default_rng(7).multivariate_normal([100.0, 50.0], cov, 400_000)
    places = from_azimuthal(LON, LAT, sample)
    hit = area.contains(places[:, 0], places[:, 1]).mean()
    lon, lat = from_azimuthal(LON, LAT, np.array([100.0, 50.0]))
    assert probability_inside(area, lon, lat, cov) == pytest.approx(hit, abs=4 * np.sqrt(0.25 / 400_000))


@given(st.floats(-3000, 3000), st.floats(-3000, 3000), st.floats(1, 3000), st.floats(1, 3000), st.floats(0, 3.2))
@settings(max_examples=150, deadline=None)
def test_probabilities_are_probabilities_and_share_out(east, north, sigma_a, sigma_b, turn):
    lon, lat = from_azimuthal(LON, LAT, np.array([east, north]))
    cov = covariance(sigma_a, sigma_b, turn)
    west, east_half = square(500.0, (-500.0, 0.0)), square(500.0, (500.0, 0.0))
    both = Area.from_polygons([*west.polygons, *east_half.polygons])
    parts = [probability_inside(area, lon, lat, cov) for area in (west, east_half)]
    assert all(0.0 <= p <= 1.0 for p in parts)
    assert probability_inside(both, lon, lat, cov) == pytest.approx(sum(parts), abs=1e-3)


def test_exactly_on_an_edge_and_on_a_vertex():
    # The equator and a meridian are exact in the arithmetic, so the place lies on the edge to the last bit.
    area = Area.from_rings([[0.0, 0.0], [0.1, 0.0], [0.1, 0.1], [0.0, 0.1], [0.0, 0.0]])
    assert probability_inside(area, 0.0, 0.05, np.eye(2)) == pytest.approx(0.5, abs=1e-6)
    assert probability_inside(area, 0.05, 0.0, np.diag([4.0, 1.0])) == pytest.approx(0.5, abs=1e-6)
    assert probability_inside(area, 0.0, 0.0, np.eye(2)) == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize("place", [(500.0, 0.0), (500.0, 123.4), (0.0, -500.0)])
def test_on_the_boundary_it_is_a_half(place):
    lon, lat = from_azimuthal(LON, LAT, np.array(place))
    assert probability_inside(square(500.0), lon, lat, np.eye(2) * 25.0) == pytest.approx(0.5, abs=1e-3)


def test_a_corner_and_a_place_without_error():
    lon, lat = from_azimuthal(LON, LAT, np.array([500.0, 500.0]))
    assert probability_inside(square(500.0), lon, lat, np.eye(2) * 25.0) == pytest.approx(0.25, abs=1e-3)
    assert probability_inside(square(500.0), LON, LAT, np.zeros((2, 2))) == 1.0
    assert probability_inside(square(500.0), LON + 1, LAT, np.zeros((2, 2))) == 0.0


def test_ten_thousand_incidents_take_seconds():
    rng = np.random.default_rng(3)
    line = np.stack((np.linspace(31.5, 40.0, 3000), 47.5 + rng.normal(0, 0.01, 3000).cumsum() * 0.1), axis=1)
    area = Area.from_line(line, 15_000.0)
    lon, lat = rng.uniform(31, 40, 10_000), rng.uniform(46.8, 48.2, 10_000)
    began = time.perf_counter()
    p = probabilities_inside(area, lon, lat, np.eye(2) * 500.0**2)
    assert time.perf_counter() - began < 10.0
    assert 0.05 < p.mean() < 0.95


def test_refuses_what_is_no_covariance():
    with pytest.raises(ValueError, match="positive-semidefinite"):
        probability_inside(square(500.0), LON, LAT, [[1.0, 5.0], [5.0, 1.0]])
    with pytest.raises(ValueError, match="finite"):
        probability_inside(square(500.0), np.nan, LAT, np.eye(2))


def test_an_unsound_ring_is_refused_in_words():
    with pytest.raises(ValueError, match="crosses"):
        Area.from_rings([[37.0, 48.0], [37.1, 48.1], [37.1, 48.0], [37.0, 48.1], [37.0, 48.0]])
    with pytest.raises(ValueError, match="no ring"):
        Area(polygons=())


LINE = np.array([[37.0, 48.0], [38.5, 48.4], [39.0, 47.6]])


def brute_distance(line, lon, lat):
    """Sample each geodesic every few metres and take the shortest geodesic distance."""
    dense = densify(line, 25.0)
    return distance_m(lon, lat, dense[:, 0], dense[:, 1]).min()


@pytest.mark.parametrize("place", [(37.5, 48.9), (38.0, 47.5), (39.9, 47.9), (36.5, 47.6), (38.5, 48.41)])
def test_distance_to_a_line_is_geodesic_true(place):
    expected = brute_distance(LINE, *place)
    assert expected < 110_000
    assert distance_to_line_m(LINE, *place) == pytest.approx(expected, rel=1e-4, abs=0.1)


def test_side_and_sign():
    north, south = (37.8, 48.6), (37.8, 47.9)
    distance, sigma, side = distance_to_line(LINE, [north[0], south[0]], [north[1], south[1]], np.diag([1e4, 4e4]))
    assert side.tolist() == [1, -1]
    assert (distance > 0).all()
    assert (sigma > 100).all() and (sigma < 200).all()
    assert signed_distance_m(LINE, *north) > 0 > signed_distance_m(LINE, *south)
    assert signed_distance_m(LINE[::-1], *north) < 0 < signed_distance_m(LINE[::-1], *south)


def test_sigma_is_the_covariance_across_the_line():
    meridian = along_line([[37.0, 47.0], [37.0, 49.0]])
    for lon in (37.1, 37.0):
        _, sigma, _ = distance_to_line(meridian, lon, 48.0, [[2500.0, 0.0], [0.0, 1e6]])
        assert sigma == pytest.approx(50.0, rel=1e-3)


@given(st.floats(-60.0, 60.0), st.floats(10.0, 50_000.0))
@settings(max_examples=50, deadline=None)
def test_above_a_sharp_bend_all_is_left(bearing, distance):
    # The bend points north: places up to 60 degrees either side of north are nearest to its vertex.
    bend = [[37.99, 47.0], [38.0, 48.0], [38.01, 47.0]]
    lon, lat = destination(38.0, 48.0, bearing, distance)
    found, _, side = distance_to_line(bend, lon, lat, np.eye(2))
    assert side == 1
    assert found == pytest.approx(distance, rel=1e-6)


def test_signed_distance_of_an_area():
    area = square(5000.0)
    assert signed_distance_m(area, LON, LAT) == pytest.approx(-5000.0, rel=1e-3)
    lon, lat = from_azimuthal(LON, LAT, np.array([0.0, 65_000.0]))
    assert signed_distance_m(area, lon, lat) == pytest.approx(60_000.0, rel=1e-3)


BUFFERED = Area.from_line(LINE, 15_000.0)
LEFT, RIGHT = Area.from_line(LINE, 15_000.0, "left"), Area.from_line(LINE, 15_000.0, "right")


@given(st.floats(36.7, 39.3), st.floats(47.4, 48.6))
@settings(max_examples=200, deadline=None)
def test_a_band_holds_what_is_near_the_line(lon, lat):
    distance, _, side = distance_to_line(LINE, lon, lat, np.eye(2))
    if abs(distance - 15_000.0) > 15.0:
        assert BUFFERED.contains(lon, lat) == (distance < 15_000.0)
        if distance > 1.0:
            assert LEFT.contains(lon, lat) == (distance < 15_000.0 and side == 1)
            assert RIGHT.contains(lon, lat) == (distance < 15_000.0 and side == -1)


def test_buffer_refuses_a_width_or_line_that_is_none():
    for width in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="half width"):
            line_buffer(LINE, width)
    with pytest.raises(ValueError, match="two different points"):
        line_buffer([[37.0, 48.0], [37.0, 48.0]], 100.0)


def test_between_two_lines_whichever_way_they_run():
    north, south = [[37.0, 48.2], [38.0, 48.2]], [[37.0, 48.0], [38.0, 48.0]]
    for second in (south, south[::-1]):
        area = Area.between(north, second)
        assert area.contains([37.5, 37.5], [48.1, 48.3]).tolist() == [True, False]


def test_overlapping_parts_count_once():
    both = Area.from_polygons([*square(500.0).polygons, *square(500.0, (300.0, 0.0)).polygons])
    assert probability_inside(both, LON, LAT, np.eye(2)) == pytest.approx(1.0, abs=1e-9)


def test_a_repeated_vertex_changes_nothing():
    ring = np.array(square(500.0).polygons[0][0])
    twice = Area.from_rings(np.repeat(ring, 2, axis=0))
    lon, lat = from_azimuthal(LON, LAT, np.array([700.0, 0.0]))
    assert signed_distance_m(twice, lon, lat) == pytest.approx(200.0, rel=1e-3)
    assert probability_inside(twice, lon, lat, np.eye(2) * 1e4) == pytest.approx(
        probability_inside(square(500.0), lon, lat, np.eye(2) * 1e4), abs=1e-9
    )


def test_many_places_in_blocks_are_what_each_is_alone():
    line = np.stack((np.linspace(31.5, 40.0, 1500), 47.5 + 0.2 * np.sin(np.linspace(0, 60, 1500))), axis=1)
    area, rng = Area.from_line(line, 15_000.0), np.random.default_rng(8)
    lon, lat = rng.uniform(31, 40, 1500), rng.uniform(46.8, 48.2, 1500)
    together = probabilities_inside(area, lon, lat, np.eye(2) * 2000.0**2)
    signed, (distance, _, _) = signed_distance_m(area, lon, lat), distance_to_line(line, lon, lat, np.eye(2))
    for i in (0, 700, 1499):
        assert together[i] == probability_inside(area, lon[i], lat[i], np.eye(2) * 2000.0**2)
        assert signed[i] == signed_distance_m(area, lon[i], lat[i])
        assert distance[i] == distance_to_line_m(line, lon[i], lat[i])


def test_no_places_give_no_answers():
    assert probabilities_inside(square(500.0), [], [], np.empty((0, 2, 2))).shape == (0,)
    assert signed_distance_m(square(500.0), [], []).shape == (0,)


def test_a_place_that_is_nowhere_is_refused():
    with pytest.raises(ValueError, match="finite"):
        distance_to_line_m(LINE, np.nan, 48.0)


def test_an_area_across_the_180th_meridian():
    area = Area.from_rings([[179.9, 10.0], [-179.9, 10.0], [-179.9, 10.2], [179.9, 10.2], [179.9, 10.0]])
    assert area.contains([180.0, -180.0, 179.0], 10.1).tolist() == [True, True, False]
    assert probability_inside(area, 180.0, 10.1, np.eye(2) * 1e4) == pytest.approx(1.0, abs=1e-6)


def test_a_line_that_crosses_itself_has_a_band():
    loop = [[37.0, 48.0], [37.4, 48.0], [37.4, 48.2], [37.2, 48.2], [37.2, 47.8]]
    band = Area.from_line(loop, 2000.0)
    assert len(band.polygons) == 1 and len(band.polygons[0]) == 2
    assert band.contains([37.3, 37.2], [48.1, 47.9]).tolist() == [False, True]
