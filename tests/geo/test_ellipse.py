import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.geo import distance_m, error_ellipse, polygon, to_azimuthal


def test_axis_lengths_are_the_chi_square_quantile():
    # Chi-square, 2 degrees of freedom, 95 %: 5.991 (any statistical table).
    ellipse = error_ellipse([[400.0, 0.0], [0.0, 100.0]])
    assert ellipse.semi_major_m == pytest.approx(20 * np.sqrt(5.991), rel=1e-4)
    assert ellipse.semi_minor_m == pytest.approx(10 * np.sqrt(5.991), rel=1e-4)
    assert ellipse.azimuth_deg == pytest.approx(90.0)


def test_azimuth_is_clockwise_from_north():
    assert error_ellipse([[100.0, 99.0], [99.0, 100.0]]).azimuth_deg == pytest.approx(45.0)
    assert error_ellipse([[100.0, -99.0], [-99.0, 100.0]]).azimuth_deg == pytest.approx(135.0)
    assert error_ellipse([[1.0, 0.0], [0.0, 4.0]]).azimuth_deg == pytest.approx(0.0)


@given(st.floats(1, 1e3), st.floats(1, 1e3), st.floats(0, np.pi), st.sampled_from([0.5, 0.9, 0.95]))
@settings(max_examples=25, deadline=None)
def test_the_drawn_ring_covers_the_stated_share(sigma_a, sigma_b, turn, level):
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    root = axes * [sigma_a, sigma_b]
    ring = polygon(37.8, 48.0, error_ellipse(root @ root.T, level), n=256)
    whitened = np.linalg.solve(root, to_azimuthal(37.8, 48.0, ring[:, 0], ring[:, 1]).T)
    # On the ring the squared Mahalanobis distance is the chi-square quantile, so 1 - exp(-d2 / 2) is the level.
    assert 1 - np.exp(-np.sum(whitened**2, axis=0) / 2) == pytest.approx(level, abs=1e-6)


def test_ring_is_closed_and_counter_clockwise():
    ring = polygon(37.8, 48.0, error_ellipse(np.diag([1e4, 1e6])), n=64)
    assert ring.shape == (65, 2)
    assert (ring[0] == ring[-1]).all()
    x, y = ring[:, 0], ring[:, 1]
    assert np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) > 0
    assert distance_m(37.8, 48.0, *ring[0]) == pytest.approx(1000 * np.sqrt(5.991), rel=1e-4)


@pytest.mark.parametrize(
    "matrix",
    [[[1.0, 2.0], [2.0, 1.0]], [[-1.0, 0.0], [0.0, 1.0]], [[1.0, 0.5], [0.0, 1.0]], [[np.nan, 0.0], [0.0, 1.0]], [1.0]],
)
def test_refuses_what_is_no_covariance(matrix):
    with pytest.raises(ValueError, match="covariance"):
        error_ellipse(matrix)


def test_refuses_an_impossible_level():
    with pytest.raises(ValueError, match="level"):
        error_ellipse(np.eye(2), level=1.0)
