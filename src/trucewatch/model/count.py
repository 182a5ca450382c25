"""A count with its bounds and how it is to be read."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.vocabulary import CountQuality


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many: [low, best, high]; None where a number would be an invention."""

    low: int
    """at least this many"""
    best: int | None
    """most likely number; None when uncountable"""
    high: int | None
    """at most this many; None when there is no bound"""
    quality: CountQuality = CountQuality.EXACT

    def __post_init__(self) -> None:
        if self.low < 0:
            raise ValueError(f"Count.low must be >= 0, got {self.low}")
        if self.best is not None and self.best < self.low:
            raise ValueError(f"Count.best {self.best} is below low {self.low}")
        if self.high is not None and self.high < max(self.low, self.best or 0):
            raise ValueError(f"Count.high {self.high} is below low or best")

    @classmethod
    def exactly(cls, n: int) -> Count:
        """Make a count that was counted."""
        return cls(low=n, best=n, high=n)
