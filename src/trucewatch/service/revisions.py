"""The history of an incident: each revision, what it changed, and what came in that changed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from trucewatch.geo import distance_m
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import Incident
from trucewatch.model.instant import rfc3339
from trucewatch.model.register import Record
from trucewatch.model.wire import from_bytes
from trucewatch.report import words
from trucewatch.service.ports import Register

MOVED_M = 1.0
SHIFTED_S = 0.001
P_CHANGED = 0.001
"""smaller changes of place, time and probability are not told one by one"""
_NOUNS = {
    DetectionKind.ONSET: "onset",
    DetectionKind.ARRIVAL: "arrival",
    DetectionKind.REPORT: "report",
    DetectionKind.FIRE: "fire seen from a satellite",
    DetectionKind.CHANGE: "change between images",
    DetectionKind.SIGHTING: "sighting",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision of an incident beside the one before it."""

    number: int
    seq: int
    """its place in the log"""
    received_utc: datetime
    stands: bool
    why: tuple[str, ...]
    """what came in or went, in plain words"""
    changes: tuple[str, ...]
    """what it says otherwise than the one before; of the first, nothing"""

    def text(self) -> str:
        """Say it in a line."""
        state = "stands" if self.stands else "superseded"
        head = f"revision {self.number}, record {self.seq} of the log, received {rfc3339(self.received_utc)}, {state}"
        said = "; ".join((*self.why, *self.changes))
        return f"{head}: {said}" if said else head


def revisions(register: Register, incident_id: str) -> tuple[Revision, ...]:
    """Return every revision of an incident, oldest first."""
    records = register.history("incident", incident_id)
    known = [from_bytes(Incident, r.payload) for r in records]
    told = [((), ())] + [
        (_why(register, was, is_, records[n].received_utc), changes(was, is_))
        for n, (was, is_) in enumerate(pairwise(known))
    ]
    return tuple(
        Revision(
            number=incident.revision,
            seq=record.seq,
            received_utc=record.received_utc,
            stands=record.current,
            why=why,
            changes=changed,
        )
        for record, incident, (why, changed) in zip(records, known, told, strict=True)
    )


def changes(was: Incident, is_: Incident) -> tuple[str, ...]:
    """Say what one revision states otherwise than the one before; how far a place moved, never where it is."""
    said = list[str]()
    if was.kind is not is_.kind:
        said.append(f"kind {words.kind_text(was.kind)} -> {words.kind_text(is_.kind)}")
    if was.place is None or is_.place is None:
        if was.place is not is_.place:
            said.append("place now known" if was.place is None else "place no longer known")
    else:
        ends = (was.place.lon_deg, was.place.lat_deg, is_.place.lon_deg, is_.place.lat_deg)
        moved = float(distance_m(*ends))
        said += [f"place moved by {words.length_text(moved)}"] if moved >= MOVED_M else []
    shift_s = abs((is_.time.utc - was.time.utc).total_seconds())
    said += [f"time moved by {words.duration_text(shift_s)}"] if shift_s >= SHIFTED_S else []
    if was.count != is_.count:
        said.append(f"count {_count(was)} -> {_count(is_)}")
    if abs(is_.p_exists - was.p_exists) >= P_CHANGED:
        said.append(f"existence {was.p_exists:.3f} -> {is_.p_exists:.3f}")
    if was.method != is_.method:
        said.append(f"method {was.method} -> {is_.method}")
    return tuple(said) or ("what it says of kind, place, time, count and existence is the same",)


def _count(incident: Incident) -> str:
    c = incident.count
    best = "?" if c.best is None else str(c.best)
    return f"{best} [{c.low}, {'open' if c.high is None else c.high}]"


def _why(register: Register, was: Incident, is_: Incident, before_utc: datetime) -> tuple[str, ...]:
    """Say which detections came in, joined or left since the revision before was recorded."""
    old, new = ({s.detection_id: s.sensor_id for s in i.supports} for i in (was, is_))
    added = [_last(register, i) for i in sorted(set(new) - set(old))]
    gone = [_last(register, i) for i in sorted(set(old) - set(new))]
    said = [
        *_told((r for r in added if r is not None and r.received_utc > before_utc), "came in"),
        *_told((r for r in added if r is not None and r.received_utc <= before_utc), "now belongs to it"),
        *_told((r for r in gone if r is not None), "no longer belongs to it"),
    ]
    return tuple(said) or ("what is known of weather, sensors or events beside it changed",)


def _last(register: Register, detection_id: str) -> Record | None:
    records: Sequence[Record] = register.history("detection", detection_id)
    return records[-1] if records else None


def _told(records: Iterable[Record], what: str) -> list[str]:
    by_noun: dict[str, list[str]] = {}
    for record in records:
        found = from_bytes(Detection, record.payload)
        by_noun.setdefault(_NOUNS[found.kind], []).append(found.sensor_id)
    out = []
    for noun, sensors in sorted(by_noun.items()):
        named = sorted(set(sensors))
        some = words.listed(named[:4]) + (f" and {len(named) - 4} more" if len(named) > 4 else "")
        out.append(f"{words.how_many(len(sensors), noun)} of {some} {what}")
    return out
