"""Where an impulse may have been when a fix is no point with an ellipse: its probability over cells of ground.

Three sensors, or sensors on one side, leave a long strip or several spots. There least squares states the one that it
happens to meet, and an ellipse from its slope there says nothing true of the rest. So the ground is divided into cells,
again and again where the probability is, down to the size of what paths are off by. The error of all arrivals is of
unknown size, as in `region`, here the air's part too, so the density is Student's t. How loud it was at each sensor
weighs in as far as sound that spreads in all directions would have it, and who would have heard it from there.
LIMIT: a wall between source and sensor bends both, so a strip may be weighed towards its wrong end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from trucewatch.fuse.air import Air
from trucewatch.fuse.locate import Arrivals, arrival_sigma_s
from trucewatch.fuse.mirror import Modes
from trucewatch.fuse.region import prior_scale
from trucewatch.fuse.settings import FuseSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Prior = Callable[[FloatArray], FloatArray]
"""places of shape (n, 2), in the frame of the arrivals, to log probabilities beforehand, shape (n,)"""

_ACROSS = 32
"""cells of the first division, each way"""
_REACH = 8.0
"""how many sizes of the network about its middle are looked at, as far as sound is heard"""
_FINEST_M = 4.0
"""of a cell: about what one path is off by"""
_DIVISIONS = 14
_WORTH = 3e-4
"""a cell more probable than this is divided: some thousands at most"""
_LOUD_SIGMA_DB = 8.0
"""by how much levels of one sound scatter about a loss of 20 dB a decade from sensor to sensor: houses, mounting and
gain; 7.2 dB in the live-fire recordings"""
_LOUD_SIGMA_DB_M = 0.005
"""and by what air and ground take on the way, 5 dB a kilometre"""
_TOUCH = 1.5
"""cells whose middles are nearer than this many sides are one part"""
_LEVEL = 0.90
_LEAST_P = 0.05
"""a part less probable than this is not stated by itself"""
_Q = -2.0 * np.log(1.0 - _LEVEL)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Density:
    """Probability over square cells, the smaller the more probable."""

    xy_m: FloatArray
    """their middles, shape (n, 2)"""
    p: FloatArray
    """shape (n,), sums to 1"""
    time_s: FloatArray
    """when it would have been there, shape (n,), epoch of the arrivals"""
    time_sigma_s: FloatArray
    """its error were the cell known, shape (n,)"""
    cell_m: FloatArray
    """their sides, shape (n,)"""

    def moment(self) -> tuple[float, float]:
        """Return when it was and the standard error of that, seconds."""
        mean = float(self.p @ self.time_s)
        return mean, float(np.sqrt(self.p @ ((self.time_s - mean) ** 2 + self.time_sigma_s**2)))


def density(
    arrivals: Arrivals, air: Air, settings: FuseSettings, loud_db: FloatArray | None = None, prior: Prior | None = None
) -> Density:
    """Return where an impulse may have been.

    Args:
        arrivals: n >= 3 arrivals.
        air: mean and error of sound speed and wind.
        settings: priors.
        loud_db: how loud it was at each sensor, of one zero, shape (n,); None where that is not known.
        prior: of places beside the even one over the ground.

    References:
        Gelman et al. 2013, Bayesian Data Analysis, section 3.2: a variance of unknown size leaves Student's t.
    """
    cells, side = _first_cells(arrivals, settings)
    done: FloatArray = np.zeros((0, 6))
    for _ in range(_DIVISIONS):
        log_p, time_s, sigma_s = _weighed(cells, side, arrivals, air, settings)
        log_p = log_p + 2.0 * np.log(side)
        log_p += 0.0 if loud_db is None else _by_loudness(cells, arrivals, loud_db)
        log_p += 0.0 if prior is None else prior(cells)
        fresh = np.column_stack((cells, side, log_p, time_s, sigma_s))
        whole = np.concatenate((done, fresh))
        p = np.exp(whole[:, 3] - whole[:, 3].max())
        p /= p.sum()
        again = (p > _WORTH) & (whole[:, 2] > _FINEST_M)
        if not again.any():
            break
        done = whole[~again]
        cells, side = _quartered(whole[again, :2], whole[again, 2])
    return Density(xy_m=whole[:, :2], p=p, time_s=whole[:, 4], time_sigma_s=whole[:, 5], cell_m=whole[:, 2])


def _first_cells(arrivals: Arrivals, settings: FuseSettings) -> tuple[FloatArray, FloatArray]:
    """Return middles (n, 2) and sides (n,) of the cells that everything begins with."""
    middle = arrivals.xy_m.mean(axis=0)
    size = max(float(np.hypot(*(arrivals.xy_m - middle).T).max()), 50.0)
    half = min(_REACH * size, size + settings.max_range_m)
    step = 2.0 * half / _ACROSS
    line = (np.arange(_ACROSS) + 0.5) * step - half
    cells = middle + np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return cells, np.full(len(cells), step)


def spread(found: Density, settings: FuseSettings) -> Modes:
    """Return the parts that the likeliest 90 per cent fall into, and one region that holds 90 per cent of the whole."""
    rows = _likeliest(found.p, _LEVEL)
    labels = _parts(found.xy_m[rows], found.cell_m[rows])
    parts = [rows[labels == k] for k in range(labels.max() + 1)]
    weight = np.array([found.p[part].sum() for part in parts])
    order = [k for k in np.argsort(-weight, kind="stable") if weight[k] >= _LEAST_P] or [int(np.argmax(weight))]
    stated = [_moments(found, parts[k], settings) for k in order]
    mean, covariance = _moments(found, np.arange(len(found.p)), settings)
    off = found.xy_m - mean
    d2 = np.einsum("ni,ij,nj->n", off, np.linalg.inv(covariance), off)
    near = np.argsort(d2, kind="stable")
    reach = float(d2[near[min(int(np.searchsorted(np.cumsum(found.p[near]), _LEVEL)), len(near) - 1)]])
    return Modes(
        xy_m=np.array([m for m, _ in stated]),
        weight=weight[order] / weight[order].sum(),
        each_m2=np.array([c for _, c in stated]),
        mean_m=mean,
        covariance_m2=covariance * max(1.0, reach / _Q),
    )


def _moments(found: Density, rows: IntArray, settings: FuseSettings) -> tuple[FloatArray, FloatArray]:
    """Return mean (2,) and covariance (2, 2) of some cells, what all shots share and the cell's own size included."""
    p = found.p[rows] / found.p[rows].sum()
    mean = p @ found.xy_m[rows]
    off = found.xy_m[rows] - mean
    own = settings.systematic_sigma_m**2 + float(p @ found.cell_m[rows] ** 2) / 12.0
    return mean, np.asarray((off.T * p) @ off + own * np.eye(2), dtype=np.float64)


