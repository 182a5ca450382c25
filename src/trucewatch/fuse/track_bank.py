"""The tracks that are alive, as columns with room to grow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_motion import moved, spread
from trucewatch.fuse.track_scans import Look, Scan
from trucewatch.fuse.track_told import Forward

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FIRST_ROOM = 64
COLUMNS = (
    *("state", "covariance", "t_s", "exists", "power", "life_s", "kinds"),
    *("label", "track", "watchers", "misses", "by_angles", "alive"),
)
"""of a bank, one row a slot"""
FASTEST_M_S = 600.0
"""nothing that is followed here is faster: how far a track may have come since it was last brought up"""
WATCHERS = 6
"""sensors that are remembered with a track, the last that saw it"""
MOST_MISSES = 4
"""looks in a row of one of its sensors in which a crossing of bearings is not seen: it was of two different things"""
LABEL_SHARE = 0.5
"""a track takes over an identity that it was given with this probability"""


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """New tracks."""

    state: FloatArray
    covariance: FloatArray
    exists: FloatArray
    kind: IntArray
    label: IntArray
    sources: IntArray
    """(n, 1 or 2) numbers of the measurements each began with"""
    sensors: IntArray
    """(n, 2) numbers of their sensors"""

    def only(self, keep: NDArray[np.bool_]) -> Begun:
        """Return some of them."""
        return Begun(
            self.state[keep],
            self.covariance[keep],
            self.exists[keep],
            self.kind[keep],
            self.label[keep],
            self.sources[keep],
            self.sensors[keep],
        )


class Bank:
    """Slots for tracks; a slot is used again when its track is dropped."""

    def __init__(self, told: Forward) -> None:
        """Begin empty."""
        d, n = 2 * told.n_axes, FIRST_ROOM
        self.n_kinds = len(told.motions)
        self._power = np.array([m.power_m2_s3 for m in told.motions])
        self._life_s = np.array([m.life_s for m in told.motions])
        self.state = np.zeros((n, d))
        self.covariance = np.zeros((n, d, d))
        self.t_s, self.exists, self.power, self.life_s = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n)
        self.kinds = np.zeros((n, self.n_kinds))
        self.label, self.track = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        self.watchers = np.full((n, WATCHERS), -1, dtype=np.int64)
        self.misses = np.zeros((n, WATCHERS), dtype=np.int64)
        self.by_angles = np.zeros(n, dtype=bool)
        self.alive = np.zeros(n, dtype=bool)
        self._n_begun = 0
        self._top = 0

    def near(self, scan: Scan) -> IntArray:
        """Return the slots of tracks that the scan may be about."""
        alive = self.alive[: self._top]
        if scan.look >= Look.BEARING or not len(scan) or self._top < FIRST_ROOM:
            return np.flatnonzero(alive)
        low, high = scan.z[:, :2].min(axis=0), scan.z[:, :2].max(axis=0)
        if scan.reach_m > 0:
            low = np.minimum(low, scan.origin_m[:2] - scan.reach_m)
            high = np.maximum(high, scan.origin_m[:2] + scan.reach_m)
        margin = FASTEST_M_S * (scan.t_s - self.t_s[: self._top]) + 5.0 * np.sqrt(
            self.covariance[: self._top, 0, 0] + self.covariance[: self._top, 1, 1] + scan.noise[:, :2, :2].max()
        )
        place = self.state[: self._top, :2]
        inside = (place > low - margin[:, None]).all(axis=1) & (place < high + margin[:, None]).all(axis=1)
        return np.flatnonzero(alive & inside)

    def watched(self, slots: IntArray, sensor: int) -> NDArray[np.bool_]:
        """Say which tracks a sensor has seen."""
        seen: NDArray[np.bool_] = (self.watchers[slots] == sensor).any(axis=1)
        return seen

    def lost(self, slots: IntArray, scan: Scan, watched: NDArray[np.bool_], seen: FloatArray) -> IntArray:
        """Count looks in which tracks from bearings were not seen; returns the slots of those that were too many.

        The rays of one sensor alone hold such a track up for ever, wherever on them it lies: only the other sensor can
        say that it is not there.

        Args:
            slots: of tracks.
            scan: that looked.
            watched: which of them this sensor saw before.
            seen: probability that each was seen now.
        """
        own = slots[watched & self.by_angles[slots]]
        if not len(own) or scan.look < Look.BEARING:
            return own[:0]
        mine = self.watchers[own] == scan.sensor
        hit = seen[watched & self.by_angles[slots]] > LABEL_SHARE
        self.misses[own] = np.where(mine, np.where(hit[:, None], 0, self.misses[own] + 1), self.misses[own])
        gone: IntArray = own[(self.misses[own] >= MOST_MISSES).any(axis=1)]
        return gone

    def at(self, slots: IntArray, t_s: float) -> tuple[FloatArray, FloatArray]:
        """Return states and covariances of tracks, moved on to a moment."""
        dt = t_s - self.t_s[slots]
        return moved(self.state[slots], dt), spread(self.covariance[slots], dt, self.power[slots])[0]

    def put(self, slots: IntArray, state: FloatArray, covariance: FloatArray, exists: FloatArray, t_s: float) -> None:
        """Write tracks back."""
        self.state[slots], self.covariance[slots] = state, covariance
        self.exists[slots], self.t_s[slots] = exists, t_s

    def kind_likelihood(self, slots: IntArray, told: IntArray, confusion: float) -> FloatArray:
        """Return the probability of what a sensor calls a thing, given what the tracks may be."""
        p = self.kinds[slots, told]
        likelihood: FloatArray = confusion + (1.0 - self.n_kinds * confusion) * p
        return likelihood

    def learn(
        self,
        slots: IntArray,
        scan: Scan,
        track: IntArray,
        measurement: IntArray,
        share: FloatArray,
        confusion: float,
    ) -> None:
        """Take over the names that sensors gave to what they saw, and identities."""
        sure = share > LABEL_SHARE
        if not sure.any():
            return
        at, told = slots[track[sure]], measurement[sure]
        if scan.look < Look.BEARING:
            self.by_angles[at] = False
        self._watch(at[~self.watched(at, scan.sensor)], scan.sensor)
        if self.n_kinds > 1:
            likelihood = np.full((len(at), self.n_kinds), confusion)
            likelihood[np.arange(len(at)), scan.kind[told]] = 1.0 - (self.n_kinds - 1) * confusion
            after = np.maximum(self.kinds[at] * likelihood, 1e-9)
            self.kinds[at] = after / after.sum(axis=1, keepdims=True)
        labels = scan.label[told]
        if labels.any():
            self.label[at] = np.where(labels > 0, labels, self.label[at])

    def _watch(self, slots: IntArray, sensor: int) -> None:
        if len(slots):
            self.watchers[slots, :-1] = self.watchers[slots, 1:]
            self.watchers[slots, -1] = sensor
            self.misses[slots, :-1] = self.misses[slots, 1:]
            self.misses[slots, -1] = 0

    def begin(self, begun: Begun, t_s: float) -> IntArray:
        """Put new tracks into free slots; returns their numbers."""
        n = len(begun.exists)
        free = np.flatnonzero(~self.alive)
        while len(free) < n:
            self._grow()
            free = np.flatnonzero(~self.alive)
        slots = free[:n]
        self.put(slots, begun.state, begun.covariance, begun.exists, t_s)
        self.power[slots], self.life_s[slots] = self._power[begun.kind], self._life_s[begun.kind]
        self.kinds[slots] = 1.0 / self.n_kinds
        if self.n_kinds > 1:
            self.kinds[slots] = 0.1 / (self.n_kinds - 1)
            self.kinds[slots, begun.kind] = 0.9
        self.watchers[slots] = -1
        self.watchers[slots, -2:] = begun.sensors
        self.misses[slots] = 0
        self.by_angles[slots] = begun.sources.shape[1] > 1
        self.label[slots], self.alive[slots] = begun.label, True
        ids = self._n_begun + np.arange(n)
        self.track[slots] = ids
        self._n_begun += n
        self._top = max(self._top, int(slots[-1]) + 1)
        return ids

    def drop(self, slots: IntArray) -> None:
        """Forget tracks."""
        self.alive[slots] = False

    def sweep(self, t_s: float, p_least: float) -> None:
        """Forget tracks that nobody saw for long."""
        faded = self.exists * np.exp((self.t_s - t_s) / self.life_s) < p_least
        self.alive &= ~faded

    def _grow(self) -> None:
        for name in COLUMNS:
            old = getattr(self, name)
            setattr(self, name, np.concatenate((old, np.zeros_like(old))))
        self.life_s[len(self.life_s) // 2 :] = 1.0
