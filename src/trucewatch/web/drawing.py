"""Drawings that need no script: maps in the report's own hand, and a panel for every recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from trucewatch.geo import Ellipse, error_ellipse
from trucewatch.model.detection import DetectionKind
from trucewatch.model.effort import CoverageGrid, Effort
from trucewatch.model.errors import TrucewatchError
from trucewatch.model.incident import Incident
from trucewatch.report import Digest
from trucewatch.report.maps import draw
from trucewatch.service.dossier import Dossier, Heard, traces_of
from trucewatch.service.lookup import Overview
from trucewatch.web.layers import incident_area
from trucewatch.web.reading import Reading
from trucewatch.web.selection import Selection
from trucewatch.web.waves import waveform_svg

WITHOUT_SAMPLES: dict[DetectionKind | None, str] = {
    DetectionKind.ONSET: "picked by the sensor itself, which sent no samples",
    DetectionKind.ARRIVAL: "no recording of this arrival stands in the register",
    DetectionKind.FIRE: "pixels of a satellite, which makes no recording",
    DetectionKind.REPORT: "a monitor's line, without a recording",
}
"""what is said instead of a drawing"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What is there to show of one detection."""

    heard: Heard
    drawings: tuple[tuple[str, str], ...]
    """channel and SVG"""
    missing: str
    """why there is no drawing, "" where there is one"""
    failed: bool = False
    """True where there should be one"""

    @property
    def is_shown(self) -> bool:
        """Say whether there is anything to show, be it that the recording cannot be read."""
        return bool(self.drawings) or self.failed


def mission_map(view: Overview, selection: Selection, effort: Effort, grids: tuple[CoverageGrid, ...]) -> str:
    """Draw the mission's area with the incidents asked for."""
    wanted = [r.incident for r in view.rows if selection.takes(r)]
    digest = _digest(view, wanted, effort, grids)
    return draw(digest, view.texts.mission.area, "Area of the mission").svg


def incident_map(view: Overview, found: Dossier) -> str | None:
    """Draw one incident with the sensors behind it; None where it has no place."""
    sensors = [h.sensor for h in found.heard if h.sensor is not None]
    area = incident_area(found.incident, sensors)
    if area is None:
        return None
    return draw(_digest(view, [found.incident], view.digest.book.effort, ()), area, "Place of the incident").svg


def has_map(incident: Incident) -> bool:
    """Say whether there is anything to draw of an incident."""
    return incident.place is not None or incident.sector is not None


def ellipse_of(incident: Incident) -> Ellipse | None:
    """Return the region that holds an incident with 95 % probability."""
    return None if incident.place is None else error_ellipse(incident.place.covariance_m2)


def heard_panels(reading: Reading, found: Dossier) -> tuple[Panel, ...]:
    """Draw the recordings behind an incident; a recording that cannot be read says so instead."""
    return tuple(_panel(reading, h) for h in found.heard)


def without_recording(panels: Iterable[Panel]) -> dict[str, int]:
    """Count the detections that have no recording, by the reason."""
    return dict(Counter(p.missing for p in panels if p.missing and not p.failed))


def _panel(reading: Reading, heard: Heard) -> Panel:
    try:
        traces = traces_of(reading.view, reading.inbox, reading.register, heard, now_utc=reading.view.now_utc)
        drawings = tuple((t.channel, waveform_svg(t)) for t in traces if len(t.samples) > 1)
    except (TrucewatchError, OSError) as error:
        return Panel(heard=heard, drawings=(), missing=f"the recording cannot be read: {error}", failed=True)
    if drawings:
        return Panel(heard=heard, drawings=drawings, missing="")
    kind = None if heard.detection is None else heard.detection.kind
    return Panel(heard=heard, drawings=(), missing=WITHOUT_SAMPLES.get(kind, "the detection no longer stands"))


def _digest(view: Overview, incidents: Iterable[Incident], effort: Effort, grids: tuple[CoverageGrid, ...]) -> Digest:
    book = replace(view.digest.book, incidents=tuple(incidents), effort=effort, coverage=grids)
    return Digest.of(book)
