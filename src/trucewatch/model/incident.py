"""A cluster of detections believed to be one event, with everything that speaks for and against."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.count import Count
from trucewatch.model.detection import CauseProbability, Feature
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Description, ObservationType, Relation, SensorState, Standing, WeaponClass


@dataclass(frozen=True, slots=True, kw_only=True)
class KindProbability:
    """One entry of the posterior over kinds."""

    kind: ObservationType
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """One detection and what it did to the incident."""

    detection_id: str
    sensor_id: str
    used: bool
    """False where it belongs but bent nothing (an outlier, a duplicate)"""
    residual_s: float | None
    """observed minus predicted arrival time"""
    residual_sigma_s: float | None
    residual_deg: float | None
    """observed minus predicted bearing"""
    log_odds: float
    """what it added to the log-odds of existence"""
    counted: bool
    """False where its count is already in another's ("heard and seen is one")"""
    reason: str
    """why it belongs, and why it is or is not counted, in plain words"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """One sensor of the network that reported nothing of it."""

    sensor_id: str
    p_detect: float
    """probability that it would have detected it, given its state"""
    state: SensorState
    log_odds: float
    """what its silence took from the log-odds; 0 where it could not listen"""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """How large an explosion was, as TNT that would sound alike; from sound alone an order of magnitude."""

    low_kg: float
    """95 per cent interval, lower end"""
    best_kg: float
    """median"""
    high_kg: float
    """95 per cent interval, upper end"""
    features: tuple[Feature, ...]
    """what it was estimated from"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeaponProbability:
    """One entry of the posterior over classes of weapon; not_known stands for all that the evidence leaves open."""

    weapon_class: WeaponClass
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One shot or explosion of an incident, located by itself."""

    time: Instant
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceMode:
    """One of several places that the detections of an incident fit."""

    place: Place
    p: float
    """of this place among those stated"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another incident that this one belongs with."""

    relation: Relation
    incident_id: str
    p: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """What the incident would be without one owner's sensors, or without one sensor."""

    left_out: str
    """owner or sensor id"""
    is_owner: bool
    p_exists: float
    moved_m: float | None
    """how far the place would move; None where there is no place, or none is left"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another explanation of the same detections: one event heard twice, or two events."""

    text: str
    log_odds: float
    """of this explanation against the one taken; negative where it is less likely"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """One more observation that would settle most."""

    text: str
    """which sensor, satellite pass or visit, and of what question"""
    gain_bits: float
    """expected fall of the entropy of existence or kind"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One event as believed at one revision."""

    id: str
    revision: int
    """1 for the first; a later one supersedes"""
    kinds: tuple[KindProbability, ...]
    """posterior, largest first, sums to 1"""
    description: Description
    place: Place | None
    """None where only a bearing or a sector is known"""
    place_method: str
    """how it was located, in plain words"""
    sector: Sector | None = None
    """where only a direction is known"""
    time: Instant
    """of the event itself, not of its arrival"""
    interval: Interval
    """what its detections cover"""
    count: Count
    weapon_class: WeaponClass
    weapon_text: str
    p_exists: float
    owners: tuple[str, ...]
    """owners of the sensors that support it"""
    supports: tuple[Support, ...]
    silences: tuple[Silence, ...]
    rationale: tuple[str, ...]
    """one sentence a step: what was joined and why"""
    method: str
    """fusion and its version"""
    weapon_classes: tuple[WeaponProbability, ...] = ()
    """posterior, largest first, sums to 1; empty where nothing was heard that could say"""
    weapon_features: tuple[Feature, ...] = ()
    """what the posterior over weapons was made from"""
    causes: tuple[CauseProbability, ...] = ()
    """warlike and other causes, largest first, sums to 1; empty where the detections do not say"""
    charge: Charge | None = None
    rounds: tuple[Round, ...] = ()
    """each round by itself, in time order, where they were located one by one"""
    links: tuple[Link, ...] = ()
    influences: tuple[Influence, ...] = ()
    """leave-one-owner-out, then leave-one-sensor-out for the sensors that matter most"""
    alternatives: tuple[Alternative, ...] = ()
    """likeliest first"""
    deciders: tuple[Decider, ...] = ()
    """most telling first"""
    held_below: str = ""
    """why it stays an indication, however probable it is ("all sensors are of one owner"); "" where it does not"""
    place_modes: tuple[PlaceMode, ...] = ()
    """where several places fit, likeliest first, sums to 1; the place is then the one region that covers them"""
    standing: Standing = Standing.INDICATION
    """how far it stands without any one owner; the rungs above are people's"""
    others_silent: float = 0.0
    """where one owner's sensors alone placed it: part of the log-odds that the silence of others' sensors took, over
    all sizes of source; 0 where others share it"""
    owner_doubt: float = 0.0
    """part of the log-odds that was taken because that owner's events do not agree with others', 0 or less"""

    @property
    def kind(self) -> ObservationType:
        """The most probable kind."""
        return self.kinds[0].kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """A direction from a known point, where the range is not known or is a wide band."""

    origin: Place
    bearing_deg: float
    half_width_deg: float
    range_m: tuple[float, float] | None
