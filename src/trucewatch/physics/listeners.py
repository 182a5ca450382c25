"""Which sense each kind of sensor listens with, and how well one sensor does."""

from __future__ import annotations

from dataclasses import replace

from trucewatch.model.listening import Listening
from trucewatch.model.network import Sensor
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.physics.detectability import Listener, ListenerKind, reference_listener

SENSE: dict[ObserverKind, ListenerKind] = {
    ObserverKind.ACOUSTIC_SENSOR: "microphone",
    ObserverKind.ACOUSTIC_ARRAY: "microphone",
    ObserverKind.INFRASOUND_ARRAY: "infrasound_array",
    ObserverKind.SEISMIC_STATION: "seismometer",
    ObserverKind.CAMERA: "camera",
    ObserverKind.PATROL: "patrol",
    ObserverKind.STATIC_POST: "patrol",
}
"""LIMIT: drones, radar and satellites have no sensor model yet; they count as effort but add nothing to coverage, and
their silence says nothing."""

LISTENING = frozenset({SensorState.OPERATIONAL, SensorState.DEGRADED})
"""states in which a sensor can notice something
LIMIT: a degraded sensor counts as a whole one in hours in which its noise was not measured."""

_PEAK_OF_OCTAVE_DB = 4.0
"""from the level over the five octaves to the peak in one of them, as a microphone's listener is meant: an octave has a
fifth of the power (-7 dB), and the largest of a second's values of Gaussian noise stands 11 dB above its level"""
_LEAST_NOISE_SIGMA_DB = 2.0
"""the noise of one place stands for that at the ear of the sensor no better"""


_SINGLE_SNR_DB = 15.0
"""peak above background at which a single channel's trigger notices half of all onsets: of 40 made events at each
level three in ten at 14 dB, two in three at 15 and all at 17. With three components in the ground it is 16 dB: one in
five at 15 dB, seven in ten at 17"""


def listener_of(sensor: Sensor, measured: Listening | None = None) -> Listener | None:
    """Return how a sensor listens; None for kinds without a model.

    Args:
        sensor: its kind, its elements and its usual noise where that is stated.
        measured: of the hour in question. Its noise replaces what is usual; without a calibration, by how much the hour
            was louder than usual. Even decibels, for no calibration is better: many hours share one listener.

    Clips are no measure of what is usual, for they were sent because of what is in them.
    """
    sense = SENSE.get(sensor.kind)
    if sense is None:
        return None
    listener = reference_listener(sense)
    if sensor.noise_level_db is not None:
        listener = replace(listener, noise_level_db=sensor.noise_level_db)
    if measured is not None and not sensor.sends_clips:
        listener = _as_measured(listener, measured)
    if sense == "infrasound_array" and not sensor.is_array:
        return replace(listener, n_elements=1, threshold_snr_db=_SINGLE_SNR_DB)
    if sense == "seismometer":
        # Elements in the ground trigger one by one; what they gain together is direction.
        return listener
    return replace(listener, n_elements=len(sensor.elements)) if sensor.elements else listener


def usable_part(sensor: Sensor, measured: Listening | None) -> float:
    """Return the part of the time in which a sensor counts as listening that it really could hear in, 0 .. 1.

    What was not recorded at all is known to the moment where a sensor sends all it records; else it counts here.
    """
    if measured is None or sensor.sends_clips:
        return 1.0
    if sensor.recorded is None:
        return measured.usable_share
    return min(1.0, measured.usable_share / measured.recorded_share) if measured.recorded_share > 0.0 else 0.0


def _as_measured(listener: Listener, measured: Listening) -> Listener:
    level, spread = listener.noise_level_db, listener.noise_sigma_db
    if measured.noise_level_db is not None:
        level = measured.noise_level_db + (_PEAK_OF_OCTAVE_DB if listener.kind == "microphone" else 0.0)
        spread = max(_LEAST_NOISE_SIGMA_DB, measured.noise_sigma_db or 0.0)
    elif measured.relative_level_db is not None:
        level += measured.relative_level_db
    return replace(listener, noise_level_db=2.0 * round(level / 2.0), noise_sigma_db=2.0 * round(spread / 2.0))
