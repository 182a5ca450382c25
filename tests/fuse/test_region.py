"""Regions by closed forms, and on simulated built-up networks whose truth is known."""

import math

import numpy as np
import pytest
from scipy.stats import f as fisher

from trucewatch.fuse.air import Air
from trucewatch.fuse.locate import Arrivals, locate_several
from trucewatch.fuse.region import region, tail
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
    covariance, scale = region(np.eye(2), z, np.ones(4000), FuseSettings(systematic_sigma_m=0.0))
    assert scale == pytest.approx(1.0, abs=0.08)
    assert covariance == pytest.approx(scale * np.eye(2), rel=2e-3)


def test_arrivals_that_disagree_make_the_region_wider_and_agreement_never_narrower_than_what_is_shared():
    settings = FuseSettings()
    agree, _ = region(np.eye(2), np.zeros(8), np.ones(8), settings)
    disagree, _ = region(np.eye(2), np.full(8, 2.0), np.ones(8), settings)
    assert np.linalg.det(disagree) > np.linalg.det(agree)
    assert error_ellipse(agree, 0.9).semi_minor_m > settings.systematic_sigma_m * 2.14


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
    inside = [
        (f.xy_m - t) @ np.linalg.solve(f.covariance_m2, f.xy_m - t) < -2 * math.log(0.1)
        for f, (_, t) in zip(fixes, made, strict=True)
    ]
    assert 0.85 <= np.mean(inside) <= 0.95
