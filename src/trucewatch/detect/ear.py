"""What listens to a sensor as its sound comes: the detectors that files go through, fed block by block."""

from __future__ import annotations

from trucewatch.detect import microphone_ear, station_ear
from trucewatch.detect.acoustic import MICROPHONES
from trucewatch.detect.array_ear import ArrayEar
from trucewatch.detect.array_listener import stream_settings
from trucewatch.detect.listened import Listened
from trucewatch.detect.live_pieces import unheard_block
from trucewatch.detect.microphone_ear import MicrophoneEar
from trucewatch.detect.station_ear import StationEar
from trucewatch.detect.stations import infrasound_onsets, seismic_onsets
from trucewatch.model.mission import DetectSettings
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Waveform
from trucewatch.model.vocabulary import ObserverKind


class DeafEar:
    """Says once that there is no detector for a kind of sensor."""

    def __init__(self, sensor: Sensor) -> None:
        """Name the sensor."""
        self._sensor, self._said = sensor, False

    def hear(self, block: Waveform) -> Listened:
        """Say so at the first block."""
        said, self._said = self._said, True
        return Listened() if said else unheard_block(self._sensor, block.recording, "there is no detector for its kind")

    def close(self) -> Listened:
        """Have nothing left."""
        return Listened()


def held_s(sensor: Sensor, settings: DetectSettings) -> float:
    """Return how much of a sensor's latest sound its ear may still need, to give all and hear it as it would have."""
    if sensor.kind is ObserverKind.SEISMIC_STATION:
        return station_ear.HELD_S
    if sensor.is_array:
        known = stream_settings(settings, sensor, live=True)
        window = known.bands[0].window_s + known.batch_windows * known.bands[0].step_s
        return known.arrivals.history_s + known.max_wait_s + window
    return microphone_ear.HELD_S if sensor.kind in MICROPHONES else station_ear.HELD_S


def ear_of(sensor: Sensor, settings: DetectSettings) -> MicrophoneEar | ArrayEar | StationEar | DeafEar:
    """Return what listens to a sensor."""
    if sensor.kind is ObserverKind.SEISMIC_STATION:
        return StationEar(sensor, seismic_onsets)
    if sensor.is_array:
        return ArrayEar(sensor, settings)
    if sensor.kind in MICROPHONES:
        return MicrophoneEar(sensor)
    if sensor.kind is ObserverKind.INFRASOUND_ARRAY:
        return StationEar(sensor, infrasound_onsets)
    return DeafEar(sensor)
