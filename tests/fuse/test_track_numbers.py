"""The tracker's parts against closed forms: filter, smoother, association, polar places, crossings."""

from datetime import UTC, datetime
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from trucewatch.fuse.crossing import Path, crossings_of, p_both_sides
from trucewatch.fuse.track_association import marginals
from trucewatch.fuse.track_filter import run_forward
from trucewatch.fuse.track_polar import in_space, on_the_plane
from trucewatch.fuse.track_scans import Look, Scan
from trucewatch.fuse.track_smooth import densified, smoothed
from trucewatch.fuse.track_told import Forward, Motion
from trucewatch.geo import along_line, from_azimuthal

POWER, NOISE_M2, SPEED_SIGMA = 0.5, 4.0, 10.0
TOLD = Forward(
    n_axes=2,
    motions=(Motion(power_m2_s3=POWER, speed_sigma_m_s=SPEED_SIGMA, climb_sigma_m_s=1.0, life_s=1e9),),
)
TIMES = np.array([0.0, 1.0, 2.5, 3.0, 7.0, 8.0])


def scan(t_s, z):
    one = np.zeros(len(z), dtype=np.int64)
    return Scan(
        t_s=t_s,
        look=Look.PLACE,
        z=np.asarray(z, dtype=np.float64),
        noise=np.broadcast_to(np.eye(2) * NOISE_M2, (len(z), 2, 2)),
        origin_m=np.zeros(2),
        origin_var_m2=0.0,
        clock_sigma_s=0.0,
        p_detect=1.0 - 1e-9,
        reach_m=np.inf,
        is_frame=True,
        sensor=0,
        log_clutter=np.full(len(z), -60.0),
        log_birth=np.full(len(z), -30.0),
        kind=one,
        label=one,
        source=one,
    )


def joint_posterior(z):
    """Solve the whole linear problem of one axis at once: mean and covariance of all states, (2n,), (2n, 2n)."""
    n = len(TIMES)
    information, vector = np.zeros((2 * n, 2 * n)), np.zeros(2 * n)
    information[1, 1] = 1.0 / SPEED_SIGMA**2
    for k in range(n):
        information[2 * k, 2 * k] += 1.0 / NOISE_M2
        vector[2 * k] += z[k] / NOISE_M2
    for k, dt in enumerate(np.diff(TIMES)):
        q = POWER * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
        a = np.hstack((-np.array([[1.0, dt], [0.0, 1.0]]), np.eye(2)))
        rows = slice(2 * k, 2 * k + 4)
        information[rows, rows] += a.T @ np.linalg.inv(q) @ a
    covariance = np.linalg.inv(information)
    return covariance @ vector, covariance


def test_filter_and_smoother_are_those_of_the_linear_problem():
    z = np.random.default_rng(1).normal(0.0, 5.0, (len(TIMES), 2))
    rows = run_forward([scan(t, z[[k]]) for k, t in enumerate(TIMES)], TOLD)
    first = rows.track == 0
    dense = densified(
        rows.track[first], rows.t_s[first], rows.state[first], rows.covariance[first], np.array([POWER]), 0.7
    )
    state, covariance, gain = smoothed(
        dense.track, dense.t_s, dense.state, dense.covariance, np.full(len(dense.t_s), POWER)
    )
    at = np.flatnonzero(dense.measured)
    np.testing.assert_array_equal(dense.t_s[at], TIMES)
    for axis in (0, 1):
        mean, spread = joint_posterior(z[:, axis])
        pick = [axis, axis + 2]
        np.testing.assert_allclose(state[at][:, pick].ravel(), mean, atol=1e-6)
        for k, row in enumerate(at):
            own = slice(2 * k, 2 * k + 2)
            np.testing.assert_allclose(covariance[row][np.ix_(pick, pick)], spread[own, own], atol=1e-6)
            # The covariance with the next look, over the points put in between.
            if k + 1 < len(at):
                product = np.linalg.multi_dot([np.eye(4), *gain[row : at[k + 1]], np.eye(4)])
                both = product @ covariance[at[k + 1]]
                np.testing.assert_allclose(both[np.ix_(pick, pick)], spread[own, 2 * k + 2 : 2 * k + 4], atol=1e-6)
    assert rows.exists[first][-1] > 1.0 - 1e-6


def exact_marginals(weight, n, m):
    """Sum over every way to share measurements among tracks; weight (n, m)."""
    padded = np.hstack((weight, np.eye(n)))
    pair, total = np.zeros((n, m)), 0.0
    for chosen in permutations(range(m + n), n):
        if any(c >= m and c != m + i for i, c in enumerate(chosen)):
            continue
        p = np.prod([padded[i, c] for i, c in enumerate(chosen)])
        total += p
        for i, c in enumerate(chosen):
            if c < m:
                pair[i, c] += p
    return pair / total


def test_marginals_are_exact_without_loops():
    # Two tracks that share one measurement, one of them with another: a tree.
    weight = np.array([[3.0, 0.0], [2.0, 5.0]])
    found = marginals(np.array([3.0, 2.0, 5.0]), np.array([0, 1, 1]), np.array([0, 0, 1]), 2, 2)
    exact = exact_marginals(weight, 2, 2)
    np.testing.assert_allclose(found.pair, [exact[0, 0], exact[1, 0], exact[1, 1]], atol=2e-3)
    np.testing.assert_allclose(found.missed, 1.0 - exact.sum(axis=1), atol=2e-3)
    np.testing.assert_allclose(found.fresh, 1.0 - exact.sum(axis=0), atol=2e-3)


