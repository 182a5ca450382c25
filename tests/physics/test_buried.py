"""Travel times of buried sources against closed forms, a published program and the times of surface sources."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from trucewatch.model.mission import GroundLayer
from trucewatch.physics import REFERENCE_GROUND, ground_model, phase_times
from trucewatch.physics.buried import buried_times
from trucewatch.physics.rays import EARTH_RADIUS_M

DISTANCES_M = 1e3 * np.array([0.5, 3.0, 10.0, 33.0, 101.0, 303.0, 700.0])
DEPTHS_M = (0.0, 300.0, 3e3, 12e3, 40e3, 130e3)
ONE = ground_model([GroundLayer(top_m=0.0, p_m_s=6000.0, s_m_s=3500.0)])


def rows(wave: int, n: int = len(DISTANCES_M)) -> np.ndarray:
    return np.full(n, wave, dtype=np.int64)


@pytest.fixture(scope="module")
def taup():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        obspy_taup = pytest.importorskip("obspy.taup")
    return obspy_taup.TauPyModel("iasp91")


@pytest.mark.parametrize("depth_m", DEPTHS_M)
@pytest.mark.parametrize(("wave", "speed"), [(0, 6000.0), (1, 3500.0)])
def test_one_speed_is_a_straight_way(depth_m, wave, speed):
    low = EARTH_RADIUS_M - depth_m
    straight = np.sqrt(EARTH_RADIUS_M**2 + low**2 - 2.0 * EARTH_RADIUS_M * low * np.cos(DISTANCES_M / EARTH_RADIUS_M))
    time_s, _, _ = buried_times(ONE).at(rows(wave), DISTANCES_M, depth_m)
    assert time_s == pytest.approx(straight / speed, abs=0.003)


@pytest.mark.parametrize("km", [5, 15, 30, 60, 120, 180])
def test_first_p_and_s_are_those_of_taup(km, taup):
    for wave, names in ((0, ["p", "P", "Pn", "Pg"]), (1, ["s", "S", "Sn", "Sg"])):
        for away_km in (5.0, 30.0, 100.0, 200.0, 400.0):
            degrees = np.degrees(1e3 * away_km / EARTH_RADIUS_M)
            theirs = min(a.time for a in taup.get_travel_times(km, degrees, phase_list=names))
            ours = buried_times(REFERENCE_GROUND).at(rows(wave, 1), np.array([1e3 * away_km]), 1e3 * km)[0]
            # Half of the error is the table's step of 5 km about the change from direct to refracted waves.
            assert float(ours[0]) == pytest.approx(theirs, abs=0.06)


def test_at_the_surface_they_are_the_times_of_surface_sources():
    for wave, times in enumerate(phase_times(DISTANCES_M)[:2]):
        ours = buried_times(REFERENCE_GROUND).at(rows(wave), DISTANCES_M, 0.0)[0]
        assert ours == pytest.approx(times.time_s, abs=0.05)


@pytest.mark.parametrize("depth_m", [200.0, 9e3, 60e3])
def test_slopes_are_those_of_the_times(depth_m):
    tables, away, step = buried_times(REFERENCE_GROUND), DISTANCES_M + 700.0, 0.5
    _, along, down = tables.at(rows(0), away, depth_m)
    for slope, by_way, by_depth in ((along, step, 0.0), (down, 0.0, step)):
        after, before = (tables.at(rows(0), away + k * by_way, depth_m + k * by_depth)[0] for k in (1, -1))
        assert slope == pytest.approx((after - before) / (2 * step), abs=2e-9)
