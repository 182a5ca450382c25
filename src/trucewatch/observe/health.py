"""Sensor health tables: which sensor was in which state, from when to when, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from trucewatch.model.instant import Interval
from trucewatch.model.observation import HealthReport, Rejection
from trucewatch.model.vocabulary import SensorState
from trucewatch.observe.context import ReadContext
from trucewatch.observe.moments import utc_moment
from trucewatch.observe.naming import known_sensor
from trucewatch.observe.record_ids import observation_id
from trucewatch.observe.records import named_cells, records
from trucewatch.observe.refusal import BadValue
from trucewatch.observe.tables import TableRow, head_columns

REQUIRED = ("sensor", "from", "to", "state")
HEADER = "the columns sensor, from, to, state, reason"


class HealthReader:
    """Reads sensor health tables."""

    name = "health"

    def recognises(self, path: str, head: bytes) -> bool:
        """By the header."""
        return set(REQUIRED) <= head_columns(head)

    def read(self, stream: BinaryIO, context: ReadContext) -> Iterator[HealthReport | Rejection]:
        """Yield a report a row, or a rejection.

        Raises:
            UnreadableInput: no such table.
        """
        return records(stream, context, read_health)


def read_health(row: TableRow, context: ReadContext) -> HealthReport:
    """Read one row.

    Raises:
        BadValue: naming the first value that cannot be taken.
        UnreadableInput: the table lacks a column.
    """
    cell = named_cells(row, context, required=REQUIRED, header=HEADER)
    sensor_id, _ = known_sensor(context.network, [cell["sensor"]])
    time = _interval(cell["from"], cell["to"], context)
    state = _state(cell["state"])
    reason = cell.get("reason", "")
    return HealthReport(
        id=observation_id("health", sensor_id, str(time.start_utc), str(time.end_utc), state, reason),
        input_id=context.input_id,
        row=row.number,
        sensor_id=sensor_id,
        time=time,
        state=state,
        reason=reason,
    )


def _interval(start: str, end: str, context: ReadContext) -> Interval:
    start_utc = utc_moment(start, now_utc=context.now_utc)
    end_utc = utc_moment(end, now_utc=context.now_utc) if end else None
    if end_utc is not None and end_utc <= start_utc:
        raise BadValue(f"{start} to {end}", "an end after its start, or an empty cell while it lasts")
    return Interval(start_utc=start_utc, end_utc=end_utc)


def _state(text: str) -> SensorState:
    words = "_".join(text.casefold().replace("-", " ").split())
    try:
        return SensorState(words)
    except ValueError:
        raise BadValue(text or None, f"a state, one of: {', '.join(SensorState)}") from None
