"""Fire pixels that several files tell: downloads overlap, and standard processing replaces what came near real time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from trucewatch.model.observation import FirePixels

SAME_PIXEL_M = 375.0
"""How far standard processing may move a pixel: the size of a VIIRS pixel at nadir.
LIMIT: a neighbour of a replaced pixel that standard processing dropped goes too; one that it moved further stays."""
SAME_PASS_S = 120.0
"""files round the moment of an overpass to a minute, each in its own way; the next pass is 100 minutes later"""
METRES_PER_DEGREE = 111_195.0
PROVISIONAL_ENDING = "RT"
"""of versions such as 2.0NRT, 6.1RT and 2.0URT: near real time, real time and ultra real time"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RecentPixels:
    """The pixels from a moment on, in the order in which they came."""

    where: NDArray[np.float64]
    """longitude and latitude in degrees, seconds since 1970, shape (n, 3)"""
    repeated: NDArray[np.bool_]
    """whether another one that is kept tells the same, shape (n,)"""


def recent_pixels(blocks: Iterable[FirePixels], *, since_s: float) -> RecentPixels:
    """Gather the pixels from a moment on, and say which of them tell what another one tells.

    Args:
        blocks: all fire pixels there are, in any order.
        since_s: seconds since 1970; older pixels are left out.

    Of pixels of one satellite with the same place and time one is kept: a standard one before an early one, then the
    one of the first input and row by name, so that it does not matter which came first. A pixel that came near real
    time gives way to a standard one of its satellite, pass and place. Where a file names no satellite, its pixels are
    compared with others without a name.

    References:
        NASA FIRMS, FAQ: near real-time data are replaced with standard data after two to three months.
    """
    numbers: defaultdict[str, int] = defaultdict(lambda: len(numbers))
    inputs: dict[str, int] = {}
    sources = [np.empty(0, dtype=np.int32)]
    parts = [np.empty((0, 5))]
    provisional, standard = [np.empty(0, dtype=np.bool_)], [np.empty(0, dtype=np.bool_)]
    for block in blocks:
        at = np.flatnonzero(block.time_s >= since_s)
        satellite = np.fromiter((numbers[block.satellite[i]] for i in at), dtype=np.float64, count=len(at))
        parts.append(
            np.stack([block.lon_deg[at], block.lat_deg[at], block.time_s[at], satellite, block.row[at]], axis=1)
        )
        provisional.append(np.fromiter((_is_provisional(block.version[i]) for i in at), dtype=np.bool_, count=len(at)))
        named = np.fromiter((block.version[i] != "" for i in at), dtype=np.bool_, count=len(at))
        standard.append(named & ~provisional[-1])
        sources.append(np.full(len(at), inputs.setdefault(block.input_id, len(inputs)), dtype=np.int32))
    pixels = np.concatenate(parts)
    del parts
    by_name = {name: n for n, name in enumerate(sorted(inputs))}
    rank = np.array([by_name[name] for name in inputs], dtype=np.int32)
    early, final = np.concatenate(provisional), np.concatenate(standard)
    again = _same_again(pixels, early, rank[np.concatenate(sources)]) | _replaced(pixels[:, :4], early, final)
    # A copy, so that the other columns are let go.
    return RecentPixels(where=pixels[:, :3].copy(), repeated=again)


def _is_provisional(version: str) -> bool:
    return version.strip().upper().endswith(PROVISIONAL_ENDING)


def _same_again(pixels: NDArray[np.float64], early: NDArray[np.bool_], source: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Mark all but one of the pixels with one place, time and satellite."""
    order = np.lexsort((pixels[:, 4], source, early, *pixels[:, 3::-1].T))
    same = np.ones(max(len(pixels) - 1, 0), dtype=np.bool_)
    for column in pixels.T[:4]:
        ordered = column[order]
        same &= ordered[1:] == ordered[:-1]
    again = np.zeros(len(pixels), dtype=np.bool_)
    again[order[1:]] = same
    return again


def _replaced(
    pixels: NDArray[np.float64], provisional: NDArray[np.bool_], standard: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Mark provisional pixels that have a standard one of the same satellite, pass and place."""
    replaced = np.zeros(len(pixels), dtype=np.bool_)
    if not (provisional.any() and standard.any()):
        return replaced
    scaled = _scaled(pixels)
    distance, _ = KDTree(scaled[standard]).query(scaled[provisional], p=np.inf, distance_upper_bound=1.0)
    replaced[provisional] = np.isfinite(distance)
    return replaced


def _scaled(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return east, north, time and satellite so that less than 1 apart in each is the same pixel, shape (n, 4)."""
    lon_deg, lat_deg, time_s, satellite = pixels.T
    per_degree = METRES_PER_DEGREE / SAME_PIXEL_M
    east = lon_deg * per_degree * np.cos(np.radians(lat_deg.mean()))
    return np.stack([east, lat_deg * per_degree, time_s / SAME_PASS_S, satellite * 2.0], axis=1)
