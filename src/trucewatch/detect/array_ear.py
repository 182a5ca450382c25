"""An array listened to as the blocks of its elements come."""

from __future__ import annotations

from trucewatch.detect.array_listener import ArrayListener, stream_settings
from trucewatch.detect.listened import Listened
from trucewatch.detect.live_pieces import unheard_block
from trucewatch.model.mission import DetectSettings
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Recording, Waveform


class ArrayEar:
    """Listens to one array."""

    def __init__(self, sensor: Sensor, settings: DetectSettings) -> None:
        """Start with nothing heard."""
        self._sensor, self._settings = sensor, settings
        self._listener: ArrayListener | None = None
        self._rate_hz = 0.0

    def hear(self, block: Waveform) -> Listened:
        """Take the next block of one element."""
        recording = block.recording
        if self._listener is None:
            try:
                self._begin(recording)
            except ValueError as error:
                return unheard_block(self._sensor, recording, str(error))
        if recording.rate_hz != self._rate_hz or self._listener is None:
            return unheard_block(self._sensor, recording, f"the other elements have {self._rate_hz:g}")
        try:
            return self._listener.feed(recording.sensor_id, recording.start.utc, block.samples)
        except (ValueError, KeyError) as error:
            return unheard_block(self._sensor, recording, str(error))

    def close(self) -> Listened:
        """Return what was still open."""
        listener, self._listener = self._listener, None
        return Listened() if listener is None else listener.flush()

    def _begin(self, recording: Recording) -> None:
        self._rate_hz = recording.rate_hz
        known = stream_settings(self._settings, self._sensor, live=True)
        self._listener = ArrayListener(
            self._sensor, recording.rate_hz, recording.start.utc, known, clock_sigma_s=recording.start.sigma_s
        )
