"""NASA FIRMS active-fire tables: MODIS and VIIRS, near real time and standard, streamed in blocks.

A block is read column by column with numpy; only the rows that fail are read again one by one, to say what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.mission import MissionArea
from trucewatch.model.observation import FirePixels, Rejection
from trucewatch.observe.context import ReadContext
from trucewatch.observe.fire_values import (
    BAD,
    DATE_SIGMA_S,
    MINUTE_SIGMA_S,
    ConfidenceOf,
    DaySeconds,
    NightOf,
    PlainText,
    SatelliteOf,
    TimeSeconds,
    optional_numbers,
    required_numbers,
)
from trucewatch.observe.limits import bounded_lines
from trucewatch.observe.moments import EARLIEST_UTC, FUTURE_GRACE
from trucewatch.observe.places import coordinate, require_in_area
from trucewatch.observe.refusal import BadValue, rejection
from trucewatch.observe.tables import first_line_of

BLOCK_ROWS = 65_536
"""about 90 MB while a block is read, whatever the size of the file"""
REQUIRED = ("latitude", "longitude", "acq_date")
METRES_PER_KM = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FireHeader:
    """Where each column stands."""

    n_columns: int
    index: dict[str, int]


class FirmsReader:
    """Reads FIRMS CSV files."""

    name = "firms"

    def recognises(self, path: str, head: bytes) -> bool:
        """By latitude, longitude and a date in the header, in any case."""
        return b"\0" not in head[:512] and all(c in _header_index(first_line_of(head)) for c in REQUIRED)

    def read(self, stream: BinaryIO, context: ReadContext) -> Iterator[FirePixels | Rejection]:
        """Yield blocks of good rows, each followed by the rejections of its bad ones.

        Raises:
            UnreadableInput: no header, or one without the columns that every layout has.
        """
        lines = bounded_lines(stream)
        header = read_header(next(lines, b""), context.source)
        first_row = 2
        while block := list(islice(lines, BLOCK_ROWS)):
            yield from read_block(block, first_row, header, context)
            first_row += len(block)


def _header_index(line: str) -> dict[str, int]:
    names = [c.strip().strip('"').casefold() for c in line.split(",")]
    index = {name: i for i, name in reversed(list(enumerate(names)))}
    if "acq_time" in index and "date" in index:
        # As The Economist publishes it; a bare "date" without acq_time may be any table of places.
        index.setdefault("acq_date", index["date"])
    return index


def read_header(line: bytes, source: str) -> FireHeader:
    """Find the columns.

    Raises:
        UnreadableInput: naming the missing ones.
    """
    text = first_line_of(line)
    index = _header_index(text)
    missing = [c for c in REQUIRED if c not in index]
    if missing:
        raise UnreadableInput(
            source=source, row="row 1", value=text[:120], expected=f"a FIRMS header with {', '.join(missing)}"
        )
    return FireHeader(n_columns=text.count(",") + 1, index=index)


def read_block(
    block: Sequence[bytes], first_row: int, header: FireHeader, context: ReadContext
) -> Iterator[FirePixels | Rejection]:
    """Read consecutive lines of one file.

    Args:
        block: lines as `bounded_lines` gives them.
        first_row: row number of the first one.
        header: of the file.
        context: of the file.
    """
    n_commas = np.fromiter((line.count(b",") for line in block), dtype=np.int64, count=len(block))
    at = np.flatnonzero(n_commas == header.n_columns - 1).astype(np.int64)
    bad = {i for i in np.flatnonzero(n_commas != header.n_columns - 1).tolist() if block[i].strip()}
    if len(at):
        whole = block if len(at) == len(block) else [block[i] for i in at.tolist()]
        pixels, good = _pixels(_split(whole), at + first_row, header, context)
        bad.update(at[~good].tolist())
        if len(pixels):
            yield pixels
    for i in sorted(bad):
        error = explain(_split([block[i]]), header, context)
        yield rejection(context, row=f"row {first_row + i}", error=error, raw=bytes(block[i]))


def _split(lines: Sequence[bytes]) -> list[str]:
    """Split lines into one flat list of cells: a list for each line would keep the garbage collector busy.

    FIRMS has no cell with a comma, so quotes (as R writes them) can go.
    """
    text = b"".join(lines).decode("utf-8", "surrogateescape")
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if '"' in text:
        text = text.replace('"', "")
    return text.removesuffix("\n").replace("\n", ",").split(",")


def _pixels(
    cells: list[str], rows: NDArray[np.int64], header: FireHeader, context: ReadContext
) -> tuple[FirePixels, NDArray[np.bool_]]:
    """Read whole columns; returns the good pixels, and for every row whether it is good."""

    def column(name: str) -> list[str] | None:
        i = header.index.get(name)
        return None if i is None else cells[i :: header.n_columns]

    n = len(rows)
    lon, lat = required_numbers(column("longitude")), required_numbers(column("latitude"))
    time_s = _times(column("acq_date"), column("acq_time"), n)
    scan, track = optional_numbers(column("scan"), n), optional_numbers(column("track"), n)
    frp = optional_numbers(column("frp"), n)
    confidence = _looked_up(ConfidenceOf(), column("confidence"), n, np.nan)
    night = _looked_up(NightOf(), column("daynight"), n, 0.0)
    good = _in_area(lon, lat, context.area) & _in_time(time_s, context)
    # Comparisons with NaN are false: a missing optional value passes, an infinite (unreadable) one does not.
    for values in (scan, track):
        good &= ~(values <= 0) & ~np.isinf(values)
    good &= ~(frp < 0) & ~np.isinf(frp) & ~np.isinf(confidence) & ~np.isinf(night)
    kept = np.flatnonzero(good)
    sigma_s = MINUTE_SIGMA_S if "acq_time" in header.index else DATE_SIGMA_S
    pixels = FirePixels(
        input_id=context.input_id,
        first_row=int(rows[kept[0]]) if len(kept) else int(rows[0]),
        row=rows[kept],
        lon_deg=lon[kept],
        lat_deg=lat[kept],
        time_s=time_s[kept],
        time_sigma_s=np.full(len(kept), sigma_s),
        scan_m=scan[kept] * METRES_PER_KM,
        track_m=track[kept] * METRES_PER_KM,
        frp_mw=frp[kept],
        confidence=confidence[kept],
        night=night[kept] > 0,
        satellite=_kept_texts(SatelliteOf(), column("satellite"), kept),
        version=_kept_texts(PlainText(), column("version"), kept),
    )
    return pixels, good


def _times(dates: Sequence[str] | None, times: Sequence[str] | None, n: int) -> NDArray[np.float64]:
    day_s = _looked_up(DaySeconds(), dates, n, np.nan)
    return day_s if times is None else day_s + _looked_up(TimeSeconds(), times, n, 0.0)


def _looked_up(table: dict[str, float], texts: Sequence[str] | None, n: int, absent: float) -> NDArray[np.float64]:
    if texts is None:
        return np.full(n, absent)
    return np.fromiter(map(table.__getitem__, texts), dtype=np.float64, count=n)


def _kept_texts(table: dict[str, str], texts: Sequence[str] | None, kept: NDArray[np.int64]) -> tuple[str, ...]:
    if texts is None:
        return ("",) * len(kept)
    chosen = texts if len(kept) == len(texts) else [texts[i] for i in kept]
    return tuple(map(table.__getitem__, chosen))


def _in_area(lon: NDArray[np.float64], lat: NDArray[np.float64], area: MissionArea) -> NDArray[np.bool_]:
    return (lon >= area.west_deg) & (lon <= area.east_deg) & (lat >= area.south_deg) & (lat <= area.north_deg)


def _in_time(time_s: NDArray[np.float64], context: ReadContext) -> NDArray[np.bool_]:
    latest_s = (context.now_utc + FUTURE_GRACE).timestamp()
    return (time_s >= EARLIEST_UTC.timestamp()) & (time_s <= latest_s)


def explain(cells: Sequence[str], header: FireHeader, context: ReadContext) -> BadValue:
    """Say what is wrong with one row that the columns' reading refused."""
    try:
        _require_row(cells, header, context)
    except BadValue as error:
        return error
    return BadValue(",".join(cells), "a row that agrees with the file's header")


