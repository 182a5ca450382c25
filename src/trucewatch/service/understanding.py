"""From detections to incidents and assessments: fuse, keep identities, assess, and let cases know of revisions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trucewatch import __version__
from trucewatch.assess import assess, geometry
from trucewatch.fuse import FarSettings, FuseSettings, inherit
from trucewatch.model.assessment import Assessment
from trucewatch.model.ids import content_id
from trucewatch.model.incident import Incident
from trucewatch.model.mission import Mission
from trucewatch.model.network import Network
from trucewatch.model.observation import HealthReport, Weather
from trucewatch.model.register import NewRecord
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.physics import ground_model
from trucewatch.service.casework import reopen_revised
from trucewatch.service.fusing import fuse_changed, works
from trucewatch.service.listening import with_listening
from trucewatch.service.ports import Progress, Register
from trucewatch.service.retirement import retire
from trucewatch.service.sensing import current_detections
from trucewatch.service.texts import Texts, with_health

RULES = "assessed-by"
"""mark of the texts by which the assessments that stand were made"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What one pass over the detections changed."""

    n_incidents: int
    n_changed: int
    n_retired: int
    n_fused: int = 0
    """stretches of half a day that had to be fused"""
    n_stretches: int = 0


def understand(
    texts: Texts, register: Register, progress: Progress, *, now_utc: datetime, processes: int = 1
) -> Understood:
    """Fuse and assess what changed since the last time, and record only what differs from what is recorded.

    Args:
        texts: what people wrote for the mission.
        register: what was detected, and what was understood before.
        progress: told how far it is.
        now_utc: when.
        processes: that share the stretches that have to be fused; how many changes nothing.
    """
    detections = current_detections(register)
    network = network_of(texts, register)
    weather = tuple(from_bytes(Weather, r.payload) for r in register.current("weather"))
    settings = fuse_settings(texts.mission)
    todo = works(detections, network, weather, settings, texts.classifier)
    rules = content_id("rul", to_bytes((__version__, texts.mission, texts.agreement, texts.notified)))
    key = content_id("und", to_bytes((rules, [w.key for w in todo])))
    previous = current_incidents(register)
    if register.marked("understood") == key:
        # A run may have stopped after the incidents were revised and before their cases were told.
        reopen_revised(register, {i.id: i.revision for i in previous}, now_utc=now_utc)
        return Understood(n_incidents=len(previous), n_changed=0, n_retired=0)
    progress.start("joining and assessing", None)
    fused = fuse_changed(todo, previous, register.marked, settings, texts.classifier, processes)
    fresh = inherit(fused.stale, fused.fresh, frozenset(i.id for i in fused.kept))
    kept = fused.kept if register.marked(RULES) == rules else ()
    shapes = geometry(texts.agreement)
    to_assess = fresh if kept else (*fused.kept, *fresh)
    assessments = [a for i in to_assess for a in assess(i, texts.agreement, texts.notified, geometry=shapes)]
    marks = {**fused.marks, RULES: rules, "understood": key}
    stands = frozenset(i.id for i in kept)
    changed, retired = _record(register, fused.stale, fresh, assessments, stands, marks, now_utc)
    reopen_revised(register, {i.id: i.revision for i in (*fused.kept, *fresh)}, now_utc=now_utc)
    progress.finish()
    return Understood(
        n_incidents=len(fused.kept) + len(fresh),
        n_changed=changed,
        n_retired=retired,
        n_fused=fused.n_fused,
        n_stretches=fused.n_stretches,
    )


def fuse_settings(mission: Mission) -> FuseSettings:
    """Return what a mission says of its air and its ground, and of all else what is usual."""
    far = FarSettings(
        celerities=mission.celerities,
        bearing_turns=mission.bearing_turns,
        ground=ground_model(mission.ground_layers, mission.ground_share),
    )
    return FuseSettings(temperature_c=mission.temperature_c, temperature_sigma_c=mission.temperature_sigma_c, far=far)


def network_of(texts: Texts, register: Register) -> Network:
    """Return the network with the health that its sensors reported and with how well they listened."""
    reports = tuple(from_bytes(HealthReport, r.payload) for r in register.current("health_report"))
    return with_listening(with_health(texts.network, reports), register)


def current_incidents(register: Register) -> tuple[Incident, ...]:
    """Return every incident that stands, by time."""
    found = (from_bytes(Incident, r.payload) for r in register.current("incident"))
    return tuple(sorted(found, key=lambda i: (i.time.utc, i.id)))


def current_assessments(register: Register) -> tuple[Assessment, ...]:
    """Return every assessment that stands, by incident and term."""
    found = (from_bytes(Assessment, r.payload) for r in register.current("assessment"))
    return tuple(sorted(found, key=lambda a: (a.incident_id, a.term_id)))


def _record(
    register: Register,
    stale: Sequence[Incident],
    fresh: Sequence[Incident],
    assessments: Sequence[Assessment],
    stands: Collection[str],
    marks: Mapping[str, str],
    now_utc: datetime,
) -> tuple[int, int]:
    """Write what is new in the place of what is stale; assessments of `stands` are left as they are."""
    same = {i.id: i for i in stale}
    assessed = {_assessment_id(a) for a in assessments}
    with register.transaction() as tx:
        changed = 0
        for incident in fresh:
            changed += same.get(incident.id) != incident
            tx.append(_incident_record(incident), at_utc=now_utc)
        retired = sorted(set(same) - {i.id for i in fresh})
        for gone in retired:
            retire(tx, "incident", gone, why="the detections no longer make it", at_utc=now_utc)
        for a in assessments:
            tx.append(_assessment_record(a), at_utc=now_utc)
        for gone in sorted(r.id for r in register.current("assessment") if r.id not in assessed):
            if gone.partition("/")[0] not in stands:
                retire(tx, "assessment", gone, why="its incident or term no longer stands", at_utc=now_utc)
        for mark, value in sorted(marks.items()):
            tx.mark(mark, value)
    return changed, len(retired)


def _assessment_id(assessment: Assessment) -> str:
    return f"{assessment.incident_id}/{assessment.term_id}"


def _incident_record(incident: Incident) -> NewRecord:
    place = incident.place or (incident.sector.origin if incident.sector else None)
    return NewRecord(
        kind="incident",
        id=incident.id,
        payload=to_bytes(incident),
        refs=tuple(s.detection_id for s in incident.supports)[:16],
        time=incident.interval,
        lon_deg=None if place is None else place.lon_deg,
        lat_deg=None if place is None else place.lat_deg,
        type=incident.kind.value,
    )


def _assessment_record(assessment: Assessment) -> NewRecord:
    return NewRecord(
        kind="assessment",
        id=_assessment_id(assessment),
        payload=to_bytes(assessment),
        refs=(assessment.incident_id,),
        type=assessment.result.value,
    )
