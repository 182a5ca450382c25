"""At the sensor: sound comes in, detections go out in batches, the sound itself goes nowhere.

What a batch holds depends only on the blocks that came before, so that an archive listened to twice gives the same
batches under the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol

from trucewatch.detect import Listened
from trucewatch.evidence import Signer
from trucewatch.model.detection import Detection
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.instant import rfc3339
from trucewatch.model.listening import Listening
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Rejection, Waveform
from trucewatch.observe import Batch, batch_bytes
from trucewatch.observe.edge import MAX_BATCH_BYTES, MAX_ROW_BYTES

ROWS_A_BATCH = MAX_BATCH_BYTES // MAX_ROW_BYTES // 2 - 1
"""of each kind; more are put into several batches, so that none is longer than a batch may be"""


class Ear(Protocol):
    """Listens to one sensor, block by block, in bounded memory; never gives the sound away."""

    def hear(self, block: Waveform) -> Listened:
        """Take the next block of any of the sensor's channels and return what is now certain."""

    def close(self) -> Listened:
        """Return what is left once no more comes."""


class Meter(Protocol):
    """Measures how well the sensors listen."""

    def add(self, block: Waveform) -> tuple[Listening, ...]:
        """Take the next block and return the records of hours that are over."""

    def close(self) -> tuple[Listening, ...]:
        """Return the records of the hours that were begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSettings:
    """How a node sends."""

    node: str
    batch_s: float = 60.0
    """a batch at least so often while sound comes in, so that the centre knows that somebody listens"""
    alert_s: float = 2.0
    """a detection waits no longer than this for others; time of the sound, not of the clock"""


@dataclass(slots=True, kw_only=True)
class PostSummary:
    """What a node did."""

    n_blocks: int = 0
    recorded_s: float = 0.0
    n_detections: int = 0
    n_batches: int = 0
    n_bytes_in: int = 0
    n_bytes_out: int = 0
    refused: list[str] = field(default_factory=list)
    """what could not be read or listened to, with the reason"""


@dataclass(slots=True, kw_only=True)
class Post:
    """One node at work."""

    network: Network
    ear_of: Callable[[Sensor], Ear]
    meter: Meter
    write: Callable[[str, bytes], None]
    tell: Callable[[Detection], None]
    settings: PostSettings
    signer: Signer | None
    sent: Callable[[bool], None] = lambda nothing_held: None
    """told after what was found is written; True: the ears hold nothing back either"""
    summary: PostSummary = field(default_factory=PostSummary)
    _ears: dict[str, Ear] = field(default_factory=dict)
    _found: list[Detection] = field(default_factory=list)
    _quality: list[Listening] = field(default_factory=list)
    _from_utc: datetime | None = None
    """start of what the next batch covers"""
    _now_utc: datetime | None = None
    """end of the latest block of any sensor"""

    def listen(self, feed: Iterable[Waveform | Rejection | UnreadableInput]) -> PostSummary:
        """Listen until the feed ends, or an interruption, and send what was found by then."""
        try:
            for item in feed:
                if isinstance(item, Waveform):
                    self._hear(item)
                else:
                    self._refuse(item)
        finally:
            self._close()
        return self.summary

    def _refuse(self, item: Rejection | UnreadableInput) -> None:
        said = UnreadableInput(source=item.source, row=item.row, value=item.value, expected=item.expected)
        self.summary.refused.append(str(said))

    def _hear(self, block: Waveform) -> None:
        recording = block.recording
        sensor = self.network.sensor(recording.sensor_id)
        if sensor is None:
            return
        start, end = recording.start.utc, recording.end_utc
        self._from_utc = min(self._from_utc or start, start)
        self._now_utc = max(self._now_utc or end, end)
        self.summary.n_blocks += 1
        self.summary.recorded_s += recording.duration_s
        self.summary.n_bytes_in += 2 * recording.n_samples
        if sensor.id not in self._ears:
            self._ears[sensor.id] = self.ear_of(sensor)
        self._take(self._ears[sensor.id].hear(block))
        self._quality += self.meter.add(block)
        self._send_if_due()

    def _take(self, listened: Listened) -> None:
        for found in listened.detections:
            self._found.append(found)
            self.tell(found)
        for unheard in listened.unheard:
            self.summary.refused.append(str(unheard))

    def _send_if_due(self) -> None:
        assert self._from_utc is not None and self._now_utc is not None  # noqa: S101 - set by every block
        waited_s = (self._now_utc - min((d.time.utc for d in self._found), default=self._now_utc)).total_seconds()
        silent_s = (self._now_utc - self._from_utc).total_seconds()
        if silent_s >= self.settings.batch_s or (self._found and waited_s >= self.settings.alert_s):
            self._send()

    def _close(self) -> None:
        for name in sorted(self._ears):
            self._take(self._ears[name].close())
        self._quality += self.meter.close()
        if self._from_utc is not None:
            self._send(nothing_held=True)

    def _send(self, *, nothing_held: bool = False) -> None:
        assert self._from_utc is not None and self._now_utc is not None  # noqa: S101 - something came
        found = sorted(self._found, key=lambda d: (d.time.utc, d.id))
        quality = sorted(self._quality, key=lambda q: (str(q.time.start_utc), q.sensor_id))
        for first in range(0, max(len(found), len(quality), 1), ROWS_A_BATCH):
            rows = slice(first, first + ROWS_A_BATCH)
            self._write(found[rows], quality[rows])
        self._found, self._quality, self._from_utc = [], [], self._now_utc
        self.sent(nothing_held)

    def _write(self, found: list[Detection], quality: list[Listening]) -> None:
        assert self._from_utc is not None and self._now_utc is not None  # noqa: S101 - something came
        batch = Batch(
            node=self.settings.node,
            from_utc=self._from_utc,
            to_utc=self._now_utc,
            detections=tuple(found),
            listening=tuple(quality),
        )
        content = batch_bytes(batch, self.signer)
        self.write(batch_name(batch, content), content)
        self.summary.n_batches += 1
        self.summary.n_bytes_out += len(content)
        self.summary.n_detections += len(found)


def batch_name(batch: Batch, content: bytes) -> str:
    """Return the path under which a batch is kept: by node and day, then time, with a piece of its hash."""
    at = batch.from_utc.astimezone(UTC)
    return f"{batch.node}/{at:%Y-%m-%d}/{at:%H%M%S}-{sha256(content).hexdigest()[:8]}.edge"


def in_words(found: Detection) -> str:
    """Say in a line what was detected, for a person who watches."""
    what = f"{found.kind.value} at {found.sensor_id}, p(nothing) {found.p_false:.3f}"
    if found.bearing_deg is not None:
        what += f", from {found.bearing_deg:.0f}° ± {found.bearing_sigma_deg or 0.0:.0f}°"
    return f"{rfc3339(found.time.utc)} {what}"
