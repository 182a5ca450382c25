"""The probability of lying where a term applies, against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import ndtri

from trucewatch.assess import AssessSettings, assess
from trucewatch.geo import destination
from trucewatch.model.incident import PlaceMode, Sector
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Compliance


def normal(x: float) -> float:
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def east_of_the_edge(offset_m: float, lat: float = 48.1) -> tuple[float, float]:
    lon, lat = destination(37.8, lat, 90.0, offset_m)
    return float(lon), float(lat)


@pytest.mark.parametrize("offset_sigmas", [-3.0, -1.0, 0.0, 0.5, 2.0])
def test_a_half_plane_gives_the_normal_distribution(incident, agree, at, offset_sigmas):
    lon, lat = east_of_the_edge(offset_sigmas * 200.0)
    (result,) = assess(incident(place=at(lon, lat, 200.0)), agree(), ())
    assert result.p_inside == pytest.approx(normal(offset_sigmas), abs=1e-5)


def test_several_places_that_fit_count_each_with_its_probability(incident, agree, at):
    inside, outside = at(*east_of_the_edge(5_000.0), 100.0), at(*east_of_the_edge(-5_000.0), 100.0)
    modes = (PlaceMode(place=inside, p=0.7), PlaceMode(place=outside, p=0.3))
    covering = at(*east_of_the_edge(2_000.0), 5_000.0)
    (result,) = assess(incident(place=covering, place_modes=modes), agree(), ())
    assert result.p_inside == pytest.approx(0.7, abs=1e-6)


def test_a_slanted_error_counts_across_the_edge_only(incident, agree):
    lon, lat = east_of_the_edge(150.0)
    place = Place(lon_deg=lon, lat_deg=lat, var_east_m2=100.0**2, var_north_m2=400.0**2, cov_east_north_m2=30_000.0)
    (result,) = assess(incident(place=place), agree(), ())
    assert result.p_inside == pytest.approx(normal(1.5), abs=1e-4)


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (0.04, Compliance.NOT_APPLICABLE),
        (0.06, Compliance.INDETERMINATE),
        (0.5, Compliance.INDETERMINATE),
        (0.94, Compliance.INDETERMINATE),
        (0.96, Compliance.VIOLATED),
    ],
)
def test_between_5_and_95_percent_the_place_does_not_decide(incident, agree, at, p, expected):
    lon, lat = east_of_the_edge(float(ndtri(p)) * 200.0)
    (result,) = assess(incident(place=at(lon, lat, 200.0)), agree(), ())
    assert result.p_inside == pytest.approx(p, abs=1e-5)
    assert result.result is expected


@pytest.mark.parametrize("move", [-1, 0, 1])
def test_both_bounds_themselves_decide(incident, agree, at, move):
    """Exactly 0.05 and exactly 0.95 are outside the open interval in which nothing is decided."""
    lon, lat = east_of_the_edge(100.0)
    event = incident(place=at(lon, lat, 200.0))
    p = assess(event, agree(), ())[0].p_inside
    low = AssessSettings(p_no=p - 1e-6 * move)
    assert (assess(event, agree(), (), low)[0].result is Compliance.NOT_APPLICABLE) == (move <= 0)
    high = AssessSettings(p_yes=p + 1e-6 * move)
    assert (assess(event, agree(), (), high)[0].result is Compliance.VIOLATED) == (move <= 0)


def test_an_area_that_is_left_out_is_left_out(incident, agree, at):
    agreement = agree(outside_zone_ids=("hole",))
    assert assess(incident(place=at(38.05, 48.10)), agreement, ())[0].p_inside == pytest.approx(0.0, abs=1e-9)
    assert assess(incident(place=at(37.95, 48.10)), agreement, ())[0].p_inside == pytest.approx(1.0, abs=1e-9)
    on_the_edge = assess(incident(place=at(38.0, 48.10)), agreement, ())[0].p_inside
    assert on_the_edge == pytest.approx(0.5, abs=1e-3)


def test_everywhere_but_in_an_area(incident, agree, at):
    agreement = agree(zone_ids=(), outside_zone_ids=("hole",))
    assert assess(incident(place=at(39.5, 49.5)), agreement, ())[0].result is Compliance.VIOLATED
    assert assess(incident(place=at(38.05, 48.10)), agreement, ())[0].result is Compliance.NOT_APPLICABLE


def test_zones_that_overlap_count_once(incident, agree, at):
    agreement = agree(zone_ids=("box", "band", "hole"))
    assert assess(incident(place=at(38.05, 48.1, 2000.0)), agreement, ())[0].p_inside == pytest.approx(1.0, abs=1e-6)


def test_a_zone_by_distance_and_the_distance_with_its_error(incident, agree):
    lon, lat = destination(38.0, 48.1, 90.0, 4000.0)
    place = Place(lon_deg=float(lon), lat_deg=float(lat), var_east_m2=500.0**2, var_north_m2=900.0**2)
    (result,) = assess(incident(place=place), agree(zone_ids=("band",)), ())
    assert result.p_inside == pytest.approx(normal(2.0), abs=2e-4)
    assert result.distance_to_line_m == pytest.approx(-4000.0, abs=1.0)  # right of a line that runs north
    assert result.distance_sigma_m == pytest.approx(500.0, abs=1.0)


def test_a_term_without_a_zone_has_neither_place_nor_distance(incident, agree):
    (result,) = assess(incident(), agree(zone_ids=()), ())
    assert (result.p_inside, result.distance_to_line_m, result.distance_sigma_m) == (None, None, None)
    assert result.result is Compliance.VIOLATED


def sector(bearing: float, half: float, range_m: tuple[float, float] | None, lon: float = 37.8) -> Sector:
    origin = Place.circular(lon_deg=lon, lat_deg=48.1, sigma_m=10.0)
    return Sector(origin=origin, bearing_deg=bearing, half_width_deg=half, range_m=range_m)


@pytest.mark.parametrize(
    ("bearing", "half", "p"), [(90.0, 11.25, 1.0), (270.0, 11.25, 0.0), (0.0, 11.25, 0.5), (0.0, 90.0, 0.5)]
)
def test_a_sector_is_integrated_over_its_bearings(incident, agree, bearing, half, p):
    event = incident(place=None, sector=sector(bearing, half, (5000.0, 7000.0)))
    assert assess(event, agree(), ())[0].p_inside == pytest.approx(p, abs=0.01)


def test_a_sector_is_integrated_over_its_range_by_area(incident, agree):
    """Due east towards the eastern edge of the box, narrow: the share of area nearer than the edge."""
    lon, _ = destination(38.2, 48.1, 270.0, 6000.0)
    event = incident(place=None, sector=sector(90.0, 1.0, (5000.0, 7000.0), float(lon)))
    share = (6000.0**2 - 5000.0**2) / (7000.0**2 - 5000.0**2)
    assert assess(event, agree(), ())[0].p_inside == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("known", [None, sector(90.0, 11.25, None)])
def test_without_a_place_a_zone_term_is_not_decided(incident, agree, known):
    (result,) = assess(incident(place=None, sector=known), agree(), ())
    assert result.result is Compliance.INDETERMINATE
    assert (result.p_inside, result.p_violated) == (None, None)
    assert "place not determined" in result.trace[-1].text.lower()


def test_without_a_place_a_term_that_applies_everywhere_is_decided(incident, agree):
    assert assess(incident(place=None), agree(zone_ids=()), ())[0].result is Compliance.VIOLATED


def test_going_away_never_raises_the_probability(incident, agree, at):
    offsets = np.linspace(-3000.0, 3000.0, 25)
    places = [at(*east_of_the_edge(-x), 700.0) for x in offsets]
    p = [assess(incident(place=place), agree(), ())[0].p_inside for place in places]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(p))


def test_geometry_of_another_text_is_refused(incident, agree):
    from trucewatch.assess import geometry

    shapes = geometry(replace(agree(), text_sha256="1" * 64))
    with pytest.raises(ValueError, match="another text"):
        assess(incident(), agree(), (), geometry=shapes)
