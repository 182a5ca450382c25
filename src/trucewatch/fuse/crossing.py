"""Did a track cross a line? By its smoothed error, with the moment and the direction.

The signed distance to the line is Gaussian at every moment, with the correlation between two moments that the smoother
gives. A crossing is counted between the moment when the track was most surely on the one side and the moment when it
was most surely on the other; its probability is that of both, by the bivariate normal law.

References:
    Owen, D. B. (1956), Tables for computing bivariate normal probabilities, Ann. Math. Statist. 27(4), eq. 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, owens_t

from trucewatch.geo import Segments
from trucewatch.model.track import Crossing

FloatArray = NDArray[np.float64]

LEAST_P = 0.05
"""less probable passages are not told"""
SURE_SIGMAS = 6.0
LEAST_SIGMA_M = 1e-3
"""a track without error would make every ratio infinite"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Path:
    """A smoothed track, densely enough that it is straight between its points."""

    start_utc: datetime
    t_s: FloatArray
    """(n,) seconds after the start, not falling"""
    lonlat_deg: FloatArray
    """(n, 2)"""
    covariance_m2: FloatArray
    """(n, 2, 2) east-north"""
    between_m2: FloatArray
    """(n - 1, 2, 2) covariance of each place (rows) with the next one (columns)"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Offsets:
    """How far a path lies left of a line, at each of its points."""

    mean_m: FloatArray
    """(n,) positive to the left"""
    sigma_m: FloatArray
    lag: FloatArray
    """(n - 1,) correlation of each with the next"""


def crossings_of(path: Path, line_id: str, line: Segments) -> tuple[Crossing, ...]:
    """Return the passages of a path over a line, and approaches that may have been one, in time order.

    Args:
        path: of one track, two points at least.
        line_id: name of the line.
        line: its segments.
    """
    nearest = line.nearest(path.lonlat_deg)
    side = np.where(nearest.side == 0.0, 1.0, nearest.side)
    across = -side[:, None] * nearest.toward
    sigma = np.sqrt(np.maximum(np.einsum("ni,nij,nj->n", across, path.covariance_m2, across), LEAST_SIGMA_M**2))
    lag = np.einsum("ni,nij,nj->n", across[:-1], path.between_m2, across[1:]) / (sigma[:-1] * sigma[1:])
    offsets = Offsets(mean_m=side * nearest.distance_m, sigma_m=sigma, lag=np.clip(lag, 0.0, 1.0))
    return tuple(sorted(_passages(path, line_id, offsets), key=lambda c: (c.time_utc, c.line_id)))


def p_both_sides(h: float, k: float, rho: float) -> float:
    """Return P(X > 0, Y < 0) of two normal variables with unit variance.

    Args:
        h: mean of X.
        k: mean of Y.
        rho: their correlation, -1 .. 1.
    """
    # P(X > 0, Y < 0) = P(X > 0) - P(X > 0, Y > 0), the latter with standard variables below h and k.
    if rho >= 1.0 - 1e-12:
        return float(max(0.0, ndtr(h) - ndtr(k)))
    h, k = (v if abs(v) > 1e-12 else 1e-12 for v in (h, k))
    root = np.sqrt(1.0 - rho**2)
    both = 0.5 * (ndtr(h) + ndtr(k)) - owens_t(h, (k / h - rho) / root) - owens_t(k, (h / k - rho) / root)
    both -= 0.5 if h * k < 0 else 0.0
    return float(min(1.0, max(0.0, ndtr(h) - both)))


def _passages(path: Path, line_id: str, off: Offsets) -> Iterator[Crossing]:
    ratio = off.mean_m / off.sigma_m
    left = off.mean_m > 0.0
    cuts = np.flatnonzero(left[1:] != left[:-1])
    begin = np.concatenate(([0], cuts + 1))
    end = np.concatenate((cuts + 1, [len(left)]))
    surest = [int(b + np.argmax(np.abs(ratio[b:e]))) for b, e in zip(begin, end, strict=True)]
    for n, cut in enumerate(cuts):
        if _near_the_line(path, off, int(cut)):
            yield from _over(path, line_id, off, int(cut), surest[n], surest[n + 1])
    for b, e in zip(begin, end, strict=True):
        yield from _touch(path, line_id, off, int(b), int(e))


def _near_the_line(path: Path, off: Offsets, cut: int) -> bool:
    """Say whether a change of side is one over the line, and not round its end, where sides change far away."""
    one, two = path.lonlat_deg[cut], path.lonlat_deg[cut + 1]
    metres = np.array([111_320.0 * np.cos(np.radians(one[1])), 111_320.0])
    step = float(np.hypot(*((two - one) * metres)))
    slack = SURE_SIGMAS * float(off.sigma_m[cut] + off.sigma_m[cut + 1])
    return bool(np.abs(off.mean_m[cut : cut + 2]).sum() <= 1.05 * step + slack)


def _over(path: Path, line_id: str, off: Offsets, cut: int, before: int, after: int) -> Iterator[Crossing]:
    sign = 1.0 if off.mean_m[before] > 0 else -1.0
    rho = float(np.prod(off.lag[before:after]))
    h, k = sign * off.mean_m[before] / off.sigma_m[before], sign * off.mean_m[after] / off.sigma_m[after]
    p = p_both_sides(float(h), float(k), rho)
    if p < LEAST_P:
        return
    one, two = float(off.mean_m[cut]), float(off.mean_m[cut + 1])
    share = one / (one - two)
    dt = float(path.t_s[cut + 1] - path.t_s[cut])
    sigma = (1 - share) * float(off.sigma_m[cut]) + share * float(off.sigma_m[cut + 1])
    rate = abs(two - one) / dt if dt > 0 else np.inf
    longest = float(path.t_s[after] - path.t_s[before])
    yield Crossing(
        line_id=line_id,
        time_utc=_at(path, float(path.t_s[cut]) + share * dt),
        time_sigma_s=round(min(sigma / max(rate, 1e-9), longest), 3),
        from_left=bool(one > 0),
        p=p,
    )


def _touch(path: Path, line_id: str, off: Offsets, begin: int, end: int) -> Iterator[Crossing]:
    """Tell of an approach that did not pass the line by its best estimate, but may have: nearest inside its stretch."""
    ratio = np.abs(off.mean_m[begin:end]) / off.sigma_m[begin:end]
    if len(ratio) < 3:
        return
    at = int(np.argmin(ratio))
    p = float(ndtr(-ratio[at]))
    if at in (0, len(ratio) - 1) or p < LEAST_P:
        return
    unlikely = np.flatnonzero(ndtr(-ratio) < p / 2.0)
    first = int(unlikely[unlikely < at].max(initial=-1)) + 1
    last = int(unlikely[unlikely > at].min(initial=len(ratio))) - 1
    half = float(path.t_s[begin + last] - path.t_s[begin + first]) / 2.0
    yield Crossing(
        line_id=line_id,
        time_utc=_at(path, float(path.t_s[begin + at])),
        time_sigma_s=round(half, 3),
        from_left=bool(off.mean_m[begin + at] > 0),
        p=p,
    )


def _at(path: Path, t_s: float) -> datetime:
    return path.start_utc + timedelta(milliseconds=round(1e3 * t_s))
