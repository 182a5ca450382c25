"""The F of the noise at an array now: measured in the minutes before each window, as they pass.

A lasting source from one side (surf, a wind farm) has a background of its own: it makes no array deaf to other sides.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from trucewatch.detect.noise_curve import LOW_QUANTILE

FloatArray = NDArray[np.float64]

BIN = 0.2
SMOOTHING = 0.8
"""Bins and kernel width of the density of the history, in widths of independent noise (0.07 to 0.2 in log F)."""

STRIDES = 20
"""The history is measured anew this many times in its own length."""

LEAST_WINDOWS = 40
"""A history of fewer windows says nothing."""

ORDINARY_WIDTH = 1.5
"""Up to this many widths of independent noise the spread of a history is chance (a history of 240 windows)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Level and spread of the noise, in widths of independent noise from its median."""

    level: float = 0.0
    width: float = 1.0


def measure(history: FloatArray) -> Background:
    """Return level and spread of a history of F.

    The level is the larger of the median and of the most frequent F; the spread is measured below it, where signals
    are not. Both are held to be no smaller than those of independent noise, which is the least that can be.

    Args:
        history: log F less the median of independent noise, in widths of independent noise, (n,).
    """
    level = max(0.0, _mode(history) - _MODE_OF_NOISE, float(np.median(history)))
    width = level - float(np.quantile(history, LOW_QUANTILE))
    return Background(level=level, width=width if width > ORDINARY_WIDTH else 1.0)


def _mode(values: FloatArray) -> float:
    first = np.floor(values.min() / BIN) - 25
    n_bins = int(np.ceil(values.max() / BIN) + 25 - first)
    count, edges = np.histogram(values, bins=n_bins, range=(first * BIN, (first + n_bins) * BIN))
    density = gaussian_filter1d(count.astype(np.float64), SMOOTHING / BIN, mode="constant")
    return float(edges[density.argmax()] + BIN / 2.0)


_MODE_OF_NOISE = -0.1
"""Mode of log F of independent noise less its median, in its widths: three arrays simulated gave -0.05 to -0.15."""


CROWD_SHARE = 0.5
"""A direction to which at least this share of a history points masks no other."""

CROWD_HALF_WIDTH_DEG = 10.0
"""Half width of such a crowd; windows that point this far off again are surely not of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backgrounds:
    """The noise of a history, and what there is of it where a lasting source does not point."""

    every: Background = field(default_factory=Background)
    crowd_deg: float | None = None
    """direction to which most of the history points; None: no such direction"""
    elsewhere: Background = field(default_factory=Background)
    """of the windows that do not point there"""

    def of(self, directions_deg: FloatArray) -> Background:
        """Return the background of a window that allows some directions, (n,).

        Surf that comes and goes lifts the F of windows that point to it; it makes no window point elsewhere with a
        high F, but through side lobes, and those allow the direction of the surf too.
        """
        if self.crowd_deg is None or _from(directions_deg, self.crowd_deg).min() <= 2.0 * CROWD_HALF_WIDTH_DEG:
            return self.every
        return self.elsewhere


def measured(values: FloatArray, bearing_deg: FloatArray) -> Backgrounds:
    """Return the backgrounds of a history.

    Args:
        values: As `measure` takes them, (n,).
        bearing_deg: Where each window points, (n,).
    """
    every, crowd = measure(values), _crowd(bearing_deg)
    if crowd is None:
        return Backgrounds(every=every)
    others = values[_from(bearing_deg, crowd) > CROWD_HALF_WIDTH_DEG]
    # Fewer say nothing, and can raise few alarms: windows that point elsewhere are then as rare.
    elsewhere = measure(others) if others.size >= LEAST_WINDOWS else Background()
    return Backgrounds(every=every, crowd_deg=crowd, elsewhere=elsewhere)


def _crowd(bearing_deg: FloatArray) -> float | None:
    """Return the direction to which most windows point, None where there is none."""
    turn = _from(bearing_deg[:, None], bearing_deg)
    near = np.count_nonzero(turn <= CROWD_HALF_WIDTH_DEG, axis=1)
    middle = int(near.argmax())
    return float(bearing_deg[middle]) if near[middle] >= CROWD_SHARE * bearing_deg.size else None


def _from(bearing_deg: FloatArray, other_deg: FloatArray | float) -> FloatArray:
    return np.abs((bearing_deg - other_deg + 180.0) % 360.0 - 180.0)


class SlidingBackground:
    """Gives each window the backgrounds of the history before it; the first history of a record stands in for itself.

    So a result comes without delay, but for the first `history_s` of a stream, which are given together.
    """

    def __init__(self, history_s: float) -> None:
        self.history_s = history_s
        self._history: deque[tuple[float, float, float]] = deque()
        self._waiting: list[tuple[float, float, float]] = []
        self._started = False
        self._stride = -1
        self._first_s = 0.0
        self._now = Backgrounds()

    def feed(self, time_s: float, value: float, bearing_deg: float) -> list[Backgrounds]:
        """Take the next window; returns the backgrounds that are now known, one for each window not yet given one."""
        if not self._started:
            if not self._waiting or time_s - self._waiting[0][0] < self.history_s:
                self._waiting.append((time_s, value, bearing_deg))
                return []
            return [*self.flush(), *self.feed(time_s, value, bearing_deg)]
        stride = int((time_s - self._first_s) // (self.history_s / STRIDES))
        if stride != self._stride:
            self._stride = stride
            self._forget(time_s)
            self._measure()
        self._history.append((time_s, value, bearing_deg))
        return [self._now]

    def flush(self) -> list[Backgrounds]:
        """Give the windows that wait for a full first history what there is of it."""
        if self._started or not self._waiting:
            return []
        self._started = True
        self._first_s = self._waiting[0][0]
        n_waiting = len(self._waiting)
        self._history.extend(self._waiting)
        self._waiting = []
        self._measure()
        return [self._now] * n_waiting

    def _measure(self) -> None:
        if len(self._history) >= LEAST_WINDOWS:
            table = np.array(self._history)
            self._now = measured(table[:, 1], table[:, 2])

    def _forget(self, time_s: float) -> None:
        while self._history and self._history[0][0] <= time_s - self.history_s:
            self._history.popleft()
