"""How tracks begin: at a place that nobody explains, and where bearings of two sensors cross."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_bank import Begun
from trucewatch.fuse.track_scans import Look, Scan, drop_m
from trucewatch.fuse.track_told import Forward

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LEAST_CROSSING_RAD = np.radians(5.0)
"""flatter crossings say nothing of the range"""
FARTHEST_RAY_M = 40_000.0
"""no camera names a drone or vehicle farther away"""
UNKNOWN_ALTITUDE_M = (200.0, 500.0)
"""mean and sigma of the altitude where nobody measured it: low flyers and the ground, a stated guess"""
OPEN_RAY = 0.2
"""a bearing starts nothing where known tracks explain it with more than 1 minus this"""
ALTITUDE_GATE = 3.0
SAME_DISTANCE2 = 6.0
"""squared distance within which a crossing of bearings is a known track again (95 per cent of the true ones)"""
WIDER = 4.0
"""a track whose variance is so many times wider than the crossing's is not known well enough to take it up"""


def at_places(scan: Scan, exists: FloatArray, told: Forward) -> Begun:
    """Start a track at each place of a scan, with the speed that was measured or that its kind may have."""
    m, a = len(scan), told.n_axes
    state, covariance = np.zeros((m, 2 * a)), np.zeros((m, 2 * a, 2 * a))
    k = scan.z.shape[1]
    _still(covariance, scan.kind, told)
    state[:, :k], covariance[:, :k, :k] = scan.z, scan.noise
    if a > 2:
        # An altitude that was hardly measured is no wider than what flies at all; what it shares shrinks with it.
        narrower = np.minimum(1.0, UNKNOWN_ALTITUDE_M[1] / np.sqrt(covariance[:, 2, 2]))
        covariance[:, 2, :] *= narrower[:, None]
        covariance[:, :, 2] *= narrower[:, None]
    return Begun(state, covariance, exists, scan.kind, scan.label, scan.source[:, None], np.full((m, 2), scan.sensor))


def _still(covariance: FloatArray, kind: IntArray, told: Forward) -> None:
    """Write the spread of unknown speeds."""
    a = told.n_axes
    axis = np.arange(a)
    covariance[:, axis + a, axis + a] = told.speed_variances()[kind]


class Rays:
    """Bearings of the last seconds that no track explains, one row each."""

    def __init__(self) -> None:
        """Begin empty."""
        # time, east, north, up, bearing, bearing variance, elevation, its variance, open, density, position variance
        self.rows: FloatArray = np.zeros((0, 11))
        self.kind: IntArray = np.zeros(0, dtype=np.int64)
        self.source: IntArray = np.zeros(0, dtype=np.int64)
        self.sensor: IntArray = np.zeros(0, dtype=np.int64)
        self.label: IntArray = np.zeros(0, dtype=np.int64)

    def latest(self) -> FloatArray:
        """Return for each bearing when its sensor last sent any; older ones started what they could."""
        _, place = np.unique(self.rows[:, 1:4], axis=0, return_inverse=True)
        last = np.full(len(self.rows), -np.inf)
        np.maximum.at(last, place, self.rows[:, 0])
        return last[place]

    def keep(self, old: NDArray[np.bool_], rows: FloatArray, scan: Scan, which: IntArray) -> None:
        """Forget some and remember those of a scan."""
        self.rows = np.concatenate((self.rows[old], rows))
        self.kind = np.concatenate((self.kind[old], scan.kind[which]))
        self.source = np.concatenate((self.source[old], scan.source[which]))
        self.sensor = np.concatenate((self.sensor[old], np.full(len(which), scan.sensor)))
        self.label = np.concatenate((self.label[old], scan.label[which]))


def crossings(scan: Scan, fresh: FloatArray, rays: Rays, told: Forward) -> Begun:
    """Start a track wherever an unexplained bearing crosses one of another sensor, a short time before.

    A crossing is real with the odds of the density of things against the chance meeting of two bearings: of area
    r1 r2 / sin(angle) for a square radian.
    """
    which = np.flatnonzero(fresh > OPEN_RAY)
    new = _rows(scan, fresh, which)
    recent = rays.rows[:, 0] >= scan.t_s - told.ray_window_s
    i, j = np.nonzero(np.ones((len(new), 1), dtype=bool) & recent[None])
    elsewhere = ((new[i, 1:3] - rays.rows[j, 1:3]) ** 2).sum(axis=1) > 1.0
    latest = rays.rows[j, 0] == rays.latest()[j]
    i, j = i[elsewhere & latest], j[elsewhere & latest]
    begun = _crossed(new[i], rays.rows[j], scan.kind[which][i], rays.kind[j], told)
    label = np.maximum(scan.label[which][i], rays.label[j])
    sources = np.stack((scan.source[which][i], rays.source[j]), axis=1)
    sensors = np.stack((np.full(len(i), scan.sensor), rays.sensor[j]), axis=1)
    rays.keep(recent, new, scan, which)
    return Begun(begun[0], begun[1], begun[2], scan.kind[which][i], label, sources, sensors)


