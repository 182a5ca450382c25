"""One incident laid open for those who doubt it: who heard it, who did not, what the terms say, what proves it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from trucewatch.evidence import (
    Checkpoint,
    Leaf,
    LogError,
    LogReader,
    MalformedError,
    ProofError,
    leaf_hash,
    verify_inclusion,
)
from trucewatch.geo import distance_m
from trucewatch.model.agreement import Term
from trucewatch.model.assessment import Assessment
from trucewatch.model.case import CaseEvent, CaseStep
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.errors import TrucewatchError
from trucewatch.model.incident import Incident, Silence, Support
from trucewatch.model.instant import rfc3339
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.publication import Publication
from trucewatch.model.register import Record
from trucewatch.model.wire import from_bytes
from trucewatch.report.listening_rows import listening_text
from trucewatch.service.casework import shown_events
from trucewatch.service.lookup import IncidentRow, Overview, p_notified
from trucewatch.service.period import reporting_day
from trucewatch.service.ports import Inbox, Register
from trucewatch.service.reread import waveforms_of
from trucewatch.service.revisions import Revision, revisions

HALF_WINDOW_S = {DetectionKind.ONSET: 0.5, DetectionKind.ARRIVAL: 15.0}
"""how much of a recording is shown on each side: a blast at a microphone, a wave train at an array"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One detection behind an incident and what it did."""

    support: Support
    detection: Detection | None
    """None where it no longer stands"""
    sensor: Sensor | None
    range_m: float | None
    """from the incident's place to the sensor; None where one of them is not known"""
    listened: str
    """how it listened in that hour, in a line; "" where that was not measured"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """One sensor that reported nothing."""

    silence: Silence
    sensor: Sensor | None
    range_m: float | None
    listened: str
    """how it listened in that hour, in a line; "" where that was not measured"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """One term and what it makes of the incident."""

    assessment: Assessment
    term: Term | None
    p_notified: float | None
    """how well an announced activity explains it; None where the term knows no such exception"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything about one incident."""

    row: IncidentRow
    incident: Incident
    heard: tuple[Heard, ...]
    unheard: tuple[Unheard, ...]
    assessed: tuple[Assessed, ...]
    events: tuple[CaseEvent, ...]
    """of its case, as far as somebody who has not judged may see them"""
    n_hidden: int
    """reviews that are hidden until the second reviewer has judged"""
    revisions: tuple[Record, ...]
    """oldest first; the last one stands"""
    history: tuple[Revision, ...]
    """the same, with what each changed and why"""
    publication: Publication | None
    """the newest daily report of its day"""
    before: str | None
    """id of the incident before it in time"""
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That a record is in the log: everything needed to work it out again."""

    leaf: Leaf
    leaf_hash: bytes
    path: tuple[bytes, ...]
    """sibling hashes, leaf side first (RFC 9162, 2.1.3)"""
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Trace:
    """A piece of a recording around a pick."""

    detection: Detection
    channel: str
    """the array's element, or the channel of a single sensor; "" where it has no name"""
    unit: str
    rate_hz: float
    start_s: float
    """first sample relative to the pick, seconds"""
    samples: NDArray[np.float64]
    """shape (n,)"""
    predicted_s: float | None
    """arrival that the incident's place and time predict, relative to the pick"""
    predicted_sigma_s: float | None


def dossier_of(view: Overview, register: Register, incident_id: str) -> Dossier | None:
    """Lay an incident open; None where there is none of that id."""
    number = next((n for n, r in enumerate(view.rows) if r.incident.id == incident_id), None)
    if number is None:
        return None
    row = view.rows[number]
    incident = row.incident
    shown, hidden = _visible(view, incident_id)
    return Dossier(
        row=row,
        incident=incident,
        heard=tuple(sorted((_heard(view, register, incident, s) for s in incident.supports), key=_in_time)),
        unheard=tuple(_unheard(view, incident, s) for s in incident.silences),
        assessed=tuple(_assessed(view, a) for a in view.digest.assessments[incident_id]),
        events=shown,
        n_hidden=hidden,
        revisions=register.history("incident", incident_id),
        history=revisions(register, incident_id),
        publication=_publication(view, incident),
        before=view.rows[number - 1].incident.id if number else None,
        after=view.rows[number + 1].incident.id if number + 1 < len(view.rows) else None,
    )


def _in_time(heard: Heard) -> tuple[bool, str, str]:
    """Order what reported it by the time at which it did; what no longer stands comes last."""
    d = heard.detection
    return d is None, "" if d is None else rfc3339(d.time.utc), heard.support.detection_id


