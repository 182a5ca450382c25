"""How well an array knows the direction and speed of a wave: geometry, bandwidth and coherence."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

UNKNOWN_BEARING_SIGMA_DEG = 360.0 / np.sqrt(12.0)
"""Standard deviation of a bearing about which nothing is known (uniform over the circle)."""

LEAST_WIDTH = 0.03
"""Width of an array over its length below which its elements count as lying on one line."""

UNKNOWN_VELOCITY_SHARE = 1.0
"""Largest spread of trace velocity stated, as a share of it; beyond this it is simply unknown."""


def in_line(offsets_m: FloatArray) -> bool:
    """Say whether the elements lie so nearly on one line that the two sides of it cannot be told apart.

    Args:
        offsets_m: Element positions, (n_elements, 2).
    """
    length, width = np.linalg.svd(offsets_m - offsets_m.mean(axis=0), compute_uv=False)[:2]
    return bool(width < LEAST_WIDTH * length)


def slowness_covariance(
    *,
    f_statistic: FloatArray,
    offsets_m: FloatArray,
    frequency_hz: FloatArray,
    n_independent: float,
    timing_floor_s: float,
) -> FloatArray:
    """Return the covariance of horizontal slowness, shape (n_windows, 2, 2), in (s/m)^2.

    Cramer-Rao bound for a Gaussian signal of unknown form in independent noise: with power ratio q per element,
    information = 2 N M q^2 / (1 + M q) * (2 pi f)^2 * sum of offsets squared; the F statistic estimates q = (F - 1)/M.
    A floor of `timing_floor_s` per element is added, so that no coherence makes an array perfect.

    References:
        Knapp & Carter (1976), IEEE Trans. ASSP 24(4) (two elements); Van Trees, Optimum Array Processing (2002),
        section 8.4 (many).
    """
    n_elements = len(offsets_m)
    centred = offsets_m - offsets_m.mean(axis=0)
    spread_m2 = centred.T @ centred
    # A straight line of elements sees nothing across itself; the ridge turns that into a huge, finite spread.
    spread_m2 = spread_m2 + np.eye(2) * 1e-9 * np.trace(spread_m2)
    ratio = np.maximum(f_statistic - 1.0, 1e-6) / n_elements
    per_sample = n_elements * ratio**2 / (1.0 + n_elements * ratio)
    information = 2.0 * n_independent * per_sample * np.mean(np.square(2.0 * np.pi * frequency_hz))
    variance_s2 = 1.0 / information + timing_floor_s**2
    covariance: FloatArray = variance_s2[:, None, None] * np.linalg.inv(spread_m2)
    return covariance


def direction_sigma(
    *,
    slowness_s_m: FloatArray,
    f_statistic: FloatArray,
    offsets_m: FloatArray,
    frequency_hz: FloatArray,
    n_independent: float,
    timing_floor_s: float,
    bearing_floor_deg: float,
) -> tuple[FloatArray, FloatArray]:
    """Return standard deviations of back azimuth (degrees) and trace velocity (m/s), each (n_windows,).

    Args:
        slowness_s_m: Best slowness, (n_windows, 2).
        f_statistic: F of the best beam, (n_windows,).
        offsets_m: Element positions, (n_elements, 2).
        frequency_hz: Frequencies in the band.
        n_independent: Independent spectral samples in a window.
        timing_floor_s: Timing spread per element that averaging does not remove.
        bearing_floor_deg: Least standard deviation of a bearing.
    """
    covariance = slowness_covariance(
        f_statistic=f_statistic,
        offsets_m=offsets_m,
        frequency_hz=frequency_hz,
        n_independent=n_independent,
        timing_floor_s=timing_floor_s,
    )
    length = np.maximum(np.hypot(slowness_s_m[:, 0], slowness_s_m[:, 1]), 1e-12)
    along = slowness_s_m / length[:, None]
    across = np.stack([along[:, 1], -along[:, 0]], axis=1)
    var_along = np.einsum("ni,nij,nj->n", along, covariance, along)
    var_across = np.einsum("ni,nij,nj->n", across, covariance, across)
    bearing_deg = np.hypot(np.degrees(np.sqrt(var_across) / length), bearing_floor_deg)
    velocity_m_s = np.minimum(np.sqrt(var_along) / length, UNKNOWN_VELOCITY_SHARE) / length
    # LIMIT: elements in a line hear the mirrored direction as loud, and only one of the two is reported; the bearing is
    # then stated as unknown, so such an array gives times but no direction.
    if in_line(offsets_m):
        bearing_deg = np.full_like(bearing_deg, UNKNOWN_BEARING_SIGMA_DEG)
    return np.minimum(bearing_deg, UNKNOWN_BEARING_SIGMA_DEG), velocity_m_s
