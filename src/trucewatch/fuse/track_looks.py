"""Measurement against prediction, for pairs that may belong together.

Places are linear in the state (radar polar measurements were converted before). Bearings and elevations are linearised
at the prediction, with the second-order term of the bearing, so that a track whose range is poorly known is not
believed too soon.

References:
    Bar-Shalom, Li & Kirubarajan (2001), eqs. 5.2.3-10 (Kalman filter) and 10.3.2-17 (second-order terms).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_scans import Look, Scan, drop_m, wrapped

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

GATE = 4.5
"""standard deviations of an innovation beyond which a pair is not looked at: 1e-5 of the true ones lie there"""
MANY_PAIRS = 20_000
"""from how many pairs of track and measurement an index over one axis pays"""
LEAST_RANGE_M = 1.0
"""a bearing to what stands in the sensor means nothing"""
CLOCK_SPEED_M_S = 100.0
"""with which the error of a clock widens the first, rough gate"""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Gated pairs of tracks and measurements, by track."""

    track: IntArray
    measurement: IntArray
    innovation: FloatArray
    """(k, c)"""
    cross: FloatArray
    """(k, 2a, c) covariance of state and innovation, P H'"""
    inverse: FloatArray
    """(k, c, c) of the innovation's covariance"""
    log_density: FloatArray
    """(k,) of the whole measurement"""
    log_density_place: FloatArray
    """(k,) of the part that clutter has too: without velocity"""
    distance2: FloatArray
    """(k,) squared Mahalanobis distance"""

    def only(self, keep: NDArray[np.bool_]) -> Pairs:
        """Return some of the pairs."""
        return Pairs(
            self.track[keep],
            self.measurement[keep],
            self.innovation[keep],
            self.cross[keep],
            self.inverse[keep],
            self.log_density[keep],
            self.log_density_place[keep],
            self.distance2[keep],
        )


def gated(scan: Scan, state: FloatArray, covariance: FloatArray, forced: tuple[IntArray, IntArray] | None) -> Pairs:
    """Return the pairs of a scan that may belong together.

    Args:
        scan: (m) measurements.
        state: (n, 2a) predictions.
        covariance: (n, 2a, 2a).
        forced: pairs that belong together whatever their distance, by track.
    """
    if scan.look >= Look.BEARING:
        seen, slope, curve = _angles(scan, state, covariance)
        across = slope @ covariance[:, : slope.shape[2]] if slope.shape[2] < covariance.shape[1] else slope
        spread = across[:, :, : slope.shape[2]] @ slope.transpose(0, 2, 1)
        spread[:, 0, 0] += curve
        cross = across.transpose(0, 2, 1)
    else:
        k = scan.z.shape[1]
        seen, spread, cross = state[:, :k], covariance[:, :k, :k], covariance[:, :, :k]
    i, j = _near(scan, seen, spread)
    if forced is not None:
        i, j = _joined(i, j, forced, len(scan))
    return _weighed(scan, state, seen, spread, cross, i, j)


def _near(scan: Scan, seen: FloatArray, spread: FloatArray) -> tuple[IntArray, IntArray]:
    """Return pairs within the gate on each axis; over an index of the first axis where there are many."""
    n, m = len(seen), len(scan)
    reach2 = GATE**2 * spread.diagonal(0, 1, 2)
    noise2 = GATE**2 * scan.noise.diagonal(0, 1, 2)
    if scan.clock_sigma_s > 0:
        reach2 = reach2 + (GATE * scan.clock_sigma_s * CLOCK_SPEED_M_S) ** 2 if scan.look < Look.BEARING else reach2
    if n * m < MANY_PAIRS or scan.look >= Look.BEARING:
        off = scan.z[None] - seen[:, None]
        if scan.look >= Look.BEARING:
            off[..., 0] = wrapped(off[..., 0])
        i, j = np.nonzero((off * off <= reach2[:, None] + noise2[None]).all(axis=2))
        return i, j
    order = np.argsort(scan.z[:, 0], kind="stable")
    along = scan.z[order, 0]
    half = np.sqrt(reach2[:, 0] + noise2[:, 0].max())
    first, last = np.searchsorted(along, seen[:, 0] - half), np.searchsorted(along, seen[:, 0] + half)
    count = last - first
    i = np.repeat(np.arange(n), count)
    j = order[np.arange(count.sum()) - np.repeat(np.cumsum(count) - count - first, count)]
    off = scan.z[j] - seen[i]
    keep = (off * off <= reach2[i] + noise2[j]).all(axis=1)
    i, j = i[keep], j[keep]
    by_track = np.lexsort((j, i))
    return i[by_track], j[by_track]


