"""miniSEED 2 and 3: records in any order → gapless stretches, one waveform each; broken records set aside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
import pymseed
from numpy.typing import NDArray
from pymseed.clib import clibmseed, ffi

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.instant import utc_from_timestamp
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Rejection, Waveform
from trucewatch.observe.context import ReadContext
from trucewatch.observe.limits import MIB
from trucewatch.observe.moments import plausible
from trucewatch.observe.naming import known_sensor
from trucewatch.observe.recording import MAX_SEGMENT_SAMPLES, make_waveform, require_rate
from trucewatch.observe.refusal import BadValue, rejection

READ_BYTES = 8 * MIB
DETECT_BYTES = 64 * 1024
"""enough for any header, and for the next one where a header does not state its record's length"""
MIN_RECORD_BYTES = 40
MAX_RECORD_BYTES = MIB
"""Longer "records" come from a broken length field; real ones have 128 bytes to 64 KiB."""
GAP_TOLERANCE_SAMPLES = 0.5
_HEADER = re.compile(rb"MS\x03|[0-9 ]{6}[DRQM][ \x00]")
_FULL_SCALE = {1: 16, 3: 32, 10: 24, 11: 24}
"""bits of full scale by encoding: INT16, INT32, and the 24 bit digitisers behind Steim 1 and 2"""


@dataclass(slots=True, kw_only=True)
class Stretch:
    """Records that follow each other without a gap; grows while the file is read."""

    source_id: str
    rate_hz: float
    start_ns: int
    bits: int
    parts: list[NDArray[np.float64]] = field(default_factory=list)
    n_samples: int = 0

    def continues(self, record: pymseed.MS3Record) -> bool:
        """Say whether a record starts where this stretch ends, at the same rate."""
        expected_ns = self.start_ns + self.n_samples / self.rate_hz * 1e9
        late_samples = abs(record.starttime - expected_ns) * 1e-9 * self.rate_hz
        fits = self.n_samples + record.numsamples <= MAX_SEGMENT_SAMPLES
        return bool(fits and record.samprate == self.rate_hz and late_samples < GAP_TOLERANCE_SAMPLES)


class MiniSeedReader:
    """Reads miniSEED files of any number of channels."""

    name = "miniseed"

    def recognises(self, path: str, head: bytes) -> bool:
        """By the first record's header, or by name so that a damaged one is told what is wrong with it."""
        return _HEADER.match(head) is not None or path.lower().endswith((".mseed", ".ms", ".miniseed"))

    def read(self, stream: BinaryIO, context: ReadContext) -> Iterator[Waveform | Rejection]:
        """Yield each gapless stretch, and a rejection for each stretch of bytes that is no good record.

        Raises:
            UnreadableInput: there is no good record of a known sensor in the file; names the first trouble.
        """
        open_stretches: dict[str, Stretch] = {}
        troubles: list[BadValue] = []
        n_good = 0
        for offset, raw in split_records(stream):
            try:
                record = _decode(raw)
                sensor = known_sensor(context.network, spellings(record.sourceid))[1]
                closed = _add(open_stretches, record, context)
            except BadValue as error:
                troubles = troubles or [error]
                yield rejection(context, row=f"byte {offset}", error=error, raw=raw)
                continue
            n_good += 1
            if closed is not None:
                yield _waveform(closed, context, sensor)
        if n_good == 0:
            raise _nothing_read(context, troubles)
        for stretch in open_stretches.values():
            yield _waveform(stretch, context, known_sensor(context.network, spellings(stretch.source_id))[1])


def _nothing_read(context: ReadContext, troubles: list[BadValue]) -> UnreadableInput:
    first = troubles[0] if troubles else BadValue("an empty file", "miniSEED records")
    return UnreadableInput(source=context.source, row="byte 0", value=first.value, expected=first.expected)


