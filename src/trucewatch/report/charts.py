"""Small bar charts: violations by type with their bounds, and when each sensor could watch."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from trucewatch.model.effort import SensorEffort
from trucewatch.model.vocabulary import SensorState
from trucewatch.report.daybook import DayBook
from trucewatch.report.digest import Digest, Outcome
from trucewatch.report.maps import Map
from trucewatch.report.svg import drawing, element, layer, text
from trucewatch.report.tally import KindRow, kind_rows
from trucewatch.report.words import STATE, number, spread_text

_WIDTH = 700.0
_LEFT = 190.0
_ROW = 24.0
_LEAST_SCALE = 10
"""a chart reaches at least so far, so that a single event does not look like a bad day"""
_TICKS = 4
LOOK = {
    SensorState.DEGRADED: ("#d9a441", "2 2"),
    SensorState.NON_OPERATIONAL: ("#2b2f33", "none"),
    SensorState.OBSTRUCTED_WEATHER: ("#8aa9bf", "6 2"),
    SensorState.JAMMED: ("#7b3fa0", "1 2"),
    SensorState.DAMAGED: ("#b3261e", "none"),
    SensorState.POWER_CUT: ("#8a5a00", "5 1"),
    SensorState.VANDALISED: ("#b3261e", "1 1"),
    SensorState.NOT_TASKED: ("#c9cdd1", "none"),
}
"""colour and dash of a state that is not operational: a bar is told by both and by its label"""


def violations_chart(digest: Digest) -> Map | None:
    """Draw the events assessed as violations by type, with whiskers from low to high; None where there are none."""
    rows = [r for r in kind_rows(digest) if r.kind is not None and r.tallies[0].n_incidents]
    if not rows:
        return None
    top = max(_LEAST_SCALE, *(max(r.tallies[0].high or 0, r.tallies[0].best) for r in rows))
    bars = "".join(_bar(r, 26 + n * _ROW, (_WIDTH - _LEFT - 150) / top) for n, r in enumerate(rows))
    said = "; ".join(f"{r.label}: {r.tallies[0].text()}" for r in rows)
    title = "Events assessed as violations, by type"
    head = text(0, 12, "Bar: most likely number. Whisker: lowest to highest.", size=10, fill="#3c444b")
    svg = drawing(_WIDTH, 34 + len(rows) * _ROW, title, said, layer("bars", (head, bars)))
    return Map(title=title, alt=f"Bar chart. {title}. {said}. The same numbers are in the table.", svg=svg)


def _bar(row: KindRow, y: float, px_each: float) -> str:
    t = row.tallies[list(Outcome).index(Outcome.VIOLATION)]
    end = _LEFT + max(t.best * px_each, 1)
    high = _LEFT + (t.best if t.high is None else t.high) * px_each
    low = _LEFT + t.low * px_each
    whisker = (
        f"M{low:.1f} {y + 8:.1f}H{high:.1f}M{low:.1f} {y + 4:.1f}V{y + 12:.1f}M{high:.1f} {y + 4:.1f}V{y + 12:.1f}"
    )
    return "".join(
        (
            text(_LEFT - 8, y + 12, row.label, text_anchor="end"),
            element("rect", x=_LEFT, y=y, width=end - _LEFT, height=16, fill="#c98b87"),
            element("path", d=whisker, fill="none", stroke="#1d2328", stroke_width=1.2) if t.low != t.high else "",
            text(max(end, high) + 6, y + 12, spread_text(t.low, t.best, t.high)),
        )
    )


def sensor_timeline(book: DayBook) -> Map | None:
    """Draw when sensors with an outage could watch, and count the others in words; None where there was no outage."""
    out = [s for s in sorted(book.effort.sensors, key=lambda s: s.sensor_id) if s.outages]
    if not out:
        return None
    rest = len(book.effort.sensors) - len(out)
    rows = "".join(_timeline_row(book, s, 38 + n * 18.0) for n, s in enumerate(out))
    used = [state for state in LOOK if any(o.state is state for s in out for o in s.outages)]
    y = 50 + len(out) * 18.0
    key = "".join(_key(state, 8 + n * 165.0, y) for n, state in enumerate(used))
    head = text(0, 12, f"The reporting period, local time. {number(rest)} more watched throughout.", size=10)
    said = "; ".join(f"{s.sensor_id}: {STATE[o.state]}" for s in out for o in s.outages)
    title = "Sensors that could not watch all the time"
    svg = drawing(
        max(_WIDTH, 20 + 165.0 * len(used)), y + 16, title, said, layer("timeline", (head, _ticks(book), rows, key))
    )
    return Map(title=title, alt=f"Timeline. {title}. {said}. The same is in Annex C.", svg=svg)


def _ticks(book: DayBook) -> str:
    """Write the local time at equal steps of the period above the rows."""
    start, zone = book.period.start_utc, ZoneInfo(book.mission.time_zone)
    if start is None:
        return ""
    wide, step = _WIDTH - _LEFT - 10, timedelta(seconds=book.period.duration_s / _TICKS)
    marks = []
    for n in range(_TICKS + 1):
        x = _LEFT + wide * n / _TICKS
        side = "end" if n == _TICKS else "start" if n == 0 else "middle"
        marks.append(text(x, 30, f"{(start + n * step).astimezone(zone):%H:%M}", size=9, text_anchor=side))
    return "".join(marks)


def _timeline_row(book: DayBook, effort: SensorEffort, y: float) -> str:
    start, total = book.period.start_utc, book.period.duration_s
    wide = _WIDTH - _LEFT - 10
    ground = element("rect", x=_LEFT, y=y, width=wide, height=11, fill="#cfe5db")
    parts = [text(_LEFT - 8, y + 9, effort.sensor_id, size=10, text_anchor="end"), ground]
    for outage in effort.outages:
        if start is None:
            continue
        begin = max((outage.time.start_utc or start), start)
        x = (begin - start).total_seconds() / total * wide
        parts.append(_segment(outage.state, _LEFT + x, y, outage.time.overlap_s(book.period) / total * wide))
    return "".join(parts)


def _segment(state: SensorState, x: float, y: float, wide: float) -> str:
    colour, dashes = LOOK.get(state, ("#2b2f33", "none"))
    white = element("rect", x=x, y=y, width=max(wide, 1), height=11, fill="#ffffff")
    line = f"M{x:.1f} {y + 5.5:.1f}H{x + max(wide, 1):.1f}"
    return white + element("path", d=line, stroke=colour, stroke_width=11, stroke_dasharray=dashes, fill="none")


def _key(state: SensorState, x: float, y: float) -> str:
    return _segment(state, x, y, 22) + text(x + 28, y + 9, STATE[state], size=10)
