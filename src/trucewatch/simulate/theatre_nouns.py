"""What a theatre is: what stays the same all day, one hour of it, and the day as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trucewatch.model.agreement import NotifiedActivity
from trucewatch.model.network import Network
from trucewatch.model.observation import (
    EdgeDetection,
    FirePixels,
    HealthReport,
    ImageChange,
    MonitorReport,
    Pulse,
    Sighting,
    Weather,
)
from trucewatch.model.truth import TrueEvent
from trucewatch.simulate.contact import Contact
from trucewatch.simulate.fielded import Fielded
from trucewatch.simulate.laws import Laws
from trucewatch.simulate.observers import Watch
from trucewatch.simulate.preset import Preset
from trucewatch.simulate.scene import Scene
from trucewatch.simulate.sky import Sky
from trucewatch.simulate.troubles import Troubles


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Theatre:
    """What stays the same all day."""

    preset: Preset
    seed: int
    laws: Laws
    contact: Contact
    said: Network
    """the network's file"""
    fielded: Fielded
    """with `fielded.network`: the network with all that was reported of its health"""
    troubles: Troubles
    sky: Sky
    weather: tuple[Weather, ...]
    """as reported"""
    health: tuple[HealthReport, ...]
    watch: Watch

    @property
    def scene(self) -> Scene:
        """Return the stage for the schedules."""
        places = [self.said.sensors[n].place for n in self.fielded.microphones.tolist()]
        nodes = np.array([(p.lon_deg, p.lat_deg) for p in places]).reshape(-1, 2)
        return Scene(preset=self.preset, contact=self.contact, nodes=nodes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TheatreHour:
    """What happened, and what was observed, in one hour."""

    hour: int
    truth: tuple[TrueEvent, ...]
    """what began in it, in order"""
    pulses: tuple[Pulse, ...]
    reports: tuple[MonitorReport, ...]
    fires: tuple[FirePixels, ...]
    """one block an overpass"""
    edge: tuple[EdgeDetection, ...]
    """of arrays and seismic stations, which detect beside the sensor"""
    sightings: tuple[Sighting, ...]
    changes: tuple[ImageChange, ...]
    """of what began in it; the images are of the day before and the evening after"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SimulatedTheatre:
    """A whole day with known truth."""

    preset: Preset
    seed: int
    perturb: float
    network: Network
    """with all that was reported of its health"""
    weather: tuple[Weather, ...]
    health: tuple[HealthReport, ...]
    truth: tuple[TrueEvent, ...]
    pulses: tuple[Pulse, ...]
    reports: tuple[MonitorReport, ...]
    fires: tuple[FirePixels, ...]
    edge: tuple[EdgeDetection, ...]
    sightings: tuple[Sighting, ...]
    changes: tuple[ImageChange, ...]
    notified: tuple[NotifiedActivity, ...]
