"""Annex A: the SMM's table of ceasefire violations, its columns in order and wording, extended only to the right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from trucewatch.geo.ellipse import error_ellipse
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Incident, Support
from trucewatch.model.instant import Interval
from trucewatch.model.vocabulary import Compliance, Means
from trucewatch.report.digest import Digest
from trucewatch.report.redact import is_human
from trucewatch.report.words import (
    COMPLIANCE,
    MEANS,
    capital,
    count_text,
    description_text,
    interval_text,
    kind_text,
    kinds_text,
    length_text,
    listed,
    observer_text,
    range_text,
    weapon_text,
    winds_text,
)

COLUMNS = ("SMM position", "Event location", "Means", "No.", "Observation", "Description", "Weapon", "Date, time")
EXTENSION = ("Range, bearing ±", "Incident", "Term", "Finding", "Counted")
COUNTED = "yes"
COUNTED_ELSEWHERE = "no: same event"
_NAMED_SENSORS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexRow:
    """One line of the table."""

    cells: tuple[str, ...]
    """in the order of COLUMNS"""
    range_bearing: str
    incident_id: str
    incident_number: int
    term: str
    finding: str
    counted: str


def annex_rows(digest: Digest) -> tuple[AnnexRow, ...]:
    """List every report of a monitor, and every event that sensors located as one line, by incident and time."""
    return tuple(row for incident in digest.incidents for row in _rows_of(digest, incident))


def _rows_of(digest: Digest, incident: Incident) -> list[AnnexRow]:
    known = digest.book.detections
    pairs = [(s, known[s.detection_id]) for s in incident.supports if s.detection_id in known]
    people = sorted((p for p in pairs if is_human(p[1])), key=lambda p: (p[1].time.utc, p[1].id))
    machines = [p for p in pairs if not is_human(p[1])]
    rows = [_report_row(digest, incident, s, d) for s, d in people]
    if machines or not people:
        rows.append(_sensor_row(digest, incident, machines, alone=not any(s.counted for s, _ in people)))
    return rows


def _report_row(digest: Digest, incident: Incident, support: Support, d: Detection) -> AnnexRow:
    who = f"{capital(observer_text(d.observer_kind))} {d.sensor_id}"
    if d.origin is not None:
        who += f" ({digest.gazetteer.phrase(d.origin.lon_deg, d.origin.lat_deg)})"
    direction = winds_text(d.bearings_deg)
    where = d.event_location_text or f"{capital(range_text(d.range_m))} {direction}".strip()
    half = "" if d.bearing_half_width_deg is None else f" ±{d.bearing_half_width_deg:g}°"
    when = d.interval_text or interval_text(d.interval or _moment(d), digest.zone)
    measured = f"{range_text(d.range_m)}, {direction}{half}" if direction else range_text(d.range_m)
    cells = (
        *(
            who,
            where,
            MEANS[d.means],
            capital(count_text(d.count)),
            capital(kind_text(d.observation_type, _many(d.count))),
        ),
        *(
            capital(description_text(d.observation_type, d.description)),
            weapon_text(d.weapon_class, d.weapon_text),
            when,
        ),
    )
    return _row(digest, incident, cells, measured, counted=support.counted)


def _sensor_row(
    digest: Digest, incident: Incident, pairs: Sequence[tuple[Support, Detection]], *, alone: bool
) -> AnnexRow:
    detections = [d for _, d in pairs]
    means = Counter(d.means for d in detections).most_common(1)[0][0] if detections else Means.DETECTED
    count = incident.count if alone or not detections else max((d.count for d in detections), key=_size)
    cells = (
        *(sensors_text(detections), digest.where(incident), MEANS[means], capital(count_text(count))),
        *(
            capital(kinds_text(incident.kinds, _many(count))),
            capital(description_text(incident.kind, incident.description)),
        ),
        *(weapon_text(incident.weapon_class, incident.weapon_text), interval_text(incident.interval, digest.zone)),
    )
    counted = alone or any(s.counted for s, _ in pairs)
    return _row(digest, incident, cells, measured_text(incident, detections), counted=counted)


def _row(digest: Digest, incident: Incident, cells: tuple[str, ...], measured: str, *, counted: bool) -> AnnexRow:
    return AnnexRow(
        cells=cells,
        range_bearing=measured,
        incident_id=incident.id,
        incident_number=digest.number[incident.id],
        term=term_text(digest, incident),
        finding=digest.finding_text(incident),
        counted=COUNTED if counted else COUNTED_ELSEWHERE,
    )


def term_text(digest: Digest, incident: Incident) -> str:
    """Name the terms that an incident engages, each with its result."""
    parts = []
    for a in digest.assessments[incident.id]:
        if a.exempted_by is not None:
            parts.append(f"{digest.article(a.term_id)}: explained by {a.exempted_by}")
        elif a.result in (Compliance.VIOLATED, Compliance.INDETERMINATE):
            parts.append(f"{digest.article(a.term_id)}: {COMPLIANCE[a.result]}")
    return "; ".join(parts) if parts else "none engaged"


def sensors_text(detections: Sequence[Detection]) -> str:
    """Say which sensors: "3 acoustic sensors (AC-01, AC-02, AC-03)"; only their number where there are many."""
    parts = []
    for kind in sorted({d.observer_kind for d in detections}):
        names = sorted({d.sensor_id for d in detections if d.observer_kind is kind})
        named = f" ({', '.join(names)})" if len(names) <= _NAMED_SENSORS else ""
        parts.append(f"{len(names)} {observer_text(kind, len(names))}{named}")
    return capital(listed(parts)) if parts else "Sensors of the mission"


def measured_text(incident: Incident, detections: Sequence[Detection]) -> str:
    """Say how well the place is known: the axes of the 95 % ellipse, or the bearing with its error."""
    if incident.place is not None:
        e = error_ellipse(incident.place.covariance_m2)
        return f"95 % ellipse ±{length_text(e.semi_major_m)} by ±{length_text(e.semi_minor_m)}, {e.azimuth_deg:.0f}°"
    bearings = [d for d in detections if d.bearing_deg is not None]
    if bearings:
        d = bearings[0]
        sigma = "" if d.bearing_sigma_deg is None else f" ±{d.bearing_sigma_deg:.1f}°"
        return f"bearing {d.bearing_deg:.0f}°{sigma} from {d.sensor_id}"
    return "undetermined"


def _moment(d: Detection) -> Interval:
    return Interval(start_utc=d.time.utc, end_utc=d.time.utc)


def _many(count: Count) -> int | None:
    return 1 if count.best == 1 and count.high == 1 else None


def _size(count: Count) -> int:
    return count.low if count.best is None else count.best
