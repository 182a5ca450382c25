"""WAV recordings: 16, 24 and 32 bit integers and floats, named and timed by a JSON sidecar."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Rejection, Waveform
from trucewatch.observe.context import ReadContext
from trucewatch.observe.limits import parse_json
from trucewatch.observe.moments import utc_moment
from trucewatch.observe.naming import known_sensor
from trucewatch.observe.recording import MAX_SEGMENT_SAMPLES, make_waveform, require_finite, require_rate
from trucewatch.observe.refusal import BadValue, plain_text, unreadable

PCM, IEEE_FLOAT, EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
SAMPLE_FORMATS = {(PCM, 16): "<i2", (PCM, 24): "i3", (PCM, 32): "<i4", (IEEE_FLOAT, 32): "<f4", (IEEE_FLOAT, 64): "<f8"}
SIDECAR = (
    'a sidecar NAME.json beside NAME.wav: {"sensor": "AC-01", "start_utc": "2018-12-19T05:23:15.100Z", '
    '"clock_sigma_s": 0.001, "channel": "", "unit": "count"}'
)
MAX_CLOCK_SIGMA_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WavLayout:
    """What a WAV header says, and where its samples lie."""

    code: int
    bits: int
    rate_hz: float
    data_offset: int
    n_samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """Who recorded, from when on, with which clock error, in which unit."""

    sensor_id: str
    sensor: Sensor
    start_utc: datetime
    clock_sigma_s: float
    channel: str
    in_pascal: bool


class WavReader:
    """Reads one mono WAV file with its sidecar."""

    name = "wav"

    def recognises(self, path: str, head: bytes) -> bool:
        """By content, or by name so that a damaged one is told what is wrong with it."""
        return (head[:4] == b"RIFF" and head[8:12] == b"WAVE") or path.lower().endswith(".wav")

    def read(self, stream: BinaryIO, context: ReadContext) -> Iterator[Waveform | Rejection]:
        """Yield the recording, in several waveforms without a gap where it is long.

        Raises:
            UnreadableInput: header, sidecar, size or a sample is not right.
        """
        try:
            layout = read_layout(stream)
            sidecar = read_sidecar(context)
            yield from _waveforms(stream, context, layout, sidecar)
        except BadValue as error:
            raise unreadable(context, error) from None


def read_layout(stream: BinaryIO) -> WavLayout:
    """Walk the RIFF chunks up to the samples.

    Raises:
        BadValue: not RIFF/WAVE, an unknown sample format, more than one channel, or fewer bytes than stated.

    References:
        Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991), RIFF WAVE.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        raise BadValue(repr(head), "a file that starts with RIFF....WAVE")
    form: tuple[int, int, float, int] | None = None
    while True:
        chunk = stream.read(8)
        if len(chunk) < 8:
            raise BadValue(f"the end of the file at byte {size}", "a fmt and a data chunk")
        name, length = struct.unpack("<4sI", chunk)
        if name == b"fmt ":
            form = sample_format(stream.read(min(length, 40)), length)
            stream.seek(max(0, length - 40) + length % 2, 1)
        elif name == b"data":
            return _layout(form, stream.tell(), length, size)
        else:
            stream.seek(length + length % 2, 1)


def sample_format(body: bytes, length: int) -> tuple[int, int, float, int]:
    """Read a fmt chunk: code, bits, rate and bytes a sample.

    Args:
        body: the chunk, as far as it was read.
        length: as it states.

    Raises:
        BadValue: too short, several channels, or an encoding that is not among SAMPLE_FORMATS.
    """
    if length < 16 or len(body) < 16:
        raise BadValue(f"a fmt chunk of {min(length, len(body))} bytes", "at least 16 bytes")
    code, n_channels, rate, _, frame, bits = struct.unpack("<HHIIHH", body[:16])
    if code == EXTENSIBLE and len(body) >= 26:
        code = struct.unpack("<H", body[24:26])[0]
    if n_channels != 1:
        raise BadValue(f"{n_channels} channels", "one channel a file, so that each has its own sensor and place")
    if (code, bits) not in SAMPLE_FORMATS or frame != bits // 8:
        raise BadValue(f"format {code}, {bits} bits", "PCM of 16, 24 or 32 bits, or IEEE float of 32 or 64 bits")
    return code, bits, require_rate(float(rate)), frame


