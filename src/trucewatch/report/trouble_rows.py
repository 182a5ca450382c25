"""What kept sensors from listening, in rows for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from trucewatch.model.trouble import Trouble
from trucewatch.report.words import how_many, interval_text

MOST_ROWS = 6
"""of one sensor that are told in a report; `trucewatch listening` and the register hold all"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleRow:
    """One trouble, or how many more a sensor had."""

    sensor_id: str
    local: str
    what: str
    meaning: str


def trouble_rows(found: Sequence[Trouble], zone: ZoneInfo, most: int | None = MOST_ROWS) -> tuple[TroubleRow, ...]:
    """Write the troubles of a period.

    Args:
        found: by sensor and time.
        zone: of the times.
        most: rows of one sensor, the rest counted; None: all.
    """
    by_sensor: dict[str, list[Trouble]] = {}
    for one in found:
        by_sensor.setdefault(one.sensor_id, []).append(one)
    rows = []
    for name, of_sensor in by_sensor.items():
        shown = of_sensor[:most]
        rows += [_row(one, zone) for one in shown]
        if more := len(of_sensor) - len(shown):
            local = f"{how_many(more, 'more trouble')} of this sensor"
            rows.append(TroubleRow(sensor_id=name, local=local, what="", meaning=""))
    return tuple(rows)


def _row(one: Trouble, zone: ZoneInfo) -> TroubleRow:
    return TroubleRow(
        sensor_id=one.sensor_id,
        local=interval_text(one.time, zone),
        what=f"{one.element_id}: {one.what}" if one.element_id else one.what,
        meaning=one.meaning,
    )
