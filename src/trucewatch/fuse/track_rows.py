"""What the forward pass writes down: a row for each track and scan in which it may have been seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_told import Forward

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

P_PAIR_KEPT = 0.02
"""measurements that are a track's less probably are not listed with it"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PairRows:
    """Which measurement may be of which track."""

    track: IntArray
    t_s: FloatArray
    source: IntArray
    """number of the measurement"""
    p: FloatArray
    """probability that it is the track's, the track's existence included"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Rows:
    """Filtered states, by track and then by time."""

    track: IntArray
    scan: IntArray
    t_s: FloatArray
    state: FloatArray
    """(n, 2a)"""
    covariance: FloatArray
    """(n, 2a, 2a)"""
    exists: FloatArray
    kind: IntArray
    """(tracks,) number of the kind with which each track began"""
    pairs: PairRows
    told: Forward


class RowsInMaking:
    """Collects rows scan by scan."""

    def __init__(self) -> None:
        """Begin empty."""
        self._rows: list[tuple[int, float, IntArray, FloatArray, FloatArray, FloatArray]] = []
        self._kinds: list[IntArray] = []
        self._pairs: list[tuple[IntArray, float, IntArray, FloatArray]] = []

    def add(
        self, scan: int, t_s: float, track: IntArray, state: FloatArray, covariance: FloatArray, exists: FloatArray
    ) -> None:
        """Write down tracks that a scan may have seen."""
        self._rows.append((scan, t_s, track, state, covariance, exists))

    def begin(self, kind: IntArray) -> None:
        """Write down the kinds of the next tracks."""
        self._kinds.append(kind)

    def add_pairs(self, track: IntArray, t_s: float, source: IntArray, p: FloatArray) -> None:
        """Write down which measurements were whose."""
        self._pairs.append((track, t_s, source, p))

    def done(self, told: Forward) -> Rows:
        """Return all rows in order."""
        d = 2 * told.n_axes
        n = [len(r[2]) for r in self._rows]
        track = _stacked_ints([r[2] for r in self._rows])
        scan = np.repeat(np.array([r[0] for r in self._rows], dtype=np.int64), n)
        order = np.lexsort((scan, track))
        return Rows(
            track=track[order],
            scan=scan[order],
            t_s=np.repeat(np.array([r[1] for r in self._rows], dtype=np.float64), n)[order],
            state=_stacked([r[3] for r in self._rows], (0, d))[order],
            covariance=_stacked([r[4] for r in self._rows], (0, d, d))[order],
            exists=_stacked([r[5] for r in self._rows], (0,))[order],
            told=told,
            kind=_stacked_ints(self._kinds),
            pairs=self._pair_columns(),
        )

    def _pair_columns(self) -> PairRows:
        n = [len(p[0]) for p in self._pairs]
        track = _stacked_ints([x[0] for x in self._pairs])
        p = _stacked([x[3] for x in self._pairs], (0,))
        keep = p > P_PAIR_KEPT
        return PairRows(
            track=track[keep],
            t_s=np.repeat(np.array([x[1] for x in self._pairs], dtype=np.float64), n)[keep],
            source=_stacked_ints([x[2] for x in self._pairs])[keep],
            p=p[keep],
        )


def _stacked(parts: list[FloatArray], empty: tuple[int, ...]) -> FloatArray:
    return np.concatenate(parts) if parts else np.zeros(empty)


def _stacked_ints(parts: list[IntArray]) -> IntArray:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
