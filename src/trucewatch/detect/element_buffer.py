"""The samples of one element that are not used up yet, on the sample grid of the array's stream."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MOST_BRIDGED_SAMPLES = 2
"""Jumps of time stamps up to this are the rounding of a clock or a digitiser's drift, not a gap."""


class OutOfOrderError(ValueError):
    """A block whose time was given before, or was used up."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Segment:
    """Consecutive samples."""

    first: int
    """number of the first sample, counted from the stream's start"""
    samples: FloatArray

    @property
    def end(self) -> int:
        """Number after the last sample."""
        return self.first + self.samples.size


class ElementBuffer:
    """Blocks of one element in order of time; what lies between them is missing."""

    def __init__(self) -> None:
        self.reach: int | None = None
        """number after the last sample given, None before the first"""
        self.used = 0
        """samples before this number are gone"""
        self.n_held = 0
        self._segments: deque[Segment] = deque()

    def feed(self, first: int, samples: FloatArray) -> int:
        """Take a block; returns the number of its first sample that is kept.

        Raises:
            OutOfOrderError: If it begins before the end of the block before it, or in a stretch that is used up.
        """
        first, samples = self._joined(first, samples)
        if self.reach is not None and first < self.reach:
            raise OutOfOrderError(f"begins {self.reach - first} samples before the end of the block before it")
        if first < self.used:
            raise OutOfOrderError(f"begins {self.used - first} samples before what was listened to already")
        if samples.size:
            self._segments.append(Segment(first=first, samples=samples))
            self.n_held += samples.size
            self.reach = first + samples.size
        return first

    def _joined(self, first: int, samples: FloatArray) -> tuple[int, FloatArray]:
        """Join a block to the one before it where only the rounding of time stamps parts them."""
        if self.reach is None or samples.size == 0:
            return first, samples
        jump = first - self.reach
        if 0 < jump <= MOST_BRIDGED_SAMPLES and self._segments:
            last = self._segments[-1].samples[-1]
            bridge = last + (samples[0] - last) * np.arange(1, jump + 1) / (jump + 1)
            return self.reach, np.concatenate([bridge, samples])
        if -MOST_BRIDGED_SAMPLES <= jump < 0:
            return self.reach, samples[-jump:]
        return first, samples

    @property
    def first_held(self) -> int | None:
        """Number of the earliest sample held, None where there is none."""
        return self._segments[0].first if self._segments else None

    def cut(self, first: int, end: int) -> FloatArray:
        """Return samples first to end, NaN where there are none."""
        out = np.full(end - first, np.nan)
        for segment in self._segments:
            low, high = max(first, segment.first), min(end, segment.end)
            if low < high:
                out[low - first : high - first] = segment.samples[low - segment.first : high - segment.first]
        return out

    def drop_before(self, number: int) -> None:
        """Forget the samples before a number."""
        self.used = max(self.used, number)
        while self._segments and self._segments[0].end <= number:
            self.n_held -= self._segments.popleft().samples.size
        if self._segments and self._segments[0].first < number:
            head = self._segments[0]
            kept = head.samples[number - head.first :]
            self.n_held -= head.samples.size - kept.size
            # A copy, so that the block given can be freed.
            self._segments[0] = Segment(first=number, samples=kept.copy())

    def drop_held(self) -> tuple[int, int]:
        """Forget everything held; returns the first and the end number of what is lost."""
        lost = self._segments[0].first, self._segments[-1].end
        self._segments.clear()
        self.n_held = 0
        return lost
