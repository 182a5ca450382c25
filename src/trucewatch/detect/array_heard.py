"""How an array is listened to block by block, and what has been heard of it so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from trucewatch.detect.array_channels import ChannelFault
from trucewatch.detect.arrivals import Arrival, ArrivalSettings
from trucewatch.detect.beam_windows import BeamWindows, in_order
from trucewatch.detect.persistent import PersistentSettings, PersistentSource
from trucewatch.detect.steering import BeamSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """How an array is listened to."""

    bands: tuple[BeamSettings, ...] = field(default_factory=lambda: (BeamSettings(),))
    """The beams of each band; windows and steps must be the same. The first is the widest: clocks are judged in it."""
    arrivals: ArrivalSettings = field(default_factory=ArrivalSettings)
    persistent: PersistentSettings = field(default_factory=PersistentSettings)
    batch_windows: int = 256
    """Windows beamformed together. Live listening takes few, for a batch is given when it is full; an archive many."""
    max_wait_s: float = 300.0
    """How far an element may lag behind the others before they go on without it, in recorded time."""

    def __post_init__(self) -> None:
        """Refuse settings that describe no stream."""
        if not self.bands or len({(b.window_s, b.step_s) for b in self.bands}) != 1:
            raise ValueError("need at least one band, all with the same window_s and step_s")
        if self.batch_windows < 1 or self.max_wait_s < 0:
            raise ValueError("need batch_windows >= 1 and max_wait_s >= 0")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Heard:
    """What has become final; times in seconds from the start of the stream."""

    arrivals: tuple[Arrival, ...] = ()
    persistent: tuple[PersistentSource, ...] = ()
    """lasting sources that have begun (end_s None) or ended"""
    faults: tuple[ChannelFault, ...] = ()
    beams: tuple[BeamWindows, ...] = ()
    """of each band, of the windows done now; empty where none was done"""
    n_windows: int = 0
    """windows that elements at three places or more covered"""


def together(parts: Sequence[Heard]) -> Heard:
    """Return what several steps of a stream gave as one, the beams of each band in a row."""
    done = [p.beams for p in parts if p.beams]
    return Heard(
        arrivals=tuple(a for p in parts for a in p.arrivals),
        persistent=tuple(s for p in parts for s in p.persistent),
        faults=tuple(f for p in parts for f in p.faults),
        beams=tuple(in_order(band) for band in zip(*done, strict=True)) if done else (),
        n_windows=sum(p.n_windows for p in parts),
    )
