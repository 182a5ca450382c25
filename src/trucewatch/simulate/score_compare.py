"""What got better or worse between two scores, beyond chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.errors import TrucewatchError
from trucewatch.model.score import Change, Figure, Score, ScoreComparison, Verdict
from trucewatch.simulate.score_intervals import LEAST_BLOCKS, draws, percentile_interval, resampled_ratio

FloatArray = NDArray[np.float64]

SURE = 0.99
"""level of the interval of a difference: of thirty figures that did not change, one in three comparisons then shows a
change that is none"""


def compare_scores(before: Score, after: Score) -> ScoreComparison:
    """Compare figure by figure.

    Where both are of the same truth and cut into the same blocks, the difference is resampled over common blocks
    (paired bootstrap): what both found hard cancels. Elsewhere figures differ where their intervals do not overlap.

    Raises:
        TrucewatchError: they were made with other settings, so that their figures mean different things.
    """
    if before.settings != after.settings:
        raise TrucewatchError("the earlier score was made with other settings; score its claims again with these")
    same_truth = before.truth_sha256 == after.truth_sha256
    common = same_truth and before.block_s == after.block_s
    old = {f.name: f for f in before.figures}
    pairs = [(old[f.name], f) for f in after.figures if f.name in old]
    return ScoreComparison(
        same_truth=same_truth, changes=tuple(_change(b, a, (before, after), common) for b, a in pairs)
    )


def worse_beyond(comparison: ScoreComparison, tolerance: float) -> tuple[Change, ...]:
    """Return the changes for the worse beyond chance and beyond a share of the figure before."""
    return tuple(c for c in comparison.changes if c.worse_by is not None and c.worse_by > tolerance)


def _change(before: Figure, after: Figure, scores: tuple[Score, Score], common: bool) -> Change:
    bounds = _paired(before, after, scores) if common else None
    verdict: Verdict = "unknown"
    if before.value is not None and after.value is not None:
        equal = before.value == after.value
        verdict = _by_intervals(before, after) if bounds is None else _by_difference(bounds, equal)
    return Change(
        name=after.name,
        before=before.value,
        after=after.value,
        unit=after.unit,
        verdict=verdict,
        how="" if verdict == "unknown" else "intervals" if bounds is None else "paired",
        worse_by=_worse_by(before, after) if verdict == "worse" else None,
    )


def _paired(before: Figure, after: Figure, scores: tuple[Score, Score]) -> tuple[float, float] | None:
    """Return the interval of how much worse the later one is; None where blocks do not allow it."""
    if not before.sums or not after.sums:
        return None
    a, b = _aligned(before, after, *(_first_block(s) for s in scores))
    if np.count_nonzero(a[:, 1] + b[:, 1]) < LEAST_BLOCKS:
        return None
    used = scores[1].settings
    drawn = draws(len(a), used.resamples, used.seed)
    old = _badness(resampled_ratio(a, drawn, before.power), before)
    new = _badness(resampled_ratio(b, drawn, after.power), after)
    return percentile_interval(new - old, SURE)


def _first_block(score: Score) -> int:
    """Return the number of a score's first block since 1970."""
    return 0 if score.start_utc is None else int(score.start_utc.timestamp() // score.block_s)


def _aligned(before: Figure, after: Figure, first: int, second: int) -> tuple[FloatArray, FloatArray]:
    """Return both figures' sums over all blocks that either has, each of shape (n_blocks, 2)."""
    start, end = min(first, second), max(first + len(before.sums), second + len(after.sums))
    out = np.zeros((2, end - start, 2))
    out[0, first - start : first - start + len(before.sums)] = before.sums
    out[1, second - start : second - start + len(after.sums)] = after.sums
    return out[0], out[1]


def _badness(values: FloatArray, figure: Figure) -> FloatArray:
    """Return values so that larger is worse."""
    if figure.better == "higher":
        return -values
    if figure.better == "level" and figure.level is not None:
        return np.abs(values - figure.level)
    return values


def _by_difference(worse_by: tuple[float, float], equal: bool) -> Verdict:
    if equal or worse_by[0] <= 0 <= worse_by[1]:
        return "same"
    return "worse" if worse_by[0] > 0 else "better"


def _by_intervals(before: Figure, after: Figure) -> Verdict:
    if None in (before.low, before.high, after.low, after.high):
        return "same" if before.value == after.value else "unknown"
    assert before.low is not None and before.high is not None  # noqa: S101 - just asked
    assert after.low is not None and after.high is not None  # noqa: S101
    if before.low <= after.high and after.low <= before.high:
        return "same"
    return "worse" if _worse_by(before, after) else "better"


def _worse_by(before: Figure, after: Figure) -> float | None:
    """Return how much worse the later figure is as a share of the earlier; None where it is not."""
    if before.value is None or after.value is None:
        return None
    old, new = (float(_badness(np.array([f.value]), f)[0]) for f in (before, after))
    if new <= old:
        return None
    return (new - old) / max(abs(old), 1e-9)
