"""Fire pixels that several files tell: downloads overlap, and standard processing replaces what came near real time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

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
SLAB_PIXELS = 200_000
"""looked at together; pixels of one pass are never parted from what may replace them"""
PROVISIONAL_ENDING = "RT"
"""of versions such as 2.0NRT, 6.1RT and 2.0URT: near real time, real time and ultra real time"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RecentPixels:
    """The pixels from a moment on, in the order in which they came."""

    where: NDArray[np.float64]
    """longitude and latitude in degrees, seconds since 1970, shape (3, n)"""
    repeated: NDArray[np.bool_]
    """whether another one that is kept tells the same, shape (n,)"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Told:
    """What decides whether two pixels tell the same; numbers as small as they can be, for a year has millions."""

    where: NDArray[np.float64]
    """shape (3, n)"""
    satellite: NDArray[np.int16]
    row: NDArray[np.int64]
    source: NDArray[np.int32]
    """input, numbered by name"""
    provisional: NDArray[np.bool_]
    standard: NDArray[np.bool_]

    def some(self, at: NDArray[np.int64]) -> _Told:
        """Return the pixels at some positions."""
        return _Told(
            where=self.where[:, at],
            satellite=self.satellite[at],
            row=self.row[at],
            source=self.source[at],
            provisional=self.provisional[at],
            standard=self.standard[at],
        )


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
    told = _told(blocks, since_s)
    along = float(np.cos(np.radians(told.where[1].mean()))) if told.where.size else 1.0
    order = np.argsort(told.where[2], kind="stable")
    time_s = told.where[2][order]
    again = np.zeros(len(order), dtype=np.bool_)
    for first, last in _slabs(time_s):
        at = order[first:last]
        again[at] = _same_again(told.some(at))
        before = int(np.searchsorted(time_s, time_s[first] - SAME_PASS_S))
        after = int(np.searchsorted(time_s, time_s[last - 1] + SAME_PASS_S, side="right"))
        again[at] |= _replaced(told.some(order[before:after]), along)[first - before : last - before]
    return RecentPixels(where=told.where, repeated=again)


def _slabs(time_s: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Cut times in order into runs of about SLAB_PIXELS that part no moment."""
    first = 0
    while first < len(time_s):
        last = int(np.searchsorted(time_s, time_s[min(first + SLAB_PIXELS, len(time_s)) - 1], side="right"))
        yield first, last
        first = last


def _told(blocks: Iterable[FirePixels], since_s: float) -> _Told:
    numbers: defaultdict[str, int] = defaultdict(lambda: len(numbers))
    inputs: dict[str, int] = {}
    kinds: dict[str, type[np.generic]] = {"lon_deg": np.float64, "lat_deg": np.float64, "time_s": np.float64}
    kinds |= {"row": np.int64, "satellite": np.int16, "source": np.int32, "provisional": np.bool_, "named": np.bool_}
    parts: dict[str, list[NDArray[Any]]] = {name: [np.empty(0, dtype)] for name, dtype in kinds.items()}
    for block in blocks:
        at = np.flatnonzero(block.time_s >= since_s)
        versions, satellites = [block.version[i] for i in at], [block.satellite[i] for i in at]
        own = {name: getattr(block, name)[at] for name in ("lon_deg", "lat_deg", "time_s", "row")}
        own["satellite"] = np.array([numbers[name] for name in satellites], dtype=np.int16)
        own["source"] = np.full(len(at), inputs.setdefault(block.input_id, len(inputs)), dtype=np.int32)
        own["provisional"] = np.array([_is_provisional(v) for v in versions], dtype=np.bool_)
        own["named"] = np.array([v != "" for v in versions], dtype=np.bool_)
        for name, column in own.items():
            parts[name].append(column)
    by_name = {name: n for n, name in enumerate(sorted(inputs))}
    rank = np.array([by_name[name] for name in inputs], dtype=np.int32)
    where = np.empty((3, sum(map(len, parts["row"]))))
    for row, name in zip(where, ("lon_deg", "lat_deg", "time_s"), strict=True):
        # Each column's parts are let go as soon as they are joined, so that little is held twice.
        np.concatenate(parts.pop(name), out=row)
    provisional = np.concatenate(parts.pop("provisional"))
    return _Told(
        where=where,
        satellite=np.concatenate(parts.pop("satellite")),
        row=np.concatenate(parts.pop("row")),
        source=rank[np.concatenate(parts.pop("source"))],
        provisional=provisional,
        standard=np.concatenate(parts.pop("named")) & ~provisional,
    )


def _is_provisional(version: str) -> bool:
    return version.strip().upper().endswith(PROVISIONAL_ENDING)


def _same_again(told: _Told) -> NDArray[np.bool_]:
    """Mark all but one of the pixels with one place, time and satellite."""
    lon_deg, lat_deg, time_s = told.where
    order = np.lexsort((told.row, told.source, told.provisional, told.satellite, time_s, lat_deg, lon_deg))
    same = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
    for column in (lon_deg, lat_deg, time_s, told.satellite):
        ordered = column[order]
        same &= ordered[1:] == ordered[:-1]
    again = np.zeros(len(order), dtype=np.bool_)
    again[order[1:]] = same
    return again


def _replaced(told: _Told, along: float) -> NDArray[np.bool_]:
    """Mark provisional pixels that have a standard one of the same satellite, pass and place."""
    replaced = np.zeros(len(told.row), dtype=np.bool_)
    if not (told.provisional.any() and told.standard.any()):
        return replaced
    scaled = _scaled(told, along)
    found = KDTree(scaled[told.standard]).query(scaled[told.provisional], p=np.inf, distance_upper_bound=1.0)
    replaced[told.provisional] = np.isfinite(found[0])
    return replaced


def _scaled(told: _Told, along: float) -> NDArray[np.float64]:
    """Return east, north, time and satellite so that less than 1 apart in each is the same pixel, shape (n, 4).

    `along` is the length of a degree of longitude in degrees of latitude, one for all, or neighbours would come apart.
    """
    lon_deg, lat_deg, time_s = told.where
    per_degree = METRES_PER_DEGREE / SAME_PIXEL_M
    east = lon_deg * per_degree * along
    return np.stack([east, lat_deg * per_degree, time_s / SAME_PASS_S, told.satellite * 2.0], axis=1)
