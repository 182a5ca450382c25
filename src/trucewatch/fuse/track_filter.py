"""The forward pass: tracks of Gaussian states with a probability of existence each, scan after scan.

Every measurement starts a track that exists with the probability that it is neither clutter nor a known thing; a track
that is not seen where it should be loses existence; measurements are shared among tracks by their marginal association
probabilities and each track's mixture is collapsed to one Gaussian.

References:
    Musicki & Evans (2004), Joint integrated probabilistic data association: JIPDA, IEEE Trans. AES 40(3).
    Williams, J. (2015), Marginal multi-Bernoulli filters: RFS derivation of MHT, JIPDA, and association-based MeMBer,
    IEEE Trans. AES 51(3) (the track-oriented form, TOMB/P).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_association import is_contested, marginals, unswapped
from trucewatch.fuse.track_bank import Bank
from trucewatch.fuse.track_births import Rays, at_places, crossings, unknown_yet
from trucewatch.fuse.track_looks import Pairs, gated
from trucewatch.fuse.track_rows import Rows, RowsInMaking
from trucewatch.fuse.track_scans import Look, Scan
from trucewatch.fuse.track_told import Forward

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

P_LEAST = 1e-3
"""tracks that exist less probably are dropped"""
FORCED_GATE = 9.0
"""squared distance beyond which a track that says who it is has turned harder than its kind should; its error grows"""
CONFUSION = 0.05
"""probability that a sensor names a thing as each other kind; a stated guess"""
TINY = 1e-300
SWEEP_SCANS = 64
LOG_SAME = 12.0
"""log of the least weight of a pair of one identity: another thing under it is one in 160,000"""
LOG_MOST = 20.0
"""a pair surer than 2e-9 is sure enough; much larger weights would drown the rest in rounding"""
SURE_P = 0.5
"""tracks that exist this probably are kept apart"""


def run_forward(scans: Iterable[Scan], told: Forward) -> Rows:
    """Filter all scans in their order.

    Args:
        scans: by time.
        told: kinds of motion and of starting.

    Returns:
        A row for each track and scan in which it may have been seen.
    """
    bank, rays, rows = Bank(told), Rays(), RowsInMaking()
    for number, scan in enumerate(scans):
        if number % SWEEP_SCANS == 0:
            bank.sweep(scan.t_s, P_LEAST)
        fresh = _update(bank, scan, number, rows)
        _start(bank, scan, fresh, rays, told, number, rows)
    return rows.done(told)


def _update(bank: Bank, scan: Scan, number: int, rows: RowsInMaking) -> FloatArray:
    """Bring the tracks near a scan up to it; returns how probably each measurement is of none of them."""
    slots = bank.near(scan)
    if not len(slots):
        return np.ones(len(scan))
    state, covariance = bank.at(slots, scan.t_s)
    dt = scan.t_s - bank.t_s[slots]
    exists = bank.exists[slots] * np.exp(-dt / bank.life_s[slots])
    labels = bank.label[slots]
    forced = _forced(scan, labels)
    pairs = gated(scan, state, covariance, forced)
    if forced is not None:
        pairs = _allowed(pairs, scan, labels)
        pairs = _turned(pairs, scan, state, covariance, labels, forced)
    watched = bank.watched(slots, scan.sensor)
    covered = _covered(scan, state, watched)
    missed = 1.0 - exists * scan.p_detect * covered
    weight = _weights(bank, slots, scan, pairs, exists, missed, labels)
    if is_contested(pairs.measurement):
        keep = unswapped(weight, pairs.track, pairs.measurement, exists[pairs.track] > SURE_P)
        if not keep.all():
            pairs, weight = pairs.only(keep), weight[keep]
    found = marginals(weight, pairs.track, pairs.measurement, len(slots), len(scan))
    silent = found.missed * (exists - (1.0 - missed)) / missed
    after = silent + (1.0 - found.missed)
    touched = covered > 0.0
    touched[pairs.track] = True
    if len(pairs.track):
        share = found.pair / np.maximum(after[pairs.track], TINY)
        _mix(state, covariance, pairs, share)
        bank.learn(slots, scan, pairs.track, pairs.measurement, share, CONFUSION)
        rows.add_pairs(bank.track[slots[pairs.track]], scan.t_s, scan.source[pairs.measurement], found.pair)
    bank.put(slots, state, covariance, after, scan.t_s)
    ids = bank.track[slots]
    rows.add(number, scan.t_s, ids[touched], state[touched], covariance[touched], after[touched])
    bank.drop(slots[after < P_LEAST])
    if scan.look >= Look.BEARING:
        bank.drop(bank.lost(slots, scan, watched, 1.0 - found.missed))
    return found.fresh


def _forced(scan: Scan, labels: IntArray) -> tuple[IntArray, IntArray] | None:
    """Return pairs of the same identity, None where nothing says who it is."""
    if not (scan.label.any() or labels.any()):
        return None
    i, j = np.nonzero((labels[:, None] == scan.label[None]) & (scan.label[None] > 0))
    return i, j


def _allowed(pairs: Pairs, scan: Scan, labels: IntArray) -> Pairs:
    """Leave out pairs of two identities that differ."""
    own, told = labels[pairs.track], scan.label[pairs.measurement]
    keep = (own == 0) | (told == 0) | (own == told)
    return pairs if keep.all() else pairs.only(keep)


def _turned(
    pairs: Pairs,
    scan: Scan,
    state: FloatArray,
    covariance: FloatArray,
    labels: IntArray,
    forced: tuple[IntArray, IntArray],
) -> Pairs:
    """Let the error grow, in place, of a track whose own identity is seen farther away than its kind should turn."""
    far = (pairs.distance2 > FORCED_GATE) & (labels[pairs.track] > 0)
    far &= labels[pairs.track] == scan.label[pairs.measurement]
    if not far.any():
        return pairs
    covariance[pairs.track[far]] *= (pairs.distance2[far] / FORCED_GATE)[:, None, None]
    return _allowed(gated(scan, state, covariance, forced), scan, labels)


def _covered(scan: Scan, state: FloatArray, watched: NDArray[np.bool_]) -> FloatArray:
    """Return 1 for tracks that the sensor should have seen: in its reach, or seen by it before; 0 for others."""
    if np.isinf(scan.reach_m):
        return np.ones(len(state))
    covered = watched & scan.is_frame
    if scan.reach_m > 0:
        off = state[:, :2] - scan.origin_m[:2]
        covered |= np.hypot(off[:, 0], off[:, 1]) <= scan.reach_m
    return covered.astype(np.float64)


def _weights(
    bank: Bank, slots: IntArray, scan: Scan, pairs: Pairs, exists: FloatArray, missed: FloatArray, labels: IntArray
) -> FloatArray:
    """Return the weight of each pair against a missed track and clutter or something new."""
    i, j = pairs.track, pairs.measurement
    other = np.logaddexp(scan.log_clutter, scan.log_birth)[j]
    log_weight = pairs.log_density_place - other + np.log(scan.p_detect * exists[i] / missed[i])
    if bank.n_kinds > 1:
        log_weight += np.log(bank.kind_likelihood(slots[i], scan.kind[j], CONFUSION) * bank.n_kinds)
    same = (labels[i] > 0) & (labels[i] == scan.label[j])
    if same.any():
        # What says who it is is that track, however far it turned: the pair beats clutter and a new thing.
        log_weight = np.where(same, np.maximum(log_weight, LOG_SAME), log_weight)
    return np.exp(np.minimum(log_weight, LOG_MOST))


def _mix(state: FloatArray, covariance: FloatArray, pairs: Pairs, share: FloatArray) -> None:
    """Update tracks, in place, by their pairs, each mixture collapsed to one Gaussian of the same moments."""
    gain = pairs.cross @ pairs.inverse
    step = (gain @ pairs.innovation[:, :, None])[:, :, 0]
    outer = step[:, :, None] * step[:, None, :] - gain @ pairs.cross.transpose(0, 2, 1)
    seen, mean, change = pairs.track, share[:, None] * step, share[:, None, None] * outer
    again = seen[1:] == seen[:-1]
    if again.any():
        first = np.flatnonzero(np.append(True, ~again))
        seen, mean, change = seen[first], np.add.reduceat(mean, first), np.add.reduceat(change, first)
    state[seen] += mean
    after = covariance[seen] + change - mean[:, :, None] * mean[:, None, :]
    # Rounding leaves the two halves apart by a hair, and every further update would widen the gap.
    covariance[seen] = (after + after.transpose(0, 2, 1)) / 2.0


def _start(
    bank: Bank, scan: Scan, fresh: FloatArray, rays: Rays, told: Forward, number: int, rows: RowsInMaking
) -> None:
    """Start a track for each place that is of no known thing, and for crossings of two sensors' bearings."""
    if scan.look >= Look.BEARING:
        begun = crossings(scan, fresh, rays, told)
    else:
        new = 1.0 / (1.0 + np.exp(scan.log_clutter - scan.log_birth))
        begun = at_places(scan, fresh * new, told)
    keep = begun.exists >= P_LEAST
    if scan.look >= Look.BEARING and keep.any():
        begun, keep = begun.only(keep), np.ones(int(keep.sum()), dtype=bool)
        slots = bank.near(scan)
        keep &= unknown_yet(begun, *bank.at(slots, scan.t_s))
    if not keep.any():
        return
    if not keep.all():
        begun = begun.only(keep)
    ids = bank.begin(begun, scan.t_s)
    rows.begin(begun.kind)
    rows.add(number, scan.t_s, ids, begun.state, begun.covariance, begun.exists)
    for source in begun.sources.T:
        rows.add_pairs(ids, scan.t_s, source, np.ones(len(ids)))