def _parts(cells: FloatArray, side_m: FloatArray) -> IntArray:
    """Return which connected part each cell is in, shape (n,); cells that touch, or nearly, are connected."""
    near = cKDTree(cells).query_ball_point(cells, _TOUCH * side_m)
    one = np.repeat(np.arange(len(cells)), [len(n) for n in near])
    other = np.concatenate([np.asarray(n, dtype=np.int64) for n in near])
    links = coo_array((np.ones(len(one)), (one, other)), shape=(len(cells), len(cells)))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _likeliest(p: FloatArray, share: float) -> IntArray:
    """Return the fewest cells that hold a share of the whole, ascending."""
    order = np.argsort(-p, kind="stable")
    n = int(np.searchsorted(np.cumsum(p[order]), share)) + 1
    return np.sort(order[:n])


def _quartered(cells: FloatArray, side_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    corners = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    middles = cells[:, None] + corners * side_m[:, None, None] / 4.0
    return middles.reshape(-1, 2), np.repeat(side_m / 2.0, 4)


def _weighed(
    cells: FloatArray, side_m: FloatArray, arrivals: Arrivals, air: Air, settings: FuseSettings
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log density in cells, unnormalised, and time of the event with its error, each shape (n_cells,)."""
    off = arrivals.xy_m - cells[:, None]
    away = np.maximum(np.hypot(off[..., 0], off[..., 1]), 1.0)
    toward = off / away[..., None]
    speed = air.speed_m_s + toward @ np.array([air.wind_east_m_s, air.wind_north_m_s])
    origin = arrivals.time_s - away / speed
    by_air = (away / speed**2)[..., None] * np.concatenate((np.ones_like(toward[..., :1]), toward), axis=-1)
    by_air *= np.array([air.speed_sigma_m_s, air.wind_sigma_m_s, air.wind_sigma_m_s])
    # A cell stands for all places in it: in the mean a twelfth of its side squared off, towards any sensor.
    own_s2 = arrival_sigma_s(arrivals, air, settings) ** 2 + (side_m**2 / 12.0 / air.speed_m_s**2)[:, None]
    covariance = by_air @ by_air.swapaxes(-1, -2) + own_s2[..., None] * np.eye(len(arrivals))
    precision = np.linalg.inv(covariance)
    pull = precision.sum(axis=-1)
    total = pull.sum(axis=-1)
    time_s = (pull * origin).sum(axis=-1) / total
    late = origin - time_s[:, None]
    cost = np.einsum("ni,nij,nj->n", late, precision, late)
    prior = settings.path_scale_freedom
    freedom, known = prior + len(arrivals) - 1, prior * prior_scale(prior)
    log_p = -0.5 * np.linalg.slogdet(covariance)[1] - 0.5 * np.log(total) - freedom / 2 * np.log(known + cost)
    return log_p, time_s, np.sqrt((known + cost) / (freedom - 2.0) / total)


def _by_loudness(cells: FloatArray, arrivals: Arrivals, loud_db: FloatArray) -> FloatArray:
    """Return the log-likelihood of levels were it in each cell, the source's own being unknown, shape (n_cells,)."""
    away_m = np.maximum(np.hypot(*(arrivals.xy_m - cells[:, None]).transpose(2, 0, 1)), 1.0)
    at_1_m = loud_db + 20.0 * np.log10(away_m)
    precision = 1.0 / (_LOUD_SIGMA_DB**2 + (_LOUD_SIGMA_DB_M * away_m) ** 2)
    total = precision.sum(axis=-1, keepdims=True)
    off = at_1_m - (precision * at_1_m).sum(axis=-1, keepdims=True) / total
    whole = np.log(precision).sum(axis=-1) - np.log(total[:, 0]) - (precision * off**2).sum(axis=-1)
    return np.asarray(0.5 * whole, dtype=np.float64)
