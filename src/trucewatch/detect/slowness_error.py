"""How well an array knows the direction and speed of a wave: geometry, bandwidth, coherence, survey and clocks."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

UNKNOWN_BEARING_SIGMA_DEG = 360.0 / np.sqrt(12.0)
"""Standard deviation of a bearing about which nothing is known (uniform over the circle)."""

UNKNOWN_VELOCITY_SHARE = 1.0
"""Largest spread of trace velocity stated, as a share of it; beyond this it is simply unknown."""


def estimator(offsets_m: FloatArray) -> FloatArray:
    """Return the matrix (2, n_places) that turns arrival times of places into horizontal slowness by least squares.

    Args:
        offsets_m: Places, (n_places, 2).
    """
    centred = offsets_m - offsets_m.mean(axis=0)
    spread_m2 = centred.T @ centred
    # A straight line of elements sees nothing across itself; the ridge turns that into a huge, finite spread.
    spread_m2 = spread_m2 + np.eye(2) * 1e-9 * np.trace(spread_m2)
    solved: FloatArray = np.linalg.solve(spread_m2, centred.T)
    return solved


def noise_variance_s2(
    coherence: FloatArray, weight: FloatArray, *, n_places: int, frequency_hz: FloatArray, n_independent: float
) -> FloatArray:
    """Return the variance of the arrival time at each place that noise causes, (n_windows,), in s^2.

    With `P_f` the semblance of single frequencies, the beam `sum_f P_f` is steepest by chance with variance
    proportional to `A = mean (2 pi f)^2 P_f (1 - P_f)/(M - 1)` and bends with `B = mean (2 pi f)^2 (P_f - (1 - P_f)/
    (M - 1))`; arrival times then err by `M A / (2 N B^2)`. Where every frequency has the same power ratio q and power
    is not normalised this is the Cramer-Rao bound, `1 / (2 N M q^2 / (1 + M q) (2 pi f)^2)`; otherwise it also counts
    what frequencies without signal cost.

    Args:
        coherence: Semblance of single frequencies at the slowness found, (n_windows, n_frequencies).
        weight: How much each frequency counts in the beam, the same shape; 1 where all count the same.
        n_places: M.
        frequency_hz: (n_frequencies,).
        n_independent: N, independent spectral samples in a window.

    References:
        Knapp & Carter (1976), IEEE Trans. ASSP 24(4) (bound, two elements); Van Trees, Optimum Array Processing (2002),
        section 8.4 (many); Huber, Robust Statistics (1981), section 3.2 (variance of an estimate from its equation).
    """
    squared = np.square(2.0 * np.pi * frequency_hz)
    rest = (1.0 - coherence) / (n_places - 1)
    chance = (squared * np.square(weight) * coherence * rest).mean(axis=1)
    bend = (squared * weight * (coherence - rest)).mean(axis=1)
    # No bend, no direction: a beam as flat as noise gets a huge, finite spread.
    bend = np.maximum(bend, 1e-3 * squared.mean())
    variance: FloatArray = n_places * chance / (2.0 * n_independent * np.square(bend))
    return variance


def slowness_covariance(
    solve: FloatArray,
    *,
    noise_s2: FloatArray,
    slowness_s_m: FloatArray,
    clock_s2: FloatArray,
    position_m2: FloatArray,
) -> FloatArray:
    """Return the covariance of horizontal slowness, shape (n_windows, 2, 2), in (s/m)^2.

    Args:
        solve: Estimator, (2, n_places) or one for each window, (n_windows, 2, n_places).
        noise_s2: Variance of arrival times by noise, (n_windows,).
        slowness_s_m: Best slowness, (n_windows, 2): a place that is wrong along the wave is wrong in time.
        clock_s2: Timing variance of each place that averaging does not remove, (n_places,).
        position_m2: Variance of each surveyed place along any direction, (n_places,).
    """
    squared = np.square(slowness_s_m).sum(axis=1)
    each_s2 = noise_s2[:, None] + clock_s2 + squared[:, None] * position_m2
    solve = np.broadcast_to(solve, (len(noise_s2), *solve.shape[-2:]))
    covariance: FloatArray = np.einsum("nim,nm,njm->nij", solve, each_s2, solve)
    return covariance


def direction_sigma(
    slowness_s_m: FloatArray, covariance: FloatArray, bearing_floor_deg: float
) -> tuple[FloatArray, FloatArray]:
    """Return standard deviations of back azimuth (degrees) and trace velocity (m/s), each (n,).

    Args:
        slowness_s_m: (n, 2).
        covariance: Of slowness, (n, 2, 2).
        bearing_floor_deg: Least standard deviation of a bearing.
    """
    length = np.maximum(np.hypot(slowness_s_m[:, 0], slowness_s_m[:, 1]), 1e-12)
    along = slowness_s_m / length[:, None]
    across = np.stack([along[:, 1], -along[:, 0]], axis=1)
    var_along = np.einsum("ni,nij,nj->n", along, covariance, along)
    var_across = np.einsum("ni,nij,nj->n", across, covariance, across)
    bearing_deg = np.hypot(np.degrees(np.sqrt(var_across) / length), bearing_floor_deg)
    velocity_m_s = np.minimum(np.sqrt(var_along) / length, UNKNOWN_VELOCITY_SHARE) / length
    return np.minimum(bearing_deg, UNKNOWN_BEARING_SIGMA_DEG), velocity_m_s
