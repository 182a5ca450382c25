"""The daily report: one template for the web page and the PDF, filled from the book of the day."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from trucewatch.model.instant import rfc3339
from trucewatch.report import prose, sections
from trucewatch.report.annex import COLUMNS, EXTENSION, annex_rows
from trucewatch.report.charts import sensor_timeline, violations_chart
from trucewatch.report.clocks import clock_rows
from trucewatch.report.daybook import DayBook
from trucewatch.report.deciding import open_rows
from trucewatch.report.digest import Digest, Outcome
from trucewatch.report.incident_rows import incident_groups, rows_of_kinds, rows_of_outcome
from trucewatch.report.listening_rows import hour_rows, listening_rows
from trucewatch.report.loss_rows import loss_rows
from trucewatch.report.map_legend import DISCLAIMER
from trucewatch.report.maps import day_maps
from trucewatch.report.open_data import open_data
from trucewatch.report.redact import for_audience
from trucewatch.report.summary import bullets, effort_text, passes_text
from trucewatch.report.svg import data_uri
from trucewatch.report.tally import RULE, breakdown_text, kind_rows
from trucewatch.report.trouble_rows import trouble_rows
from trucewatch.report.words import day_text, moment_text, offset_text, share_text


def daily_html(book: DayBook) -> str:
    """Write the daily report as one page that needs nothing else.

    Args:
        book: The day with everything in it; what its audience may not see is blurred or left out here.

    Returns:
        HTML with inline style and pictures as data URIs, without scripts; the same book gives the same text.

    # LIMIT: in English only; a mission's other languages wait for translated labels and prose.
    """
    return _template().render(_context(Digest.of(for_audience(book)), open_data(book)))


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    environment.filters["data_uri"] = data_uri
    return environment.from_string(_resource("daily.html.j2"))


@cache
def _resource(name: str) -> str:
    return files("trucewatch.report").joinpath("templates", name).read_text(encoding="utf-8")


def _context(digest: Digest, published: dict[str, bytes]) -> dict[str, Any]:
    book = digest.book
    return (
        _heading(digest)
        | _counts(digest)
        | _subjects(digest)
        | {
            "book": book,
            "digest": digest,
            "css": _css(),
            "contents": prose.CONTENTS,
            "share": share_text,
            "methods": prose.method_sentences(book),
            "standards": prose.STANDARDS,
            "inputs_sentence": prose.inputs_sentence(book),
            "disclaimer": DISCLAIMER.replace("on this map ", "").replace(" named above", ""),
            "files": [(name, len(c), hashlib.sha256(c).hexdigest()) for name, c in published.items()],
        }
    )


def _css() -> Any:  # noqa: ANN401 - jinja's markup type
    from markupsafe import Markup  # noqa: PLC0415

    return Markup(_resource("daily.css"))  # noqa: S704 - our own style sheet, not outside text


def _heading(digest: Digest) -> dict[str, Any]:
    book, zone = digest.book, digest.zone
    start, end = book.period.start_utc, book.period.end_utc
    if start is None or end is None:
        raise ValueError("a report needs a period with both ends")
    day_words = day_text(datetime.combine(book.day, datetime.min.time(), zone))
    local = end.astimezone(zone)
    return {
        "title": f"{book.mission.name}: daily report, {day_words}, version {book.version}",
        "day_words": day_words,
        "as_of": rfc3339(book.as_of_utc.replace(microsecond=0)),
        "as_of_words": moment_text(book.as_of_utc, zone),
        "period_words": f"{moment_text(start, zone)} to {moment_text(end, zone)}",
        "time_words": f"Local time is {book.mission.time_zone} ({offset_text(local)}); UTC is marked with a Z.",
    }


def _counts(digest: Digest) -> dict[str, Any]:
    groups = incident_groups(digest)
    return {
        "bullets": bullets(digest),
        "effort_rows": sections.effort_rows(digest.book),
        "effort_sentence": f"Observed with {effort_text(digest.book)}.",
        "passes": passes_text(digest.book.effort.overpasses),
        "timeline": sensor_timeline(digest.book),
        "hour_rows": hour_rows(digest.book.effort.hours, digest.zone),
        "listening_rows": listening_rows(digest.book.effort.listening, digest.book.network),
        "loss_rows": loss_rows(digest.book.effort.losses, sum(s.tasked_s for s in digest.book.effort.sensors)),
        "trouble_rows": trouble_rows(digest.book.effort.troubles, digest.zone),
        "kind_rows": kind_rows(digest),
        "rule": RULE,
        "breakdown": breakdown_text(digest.having(Outcome.VIOLATION)),
        "chart": violations_chart(digest),
        "maps": day_maps(digest),
        "map_note": prose.MAP_NOTE,
        "exempt_rows": rows_of_outcome(digest, Outcome.NOTIFIED),
        "groups": groups,
        "empty_groups": "; ".join(g.title.lower() for g in groups if not g.rows),
        "open_rows": open_rows(digest),
        "annex_rows": annex_rows(digest),
        "annex_columns": COLUMNS + EXTENSION,
        "annex_note": prose.ANNEX_NOTE,
    }


def _subjects(digest: Digest) -> dict[str, Any]:
    return {
        "subjects": [
            {"id": s.id, "title": s.title, "rows": rows_of_kinds(digest, s.kinds), "caption": s.caption, "none": s.none}
            for s in prose.SUBJECTS
        ],
        "zone_rows": sections.zone_rows(digest),
        "notified_rows": sections.notified_rows(digest, silence=False),
        "silence_rows": sections.notified_rows(digest, silence=True),
        "access_rows": sections.outage_rows(digest, sections.INTERFERENCE),
        "access_incidents": rows_of_kinds(digest, prose.ACCESS_KINDS),
        "weapon_rows": rows_of_kinds(digest, prose.WEAPON_KINDS),
        "outage_rows": sections.outage_rows(digest),
        "comment_rows": sections.comment_rows(digest),
        "clock_rows": clock_rows(digest),
    }