def _require_row(cells: Sequence[str], header: FireHeader, context: ReadContext) -> None:
    if len(cells) != header.n_columns:
        raise BadValue(",".join(cells), f"{header.n_columns} columns as in the header, found {len(cells)}")
    cell = {name: cells[i] for name, i in header.index.items()}
    _require_place(cell, context)
    _require_time(cell, context)
    for name, unit, positive in (("scan", "km", True), ("track", "km", True), ("frp", "MW", False)):
        value = optional_numbers((cell.get(name, ""),), 1)[0]
        if np.isinf(value) or value < 0 or (positive and value == 0):
            raise BadValue(cell[name], f"{name} in {unit}, {'above 0' if positive else '0 or more'}, or empty")
    if np.isinf(ConfidenceOf()[cell.get("confidence", "")]):
        raise BadValue(cell["confidence"], "confidence l, n, h, low, nominal, high, or 0 to 100")
    if "daynight" in cell and np.isinf(NightOf()[cell["daynight"]]):
        raise BadValue(cell["daynight"], "D or N")


def _require_place(cell: dict[str, str], context: ReadContext) -> None:
    try:
        lon_deg = coordinate(cell["longitude"], "longitude", 180.0)
        lat_deg = coordinate(cell["latitude"], "latitude", 90.0)
    except BadValue:
        lon, lat = (required_numbers((cell[c],))[0] for c in ("longitude", "latitude"))
        if context.area.contains(lat, lon):
            require_in_area(float(lon), float(lat), context.area)
        raise
    require_in_area(lon_deg, lat_deg, context.area)


def _require_time(cell: dict[str, str], context: ReadContext) -> None:
    written = f"{cell['acq_date']} {cell.get('acq_time', '')}".strip()
    time_s = _times((cell["acq_date"],), (cell["acq_time"],) if "acq_time" in cell else None, 1)
    if time_s[0] == BAD or np.isnan(time_s[0]):
        raise BadValue(written, "acq_date such as 2025-08-13 and acq_time such as 0030, 0:30 or 00:30:00 (UTC)")
    if not _in_time(time_s, context)[0]:
        raise BadValue(written, "a date in 2000 or later that is not in the future")