def _layout(form: tuple[int, int, float, int] | None, offset: int, length: int, size: int) -> WavLayout:
    if form is None:
        raise BadValue("a data chunk", "a fmt chunk before it")
    code, bits, rate_hz, frame = form
    if offset + length > size or length % frame:
        raise BadValue(
            f"{max(0, size - offset)} bytes of samples",
            f"{length} bytes as the header says, {frame} a sample; cut off?",
        )
    if length == 0:
        raise BadValue("0 samples", "at least one sample")
    return WavLayout(code=code, bits=bits, rate_hz=rate_hz, data_offset=offset, n_samples=length // frame)


def read_sidecar(context: ReadContext) -> Sidecar:
    """Read the JSON that names the sensor and the time of the first sample.

    The spelling of the ShotSpotter live-fire set (`serial_number`, `timestamp`) is taken too.

    Raises:
        BadValue: missing, not as described in the mission-folder reference, or a sensor that is in no network.
        UnreadableInput: not JSON.
    """
    if context.sidecar is None:
        raise BadValue(None, SIDECAR)
    fields = parse_json(context.sidecar, source=f"{context.source} (sidecar)")
    if not isinstance(fields, dict):
        raise BadValue(str(fields), SIDECAR)
    name = fields.get("sensor", fields.get("serial_number"))
    if not isinstance(name, str) or not name:
        raise BadValue(None if name is None else str(name), f"a sensor's name under sensor, in {SIDECAR}")
    sensor_id, sensor = known_sensor(context.network, [plain_text(name)])
    unit = fields.get("unit", "count")
    if unit not in ("count", "Pa"):
        raise BadValue(str(unit), 'unit "count" or "Pa"')
    return Sidecar(
        sensor_id=sensor_id,
        sensor=sensor,
        start_utc=utc_moment(fields.get("start_utc", fields.get("timestamp")), now_utc=context.now_utc),
        clock_sigma_s=_clock_sigma_s(fields.get("clock_sigma_s"), sensor),
        channel=plain_text(str(fields.get("channel") or "")),
        in_pascal=unit == "Pa",
    )


def _clock_sigma_s(value: object, sensor: Sensor) -> float:
    if value is None:
        return sensor.clock_sigma_s
    ok = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= MAX_CLOCK_SIGMA_S
    if not ok:
        raise BadValue(str(value), f"clock_sigma_s in seconds, between 0 and {MAX_CLOCK_SIGMA_S:.0f}")
    return float(value)  # type: ignore[arg-type]


def _waveforms(stream: BinaryIO, context: ReadContext, layout: WavLayout, sidecar: Sidecar) -> Iterator[Waveform]:
    is_integer = layout.code == PCM
    in_pascal = sidecar.in_pascal and not (is_integer and sidecar.sensor.calibration_pa_per_count)
    if in_pascal and is_integer:
        raise BadValue(
            "unit Pa with integer samples", "float samples in Pa, or a calibration_pa_per_count in the network"
        )
    for first in range(0, layout.n_samples, MAX_SEGMENT_SAMPLES):
        n = min(MAX_SEGMENT_SAMPLES, layout.n_samples - first)
        stream.seek(layout.data_offset + first * layout.bits // 8)
        samples = decode(stream.read(n * layout.bits // 8), layout.code, layout.bits)
        if len(samples) != n:
            raise UnreadableInput(source=context.source, expected="a file that does not change while it is read")
        yield make_waveform(
            context,
            sensor_id=sidecar.sensor_id,
            sensor=sidecar.sensor,
            channel=sidecar.channel,
            start_utc=sidecar.start_utc + timedelta(seconds=first / layout.rate_hz),
            clock_sigma_s=sidecar.clock_sigma_s,
            rate_hz=layout.rate_hz,
            samples=require_finite(samples, first),
            in_pascal=in_pascal,
            n_clipped=_count_clipped(samples, layout, in_pascal),
        )


def decode(body: bytes, code: int, bits: int) -> NDArray[np.float64]:
    """Return the samples, shape (n,), that bytes of one of SAMPLE_FORMATS hold."""
    kind = SAMPLE_FORMATS[code, bits]
    if kind != "i3":
        return np.frombuffer(body, dtype=kind).astype(np.float64)
    # Three bytes go to the top of four, so that the arithmetic shift back carries the sign.
    wide = np.zeros((len(body) // 3, 4), dtype=np.uint8)
    wide[:, 1:] = np.frombuffer(body, dtype=np.uint8).reshape(-1, 3)
    return (wide.view("<i4")[:, 0] >> 8).astype(np.float64)


def _count_clipped(samples: NDArray[np.float64], layout: WavLayout, in_pascal: bool) -> int:
    # LIMIT: floats in pascal have no known full scale, so clipping in them goes unseen.
    if in_pascal:
        return 0
    top = 1.0 if layout.code == IEEE_FLOAT else math.ldexp(1.0, layout.bits - 1) - 1
    bottom = -1.0 if layout.code == IEEE_FLOAT else -top - 1
    return int(np.count_nonzero((samples >= top) | (samples <= bottom)))
