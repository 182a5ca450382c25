"""The layers of a map, each drawn from nouns to one SVG group."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely

from trucewatch.geo.ellipse import error_ellipse, polygon
from trucewatch.geo.geodesic import destination
from trucewatch.geo.line import line_buffer
from trucewatch.model.agreement import Agreement, Zone
from trucewatch.model.effort import CoverageGrid
from trucewatch.model.incident import Incident, Sector
from trucewatch.model.vocabulary import SensorState
from trucewatch.report.basemap import EXTENT_DEG, base_layer
from trucewatch.report.daybook import DayBook, NamedPlace
from trucewatch.report.digest import Digest, Outcome
from trucewatch.report.svg import element, halo_text, layer, points
from trucewatch.report.viewport import Viewport, path_data

UNOBSERVED_BELOW = 0.1
"""a cell counts as not observed where fewer than 1 in 10 events would have been noticed"""
OPEN_SECTOR_M = 15_000.0
"""how far a direction without a range is drawn, left open at its end"""
NUMBERED_AT_MOST = 60
_HATCH_PX = 7.0
_TOWNS_AT_MOST = 14

COLOUR = {
    Outcome.VIOLATION: "#b3261e",
    Outcome.INDETERMINATE: "#8a5a00",
    Outcome.NOTIFIED: "#1f5fa8",
    Outcome.NO_TERM: "#555b61",
    Outcome.NOT_UPHELD: "#555b61",
}


def base(view: Viewport) -> str:
    """Draw water, land, lakes and rivers; there is no layer of borders, and outside the base map nothing is known."""
    unknown = element("rect", x=0, y=0, width=view.width_px, height=view.height_px, fill="#ededeb")
    sea = element("path", d=view.path(shapely.box(*EXTENT_DEG)), fill="#dce8f0")
    land = element("path", d=view.path(base_layer("land")), fill="#f6f3ec", stroke="#9db4c2", stroke_width=0.6)
    lakes = element("path", d=view.path(base_layer("lakes")), fill="#dce8f0", stroke="#9db4c2", stroke_width=0.5)
    rivers = element("path", d=view.path(base_layer("rivers")), fill="none", stroke="#a9c4d6", stroke_width=1)
    return layer("base", (unknown, sea, land, lakes, rivers))


def zone_geometry(zone: Zone, agreement: Agreement) -> Any:  # noqa: ANN401 - shapely carries no types
    """Return a zone as a shapely geometry in degrees."""
    if zone.line_id is not None and zone.within_m is not None:
        bands = line_buffer(agreement.line(zone.line_id).coordinates, zone.within_m)
        return shapely.union_all([shapely.Polygon(rings[0], list(rings[1:])) for rings in bands])
    outer = shapely.union_all([shapely.Polygon(r) for r in zone.rings])
    return shapely.difference(outer, shapely.union_all([shapely.Polygon(r) for r in zone.holes]))


def zones(agreement: Agreement, view: Viewport) -> str:
    """Draw the zones of the agreement."""
    paths = (view.path(zone_geometry(z, agreement)) for z in agreement.zones)
    look: dict[str, str | float] = {
        "fill": "#6b4fa0", "fill_opacity": "0.09", "stroke": "#6b4fa0", "stroke_width": 0.9, "stroke_dasharray": "4 2",
    }  # fmt: skip
    return layer("zones", (element("path", d=d, **look) for d in paths if d))


def lines(agreement: Agreement, view: Viewport) -> str:
    """Draw the lines of the agreement."""
    paths = (view.path(shapely.LineString(x.coordinates)) for x in agreement.lines)
    return layer("lines", (element("path", d=d, fill="none", stroke="#6b4fa0", stroke_width=2) for d in paths if d))


def unobserved(grids: Sequence[CoverageGrid], view: Viewport) -> str:
    """Hatch the cells in which hardly any event would have been noticed."""
    dark = view.clipped(shapely.union_all([c for g in grids for c in _dark_cells(g)]))
    if dark.is_empty:
        return layer("unobserved", ())
    reach = view.width_px + view.height_px
    hatch = shapely.multilinestrings(
        [[(x, 0.0), (x - view.height_px, view.height_px)] for x in np.arange(_HATCH_PX, reach, _HATCH_PX)]
    )
    drawn = path_data(shapely.intersection(hatch, dark))
    edge = path_data(shapely.simplify(dark, 0.3))
    return layer(
        "unobserved",
        (
            element("path", d=drawn, fill="none", stroke="#7a7a7a", stroke_width=0.6),
            element("path", d=edge, fill="none", stroke="#7a7a7a", stroke_width=0.6, stroke_dasharray="1 2"),
        ),
    )


def _dark_cells(grid: CoverageGrid) -> list[Any]:
    """Return the dark cells of a grid, joined along each row."""
    half_lon, half_lat = _half_step(grid.lon_deg), _half_step(grid.lat_deg)
    cells = []
    for lat, row in zip(grid.lat_deg, grid.p_one < UNOBSERVED_BELOW, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8)))
        for first, last in zip(edges[::2], edges[1::2] - 1, strict=True):
            west, east = grid.lon_deg[first] - half_lon, grid.lon_deg[last] + half_lon
            cells.append(shapely.box(west, lat - half_lat, east, lat + half_lat))
    return cells


def _half_step(centres: Any) -> float:  # noqa: ANN401
    return float(abs(centres[1] - centres[0])) / 2 if len(centres) > 1 else 0.01


def places(towns: Sequence[NamedPlace], view: Viewport) -> str:
    """Name the largest towns in view, leaving out those whose label would cover another."""
    taken: list[tuple[float, float, float]] = []
    parts: list[str] = []
    for town in sorted(towns, key=lambda t: (-t.population, t.name)):
        x, y = view.xy(town.lon_deg, town.lat_deg)
        wide = 8 + 6.2 * len(town.name)
        fits = view.sees(town.lon_deg, town.lat_deg) and x + wide < view.width_px - 4 and 14 < y < view.height_px - 44
        if not fits or any(abs(y - b) < 15 and x < a + w and a < x + wide for a, b, w in taken):
            continue
        taken.append((x, y, wide))
        parts.append(element("rect", x=x - 1.7, y=y - 1.7, width=3.4, height=3.4, fill="#3c444b"))
        parts.append(halo_text(x + 5, y + 3.5, town.name, size=10, fill="#3c444b"))
        if len(taken) == _TOWNS_AT_MOST:
            break
    return layer("places", parts)


def worst_state(book: DayBook, sensor_id: str) -> SensorState:
    """Return the first state other than operational that the effort records for a sensor in the period."""
    found = next((s for s in book.effort.sensors if s.sensor_id == sensor_id), None)
    return found.outages[0].state if found is not None and found.outages else SensorState.OPERATIONAL


def sensors(book: DayBook, view: Viewport) -> str:
    """Draw sensors: a filled triangle where it could watch all the time, an open crossed one where it could not."""
    parts = []
    for s in sorted(book.network.sensors, key=lambda s: s.id):
        if view.sees(s.place.lon_deg, s.place.lat_deg):
            x, y = view.xy(s.place.lon_deg, s.place.lat_deg)
            parts.append(sensor_mark(x, y, out=worst_state(book, s.id) is not SensorState.OPERATIONAL))
    return layer("sensors", parts)


def sensor_mark(x: float, y: float, *, out: bool) -> str:
    """Draw one sensor."""
    corners = points(((x, y - 5.5), (x + 5, y + 3.5), (x - 5, y + 3.5)))
    if not out:
        return element("polygon", points=corners, fill="#1b6b52", stroke="#ffffff", stroke_width=0.8)
    cross = element("path", d=f"M{x - 6:.1f} {y + 5:.1f}L{x + 6:.1f} {y - 6:.1f}", stroke="#1d2328", stroke_width=1.3)
    return element("polygon", points=corners, fill="#ffffff", stroke="#1d2328", stroke_width=1.2) + cross


def in_view(incident: Incident, view: Viewport) -> bool:
    """Say whether an incident's place, or a part of its sector, is in view."""
    if incident.place is not None:
        return view.sees(incident.place.lon_deg, incident.place.lat_deg)
    return incident.sector is not None and not view.clipped(shapely.Polygon(wedge(incident.sector))).is_empty


