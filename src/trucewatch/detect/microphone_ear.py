"""A microphone listened to as its sound comes, in bounded memory.

The onset engine watches the stream; what it points to is cut out, a little before and after, and heard whole, so that
rounds, echoes and causes are told as they are in a recording. How the sound is cut into blocks makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.acoustic import impulses
from trucewatch.detect.listened import Listened
from trucewatch.detect.live_pieces import piece_of, together, unheard_block, within
from trucewatch.detect.onset_stream import STRETCH_S, OnsetStream
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Recording, Waveform

FloatArray = NDArray[np.float64]

LEAD_S, TAIL_S = 12.0, 3.0
"""what is cut out before the first and after the last sound: how restless the place was, and the last echoes"""
QUIET_S = 3.0
"""sounds closer than this are cut out together"""
LONGEST_S = 20.0
"""LIMIT: longer firing is cut into pieces of this length, each with a count of its own"""
HELD_S = LEAD_S + LONGEST_S + QUIET_S + TAIL_S + 3.0 * STRETCH_S
"""of the latest sound that may still be needed"""
SAME_S = 0.02
"""how far the start of a sound may differ between the stream and the piece"""


@dataclass(slots=True)
class _Episode:
    """Sounds that follow each other closely, seconds from the start of the stretch."""

    first_s: float
    last_s: float


class MicrophoneEar:
    """Listens to one microphone."""

    def __init__(self, sensor: Sensor) -> None:
        """Start with nothing heard."""
        self._sensor = sensor
        self._stretch: _Stretch | None = None

    def hear(self, block: Waveform) -> Listened:
        """Take the next block; a gap or another rate ends what was and begins anew."""
        given = []
        if self._stretch is not None and not self._stretch.continues(block.recording):
            given.append(self.close())
        if not np.isfinite(block.samples).all():
            return together(
                [*given, self.close(), unheard_block(self._sensor, block.recording, "not all samples are finite")]
            )
        if self._stretch is None:
            try:
                self._stretch = _Stretch(self._sensor, block.recording)
            except ValueError as error:
                return together([*given, unheard_block(self._sensor, block.recording, str(error))])
        return together([*given, self._stretch.feed(block.samples)])

    def close(self) -> Listened:
        """End the stretch and return what was still open."""
        stretch, self._stretch = self._stretch, None
        return Listened() if stretch is None else stretch.end()


class _Stretch:
    """Sound of one microphone without a gap."""

    def __init__(self, sensor: Sensor, first: Recording) -> None:
        self._sensor, self._first, self._rate_hz = sensor, first, first.rate_hz
        self._stream = OnsetStream(first.rate_hz)
        self._n_step = round(STRETCH_S * first.rate_hz)
        self._waiting = np.zeros(0)
        self._ring = np.zeros(0)
        self._n_seen = 0
        self._episode: _Episode | None = None
        self._given_s = -np.inf
        """end of the last episode that was heard"""

    def continues(self, recording: Recording) -> bool:
        """Say whether a block starts where the stretch ends."""
        n = self._n_seen + self._waiting.size
        expected = self._first.start.utc + timedelta(seconds=n / self._rate_hz)
        off_s = abs((recording.start.utc - expected).total_seconds())
        return recording.rate_hz == self._rate_hz and off_s <= 0.5 / self._rate_hz

    def feed(self, samples: FloatArray) -> Listened:
        """Take the next samples, in steps of one length whatever comes."""
        self._waiting = np.concatenate((self._waiting, samples))
        given = []
        while self._waiting.size >= self._n_step:
            step, self._waiting = self._waiting[: self._n_step], self._waiting[self._n_step :]
            given.append(self._advance(step))
        return together(given)

    def end(self) -> Listened:
        """Hear what is left."""
        given = [self._advance(self._waiting)] if self._waiting.size else []
        self._waiting = np.zeros(0)
        given += [self._note(onset.time_s) for onset in self._stream.flush()]
        given.append(self._hear())
        return together(given)

    def _advance(self, step: FloatArray) -> Listened:
        n_keep = round((LEAD_S + LONGEST_S + QUIET_S + TAIL_S + 2.0 * STRETCH_S) * self._rate_hz)
        self._ring = np.concatenate((self._ring, step))[-n_keep:]
        self._n_seen += step.size
        given = [self._note(onset.time_s) for onset in self._stream.feed(step)]
        known_s = self._n_seen / self._rate_hz - STRETCH_S
        if self._episode is not None and known_s - self._episode.last_s > max(QUIET_S, TAIL_S):
            given.append(self._hear())
        return together(given)

    def _note(self, time_s: float) -> Listened:
        """Add a sound to the episode, or end that and begin another."""
        episode = self._episode
        if episode is not None and time_s - episode.last_s <= QUIET_S and time_s - episode.first_s <= LONGEST_S:
            episode.last_s = time_s
            return Listened()
        heard = self._hear()
        self._episode = _Episode(time_s, time_s)
        return heard

    def _hear(self) -> Listened:
        """Hear the episode whole, and give what lies in it."""
        episode, self._episode = self._episode, None
        if episode is None:
            return Listened()
        oldest = self._n_seen - self._ring.size
        begin = max(oldest, round((episode.first_s - LEAD_S) * self._rate_hz), 0)
        end = min(self._n_seen, round((episode.last_s + TAIL_S) * self._rate_hz))
        piece = piece_of(self._first, begin, self._ring[begin - oldest : end - oldest])
        heard = impulses(piece, self._sensor)
        after, self._given_s = self._given_s, episode.last_s
        from_s = max(episode.first_s - SAME_S, after + SAME_S)
        window = (self._utc(from_s), self._utc(episode.last_s + SAME_S))
        return replace(heard, detections=within(heard.detections, *window))

    def _utc(self, seconds: float) -> datetime:
        return self._first.start.utc + timedelta(seconds=seconds)
