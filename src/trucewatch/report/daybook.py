"""Everything that one daily report needs, and nothing that it would have to look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from trucewatch.model.agreement import Agreement, NotifiedActivity
from trucewatch.model.assessment import Assessment
from trucewatch.model.case import Case, Finding
from trucewatch.model.commitment import Activation, Commitment
from trucewatch.model.detection import Detection
from trucewatch.model.effort import CoverageGrid, Effort
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Interval, require_utc
from trucewatch.model.intake import Input
from trucewatch.model.mission import Mission
from trucewatch.model.network import Network
from trucewatch.model.publication import Correction
from trucewatch.model.track import Track

AUDIENCES = ("public", "parties", "guarantors", "mission")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPlace:
    """A populated place of the mission's gazetteer."""

    name: str
    lon_deg: float
    lat_deg: float
    population: int
    admin: str = ""
    """administrative code, "" where the list has none"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedInput:
    """A record, or a whole input, that could not be read and was kept aside."""

    source: str
    row: str | None
    value: str | None
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """The evidence log as it stood before this report was appended to it."""

    origin: str
    size: int
    """number of leaves"""
    root_hash: str
    """base64"""
    verifier_key: str
    """C2SP verifier key, as text"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousPeriod:
    """What the last period counted, for comparison, with the effort behind it."""

    n_incidents: int
    n_explosions: int
    """explosions as events, most likely number"""
    operational_h: float
    """sensor-hours in which sensors could watch"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DayBook:
    """All that one report says, for one audience."""

    mission: Mission
    agreement: Agreement
    network: Network
    notified: tuple[NotifiedActivity, ...]
    day: date
    """local date on which the reporting day ends"""
    period: Interval
    """both ends known, UTC"""
    as_of_utc: datetime
    provisional: bool
    """True where the period had not ended"""
    version: int
    supersedes: str | None
    incidents: tuple[Incident, ...]
    assessments: tuple[Assessment, ...]
    findings: tuple[Finding, ...]
    cases: tuple[Case, ...]
    detections: Mapping[str, Detection]
    """by id, those of the incidents"""
    effort: Effort
    coverage: tuple[CoverageGrid, ...]
    activations: tuple[Activation, ...]
    commitments: tuple[Commitment, ...]
    corrections: tuple[Correction, ...]
    rejections: tuple[RefusedInput, ...]
    inputs: tuple[Input, ...]
    places: tuple[NamedPlace, ...]
    log: LogState | None
    previous: PreviousPeriod | None
    audience: str = "public"
    tracks: tuple[Track, ...] = ()
    """of what was seen to move in the period"""

    def __post_init__(self) -> None:
        require_utc(self.as_of_utc, "DayBook.as_of_utc")
        if self.period.start_utc is None or self.period.end_utc is None:
            raise ValueError("DayBook.period must have both ends")
        if self.version < 1:
            raise ValueError(f"DayBook.version must be >= 1, got {self.version}")
        if self.audience not in AUDIENCES:
            raise ValueError(f"DayBook.audience must be one of {', '.join(AUDIENCES)}, got {self.audience!r}")
