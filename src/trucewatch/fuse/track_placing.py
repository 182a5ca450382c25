"""When it was known where a track was: bearings of one sensor alone do not say how far away a thing is.

A camera that follows a thing for minutes holds a track up that a single plot of a bird began, and draws a true track
out along its rays long after the last radar plot: both are sure to exist and lie kilometres from any thing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_columns import Sightings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TOGETHER_S = 10.0
"""bearings of two sensors this far apart in time cross in a place"""
HELD_S = 60.0
"""so long before the first and after the last sighting that told a place, a track is still where its speed says: with
an error of 1 m/s in it, 60 m off"""


def is_placing(track: IntArray, source: IntArray, seen: Sightings) -> NDArray[np.bool_]:
    """Say which sightings of tracks tell a place: by themselves, or with a bearing of another sensor beside them.

    Args:
        track: (k,) number of the track of each.
        source: (k,) number of the sighting, in time order within a track.
        seen: all sightings.
    """
    placing = seen.is_placed[source]
    _, sensor = np.unique([s.id for s in seen.sensors], return_inverse=True)
    rays = np.flatnonzero(~placing)
    rays = rays[np.argsort(track[rays], kind="stable")]
    own, at, who = track[rays], seen.t_s[source[rays]], sensor[source[rays]]
    crosses = (own[1:] == own[:-1]) & (who[1:] != who[:-1]) & (np.diff(at) <= TOGETHER_S)
    placing[rays[1:]] |= crosses
    placing[rays[:-1]] |= crosses
    return placing


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Span:
    """From when to when each track's place was told, and how often."""

    first_s: FloatArray
    last_s: FloatArray
    count: IntArray

    @classmethod
    def of(cls, track: IntArray, t_s: FloatArray, n: int) -> Span:
        """Return the spans of n tracks by their placing sightings."""
        first, last = np.full(n, np.inf), np.full(n, -np.inf)
        np.minimum.at(first, track, t_s)
        np.maximum.at(last, track, t_s)
        return cls(first_s=first, last_s=last, count=np.bincount(track, minlength=n))

    def holds(self, track: IntArray, t_s: FloatArray) -> NDArray[np.bool_]:
        """Say for rows of tracks whether it was known then where the track was."""
        inside: NDArray[np.bool_] = (t_s >= self.first_s[track] - HELD_S) & (t_s <= self.last_s[track] + HELD_S)
        return inside
