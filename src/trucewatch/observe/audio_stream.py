"""Sound as it comes, from a sound card through a pipe: WAV or bare samples → blocks with their time.

A sound card counts samples and does not tell the time. Blocks arrive late, never early, so the earliest of many
arrivals says best when the first sample was taken.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import BinaryIO

import numpy as np

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Waveform
from trucewatch.observe.context import ReadContext
from trucewatch.observe.recording import make_waveform, require_rate
from trucewatch.observe.refusal import BadValue, unreadable
from trucewatch.observe.wav import decode, sample_format

BLOCK_S = 1.0
SETTLING_BLOCKS = 5
"""held back at the start of a stretch, until the earliest arrival is known"""
LATENCY_SIGMA_S = 0.02
"""what sound cards hold back and do not tell: a few to some tens of milliseconds.
LIMIT: give `--latency` where it was measured; 20 ms are 7 m of path."""
WATCHED_BLOCKS = 60
"""how many blocks the earliest arrival is taken of: longer than a busy minute, shorter than a quartz creeps"""
REANCHOR_S = 0.05
"""a stretch whose time has crept this far is ended and a new one begun: the card's quartz runs fast or slow"""
LOST_S = 0.5
"""arrivals later than this, SETTLING_BLOCKS times in a row, mean that samples were lost"""
_SPELLINGS = {"s16le": (1, 16), "s24le": (1, 24), "s32le": (1, 32), "f32le": (3, 32), "f64le": (3, 64)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioForm:
    """How samples are written."""

    code: int
    bits: int
    rate_hz: float


def bare_form(spelling: str, rate_hz: float) -> AudioForm:
    """Name the form of samples without a header.

    Raises:
        BadValue: no such spelling, or a rate that no sensor has.
    """
    if spelling not in _SPELLINGS:
        raise BadValue(spelling, f"one of {', '.join(_SPELLINGS)}")
    code, bits = _SPELLINGS[spelling]
    return AudioForm(code=code, bits=bits, rate_hz=require_rate(rate_hz))


def wav_form(stream: BinaryIO, source: str) -> AudioForm:
    """Read a WAV header from a pipe, up to the first sample; the sizes that it states are not believed.

    Raises:
        UnreadableInput: no WAV, or one of several channels or of an unknown encoding.
    """
    try:
        head = _exactly(stream, 12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            raise BadValue(repr(head), "a stream that starts with RIFF....WAVE; say --form and --rate for bare samples")
        form: AudioForm | None = None
        while True:
            name, length = struct.unpack("<4sI", _exactly(stream, 8))
            if name == b"data":
                if form is None:
                    raise BadValue("a data chunk", "a fmt chunk before it")
                return form
            if length > 1 << 16:
                raise BadValue(f"a {name!r} chunk of {length} bytes", "a short header before the samples")
            body = _exactly(stream, length + length % 2)
            if name == b"fmt ":
                code, bits, rate_hz, _ = sample_format(body, length)
                form = AudioForm(code=code, bits=bits, rate_hz=rate_hz)
    except BadValue as error:
        raise UnreadableInput(source=source, value=error.value, expected=error.expected) from None


def _exactly(stream: BinaryIO, n: int) -> bytes:
    content = stream.read(n)
    if len(content) < n:
        raise BadValue(f"the end of the stream after {len(content)} of {n} bytes", "a WAV header")
    return content


@dataclass(slots=True)
class _Anchor:
    """When the first sample of a stretch was taken, as far as arrivals tell."""

    recent_s: deque[float] = field(default_factory=lambda: deque(maxlen=WATCHED_BLOCKS))
    n_late: int = 0

    @property
    def first_s(self) -> float:
        """The earliest that recent blocks say."""
        return min(self.recent_s)

    def note(self, first_s: float) -> None:
        """Take in what one more block says."""
        late = bool(self.recent_s) and first_s - self.first_s > LOST_S
        self.n_late = self.n_late + 1 if late else 0
        self.recent_s.append(first_s)


def audio_blocks(
    stream: BinaryIO,
    form: AudioForm,
    sensor: Sensor,
    context: ReadContext,
    *,
    now: Callable[[], datetime],
    start_utc: datetime | None = None,
    latency_s: float | None = None,
) -> Iterator[Waveform]:
    """Yield blocks of about a second as they come, until the stream ends.

    Args:
        stream: samples of one microphone.
        form: how they are written.
        sensor: the microphone.
        context: of the feed.
        now: the clock, read when a block has come.
        start_utc: time of the first sample, for a stream that is played back; None: live.
        latency_s: how late the card gives samples, where it was measured.

    Raises:
        UnreadableInput: samples that are not finite.
    """
    sigma_s = sensor.clock_sigma_s if start_utc or latency_s is not None else max(sensor.clock_sigma_s, LATENCY_SIGMA_S)
    cut = _Cutter(context=context, sensor=sensor, form=form, sigma_s=sigma_s)
    n_frame = round(BLOCK_S * form.rate_hz) * form.bits // 8
    if start_utc is not None:
        while content := stream.read(n_frame):
            yield cut.block(content, start_utc)
        return
    yield from _live_blocks(stream, n_frame, cut, now, timedelta(seconds=latency_s or 0.0))


@dataclass(slots=True, kw_only=True)
class _Cutter:
    """Turns bytes into blocks, counting samples from the start of a stretch."""

    context: ReadContext
    sensor: Sensor
    form: AudioForm
    sigma_s: float
    n_before: int = 0

    def block(self, content: bytes, first_utc: datetime) -> Waveform:
        """Make the next block of a stretch that began at `first_utc`."""
        frame = self.form.bits // 8
        samples = decode(content[: len(content) - len(content) % frame], self.form.code, self.form.bits)
        if not np.isfinite(samples).all():
            raise unreadable(self.context, BadValue("NaN or infinity", "finite samples"))
        start = first_utc + timedelta(seconds=self.n_before / self.form.rate_hz)
        self.n_before += len(samples)
        return make_waveform(
            self.context,
            sensor_id=self.sensor.id,
            sensor=self.sensor,
            channel="",
            start_utc=start,
            clock_sigma_s=self.sigma_s,
            rate_hz=self.form.rate_hz,
            samples=samples,
        )


def _live_blocks(
    stream: BinaryIO, n_frame: int, cut: _Cutter, now: Callable[[], datetime], latency: timedelta
) -> Iterator[Waveform]:
    anchor: _Anchor | None = None
    epoch = now()
    held: list[bytes] = []
    fixed: datetime | None = None
    n_come = 0
    while content := stream.read(n_frame):
        n_come += len(content) * 8 // cut.form.bits
        first_s = (now() - latency - epoch).total_seconds() - n_come / cut.form.rate_hz
        anchor = anchor or _Anchor()
        anchor.note(first_s)
        held.append(content)
        if fixed is None and len(held) < SETTLING_BLOCKS:
            continue
        fixed = fixed or epoch + timedelta(seconds=anchor.first_s)
        yield from (cut.block(one, fixed) for one in held)
        held = []
        crept = (epoch + timedelta(seconds=anchor.first_s) - fixed).total_seconds()
        if anchor.n_late >= SETTLING_BLOCKS or abs(crept) > REANCHOR_S:
            anchor, fixed, n_come, cut.n_before = None, None, 0, 0
    if held and anchor is not None:
        fixed = fixed or epoch + timedelta(seconds=anchor.first_s)
        yield from (cut.block(one, fixed) for one in held)
