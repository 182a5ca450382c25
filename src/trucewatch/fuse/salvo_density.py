"""How dense impulses are where and when one is found: rounds from one place come in series."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from trucewatch.fuse.batch_evidence import Prior
from trucewatch.fuse.candidates import Candidates
from trucewatch.fuse.field import FloatArray, Ground

_SCATTER_M = 100.0
"""how far apart the guns of one battery, or the impacts of one target, lie from their middle, one axis (our choice)"""
_SAME_S = 0.3
_FAR_M = 2_000.0
"""LIMIT: rounds of one series that are placed farther apart than this do not speak for each other"""


def density_m2_s(ground: Ground, some: Candidates, sources: Candidates, prior: Prior) -> FloatArray:
    """Return the density of impulses, a square metre and second, at each of some, given others, shape (n,).

    Args:
        ground: stations.
        some: where and when it is asked for.
        sources: impulses that were; those at the very moment of one that is asked for are the same or its rivals.
        prior: how often rounds follow, and how dense impulses are anyway.
    """
    most = np.full(len(some), prior.density_m2_s)
    if not len(some) or not len(sources) or prior.p_follows <= 0.0:
        return most
    points, others = (ground.points_m(c.anchor, c.state[:, :2]) for c in (some, sources))
    scale = np.array([_FAR_M, _FAR_M, _FAR_M, prior.salvo_gap_s])
    near = cKDTree(np.column_stack((others, sources.state[:, 2])) / scale).query_ball_point(
        np.column_stack((points, some.state[:, 2])) / scale, 1.0, return_sorted=True
    )
    one = np.repeat(np.arange(len(some)), [len(q) for q in near])
    other = np.concatenate([np.asarray(q, dtype=np.int64) for q in near])
    later = np.abs(some.state[one, 2] - sources.state[other, 2]) > _SAME_S
    one, other = one[later], other[later]
    offset = np.einsum("nij,nj->ni", ground.axes[some.anchor[one]], others[other] - points[one])
    spread = some.covariance[one, :2, :2] + sources.covariance[other, :2, :2] + 2 * _SCATTER_M**2 * np.eye(2)
    squared = np.einsum("ni,nij,nj->n", offset, np.linalg.inv(spread), offset)
    peak = prior.p_follows / (2 * np.pi * np.sqrt(np.linalg.det(spread)) * 2 * prior.salvo_gap_s)
    np.maximum.at(most, one, peak * np.exp(-squared / 2))
    return most
