"""The recordings of a folder, one after the other, as a feed; a file that grew is gone on with where it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.mission import Mission
from trucewatch.model.network import Network
from trucewatch.model.observation import Rejection, Waveform
from trucewatch.observe import HEAD_BYTES, ReadContext, is_companion, reader_for, sidecar_of
from trucewatch.service.arrived import read_sidecar
from trucewatch.service.ports import Inbox

RECORDINGS = frozenset({"miniseed", "sac", "wav"})
"""readers whose files are sound or ground motion; others are passed over"""

FeedItem = Waveform | Rejection | UnreadableInput


@dataclass(slots=True, kw_only=True)
class Archive:
    """A folder of recordings."""

    inbox: Inbox
    mission: Mission
    network: Network
    now: Callable[[], datetime]
    _reached: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    """by path, sensor and channel: the end of what was given"""

    def read(self, paths: tuple[str, ...]) -> Iterator[FeedItem]:
        """Yield what files hold beyond what was given of them before, and what cannot be read."""
        everything = self.inbox.paths()
        for path in paths:
            if not is_companion(path, everything):
                yield from self._file(path, sidecar_of(path, everything))

    def _file(self, path: str, sidecar: str | None) -> Iterator[FeedItem]:
        with self.inbox.open(path) as stream:
            reader = reader_for(path, stream.read(HEAD_BYTES))
            if reader is None or reader.name not in RECORDINGS:
                return
            stream.seek(0)
            try:
                for item in reader.read(stream, self._context(path, sidecar)):
                    if isinstance(item, Waveform):
                        yield from self._beyond(path, item)
                    elif isinstance(item, Rejection):
                        yield item
            except UnreadableInput as error:
                yield error

    def _context(self, path: str, sidecar: str | None) -> ReadContext:
        return ReadContext(
            source=path,
            input_id=path,
            area=self.mission.area,
            network=self.network,
            now_utc=self.now(),
            time_zone=self.mission.time_zone,
            sidecar=read_sidecar(self.inbox, sidecar),
        )

    def _beyond(self, path: str, w: Waveform) -> Iterator[Waveform]:
        """Yield the part of a waveform that comes after what was given of its channel from this file."""
        recording = w.recording
        key = (path, recording.sensor_id, recording.channel)
        end = recording.end_utc
        reached = self._reached.get(key)
        self._reached[key] = end if reached is None else max(reached, end)
        known = 0 if reached is None else round((reached - recording.start.utc).total_seconds() * recording.rate_hz)
        if known <= 0:
            yield w
        elif known < recording.n_samples:
            start = replace(recording.start, utc=recording.start.utc + timedelta(seconds=known / recording.rate_hz))
            rest = replace(recording, start=start, n_samples=recording.n_samples - known)
            yield Waveform(recording=rest, samples=w.samples[known:])
