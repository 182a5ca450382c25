"""What impulses tell of the air that they shared: by how much the reported wind and warmth are off, and how surely.

A fix bends the air a little until its arrivals agree. By itself that says little, but impulses of one hour and one
region share most of what the report is off by. So each impulse that many sensors heard is a measurement of the air at
its place and time, and what they say together is what others begin with: the mean and the error of a Gaussian process
over time and place (kriging), with the report as its mean. How far reports are off at all that day is unknown too: the
process is weighed with several sizes of its error, beforehand the stated one, and the likelier ones count more. Where
nothing else was heard, the air stays as reported.

What one place tells may be a detour that all its rounds share, so it counts once in ten minutes, and never for itself.
The constants were fitted on simulated days: docs/explanation/decisions/air-learned-from-the-hour.md.

References:
    Rasmussen & Williams 2006, Gaussian Processes for Machine Learning, equations 2.23 to 2.24 and 5.8.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from trucewatch.fuse.air import Air
from trucewatch.fuse.locate import Fix

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_WITHIN_S = 3_600.0
_WITHIN_M = 50_000.0
_MEMORY_S = 7_200.0
"""in which the error of a report keeps 1/e of itself"""
_SHARED = 0.7
"""of its variance is alike all over a region"""
_LOCAL_M = 15_000.0
"""scale of the rest"""
_APART_M = 300.0
"""impulses nearer than this are of one place"""
_ONCE_S = 600.0
_MOST = 12
"""nearest teachers that an impulse learns from"""
_SCALES = np.geomspace(0.25, 4.0, 9)
"""squared errors of reports, over those that are stated, that are weighed"""
_FREEDOM = 4.0
"""components of the air that the stated error is worth"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Told:
    """What each impulse tells of the air at its place and time, in units of the report's stated errors."""

    where_m: FloatArray
    """shape (n, 3), on a sphere"""
    when_s: FloatArray
    """shape (n,)"""
    pull: FloatArray
    """precision times estimate of the error of speed, wind east and wind north, shape (n, 3)"""
    precision: FloatArray
    """shape (n, 3, 3); nought where it tells nothing"""
    teaches: NDArray[np.bool_]
    """shape (n,)"""


def told_by(fix: Fix, air: Air) -> tuple[FloatArray, FloatArray]:
    """Return what a fix tells of its air by itself, without the report: pull (3,) and precision (3, 3), see Told."""
    sigma = np.array([air.speed_sigma_m_s, air.wind_sigma_m_s, air.wind_sigma_m_s])
    bend = (fix.state[3:] - np.array([0.0, air.wind_east_m_s, air.wind_north_m_s])) / sigma
    whole = np.linalg.inv(fix.state_covariance[3:, 3:] / np.outer(sigma, sigma))
    size, way = np.linalg.eigh(whole - np.eye(3))
    return whole @ bend, np.asarray((way * np.maximum(size, 0.0)) @ way.T, dtype=np.float64)


def learned(told: Told, path2: FloatArray) -> list[tuple[FloatArray, FloatArray] | None]:
    """Return mean (3,) and covariance (3, 3) of each impulse's air as the others have it, None where there are none.

    Args:
        told: of all impulses.
        path2: squared size of detours about each, over the stated one, shape (n,): what is told is worth less by it.
    """
    teachers = _once(told)
    if not len(teachers):
        return [None] * len(path2)
    points = np.column_stack((told.where_m / _WITHIN_M, told.when_s / _WITHIN_S))
    near = cKDTree(points[teachers]).query_ball_point(points, 1.0, p=np.inf, return_sorted=True)
    known = dict[tuple[int, ...], _Lesson]()
    out = list[tuple[FloatArray, FloatArray] | None]()
    for k, found in enumerate(near):
        chosen = _nearest(told, k, teachers[found])
        if not len(chosen):
            out.append(None)
            continue
        key = (round(100 * float(path2[k])), *chosen.tolist())
        lesson = known[key] if key in known else known.setdefault(key, _lesson(told, chosen, float(path2[k])))
        out.append(lesson.at(told, k))
    return out


