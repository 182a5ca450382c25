"""Elements whose clock is off: found where waves reach the others as a plane wave and this one too late, or never.

Clocks of one array differ by a constant that does not depend on where a wave comes from. Each coherent window says
which element does not fit; one is left out when several windows in a row say the same.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.pair_lags import PairLags, latenesses_s, pair_lags, plane_wave

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

COHERENT = 0.6
"""Correlation from which two elements are taken to hear the same wave."""

UNRELATED = 0.5
"""Correlation below which they are not: the best of some fifty lags of noise reaches 0.4."""

SPEED_M_S = (290.0, 650.0)
"""Trace velocities that sound can have; with three elements left this is the only test."""

LEAST_OFFSET_S = 0.03
"""Smaller offsets cannot be told from errors of survey and crumpled wavefronts."""

WINDOWS_TO_JUDGE = 5
"""Windows in a row that must agree, a window's length apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What one window says about one element."""

    time_s: float
    odd: bool
    offset_s: float | None
    """how late it was; None: it heard nothing of what the others heard"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockVerdict:
    """An element that is to be left out from a time on, or may come back."""

    element: int
    start_s: float
    offset_s: float | None
    fits_again: bool = False

    @property
    def reason(self) -> str:
        """In words."""
        if self.fits_again:
            return "fits the others again"
        if self.offset_s is None:
            return "hears nothing of what the others hear: its clock, its place or its sensor is wrong"
        late = "late" if self.offset_s > 0 else "early"
        return f"clock (or place) off: {abs(self.offset_s):.3f} s {late} against the others"


class ElementClocks:
    """Watches the lags of coherent windows for an element that does not fit."""

    # LIMIT: an offset is seen only while waves cross the array, and with four elements only where leaving out one of
    # them, and no other, gives a speed that sound can have. Two wrong clocks of four look like two right ones.

    def __init__(self, offsets_m: FloatArray, rate_hz: float, band_hz: tuple[float, float], tolerance_s: float) -> None:
        self._offsets_m = offsets_m[:, :2]
        self._rate_hz, self._band_hz = rate_hz, band_hz
        self._tolerance_s = max(LEAST_OFFSET_S, tolerance_s)
        self._doubts: list[deque[Doubt]] = [deque(maxlen=WINDOWS_TO_JUDGE) for _ in offsets_m]
        self._last_s = -np.inf
        self.left_out: frozenset[int] = frozenset()

    def feed(self, samples: FloatArray, time_s: float, apart_s: float) -> list[ClockVerdict]:
        """Take a coherent window; returns what changes by it.

        Args:
            samples: (n_elements, n), NaN where an element has none.
            time_s: Middle of the window.
            apart_s: Windows nearer than this to the one before are not independent and are passed over.
        """
        if time_s - self._last_s < apart_s:
            return []
        lags = pair_lags(samples, self._rate_hz, self._band_hz)
        odd = self._odd(lags)
        if odd is None:
            return []
        self._last_s = time_s
        for row, element in enumerate(lags.elements.tolist()):
            self._doubts[element].append(Doubt(time_s=time_s, odd=row in odd, offset_s=odd.get(row)))
        return [v for element in lags.elements.tolist() if (v := self._verdict(element)) is not None]

    def _verdict(self, element: int) -> ClockVerdict | None:
        doubts = self._doubts[element]
        if len(doubts) < WINDOWS_TO_JUDGE:
            return None
        if element in self.left_out:
            if any(d.odd for d in doubts):
                return None
            self.left_out = self.left_out - {element}
            return ClockVerdict(element=element, start_s=doubts[0].time_s, offset_s=0.0, fits_again=True)
        if not all(d.odd for d in doubts):
            return None
        known = np.array([d.offset_s for d in doubts if d.offset_s is not None])
        offset = float(np.median(known)) if known.size else None
        agree = 0 if offset is None else int(np.count_nonzero(np.abs(known - offset) < self._tolerance_s))
        # One window may straddle the jump itself.
        if agree < WINDOWS_TO_JUDGE - 1 and known.size > 1:
            return None
        self.left_out = self.left_out | {element}
        steady = agree >= WINDOWS_TO_JUDGE - 1
        return ClockVerdict(element=element, start_s=doubts[0].time_s, offset_s=offset if steady else None)

    def _odd(self, lags: PairLags) -> dict[int, float | None] | None:
        """Return the row that does not fit with its offset, none where all fit, None where nothing can be said."""
        n = lags.elements.size
        if n < 4:
            return None
        rows = np.arange(n)
        related = self._related(lags)
        alone = [row for row in range(n) if not related[row, rows != row].any()]
        if len(alone) == 1:
            return self._stranger(lags, alone[0], related)
        if alone or not related.all():
            return None
        _, left_s = plane_wave(lags, rows, self._offsets_m)
        if left_s <= self._tolerance_s / 2.0:
            return {}
        return self._late_one(lags, left_s)

    def _related(self, lags: PairLags) -> NDArray[np.bool_]:
        """Say which pairs hear the same wave at a lag that sound can have."""
        where = self._offsets_m[lags.elements]
        apart_m = np.hypot(*(where[:, None] - where[None]).transpose(2, 0, 1))
        possible = np.abs(lags.lag_s) <= apart_m / SPEED_M_S[0] + self._tolerance_s
        related: NDArray[np.bool_] = possible & (lags.correlation >= COHERENT)
        return related

    def _stranger(self, lags: PairLags, row: int, related: NDArray[np.bool_]) -> dict[int, float | None] | None:
        others = np.delete(np.arange(lags.elements.size), row)
        if not related[np.ix_(others, others)].all():
            return None
        slowness, left_s = plane_wave(lags, others, self._offsets_m)
        if left_s > self._tolerance_s or not self._is_sound(slowness):
            return None
        late_s = latenesses_s(lags, row, others, self._offsets_m, slowness)
        if float(np.ptp(late_s)) < 4.0 * self._tolerance_s:
            # Less of the window is shared the later it is, so the lags scatter; unrelated ones would by seconds.
            return {row: float(np.median(late_s))}
        return {row: None} if float(lags.correlation[row, others].max()) < UNRELATED else None

    def _late_one(self, lags: PairLags, left_s: float) -> dict[int, float | None] | None:
        n = lags.elements.size
        fits: list[tuple[float, int, float]] = []
        for row in range(n):
            others = np.delete(np.arange(n), row)
            slowness, rest_s = plane_wave(lags, others, self._offsets_m)
            late_s = float(np.median(latenesses_s(lags, row, others, self._offsets_m, slowness)))
            if self._is_sound(slowness) and rest_s < 0.4 * left_s and abs(late_s) >= self._tolerance_s:
                fits.append((rest_s, row, late_s))
        fits.sort()
        if not fits or (len(fits) > 1 and (n == 4 or fits[1][0] < 2.0 * fits[0][0])):
            return None
        return {fits[0][1]: fits[0][2]}

    def _is_sound(self, slowness: FloatArray) -> bool:
        return 1.0 / SPEED_M_S[1] <= float(np.hypot(*slowness)) <= 1.0 / SPEED_M_S[0]
