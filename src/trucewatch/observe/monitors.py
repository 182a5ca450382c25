"""Human monitors' reports in the SMM's columns, as CSV, XLSX or JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from trucewatch.model.network import Network
from trucewatch.model.observation import MonitorReport, Rejection
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.observe.context import ReadContext
from trucewatch.observe.grammar import NOT_KNOWN_TEXTS, parse_bearings, parse_count, parse_range_m
from trucewatch.observe.local_time import TIME_SIGMA_S, parse_local_time
from trucewatch.observe.naming import nearest_names
from trucewatch.observe.places import coordinate, require_in_area
from trucewatch.observe.record_ids import Repeats, observation_id
from trucewatch.observe.refusal import BadValue, plain_text, rejection, unreadable
from trucewatch.observe.tables import TableRow, bracketed, column_name, csv_rows, head_columns, json_rows, xlsx_rows
from trucewatch.observe.words import (
    parse_description,
    parse_means,
    parse_observation,
    parse_observer_kind,
    parse_weapon,
)

POSITION_SIGMA_M = 50.0
"""of a position that a monitor wrote down, where no column sigma_m says otherwise"""
MAX_POSITION_SIGMA_M = 50_000.0
ROWS_KEY = "reports"
COLUMNS: Mapping[str, str] = {
    "observer": "observer",
    "smm position": "position",
    "position": "position",
    "event location": "event location",
    "means": "means",
    "no": "count",
    "number": "count",
    "count": "count",
    "observation": "observation",
    "description": "description",
    "weapon": "weapon",
    "date, time": "when",
    "date,time": "when",
    "date/time": "when",
    "date and time": "when",
    "date": "date",
    "time": "time of day",
    "zone": "zone",
    "time zone": "zone",
    "range": "range",
    "bearing": "bearing",
    "direction": "bearing",
    "remarks": "remarks",
    "language": "language",
    "observer kind": "kind",
    "lon": "lon",
    "longitude": "lon",
    "lat": "lat",
    "latitude": "lat",
    "sigma m": "sigma",
}
REQUIRED = ("observer", "means", "count", "observation")
HEADER = (
    "Observer | SMM position | Event location | Means | No. | Observation | Description | Weapon | Date, time | "
    "Range | Bearing | Remarks | Language, and lon | lat where the observer is not in the network"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which of a file's columns holds what, and the zone that its header states."""

    names: tuple[str, ...]
    by_use: Mapping[str, str]
    zone: str


class MonitorsReader:
    """Reads tables of monitors' reports."""

    name = "monitors"

    def recognises(self, path: str, head: bytes) -> bool:
        """By a CSV header, a JSON key, or as the only kind of workbook that is taken in."""
        if head[:4] == b"PK\x03\x04" or path.lower().endswith(".xlsx"):
            return True
        if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"[", b"{"):
            return b'"observer"' in head.lower() and b'"observation"' in head.lower()
        return {"observer", "observation"} <= head_columns(head)

    def read(self, stream: BinaryIO, context: ReadContext) -> Iterator[MonitorReport | Rejection]:
        """Yield a report a row, or a rejection.

        Raises:
            UnreadableInput: no table, or without the columns that every report needs.
        """
        rows, as_objects = _rows(stream, context.source)
        columns: Columns | None = None
        repeats = Repeats("row")
        for row in rows:
            try:
                if row.problem is not None:
                    raise row.problem
                if columns is None or tuple(row.cells) != columns.names:
                    columns = find_columns(row)
                report = read_report(row, columns, context)
                repeats.require_new(report.id, row.number)
            except BadValue as error:
                if columns is None and row.problem is None and not as_objects:
                    raise unreadable(context, error, row="row 1") from None
                yield rejection(context, row=f"row {row.number}", error=error, raw=row.raw)
                continue
            yield report


def _rows(stream: BinaryIO, source: str) -> tuple[Iterator[TableRow], bool]:
    """Open a table; also says whether its rows are JSON objects, which may differ in their keys."""
    start = stream.read(64)
    stream.seek(0)
    if start[:2] == b"PK" or source.lower().endswith(".xlsx"):
        return xlsx_rows(stream, source=source), False
    if start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"[", b"{"):
        return json_rows(stream, source=source, key=ROWS_KEY), True
    return csv_rows(stream, source=source), False