def unknown_yet(begun: Begun, state: FloatArray, covariance: FloatArray) -> NDArray[np.bool_]:
    """Say which new tracks lie where no track is known; a crossing of bearings beside one is that one again.

    Args:
        begun: new tracks.
        state: (n, 2a) of known tracks at the same moment.
        covariance: (n, 2a, 2a).
    """
    own, other = begun.covariance[:, :2, :2], covariance[:, :2, :2]
    off = begun.state[:, None, :2] - state[None, :, :2]
    both = own[:, None] + other[None]
    det = both[..., 0, 0] * both[..., 1, 1] - both[..., 0, 1] ** 2
    distance2 = (
        both[..., 1, 1] * off[..., 0] ** 2
        - 2.0 * both[..., 0, 1] * off[..., 0] * off[..., 1]
        + both[..., 0, 0] * off[..., 1] ** 2
    ) / det
    sharp = np.trace(other, axis1=1, axis2=2)[None] < WIDER * np.trace(own, axis1=1, axis2=2)[:, None]
    near: NDArray[np.bool_] = ((distance2 < SAME_DISTANCE2) & sharp).any(axis=1)
    return ~near


def _rows(scan: Scan, fresh: FloatArray, which: IntArray) -> FloatArray:
    rows = np.zeros((len(which), 11))
    rows[:, 0], rows[:, 1 : 1 + len(scan.origin_m)] = scan.t_s, scan.origin_m
    rows[:, 4], rows[:, 5] = scan.z[which, 0], scan.noise[which, 0, 0]
    rows[:, 6:8] = np.nan
    if scan.look is Look.BEARING_AND_ELEVATION:
        rows[:, 6], rows[:, 7] = scan.z[which, 1], scan.noise[which, 1, 1]
    rows[:, 8], rows[:, 9], rows[:, 10] = fresh[which], len(scan) / (2.0 * np.pi), scan.origin_var_m2
    return rows


def _crossed(
    one: FloatArray, two: FloatArray, kind: IntArray, other_kind: IntArray, told: Forward
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return state, covariance and existence of crossings of rays, row by row."""
    a, n = told.n_axes, len(one)
    u1, u2 = _along(one[:, 4]), _along(two[:, 4])
    sine = u1[:, 0] * u2[:, 1] - u1[:, 1] * u2[:, 0]
    base = two[:, 1:3] - one[:, 1:3]
    with np.errstate(divide="ignore", invalid="ignore"):
        r1 = (base[:, 0] * u2[:, 1] - base[:, 1] * u2[:, 0]) / sine
        r2 = (base[:, 0] * u1[:, 1] - base[:, 1] * u1[:, 0]) / sine
    good = (np.abs(sine) > np.sin(LEAST_CROSSING_RAD)) & (r1 > 0) & (r2 > 0)
    good &= (r1 < FARTHEST_RAY_M) & (r2 < FARTHEST_RAY_M) & (kind == other_kind)
    r1, r2, sine = np.where(good, r1, 1.0), np.where(good, r2, 1.0), np.where(good, sine, 1.0)
    # The second bearing was taken a little earlier: what moved meanwhile widens it.
    var1 = one[:, 5] * r1**2 + one[:, 10]
    var2 = two[:, 5] * r2**2 + two[:, 10] + told.speed_variances()[kind, 0] * (one[:, 0] - two[:, 0]) ** 2
    n1, n2 = _across(u1), _across(u2)
    information = (
        n1[:, :, None] * n1[:, None, :] / var1[:, None, None] + n2[:, :, None] * n2[:, None, :] / var2[:, None, None]
    )
    state, covariance = np.zeros((n, 2 * a)), np.zeros((n, 2 * a, 2 * a))
    _still(covariance, kind, told)
    state[:, :2] = one[:, 1:3] + r1[:, None] * u1
    covariance[:, :2, :2] = np.linalg.inv(information)
    real = told.log_ray_births + np.log(r1 * r2 / np.abs(sine)) - np.log(one[:, 9] * two[:, 9])
    exists = np.where(good, one[:, 8] * two[:, 8] / (1.0 + np.exp(-real)), 0.0)
    if a > 2:
        level, fits = _altitude(one, two, r1, r2)
        state[:, 2], covariance[:, 2, 2] = level
        exists = np.where(fits, exists, 0.0)
    return state, covariance, exists


def _altitude(
    one: FloatArray, two: FloatArray, r1: FloatArray, r2: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], NDArray[np.bool_]]:
    """Return mean and variance of the altitude by both elevations, and whether the two agree."""
    mean, variance = UNKNOWN_ALTITUDE_M[0], UNKNOWN_ALTITUDE_M[1] ** 2
    weight = np.full(len(one), 1.0 / variance)
    total = weight * mean
    levels, spreads = [], []
    for ray, r in ((one, r1), (two, r2)):
        level = ray[:, 3] + r * np.tan(ray[:, 6]) + drop_m(r)
        spread = ray[:, 7] * r**2 / np.cos(ray[:, 6]) ** 4 + ray[:, 10]
        known = np.isfinite(level)
        weight = weight + np.where(known, 1.0 / np.where(known, spread, 1.0), 0.0)
        total = total + np.where(known, level / np.where(known, spread, 1.0), 0.0)
        levels.append(level)
        spreads.append(spread)
    apart = np.abs(levels[0] - levels[1]) > ALTITUDE_GATE * np.sqrt(spreads[0] + spreads[1])
    return (total / weight, 1.0 / weight), ~apart


def _along(bearing_rad: FloatArray) -> FloatArray:
    return np.stack((np.sin(bearing_rad), np.cos(bearing_rad)), axis=1)


def _across(along: FloatArray) -> FloatArray:
    return np.stack((along[:, 1], -along[:, 0]), axis=1)
