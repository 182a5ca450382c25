"""Blocks of fire pixels as columns: what is kept once, what meets a box, and in which order it comes back."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.observation import FirePixels
from trucewatch.model.register import Box, FireColumns
from trucewatch.store.meeting import edges_deg, window_us

FLOATS = ("lon_deg", "lat_deg", "time_s", "time_sigma_s", "scan_m", "track_m", "frp_mw", "confidence")
"""the float columns, in their stored order; the first three decide whether a pixel meets a box"""

Scalar = TypeVar("Scalar", bound=np.generic)


def require_columns(pixels: FirePixels) -> None:
    """Refuse a block whose columns differ in length, or that has a pixel without place or time.

    Raises:
        ValueError: naming the input.
    """
    n = len(pixels)
    columns = (pixels.row, pixels.night, pixels.satellite, pixels.version, *(getattr(pixels, f) for f in FLOATS))
    if any(len(column) != n for column in columns):
        raise ValueError(f"fire pixels of {pixels.input_id}: columns differ in length")
    if not all(np.isfinite(getattr(pixels, name)).all() for name in FLOATS[:3]):
        raise ValueError(f"fire pixels of {pixels.input_id}: a place or a time is not finite")


def first_positions(row: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.intp]:
    """Positions of the rows that are new, each once, in their order.

    Args:
        row: row numbers of a block, shape (n,).
        known: row numbers already kept of the same input, shape (k,).

    Returns:
        positions, shape (m,), rising.
    """
    _, first = np.unique(row, return_index=True)
    first.sort()
    return first[~np.isin(row[first], known)]


def take(pixels: FirePixels, at: NDArray[np.intp]) -> FirePixels:
    """Cut some pixels out of a block.

    Args:
        pixels: block of n.
        at: positions, shape (m,).
    """
    rows = pixels.row[at]
    where = at.tolist()
    return FirePixels(
        input_id=pixels.input_id,
        first_row=int(rows[0]) if len(rows) else pixels.first_row,
        row=rows,
        night=pixels.night[at],
        satellite=tuple(pixels.satellite[i] for i in where),
        version=tuple(pixels.version[i] for i in where),
        **{name: getattr(pixels, name)[at] for name in FLOATS},
    )


def inside(
    box: Box, lon_deg: NDArray[np.float64], lat_deg: NDArray[np.float64], time_s: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Positions of the pixels in a box: edges inside, time half-open.

    Args:
        box: where and when.
        lon_deg: longitudes, shape (n,).
        lat_deg: latitudes, shape (n,).
        time_s: seconds since 1970 UTC, shape (n,).

    Returns:
        positions, shape (m,), rising.
    """
    held = np.ones(len(lon_deg), dtype=np.bool_)
    edges, window = edges_deg(box), window_us(box)
    if edges is not None:
        west, south, east, north = edges
        held &= (lon_deg >= west) & (lon_deg <= east) & (lat_deg >= south) & (lat_deg <= north)
    if window is not None:
        held &= (time_s >= window[0] / 1e6) & (time_s < window[1] / 1e6)
    return np.flatnonzero(held)


def gather(chosen: Iterable[FirePixels]) -> FireColumns:
    """Join what was chosen from many blocks, by time, then input, then row."""
    blocks = list(chosen)
    owner = np.repeat(np.arange(len(blocks)), [len(b) for b in blocks])
    rank = {name: i for i, name in enumerate(sorted({b.input_id for b in blocks}))}
    input_rank = np.array([rank[b.input_id] for b in blocks], dtype=np.int64)[owner]
    row = _joined([b.row for b in blocks], np.int64)
    floats = {name: _joined([getattr(b, name) for b in blocks], np.float64) for name in FLOATS}
    order = np.lexsort((row, input_rank, floats["time_s"]))
    owners = owner[order].tolist()
    return FireColumns(
        input_id=tuple(blocks[i].input_id for i in owners),
        row=row[order],
        night=_joined([b.night for b in blocks], np.bool_)[order],
        satellite=_reordered([b.satellite for b in blocks], order),
        version=_reordered([b.version for b in blocks], order),
        **{name: column[order] for name, column in floats.items()},
    )


def _joined(columns: Sequence[NDArray[Scalar]], dtype: type[Scalar]) -> NDArray[Scalar]:
    return np.concatenate(columns) if columns else np.empty(0, dtype=dtype)


def _reordered(columns: Sequence[tuple[str, ...]], order: NDArray[np.intp]) -> tuple[str, ...]:
    joined = list(itertools.chain.from_iterable(columns))
    return tuple(joined[i] for i in order.tolist())
