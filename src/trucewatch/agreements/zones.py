"""Zones of an agreement: by polygon, by several polygons, or by distance from a line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trucewatch.agreements.checks import check_refers, ids
from trucewatch.agreements.fields import Field, Group, ListOf, Row
from trucewatch.agreements.places import Ring
from trucewatch.agreements.quantities import Distance
from trucewatch.agreements.reading import Reading
from trucewatch.agreements.values import Name, Text, texts
from trucewatch.geo import Area
from trucewatch.model.agreement import Zone

_FORMS = ("within", "polygon", "polygons")


def _check_zone(row: Row, reading: Reading) -> None:
    given = [form for form in _FORMS if row.node.find(form) is not None]
    if len(given) != 1:
        found = f"the zone is given by {' and '.join(given)}" if given else "the zone has no geometry"
        reading.error(row.node, found, f"exactly one of {', '.join(_FORMS)}")
    if given == ["within"] and row.get("holes"):
        reading.error(row.at("holes"), "a zone by distance has holes", "holes only in a zone by polygon")
    _check_holes(row, reading)


def _check_holes(row: Row, reading: Reading) -> None:
    outer = _outer_rings(row)
    if not outer:
        return
    area = Area.from_polygons([[ring] for ring in outer])
    for number, hole in enumerate(row.get("holes") or (), start=1):
        points = np.array(hole)
        if not area.contains(points[:, 0], points[:, 1]).any():
            found = f"hole {number} lies outside the zone"
            reading.error(row.at("holes"), found, "holes inside one of the zone's polygons")


def _outer_rings(row: Row) -> tuple[tuple[tuple[float, float], ...], ...]:
    single = row.get("polygon")
    return (single,) if single else row.get("polygons") or ()


WITHIN = Group(
    fields=(
        Field("line", Name(), "id of a line"),
        Field("distance", Distance(), "on each side of it"),
    )
)
ZONE = Group(
    fields=(
        Field("id", Name(), "id, unique among zones"),
        Field("name", Text(), "name"),
        Field("within", WITHIN, "everything within a distance of a line", required=False),
        Field("polygon", Ring(), "one closed ring of [longitude, latitude]", required=False),
        Field("polygons", ListOf(item=Ring(), least=1), "several closed rings", required=False),
        Field("holes", ListOf(item=Ring()), "closed rings that are cut out", required=False, default=()),
        Field("source", Text(), "where the geometry comes from", required=False, default=""),
    ),
    check=_check_zone,
)


def check_zone_references(zones: Sequence[Row], lines: Sequence[Row], reading: Reading) -> None:
    """Refuse a zone by distance from a line that is not defined."""
    withins = [z["within"] for z in zones if z.get("within") is not None]
    check_refers([w["line"] for w in withins if w.get("line") is not None], texts(ids(lines)), "line", reading)


def zone(row: Row) -> Zone:
    """Build the zone of a sound row."""
    within = row["within"]
    return Zone(
        id=row["id"].text,
        name=row["name"],
        rings=_outer_rings(row),
        holes=row["holes"],
        line_id=None if within is None else within["line"].text,
        within_m=None if within is None else within["distance"],
        source=row["source"],
    )
