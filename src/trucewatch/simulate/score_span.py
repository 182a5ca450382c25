"""The span of time that is scored, and its blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.instant import Interval
from trucewatch.model.score import ScoreSettings
from trucewatch.simulate.score_columns import ClaimColumns, EventColumns, seconds
from trucewatch.simulate.score_intervals import block_length_s, draws

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LEAST_S = 60.0
"""a span is taken as no shorter, so that a rate a day of one moment is no division by nought"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Span:
    """What was scored, cut into blocks of equal length that start at whole multiples of it since 1970 (UTC days).

    So blocks are the same whatever claim comes first, and scores of one truth can be compared block by block.
    """

    start_s: float
    end_s: float
    block_s: float
    n_blocks: int
    drawn: FloatArray
    """how often each block is drawn, shape (resamples, n_blocks)"""

    @property
    def days(self) -> float:
        """Length of the span, days."""
        return (self.end_s - self.start_s) / 86_400.0

    def block(self, time_s: FloatArray) -> IntArray:
        """Return the block of each moment; what lies outside is counted to the nearest; shape (n,)."""
        number = np.floor(time_s / self.block_s) - self.first_block
        block: IntArray = np.clip(number, 0, self.n_blocks - 1).astype(np.int64)
        return block

    @property
    def first_block(self) -> int:
        """Number of the first block since 1970."""
        return int(self.start_s // self.block_s)


def span_of(
    events: EventColumns, claims: ClaimColumns, settings: ScoreSettings, observed: Interval | None
) -> Span | None:
    """Return the span: what was observed, where that is said, else from the first to the last event or claim.

    None where there is nothing at all. Without a stated span a quiet hour at either end is not counted as observed,
    so rates a day come out too high rather than too low.
    """
    timed = events.timed
    starts = np.concatenate((events.start_s[timed], claims.time_s))
    ends = np.concatenate((events.end_s[timed], claims.time_s))
    start = None if observed is None or observed.start_utc is None else seconds(observed.start_utc)
    end = None if observed is None or observed.end_utc is None else seconds(observed.end_utc)
    if not len(starts) and (start is None or end is None):
        return None
    start = float(starts.min()) if start is None else start
    end = max(float(ends.max()) if end is None else end, start + _LEAST_S)
    # By the truth alone, where there is any, so that scores of one truth have the same blocks.
    block_s = block_length_s(events.start_s[timed] if timed.any() else starts, end - start)
    n_blocks = int((end - 1e-6) // block_s) - int(start // block_s) + 1
    drawn = draws(n_blocks, settings.resamples, settings.seed)
    return Span(start_s=start, end_s=end, block_s=block_s, n_blocks=n_blocks, drawn=drawn)
