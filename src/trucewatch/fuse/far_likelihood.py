"""How much better a place and moment explain several readings together than chance does, on many cells at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.far_density import ROWS, Seen, TimeTable, bearing_density, shift_of, shifts
from trucewatch.fuse.far_reading import GROUND, Reading
from trucewatch.fuse.far_settings import FarSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

COARSE_CELL_M = 50_000.0
"""cells of the first level; distances in its tables of travel times are a third as many"""
_LOG_TRACE = -18.0
"""a place that at its best moment is e^18 times less likely than another at its best is left out of a level"""
_LEAST_ROWS = 24
_GROUND_M_S, _SOUND_M_S = 3_000.0, 300.0
_BLOCK = 256
"""places worked on at once, so that what is multiplied stays in the cache"""


def likelihood(
    readings: Sequence[Reading], views: Sequence[Seen], time_s: FloatArray, smear_m: float, settings: FarSettings
) -> FloatArray:
    """Return how much better each place and moment predicts all readings than chance does, shape (n, m).

    The shared shifts of celerity are summed over; each reading is an outlier with a small probability.
    """
    nodes = shifts(readings, settings)
    widest = 1.0 + max(max(abs(a), abs(g)) for a, g, _ in nodes)
    tables = [_table(r, v, widest, time_s, smear_m, settings) for r, v in zip(readings, views, strict=True)]
    scales = [_scaled(r, v, smear_m, settings) for r, v in zip(readings, views, strict=True)]
    likely = _likely(scales, tables, settings)
    total = np.zeros((len(views[0].away_m), len(time_s)))
    summed, product = (np.zeros((min(len(likely), _BLOCK), len(time_s))) for _ in range(2))
    # Paths in the air share one shift and paths in the ground another: each is worked out once, not once a pair.
    own = [sorted({shift_of(r, node) for node in nodes}) for r in readings]
    kept = [{s: np.zeros_like(summed) for s in of_one} for of_one in own]
    for first in range(0, len(likely), _BLOCK):
        block = likely[first : first + _BLOCK]
        these, added = product[: len(block)], summed[: len(block)]
        for view, scale, table, by_shift in zip(views, scales, tables, kept, strict=True):
            for longer, whole in by_shift.items():
                got = whole[: len(block)]
                table.at(view.away_m[block] * (1.0 + longer), out=got)
                got *= scale[block, None]
                got += settings.p_outlier
        added[:] = 0.0
        for shift in nodes:
            these[:] = shift[2]
            for reading, by_shift in zip(readings, kept, strict=True):
                these *= by_shift[shift_of(reading, shift)][: len(block)]
            added += these
        total[block] = added
    return total


def _likely(scales: Sequence[FloatArray], tables: Sequence[TimeTable], settings: FarSettings) -> IntArray:
    """Return the places that hold more than a trace of the probability at best: most are out of every beam."""
    best = np.sum([np.log(s * t.most + settings.p_outlier) for s, t in zip(scales, tables, strict=True)], axis=0)
    return np.flatnonzero(best > best.max() + _LOG_TRACE)


def _scaled(reading: Reading, view: Seen, smear_m: float, settings: FarSettings) -> FloatArray:
    share = (1.0 - settings.p_outlier) * (1.0 - reading.p_false) / reading.chance
    return share * bearing_density(reading, view, smear_m, settings)


def _table(
    reading: Reading, view: Seen, widest: float, time_s: FloatArray, smear_m: float, settings: FarSettings
) -> TimeTable:
    span = np.array([view.away_m.min() * (2.0 - widest), view.away_m.max() * widest])
    most = ROWS if smear_m < COARSE_CELL_M / 2 else ROWS // 3
    # Between rows densities are interpolated: half a standard error apart is close enough.
    speed = _GROUND_M_S if reading.medium == GROUND else _SOUND_M_S
    step_m = 0.5 * float(np.hypot(reading.sigma_s * speed, smear_m / np.sqrt(3.0)))
    n_rows = int(np.clip(np.ceil((span[1] - span[0]) / step_m), _LEAST_ROWS, most))
    return TimeTable(reading, span, time_s, smear_m, settings, n_rows)
