"""Surface weather tables, with the units that their columns name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from trucewatch.model.instant import rfc3339
from trucewatch.model.observation import Rejection, Weather
from trucewatch.observe.context import ReadContext
from trucewatch.observe.moments import utc_moment
from trucewatch.observe.places import finite
from trucewatch.observe.record_ids import observation_id
from trucewatch.observe.records import named_cells, records
from trucewatch.observe.refusal import BadValue
from trucewatch.observe.tables import TableRow, head_columns

REQUIRED = ("time", "temperature c")
HEADER = "the columns time, temperature_c, relative_humidity_pct, pressure_hpa, wind_m_s, wind_from_deg, source"
TEMPERATURE_C = (-90.0, 60.0)
"""lowest and highest ever measured at the surface are -89.2 and 56.7 (WMO archive of extremes)"""
PRESSURE_HPA = (300.0, 1100.0)
"""from the highest summit to the highest ever measured at sea level, 1084 (WMO archive of extremes)"""
WIND_M_S = (0.0, 115.0)
"""highest gust ever measured: 113.2 (WMO archive of extremes)"""
PASCAL_PER_HPA = 100.0


class WeatherReader:
    """Reads weather tables."""

    name = "weather"

    def recognises(self, path: str, head: bytes) -> bool:
        """By the header."""
        return set(REQUIRED) <= head_columns(head)

    def read(self, stream: BinaryIO, context: ReadContext) -> Iterator[Weather | Rejection]:
        """Yield an observation a row, or a rejection.

        Raises:
            UnreadableInput: no such table.
        """
        return records(stream, context, read_weather)


def read_weather(row: TableRow, context: ReadContext) -> Weather:
    """Read one row.

    Raises:
        BadValue: naming the first value that cannot be taken.
        UnreadableInput: the table lacks a column.
    """
    cell = named_cells(row, context, required=REQUIRED, header=HEADER)
    time_utc = utc_moment(cell["time"], now_utc=context.now_utc)
    temperature_c = _within(cell["temperature c"], *TEMPERATURE_C, "degrees Celsius (in kelvin?)")
    humidity = _optional(cell, "relative humidity pct", 0.0, 100.0, "per cent")
    pressure_hpa = _optional(cell, "pressure hpa", *PRESSURE_HPA, "hectopascal (in pascal?)")
    wind_m_s = _optional(cell, "wind m s", *WIND_M_S, "metres per second")
    wind_from_deg = _optional(cell, "wind from deg", 0.0, 360.0, "degrees clockwise from north")
    source = cell.get("source", "")
    values = (temperature_c, humidity, pressure_hpa, wind_m_s, wind_from_deg, source)
    return Weather(
        id=observation_id("weather", rfc3339(time_utc), *values),
        input_id=context.input_id,
        row=row.number,
        time_utc=time_utc,
        temperature_c=temperature_c,
        relative_humidity_pct=humidity,
        pressure_pa=None if pressure_hpa is None else pressure_hpa * PASCAL_PER_HPA,
        wind_m_s=wind_m_s,
        wind_from_deg=wind_from_deg,
        source=source,
    )


def _optional(cell: dict[str, str], name: str, low: float, high: float, unit: str) -> float | None:
    text = cell.get(name, "")
    return _within(text, low, high, unit) if text else None


def _within(text: str, low: float, high: float, unit: str) -> float:
    expected = f"a number between {low:g} and {high:g}, {unit}"
    value = finite(text, expected)
    if not low <= value <= high:
        raise BadValue(text, expected)
    return value
