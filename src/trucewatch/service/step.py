"""One piece of detection work, done once for each set of inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trucewatch.detect import Listened


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One piece of detection work: the same key gives the same detections."""

    key: str
    label: str
    work: Callable[[], Listened]
