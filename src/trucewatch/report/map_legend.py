"""The legend under a map: every sign that is on it, the source of every line, and the disclaimer."""

from __future__ import annotations

import textwrap

from trucewatch.model.incident import Incident
from trucewatch.model.vocabulary import SensorState
from trucewatch.report.digest import Digest, Outcome
from trucewatch.report.map_layers import UNOBSERVED_BELOW, incident_mark, sensor_mark, worst_state
from trucewatch.report.svg import element, layer, text
from trucewatch.report.viewport import Viewport

DISCLAIMER = (
    "The lines, zones and names shown and the designations used on this map do not imply official endorsement or "
    "acceptance by the mission, nor any opinion on the legal status of a territory or the delimitation of its "
    "frontiers. No border is drawn. Lines and zones are those of the agreement named above."
)
BASE_SOURCE = "Land, rivers and lakes: Natural Earth (public domain)."
OUTCOME_WORDS = {
    Outcome.VIOLATION: "incident assessed as a violation",
    Outcome.INDETERMINATE: "incident, indeterminate",
    Outcome.NOTIFIED: "notified activity or exercise",
    Outcome.NO_TERM: "incident, no term engaged",
    Outcome.NOT_UPHELD: "incident not confirmed or refuted",
}
_LINE_PX = 15.0
_CHAR_PX = 6.2
_NARROW = 0.68
SHEET_PX = 720.0
"""width of every map with its legend"""


def legend(digest: Digest, view: Viewport, shown: list[Incident]) -> tuple[str, float, float]:
    """Draw the legend, beside a narrow map and below a wide one; return it with the drawing's width and height."""
    entries = _entries(digest, shown)
    beside = view.width_px <= SHEET_PX * _NARROW
    if beside:
        x = view.width_px + 12
        parts, y = _column(entries, x, 14.0, SHEET_PX - x)
        notes, y = _notes(digest, x, y + 6, SHEET_PX - x)
        return layer("legend", [*parts, *notes]), SHEET_PX, max(view.height_px, y)
    half, x = (len(entries) + 1) // 2, 4.0
    left, left_end = _column(entries[:half], x, view.height_px + 18, SHEET_PX / 2)
    right, right_end = _column(entries[half:], SHEET_PX / 2 + x, view.height_px + 18, SHEET_PX / 2)
    notes, y = _notes(digest, x, max(left_end, right_end), SHEET_PX)
    return layer("legend", [*left, *right, *notes]), SHEET_PX, y


def _notes(digest: Digest, x: float, y: float, wide: float) -> tuple[list[str], float]:
    lines = textwrap.wrap(_small_print(digest), int(wide / 5.0))
    return [text(x, y + 11.5 * n, line, size=8.5, fill="#3c444b") for n, line in enumerate(lines)], y + 11.5 * len(
        lines
    )


def _small_print(digest: Digest) -> str:
    parts = [f"Agreement: {digest.book.agreement.title} ({digest.book.agreement.status}).", BASE_SOURCE, DISCLAIMER]
    return " ".join([*parts, digest.book.mission.disclaimer]).strip()


def _column(entries: list[tuple[str, str]], x: float, y: float, wide: float) -> tuple[list[str], float]:
    """Set entries below each other; a sign is drawn for (0, 0) and moved to its line."""
    parts: list[str] = []
    for sign, words in entries:
        parts.append(element("g", sign, transform=f"translate({x + 10:.1f} {y - 3.5:.1f})"))
        for line in textwrap.wrap(words, int((wide - 26) / _CHAR_PX)):
            parts.append(text(x + 26, y, line, size=10))
            y += _LINE_PX
    return parts, y


def _entries(digest: Digest, shown: list[Incident]) -> list[tuple[str, str]]:
    book, found = digest.book, []
    present = {digest.outcome[i.id] for i in shown}
    found += [(incident_mark(0, 0, o), OUTCOME_WORDS[o]) for o in Outcome if o in present]
    if any(i.place is not None for i in shown):
        found.append((_ellipse(), "holds the place with 95 % confidence (drawn where large enough)"))
    if any(i.place is None for i in shown):
        found.append((_wedge(), "direction only; dashed where the distance is undetermined"))
    states = [worst_state(book, s.id) for s in book.network.sensors]
    if SensorState.OPERATIONAL in states:
        found.append((sensor_mark(0, 0, out=False), "sensor, operational all the time"))
    if any(s is not SensorState.OPERATIONAL for s in states):
        found.append((sensor_mark(0, 0, out=True), "sensor, out for part of the period"))
    if book.coverage:
        label = next((s.label for s in book.effort.shares if s.source == book.coverage[0].source), "the reference kind")
        share = round(1 / UNOBSERVED_BELOW)
        found.append((_hatch(), f"not observed: fewer than 1 in {share} events noticed ({label})"))
    found += [(_stroke(2, "none"), f"{x.name}. Source: {x.source}") for x in book.agreement.lines]
    found += [
        (_stroke(0.9, "4 2"), z.name + (f". Source: {z.source}" if z.source else f" ({book.agreement.title})"))
        for z in book.agreement.zones
    ]
    return found


def _ellipse() -> str:
    return element("ellipse", cx=0, cy=0, rx=8, ry=4.5, fill="#b3261e", fill_opacity="0.10", stroke="#b3261e")


def _wedge() -> str:
    return element("path", d="M-8 4L7 -5A16 16 0 0 1 8 5Z", fill="#555b61", fill_opacity="0.15", stroke="#555b61")


def _hatch() -> str:
    lines = "".join(f"M{x} 5L{x + 10} -5" for x in (-10, -5, 0))
    return element("path", d=lines, fill="none", stroke="#7a7a7a", stroke_width=0.8)


def _stroke(width: float, dashes: str) -> str:
    return element("path", d="M-8 0H8", fill="none", stroke="#6b4fa0", stroke_width=width, stroke_dasharray=dashes)
