"""Which sense each kind of sensor listens with, and how well one sensor does."""

from __future__ import annotations

from dataclasses import replace

from trucewatch.model.network import Sensor
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.physics.detectability import Listener, ListenerKind, reference_listener

SENSE: dict[ObserverKind, ListenerKind] = {
    ObserverKind.ACOUSTIC_SENSOR: "microphone",
    ObserverKind.ACOUSTIC_ARRAY: "microphone",
    ObserverKind.INFRASOUND_ARRAY: "infrasound_array",
    ObserverKind.CAMERA: "camera",
    ObserverKind.PATROL: "patrol",
    ObserverKind.STATIC_POST: "patrol",
}
"""LIMIT: drones, radar and satellites have no sensor model yet, and seismic stations have a model but no detector; they
count as effort but add nothing to coverage, and their silence says nothing."""

LISTENING = frozenset({SensorState.OPERATIONAL, SensorState.DEGRADED})
"""states in which a sensor can notice something
LIMIT: a degraded sensor counts as a whole one until its measured noise is taken in."""


def listener_of(sensor: Sensor) -> Listener | None:
    """Return how a sensor listens, with its own noise where that is known; None for kinds without a model."""
    sense = SENSE.get(sensor.kind)
    if sense is None:
        return None
    listener = reference_listener(sense)
    if sensor.noise_level_db is not None:
        listener = replace(listener, noise_level_db=sensor.noise_level_db)
    return replace(listener, n_elements=len(sensor.elements)) if sensor.elements else listener
