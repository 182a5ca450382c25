"""Kinds of things that are followed: how they move, how fast they can be, and which one a track is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_filter import CONFUSION
from trucewatch.fuse.track_told import Motion
from trucewatch.model.incident import KindProbability
from trucewatch.model.vocabulary import ObservationType

FOLLOWED = (ObservationType.UAV_SIGHTING, ObservationType.AIRCRAFT_SIGHTING, ObservationType.VEHICLE_MOVEMENT)
"""what moves; flashes and smoke stay where they are and are no tracks"""

MOTIONS = (
    Motion(power_m2_s3=4.0, speed_sigma_m_s=20.0, climb_sigma_m_s=3.0, life_s=180.0),
    Motion(power_m2_s3=9.0, speed_sigma_m_s=120.0, climb_sigma_m_s=10.0, life_s=300.0),
    Motion(power_m2_s3=1.0, speed_sigma_m_s=12.0, climb_sigma_m_s=0.5, life_s=180.0),
)
"""Of drones, aircraft, and vehicles and vessels. The power is acceleration squared times how long it is held: a drone
turns at 2 m/s2 for a second, an aircraft at 3 m/s2, a vehicle brakes at 1 m/s2 (Bar-Shalom, Li & Kirubarajan 2001,
section 6.2.2: the change of speed over a period is of the order of its square root).
LIMIT: stated from what such things can do, not fitted; a racing drone turns harder and its error grows late."""

FASTEST_M_S = (120.0, 700.0, 70.0)
"""of each kind; what would have had to be faster was not one thing"""
MOST_VOTES = 5.0
"""sightings of one sensor that count towards the kind: it makes the same mistake again"""


def kinds_of(votes: Sequence[tuple[str, int]]) -> tuple[KindProbability, ...]:
    """Return the posterior over kinds, largest first.

    Args:
        votes: (sensor, number of the kind that it named), one a sighting.
    """
    log_p: NDArray[np.float64] = np.zeros(len(FOLLOWED))
    sure, unsure = np.log(1.0 - (len(FOLLOWED) - 1) * CONFUSION), np.log(CONFUSION)
    for sensor in sorted({s for s, _ in votes}):
        named = np.bincount([k for s, k in votes if s == sensor], minlength=len(FOLLOWED)).astype(np.float64)
        named *= min(1.0, MOST_VOTES / named.sum())
        log_p += named * sure + (named.sum() - named) * unsure
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    order = sorted(range(len(FOLLOWED)), key=lambda k: (-p[k], FOLLOWED[k].value))
    return tuple(KindProbability(kind=FOLLOWED[k], p=float(p[k])) for k in order)
