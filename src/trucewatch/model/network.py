"""The sensors that watch, where they stand, how well they hear and when they could."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.instant import Interval
from trucewatch.model.place import Place
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

    def state_at(self, moment_interval: Interval) -> SensorState:
        """Worst state that touches an interval (half-open); operational where nothing is said."""
        for h in self.health:
            if h.state is not SensorState.OPERATIONAL and h.time.overlap_s(moment_interval) > 0:
                return h.state
        if self.watch and not any(w.overlap_s(moment_interval) > 0 for w in self.watch):
            return SensorState.NOT_TASKED
        return SensorState.OPERATIONAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """All sensors of a mission."""

    sensors: tuple[Sensor, ...]

    def sensor(self, sensor_id: str) -> Sensor | None:
        """Find a sensor by its id, or the array that an element id belongs to."""
        for s in self.sensors:
            if s.id == sensor_id or any(e.id == sensor_id for e in s.elements):
                return s
        return None
