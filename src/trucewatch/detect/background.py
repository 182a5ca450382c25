"""The F of the noise at an array now: measured in the minutes before each window, as they pass."""

from collections import deque
from dataclasses import dataclass

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


class SlidingBackground:
    """Gives each window the background of the history before it; the first history of a record stands in for itself.

    So a result comes without delay, but for the first `history_s` of a stream, which are given together.
    """

    def __init__(self, history_s: float) -> None:
        self.history_s = history_s
        self._history: deque[tuple[float, float]] = deque()
        self._waiting: list[tuple[float, float]] = []
        self._started = False
        self._stride = -1
        self._first_s = 0.0
        self._now = Background()

    def feed(self, time_s: float, value: float) -> list[Background]:
        """Take the next window; returns the backgrounds that are now known, one for each window not yet given one."""
        if not self._started:
            if not self._waiting or time_s - self._waiting[0][0] < self.history_s:
                self._waiting.append((time_s, value))
                return []
            return [*self.flush(), *self.feed(time_s, value)]
        stride = int((time_s - self._first_s) // (self.history_s / STRIDES))
        if stride != self._stride:
            self._stride = stride
            self._forget(time_s)
            if len(self._history) >= LEAST_WINDOWS:
                self._now = measure(np.array([v for _, v in self._history]))
        self._history.append((time_s, value))
        return [self._now]

    def flush(self) -> list[Background]:
        """Give the windows that wait for a full first history what there is of it."""
        if self._started or not self._waiting:
            return []
        self._started = True
        self._first_s = self._waiting[0][0]
        values = np.array([v for _, v in self._waiting])
        if values.size >= LEAST_WINDOWS:
            self._now = measure(values)
        self._history.extend(self._waiting)
        given = [self._now] * values.size
        self._waiting = []
        return given

    def _forget(self, time_s: float) -> None:
        while self._history and self._history[0][0] <= time_s - self.history_s:
            self._history.popleft()
