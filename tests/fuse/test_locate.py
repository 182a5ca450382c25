import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.fuse.air import air_at
from trucewatch.fuse.locate import Arrivals, locate, locate_several
from trucewatch.fuse.region import prior_scale, tail
from trucewatch.fuse.settings import FuseSettings

SETTINGS = FuseSettings()


def _air(**kwargs):
    from made import T0

    return air_at(T0, (), FuseSettings(**kwargs))


def _arrivals(xy, source, speed, at=7.0, sigma_s=0.001):
    xy = np.asarray(xy, dtype=float)
    time = at + np.hypot(*(xy - source).T) / speed
    n = len(xy)
    return Arrivals(xy_m=xy, time_s=time, sigma_s=np.full(n, sigma_s), sensor_sigma_m=np.full(n, 0.1))


RING = [(500 * np.sin(a), 500 * np.cos(a)) for a in np.linspace(0, 2 * np.pi, 7)[:-1]]


@settings(max_examples=40, deadline=None)
@given(st.floats(-400, 400), st.floats(-400, 400))
def test_exact_times_give_the_exact_place(x, y):
    air = _air()
    fix = locate(_arrivals(RING, (x, y), air.speed_m_s), air, SETTINGS)
    assert np.hypot(fix.xy_m[0] - x, fix.xy_m[1] - y) < 0.05
    assert fix.time_s == pytest.approx(7.0, abs=1e-3)


def test_middle_of_a_ring_is_as_good_as_its_arrivals_and_the_shared_term():
    # Six arrivals of sigma s from all round, sound speed and wind exact: each axis has variance s^2 * 2 / 6.
    air = _air(temperature_sigma_c=1e-6, unknown_wind_sigma_m_s=1e-6)
    fix = locate(_arrivals(RING, (0.0, 0.0), air.speed_m_s), air, SETTINGS)
    s2 = (0.001 * air.speed_m_s) ** 2 + 0.1**2 + SETTINGS.path_excess_sigma_m**2
    # Residuals of nought leave of the prior its share of the freedom; the shared term stays and lightens t's tails.
    prior = SETTINGS.path_scale_freedom
    freedom = prior + 6 - 3
    path2 = s2 * 2 / 6 * prior_scale(prior) * prior / freedom
    whole2 = path2 + SETTINGS.systematic_sigma_m**2
    expected = tail(freedom * (whole2 / path2) ** 2) * whole2
    assert fix.covariance_m2 == pytest.approx(expected * np.eye(2), rel=1e-4, abs=1e-4)


def test_error_of_sound_speed_and_wind_is_in_the_covariance():
    beside = (3000.0, 0.0)
    sure = _air(temperature_sigma_c=0.1, unknown_wind_sigma_m_s=0.1)
    unsure = _air(temperature_sigma_c=8.0, unknown_wind_sigma_m_s=3.0)
    arrivals = _arrivals(RING, beside, sure.speed_m_s)
    one, other = locate(arrivals, sure, SETTINGS), locate(arrivals, unsure, SETTINGS)
    assert np.all(np.linalg.eigvalsh(other.covariance_m2 - one.covariance_m2) > 0)


def test_one_late_echo_bends_little_and_shows_as_an_outlier():
    air = _air()
    arrivals = _arrivals(RING, (100.0, 50.0), air.speed_m_s)
    arrivals.time_s[2] += 0.3
    fix = locate(arrivals, air, SETTINGS)
    assert np.hypot(*(fix.xy_m - (100.0, 50.0))) < 12.0
    assert np.argmin(fix.weight) == 2
    assert fix.residual_s[2] > 4 * fix.sigma_s[2]


def test_a_clock_that_is_unsure_has_less_say():
    air = _air()
    arrivals = _arrivals(RING, (100.0, 50.0), air.speed_m_s)
    arrivals.time_s[0] += 0.5
    arrivals.sigma_s[0] = 1.0
    assert np.hypot(*(locate(arrivals, air, SETTINGS).xy_m - (100.0, 50.0))) < 0.5


def test_two_arrivals_are_refused():
    air = _air()
    with pytest.raises(ValueError, match="three arrivals"):
        locate(_arrivals(RING[:2], (0.0, 0.0), air.speed_m_s), air, SETTINGS)


def test_several_at_once_are_located_as_each_alone():
    air, cold = _air(), _air(temperature_c=-10.0)
    late = _arrivals(RING, (300.0, -80.0), air.speed_m_s)
    late.time_s[1] += 0.2
    jobs = [
        (late, air),
        (_arrivals(RING[:3], (-20.0, 60.0), air.speed_m_s), air),
        (_arrivals(RING[1:], (10.0, 350.0), cold.speed_m_s, at=50.0), cold),
    ]
    fixes = locate_several([a for a, _ in jobs], [air for _, air in jobs], SETTINGS, np.zeros((3, 2)))
    for fix, (arrivals, own) in zip(fixes, jobs, strict=True):
        alone = locate(arrivals, own, SETTINGS, np.zeros(2))
        assert fix.state == pytest.approx(alone.state, rel=1e-9, abs=1e-9)
        assert fix.state_covariance == pytest.approx(alone.state_covariance, rel=1e-6)
        assert fix.weight == pytest.approx(alone.weight)
        assert len(fix.residual_s) == len(arrivals)
