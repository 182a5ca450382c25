"""A part of an incident: what one kind of detection says of when and where, before kinds are joined."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.fuse.evidence import Evidence
from trucewatch.fuse.existence import Term
from trucewatch.fuse.impulse import Impulse
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Alternative, PlaceMode, Round, Sector, Silence, Support
from trucewatch.model.instant import Instant
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObservationType

BANGS = frozenset({ObservationType.EXPLOSION, ObservationType.AIRBURST})
GUNFIRE = frozenset({ObservationType.SHOT, ObservationType.BURST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Detections of one kind that are one event, or one detection alone."""

    detections: tuple[Detection, ...]
    """in time order, ties by id"""
    supports: tuple[Support, ...]
    """one a detection, log_odds still 0"""
    start_s: float
    """earliest moment of the event, seconds since 1970 UTC"""
    end_s: float
    """latest moment"""
    time: Instant
    place: Place | None = None
    place_method: str
    place_modes: tuple[PlaceMode, ...] = ()
    """where several places fit"""
    sectors: tuple[Sector, ...] = ()
    """where only directions are known; more than one where a monitor gave several"""
    count: Count
    sentences: tuple[str, ...]
    """how it came together"""
    evidence: Evidence | None = None
    """of the surest impulse, where arrival times made a place"""
    surest: Impulse | None = None
    """that impulse"""
    also_heard: frozenset[int] = frozenset()
    """stations that heard other rounds of it: their silence is not held against it"""
    round_times_s: tuple[float, ...] = ()
    """when each round was fired that is no image, seconds since 1970"""
    rounds: tuple[Round, ...] = ()
    """the same with their places, where they were located one by one"""
    far: bool = False
    """True where the far posterior located it: regions of tens of kilometres, weighed already"""
    terms: tuple[Term, ...] = ()
    """of a far event: what belongs to no single sensor"""
    silences: tuple[Silence, ...] = ()
    """of a far event"""
    ground: bool = False
    """True where a network of seismic stations located it, to some kilometres; weighed already, as what is far is"""
    alternatives: tuple[Alternative, ...] = ()
    """other explanations of the same detections"""

    @property
    def first(self) -> Detection:
        """The earliest detection."""
        return self.detections[0]

    @property
    def observation_type(self) -> ObservationType:
        """What its first detection says it was."""
        return self.first.observation_type


def support(
    detection: Detection,
    reason: str,
    *,
    used: bool = True,
    counted: bool = True,
    residual_s: float | None = None,
    residual_sigma_s: float | None = None,
    residual_deg: float | None = None,
) -> Support:
    """Make a support whose weight is still to be worked out."""
    return Support(
        detection_id=detection.id,
        sensor_id=detection.sensor_id,
        used=used,
        residual_s=residual_s,
        residual_sigma_s=residual_sigma_s,
        residual_deg=residual_deg,
        log_odds=0.0,
        counted=counted,
        reason=reason,
    )