def test_marginals_stay_near_the_exact_ones_with_loops():
    rng = np.random.default_rng(2)
    worst = []
    for _ in range(40):
        weight = np.exp(rng.normal(0.0, 2.0, (3, 3)))
        i, j = np.nonzero(weight)
        found = marginals(weight.ravel(), i, j, 3, 3)
        worst.append(np.abs(found.pair.reshape(3, 3) - exact_marginals(weight, 3, 3)).max())
    # Williams & Lau 2014, figure 4: errors of a few hundredths in the hardest cases.
    assert np.median(worst) < 0.05
    assert max(worst) < 0.2


@pytest.mark.parametrize("sigma_deg", [0.5, 5.0, 15.0])
def test_polar_places_are_unbiased_and_their_errors_right(sigma_deg):
    rng = np.random.default_rng(3)
    n, r, b, sr, sb = 200_000, 5_000.0, np.radians(35.0), 20.0, np.radians(sigma_deg)
    z, noise = on_the_plane(r + sr * rng.normal(size=n), np.full(n, sr), b + sb * rng.normal(size=n), np.full(n, sb))
    off = z - r * np.array([np.sin(b), np.cos(b)])
    scatter = np.cov(off.T)
    assert np.abs(off.mean(axis=0)).max() < 4.0 * np.sqrt(scatter.diagonal().max() / n)
    mean_noise = noise.mean(axis=0)
    # The covariance is taken at the measured bearing, as it must be: along the beam it is the wider for it.
    assert np.trace(mean_noise) == pytest.approx(np.trace(scatter), rel=0.02)


def test_spherical_places_scatter_as_they_say():
    rng = np.random.default_rng(4)
    n, r, b, e = 200_000, 8_000.0, np.radians(120.0), np.radians(20.0)
    sr, sb, se = 30.0, np.radians(0.4), np.radians(0.6)
    measured = (
        r + sr * rng.normal(size=n),
        np.full(n, sr),
        b + sb * rng.normal(size=n),
        np.full(n, sb),
        e + se * rng.normal(size=n),
        np.full(n, se),
    )
    z, noise = in_space(*measured)
    np.testing.assert_allclose(np.cov(z.T), noise.mean(axis=0), rtol=0.03, atol=60.0)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.9, 0.999])
@pytest.mark.parametrize(("h", "k"), [(1.0, -1.0), (0.5, 2.0), (-1.0, -0.3), (3.0, -2.0), (0.0, 0.0)])
def test_both_sides_is_the_bivariate_normal_law(h, k, rho):
    expected = multivariate_normal(mean=[-h, k], cov=[[1.0, -rho], [-rho, 1.0]]).cdf([0.0, 0.0])
    assert p_both_sides(h, k, rho) == pytest.approx(expected, abs=1e-5)


def straight_path(north_m, sigma_m, rho=0.0, dt_s=10.0):
    n = len(north_m)
    places = np.column_stack((np.zeros(n), north_m))
    return Path(
        start_utc=datetime(2025, 1, 1, tzinfo=UTC),
        t_s=dt_s * np.arange(n),
        lonlat_deg=from_azimuthal(0.0, 0.0, places),
        covariance_m2=np.broadcast_to(np.eye(2) * sigma_m**2, (n, 2, 2)),
        between_m2=np.broadcast_to(np.eye(2) * rho * sigma_m**2, (n - 1, 2, 2)),
    )


EASTWARD = along_line([(-0.1, 0.0), (0.1, 0.0)])


def test_a_crossing_has_the_moment_direction_and_probability_of_the_closed_form():
    # South to north, and the line runs east: from its right to its left.
    (found,) = crossings_of(straight_path([-150.0, 50.0], 100.0, rho=0.5), "L", EASTWARD)
    assert found.from_left is False
    assert found.p == pytest.approx(p_both_sides(1.5, -0.5, 0.5), abs=1e-6)
    assert (found.time_utc - datetime(2025, 1, 1, tzinfo=UTC)).total_seconds() == pytest.approx(7.5, abs=0.01)
    assert found.time_sigma_s == pytest.approx(5.0, abs=0.01)


def test_an_approach_tells_how_probably_it_went_over():
    (found,) = crossings_of(straight_path([-400.0, -250.0, -100.0, -250.0, -400.0], 100.0), "L", EASTWARD)
    assert (found.p, found.from_left) == (pytest.approx(0.1587, abs=1e-3), False)
    assert crossings_of(straight_path([-900.0, -800.0, -900.0], 100.0), "L", EASTWARD) == ()


def test_passing_round_the_end_of_a_line_is_no_crossing():
    path = straight_path([-500.0, -200.0, 100.0, 400.0], 10.0)
    assert crossings_of(path, "L", along_line([(0.05, 0.0), (0.1, 0.0)])) == ()


def test_there_and_back_are_two_crossings():
    found = crossings_of(straight_path([-500.0, 500.0, 500.0, -500.0], 50.0), "L", EASTWARD)
    assert [c.from_left for c in found] == [False, True]
    assert all(c.p > 0.999 for c in found)
