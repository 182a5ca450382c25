"""The channels of one station over the stretches they share: one component, or vertical, north and east."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.instant import Interval
from trucewatch.model.observation import Waveform

SHARED_SHARE = 0.95
"""A component that misses more than this of the vertical's stretch would cost more of it than it gives."""
_UP, _NORTH, _EAST = "Z", "N1", "E2"
"""Last letters of channel codes (SEED): 1 and 2 are sideways, nearly north and east.
LIMIT: where 1 and 2 are turned far from north and east, bearings are turned with them."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StationStretch:
    """Samples of one station without a gap."""

    start_utc: datetime
    clock_sigma_s: float
    rate_hz: float
    unit: str
    samples: NDArray[np.float64]
    """shape (1, n), or (3, n): vertical, north, east"""
    recording_ids: tuple[str, ...]

    @property
    def time(self) -> Interval:
        """When it was recorded."""
        length = timedelta(seconds=self.samples.shape[-1] / self.rate_hz)
        return Interval(start_utc=self.start_utc, end_utc=self.start_utc + length)


def station_stretches(waveforms: Sequence[Waveform]) -> tuple[StationStretch, ...]:
    """Group the channels of one station.

    Args:
        waveforms: of one station, in any order. A vertical takes a north and an east that share its rate and nearly
            all of its time; what is left over is listened to alone, a sideways channel only where there is no vertical.
    """
    ordered = sorted(waveforms, key=lambda w: (w.recording.start.utc, w.recording.channel, w.recording.id))
    upright = [w for w in ordered if _last(w) not in _NORTH + _EAST]
    sideways = [w for w in ordered if _last(w) in _NORTH + _EAST]
    found = [_stretch(_with_sideways(w, sideways)) for w in upright]
    covered = [(w.recording.start.utc, w.recording.end_utc) for w in upright]
    for w in sideways:
        if not any(start < w.recording.end_utc and w.recording.start.utc < end for start, end in covered):
            found.append(_stretch([w]))
            covered.append((w.recording.start.utc, w.recording.end_utc))
    return tuple(sorted(found, key=lambda s: (s.start_utc, s.recording_ids)))


def _last(waveform: Waveform) -> str:
    return waveform.recording.channel[-1:].upper() or _UP


def _with_sideways(upright: Waveform, sideways: Sequence[Waveform]) -> list[Waveform]:
    """Return the vertical with a north and an east, or alone where either is missing."""
    if _last(upright) != _UP:
        return [upright]
    beside = [_best(upright, [w for w in sideways if _last(w) in letters]) for letters in (_NORTH, _EAST)]
    return [upright, *(w for w in beside if w is not None)] if None not in beside else [upright]


def _best(upright: Waveform, candidates: Sequence[Waveform]) -> Waveform | None:
    """Return the channel of the same instrument that covers the vertical's stretch, same band code first."""
    code = upright.recording.channel[:-1]
    fitting = [w for w in candidates if w.recording.rate_hz == upright.recording.rate_hz and _covers(w, upright)]
    return min(
        fitting, key=lambda w: (w.recording.channel[:-1] != code, w.recording.channel, w.recording.id), default=None
    )


def _covers(w: Waveform, upright: Waveform) -> bool:
    shared = min(w.recording.end_utc, upright.recording.end_utc) - max(
        w.recording.start.utc, upright.recording.start.utc
    )
    return shared.total_seconds() >= SHARED_SHARE * upright.recording.duration_s


def _stretch(group: list[Waveform]) -> StationStretch:
    rate = group[0].recording.rate_hz
    start = max(w.recording.start.utc for w in group)
    skips = [round((start - w.recording.start.utc).total_seconds() * rate) for w in group]
    n = min(len(w.samples) - k for w, k in zip(group, skips, strict=True))
    return StationStretch(
        start_utc=start,
        clock_sigma_s=max(w.recording.start.sigma_s for w in group),
        rate_hz=rate,
        unit=group[0].recording.unit,
        samples=np.stack([w.samples[k : k + n] for w, k in zip(group, skips, strict=True)]),
        recording_ids=tuple(w.recording.id for w in group),
    )
