"""What one observer recorded, immutable: the nouns that leave `observe`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.listening import Listening
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import (
    Description,
    Means,
    ObservationType,
    ObserverKind,
    SensorState,
    WeaponClass,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One gapless stretch of one channel, without its samples."""

    id: str
    input_id: str
    sensor_id: str
    """the network's name of the sensor or of the array element"""
    channel: str
    """channel code as recorded, "" where there is none"""
    start: Instant
    """of the first sample, with the clock's error"""
    rate_hz: float
    n_samples: int
    unit: str
    """unit of the samples after calibration: "Pa", "m/s", or "count" where no calibration is known"""
    n_clipped: int = 0
    """samples at full scale"""

    @property
    def duration_s(self) -> float:
        """Seconds covered."""
        return self.n_samples / self.rate_hz

    @property
    def end_utc(self) -> datetime:
        """The first moment after the last sample."""
        return self.start.utc + timedelta(seconds=self.duration_s)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Waveform:
    """A recording with its samples; never stored, always read again from the input."""

    recording: Recording
    samples: NDArray[np.float64]
    """shape (n_samples,), unit as the recording says; NaN never occurs"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FirePixels:
    """A block of satellite fire detections in columns, each of shape (n,)."""

    input_id: str
    first_row: int
    """row number of the first one in its file (the header is row 1)"""
    row: NDArray[np.int64]
    lon_deg: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    time_s: NDArray[np.float64]
    """overpass, seconds since 1970 UTC; the start of the day where only a date is known"""
    time_sigma_s: NDArray[np.float64]
    """60 for an overpass minute, 86400/sqrt(12) where only a date is known"""
    scan_m: NDArray[np.float64]
    """pixel size across the track; NaN where the file does not say"""
    track_m: NDArray[np.float64]
    """pixel size along the track; NaN where the file does not say"""
    frp_mw: NDArray[np.float64]
    """fire radiative power, MW; NaN where the file does not say"""
    confidence: NDArray[np.float64]
    """0 .. 1 (low .15, nominal .5, high .9; MODIS per cent / 100); NaN where the file does not say"""
    night: NDArray[np.bool_]
    satellite: tuple[str, ...]
    """per row: Terra, Aqua, S-NPP, NOAA-20, NOAA-21, or as written"""
    version: tuple[str, ...]
    """per row, as written ("2.0NRT", "61.03"); "" where the file does not say"""

    def __len__(self) -> int:
        return len(self.lon_deg)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorReport:
    """One line of a human monitor's report, in the grammar of the OSCE SMM."""

    id: str
    input_id: str
    row: int
    """row in its file, the header is row 1"""
    observer_id: str
    """post or patrol, never a person"""
    observer_kind: ObserverKind
    observer_place: Place
    means: Means
    time: Interval
    """when it happened, UTC"""
    time_sigma_s: float
    local_time_text: str
    """as the monitor wrote it, with its zone"""
    observation_type: ObservationType
    description: Description
    count: Count
    range_m: tuple[float, float] | None
    """nearest and farthest; None for an undetermined distance"""
    bearings_deg: tuple[float, ...]
    """from the observer, clockwise from true north; empty where not known; never averaged"""
    bearing_half_width_deg: float
    """half the sector that each direction stands for: 11.25 for one of 16 winds"""
    weapon_class: WeaponClass
    weapon_text: str
    """as written, "N/K" where not known"""
    event_location_text: str
    """as written, for the annex table"""
    text: str
    """verbatim remark"""
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """An onset reported by a sensor that detects at the edge and sends no audio."""

    id: str
    input_id: str
    row: int
    sensor_id: str
    time: Instant
    snr_db: float | None
    level_db: float | None
    """peak level, dB re 20 uPa; None where not calibrated"""
    group: str | None
    """pulses that the sensor's own network assigned to one shot; None where it did not"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a camera, radar, drone or transponder told of one thing at one moment; what it did not tell is None."""

    id: str
    input_id: str
    row: int
    sensor_id: str
    time: Instant
    observation_type: ObservationType
    """what the sensor took it for"""
    bearing_deg: float | None = None
    """from the sensor, clockwise from true north"""
    bearing_sigma_deg: float | None = None
    elevation_deg: float | None = None
    """above the horizon"""
    elevation_sigma_deg: float | None = None
    distance_m: float | None = None
    """straight from the sensor"""
    distance_sigma_m: float | None = None
    place: Place | None = None
    """where the sensor, or the thing itself, says that it was"""
    altitude_m: float | None = None
    """above the ellipsoid"""
    altitude_sigma_m: float | None = None
    speed_m_s: float | None = None
    """over ground"""
    course_deg: float | None = None
    """over ground, clockwise from true north"""
    track_ref: str = ""
    """the sensor's own number of what it follows"""
    identity_ref: str = ""
    """what the thing says of itself; never of a person"""
    p_false: float | None = None
    """probability that nothing of the kind was there, where the sensor says"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageChange:
    """A place that differs between two images, as whoever compared them outlined it."""

    id: str
    input_id: str
    row: int
    sensor_id: str
    """the satellite or drone, by its name"""
    observer_kind: ObserverKind
    """satellite_sar, satellite_optical or a drone"""
    observation_type: ObservationType
    """what the change was taken for"""
    before_utc: datetime
    """of the earlier image"""
    after_utc: datetime
    """of the later image"""
    footprint: tuple[tuple[float, float], ...]
    """closed ring of longitude, latitude"""
    p_false: float
    """probability that nothing of the kind happened there"""
    log_ratio: float | None = None
    """log of how much likelier the two images are with a change than without, where the method says"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeDetection:
    """A detection that a sensor's own computer made; the recording stayed there."""

    id: str
    input_id: str
    row: int
    sensor_id: str
    node: str
    """name of the computer that sent it"""
    detection: Detection
    signed_by: str = ""
    """verifier key that the network names for the sensor, by which the batch was signed; "" where it names none"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """What a sensor could do over an interval, and why."""

    id: str
    input_id: str
    row: int
    sensor_id: str
    time: Interval
    state: SensorState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Surface weather that holds from `time_utc` until the next one."""

    id: str
    input_id: str
    row: int
    time_utc: datetime
    temperature_c: float
    relative_humidity_pct: float | None
    pressure_pa: float | None
    wind_m_s: float | None
    wind_from_deg: float | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A record, or a whole input, that could not be read; its bytes are kept."""

    source: str
    """file as the user knows it"""
    input_id: str
    row: str | None
    """"row 17", "byte 640", or None for the whole input"""
    value: str | None
    expected: str
    raw: bytes
    """the record's bytes, empty where the whole input is kept instead"""


Observation = (
    Waveform
    | FirePixels
    | MonitorReport
    | Pulse
    | Sighting
    | ImageChange
    | EdgeDetection
    | Listening
    | HealthReport
    | Weather
)
"""What a reader yields, beside rejections."""