def _joined(i: IntArray, j: IntArray, forced: tuple[IntArray, IntArray], m: int) -> tuple[IntArray, IntArray]:
    both = np.unique(np.concatenate((i * m + j, forced[0] * m + forced[1])))
    return both // m, both % m


def _weighed(
    scan: Scan, state: FloatArray, seen: FloatArray, spread: FloatArray, cross: FloatArray, i: IntArray, j: IntArray
) -> Pairs:
    innovation = scan.z[j] - seen[i]
    total = spread[i] + scan.noise[j]
    a = state.shape[1] // 2
    if scan.look >= Look.BEARING:
        innovation[:, 0] = wrapped(innovation[:, 0])
    elif scan.clock_sigma_s > 0:
        speed = state[i, a:]
        total[:, :a, :a] += scan.clock_sigma_s**2 * speed[:, :, None] * speed[:, None, :]
    inverse, log_det = _inverted(total)
    distance2 = (innovation[:, None] @ inverse @ innovation[:, :, None])[:, 0, 0]
    c = innovation.shape[1]
    log_density = -0.5 * (distance2 + log_det + c * np.log(2.0 * np.pi))
    place = log_density
    if scan.look is Look.PLACE_AND_VELOCITY:
        part, part_det = _inverted(total[:, :a, :a])
        off = innovation[:, :a]
        place = -0.5 * (np.einsum("ka,kab,kb->k", off, part, off) + part_det + a * np.log(2.0 * np.pi))
    return Pairs(i, j, innovation, cross[i], inverse, log_density, place, distance2)


def _inverted(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return inverses and log determinants of symmetric matrices (k, c, c)."""
    if matrix.shape[1] == 1:
        return 1.0 / matrix, np.log(matrix[:, 0, 0])
    if matrix.shape[1] == 2:
        p, q, r = matrix[:, 0, 0], matrix[:, 0, 1], matrix[:, 1, 1]
        det = p * r - q * q
        inverse = np.empty_like(matrix)
        inverse[:, 0, 0], inverse[:, 1, 1] = r / det, p / det
        inverse[:, 0, 1] = inverse[:, 1, 0] = -q / det
        return inverse, np.log(det)
    inverse = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    return inverse, np.asarray(np.linalg.slogdet(matrix)[1], dtype=np.float64)


def _angles(scan: Scan, state: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return predicted angles (n, c), their slopes H (n, c, a), and the bearing's second-order variance (n,)."""
    a = len(scan.origin_m)
    off = state[:, :a] - scan.origin_m
    flat = np.maximum(np.hypot(off[:, 0], off[:, 1]), LEAST_RANGE_M)
    east, north = off[:, 0] / flat, off[:, 1] / flat
    c = scan.z.shape[1]
    slope = np.zeros((len(state), c, a))
    slope[:, 0, 0], slope[:, 0, 1] = north / flat, -east / flat
    seen = np.empty((len(state), c))
    seen[:, 0] = np.arctan2(off[:, 0], off[:, 1])
    if c > 1:
        rise = off[:, 2] - drop_m(flat)
        range2 = flat**2 + rise**2
        seen[:, 1] = np.arctan2(rise, flat)
        by_flat = -(rise + 2.0 * drop_m(flat)) / range2
        slope[:, 1, 0], slope[:, 1, 1], slope[:, 1, 2] = by_flat * east, by_flat * north, flat / range2
    curve = _second_order(covariance, east, north) / flat**4
    speed2 = (state[:, a : a + 2] ** 2).sum(axis=1)
    curve += (scan.origin_var_m2 + scan.clock_sigma_s**2 * speed2) / flat**2
    return seen, slope, curve


def _second_order(covariance: FloatArray, east: FloatArray, north: FloatArray) -> FloatArray:
    """Return P_rr P_tt + P_rt^2: half the trace of the squared Hessian of a bearing times range to the fourth."""
    ee, en, nn = covariance[:, 0, 0], covariance[:, 0, 1], covariance[:, 1, 1]
    radial = ee * east**2 + 2 * en * east * north + nn * north**2
    across = ee * north**2 - 2 * en * east * north + nn * east**2
    both = (ee - nn) * east * north + en * (north**2 - east**2)
    second: FloatArray = radial * across + both**2
    return second
