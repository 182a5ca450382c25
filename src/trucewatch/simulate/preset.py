"""What a theatre is made of: its line, its weather, its network, what happens in it and what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from trucewatch.simulate.terrain import Terrain

ACTIVITIES = (
    "single_shot",
    "burst",
    "salvo",
    "explosion",
    "launch",
    "barrage",
    "uav",
    "aircraft",
    "convoy",
    "fire",
    "demolition",
    "mine_clearance",
    "exercise",
    "thunder",
    "quarry",
    "harvest_fire",
    "fireworks",
    "traffic",
)
"""what a preset may give a rate to; those from thunder on are innocent, the three before them are notified"""
Fault = Literal["jam", "gnss_jam", "spoof", "replay", "clock_jump"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkyPlan:
    """The weather of the day at large."""

    temperature_c: float = 16.0
    """mean of the day"""
    temperature_swing_c: float = 6.0
    """half the difference between the warmest and the coldest hour"""
    wind_m_s: float = 3.0
    wind_from_deg: float = 290.0
    humidity_pct: float = 70.0
    cloud: float = 0.3
    """share of the sky through which no satellite sees the ground"""
    visibility_m: float = 12_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """What stands along the line."""

    n_rows: int = 3
    """rows of acoustic nodes along the line"""
    spacing_m: float = 2_000.0
    """between nodes of a row"""
    row_m: float = 2_500.0
    """between rows"""
    jitter_m: float = 400.0
    owners: tuple[str, ...] = ("mission", "university", "civil-society")
    """operators of nodes, in blocks that alternate, so that neighbours differ"""
    arrays_every_m: float = 30_000.0
    stations_every_m: float = 40_000.0
    cameras_every_m: float = 10_000.0
    radars_every_m: float = 25_000.0
    posts_every_m: float = 10_000.0
    patrols_every_m: float = 15_000.0
    position_sigma_m: float = 2.5
    clock_sigma_s: float = 0.003
    drift_s_per_day: float = 0.001
    pick_sigma_s: float = 0.002
    noise_level_db: float = 52.0
    false_per_hour: float = 1.5
    echo_share: float = 0.15
    """of onsets that are followed by an echo which is taken for an onset"""
    dead_time_s: float = 0.1
    """in which a node gives no second onset"""
    most_per_minute: int = 120
    """onsets that a node's link carries"""
    outage_share: float = 0.1
    """of sensors that are out for a quarter of the day"""
    dead_share: float = 0.0
    """of sensors that are out all day"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A kind of day."""

    name: str
    summary: str
    start_utc: datetime = datetime(2025, 8, 13, 0, 0, tzinfo=UTC)
    hours: int = 24
    time_zone: str = "Europe/Kyiv"
    """in which monitors write"""
    lon_deg: float = 37.7
    """middle of the line, which is made up"""
    lat_deg: float = 48.1
    bearing_deg: float = 25.0
    length_m: float = 40_000.0
    buffer_m: float = 7_500.0
    """half the width of the zone along the line"""
    terrain: Terrain = field(default_factory=Terrain)
    sky: SkyPlan = SkyPlan()
    network: NetworkPlan = NetworkPlan()
    per_day: Mapping[str, float] = field(default_factory=dict)
    """expected number of each activity on 40 km of line in 24 hours; longer lines have more"""
    barrage_rounds: int = 3_000
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a theatre that cannot be.

        Raises:
            ValueError: an unknown activity, no time, or no line.
        """
        unknown = sorted(set(self.per_day) - set(ACTIVITIES))
        if unknown:
            raise ValueError(f"unknown activity {', '.join(unknown)}: expected some of {', '.join(ACTIVITIES)}")
        if self.hours < 1 or self.length_m <= 0.0 or self.barrage_rounds < 1:
            raise ValueError("a theatre needs an hour, a line and rounds at least")

    def expected(self, activity: str) -> float:
        """Return how many of an activity an hour of this theatre sees."""
        return self.per_day.get(activity, 0.0) * self.length_m / 40_000.0 / 24.0
