"""The geometry of an agreement, prepared once for many incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import Area, Segments, along_line, line_buffer
from trucewatch.model.agreement import Agreement, Term, Zone

Polygon: TypeAlias = tuple[NDArray[np.float64], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermPlace:
    """Where one term applies."""

    inside: Area | None
    """union of the zones that it names; None where it names none"""
    outside: Area | None
    """union of the zones that it leaves out; None where there are none"""
    whole: Area | None
    """union of both; P(inside and not outside) = P(whole) - P(outside), whichever way the zones overlap"""
    lines: tuple[tuple[str, Segments], ...]
    """name and segments of the lines that its zones are drawn from"""
    text: str
    """in words"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Where every term of one agreement applies."""

    agreement_sha256: str
    terms: tuple[tuple[str, TermPlace], ...]

    def of(self, term_id: str) -> TermPlace:
        """Find a term's place; KeyError where there is no such term."""
        return dict(self.terms)[term_id]


def geometry(agreement: Agreement) -> Geometry:
    """Prepare the areas and lines of an agreement.

    Raises:
        ValueError: a zone is unsound or has no geometry; naming it.
    """
    parts = {z.id: _polygons(z, agreement) for z in agreement.zones}
    places = tuple((t.id, _term_place(t, agreement, parts)) for t in agreement.terms)
    return Geometry(agreement_sha256=agreement.text_sha256, terms=places)


def _polygons(zone: Zone, agreement: Agreement) -> tuple[Polygon, ...]:
    if zone.line_id is not None and zone.within_m is not None:
        return line_buffer(np.array(agreement.line(zone.line_id).coordinates), zone.within_m)
    if not zone.rings:
        raise ValueError(f"zone {zone.id!r} has neither rings nor a line with a distance")
    holes = tuple(np.array(hole) for hole in zone.holes)
    return tuple((np.array(ring), *holes) for ring in zone.rings)


def _term_place(term: Term, agreement: Agreement, parts: dict[str, tuple[Polygon, ...]]) -> TermPlace:
    inside = [p for zone_id in term.zone_ids for p in parts[zone_id]]
    outside = [p for zone_id in term.outside_zone_ids for p in parts[zone_id]]
    zones = [agreement.zone(z) for z in (*term.zone_ids, *term.outside_zone_ids)]
    line_ids = dict.fromkeys(z.line_id for z in zones if z.line_id is not None)
    lines = [agreement.line(line_id) for line_id in line_ids]
    return TermPlace(
        inside=_area(inside),
        outside=_area(outside),
        whole=_area([*inside, *outside]) if inside and outside else None,
        lines=tuple((line.name, along_line(np.array(line.coordinates))) for line in lines),
        text=_text(term, agreement),
    )


def _area(polygons: Sequence[Polygon]) -> Area | None:
    return Area.from_polygons(polygons) if polygons else None


def _text(term: Term, agreement: Agreement) -> str:
    inside = " or ".join(f"“{agreement.zone(z).name}”" for z in term.zone_ids)
    outside = " or ".join(f"“{agreement.zone(z).name}”" for z in term.outside_zone_ids)
    parts = [f"inside {inside}" if inside else "", f"outside {outside}" if outside else ""]
    return " and ".join(p for p in parts if p)
