"""What cameras, radars, drones and transponders saw: `trucewatch-sightings/1` as JSON, or a CSV of the same columns."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.instant import Instant, rfc3339
from trucewatch.model.observation import Rejection, Sighting
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObservationType
from trucewatch.observe.context import ReadContext
from trucewatch.observe.limits import MAX_JSON_BYTES, parse_json, read_within
from trucewatch.observe.moments import utc_moment
from trucewatch.observe.naming import known_sensor
from trucewatch.observe.places import finite, require_in_area
from trucewatch.observe.record_ids import Repeats, observation_id
from trucewatch.observe.refusal import BadValue, plain_text, rejection
from trucewatch.observe.tables import TableRow, csv_rows, head_columns

FORMAT = "trucewatch-sightings/1"
LAYOUT = (
    '{"format": "trucewatch-sightings/1", "sightings": [{"sensor": "RA-01", "time_utc": "2025-08-13T18:10:00.5Z", '
    '"sigma_s": 0.05, "kind": "uav_sighting", "bearing_deg": 41.2, "bearing_sigma_deg": 0.5, "range_m": 5210, '
    '"range_sigma_m": 15}]}'
)
BOUNDS = {
    "sigma_s": (0.0, 3600.0),
    "bearing_deg": (-360.0, 360.0),
    "bearing_sigma_deg": (1e-4, 90.0),
    "elevation_deg": (-90.0, 90.0),
    "elevation_sigma_deg": (1e-4, 90.0),
    "range_m": (0.0, 1_000_000.0),
    "range_sigma_m": (1e-3, 100_000.0),
    "lon": (-180.0, 180.0),
    "lat": (-90.0, 90.0),
    "sigma_m": (1e-3, 100_000.0),
    "altitude_m": (-1_000.0, 100_000.0),
    "altitude_sigma_m": (1e-3, 100_000.0),
    "speed_m_s": (0.0, 12_000.0),
    "course_deg": (-360.0, 360.0),
    "p_false": (0.0, 1.0),
}
"""what can be right; an error of 0 is none that was measured"""
WITH_SIGMA = {
    "bearing_deg": "bearing_sigma_deg",
    "elevation_deg": "elevation_sigma_deg",
    "range_m": "range_sigma_m",
    "lon": "sigma_m",
    "altitude_m": "altitude_sigma_m",
}
TEXTS = ("track", "identity")
MAX_NAME = 64
REQUIRED = ("sensor", "time_utc", "sigma_s", "kind")


class SightingsReader:
    """Reads lists of sightings."""

    name = "sightings"

    def recognises(self, path: str, head: bytes) -> bool:
        """By the format's name at the start of the file, or by the header of a table."""
        return b'"trucewatch-sightings/' in head or {c.replace("_", " ") for c in REQUIRED} <= head_columns(head)

    def read(self, stream: BinaryIO, context: ReadContext) -> Iterator[Sighting | Rejection]:
        """Yield each sighting, or a rejection.

        Raises:
            UnreadableInput: neither JSON of this format nor such a table.
        """
        repeats, known = Repeats("sighting"), _KnownSensors(context)
        is_json = stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
        stream.seek(0)
        for number, item, raw in _json_items(stream, context) if is_json else _csv_items(stream, context):
            try:
                if isinstance(item, BadValue):
                    raise item
                sighting = read_sighting(item, number, context, known)
                repeats.require_new(sighting.id, number)
            except BadValue as error:
                yield rejection(context, row=f"{'sighting' if is_json else 'row'} {number}", error=error, raw=raw)
                continue
            yield sighting


class _KnownSensors:
    """Remembers which names the network knows: a file has many rows of few sensors."""

    def __init__(self, context: ReadContext) -> None:
        self._network = context.network
        self._found: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        if name not in self._found:
            self._found[name] = known_sensor(self._network, [plain_text(name)])[1].id
        return self._found[name]


def _json_items(stream: BinaryIO, context: ReadContext) -> Iterator[tuple[int, Mapping[str, Any] | BadValue, bytes]]:
    content = read_within(stream, source=context.source, limit_bytes=MAX_JSON_BYTES)
    document = parse_json(content, source=context.source)
    items = document.get("sightings") if isinstance(document, dict) and document.get("format") == FORMAT else None
    if not isinstance(items, list):
        raise UnreadableInput(source=context.source, expected=LAYOUT)
    for number, item in enumerate(items, start=1):
        raw = json.dumps(item).encode()
        yield number, item if isinstance(item, dict) else BadValue(str(item), f"an object as in {LAYOUT}"), raw


def _csv_items(stream: BinaryIO, context: ReadContext) -> Iterator[tuple[int, Mapping[str, Any] | BadValue, bytes]]:
    for row in csv_rows(stream, source=context.source):
        yield row.number, _of_row(row), row.raw


