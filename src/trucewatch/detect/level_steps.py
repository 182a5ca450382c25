"""Where a channel changes for good: its level in all bands (gain) or in the upper part (muffled), its offset's sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from trucewatch.detect.block_levels import Blocks, Sense

FloatArray = NDArray[np.float64]

CONTEXT = 12
"""beats on each side that must agree: two minutes of a microphone, six of an array"""
LEAST_GAIN_DB = 6.0
ALIKE_DB = 1.5
"""how far the bands may differ in what is called a change of gain; wind, engines and insects change one band more"""
LEAST_MUFFLED_DB = 10.0
ALIKE_SHARE = 0.125
"""the same as a part of a large change"""
KEPT_LOW_DB = 3.0
_SPREADS = 3.0
"""a step must exceed this many spreads of the beats on either side"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Beats:
    """Medians of some blocks each, of a channel, by time; every array has shape (n,)."""

    start_s: FloatArray
    end_s: FloatArray
    band_db: FloatArray
    low_db: FloatArray
    high_db: FloatArray
    offset: FloatArray

    def __len__(self) -> int:
        return len(self.start_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A lasting change."""

    kind: str
    """"gain", "muffled" or "polarity" """
    at_s: float
    """seconds since 1970, as finely as a beat"""
    by_db: float


def beats_of(blocks: Blocks, sense: Sense) -> Beats:
    """Take medians over neighbouring blocks; dead ones say nothing, and no beat reaches over a gap."""
    alive = np.flatnonzero(~blocks.dead)
    time_s = blocks.middle_s[alive]
    seams = np.flatnonzero(np.diff(time_s) > 1.5 * sense.block_s) + 1
    rows = [
        run[: len(run) // sense.beat_blocks * sense.beat_blocks].reshape(-1, sense.beat_blocks)
        for run in np.split(alive, seams)
    ]
    index = np.concatenate(rows) if rows else np.zeros((0, sense.beat_blocks), dtype=np.int64)
    half = sense.block_s / 2.0

    def median(values: NDArray[np.float32]) -> FloatArray:
        return np.asarray(np.median(values[index].astype(np.float64), axis=1), dtype=np.float64)

    return Beats(
        start_s=blocks.middle_s[index[:, 0]] - half,
        end_s=blocks.middle_s[index[:, -1]] + half,
        band_db=median(blocks.band_db),
        low_db=median(blocks.low_db),
        high_db=median(blocks.high_db),
        offset=median(blocks.offset),
    )


def steps(beats: Beats) -> tuple[Step, ...]:
    """Return lasting changes between two stretches that are each steady.

    LIMIT: a step within two minutes of another (six of an array's), of a gap's edge or of the record's end is not seen.
    """
    if len(beats) < 2 * CONTEXT:
        return ()
    bands = np.stack([beats.low_db, beats.band_db, beats.high_db])
    by, spread, alike = _changes(bands)
    found = [*_gain(by, spread, alike), *_muffled(by, spread)]
    out = [Step(kind=kind, at_s=float(beats.start_s[i]), by_db=db) for kind, i, db in found]
    return tuple(sorted([*out, *_turned(beats, by)], key=lambda s: (s.at_s, s.kind)))


def _changes(bands: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return per boundary the change of each band, its spread, and how well quartiles shift with the median.

    Each of shape (3, n - 2 CONTEXT + 1); boundary k lies before beat k + CONTEXT.
    """
    windows = np.sort(sliding_window_view(bands, CONTEXT, axis=1), axis=2)
    low, middle, high = windows[..., 2], windows[..., CONTEXT // 2], windows[..., -3]
    before, after = slice(0, bands.shape[1] - 2 * CONTEXT + 1), slice(CONTEXT, None)
    by = middle[:, after] - middle[:, before]
    width = (high - low) / 2.0
    spread = np.maximum(width[:, after], width[:, before])
    quartiles = np.maximum(np.abs(low[:, after] - low[:, before] - by), np.abs(high[:, after] - high[:, before] - by))
    return by, spread, quartiles


def _gain(by: FloatArray, spread: FloatArray, quartiles: FloatArray) -> list[tuple[str, int, float]]:
    size = np.abs(by[1])
    # The street itself changes by some decibels from one side to the other; the larger the step, the less that matters.
    alike = np.maximum(ALIKE_DB, ALIKE_SHARE * size)
    fits = (
        (size >= LEAST_GAIN_DB)
        & (np.abs(by[0] - by[1]) <= alike)
        & (np.abs(by[2] - by[1]) <= alike)
        & (quartiles.max(axis=0) <= 2.0 * alike)
        & (size >= _SPREADS * spread.max(axis=0))
    )
    return [("gain", i, float(by[1, i - CONTEXT])) for i in _peaks(fits, size, spread.max(axis=0))]


def _muffled(by: FloatArray, spread: FloatArray) -> list[tuple[str, int, float]]:
    size = -by[2]
    fits = (size >= LEAST_MUFFLED_DB) & (np.abs(by[0]) <= KEPT_LOW_DB) & (size >= _SPREADS * spread[2])
    return [("muffled", i, float(by[2, i - CONTEXT])) for i in _peaks(fits, size, spread[2])]


def _turned(beats: Beats, by: FloatArray) -> list[Step]:
    """Return where a steady offset changes its sign and nothing else: the wires were swapped."""
    windows = np.sort(sliding_window_view(beats.offset, CONTEXT), axis=1)
    middle, width = windows[:, CONTEXT // 2], (windows[:, -3] - windows[:, 2]) / 2.0
    before, after = middle[:-CONTEXT], middle[CONTEXT:]
    noise = np.maximum(width[:-CONTEXT], width[CONTEXT:])
    size = np.minimum(np.abs(before), np.abs(after))
    same = np.abs(before + after) <= 0.1 * (np.abs(before) + np.abs(after))
    fits = (before * after < 0.0) & same & (size > 8.0 * noise) & (np.abs(by[1]) <= ALIKE_DB)
    return [Step(kind="polarity", at_s=float(beats.start_s[i]), by_db=0.0) for i in _peaks(fits, size, noise)]


def _peaks(fits: NDArray[np.bool_], size: FloatArray, noise: FloatArray) -> list[int]:
    """Return the beat before which each run of fitting boundaries is sharpest, runs within CONTEXT taken as one."""
    at = np.flatnonzero(fits)
    if not len(at):
        return []
    runs = np.split(at, np.flatnonzero(np.diff(at) > CONTEXT) + 1)
    # The median moves when half the window has passed the step: the true one is where the windows are least mixed.
    return [int(run[np.argmax(size[run] - 2.0 * noise[run])]) + CONTEXT for run in runs]
