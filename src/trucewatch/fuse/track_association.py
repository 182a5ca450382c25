"""Which measurement belongs to which track: marginal probabilities by belief propagation.

Exact where no measurement is wanted by two tracks; elsewhere the loopy sums of Williams & Lau converge always and come
close to the exact marginals of JPDA at a cost that grows with the number of gated pairs alone.

References:
    Williams, J. & Lau, R. (2014), Approximate evaluation of marginal association probabilities with belief
    propagation, IEEE Trans. Aerospace and Electronic Systems 50(4), eqs. 14-21.
    Musicki, D. & Evans, R. (2004), Joint integrated probabilistic data association: JIPDA, IEEE Trans. AES 40(3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MAX_ROUNDS = 100
TOLERANCE = 1e-3
"""largest change of a message in one round at which the sums count as settled"""


@dataclass(frozen=True, slots=True, eq=False)
class Marginals:
    """Association probabilities of gated pairs."""

    pair: FloatArray
    """(k,) the track gave this measurement"""
    missed: FloatArray
    """(n,) the track gave none"""
    fresh: FloatArray
    """(m,) no track gave the measurement"""


def marginals(weight: FloatArray, track: IntArray, measurement: IntArray, n: int, m: int) -> Marginals:
    """Share measurements among tracks, one to one at most.

    Args:
        weight: (k,) how much likelier the pair is than both alone: p(missed) and clutter have weight 1.
        track: (k,) number of the track of each pair, not falling.
        measurement: (k,) number of its measurement.
        n: number of tracks.
        m: number of measurements.

    Returns:
        Probabilities; for each track `missed` and its pairs sum to 1.
    """
    shares = weight
    if is_contested(measurement):
        shares = weight * _settled(weight, track, measurement, n, m)
    total = 1.0 + np.bincount(track, shares, minlength=n)
    to_measurement = weight / (total[track] - shares)
    claimed = 1.0 + np.bincount(measurement, to_measurement, minlength=m)
    return Marginals(shares / total[track], np.asarray(1.0 / total), np.asarray(1.0 / claimed))


def is_contested(measurement: IntArray) -> bool:
    """Say whether two tracks want one measurement."""
    return len(measurement) > 1 and int(np.bincount(measurement).max()) > 1


def _settled(weight: FloatArray, track: IntArray, measurement: IntArray, n: int, m: int) -> FloatArray:
    """Pass messages between tracks and measurements until they no longer change; returns those to the tracks."""
    back = np.ones(len(weight))
    for _ in range(MAX_ROUNDS):
        shares = weight * back
        total = 1.0 + np.bincount(track, shares, minlength=n)
        out = weight / (total[track] - shares)
        claimed = 1.0 + np.bincount(measurement, out, minlength=m)
        new = 1.0 / (claimed[measurement] - out)
        change = np.abs(new - back).max()
        back = new
        if change < TOLERANCE:
            break
    return back


def unswapped(
    weight: FloatArray, track: IntArray, measurement: IntArray, is_sure: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Say which pairs to keep so that two things side by side do not melt into one.

    Where sure tracks want the same measurements, marginals average over every way to swap them, and the tracks run
    together. Of the ways that use the same measurements only the likeliest is kept, as in JPDA*: a pair is left out
    where both its track and its measurement have a better partner in the likeliest sharing.

    Args:
        weight: (k,) of each pair.
        track: (k,) number of its track.
        measurement: (k,) number of its measurement.
        is_sure: (k,) whether the track is sure to exist; only these are kept apart.

    References:
        Blom, H. & Bloem, E. (2000), Probabilistic data association avoiding track coalescence, IEEE Trans. Automatic
        Control 45(2).
    """
    keep = np.ones(len(weight), dtype=bool)
    sure = np.flatnonzero(is_sure & (weight > 1.0))
    wanted = np.bincount(measurement[sure], minlength=int(measurement.max(initial=0)) + 1)
    if wanted.max(initial=0) < 2:
        return keep
    rows, i = np.unique(track[sure], return_inverse=True)
    columns, j = np.unique(measurement[sure], return_inverse=True)
    gain = np.zeros((len(rows), len(columns)))
    gain[i, j] = np.log(weight[sure])
    a, b = linear_sum_assignment(gain, maximize=True)
    real = gain[a, b] > 0.0
    partner_of_track = np.full(len(rows), -1)
    partner_of_track[a[real]] = b[real]
    is_taken = np.zeros(len(columns), dtype=bool)
    is_taken[b[real]] = True
    keep[sure] = (partner_of_track[i] == j) | (partner_of_track[i] < 0) | ~is_taken[j]
    return keep
