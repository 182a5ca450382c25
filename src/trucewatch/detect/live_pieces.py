"""Pieces of sound that is still coming: cut, joined and named as recordings of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.listened import Listened, unheard_recording
from trucewatch.model.detection import Detection
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant, rfc3339
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.wire import to_bytes

FloatArray = NDArray[np.float64]


def together(given: Sequence[Listened]) -> Listened:
    """Return what several steps gave as one."""
    return Listened(
        detections=tuple(d for g in given for d in g.detections), unheard=tuple(u for g in given for u in g.unheard)
    )


def unheard_block(sensor: Sensor, recording: Recording, why: str) -> Listened:
    """Say of a block why it was not heard."""
    return Listened(unheard=(unheard_recording(recording, sensor, why),))


def within(found: Sequence[Detection], begin: datetime, end: datetime) -> tuple[Detection, ...]:
    """Return the detections of a stretch of time, half-open."""
    return tuple(d for d in found if begin <= d.time.utc < end)


def piece_of(first: Recording, n_before: int, samples: FloatArray) -> Waveform:
    """Return samples of a stretch as a recording of their own."""
    start = first.start.utc + timedelta(seconds=n_before / first.rate_hz)
    identity = (first.sensor_id, first.channel, rfc3339(start), first.rate_hz, len(samples))
    recording = replace(
        first,
        id=content_id("obs", to_bytes(identity)),
        start=Instant(utc=start, sigma_s=first.start.sigma_s),
        n_samples=len(samples),
        n_clipped=0,
    )
    return Waveform(recording=recording, samples=samples)


def channel_of(w: Waveform) -> tuple[str, str]:
    """Return sensor or element, and channel."""
    return w.recording.sensor_id, w.recording.channel


def joined(kept: Sequence[Waveform], begin: datetime, end: datetime) -> Iterator[Waveform]:
    """Yield each channel's sound between two moments, blocks without a gap as one."""
    for channel in sorted({channel_of(w) for w in kept}):
        run: list[Waveform] = []
        for w in sorted((w for w in kept if channel_of(w) == channel), key=lambda w: w.recording.start.utc):
            if run and not _follows(run[-1], w):
                yield from _cut(run, begin, end)
                run = []
            run.append(w)
        yield from _cut(run, begin, end)


def _follows(one: Waveform, other: Waveform) -> bool:
    same = one.recording.rate_hz == other.recording.rate_hz
    off_s = abs((other.recording.start.utc - one.recording.end_utc).total_seconds())
    return same and off_s <= 0.5 / one.recording.rate_hz


def _cut(run: Sequence[Waveform], begin: datetime, end: datetime) -> Iterator[Waveform]:
    """Yield what of a run lies between two moments, on its own samples."""
    first, rate_hz = run[0].recording, run[0].recording.rate_hz
    samples = np.concatenate([w.samples for w in run])
    a = max(0, round((begin - first.start.utc).total_seconds() * rate_hz))
    b = min(samples.size, round((end - first.start.utc).total_seconds() * rate_hz))
    if b > a:
        yield piece_of(first, a, samples[a:b])
