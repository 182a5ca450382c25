"""Where a schedule puts what happens: the stage of one theatre."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from trucewatch.simulate.contact import SIDES, Contact
from trucewatch.simulate.preset import Preset

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scene:
    """What the schedules know of the theatre."""

    preset: Preset
    contact: Contact
    nodes: FloatArray
    """(n, 2) longitude, latitude of the microphones, beside which lorries pass"""

    @property
    def start_utc(self) -> datetime:
        """Return when the theatre begins."""
        return self.preset.start_utc

    @property
    def end_s(self) -> float:
        """Return when it ends, seconds after the start."""
        return self.preset.hours * 3600.0

    def spot(self, rng: np.random.Generator, near_m: float, far_m: float, side: str = "") -> tuple[FloatArray, str]:
        """Draw a place so far from the line, on a side or on either, and whose ground it is.

        Args:
            rng: where chance comes from.
            near_m: least distance from the line.
            far_m: largest.
            side: whose ground; either when empty.
        """
        owner = side or SIDES[int(rng.integers(2))]
        sign = -1.0 if owner == SIDES[0] else 1.0
        along = rng.uniform(0.0, self.contact.length_m)
        return self.contact.place(along, sign * rng.uniform(near_m, far_m)), owner

    def zone(self, at: FloatArray) -> str:
        """Return the zone of a place."""
        return self.contact.zones(at[None, :])[0]


def other(side: str) -> str:
    """Return the other side."""
    return SIDES[1] if side == SIDES[0] else SIDES[0]
