"""What a sensor, an algorithm or a monitor says is present: the noun that leaves `detect`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from trucewatch.model.count import Count
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import (
    Cause,
    Description,
    Means,
    ObservationType,
    ObserverKind,
    Wave,
    WeaponClass,
)


class DetectionKind(StrEnum):
    """Which measurements a detection carries."""

    ONSET = "onset"
    """arrival time of an impulse at one sensor"""
    ARRIVAL = "arrival"
    """plane wave across an array: time, back azimuth, trace velocity"""
    FIRE = "fire"
    """cluster of satellite fire pixels: footprint and interval"""
    REPORT = "report"
    """a monitor's line: sector, range band, interval, count"""
    SIGHTING = "sighting"
    """seen by a camera, a radar, a drone or a transponder at one moment: bearing, elevation, range or place, as far as
    measured"""
    CHANGE = "change"
    """difference between two images of a place: footprint, and the hours or days between the two"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One number that made the claim."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveProbability:
    """One entry of what an onset or arrival may be, by the path it took."""

    wave: Wave
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseProbability:
    """One entry of what may have made it."""

    cause: Cause
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BearingMode:
    """One of several directions that the same data allow, as the mirror image of a line of sensors."""

    bearing_deg: float
    bearing_sigma_deg: float
    trace_velocity_m_s: float
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One claim of one sensor; fields that its kind does not measure are None."""

    id: str
    kind: DetectionKind
    sensor_id: str
    """the network's name; for a satellite its name; for a monitor the post or patrol"""
    observer_kind: ObserverKind
    means: Means
    method: str
    """algorithm and version"""
    observation_ids: tuple[str, ...]
    """what it was made from: observation ids, or "input-id#row" for a row of a table"""
    observation_type: ObservationType
    description: Description = Description.UNDETERMINED
    time: Instant
    """onset or centre"""
    interval: Interval | None = None
    """where the detection has a length"""
    origin: Place | None
    """where the sensor stood"""
    place: Place | None = None
    """where the thing is, for detections that see it directly (a fire's footprint)"""
    bearing_deg: float | None = None
    """from the sensor to the source"""
    bearing_sigma_deg: float | None = None
    bearings_deg: tuple[float, ...] = ()
    """a monitor's several directions"""
    bearing_half_width_deg: float | None = None
    range_m: tuple[float, float] | None = None
    trace_velocity_m_s: float | None = None
    trace_velocity_sigma_m_s: float | None = None
    count: Count
    weapon_class: WeaponClass = WeaponClass.NOT_KNOWN
    weapon_text: str = "N/K"
    event_location_text: str = ""
    text: str = ""
    snr_db: float | None = None
    p_false: float
    """probability that nothing of this kind was there"""
    group: str | None = None
    """detections that their own network had joined already"""
    features: tuple[Feature, ...] = ()
    waves: tuple[WaveProbability, ...] = ()
    """largest first, sums to 1; empty where the method does not say"""
    causes: tuple[CauseProbability, ...] = ()
    """largest first, sums to 1; empty where the method does not say"""
    bearing_modes: tuple[BearingMode, ...] = ()
    """all directions, the stated bearing first, where there is more than one"""
    blast_after_shock_s: float | None = None
    """muzzle blast after ballistic shock wave at this sensor: needs no common clock"""
    blast_after_shock_sigma_s: float | None = None
    band_hz: tuple[float, float] | None = None
    """in which it was found, where that is one band"""
    interval_text: str = ""
    """local time as a person recorded it"""
    elevation_deg: float | None = None
    """from the sensor to what it saw, above the horizon"""
    elevation_sigma_deg: float | None = None
    track_ref: str = ""
    """the sensor's own number for one thing that it follows; "" where it does not follow"""
    identity_ref: str = ""
    """what a thing says of itself (aircraft address, vessel or drone number); never of a person"""
    log_ratio: float | None = None
    """log of how much likelier the data are with the thing than without, where the method says"""
    unsigned_node: str = ""
    """name of the sensor's own computer, where it sent this without a signature that could be checked; "" otherwise"""
