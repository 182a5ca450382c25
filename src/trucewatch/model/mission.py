"""What a mission says about itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

BeamMethod = Literal["bartlett", "capon", "music", "trimmed_squares"]
"""how the direction of a wave is found at an array"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissionArea:
    """Box that every place of the mission lies in."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float

    def contains(self, lon_deg: float, lat_deg: float) -> bool:
        """Say whether a point lies in the box (edges included)."""
        return self.west_deg <= lon_deg <= self.east_deg and self.south_deg <= lat_deg <= self.north_deg


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A known event, for missions that replay a test; never used by the processing."""

    id: str
    lon_deg: float
    lat_deg: float
    sigma_m: float
    time_utc: datetime | None
    window_s: float
    """how far from time_utc an incident may lie to be compared with it"""
    count: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectSettings:
    """Which listening is done on the mission's recordings."""

    array_band_hz: tuple[float, float] = (0.5, 5.0)
    array_window_s: float = 10.0
    array_step_s: float = 5.0
    use_edge_pulses: bool = True
    """take pulses that sensors detected themselves; False: only our own picks"""
    array_method: BeamMethod = "bartlett"
    array_clock_sigma_s: float = 0.0
    """error of one element's clock against another's, beyond 3 ms and what the files' start times leave open"""
    array_false_alarms_per_day: float = 0.1
    """an arrival is given when noise makes such a one at most this often"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundLayer:
    """One layer of the ground, from its top down to the next one's."""

    top_m: float
    """depth of its top below the surface"""
    p_m_s: float
    """speed of compressional waves"""
    s_m_s: float
    """speed of shear waves"""

    def __post_init__(self) -> None:
        """Refuse a layer that cannot be.

        Raises:
            ValueError: a depth above the surface or a speed that no ground has.
        """
        if not (self.top_m >= 0.0 and 0.0 < self.s_m_s < self.p_m_s < 20_000.0):
            raise ValueError(f"layer at {self.top_m!r} m: expected depth >= 0 and 0 < s_m_s < p_m_s < 20000")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathReach:
    """In which season, direction of travel and distance something is known of the paths of sound."""

    months: tuple[int, ...] = ()
    """1 to 12, in which it holds; empty: all year"""
    toward_deg: tuple[float, ...] = ()
    """first and last direction in which the sound travels, clockwise; empty: all"""
    from_m: float = 0.0
    to_m: float = math.inf
    """half-open span of distances in which it holds"""

    def holds(self, month: int | None, toward_deg: float | None) -> bool:
        """Say whether it holds in a month and a direction of travel; None: in no particular one."""
        if self.months and month not in self.months:
            return False
        if not self.toward_deg:
            return True
        first, last = self.toward_deg
        return toward_deg is not None and (toward_deg - first) % 360.0 <= (last - first) % 360.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CelerityPrior(PathReach):
    """One part of a mission's own infrasound celerities (horizontal distance over travel time)."""

    label: str
    celerity_m_s: float
    sigma_m_s: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BearingTurn(PathReach):
    """By how much the winds of a season turn the bearings of infrasound."""

    turn_deg: float
    """heard minus true, clockwise"""
    sigma_deg: float
    """standard deviation of the turn from day to day and station to station"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mission:
    """Name, area, clock and habits of a mission."""

    id: str
    name: str
    purpose: str
    area: MissionArea
    time_zone: str
    """IANA name"""
    reporting_time: str
    """"19:30": local time at which a reporting day ends"""
    languages: tuple[str, ...]
    names_file: str | None = None
    """CSV of places for place phrases, relative to the mission folder"""
    demonstration: bool = False
    """True: signed with a key that anyone can make; integrity only"""
    clock_utc: datetime | None = None
    """a replayed mission's "now"; None: the real clock"""
    temperature_c: float = 10.0
    """where no weather was taken in"""
    temperature_sigma_c: float = 8.0
    disclaimer: str = ""
    attribution: tuple[str, ...] = ()
    """sources that must be named with the data"""
    detect: DetectSettings = DetectSettings()
    ground_layers: tuple[GroundLayer, ...] = ()
    """from the surface down; empty: the continental average"""
    ground_share: float | None = None
    """standard error of travel times in these layers as a share of the time; None: that of the average"""
    celerities: tuple[CelerityPrior, ...] = ()
    """the mission's own infrasound celerities; empty: the built-in mixture"""
    bearing_turns: tuple[BearingTurn, ...] = ()
    """what the mission knows of how winds turn bearings; empty: the built-in spread"""
    classifier_file: str | None = None
    """model of sounds, relative to the mission folder"""
