"""What the hours around an impulse teach of its errors: how long detours are, how far the wind is off.

The settings state how large errors are; a place and a day may be worse. What all well-heard impulses of the hour before
and the hour after within some tens of kilometres leave over says by how much detours are longer; the stated size is a
prior worth some arrivals, and they are never taken for shorter. What the same impulses had to bend the air by says how
far its report is off, see `air_lesson`. An impulse's own residuals are left out, for `region` counts them.

Where rounds follow each other within tenths of a second, one that a sensor missed makes the next one look like it, so
that an arrival may be off by a round. Such arrivals are looser by a part of that time.

The window is fixed around each impulse, so that a day taken in pieces gives what it gives whole, and a file that comes
late changes the regions of what happened within an hour of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import ndtr

from trucewatch.fuse.air import Air
from trucewatch.fuse.air_lesson import Told, learned, told_by
from trucewatch.fuse.impulse import Impulse, Scene, far_paths
from trucewatch.fuse.locate import Fix, locate_several
from trucewatch.fuse.onsets import arrivals_of, chords
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]

_WITHIN_S = 3_600.0
_WITHIN_M = 50_000.0
_LEAST_HEARD = 6
"""sensors from which on an impulse teaches: three unknowns of its own, and some of the air"""
_MOST_SCALE = 3.0
"""squared residuals of one impulse, over what is usual, count no more than this: it may be put together wrongly"""
_PRIOR_ARRIVALS = 12.0
"""arrivals that the stated size of detours is worth against those of other impulses; see the fit in
docs/explanation/decisions/air-learned-from-the-hour.md, where a third and more than double are as likely"""
_PART = 0.25
"""of the arrivals that taught it, a scale is worth against an impulse's own residuals"""
_MOST_WORTH = 16.0
_SIZES = np.geomspace(0.1, 10.0, 200)
"""squared sizes of detours, over the stated one, that are looked up"""
_STEP = 0.05
"""scales are rounded to this, so that impulses of like scale are placed together"""
_FAST_S = 0.25
"""rounds closer than this are fast fire: 240 a minute and more"""
_ALIKE = 0.15
"""median deviation, of their median, within which gaps at different sensors are those of rounds: each wall has echoes
of its own"""
_LOOSE = 0.4
"""of the time between rounds: what a missed round moves an arrival by, over the sensors of a burst"""


def taught(scene: Scene, impulses: Sequence[Impulse]) -> tuple[Impulse, ...]:
    """Return impulses placed anew with the air and with errors that the hours around them show.

    Args:
        scene: onsets, air and settings.
        impulses: with the onsets that they keep.
    """
    located = [(n, i, i.fix) for n, i in enumerate(impulses) if i.fix is not None]
    out = list(impulses)
    if not located:
        return tuple(out)
    loose = np.array([_loose_m(scene, i) for _, i, _ in located])
    told, square, freedom = _told(scene, located, loose)
    path, worth = _detours(scene, told, square, freedom)
    airs = _airs(scene, located, learned(told, path**2))
    keys = np.round(np.column_stack((path, worth, loose)) / _STEP).astype(np.int64)
    usual = (keys == np.round(np.array([1.0, 0.0, 0.0]) / _STEP)).all(axis=1) & np.array([a is None for a in airs])
    for key in sorted({tuple(k) for k in keys[~usual].tolist()}):
        rows = np.flatnonzero((keys == key).all(axis=1) & ~usual).tolist()
        some = [located[k] for k in rows]
        found = [airs[k] or scene.air(i.members[0]) for k, (_, i, _) in zip(rows, some, strict=True)]
        fixes = _placed(scene, some, found, _STEP * np.array(key))
        for (n, impulse, _), fix, air in zip(some, fixes, found, strict=True):
            out[n] = replace(impulse, fix=fix, air=air)
    return tuple(out)


def _placed(
    scene: Scene, some: Sequence[tuple[int, Impulse, Fix]], airs: Sequence[Air], scales: FloatArray
) -> list[Fix]:
    """Return fixes of impulses in their airs under other errors: scale of paths (standard deviation), worth, metres."""
    path, worth, loose_m = scales.tolist()
    settings = scene.settings
    wider = replace(
        settings,
        path_excess_sigma_m=float(np.hypot(settings.path_excess_sigma_m * path, loose_m)),
        path_scale_freedom=settings.path_scale_freedom + worth,
    )
    arrivals = [arrivals_of(scene.onsets, i.members, i.frame, far_paths(settings, fix.xy_m)) for _, i, fix in some]
    return locate_several(arrivals, airs, wider, np.stack([fix.xy_m for _, _, fix in some]))


