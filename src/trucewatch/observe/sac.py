"""SAC recordings: the fixed binary header of versions 6 and 7, in either byte order, read strictly.

References:
    SAC Users Guide, "SAC data file format" (header words 0-157; version 7 adds a footer of 22 doubles).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import numpy as np

from trucewatch.model.observation import Rejection, Waveform
from trucewatch.observe.context import ReadContext
from trucewatch.observe.limits import MIB, read_within
from trucewatch.observe.moments import plausible
from trucewatch.observe.naming import known_sensor
from trucewatch.observe.recording import make_waveform, require_finite, require_rate
from trucewatch.observe.refusal import BadValue, unreadable

HEADER_BYTES = 632
FOOTER_BYTES = 22 * 8
UNDEFINED = -12345
TIME_SERIES = 1
"""ITIME"""
MAX_SAC_BYTES = 256 * MIB
FLOAT32_RELATIVE = 2e-7
"""Version 6 keeps the sample interval in 24 bits: a rate this near to a whole number of hertz is that number."""
_N_FLOATS, _N_INTS = 70, 40
_DELTA, _B = 0, 5
_NZYEAR, _NVHDR, _NPTS, _IFTYPE, _LEVEN = 0, 6, 9, 15, 35
_KSTNM, _KCMPNM, _KNETWK = slice(440, 448), slice(600, 608), slice(608, 616)


@dataclass(frozen=True, slots=True, kw_only=True)
class SacHeader:
    """What Trucewatch needs of a SAC header."""

    byte_order: str
    """ "<" or ">" """
    version: int
    rate_hz: float
    start_utc: datetime
    n_samples: int
    station: str
    network: str
    channel: str


class SacReader:
    """Reads one evenly sampled SAC time series."""

    name = "sac"

    def recognises(self, path: str, head: bytes) -> bool:
        """By header version and type, or by name so that a damaged one is told what is wrong with it."""
        return _byte_order(head) is not None or path.lower().endswith(".sac")

    def read(self, stream: BinaryIO, context: ReadContext) -> Iterator[Waveform | Rejection]:
        """Yield the recording.

        Raises:
            UnreadableInput: header, size, time, sensor or a sample is not right.
        """
        content = read_within(stream, source=context.source, limit_bytes=MAX_SAC_BYTES)
        try:
            header = read_header(content)
            plausible(header.start_utc, header.start_utc.isoformat(), now_utc=context.now_utc)
            sensor_id, sensor = known_sensor(context.network, _spellings(header))
            samples = np.frombuffer(content, f"{header.byte_order}f4", header.n_samples, HEADER_BYTES)
            # LIMIT: SAC does not say where its digitiser clips, so n_clipped stays 0.
            yield make_waveform(
                context,
                sensor_id=sensor_id,
                sensor=sensor,
                channel=header.channel,
                start_utc=header.start_utc,
                clock_sigma_s=sensor.clock_sigma_s,
                rate_hz=header.rate_hz,
                samples=require_finite(samples.astype(np.float64)),
            )
        except BadValue as error:
            raise unreadable(context, error) from None


def _byte_order(head: bytes) -> str | None:
    if len(head) < HEADER_BYTES:
        return None
    for order in "<>":
        ints = struct.unpack_from(f"{order}{_N_INTS}i", head, _N_FLOATS * 4)
        if ints[_NVHDR] in (6, 7) and ints[_LEVEN] in (0, 1):
            return order
    return None


def read_header(content: bytes) -> SacHeader:
    """Read and check the header of a whole SAC file.

    Raises:
        BadValue: naming the header field that is not right.
    """
    order = _byte_order(content)
    if order is None:
        raise BadValue(f"{len(content)} bytes", f"a SAC header of {HEADER_BYTES} bytes with NVHDR 6 or 7")
    floats = struct.unpack_from(f"{order}{_N_FLOATS}f", content, 0)
    ints = struct.unpack_from(f"{order}{_N_INTS}i", content, _N_FLOATS * 4)
    _require_even_series(ints, len(content))
    delta_s, begin_s = _sampling(content, order, floats, ints)
    return SacHeader(
        byte_order=order,
        version=ints[_NVHDR],
        rate_hz=_rate_hz(delta_s),
        start_utc=_start(ints, begin_s),
        n_samples=ints[_NPTS],
        station=_text(content[_KSTNM]),
        network=_text(content[_KNETWK]),
        channel=_text(content[_KCMPNM]),
    )


def _require_even_series(ints: tuple[int, ...], size: int) -> None:
    if ints[_IFTYPE] != TIME_SERIES or ints[_LEVEN] != 1:
        raise BadValue(f"IFTYPE {ints[_IFTYPE]}, LEVEN {ints[_LEVEN]}", "an evenly sampled time series (1 and 1)")
    footer = FOOTER_BYTES if ints[_NVHDR] == 7 else 0
    if ints[_NPTS] < 1 or size != HEADER_BYTES + 4 * ints[_NPTS] + footer:
        raise BadValue(f"NPTS {ints[_NPTS]} in {size} bytes", f"{HEADER_BYTES} + 4 NPTS + {footer} bytes; cut off?")


def _sampling(content: bytes, order: str, floats: tuple[float, ...], ints: tuple[int, ...]) -> tuple[float, float]:
    delta_s, begin_s = floats[_DELTA], floats[_B]
    if ints[_NVHDR] == 7:
        delta_s, begin_s = struct.unpack_from(f"{order}2d", content, HEADER_BYTES + 4 * ints[_NPTS])
    if not delta_s > 0 or math.isinf(delta_s):
        raise BadValue(f"DELTA {delta_s}", "a positive number of seconds between samples")
    if not abs(begin_s) < 1e9 or begin_s == UNDEFINED:
        raise BadValue(f"B {begin_s}", "seconds from the reference time to the first sample")
    return delta_s, begin_s


def _rate_hz(delta_s: float) -> float:
    rate_hz = require_rate(1.0 / delta_s)
    whole = float(round(rate_hz))
    return whole if abs(rate_hz - whole) <= FLOAT32_RELATIVE * rate_hz else rate_hz


def _start(ints: tuple[int, ...], begin_s: float) -> datetime:
    year, day, hour, minute, second, millisecond = ints[_NZYEAR : _NZYEAR + 6]
    written = f"{year} day {day} {hour}:{minute}:{second}.{millisecond}"
    if UNDEFINED in ints[_NZYEAR : _NZYEAR + 6]:
        raise BadValue(written, "a reference time (NZYEAR ... NZMSEC all defined)")
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    in_range = 1 <= year <= 9000 and 1 <= day <= 365 + leap and 0 <= hour < 24 and 0 <= minute < 60
    if not (in_range and 0 <= second < 60 and 0 <= millisecond < 1000):
        raise BadValue(written, "a reference time that exists")
    reference = datetime(year, 1, 1, hour, minute, second, millisecond * 1000, tzinfo=UTC) + timedelta(days=day - 1)
    try:
        return reference + timedelta(seconds=begin_s)
    except OverflowError:
        raise BadValue(f"B {begin_s}", "a start within the calendar") from None


def _text(field: bytes) -> str:
    text = field.split(b"\0")[0].decode("ascii", "replace").strip()
    return "" if text == str(UNDEFINED) else text


def _spellings(header: SacHeader) -> list[str]:
    names = [
        header.station,
        f"{header.network}.{header.station}",
        f"{header.network}.{header.station}.{header.channel}",
    ]
    return names if header.station else ["(KSTNM is undefined)"]