def proof_of(reader: LogReader, checkpoint: Checkpoint, record: Record) -> Proof:
    """Prove that a record's leaf is in the log, and hold the proof against the signed root.

    Raises:
        TrucewatchError: where the log does not hold it (yet), or the proof fails.
    """
    try:
        entry = reader.entry(record.seq)
        path = tuple(reader.inclusion_proof(record.seq, checkpoint.size))
        digest = leaf_hash(entry)
        verify_inclusion(index=record.seq, size=checkpoint.size, leaf=digest, proof=path, root=checkpoint.root)
        leaf = Leaf.from_bytes(entry)
    except (LogError, MalformedError, ProofError) as error:
        raise TrucewatchError(f"record {record.seq}: no proof: {error}") from error
    if (leaf.kind, leaf.id, leaf.size) != (record.kind, record.id, len(record.payload)):
        raise TrucewatchError(f"record {record.seq}: the log has {leaf.label} there")
    return Proof(leaf=leaf, leaf_hash=digest, path=path, checkpoint=checkpoint)


def traces_of(view: Overview, inbox: Inbox, register: Register, heard: Heard, *, now_utc: datetime) -> Iterator[Trace]:
    """Read the recording again around a pick, one trace a channel.

    Raises:
        TrucewatchError: where the raw input is missing or no longer what it was.
    """
    detection = heard.detection
    if detection is None or detection.kind not in HALF_WINDOW_S:
        return
    recordings = {
        i: from_bytes(Recording, r.payload)
        for i in detection.observation_ids
        if (r := register.get("recording", i)) is not None
    }
    for input_id in sorted({r.input_id for r in recordings.values()}):
        for w in waveforms_of(view.texts, inbox, register, input_id, now_utc=now_utc):
            if w.recording.id in recordings:
                yield _trace(heard, detection, w)


def _trace(heard: Heard, detection: Detection, waveform: Waveform) -> Trace:
    r = waveform.recording
    pick_s = (detection.time.utc - r.start.utc).total_seconds()
    half = HALF_WINDOW_S[detection.kind]
    first = max(0, int(np.floor((pick_s - half) * r.rate_hz)))
    last = max(first, min(len(waveform.samples), int(np.ceil((pick_s + half) * r.rate_hz)) + 1))
    s = heard.support
    return Trace(
        detection=detection,
        channel=r.channel if r.sensor_id == detection.sensor_id else r.sensor_id,
        unit=r.unit,
        rate_hz=r.rate_hz,
        start_s=first / r.rate_hz - pick_s,
        samples=waveform.samples[first:last].copy(),
        predicted_s=None if s.residual_s is None else -s.residual_s,
        predicted_sigma_s=s.residual_sigma_s,
    )


def _heard(view: Overview, register: Register, incident: Incident, support: Support) -> Heard:
    record = register.get("detection", support.detection_id)
    sensor = view.network.sensor(support.sensor_id)
    return Heard(
        support=support,
        detection=None if record is None else from_bytes(Detection, record.payload),
        sensor=sensor,
        range_m=_range_m(incident, sensor),
        listened=_listened(incident, sensor),
    )


def _unheard(view: Overview, incident: Incident, silence: Silence) -> Unheard:
    sensor = view.network.sensor(silence.sensor_id)
    return Unheard(
        silence=silence, sensor=sensor, range_m=_range_m(incident, sensor), listened=_listened(incident, sensor)
    )


def _listened(incident: Incident, sensor: Sensor | None) -> str:
    return "" if sensor is None else listening_text(sensor.listening_at(incident.time.utc), sensor)


def _range_m(incident: Incident, sensor: Sensor | None) -> float | None:
    if incident.place is None or sensor is None:
        return None
    p, s = incident.place, sensor.place
    return float(distance_m(p.lon_deg, p.lat_deg, s.lon_deg, s.lat_deg))


def _assessed(view: Overview, assessment: Assessment) -> Assessed:
    term = next((t for t in view.texts.agreement.terms if t.id == assessment.term_id), None)
    return Assessed(assessment=assessment, term=term, p_notified=p_notified(assessment))


def _visible(view: Overview, incident_id: str) -> tuple[tuple[CaseEvent, ...], int]:
    """Return what anyone may see of a case, and how many reviews are hidden."""
    events = view.events.get(incident_id, ())
    shown = shown_events(events)
    return shown, _n_reviews(events) - _n_reviews(shown)


def _n_reviews(events: Sequence[CaseEvent]) -> int:
    return sum(e.step is CaseStep.REVIEWED for e in events)


def _publication(view: Overview, incident: Incident) -> Publication | None:
    day = str(reporting_day(view.texts.mission, incident.time.utc))
    return next((p for p in view.publications if p.day == day), None)
