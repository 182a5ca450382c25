"""What the hours around an impulse teach of its errors: how long detours are, how far the wind is off.

The settings state how large errors are; a place and a day may be worse. What all well-heard impulses of the hour before
and the hour after within some tens of kilometres leave over says by how much: the size of detours by their residuals,
that of the air's error by how far the fits had to bend it. Both begin with the stated size as a prior worth some
arrivals and are never taken for smaller than stated. An impulse's own residuals are left out, for `region` counts them.

Where rounds follow each other within tenths of a second, one that a sensor missed makes the next one look like it, so
that an arrival may be off by a round. Such arrivals are looser by a part of that time.

The window is fixed around each impulse, so that a day taken in pieces gives what it gives whole, and a file that comes
late changes the regions of what happened within an hour of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from trucewatch.fuse.air import Air
from trucewatch.fuse.impulse import Impulse, Scene, far_paths
from trucewatch.fuse.locate import Fix, locate_several
from trucewatch.fuse.onsets import arrivals_of, chords

FloatArray = NDArray[np.float64]

_WITHIN_S = 3_600.0
_WITHIN_M = 50_000.0
_LEAST_HEARD = 6
"""sensors from which on an impulse teaches: three unknowns of its own, and some of the air"""
_MOST_SCALE = 3.0
"""squared residuals of one impulse, over what is usual, count no more than this: it may be put together wrongly"""
_PRIOR_ARRIVALS = 12.0
"""arrivals that the stated size of detours is worth against those of other impulses (our choice)"""
_PRIOR_AIR = 4.0
"""components of the air that its stated error is worth; impulses of one hour share their air"""
_MOST_AIR = 6.0
_PART = 0.25
"""of the arrivals that taught it, a scale is worth against an impulse's own residuals"""
_MOST_WORTH = 16.0
_STEP = 0.05
"""scales are rounded to this, so that impulses of like scale are placed together"""
_FAST_S = 0.25
"""rounds closer than this are fast fire: 240 a minute and more"""
_ALIKE = 0.15
"""median deviation, of their median, within which gaps at different sensors are those of rounds: each wall has echoes
of its own"""
_LOOSE = 0.4
"""of the time between rounds: what a missed round moves an arrival by, over the sensors of a burst"""


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """What impulses left over, each of shape (n,)."""

    square: FloatArray
    """sum of squared residuals in sigmas, as they weighed"""
    freedom: FloatArray
    """how many that are"""
    bent: FloatArray
    """what is left of the squared bend of the air, in units of its prior, after what chance bends"""
    told: FloatArray
    """of how many components of the air that is told"""


def taught(scene: Scene, impulses: Sequence[Impulse]) -> tuple[Impulse, ...]:
    """Return impulses placed anew with errors as large as the hours around them show, and as their fire leaves open.

    Args:
        scene: onsets, air and settings.
        impulses: with the onsets that they keep.
    """
    located = [(n, i, i.fix) for n, i in enumerate(impulses) if i.fix is not None]
    out = list(impulses)
    if not located:
        return tuple(out)
    path, worth, air = _scales(scene, located)
    loose = np.array([_loose_m(scene, i) for _, i, _ in located])
    keys = np.round(np.column_stack((path, worth, air, loose)) / _STEP).astype(np.int64)
    usual = (keys[:, 0] <= round(1 / _STEP)) & (keys[:, 2] <= round(1 / _STEP)) & (keys[:, 3] == 0) & (keys[:, 1] == 0)
    for key in sorted({tuple(k) for k in keys[~usual].tolist()}):
        some = [located[k] for k in np.flatnonzero((keys == key).all(axis=1))]
        for (n, impulse, _), fix in zip(some, _placed(scene, some, _STEP * np.array(key)), strict=True):
            out[n] = replace(impulse, fix=fix)
    return tuple(out)


def _placed(scene: Scene, some: Sequence[tuple[int, Impulse, Fix]], scales: FloatArray) -> list[Fix]:
    """Return fixes of impulses under other errors: scales of paths and air (standard deviations), worth, metres."""
    path, worth, air, loose_m = scales.tolist()
    settings = scene.settings
    wider = replace(
        settings,
        path_excess_sigma_m=float(np.hypot(settings.path_excess_sigma_m * path, loose_m)),
        path_scale_freedom=settings.path_scale_freedom + worth,
    )
    arrivals = [arrivals_of(scene.onsets, i.members, i.frame, far_paths(settings, fix.xy_m)) for _, i, fix in some]
    airs = [_wider(scene.air(i.members[0]), air) for _, i, _ in some]
    return locate_several(arrivals, airs, wider, np.stack([fix.xy_m for _, _, fix in some]))