def incidents(digest: Digest, shown: Iterable[Incident], view: Viewport) -> str:
    """Draw incidents with their 95 % ellipse, or the sector where only a direction is known, and their number."""
    drawn = list(shown)
    extents = [_extent(i, digest.outcome[i.id], view) for i in drawn]
    marks = [_mark(digest, i, view, numbered=len(drawn) <= NUMBERED_AT_MOST) for i in drawn]
    return layer("incidents", [*extents, *marks])


def _extent(incident: Incident, outcome: Outcome, view: Viewport) -> str:
    look: dict[str, str | float] = {"stroke": COLOUR[outcome], "stroke_width": 0.9, "fill": COLOUR[outcome]}
    if incident.place is not None:
        ellipse = error_ellipse(incident.place.covariance_m2)
        if ellipse.semi_major_m < 3 * view.metres_a_px:
            return ""
        ring = polygon(incident.place.lon_deg, incident.place.lat_deg, ellipse)
        return element("path", d=view.path(shapely.Polygon(ring)), fill_opacity="0.10", **look)
    if incident.sector is None:
        return ""
    closed = incident.sector.range_m is not None
    shape = shapely.Polygon(wedge(incident.sector))
    look["stroke_dasharray"] = "none" if closed else "3 3"
    return element("path", d=view.path(shape), fill_opacity="0.10", **look)


