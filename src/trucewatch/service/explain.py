"""Why an incident is believed, in the order in which a doubting person asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from trucewatch.fuse import explain
from trucewatch.geo.ellipse import error_ellipse
from trucewatch.model.assessment import Assessment
from trucewatch.model.case import CaseEvent, CaseStep
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Incident
from trucewatch.model.instant import rfc3339
from trucewatch.model.wire import from_bytes
from trucewatch.report import what_else, what_it_was, words
from trucewatch.report.standing_words import (
    carried_lines,
    existence_text,
    influence_text,
    superseded_lines,
    suspicion_text,
)
from trucewatch.service.casework import case_events, find_incident, shown_events
from trucewatch.service.ports import Register
from trucewatch.service.revisions import revisions
from trucewatch.service.suspecting import suspicions_of
from trucewatch.service.texts import Texts
from trucewatch.service.understanding import current_assessments

Section = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """An incident laid open."""

    incident: Incident
    detections: tuple[Detection, ...]
    assessments: tuple[Assessment, ...]
    events: tuple[CaseEvent, ...]
    """of its case, without reviews that are still to be kept from the second reviewer"""
    sections: tuple[Section, ...]
    """title and lines, in plain words"""


def explain_incident(texts: Texts, register: Register, part: str) -> Explained:
    """Lay an incident open: what it is, why it is believed, who did not hear it, each clause, the people, the proof.

    Raises:
        TrucewatchError: where no single incident matches.
    """
    incident = find_incident(register, part)
    detections = tuple(
        from_bytes(Detection, r.payload)
        for s in incident.supports
        if (r := register.get("detection", s.detection_id)) is not None
    )
    detections = tuple(sorted(detections, key=lambda d: (d.time.utc, d.id)))
    assessments = tuple(a for a in current_assessments(register) if a.incident_id == incident.id)
    events = case_events(register).get(incident.id, ())
    history = revisions(register, incident.id)
    zone = ZoneInfo(texts.mission.time_zone)
    sections = (
        ("What is believed", _what(incident, zone)),
        ("What it was", _character(incident)),
        ("Why it is believed", explain(incident)),
        ("Without one owner or sensor", _without(incident, register, zone)),
        ("Other explanations", what_else.alternative_lines(incident, zone)),
        ("What would decide most", what_else.decider_lines(incident, zone)),
        ("What it was made from", tuple(line for d in detections for line in _detection(d, zone))),
        ("What the terms make of it", tuple(line for a in assessments for line in _assessment(a))),
        ("What people found", (*_people(events), *superseded_lines(found_on(events), incident.revision))),
        ("Revisions and proof", tuple(r.text() for r in history)),
    )
    return Explained(
        incident=incident,
        detections=detections,
        assessments=assessments,
        events=shown_events(events),
        sections=sections,
    )


def _what(incident: Incident, zone: ZoneInfo) -> tuple[str, ...]:
    kinds = ", ".join(f"{words.kind_text(k.kind)} {k.p:.0%}" for k in incident.kinds)
    return (
        f"{incident.id}, revision {incident.revision}",
        f"kind: {kinds}",
        f"count: {words.count_text(incident.count)}",
        f"weapon: {words.weapon_text(incident.weapon_class, incident.weapon_text)}",
        f"when: {words.moment_text(incident.time.utc, zone)}, {rfc3339(incident.time.utc)} "
        f"+/- {words.duration_text(incident.time.sigma_s)}",
        f"where: {_where(incident)}",
        f"exists: {existence_text(incident)}",
        f"owners of the sensors that support it: {', '.join(incident.owners) or 'none'}",
    )


def _without(incident: Incident, register: Register, zone: ZoneInfo) -> tuple[str, ...]:
    """Say what it would be without one owner or sensor, and which of those do not agree with others."""
    doubts = suspicions_of(register, incident.id)
    return (
        *carried_lines(incident),
        *(influence_text(i) for i in incident.influences),
        *(suspicion_text(s, zone) for s in doubts),
    )


def _character(incident: Incident) -> tuple[str, ...]:
    said = what_it_was.lines(incident)
    return tuple(f"{title}: {text}" for title, text in said) or ("nothing was recorded that tells causes or weapons",)


def _where(incident: Incident) -> str:
    if incident.place is not None:
        p = incident.place
        east, north = p.var_east_m2**0.5, p.var_north_m2**0.5
        return (
            f"{p.lat_deg:.5f} N, {p.lon_deg:.5f} E, standard error {words.length_text(east)} east, "
            f"{words.length_text(north)} north ({incident.place_method})" + _modes(incident)
        )
    if incident.sector is not None:
        s = incident.sector
        return (
            f"{words.range_text(s.range_m)}, bearing {s.bearing_deg:.1f} +/- {s.half_width_deg:.1f} degrees from "
            f"{s.origin.lat_deg:.5f} N, {s.origin.lon_deg:.5f} E ({incident.place_method})"
        )
    return f"not determined ({incident.place_method})"


def _modes(incident: Incident) -> str:
    """Say which places fit, where several do; the place said before covers them."""
    if not incident.place_modes:
        return ""
    each = [
        f"{m.place.lat_deg:.5f} N, {m.place.lon_deg:.5f} E within "
        f"{words.length_text(error_ellipse(m.place.covariance_m2).semi_major_m)}: {words.probability_text(m.p)}"
        for m in incident.place_modes
    ]
    return "; it was at one of: " + "; ".join(each)


def _detection(d: Detection, zone: ZoneInfo) -> tuple[str, ...]:
    when = words.clock_text(d.time, zone) if d.interval is None else words.interval_text(d.interval, zone)
    features = "; ".join(words.figure_text(f.name, f.value, f.unit) for f in d.features)
    lines = [
        f"{d.id}: {d.sensor_id} ({words.observer_text(d.observer_kind)}), {d.method}, {when}, p(false) {d.p_false:.2g}"
    ]
    lines += [f"  {features}"] if features else []
    lines += [f'  "{d.text}"'] if d.text else []
    lines += [f"  {words.unsigned_text(d.unsigned_node)}"] if d.unsigned_node else []
    lines.append(f"  from {', '.join(d.observation_ids[:4])}" + (" ..." if len(d.observation_ids) > 4 else ""))
    return tuple(lines)


def _assessment(a: Assessment) -> tuple[str, ...]:
    violated = "cannot be said" if a.p_violated is None else f"{a.p_violated:.3f}"
    head = f"{a.term_id}: {a.result.value.replace('_', ' ')}, p(violated) {violated}"
    lines = [head + f" (agreement {a.agreement_id} version {a.agreement_version}, {a.method})"]
    for p in a.trace:
        lines.append(f"  {p.name}: " + ("" if p.p is None else f"p {p.p:.3f}; ") + p.text)
    lines += [f"  exempted by {a.exempted_by}"] if a.exempted_by else []
    lines += [f"  needs a ruling: {a.needs_ruling}"] if a.needs_ruling else []
    return tuple(lines)


def _people(events: tuple[CaseEvent, ...]) -> tuple[str, ...]:
    if not events:
        return ("no case was opened; two people have to review it before it is a finding",)
    shown = shown_events(events)
    lines = [
        f"{rfc3339(e.at_utc)} {e.role} {e.actor}: {e.step.value.replace('_', ' ')}"
        + (f" {e.finding.value}" if e.finding else "")
        + (f" ({e.reason})" if e.reason else "")
        for e in shown
    ]
    n_hidden = sum(e.step is CaseStep.REVIEWED for e in events) - sum(e.step is CaseStep.REVIEWED for e in shown)
    return (*lines, *([f"{n_hidden} review(s) are hidden until there is a finding"] if n_hidden else []))


def found_on(events: Sequence[CaseEvent]) -> list[int]:
    """Return the revisions on which people came to a finding."""
    return [e.incident_revision for e in events if e.step is CaseStep.FOUND]
