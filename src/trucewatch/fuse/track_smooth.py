"""Fixed-interval smoothing of filtered tracks, all tracks together, and states between looks.

References:
    Rauch, H., Tung, F. & Striebel, C. (1965), Maximum likelihood estimates of linear dynamic systems, AIAA J. 3(8).
    Bar-Shalom, Li & Kirubarajan (2001), eqs. 8.6.2-14.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_motion import moved, spread

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def smoothed(
    track: IntArray, t_s: FloatArray, state: FloatArray, covariance: FloatArray, power_m2_s3: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Smooth filtered states of many tracks.

    Args:
        track: (n,) number of the track, not falling; times of a track do not fall.
        t_s: (n,) seconds.
        state: (n, 2a) filtered.
        covariance: (n, 2a, 2a) filtered.
        power_m2_s3: (n,) power of the white acceleration after each row.

    Returns:
        Smoothed states, their covariances, and for each row the gain (n, 2a, 2a) to the next row of its track
        (nought in the last): the covariance of the two smoothed states is gain @ next covariance.
    """
    gain = np.zeros_like(covariance)
    if not len(track):
        return state.copy(), covariance.copy(), gain
    # Predictions and gains rest on what was filtered alone, so those of all rows are worked out at once.
    goes_on = np.flatnonzero(track[1:] == track[:-1])
    dt = t_s[goes_on + 1] - t_s[goes_on]
    ahead, wide = state.copy(), covariance.copy()
    ahead[goes_on] = moved(state[goes_on], dt)
    wide[goes_on], between = spread(covariance[goes_on], dt, power_m2_s3[goes_on])
    gain[goes_on] = np.linalg.solve(wide[goes_on], between).transpose(0, 2, 1)
    back = gain.transpose(0, 2, 1)
    state, covariance = state.copy(), covariance.copy()
    for at in _backwards(track):
        g = gain[at]
        state[at] += (g @ (state[at + 1] - ahead[at])[:, :, None])[:, :, 0]
        covariance[at] += g @ (covariance[at + 1] - wide[at]) @ back[at]
    return state, covariance, gain


def _backwards(track: IntArray) -> Iterator[IntArray]:
    """Yield rows from the last but one of each track to the first, one of each track at a time."""
    last = np.flatnonzero(np.append(track[1:] != track[:-1], True))
    first = np.append(0, last[:-1] + 1)
    # The longest first, so that those that are done are cut off the end.
    order = np.argsort(first - last, kind="stable")
    length = (last - first)[order]
    for step in range(1, int(length[0]) + 1):
        yield last[order[: np.searchsorted(-length, -step, side="right")]] - step


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """Filtered rows with predicted ones between them."""

    track: IntArray
    t_s: FloatArray
    state: FloatArray
    covariance: FloatArray
    measured: NDArray[np.bool_]
    """False for rows put in between"""


def densified(
    track: IntArray,
    t_s: FloatArray,
    state: FloatArray,
    covariance: FloatArray,
    power_of_track: FloatArray,
    longest_s: float,
) -> Dense:
    """Put predictions between filtered rows so that no step is longer than asked; smoothing makes them exact.

    Args:
        track: (n,) number of the track, not falling; times of a track do not fall.
        t_s: (n,) seconds.
        state: (n, 2a) filtered.
        covariance: (n, 2a, 2a) filtered.
        power_of_track: power of the white acceleration by number of the track.
        longest_s: longest step.
    """
    gap = np.where(track[1:] == track[:-1], np.diff(t_s), 0.0)
    n_parts = np.append(np.maximum(1, np.ceil(gap / longest_s)), 1).astype(np.int64)
    row = np.repeat(np.arange(len(track)), n_parts)
    part = np.arange(len(row)) - np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
    dt = part * (np.append(gap, 0.0) / n_parts)[row]
    wide, _ = spread(covariance[row], dt, power_of_track[track[row]])
    return Dense(track[row], t_s[row] + dt, moved(state[row], dt), wide, part == 0)
