"""Maps of the day: base, lines and zones, sensors, incidents with their error, and what was not watched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trucewatch.model.incident import Incident
from trucewatch.model.mission import MissionArea
from trucewatch.model.vocabulary import SensorState
from trucewatch.report import map_layers as layers
from trucewatch.report.daybook import DayBook
from trucewatch.report.digest import Digest, Outcome
from trucewatch.report.map_legend import SHEET_PX, legend
from trucewatch.report.svg import drawing, element
from trucewatch.report.tally import incidents_text
from trucewatch.report.viewport import Viewport
from trucewatch.report.words import length_text

LAYERS = (
    "base",
    "zones",
    "lines",
    "unobserved",
    "places",
    "sensors",
    "incidents",
    "furniture",
    "legend",
)
"""every layer that a map may hold, from the ground up"""
_DETAIL_SHARE = 0.5
_DETAIL_LEAST_DEG = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """One map and the words that stand for it."""

    title: str
    alt: str
    svg: str


def day_maps(digest: Digest) -> tuple[Map, ...]:
    """Draw the mission's area, and a second map of the part with incidents where that part is much smaller."""
    area = digest.book.mission.area
    maps = [draw(digest, area, "Area of the mission")]
    detail = detail_area(digest.incidents, area)
    if detail is not None:
        maps.append(draw(digest, detail, "Detail: the part with located incidents"))
    return tuple(maps)


def draw(digest: Digest, area: MissionArea, title: str) -> Map:
    """Draw one map.

    Args:
        digest: The day, already as its audience may see it.
        area: What to show.
        title: Heading of the map.
    """
    view = Viewport.fit(area, width_px=SHEET_PX)
    book = digest.book
    shown = [i for i in digest.incidents if layers.in_view(i, view)]
    content = "".join(
        (
            layers.base(view),
            layers.zones(book.agreement, view),
            layers.lines(book.agreement, view),
            layers.unobserved(book.coverage[:1], view),
            layers.places(digest.gazetteer.towns, view),
            layers.sensors(book, view),
            layers.incidents(digest, shown, view),
            layers.furniture(view),
        )
    )
    key, width, height = legend(digest, view, shown)
    alt = _alt(digest, shown, title, view)
    frame = element(
        "rect", x=0.5, y=0.5, width=view.width_px - 1, height=view.height_px - 1, fill="none", stroke="#555"
    )
    svg = drawing(width, height, title, alt, content + frame + key)
    return Map(title=title, alt=alt, svg=svg)


def detail_area(incidents: Iterable[Incident], area: MissionArea) -> MissionArea | None:
    """Return a box around the located incidents, None where it would be hardly smaller than the mission's area."""
    located = [i.place for i in incidents if i.place is not None and area.contains(i.place.lon_deg, i.place.lat_deg)]
    if not located:
        return None
    lons, lats = [p.lon_deg for p in located], [p.lat_deg for p in located]
    wide, high = area.east_deg - area.west_deg, area.north_deg - area.south_deg
    half = max((max(lons) - min(lons)) / wide, (max(lats) - min(lats)) / high) / 2 * 1.3
    half = max(half, _DETAIL_LEAST_DEG / min(wide, high), 0.04)
    if half * 2 > _DETAIL_SHARE:
        return None
    lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    return MissionArea(
        west_deg=lon - half * wide, east_deg=lon + half * wide, south_deg=lat - half * high, north_deg=lat + half * high
    )


def _alt(digest: Digest, shown: list[Incident], title: str, view: Viewport) -> str:
    book = digest.book
    out = sum(1 for s in book.network.sensors if layers.worst_state(book, s.id) is not SensorState.OPERATIONAL)
    n = {o: sum(1 for i in shown if digest.outcome[i.id] is o) for o in Outcome}
    names = [x.name for x in book.agreement.lines] + [z.name for z in book.agreement.zones]
    return (
        f"Map. {title}, {length_text(view.width_px * view.metres_a_px)} wide. "
        f"{incidents_text(len(shown))} of {len(digest.incidents)} shown: "
        f"{n[Outcome.VIOLATION]} assessed as violations, {n[Outcome.INDETERMINATE]} indeterminate, "
        f"{n[Outcome.NOTIFIED]} notified or exercises. {_network_words(book, out)} "
        f"Lines and zones of the agreement: {', '.join(names) if names else 'none'}. "
        "The same incidents are listed in sections 3 and 4."
    )


def _network_words(book: DayBook, out: int) -> str:
    n = len(book.network.sensors)
    return f"{n} sensor{'' if n == 1 else 's'}, {out} of them out for part of the period."
