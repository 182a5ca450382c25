"""Pulses that sensors detected themselves, as JSON of format trucewatch-pulses/1."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, BinaryIO

from trucewatch.model.instant import Instant, rfc3339
from trucewatch.model.observation import Pulse, Rejection
from trucewatch.observe.context import ReadContext
from trucewatch.observe.listed import Listing, listed
from trucewatch.observe.moments import utc_moment
from trucewatch.observe.naming import known_sensor
from trucewatch.observe.record_ids import observation_id
from trucewatch.observe.refusal import BadValue, plain_text

FORMAT = "trucewatch-pulses/1"
LAYOUT = (
    '{"format": "trucewatch-pulses/1", "pulses": [{"sensor": "AC-01", "time_utc": "2025-08-13T18:10:00.123Z", '
    '"sigma_s": 0.001, "snr_db": 20, "level_db": 93, "group": null}]}'
)
LISTING = Listing(format=FORMAT, key="pulses", one="pulse", layout=LAYOUT)
MAX_SIGMA_S = 60.0
MAX_DECIBEL = 250.0
"""194 dB re 20 uPa is one atmosphere; more is an error of the unit"""


class PulsesReader:
    """Reads lists of pulses."""

    name = "pulses"

    def recognises(self, path: str, head: bytes) -> bool:
        """By the format's name at the start of the file."""
        return b'"trucewatch-pulses/' in head

    def read(self, stream: BinaryIO, context: ReadContext) -> Iterator[Pulse | Rejection]:
        """Yield each pulse, or a rejection.

        Raises:
            UnreadableInput: not JSON, or not of this format.
        """
        return listed(stream, context, LISTING, read_pulse)


def read_pulse(item: object, row: int, context: ReadContext) -> Pulse:
    """Read one pulse.

    Raises:
        BadValue: naming the first value that cannot be taken.
    """
    if not isinstance(item, dict):
        raise BadValue(str(item), f"an object as in {LAYOUT}")
    name = item.get("sensor")
    if not isinstance(name, str) or not name:
        raise BadValue(None if name is None else str(name), 'a sensor\'s name under "sensor"')
    sensor_id, _ = known_sensor(context.network, [plain_text(name)])
    time_utc = utc_moment(item.get("time_utc"), now_utc=context.now_utc)
    sigma_s = _number(item, "sigma_s", 0.0, MAX_SIGMA_S)
    if sigma_s is None:
        raise BadValue(None, "sigma_s, the error of the time in seconds")
    snr_db, level_db = (_number(item, key, -MAX_DECIBEL, MAX_DECIBEL) for key in ("snr_db", "level_db"))
    group = _group(item)
    return Pulse(
        id=observation_id("pulse", sensor_id, rfc3339(time_utc), sigma_s, snr_db, level_db, group),
        input_id=context.input_id,
        row=row,
        sensor_id=sensor_id,
        time=Instant(utc=time_utc, sigma_s=sigma_s),
        snr_db=snr_db,
        level_db=level_db,
        group=group,
    )


def _group(item: dict[str, Any]) -> str | None:
    group = item.get("group")
    if group is None or group == "":
        return None
    if isinstance(group, bool) or not isinstance(group, (str, int)):
        raise BadValue(str(group), "a group's name, or null")
    return plain_text(str(group))


def _number(item: dict[str, Any], key: str, low: float, high: float) -> float | None:
    value = item.get(key)
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or math.isnan(value) or not low <= value <= high:
        raise BadValue(f"{key} {value}", f"{key} between {low} and {high}")
    return float(value)
