"""Where an impulse may have been over cells of ground, against closed forms and simulated truth."""

import math

import numpy as np
import pytest
from test_region import AIR

from trucewatch.fuse.locate import Arrivals, locate
from trucewatch.fuse.place_density import density, spread
from trucewatch.fuse.region import prior_scale
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.ellipse import error_ellipse

SETTINGS = FuseSettings()
Q90 = -2 * math.log(0.1)


def _arrivals(sensors, truth, late_m=0.0) -> Arrivals:
    sensors = np.asarray(sensors, dtype=float)
    away = np.hypot(*(sensors - truth).T) + late_m
    n = len(sensors)
    return Arrivals(
        xy_m=sensors, time_s=away / AIR.speed_m_s, sigma_s=np.full(n, 0.001), sensor_sigma_m=np.full(n, 0.05)
    )


def _held(found, truth) -> bool:
    off = truth - found.mean_m
    return bool(off @ np.linalg.solve(found.covariance_m2, off) < Q90)


def test_probability_sums_to_one_and_a_source_within_many_sensors_is_where_least_squares_has_it():
    ring = [(600 * math.cos(a), 600 * math.sin(a)) for a in np.arange(8) * math.pi / 4]
    arrivals = _arrivals(ring, np.array([80.0, -40.0]))
    cells = density(arrivals, AIR, SETTINGS)
    found, fix = spread(cells, SETTINGS), locate(arrivals, AIR, SETTINGS)
    assert cells.p.sum() == pytest.approx(1.0)
    assert found.mean_m == pytest.approx(fix.xy_m, abs=0.5)
    assert len(found.weight) == 1
    moment_s, sigma_s = cells.moment()
    assert moment_s == pytest.approx(fix.time_s, abs=0.001)
    assert sigma_s < 0.02


def test_both_roots_of_three_arrivals_are_stated_with_even_odds_where_the_sensors_are_symmetric():
    # Three sensors on a line cannot tell one side from the other.
    truth = np.array([150.0, 300.0])
    found = spread(density(_arrivals([(-400.0, 0.0), (0.0, 0.0), (450.0, 0.0)], truth), AIR, SETTINGS), SETTINGS)
    assert len(found.weight) == 2
    assert found.weight == pytest.approx([0.5, 0.5], abs=0.02)
    assert np.abs(found.xy_m[:, 1]) == pytest.approx([300.0, 300.0], abs=40.0)
    assert np.prod(np.sign(found.xy_m[:, 1])) == -1.0
    assert _held(found, truth)


def test_who_would_hear_it_from_there_tells_two_sides_apart():
    arrivals = _arrivals([(-400.0, 0.0), (0.0, 0.0), (450.0, 0.0)], np.array([150.0, 300.0]))
    found = spread(density(arrivals, AIR, SETTINGS, prior=lambda xy: np.where(xy[:, 1] > 0, 0.0, -1.0)), SETTINGS)
    assert found.xy_m[0, 1] > 0
    assert found.weight[0] == pytest.approx(1 / (1 + math.exp(-1.0)), abs=0.02)


def test_loudness_draws_a_strip_towards_where_it_was_loud():
    # All sensors on one side: their times say the direction and little of the distance.
    sensors, truth = [(400.0, 0.0), (700.0, 60.0), (830.0, -100.0)], np.array([0.0, 0.0])
    arrivals = _arrivals(sensors, truth)
    levels = 100.0 - 20.0 * np.log10(np.hypot(*np.asarray(sensors).T))
    bare, heard = (spread(density(arrivals, AIR, SETTINGS, level), SETTINGS) for level in (None, levels))
    assert error_ellipse(bare.covariance_m2, 0.9).semi_major_m > 300.0
    assert np.hypot(*heard.mean_m) < np.hypot(*bare.mean_m)
    assert _held(bare, truth)
    assert _held(heard, truth)


def _as_stated(rng, n_events):
    """Yield three arrivals of an event near them, detours and air as the settings have them, and its truth."""
    freedom = SETTINGS.path_scale_freedom
    for _ in range(n_events):
        sensors, truth = rng.uniform(-600.0, 600.0, (3, 2)), rng.uniform(-1500.0, 1500.0, 2)
        square = SETTINGS.path_excess_sigma_m**2 * freedom * prior_scale(freedom) / rng.chisquare(freedom)
        speed = rng.normal(AIR.speed_m_s, AIR.speed_sigma_m_s)
        late_m = rng.normal(0.0, math.sqrt(square), 3) + (AIR.speed_m_s / speed - 1) * np.hypot(*(sensors - truth).T)
        yield _arrivals(sensors, truth, late_m), truth


def test_regions_of_three_arrivals_hold_the_truth_where_ellipses_about_a_fix_do_not():
    """Places are even over a square, so the density is right and its ellipse at least as wide as it must be."""
    by_cells, by_slopes = [], []
    for arrivals, truth in _as_stated(np.random.default_rng(20_261_124), 120):
        fix = locate(arrivals, AIR, SETTINGS)
        if fix.is_point or error_ellipse(fix.covariance_m2, 0.95).semi_major_m > SETTINGS.max_region_m:
            continue
        cells = density(arrivals, AIR, SETTINGS, prior=lambda xy: np.where(np.abs(xy).max(axis=1) < 1500, 0.0, -40.0))
        off = fix.xy_m - truth
        by_cells.append(_held(spread(cells, SETTINGS), truth))
        by_slopes.append(bool(off @ np.linalg.solve(fix.covariance_m2, off) < Q90))
    assert len(by_cells) > 40
    assert np.mean(by_cells) >= 0.87
    assert np.mean(by_slopes) < np.mean(by_cells)
