"""What listening to recordings gave, and what kept the sensors from it."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.detection import Detection
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Recording
from trucewatch.model.trouble import Trouble, TroubleKind, trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Listened:
    """Detections, and the reasons where there could be none."""

    detections: tuple[Detection, ...] = ()
    unheard: tuple[Trouble, ...] = ()
    """what kept sensors from listening, or from giving all that they heard, each with its time"""
    unreadable: tuple[UnreadableInput, ...] = ()
    """what was taken in and cannot be used as what it is"""
    listening: tuple[Listening, ...] = ()
    """how well the sensors listened"""


def unheard_recording(recording: Recording, sensor: Sensor, why: str) -> Trouble:
    """Say of a recording that no detector could take it."""
    span = Interval(start_utc=recording.start.utc, end_utc=recording.end_utc)
    element = "" if recording.sensor_id == sensor.id else recording.sensor_id
    return unheard_stretch(sensor, span, recording.rate_hz, why, element_id=element)


def unheard_stretch(sensor: Sensor, span: Interval, rate_hz: float, why: str, *, element_id: str = "") -> Trouble:
    """Say of a stretch of time that no detector could take what was recorded in it."""
    return trouble(
        sensor.id,
        TroubleKind.UNHEARD,
        span,
        element_id=element_id,
        what=f"a recording of {rate_hz:g} samples per second could not be listened to",
        meaning=why,
    )
