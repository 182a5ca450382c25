"""All files of one day's release, and the page that lists the releases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath

from jinja2 import Environment, StrictUndefined, Template

from trucewatch.model.mission import Mission
from trucewatch.model.publication import Publication
from trucewatch.report.daily import daily_html
from trucewatch.report.daybook import DayBook
from trucewatch.report.digest import Digest
from trucewatch.report.maps import day_maps
from trucewatch.report.open_data import open_data
from trucewatch.report.pdf import to_pdf
from trucewatch.report.redact import for_audience

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".svg": "image/svg+xml",
    ".geojson": "application/geo+json",
    ".csv": "text/csv; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedFile:
    """One file of a release."""

    name: str
    media_type: str
    content: bytes


def daily_files(book: DayBook) -> tuple[ReleasedFile, ...]:
    """Write every file of a day: report as page and PDF, maps, open data.

    Raises:
        PdfUnavailable: where a system library is missing.
    """
    html = daily_html(book)
    identifier = f"{book.mission.id}/{book.day}/{book.version}"
    made = {"report.html": html.encode(), "report.pdf": to_pdf(html, identifier=identifier)}
    for number, drawn in enumerate(day_maps(Digest.of(for_audience(book))), start=1):
        made[f"map-{number}.svg"] = drawn.svg.encode()
    made |= open_data(book)
    return tuple(
        ReleasedFile(name=name, media_type=MEDIA_TYPES[PurePosixPath(name).suffix], content=content)
        for name, content in made.items()
    )


def index_html(mission: Mission, publications: Sequence[Publication]) -> str:
    """Write the page that lists every day's latest report, newest first."""
    days = sorted((p for p in publications if p.kind == "daily_report"), key=lambda p: str(p.day), reverse=True)
    return _template().render(mission=mission, days=days, name=lambda path: PurePosixPath(path).name)


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    source = files("trucewatch.report").joinpath("templates", "index.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source)
