"""What truly happened, and what any system claims of it: the two sides of a score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trucewatch.model.count import Count
from trucewatch.model.incident import KindProbability
from trucewatch.model.instant import Instant
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Cause, ObservationType


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEvent:
    """One thing that truly happened, of a simulated day or a test with known truth."""

    id: str
    kind: ObservationType
    label: str
    """what made it, in the scenario's words: "mortar_120", "thunder", "harvest fire" """
    cause: Cause
    innocent: bool
    """thunder, quarry, fireworks, traffic, harvest: to claim it as a violation is a false alarm"""
    notified: bool
    """announced beforehand by who did it"""
    start_utc: datetime
    end_utc: datetime
    """of the last round, or when it stopped burning or moving"""
    lon_deg: float
    lat_deg: float
    sigma_m: float
    """error of the truth itself; 0 in a simulation"""
    count: int
    """rounds, explosions, vehicles"""
    size: str
    """small, medium, large: what scores are split by"""
    side: str = ""
    """side of origin, "" where it has none"""
    zone: str = ""
    """zone of the agreement that it lay in, "" where in none"""
    launch_lon_deg: float | None = None
    """where its rounds were fired, if elsewhere"""
    launch_lat_deg: float | None = None
    n_sensors: int | None = None
    """how many sensors had a true detection of its best observed part; None where not known"""
    path: tuple[tuple[datetime, float, float, float], ...] = ()
    """of something that moves: time, longitude, latitude, altitude in metres"""
    kind_known: bool = True
    """False where the truth does not say what it was: `kind` is then a stand-in and is not scored"""
    window_s: float = 0.0
    """how far start and end may themselves be off"""
    spread_m: float = 0.0
    """how far its rounds lie from its place, standard deviation east and north: k of them are, on average, this over
    the root of k from it"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a system, ours or another, says happened."""

    id: str
    time: Instant
    place: Place | None
    """None where it gives no place"""
    p_exists: float
    kinds: tuple[KindProbability, ...] = ()
    """largest first"""
    count: Count | None = None
    zones: tuple[tuple[str, float], ...] = ()
    """zone and the probability that it lay in it"""
    sides: tuple[tuple[str, float], ...] = ()
    """side of origin and its probability; what is missing to one is undetermined"""
    attributed: str = ""
    """side that it names, "" where it names none"""
    first_claimed_utc: datetime | None = None
    """when it could first be known; None where the system does not say"""
    p_innocent: float | None = None
    """probability that it was nothing that breaks an agreement (thunder, quarry, traffic); None where not said"""