def find_columns(row: TableRow) -> Columns:
    """Find the columns by their names, whatever their case, spacing and order.

    Raises:
        BadValue: one that every report needs is missing.
    """
    by_use: dict[str, str] = {}
    zone = ""
    for written in row.cells:
        use = COLUMNS.get(column_name(written))
        if use is not None:
            by_use.setdefault(use, written)
        if use in ("when", "date", "time of day"):
            zone = bracketed(written) or zone
    missing = [use for use in REQUIRED if use not in by_use]
    if "when" not in by_use and not ("date" in by_use and "time of day" in by_use):
        missing.append("date, time")
    if missing:
        raise BadValue(f"no column for {', '.join(missing)}", f"the columns {HEADER}")
    return Columns(names=tuple(row.cells), by_use=by_use, zone=zone)


def read_report(row: TableRow, columns: Columns, context: ReadContext) -> MonitorReport:
    """Read one row.

    Raises:
        BadValue: naming the first value that cannot be taken.
    """
    texts = {use: row.cells.get(name, "").strip() for use, name in columns.by_use.items()}
    plain_text("".join(texts.values()))

    def cell(use: str) -> str:
        return texts.get(use, "")

    observer = cell("observer")
    place, kind = _observer(context, observer, cell("lon"), cell("lat"), cell("sigma"), cell("kind"))
    when = cell("when") or ", ".join(t for t in (cell("date"), cell("time of day")) if t)
    time, local_text = parse_local_time(when, cell("zone") or columns.zone, context.time_zone, context.now_utc)
    count = parse_count(cell("count"))
    range_m = parse_range_m(cell("range"))
    bearings_deg, half_width_deg = parse_bearings(cell("bearing"))
    means, observation = parse_means(cell("means")), parse_observation(cell("observation"))
    description = parse_description(cell("description"))
    weapon = cell("weapon")
    location, remarks = cell("event location"), cell("remarks")
    where_when = (observer, place.lon_deg, place.lat_deg, str(time.start_utc), str(time.end_utc))
    how_many = (count.low, count.best, count.high, count.quality)
    what = (means, observation, description, range_m, bearings_deg, weapon, location, remarks)
    return MonitorReport(
        id=observation_id("report", *where_when, *how_many, *what),
        input_id=context.input_id,
        row=row.number,
        observer_id=observer,
        observer_kind=kind,
        observer_place=place,
        means=means,
        time=time,
        time_sigma_s=TIME_SIGMA_S,
        local_time_text=local_text,
        observation_type=observation,
        description=description,
        count=count,
        range_m=range_m,
        bearings_deg=bearings_deg,
        bearing_half_width_deg=half_width_deg,
        weapon_class=parse_weapon(weapon),
        weapon_text="N/K" if weapon.casefold() in NOT_KNOWN_TEXTS else weapon,
        event_location_text=location,
        text=remarks,
        language=cell("language") or "und",
    )


def _observer(
    context: ReadContext, observer: str, lon: str, lat: str, sigma: str, kind: str
) -> tuple[Place, ObserverKind]:
    if not observer:
        raise BadValue(None, "an observer: a post, patrol or camera")
    found = _of_network(context.network, observer)
    if not lon and not lat:
        if found is None:
            names = nearest_names(context.network, observer)
            raise BadValue(observer, f"an observer of the network ({names}), or columns lon and lat of its position")
        return found
    lon_deg, lat_deg = coordinate(lon, "longitude", 180.0), coordinate(lat, "latitude", 90.0)
    require_in_area(lon_deg, lat_deg, context.area)
    place = Place.circular(lon_deg=lon_deg, lat_deg=lat_deg, sigma_m=_sigma_m(sigma))
    return place, found[1] if found and not kind else parse_observer_kind(kind, observer)


@lru_cache(maxsize=1024)
def _of_network(network: Network, observer: str) -> tuple[Place, ObserverKind] | None:
    sensor = network.sensor(observer)
    return None if sensor is None else (sensor.place, sensor.kind)


def _sigma_m(text: str) -> float:
    if not text:
        return POSITION_SIGMA_M
    try:
        sigma_m = float(text)
    except ValueError:
        sigma_m = math.nan
    if not 0 < sigma_m <= MAX_POSITION_SIGMA_M:
        raise BadValue(text, f"sigma_m in metres, above 0 and at most {MAX_POSITION_SIGMA_M:.0f}")
    return sigma_m
