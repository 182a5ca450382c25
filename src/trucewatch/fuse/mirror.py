"""Other places that the same arrival times fit as well: mirror image of a line of sensors, second root of three.

A fix is one minimum. Where sensors stand in a line, or only three heard it, there is another one, and least squares
takes whichever it meets first. Both are stated, and the region spans both: no single place is claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.air import Air
from trucewatch.fuse.apart import squared_sigmas
from trucewatch.fuse.locate import Arrivals, Fix, arrival_sigma_s, huber_cost, locate_several
from trucewatch.fuse.settings import FuseSettings

FloatArray = NDArray[np.float64]

_RANGES, _BEARINGS = 28, 72
_TRIED = 4
_LEAST_WEIGHT = 0.05
"""another place less probable than this is not stated"""
_HOPELESS = 12.0
"""cost above the fix's from which a point of the grid is not refined"""
_APART = 16.0
"""squared distance in sigmas from which two minima are two places"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Modes:
    """All places that fit, with what they come to together."""

    xy_m: FloatArray
    """shape (n, 2), the fix itself first"""
    weight: FloatArray
    """shape (n,), sums to 1"""
    each_m2: FloatArray
    """covariance of each by itself, shape (n, 2, 2)"""
    mean_m: FloatArray
    """shape (2,)"""
    covariance_m2: FloatArray
    """shape (2, 2), spread between the places included"""

    def sentence(self) -> str:
        """Return them in words, without coordinates."""
        off = self.xy_m[1:] - self.xy_m[0]
        rows = zip(off, self.weight[1:], strict=True)
        there = ", ".join(
            f"{np.hypot(*o):.0f} m towards {np.degrees(np.arctan2(*o)) % 360:.0f} degrees with probability {w:.2f}"
            for o, w in rows
        )
        return f"{len(self.weight)} places fit the arrival times; from the likelier one another lies {there}"


def modes(arrivals: Arrivals, air: Air, settings: FuseSettings, fix: Fix) -> Modes | None:
    """Return all places that fit, None where the fix is the only one."""
    starts = _starts(arrivals, air, settings, fix)
    if not len(starts):
        return None
    n = len(starts)
    found = [fix]
    for other in locate_several([arrivals] * n, [air] * n, settings, starts):
        if _is_new(other, found, arrivals, settings):
            found.append(other)
    log_weight = np.array([_log_weight(f, settings) for f in found])
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    kept = np.flatnonzero((weight >= _LEAST_WEIGHT) | (np.arange(len(found)) == 0))
    return _together([found[k] for k in kept], weight[kept] / weight[kept].sum()) if len(kept) > 1 else None


def _together(found: Sequence[Fix], weight: FloatArray) -> Modes:
    order = np.argsort(-weight, kind="stable")
    xy = np.array([found[k].xy_m for k in order])
    weight = weight[order]
    mean = weight @ xy
    off = xy - mean
    each = np.array([found[k].covariance_m2 for k in order])
    covariance = np.einsum("k,kij->ij", weight, each) + (off.T * weight) @ off
    return Modes(xy_m=xy, weight=weight, each_m2=each, mean_m=mean, covariance_m2=covariance)


def _starts(arrivals: Arrivals, air: Air, settings: FuseSettings, fix: Fix) -> FloatArray:
    """Return the best local minima of a polar grid about the sensors that may beat the fix, shape (n, 2)."""
    middle = arrivals.xy_m.mean(axis=0)
    size = max(float(np.hypot(*(arrivals.xy_m - middle).T).max()), 50.0)
    radius = np.geomspace(size / 30, min(6 * size, settings.max_range_m), _RANGES)
    bearing = 2 * np.pi * np.arange(_BEARINGS) / _BEARINGS
    points = middle + radius[:, None, None] * np.stack((np.sin(bearing), np.cos(bearing)), axis=-1)
    # A point of the grid stands for those around it, so its residuals are forgiven half a step.
    slack_s = 0.5 * np.maximum(radius * 2 * np.pi / _BEARINGS, np.gradient(radius)) / air.speed_m_s
    sigma = np.hypot(arrival_sigma_s(arrivals, air, settings), slack_s[:, None])[:, None, :]
    origin = arrivals.time_s - np.hypot(*(points[:, :, None, :] - arrivals.xy_m).transpose(3, 0, 1, 2)) / air.speed_m_s
    mean = (origin / sigma**2).sum(axis=-1, keepdims=True) / (1 / sigma**2).sum(axis=-1, keepdims=True)
    cost = huber_cost((origin - mean) / sigma, settings.huber).sum(axis=-1)
    around = np.stack([np.roll(cost, s, axis=1) for s in (-1, 1)])
    beyond = np.pad(cost, ((1, 1), (0, 0)), constant_values=np.inf)
    low = (cost <= around.min(axis=0)) & (cost <= beyond[:-2]) & (cost <= beyond[2:])
    low &= cost <= _cost(fix, settings) + _HOPELESS
    chosen = sorted(zip(cost[low].tolist(), points[low].tolist(), strict=True))[:_TRIED]
    return np.array([p for _, p in chosen]).reshape(-1, 2)


def _is_new(fix: Fix, found: Sequence[Fix], arrivals: Arrivals, settings: FuseSettings) -> bool:
    if not np.isfinite(fix.covariance_m2).all() or np.abs(fix.residual_s / fix.sigma_s).max() > settings.outlier_sigmas:
        return False
    if np.hypot(*(arrivals.xy_m - fix.xy_m).T).min() > settings.max_range_m:
        return False
    return all(
        squared_sigmas(fix.xy_m - other.xy_m, fix.covariance_m2 + other.covariance_m2) > _APART for other in found
    )


def _cost(fix: Fix, settings: FuseSettings) -> float:
    return float(huber_cost(fix.residual_s / fix.sigma_s, settings.huber).sum())


def _log_weight(fix: Fix, settings: FuseSettings) -> float:
    """Return the log of its share before normalising: likelihood times volume (Laplace)."""
    return -_cost(fix, settings) + 0.5 * float(np.linalg.slogdet(fix.scatter_m2)[1])
