"""One likelihood for every kind of claim, whoever made it."""

from __future__ import annotations

from trucewatch.fuse.claim_area import said_by_change, said_by_fire
from trucewatch.fuse.claim_moving import said_by_mover
from trucewatch.fuse.claim_people import said_by_report
from trucewatch.fuse.claim_sight import said_by_sighting
from trucewatch.fuse.claims import Claims, Said, is_mover
from trucewatch.fuse.hypothesis import Hypothesis, hypothesis_of
from trucewatch.fuse.part import Part
from trucewatch.model.detection import Detection, DetectionKind

_WEIGHS = {
    DetectionKind.REPORT: said_by_report,
    DetectionKind.FIRE: said_by_fire,
    DetectionKind.SIGHTING: said_by_sighting,
    DetectionKind.CHANGE: said_by_change,
}


def said_of(detection: Detection, hypothesis: Hypothesis, claims: Claims) -> Said | None:
    """Return what a claim says of an event; None where it is no claim, or says nothing of where."""
    weighs = said_by_mover if is_mover(detection) else _WEIGHS.get(detection.kind)
    return None if weighs is None else weighs(detection, hypothesis, claims)


def said_of_part(detection: Detection, anchor: Part, claims: Claims) -> Said | None:
    """Return what a claim says of the event that a part is."""
    hypothesis = hypothesis_of(anchor, claims.settings)
    return None if hypothesis is None else said_of(detection, hypothesis, claims)
