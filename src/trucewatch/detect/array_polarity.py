"""Whether an element of an array hears the slow pressure upside down: its polarity against that of the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.block_levels import SLOW_A_BLOCK, Sense
from trucewatch.detect.meter import Channel

FloatArray = NDArray[np.float64]

WINDOW_S = 300.0
LEAST_CORRELATION = 0.6
"""how well the others must agree, and the one must disagree, before anything is said"""
_LEAST_ELEMENTS = 3


def reversed_elements(channels: Sequence[Channel], sense: Sense) -> tuple[tuple[str, float], ...]:
    """Return the elements whose slow pressure runs against that of the others, each with the moment it was seen first.

    Below the band that an array searches, the sea and the weather move all its elements alike. Half the windows must
    say so, for wind moves each by itself.

    Args:
        channels: of the elements, with slow means.
        sense: for the length of a block.
    """
    if len(channels) < _LEAST_ELEMENTS:
        return ()
    step_s = sense.block_s / SLOW_A_BLOCK
    firsts = [float(c.blocks.middle_s[0]) for c in channels if len(c.blocks)]
    start_s = min(firsts, default=0.0) - sense.block_s / 2.0
    grids = [_on_grid(c, start_s, step_s) for c in channels]
    n = max((len(g) for g in grids), default=0)
    rows = np.full((len(channels), n), np.nan)
    for row, grid in zip(rows, grids, strict=True):
        row[: len(grid)] = grid
    width = round(WINDOW_S / step_s)
    verdicts = [_against(rows[:, at : at + width]) for at in range(0, n - width + 1, width)]
    told = [v for v in verdicts if v is not None]
    out = []
    for k, channel in enumerate(channels):
        against = [i for i, v in enumerate(told) if v[k]]
        if len(told) >= 2 and 2 * len(against) >= len(told):
            first = next(i for i, v in enumerate(verdicts) if v is not None and v[k])
            out.append((channel.sensor_id, start_s + first * WINDOW_S))
    return tuple(out)


def _on_grid(channel: Channel, start_s: float, step_s: float) -> FloatArray:
    blocks = channel.blocks
    if not len(blocks) or blocks.slow.shape[1] != SLOW_A_BLOCK:
        return np.zeros(0)
    at = blocks.middle_s[:, None] + (np.arange(SLOW_A_BLOCK) - (SLOW_A_BLOCK - 1) / 2.0) * step_s
    index = np.floor((at - start_s) / step_s).astype(np.int64).ravel()
    grid = np.full(int(index.max()) + 1, np.nan)
    grid[index] = blocks.slow.ravel()
    return grid


def _against(window: FloatArray) -> NDArray[np.bool_] | None:
    """Say which elements run against the rest in one window; None where the rest do not agree among themselves."""
    change = np.diff(window, axis=1)
    good = np.isfinite(change).all(axis=0)
    if good.sum() < 0.8 * change.shape[1] or (change[:, good].std(axis=1) == 0.0).any():
        return None
    table: FloatArray = np.asarray(np.corrcoef(change[:, good]), dtype=np.float64)
    np.fill_diagonal(table, np.nan)
    if np.nanmedian(np.abs(table)) < LEAST_CORRELATION:
        return None
    return np.asarray(np.nanmedian(table, axis=1) < -LEAST_CORRELATION, dtype=bool)
