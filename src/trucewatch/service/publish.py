"""From what stands in the register to reports, open data and maps; a release is never changed, only superseded."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from trucewatch import __version__
from trucewatch.guarantees import activate
from trucewatch.model.assessment import Assessment
from trucewatch.model.case import Case, Finding
from trucewatch.model.commitment import Activation
from trucewatch.model.detection import Detection
from trucewatch.model.ids import content_id
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Interval
from trucewatch.model.intake import Input
from trucewatch.model.network import Network
from trucewatch.model.observation import MonitorReport, Recording, Weather
from trucewatch.model.publication import Publication, PublishedFile
from trucewatch.model.register import NewRecord
from trucewatch.model.track import Track
from trucewatch.model.vocabulary import ObservationType
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.report import DayBook, LogState, PreviousPeriod, RefusedInput, daily_files, index_html
from trucewatch.service.casework import cases_of, first_detected_utc
from trucewatch.service.corrections import corrections, statements
from trucewatch.service.listening import during, with_clocks
from trucewatch.service.period import reporting_day, reporting_period
from trucewatch.service.ports import Register
from trucewatch.service.sealing import log_new
from trucewatch.service.texts import Texts
from trucewatch.service.tracking import current_tracks
from trucewatch.service.understanding import current_assessments, current_incidents, network_of
from trucewatch.service.watching import effort_of_period
from trucewatch.service.workshop import Workshop

EXPLOSIVE = frozenset({ObservationType.EXPLOSION, ObservationType.AIRBURST})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Picture:
    """Everything that stands, read once."""

    incidents: tuple[Incident, ...]
    assessments: tuple[Assessment, ...]
    detections: Mapping[str, Detection]
    cases: Mapping[str, Case]
    network: Network
    weather: tuple[Weather, ...]
    inputs: tuple[Input, ...]
    rejections: tuple[RefusedInput, ...]
    touched: tuple[datetime, ...]
    """moments at which somebody recorded something, with or without an incident"""
    tracks: tuple[Track, ...]


def publish(shop: Workshop, *, now_utc: datetime) -> tuple[Publication, ...]:
    """Publish every reporting day whose content differs from what was last published of it."""
    picture = read_picture(shop.texts, shop.register)
    days = sorted({reporting_day(shop.texts.mission, t) for t in picture.touched})
    made: list[Publication] = []
    shop.progress.start("publishing", len(days))
    for day in days:
        # A report states the log's size: with every earlier day logged first, a run that stopped between two days
        # and went on states the same as one that did not stop.
        log_new(shop.register, shop.log, shop.secret)
        publication = publish_day(shop, picture, day, now_utc=now_utc)
        made += [] if publication is None else [publication]
        shop.progress.advance()
    shop.progress.finish()
    # Each time, for no record commits to it: what somebody changed in it does not outlive a run.
    latest = [from_bytes(Publication, r.payload) for r in shop.register.current("publication")]
    shop.outbox.write("index.html", index_html(shop.texts.mission, latest).encode())
    return tuple(made)


def publish_day(shop: Workshop, picture: Picture, day: date, *, now_utc: datetime) -> Publication | None:
    """Publish one day; None where nothing changed since its last version."""
    book = day_book(shop, picture, day, now_utc=now_utc)
    key = _content_key(book)
    if shop.register.marked(f"published:{day}") == key:
        return None
    files = daily_files(book)
    prefix = f"daily/{day}/v{book.version}"
    listed = []
    for f in files:
        shop.outbox.write(f"{prefix}/{f.name}", f.content)
        listed.append(
            PublishedFile(
                path=f"{prefix}/{f.name}",
                media_type=f.media_type,
                sha256=hashlib.sha256(f.content).hexdigest(),
                size=len(f.content),
            )
        )
    publication = Publication(
        id=f"daily-{day}",
        kind="daily_report",
        day=str(day),
        version=book.version,
        audience=book.audience,
        provisional=book.provisional,
        files=tuple(listed),
        supersedes=book.supersedes,
        corrections=book.corrections,
    )
    with shop.register.transaction() as tx:
        tx.append(_record(publication, book.incidents), at_utc=now_utc)
        tx.mark(f"published:{day}", key)
        tx.mark(f"published-state:{day}", json.dumps(statements(book), sort_keys=True))
    return publication


def day_book(shop: Workshop, picture: Picture, day: date, *, now_utc: datetime) -> DayBook:
    """Gather all that the report of one day needs."""
    texts, period = shop.texts, reporting_period(shop.texts.mission, day)
    assert period.end_utc is not None  # noqa: S101 - a reporting period has both ends
    incidents = _of_period(picture.incidents, period)
    ids = {i.id for i in incidents}
    cases = tuple(c for k, c in sorted(picture.cases.items()) if k in ids)
    # Hours to come have not been watched: effort and coverage end where the clock stands.
    watched = Interval(start_utc=period.start_utc, end_utc=max(min(now_utc, period.end_utc), _just_after(period)))
    effort, coverage = effort_of_period(texts, shop.register, picture.network, picture.weather, watched)
    last = _latest(shop.register, day)
    book = DayBook(
        mission=texts.mission,
        agreement=texts.agreement,
        # Of other days nothing: what came in for them later makes no new version of this day's report.
        network=during(picture.network, period),
        notified=tuple(n for n in texts.notified if n.time.overlap_s(period) > 0),
        day=day,
        period=period,
        as_of_utc=now_utc,
        provisional=now_utc < period.end_utc,
        version=1 if last is None else last.version + 1,
        supersedes=None if last is None else f"{last.id} v{last.version}",
        incidents=incidents,
        assessments=tuple(a for a in picture.assessments if a.incident_id in ids),
        findings=tuple(c.finding for c in cases if c.finding is not None),
        cases=cases,
        detections={s.detection_id: picture.detections[s.detection_id] for i in incidents for s in i.supports},
        effort=effort,
        coverage=coverage,
        activations=activations_of(texts, shop.register, picture, ids),
        commitments=texts.commitments,
        corrections=(),
        rejections=picture.rejections,
        inputs=picture.inputs,
        places=shop.places,
        log=_log_state(shop),
        previous=_previous(shop, picture, day),
        tracks=tuple(t for t in picture.tracks if period.contains(t.states[0].time_utc)),
    )
    return _with_corrections(shop.register, book)


def read_picture(texts: Texts, register: Register) -> Picture:
    """Read everything that stands."""
    incidents = current_incidents(register)
    detections = {d.id: d for d in (from_bytes(Detection, r.payload) for r in register.current("detection"))}
    recordings = (from_bytes(Recording, r.payload).start.utc for r in register.current("recording"))
    reports = (from_bytes(MonitorReport, r.payload).time for r in register.current("monitor_report"))
    tracks = current_tracks(register)
    touched = (
        {i.time.utc for i in incidents}
        | {t.states[0].time_utc for t in tracks}
        | set(recordings)
        | {t.start_utc for t in reports if t.start_utc}
    )
    return Picture(
        incidents=incidents,
        assessments=current_assessments(register),
        detections=detections,
        cases=cases_of(register),
        network=with_clocks(network_of(texts, register), incidents, tuple(detections.values())),
        weather=tuple(from_bytes(Weather, r.payload) for r in register.current("weather")),
        inputs=tuple(from_bytes(Input, r.payload) for r in register.current("input")),
        rejections=tuple(_refused(json.loads(r.payload)) for r in register.current("rejection")),
        touched=tuple(sorted(touched)),
        tracks=tracks,
    )


def activations_of(
    texts: Texts, register: Register, picture: Picture, incident_ids: Iterable[str]
) -> tuple[Activation, ...]:
    """Say what the signed findings on some incidents make due."""
    wanted = set(incident_ids)
    made: list[Activation] = []
    for incident in picture.incidents:
        case = picture.cases.get(incident.id)
        if incident.id not in wanted or case is None or case.finding is None:
            continue
        of_incident = tuple(a for a in picture.assessments if a.incident_id == incident.id)
        detected = first_detected_utc(register, incident.id)
        made += activate(case.finding, of_incident, incident, detected, texts.commitments)
    return tuple(made)


def _refused(content: Mapping[str, str | None]) -> RefusedInput:
    return RefusedInput(
        source=str(content["source"]),
        row=content["row"],
        value=content["value"],
        expected=str(content["expected"]),
    )


def _of_period(incidents: Iterable[Incident], period: Interval) -> tuple[Incident, ...]:
    return tuple(i for i in incidents if period.contains(i.time.utc))


def _previous(shop: Workshop, picture: Picture, day: date) -> PreviousPeriod | None:
    """Count the period before, where anything was recorded in it."""
    mission = shop.texts.mission
    start = reporting_period(mission, day).start_utc
    earlier = [t for t in picture.touched if start is not None and t < start]
    if not earlier:
        return None
    period = reporting_period(mission, reporting_day(mission, max(earlier)))
    incidents = _of_period(picture.incidents, period)
    effort, _ = effort_of_period(shop.texts, shop.register, picture.network, picture.weather, period)
    return PreviousPeriod(
        n_incidents=len(incidents),
        n_explosions=sum(i.count.best or i.count.low for i in incidents if i.kind in EXPLOSIVE),
        operational_h=sum(s.operational_s for s in effort.sensors) / 3600,
    )


def _log_state(shop: Workshop) -> LogState:
    return LogState(
        origin=shop.signer.name,
        size=shop.log.size,
        root_hash=b64encode(shop.log.root).decode(),
        verifier_key=shop.signer.verifier.vkey,
    )


def _latest(register: Register, day: date) -> Publication | None:
    record = register.get("publication", f"daily-{day}")
    return None if record is None else from_bytes(Publication, record.payload)


def _just_after(period: Interval) -> datetime:
    """Return a moment after the start, for a period that has hardly begun."""
    assert period.start_utc is not None  # noqa: S101 - a reporting period has both ends
    return period.start_utc + timedelta(seconds=1)


def _content_key(book: DayBook) -> str:
    """Name what a report says of its day.

    Without what changes by the mere act of publishing (log state, version, its own age) or by the clock alone (the
    effort of a day that goes on), and without what was refused: that is no statement about the day.
    """
    findings: tuple[Finding, ...] = book.findings
    basis = (
        __version__,
        book.mission,
        book.agreement.text_sha256,
        book.network,
        book.notified,
        book.provisional,
        book.incidents,
        book.assessments,
        findings,
        book.cases,
        None if book.provisional else book.effort,
        book.activations,
        book.commitments,
        book.previous,
        *([book.tracks] if book.tracks else []),
    )
    return content_id("pub", to_bytes(basis))


def _with_corrections(register: Register, book: DayBook) -> DayBook:
    text = register.marked(f"published-state:{book.day}")
    return book if text is None else replace(book, corrections=corrections(json.loads(text), statements(book)))


def _record(publication: Publication, incidents: tuple[Incident, ...]) -> NewRecord:
    return NewRecord(
        kind="publication",
        id=publication.id,
        payload=to_bytes(publication),
        refs=tuple(i.id for i in incidents)[:32],
        type=publication.kind,
    )
