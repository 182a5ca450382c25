"""The sensors that watch, where they stand, how well they hear and when they could."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.place import Place
from trucewatch.model.trouble import Trouble
from trucewatch.model.vocabulary import ObserverKind, SensorState


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """State of a sensor over an interval."""

    time: Interval
    state: SensorState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One sensor of an array."""

    id: str
    place: Place
    channel: str = ""


ARRAY_ELEMENTS = 3
"""from how many elements a sensor listens as an array: a plane wave's direction and speed are two unknowns"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """One sensor, array, post or camera."""

    id: str
    kind: ObserverKind
    owner: str
    """who operates it: independence of sources is counted by owner"""
    place: Place
    """with the error of its own position"""
    clock_sigma_s: float
    calibration_pa_per_count: float | None = None
    """None: samples are in counts of unknown size"""
    noise_level_db: float | None = None
    """usual background, dB re 20 uPa in its band; None: the kind's reference value"""
    elements: tuple[Element, ...] = ()
    """of an array"""
    health: tuple[Health, ...] = ()
    """known in advance or from health reports; where nothing is said it was operational"""
    watch: tuple[Interval, ...] = ()
    """when it was tasked; empty: always"""
    node_key: str | None = None
    """verifier key (C2SP signed note) of the computer beside it; None: what it sends need not be signed"""
    sends_clips: bool = False
    """it listens all the time and sends only short recordings around what it noticed; False: it sends all it records"""
    recorded: tuple[Interval, ...] | None = None
    """when the recordings that came in were made, in order, apart, all ends known; None: what came in does not tell
    when it listened, because it sends none, or clips, or finds sounds itself"""
    listening: tuple[Listening, ...] = ()
    """how well it listened, by start; no two overlap"""
    calibration_m_s_per_count: float | None = None
    """of a seismic station, metres per second of ground velocity; None: counts of unknown size"""
    troubles: tuple[Trouble, ...] = ()
    """what kept it from listening or from giving all that it heard, by start"""

    @property
    def is_array(self) -> bool:
        """Whether it has elements enough to hear a direction."""
        return len(self.elements) >= ARRAY_ELEMENTS

    def state_at(self, moment_interval: Interval) -> SensorState:
        """Worst state that touches an interval (half-open); operational where nothing is said.

        Of one that sends all it records, most of the interval must have been recorded.
        """
        for h in self.health:
            if h.state is not SensorState.OPERATIONAL and h.time.overlap_s(moment_interval) > 0:
                return h.state
        if self.watch and not any(w.overlap_s(moment_interval) > 0 for w in self.watch):
            return SensorState.NOT_TASKED
        if self.recorded is not None and 2.0 * self._recorded_s(moment_interval) < moment_interval.duration_s:
            return SensorState.NON_OPERATIONAL
        return SensorState.OPERATIONAL

    def listening_at(self, moment: datetime) -> Listening | None:
        """Return how well it listened at a moment; None where nothing was measured."""
        n = bisect_right(self.listening, moment, key=_start_utc)
        found = self.listening[n - 1] if n else None
        return found if found is not None and found.time.contains(moment) else None

    def _recorded_s(self, interval: Interval) -> float:
        spans, first = self.recorded or (), 0
        if interval.start_utc is not None:
            first = max(0, bisect_right(spans, interval.start_utc, key=_begin) - 1)
        total = 0.0
        for span in spans[first:]:
            if interval.end_utc is not None and span.start_utc is not None and span.start_utc >= interval.end_utc:
                break
            total += span.overlap_s(interval)
        return total


def _begin(span: Interval) -> datetime:
    assert span.start_utc is not None  # noqa: S101 - said of Sensor.recorded
    return span.start_utc


def _start_utc(listening: Listening) -> datetime:
    assert listening.time.start_utc is not None  # noqa: S101 - said of Sensor.listening
    return listening.time.start_utc


@dataclass(frozen=True, kw_only=True)
class Network:
    """All sensors of a mission."""

    sensors: tuple[Sensor, ...]

    def sensor(self, sensor_id: str) -> Sensor | None:
        """Find a sensor by its id, or the array that an element id belongs to."""
        return self._by_id.get(sensor_id)

    @cached_property
    def _by_id(self) -> dict[str, Sensor]:
        # Asked for each sensor of each incident: a line of ten thousand is looked through once, so no slots here.
        found: dict[str, Sensor] = {}
        for s in self.sensors:
            for name in (s.id, *(e.id for e in s.elements)):
                found.setdefault(name, s)
        return found
