"""How well one sensor listened in one hour: what its silence is worth."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.instant import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Quality of what one sensor recorded in one interval, measured on the recording itself."""

    id: str
    sensor_id: str
    time: Interval
    """usually one hour of UTC; half-open"""
    recorded_share: float
    """part of the interval that was recorded at all, 0 to 1"""
    usable_share: float
    """part that was recorded and neither dead, clipped nor drowned, 0 to 1"""
    noise_level_db: float | None
    """median background in the sensor's band, dB re 20 uPa (air) or 1 nm (ground); None where the gain is unknown"""
    noise_sigma_db: float | None
    """spread of the background over the interval"""
    clock_offset_s: float | None
    """how far its clock was off the others', positive late; None where nothing could tell"""
    clock_offset_sigma_s: float | None
    clock_drift_s_per_day: float | None
    signs: tuple[str, ...]
    """what does not look right, in words: "same seven seconds recorded twice", "gain fell by 20 dB at 03:12"; empty
    where nothing does"""
    input_ids: tuple[str, ...]
    method: str
    """measure and its version"""
    relative_level_db: float | None = None
    """median background against the sensor's own usual level of the day; known without a calibration too"""
    drowned_minutes: float = 0.0
    """recorded, but so much louder than usual (wind, an engine) that only what is as much louder would be heard"""