def wedge(sector: Sector, n: int = 24) -> list[tuple[float, float]]:
    """Return a sector as a closed ring of longitude, latitude; a sector without a range ends at OPEN_SECTOR_M."""
    near, far = sector.range_m or (0.0, OPEN_SECTOR_M)
    bearings = np.linspace(sector.bearing_deg - sector.half_width_deg, sector.bearing_deg + sector.half_width_deg, n)
    origin = (sector.origin.lon_deg, sector.origin.lat_deg)
    outer = np.stack(destination(*origin, bearings, far), axis=-1)
    inner = np.stack(destination(*origin, bearings[::-1], near), axis=-1) if near > 0 else np.array([origin])
    ring = np.concatenate((outer, inner, outer[:1]))
    return [(float(lon), float(lat)) for lon, lat in ring]


def _mark(digest: Digest, incident: Incident, view: Viewport, *, numbered: bool) -> str:
    if incident.place is not None:
        x, y = view.xy(incident.place.lon_deg, incident.place.lat_deg)
    elif incident.sector is not None:
        x, y = _sector_mark_xy(incident.sector, view)
    else:
        return ""
    outcome = digest.outcome[incident.id]
    mark = incident_mark(x, y, outcome)
    label = halo_text(x + 6, y - 4, str(digest.number[incident.id]), size=9, fill=COLOUR[outcome], font_weight="bold")
    return mark + (label if numbered else "")


def _sector_mark_xy(sector: Sector, view: Viewport) -> tuple[float, float]:
    """Return where to mark a sector that is in view: its middle, or else a point of the part that is seen."""
    middle = _middle(sector)
    if view.sees(*middle):
        return view.xy(*middle)
    point = view.clipped(shapely.Polygon(wedge(sector))).representative_point()
    return float(point.x), float(point.y)


def _middle(sector: Sector) -> tuple[float, float]:
    near, far = sector.range_m or (0.0, OPEN_SECTOR_M)
    lon, lat = destination(sector.origin.lon_deg, sector.origin.lat_deg, sector.bearing_deg, (near + far) / 2)
    return float(lon), float(lat)


def incident_mark(x: float, y: float, outcome: Outcome) -> str:
    """Draw one incident; the shape tells its heading as well as the colour does."""
    colour = COLOUR[outcome]
    if outcome is Outcome.VIOLATION:
        return element("circle", cx=x, cy=y, r=4, fill=colour, stroke="#ffffff", stroke_width=0.9)
    if outcome is Outcome.INDETERMINATE:
        return element("circle", cx=x, cy=y, r=3.8, fill="#ffffff", stroke=colour, stroke_width=1.8)
    if outcome is Outcome.NOTIFIED:
        return element("rect", x=x - 3.6, y=y - 3.6, width=7.2, height=7.2, fill=colour, stroke="#ffffff")
    slash = f"M{x - 3.5:.1f} {y:.1f}H{x + 3.5:.1f}"
    upright = f"M{x:.1f} {y - 3.5:.1f}V{y + 3.5:.1f}" if outcome is Outcome.NO_TERM else ""
    return element("path", d=slash + upright, stroke=colour, stroke_width=1.8, fill="none")


def furniture(view: Viewport) -> str:
    """Draw the scale bar and the arrow to the north."""
    step = scale_bar_m(view.width_px * view.metres_a_px / 5)
    wide, y = step / view.metres_a_px, view.height_px - 14
    words = f"{step / 1000:g} km" if step >= 1000 else f"{step:g} m"
    plate = element("rect", x=8, y=y - 20, width=wide + 24, height=28, fill="#ffffff", fill_opacity="0.85")
    bar = element("path", d=f"M16 {y - 5:.1f}V{y:.1f}H{16 + wide:.1f}V{y - 5:.1f}", fill="none", stroke="#1d2328")
    label = halo_text(18, y - 8, words, size=10)
    x = view.width_px - 22
    arrow = element("path", d=f"M{x:.1f} 34V14M{x - 4:.1f} 20L{x:.1f} 12L{x + 4:.1f} 20", fill="none", stroke="#1d2328")
    north = halo_text(x, 46, "N", size=11, text_anchor="middle", font_weight="bold")
    return layer("furniture", (plate, bar, label, arrow, north))


def scale_bar_m(about_m: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not longer than asked."""
    power = 10.0 ** math.floor(math.log10(about_m))
    return max(m * power for m in (1, 2, 5) if m * power <= about_m * (1 + 1e-9))