def _of_row(row: TableRow) -> Mapping[str, Any] | BadValue:
    """Read a row's cells as JSON would hold them; empty cells are left out."""
    if row.problem is not None:
        return row.problem
    item: dict[str, Any] = {}
    for name, text in row.cells.items():
        key, cell = name.strip().casefold().replace(" ", "_"), text.strip()
        if not cell:
            continue
        try:
            item[key] = finite(cell, f"{key}, a number") if key in BOUNDS else cell
        except BadValue as error:
            return error
    return item


def read_sighting(item: Mapping[str, Any], row: int, context: ReadContext, known: _KnownSensors) -> Sighting:
    """Read one sighting.

    Raises:
        BadValue: naming the first value that cannot be taken.
    """
    sensor_id = known(_name(item, "sensor", needed="a sensor's name"))
    time_utc = utc_moment(item.get("time_utc"), now_utc=context.now_utc)
    number = {key: _number(item, key) for key in BOUNDS}
    if number["sigma_s"] is None:
        raise BadValue(None, "sigma_s, the error of the time in seconds")
    _require_whole(number)
    kind = _kind(item.get("kind"))
    track, identity = (_name(item, key) for key in TEXTS)
    return Sighting(
        id=observation_id(
            "sighting", sensor_id, rfc3339(time_utc), kind.value, tuple(number.values()), track, identity
        ),
        input_id=context.input_id,
        row=row,
        sensor_id=sensor_id,
        time=Instant(utc=time_utc, sigma_s=number["sigma_s"]),
        observation_type=kind,
        bearing_deg=None if number["bearing_deg"] is None else number["bearing_deg"] % 360.0,
        bearing_sigma_deg=number["bearing_sigma_deg"],
        elevation_deg=number["elevation_deg"],
        elevation_sigma_deg=number["elevation_sigma_deg"],
        distance_m=number["range_m"],
        distance_sigma_m=number["range_sigma_m"],
        place=_place(number, context),
        altitude_m=number["altitude_m"],
        altitude_sigma_m=number["altitude_sigma_m"],
        speed_m_s=number["speed_m_s"],
        course_deg=None if number["course_deg"] is None else number["course_deg"] % 360.0,
        track_ref=track,
        identity_ref=identity,
        p_false=number["p_false"],
    )


def _require_whole(number: Mapping[str, float | None]) -> None:
    """Refuse a measurement without its error, a range without its direction, and what says nothing of where.

    Raises:
        BadValue: naming what is missing.
    """
    for key, sigma in WITH_SIGMA.items():
        if number[key] is not None and number[sigma] is None:
            raise BadValue(f"{key} {number[key]}", f"{sigma}, the error of {key}")
    if (number["lon"] is None) != (number["lat"] is None):
        raise BadValue("lon or lat alone", "lon and lat together")
    if number["lon"] is None and number["bearing_deg"] is None:
        raise BadValue(None, "bearing_deg from the sensor, or lon and lat of what it saw")
    for key in ("range_m", "elevation_deg"):
        if number[key] is not None and number["bearing_deg"] is None:
            raise BadValue(f"{key} {number[key]}", f"bearing_deg with {key}")
    if (number["speed_m_s"] is None) != (number["course_deg"] is None):
        raise BadValue("speed_m_s or course_deg alone", "speed_m_s and course_deg together")


def _place(number: Mapping[str, float | None], context: ReadContext) -> Place | None:
    lon, lat, sigma_m = number["lon"], number["lat"], number["sigma_m"]
    if lon is None or lat is None or sigma_m is None:
        return None
    require_in_area(lon, lat, context.area)
    return Place(
        lon_deg=lon,
        lat_deg=lat,
        altitude_m=number["altitude_m"],
        var_east_m2=sigma_m**2,
        var_north_m2=sigma_m**2,
    )


def _kind(value: object) -> ObservationType:
    try:
        return ObservationType(str(value))
    except ValueError:
        expected = f"kind, one of: {', '.join(ObservationType)}"
        raise BadValue(None if value is None else str(value), expected) from None


def _name(item: Mapping[str, Any], key: str, *, needed: str = "") -> str:
    value = item.get(key)
    if value is None or value == "":
        if needed:
            raise BadValue(None, f'{needed} under "{key}"')
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)) or len(str(value)) > MAX_NAME:
        raise BadValue(str(value), f"{key}, a name of at most {MAX_NAME} characters")
    return plain_text(str(value))


def _number(item: Mapping[str, Any], key: str) -> float | None:
    value, (low, high) = item.get(key), BOUNDS[key]
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or math.isnan(value) or not low <= value <= high:
        raise BadValue(f"{key} {value}", f"{key} between {low:g} and {high:g}")
    return float(value)
