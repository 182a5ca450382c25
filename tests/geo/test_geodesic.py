import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.geo import (
    area_m2,
    bearing_deg,
    densify,
    destination,
    distance_m,
    from_azimuthal,
    length_m,
    to_azimuthal,
)

# A quarter meridian of WGS84 (Karney 2013, table 1: 10 001 965.729 m).
QUARTER_MERIDIAN_M = 10_001_965.729


def test_quarter_meridian_and_equator():
    assert distance_m(0, 0, 0, 90) == pytest.approx(QUARTER_MERIDIAN_M, abs=1e-3)
    assert distance_m(0, 0, 1, 0) == pytest.approx(6378137.0 * np.pi / 180, abs=1e-6)
    assert bearing_deg(0, 0, -1, 0) == pytest.approx(270.0)
    assert bearing_deg(0, 0, 0, 1) == 0.0


def test_broadcasts():
    assert distance_m([[0], [1]], 0, [0, 1, 2], 0).shape == (2, 3)
    assert isinstance(float(distance_m(0, 0, 1, 1)), float)
    lon, lat = destination([37, 38], 48, [0, 90], 1000.0)
    assert lon.shape == lat.shape == (2,)


@given(st.floats(-179, 179), st.floats(-80, 80), st.floats(0, 359.999), st.floats(1.0, 3e5), st.floats(-179.0, 179.0))
@settings(deadline=None)
def test_destination_is_reached(lon, lat, bearing, distance, _):
    there = destination(lon, lat, bearing, distance)
    assert distance_m(lon, lat, *there) == pytest.approx(distance, abs=1e-6)
    turn = (bearing_deg(lon, lat, *there) - bearing + 180) % 360 - 180
    assert abs(turn) * distance < 1e-2


def test_azimuthal_plane_round_trip():
    plane = np.random.default_rng(2).uniform(-2e5, 2e5, (50, 2))
    lonlat = from_azimuthal(37.0, 48.0, plane)
    assert to_azimuthal(37.0, 48.0, lonlat[:, 0], lonlat[:, 1]) == pytest.approx(plane, abs=1e-6)


def test_area_of_a_hemisphere_octant_and_either_direction():
    octant = np.array([[0, 0], [90, 0], [0, 90], [0, 0]], dtype=float)
    # Surface of WGS84: 510 065 621 724 088 m2 (Karney 2013).
    assert area_m2(octant) == pytest.approx(510_065_621_724_088 / 8, rel=1e-12)
    assert area_m2(octant[::-1]) == area_m2(octant)


def test_densify_keeps_vertices_length_and_step():
    line = np.array([[37.0, 48.0], [38.0, 48.5], [38.01, 48.5]])
    dense = densify(line, 2000.0)
    steps = distance_m(dense[:-1, 0], dense[:-1, 1], dense[1:, 0], dense[1:, 1])
    assert steps.max() <= 2000.0
    assert length_m(dense) == pytest.approx(length_m(line), abs=1e-5)
    assert all((dense == vertex).all(axis=1).any() for vertex in line)
