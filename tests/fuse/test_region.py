"""Regions by closed forms, and on simulated built-up networks whose truth is known."""

import math

import numpy as np
import pytest
from scipy.stats import f as fisher

from trucewatch.fuse.air import Air
from trucewatch.fuse.locate import Arrivals, locate_several
from trucewatch.fuse.region import prior_scale, region, tail
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.ellipse import error_ellipse

AIR = Air(
    temperature_c=10.0,
    speed_m_s=337.3,
    speed_sigma_m_s=1.2,
    wind_east_m_s=0.0,
    wind_north_m_s=0.0,
    wind_sigma_m_s=1.0,
    source="made",
)


@pytest.mark.parametrize("freedom", [4.0, 9.0, 40.0])
def test_the_widened_ellipse_of_90_per_cent_is_that_of_student_t(freedom):
    assert tail(freedom) * -2 * math.log(0.1) == pytest.approx(2 * fisher.ppf(0.9, 2, freedom), rel=1e-9)


def test_many_arrivals_that_scatter_as_expected_leave_the_covariance_as_it_is():
    z = np.random.default_rng(3).normal(size=4000)
    found = region(np.eye(2), np.zeros((2, 2)), z, np.ones(4000), FuseSettings(systematic_sigma_m=0.0))
    assert found.scale == pytest.approx(1.0, abs=0.08)
    assert found.covariance_m2 == pytest.approx(found.scale * np.eye(2), rel=2e-3)


def test_arrivals_that_disagree_make_the_region_wider_and_agreement_never_narrower_than_what_is_shared():
    settings, air = FuseSettings(), np.zeros((2, 2))
    agree = region(np.eye(2), air, np.zeros(8), np.ones(8), settings)
    disagree = region(np.eye(2), air, np.full(8, 2.0), np.ones(8), settings)
    assert np.linalg.det(disagree.covariance_m2) > np.linalg.det(agree.covariance_m2)
    assert error_ellipse(agree.covariance_m2, 0.9).semi_minor_m > settings.systematic_sigma_m * 2.14


def test_before_any_residual_the_mean_square_of_detours_is_what_the_settings_state():
    rng, freedom = np.random.default_rng(8), 9.0
    drawn = freedom * prior_scale(freedom) / rng.chisquare(freedom, 200_000)
    assert np.mean(drawn) == pytest.approx(1.0, abs=0.01)
    assert prior_scale(FuseSettings().path_scale_freedom) == 0.5


def test_tails_are_those_of_the_paths_alone_and_none_where_what_is_known_makes_the_whole_error():
    settings, one = FuseSettings(systematic_sigma_m=0.0), np.eye(2)
    alone = region(one, np.zeros((2, 2)), np.full(5, 0.5), np.ones(5), settings)
    assert alone.freedom == pytest.approx(settings.path_scale_freedom + 2)
    half = region(one, alone.scale * one, np.full(5, 0.5), np.ones(5), settings)
    assert half.freedom == pytest.approx(4 * alone.freedom)
    air = region(1e-9 * one, one, np.full(5, 0.5), np.ones(5), settings)
    assert air.covariance_m2 == pytest.approx(one, rel=1e-6)


@pytest.mark.parametrize("wider", [1.0, 1.3])
def test_regions_hold_what_they_claim_where_laws_are_as_stated_and_where_all_lengths_are_a_third_wider(wider):
    """Detours of a size drawn from the prior, 4 to 14 sensors, a shared shift of the survey's 2 m."""
    made = list(_as_stated(np.random.default_rng(41), 1500, wider))
    fixes = locate_several([a for a, _ in made], [AIR] * len(made), FuseSettings(), np.array([t for _, t in made]))
    assert 0.85 <= _held(fixes, [t for _, t in made]) <= 0.95


def _held(fixes, truths):
    off = [(f.xy_m - t, f.covariance_m2) for f, t in zip(fixes, truths, strict=True)]
    return np.mean([d @ np.linalg.solve(c, d) < -2 * math.log(0.1) for d, c in off])


def _as_stated(rng, n_events, wider):
    stated = FuseSettings()
    freedom = stated.path_scale_freedom
    for _ in range(n_events):
        n, sensors = int(rng.integers(4, 15)), rng.uniform(-600.0, 600.0, (14, 2))
        square = stated.path_excess_sigma_m**2 * freedom * prior_scale(freedom) / rng.chisquare(freedom)
        yield _heard(rng, sensors[:n], wider * rng.normal(0.0, math.sqrt(square), n), wider * rng.normal(0.0, 2.0, 2))


def _heard(rng, sensors, detour_m, shift_m):
    """Return arrivals of an event in the middle, with drawn air, and where it seems to be surveyed."""
    truth = rng.uniform(-350.0, 350.0, 2)
    air = rng.normal(0.0, [AIR.speed_sigma_m_s, AIR.wind_sigma_m_s, AIR.wind_sigma_m_s])
    offset = sensors - truth
    away, n = np.hypot(*offset.T), len(sensors)
    speed = AIR.speed_m_s + air[0] + offset @ air[1:] / away
    arrivals = Arrivals(
        xy_m=sensors,
        time_s=(away + detour_m) / speed + rng.normal(0.0, 0.001, n),
        sigma_s=np.full(n, 0.001),
        sensor_sigma_m=np.full(n, 0.05),
    )
    return arrivals, truth + shift_m


def _built_up(rng, n_events):
    """Yield events in quarters of different kinds, each with its truth.

    4 to 14 sensors; detours exponential with a mean of 2 to 8 m, none at three sensors of ten; and behind a row of
    houses, a third of the horizon, up to 12 m more for everyone: what shifts all shots of a place alike.
    """
    for _ in range(n_events):
        n = int(rng.integers(4, 15))
        detour_m = float(np.exp(rng.uniform(np.log(2.0), np.log(8.0))))
        sensors = rng.uniform(-600.0, 600.0, (n, 2))
        truth = rng.uniform(-350.0, 350.0, 2)
        air = rng.normal(0.0, [AIR.speed_sigma_m_s, AIR.wind_sigma_m_s, AIR.wind_sigma_m_s])
        offset = sensors - truth
        behind = np.cos(np.arctan2(offset[:, 0], offset[:, 1]) - rng.uniform(0.0, 2 * np.pi)) > 0.5
        away = np.hypot(*offset.T)
        path = away + np.where(rng.uniform(size=n) < 0.3, 0.0, rng.exponential(detour_m, n))
        path += behind * rng.uniform(0.0, 12.0)
        speed = AIR.speed_m_s + air[0] + offset @ air[1:] / away
        yield (
            Arrivals(
                xy_m=sensors,
                time_s=path / speed + rng.normal(0.0, 0.001, n),
                sigma_s=np.full(n, 0.001),
                sensor_sigma_m=np.full(n, 0.05),
            ),
            truth,
        )


def test_regions_of_simulated_quarters_hold_what_they_claim():
    """800 events; the settings were fitted on live fire and none of them on these."""
    settings = FuseSettings()
    made = list(_built_up(np.random.default_rng(20_261_124), 800))
    fixes = locate_several([a for a, _ in made], [AIR] * len(made), settings, np.array([t for _, t in made]))
    assert 0.85 <= _held(fixes, [t for _, t in made]) <= 0.95