def split_records(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Cut a stream into records, and into stretches of bytes between them that are none.

    Yields:
        Offset in the file, and the bytes; reads about READ_BYTES ahead, so any file size will do.
    """
    window, position, offset = b"", 0, 0
    while True:
        if len(window) - position < MAX_RECORD_BYTES:
            window, position = window[position:] + stream.read(READ_BYTES), 0
        if position == len(window):
            return
        length = _record_length(window, position)
        yield offset, window[position : position + length]
        position, offset = position + length, offset + length


def _record_length(window: bytes, start: int) -> int:
    """Length of the record that starts there, or of the rubbish up to where the next one seems to start."""
    length = _detected(window, start)
    if 0 < length <= len(window) - start:
        return length
    for match in _HEADER.finditer(window, start + 1):
        if _detected(window, match.start()) > 0:
            return match.start() - start
    return len(window) - start


def _detected(window: bytes, start: int) -> int:
    if _HEADER.match(window, start) is None or len(window) - start < MIN_RECORD_BYTES:
        return 0
    head = window[start : start + DETECT_BYTES]
    length = int(clibmseed.ms3_detect(head, len(head), ffi.new("uint8_t *")))
    return length if length <= MAX_RECORD_BYTES else 0


def _decode(raw: bytes) -> pymseed.MS3Record:
    """Parse and unpack one record.

    Raises:
        BadValue: not a whole record, a bad checksum, samples that do not unpack or are not finite, no samples.
    """
    if _HEADER.match(raw) is None:
        raise BadValue(repr(raw[:16]), "a miniSEED record header")
    pymseed.clear_error_messages()
    try:
        record = pymseed.MS3Record.parse(raw, unpack_data=True)
    except (pymseed.PymseedError, ValueError) as error:
        raise BadValue(str(error), "a whole miniSEED record") from None
    # Steim closes each record with its last sample; libmseed only warns when the sum does not arrive there.
    warnings = [m for m in pymseed.get_error_messages() if "integrity" in m]
    if warnings:
        raise BadValue(warnings[0], "samples that add up to the record's last value")
    if record.sampletype not in ("i", "f", "d") or record.numsamples < 1 or record.numsamples != record.samplecnt:
        raise BadValue(f"{record.numsamples} of {record.samplecnt} samples", "a record of numeric samples")
    if not np.isfinite(record.np_datasamples).all():
        raise BadValue("NaN or infinity", "finite samples")
    require_rate(record.samprate)
    return record


def spellings(source_id: str) -> list[str]:
    """Names that a network may use for a channel: STA, NET.STA, NET.STA.LOC, NET.STA.LOC.CHA, the whole id."""
    try:
        network, station, location, channel = pymseed.sourceid2nslc(source_id)
    except (pymseed.PymseedError, ValueError):
        return [source_id]
    return [
        station,
        f"{network}.{station}",
        f"{network}.{station}.{location}",
        f"{network}.{station}.{location}.{channel}",
        source_id,
    ]


def _add(stretches: dict[str, Stretch], record: pymseed.MS3Record, context: ReadContext) -> Stretch | None:
    """Put a record where it belongs; returns the stretch that it closed by not continuing it."""
    start_utc = utc_from_timestamp(0) if abs(record.starttime) > 2**62 else utc_from_timestamp(record.starttime / 1e9)
    plausible(start_utc, start_utc.isoformat(), now_utc=context.now_utc)
    closed = stretches.get(record.sourceid)
    if closed is None or not closed.continues(record):
        stretches[record.sourceid] = Stretch(
            source_id=record.sourceid,
            rate_hz=record.samprate,
            start_ns=record.starttime,
            bits=_FULL_SCALE.get(record.encoding, 0),
        )
    else:
        closed = None
    stretch = stretches[record.sourceid]
    stretch.parts.append(record.np_datasamples.astype(np.float64))
    stretch.n_samples += record.numsamples
    return closed


def _waveform(stretch: Stretch, context: ReadContext, sensor: Sensor) -> Waveform:
    samples = np.concatenate(stretch.parts)
    sensor_id, _ = known_sensor(context.network, spellings(stretch.source_id))
    return make_waveform(
        context,
        sensor_id=sensor_id,
        sensor=sensor,
        channel=_channel(stretch.source_id),
        start_utc=utc_from_timestamp(stretch.start_ns / 1e9),
        clock_sigma_s=sensor.clock_sigma_s,
        rate_hz=stretch.rate_hz,
        samples=samples,
        n_clipped=_count_clipped(samples, stretch.bits),
    )


def _channel(source_id: str) -> str:
    try:
        return str(pymseed.sourceid2nslc(source_id)[3])
    except (pymseed.PymseedError, ValueError):
        return ""


def _count_clipped(samples: NDArray[np.float64], bits: int) -> int:
    # LIMIT: a digitiser that clips below its full scale, or records floats, goes unseen.
    if bits == 0:
        return 0
    top = 2.0 ** (bits - 1) - 1
    return int(np.count_nonzero((samples >= top) | (samples <= -top - 1)))
