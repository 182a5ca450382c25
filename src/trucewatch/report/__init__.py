"""Findings become publications: the daily report as page and PDF, maps, charts and open data, in controlled words.

Takes a `DayBook`, everything one report needs, with the audience that it is for. Gives text and bytes that depend on
nothing else. Never judges, never counts what was not watched without saying so, never draws a border, never shows a
human observer's exact position to the public, never fetches anything.
"""

from trucewatch.report.daily import daily_html
from trucewatch.report.daybook import DayBook, LogState, NamedPlace, PreviousPeriod, RefusedInput
from trucewatch.report.digest import Digest, Outcome
from trucewatch.report.gazetteer import Gazetteer
from trucewatch.report.lint import lint, visible_text
from trucewatch.report.maps import Map, day_maps
from trucewatch.report.open_data import open_data
from trucewatch.report.pdf import PdfUnavailable, to_pdf
from trucewatch.report.redact import for_audience
from trucewatch.report.release import ReleasedFile, daily_files, index_html

__all__ = [
    "DayBook",
    "Digest",
    "Gazetteer",
    "LogState",
    "Map",
    "NamedPlace",
    "Outcome",
    "PdfUnavailable",
    "PreviousPeriod",
    "RefusedInput",
    "ReleasedFile",
    "daily_files",
    "daily_html",
    "day_maps",
    "for_audience",
    "index_html",
    "lint",
    "open_data",
    "to_pdf",
    "visible_text",
]