def _once(told: Told) -> IntArray:
    """Return which impulses teach: of each place and ten minutes the one that tells most."""
    best: dict[tuple[int, ...], tuple[float, int]] = {}
    for k in np.flatnonzero(told.teaches).tolist():
        cell = np.floor(told.where_m[k] / _APART_M).astype(np.int64).tolist()
        key = (*cell, math.floor(told.when_s[k] / _ONCE_S))
        best[key] = max(best.get(key, (-1.0, -1)), (float(np.trace(told.precision[k])), k))
    return np.array(sorted(k for _, k in best.values()), dtype=np.int64)


def _nearest(told: Told, k: int, others: IntArray) -> IntArray:
    """Return the nearest in time and place of some that are of other places, ascending."""
    away_m = np.linalg.norm(told.where_m[others] - told.where_m[k], axis=1)
    others, away_m = others[away_m > _APART_M], away_m[away_m > _APART_M]
    far = np.abs(told.when_s[others] - told.when_s[k]) / _MEMORY_S + away_m / _LOCAL_M
    return np.sort(others[np.argsort(far, kind="stable")[:_MOST]])


def _alike(told: Told, some: IntArray, others: IntArray) -> FloatArray:
    """Return the correlation of the reports' errors between impulses, shape (n_some, n_others)."""
    apart_s = np.abs(told.when_s[some][:, None] - told.when_s[others][None])
    apart_m = np.linalg.norm(told.where_m[some][:, None] - told.where_m[others][None], axis=-1)
    local = np.exp(-((apart_m / _LOCAL_M) ** 2))
    return np.asarray(np.exp(-apart_s / _MEMORY_S) * (_SHARED + (1.0 - _SHARED) * local), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Lesson:
    """A process that has seen its teachers."""

    teachers: IntArray
    scale: float
    mean: FloatArray
    """shape (n_teachers, 3): what the correlation with them is multiplied by"""
    less: FloatArray
    """shape (n_teachers, 3, n_teachers, 3): the same for the variance that they take"""

    def at(self, told: Told, k: int) -> tuple[FloatArray, FloatArray]:
        """Return mean (3,) and covariance (3, 3) of the error of the report at an impulse."""
        alike = self.scale * _alike(told, np.array([k]), self.teachers)[0]
        covariance = self.scale * np.eye(3) - np.einsum("i,iajb,j->ab", alike, self.less, alike)
        return alike @ self.mean, np.asarray(covariance, dtype=np.float64)


def _lesson(told: Told, teachers: IntArray, path2: float) -> _Lesson:
    n = len(teachers)
    root = np.kron(np.linalg.cholesky(_alike(told, teachers, teachers) + 1e-9 * np.eye(n)), np.eye(3))
    blocks = np.zeros((n, 3, n, 3))
    blocks[np.arange(n), :, np.arange(n), :] = told.precision[teachers] / path2
    precision = blocks.reshape(3 * n, 3 * n)
    pull = told.pull[teachers].ravel() / path2
    size, way = np.linalg.eigh(root.T @ precision @ root)
    size, by = np.maximum(size, 0.0), way.T @ root.T @ pull
    # Evidence of each scale, and the prior that the stated one is.
    grown = 1.0 + _SCALES[:, None] * size
    log_p = 0.5 * (_SCALES[:, None] * by**2 / grown - np.log(grown)).sum(axis=1)
    log_p -= _FREEDOM / 2 * (np.log(_SCALES) + 1.0 / _SCALES)
    p = np.exp(log_p - log_p.max())
    scale = float(np.exp(p @ np.log(_SCALES) / p.sum()))
    # (precision^-1 + scale K)^-1 with a precision that may be singular (Woodbury).
    inner = precision @ root @ way
    less = precision - (inner * (scale / (1.0 + scale * size))) @ inner.T
    mean = pull - inner @ (scale * by / (1.0 + scale * size))
    return _Lesson(teachers=teachers, scale=scale, mean=mean.reshape(n, 3), less=less.reshape(n, 3, n, 3))
