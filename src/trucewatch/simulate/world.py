"""What is made to happen: a scenario, and the events that a seed makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from trucewatch.geo.geodesic import from_azimuthal
from trucewatch.model.vocabulary import ObservationType

_GUNS = frozenset({"small_arms", "heavy_machine_gun"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A day of acoustic nodes over a plain, and what happens around them."""

    name: str = "nodes"
    start_utc: datetime = datetime(2025, 8, 13, 16, 30, tzinfo=UTC)
    hours: float = 24.0
    lon_deg: float = 37.7
    """middle of the nodes"""
    lat_deg: float = 48.1
    n_east: int = 5
    n_north: int = 4
    spacing_m: float = 1500.0
    jitter_m: float = 300.0
    """how far nodes stand from a regular grid"""
    n_events: int = 40
    sources: tuple[str, ...] = ("small_arms", "mortar_82", "artillery_152")
    """reference sources of the physics, taken in turn"""
    max_rounds: int = 4
    round_gap_s: tuple[float, float] = (1.0, 8.0)
    position_sigma_m: float = 2.5
    """error of a node's reported position"""
    clock_sigma_s: float = 0.003
    pick_sigma_s: float = 0.002
    path_excess_sigma_m: float = 6.6
    """extra path of an arrival, the size of a normal number with this sigma, its own at each node and event; it
    scatters by 0.6 of it, which is what fusion's prior holds"""
    shift_sigma_m: float = 2.2
    """how far the ground makes a source seem to stand elsewhere, the same for all nodes and rounds of an event"""
    echo_share: float = 0.15
    """share of arrivals that are followed by an echo which is taken for an onset"""
    false_per_hour: float = 2.0
    """false onsets of each node"""
    outage_share: float = 0.2
    """share of nodes that are down for a quarter of the time"""
    noise_level_db: float = 50.0
    temperature_c: float = 18.0
    temperature_sigma_c: float = 2.0
    """how far the reported temperature is off"""
    wind_m_s: float = 3.0
    wind_from_deg: float = 290.0
    wind_sigma_m_s: float = 1.0
    """how far each component of the reported wind is off"""
    n_recorded: int = 0
    """nodes whose sound is synthesised, for the first event that any of them hears"""

    def __post_init__(self) -> None:
        """Refuse a scenario without nodes, time or rounds."""
        if min(self.n_east, self.n_north, self.max_rounds) < 1 or self.hours <= 0 or not self.sources:
            raise ValueError("a scenario needs at least one node, one source, one round and some time")

    @property
    def end_utc(self) -> datetime:
        """Return when it ends."""
        return self.start_utc + timedelta(hours=self.hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that truly happened."""

    id: str
    kind: ObservationType
    source: str
    """reference source of the physics"""
    lon_deg: float
    lat_deg: float
    round_times_utc: tuple[datetime, ...]
    """of each round, in order"""

    @property
    def time_utc(self) -> datetime:
        """Return when it began."""
        return self.round_times_utc[0]


def happen(scenario: Scenario, rng: np.random.Generator) -> tuple[Event, ...]:
    """Draw a scenario's events, in time order."""
    starts = np.sort(rng.uniform(60.0, scenario.hours * 3600.0 - 300.0, scenario.n_events))
    return tuple(_event(n, float(at), scenario, rng) for n, at in enumerate(starts))


def _event(n: int, at_s: float, scenario: Scenario, rng: np.random.Generator) -> Event:
    half = np.array([scenario.n_east, scenario.n_north]) * scenario.spacing_m / 2
    lon, lat = from_azimuthal(scenario.lon_deg, scenario.lat_deg, rng.uniform(-half, half))
    source = scenario.sources[n % len(scenario.sources)]
    gaps = rng.uniform(*scenario.round_gap_s, rng.integers(0, scenario.max_rounds))
    seconds = at_s + np.concatenate(([0.0], np.cumsum(gaps)))
    return Event(
        id=f"event-{n + 1:03d}",
        kind=ObservationType.SHOT if source in _GUNS else ObservationType.EXPLOSION,
        source=source,
        lon_deg=float(lon),
        lat_deg=float(lat),
        round_times_utc=tuple(scenario.start_utc + timedelta(seconds=round(float(s), 6)) for s in seconds),
    )