def _airs(
    scene: Scene,
    located: Sequence[tuple[int, Impulse, Fix]],
    lessons: Sequence[tuple[FloatArray, FloatArray] | None],
) -> list[Air | None]:
    """Return the air of each impulse as the others have it, None where it stays as reported."""
    return [
        None if lesson is None else _bent(scene.air(i.members[0]), *lesson)
        for (_, i, _), lesson in zip(located, lessons, strict=True)
    ]


def _bent(air: Air, mean: FloatArray, covariance: FloatArray) -> Air:
    speed, east, north = mean.tolist()
    left = np.sqrt(np.diag(covariance))
    return replace(
        air,
        speed_m_s=air.speed_m_s + air.speed_sigma_m_s * speed,
        speed_sigma_m_s=air.speed_sigma_m_s * float(left[0]),
        wind_east_m_s=air.wind_east_m_s + air.wind_sigma_m_s * east,
        wind_north_m_s=air.wind_north_m_s + air.wind_sigma_m_s * north,
        wind_sigma_m_s=air.wind_sigma_m_s * float(np.hypot(*left[1:])) / np.sqrt(2.0),
    )


def _detours(scene: Scene, told: Told, square: FloatArray, freedom: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return for each impulse the scale of detours that others show and what it is worth, each shape (n,)."""
    teach = np.flatnonzero(freedom > 0.0)
    sums = np.zeros((2, len(freedom)))
    if len(teach):
        points = np.column_stack((told.where_m / _WITHIN_M, told.when_s / _WITHIN_S))
        near = cKDTree(points[teach]).query_ball_point(points, 1.0, p=np.inf, return_sorted=True)
        for k, found in enumerate(near):
            other = teach[found]
            other = other[other != k]
            sums[:, k] = square[other].sum(), freedom[other].sum()
    usual = _weighed(np.ones(1), scene.settings.huber)[0]
    seen = (_PRIOR_ARRIVALS * usual + sums[0]) / (_PRIOR_ARRIVALS + sums[1])
    path2 = np.interp(seen, _weighed(_SIZES, scene.settings.huber), _SIZES)
    # Where no more is left over than stated, everything stays as it is.
    worth = np.where(path2 > (1.0 + _STEP / 2) ** 2, np.minimum(_PART * sums[1], _MOST_WORTH), 0.0)
    return np.sqrt(np.maximum(1.0, path2)), worth


def _weighed(size2: FloatArray, huber: float) -> FloatArray:
    """Return what squares of residuals of a size come to on average as Huber's function weighs them, shape (n,).

    References:
        Huber 1964, Ann. Math. Stat. 35, 73, proposal 2: the scale at which weighted squares are what they should be.
    """
    k = huber / np.sqrt(size2)
    density = np.exp(-(k**2) / 2) / np.sqrt(2.0 * np.pi)
    inside = 2.0 * ndtr(k) - 1.0 - 2.0 * k * density
    return np.asarray(size2 * (inside + 2.0 * k * density), dtype=np.float64)


def _told(
    scene: Scene, located: Sequence[tuple[int, Impulse, Fix]], loose_m: FloatArray
) -> tuple[Told, FloatArray, FloatArray]:
    """Return what impulses tell of the air, their squared residuals as they weighed, and how many that are, (n,)."""
    n = len(located)
    pull, precision, square, freedom = np.zeros((n, 3)), np.zeros((n, 3, 3)), np.zeros(n), np.zeros(n)
    teaches = np.array([len(i.members) >= _LEAST_HEARD and fix.is_point for _, i, fix in located]) & (loose_m == 0.0)
    for k in np.flatnonzero(teaches).tolist():
        _, impulse, fix = located[k]
        air = scene.air(impulse.members[0])
        pull[k], precision[k] = told_by(fix, air)
        gain = np.trace(precision[k] @ np.linalg.inv(precision[k] + np.eye(3)))
        freedom[k] = len(impulse.members) - 3 - gain
        square[k] = min(float(fix.weight @ (fix.residual_s / fix.sigma_s) ** 2), _MOST_SCALE * freedom[k])
    return (
        Told(
            where_m=chords([_place(i, fix) for _, i, fix in located]),
            when_s=scene.onsets.epoch_s + np.array([fix.time_s for _, _, fix in located]),
            pull=pull,
            precision=precision,
            teaches=teaches,
        ),
        square,
        freedom,
    )


def _place(impulse: Impulse, fix: Fix) -> Place:
    lon, lat, _ = impulse.frame.to_geographic(np.array([*fix.xy_m, 0.0]))
    return Place.gaussian(lon_deg=float(lon), lat_deg=float(lat), covariance_m2=fix.covariance_m2)


def _loose_m(scene: Scene, impulse: Impulse) -> float:
    """Return by how much arrivals of fast fire are looser, metres: most sensors have others after the same moment."""
    if impulse.rounds_s:
        # Aligned as one sequence: what that leaves open is in the errors of its arrivals.
        return 0.0
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
