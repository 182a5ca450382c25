"""What things say of themselves: one name is one track, unless the name was in two places at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_columns import Sightings
from trucewatch.fuse.track_kinds import FASTEST_M_S

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SLACK_SIGMAS = 5.0
"""errors of two places that may add up before a jump is one"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Labels:
    """Numbers of identities."""

    of: IntArray
    """(n,) 0 where the thing told no name; one name in two places at once has two numbers"""
    torn: frozenset[str]
    """names that were in two places at once"""


def labels_of(seen: Sightings, place_m: FloatArray, spread_m: FloatArray) -> Labels:
    """Number the identities of sightings, each name once for every thing that may bear it.

    A sighting goes on with the nearest thing of its name that it can have come from; where none can have been that
    fast, another thing bears the same name: a sign of spoofing, or of two devices with one number.

    Args:
        seen: sightings in order.
        place_m: (n, 2) where each thing was, NaN where only a direction is known.
        spread_m: (n,) 1-sigma error of that.
    """
    names = np.array([d.identity_ref for d in seen.detections])
    of = np.zeros(len(seen), dtype=np.int64)
    torn = set()
    for name in sorted(set(names) - {""}):
        rows = np.flatnonzero(names == name)
        strand = _strands(seen, rows, place_m, spread_m)
        of[rows] = of.max() + 1 + strand
        if strand.max(initial=0) > 0:
            torn.add(name)
    return Labels(of=of, torn=frozenset(torn))


def _strands(seen: Sightings, rows: IntArray, place_m: FloatArray, spread_m: FloatArray) -> IntArray:
    strand, last = np.zeros(len(rows), dtype=np.int64), list[int]()
    for n, row in enumerate(rows):
        if not np.isfinite(place_m[row, 0]):
            continue
        excess = [_excess(seen, place_m, spread_m, before, int(row)) for before in last]
        if excess and min(excess) <= 0.0:
            strand[n] = int(np.argmin(excess))
            last[strand[n]] = int(row)
        else:
            strand[n] = len(last)
            last.append(int(row))
    return strand


def _excess(seen: Sightings, place_m: FloatArray, spread_m: FloatArray, one: int, two: int) -> float:
    """Return how much farther two places lie apart than one thing can have come, metres."""
    fastest = FASTEST_M_S[int(seen.kind[two])]
    dt = float(seen.t_s[two] - seen.t_s[one] + SLACK_SIGMAS * (seen.clock_sigma_s[one] + seen.clock_sigma_s[two]))
    apart = float(np.hypot(*(place_m[two] - place_m[one])))
    return apart - fastest * dt - SLACK_SIGMAS * float(spread_m[one] + spread_m[two])
