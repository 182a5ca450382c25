"""How dense impulses are where and when one is found: rounds from one place come in series."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from trucewatch.fuse.batch_evidence import Prior
from trucewatch.fuse.candidates import Candidates
from trucewatch.fuse.field import FloatArray, Ground

_SCATTER_M = 100.0
"""how far apart the guns of one battery, or the impacts of one target, lie from their middle, one axis (our choice)"""
_FAR_M = 2_000.0
"""LIMIT: rounds of one series that are placed farther apart than this do not speak for each other"""


def density_m2_s(ground: Ground, impulses: Candidates, prior: Prior) -> FloatArray:
    """Return the density of impulses, a square metre and second, at each of n impulses, given all others, (n,)."""
    base = np.full(len(impulses), prior.density_m2_s)
    if len(impulses) < 2 or prior.p_follows <= 0.0:
        return base
    points = ground.points_m(impulses.anchor, impulses.state[:, :2])
    scaled = np.column_stack((points / _FAR_M, impulses.state[:, 2] / prior.salvo_gap_s))
    one, other = cKDTree(scaled).query_pairs(1.0, output_type="ndarray").T
    offset = np.einsum("nij,nj->ni", ground.axes[impulses.anchor[one]], points[other] - points[one])
    spread = impulses.covariance[one, :2, :2] + impulses.covariance[other, :2, :2] + 2 * _SCATTER_M**2 * np.eye(2)
    squared = np.einsum("ni,nij,nj->n", offset, np.linalg.inv(spread), offset)
    peak = prior.p_follows / (2 * np.pi * np.sqrt(np.linalg.det(spread)) * 2 * prior.salvo_gap_s)
    follows = peak * np.exp(-squared / 2)
    most = base.copy()
    np.maximum.at(most, one, follows)
    np.maximum.at(most, other, follows)
    return most