def _wider(air: Air, scale: float) -> Air:
    return replace(air, speed_sigma_m_s=scale * air.speed_sigma_m_s, wind_sigma_m_s=scale * air.wind_sigma_m_s)


def _scales(scene: Scene, located: Sequence[tuple[int, Impulse, Fix]]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return for each impulse scales of detours, what they are worth, and scales of the air's error, shape (n,)."""
    shown = _shown(scene, located)
    stations = [int(scene.onsets.station[i.members[0]]) for _, i, _ in located]
    where = chords(scene.onsets.stations)[stations] / _WITHIN_M
    when = np.array([fix.time_s for _, _, fix in located])[:, None] / _WITHIN_S
    teach = np.flatnonzero(shown.freedom > 0.0)
    n = len(located)
    sums = np.zeros((4, n))
    if len(teach):
        points = np.hstack((where, when))
        near = cKDTree(points[teach]).query_ball_point(points, 1.0, p=np.inf, return_sorted=True)
        for k, found in enumerate(near):
            other = teach[found]
            other = other[other != k]
            sums[:, k] = [c[other].sum() for c in (shown.square, shown.freedom, shown.bent, shown.told)]
    square, freedom, bent, told = sums
    path2 = (_PRIOR_ARRIVALS + square) / (_PRIOR_ARRIVALS + freedom)
    part = np.minimum(1.0, _MOST_AIR / np.maximum(told, 1e-9))
    air2 = (_PRIOR_AIR + part * bent) / (_PRIOR_AIR + part * told)
    # Where no more is left over than stated, everything stays as it is.
    worth = np.where(path2 > (1.0 + _STEP / 2) ** 2, np.minimum(_PART * freedom, _MOST_WORTH), 0.0)
    return np.sqrt(np.maximum(1.0, path2)), worth, np.sqrt(np.maximum(1.0, air2))


def _shown(scene: Scene, located: Sequence[tuple[int, Impulse, Fix]]) -> _Shown:
    rows = np.array([_shows(scene, i, fix) for _, i, fix in located])
    return _Shown(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3])


def _shows(scene: Scene, impulse: Impulse, fix: Fix) -> tuple[float, float, float, float]:
    n = len(impulse.members)
    if n < _LEAST_HEARD or not fix.is_point or _loose_m(scene, impulse) > 0.0:
        return 0.0, 0.0, 0.0, 0.0
    air = scene.air(impulse.members[0])
    prior = np.array([air.speed_sigma_m_s, air.wind_sigma_m_s, air.wind_sigma_m_s]) ** 2
    bend = fix.state[3:] - np.array([0.0, air.wind_east_m_s, air.wind_north_m_s])
    left = np.minimum(np.diag(fix.state_covariance)[3:], prior)
    # With gain g of a component, bend^2 is on average g^2 q prior + g left, q being the scale that is looked for.
    gain = 1.0 - left / prior
    freedom = float(n - 3 - gain.sum())
    square = float(fix.weight @ (fix.residual_s / fix.sigma_s) ** 2)
    bent = float(np.sum((bend**2 - gain * left) / prior))
    return min(square, _MOST_SCALE * freedom), freedom, bent, float(gain @ gain)


def _loose_m(scene: Scene, impulse: Impulse) -> float:
    """Return by how much arrivals of fast fire are looser, metres: most sensors have others after the same moment."""
    gaps = np.array([g for i in impulse.members if (g := _gap_s(scene, i)) <= _FAST_S])
    if 2 * len(gaps) <= len(impulse.members):
        return 0.0
    usual = float(np.median(gaps))
    if np.median(np.abs(gaps - usual)) > _ALIKE * usual:
        return 0.0
    return _LOOSE * usual * scene.air(impulse.members[0]).speed_m_s


def _gap_s(scene: Scene, onset: int) -> float:
    """Return the time from an onset to the nearest other one of its sensor, seconds."""
    onsets = scene.onsets
    station, at = int(onsets.station[onset]), float(onsets.time_s[onset])
    near = onsets.between(station, at - _FAST_S, at + _FAST_S)
    return min((abs(float(onsets.time_s[j]) - at) for j in near if j != onset), default=np.inf)
