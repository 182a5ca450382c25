"""When a record meets a search box: one rule that every store applies."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from trucewatch.model.instant import Interval, require_utc
from trucewatch.model.register import Box, NewRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
OPEN_US = 1 << 60
"""Stands for an open end, microseconds: 36,000 years away, exact in a float, outside every datetime."""


def to_us(moment: datetime) -> int:
    """Whole microseconds since 1970: exact, as a datetime is."""
    require_utc(moment, "moment")
    return (moment - _EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """Turn microseconds since 1970 back into an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=microseconds)


def span_us(time: Interval) -> tuple[int, int]:
    """Both ends in microseconds, an open one as -OPEN_US or OPEN_US."""
    start = -OPEN_US if time.start_utc is None else to_us(time.start_utc)
    return start, OPEN_US if time.end_utc is None else to_us(time.end_utc)


def window_us(box: Box) -> tuple[int, int] | None:
    """The box's time in microseconds; None where it asks for no time at all."""
    if box.time is None or (box.time.start_utc is None and box.time.end_utc is None):
        return None
    return span_us(box.time)


def edges_deg(box: Box) -> tuple[float, float, float, float] | None:
    """West, south, east, north, an open edge as infinity; None where the box asks for no place at all.

    # LIMIT: a box across the antimeridian (west > east) holds nothing; ask for its two halves.
    """
    edges = (box.west_deg, box.south_deg, box.east_deg, box.north_deg)
    if all(edge is None for edge in edges):
        return None
    openings = (-math.inf, -math.inf, math.inf, math.inf)
    west, south, east, north = (o if e is None else e for e, o in zip(edges, openings, strict=True))
    return west, south, east, north


def meets_window(start_us: int | None, end_us: int | None, window: tuple[int, int] | None) -> bool:
    """Say whether a record's half-open time meets a half-open window.

    A record of no duration counts as the moment of its start. A record without a time meets only a box that asks
    for none; an empty window meets nothing.
    """
    if window is None:
        return True
    if start_us is None or end_us is None or window[0] >= window[1]:
        return False
    return start_us < window[1] and (end_us > window[0] or start_us >= window[0])


def meets_edges(lon_deg: float | None, lat_deg: float | None, edges: tuple[float, float, float, float] | None) -> bool:
    """Say whether a record's point lies in a box; a record without a point meets only a box that asks for none."""
    if edges is None:
        return True
    if lon_deg is None or lat_deg is None:
        return False
    return edges[0] <= lon_deg <= edges[2] and edges[1] <= lat_deg <= edges[3]


def require_point(record: NewRecord) -> None:
    """Refuse half a point, or one off the globe.

    Raises:
        ValueError: naming the record.
    """
    lon, lat = record.lon_deg, record.lat_deg
    if lon is None and lat is None:
        return
    if lon is None or lat is None or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise ValueError(f"{record.kind} {record.id}: needs both lon_deg and lat_deg in range, got {lon}, {lat}")
