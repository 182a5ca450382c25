"""The terms that the parties agreed, as data."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.instant import Interval
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObservationType, WeaponClass

Ring = tuple[tuple[float, float], ...]
"""closed ring of (lon_deg, lat_deg), first equals last"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side, named as the agreement names it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A named line."""

    id: str
    name: str
    coordinates: tuple[tuple[float, float], ...]
    """(lon_deg, lat_deg), in its direction"""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A named area: rings, or everything within a distance of a line."""

    id: str
    name: str
    rings: tuple[Ring, ...] = ()
    """outer rings (a zone may have several parts)"""
    holes: tuple[Ring, ...] = ()
    line_id: str | None = None
    """for a zone by distance"""
    within_m: float | None = None
    """distance on each side of that line"""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWord:
    """A word that the text leaves open, with each party's reading."""

    word: str
    readings: tuple[tuple[str, str], ...]
    """(party id, its reading)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRule:
    """What takes an act out of a prohibition, and the evidence that it needs."""

    kind: str
    """"notified_activity" or "needs_ruling" """
    activities: tuple[str, ...]
    """kinds of notified activity that are accepted"""
    min_notice_s: float
    """how long before it must have been notified"""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One clause: what is prohibited, to whom, where, when, save what."""

    id: str
    article: str
    text: str
    addressees: tuple[str, ...]
    """party ids"""
    prohibits: tuple[ObservationType, ...]
    weapon_classes: tuple[WeaponClass, ...]
    """empty: whatever the weapon"""
    zone_ids: tuple[str, ...]
    """inside any of these; empty: anywhere"""
    outside_zone_ids: tuple[str, ...]
    """and not inside any of these"""
    period: Interval
    """UTC"""
    period_text: str
    """as the text says it, with its zone"""
    exceptions: tuple[ExceptionRule, ...]
    open_words: tuple[OpenWord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One version of one instrument."""

    id: str
    title: str
    version: str
    status: str
    """"illustrative", "historical", "draft" or "signed" """
    time_zone: str
    parties: tuple[Party, ...]
    lines: tuple[Line, ...]
    zones: tuple[Zone, ...]
    terms: tuple[Term, ...]
    source: str
    text_sha256: str
    """of the file it was read from"""

    def zone(self, zone_id: str) -> Zone:
        """Find a zone; KeyError where there is none."""
        return {z.id: z for z in self.zones}[zone_id]

    def line(self, line_id: str) -> Line:
        """Find a line; KeyError where there is none."""
        return {x.id: x for x in self.lines}[line_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Who said that they had received a notification, and when."""

    recipient: str
    at: str
    """RFC 3339, or "" where not acknowledged"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifiedActivity:
    """An activity that was announced or authorised beforehand."""

    id: str
    kind: str
    """demolition, mine_clearance, live_fire, convoy, overflight, repair, window_of_silence"""
    notifier: str
    """party id"""
    notified_utc: str
    """RFC 3339"""
    place: Place
    radius_m: float
    """declared extent around the place"""
    time: Interval
    margin_s: float
    observation_types: tuple[ObservationType, ...]
    """what it is expected to look and sound like"""
    max_count: int | None
    charge_kg: float | None
    acknowledgements: tuple[Acknowledgement, ...]
