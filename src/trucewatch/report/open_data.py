"""The day as open data: GeoJSON and CSV with a data dictionary, the same bytes from the same records."""

from __future__ import annotations

from trucewatch.report.assessment_table import ASSESSMENTS
from trucewatch.report.daybook import DayBook
from trucewatch.report.detection_table import DETECTIONS, DetectionLine
from trucewatch.report.digest import Digest
from trucewatch.report.geojson import incidents_geojson
from trucewatch.report.incident_table import INCIDENTS, IncidentLine
from trucewatch.report.open_effort import (
    EFFORT,
    HOURS,
    INPUTS,
    LISTENING,
    LOSSES,
    OUTAGES,
    SHARES,
    TROUBLES,
)
from trucewatch.report.redact import PUBLIC_NOTE, for_audience
from trucewatch.report.tally import RULE
from trucewatch.report.track_geojson import FILE as TRACKS_FILE
from trucewatch.report.track_geojson import tracks_geojson

GEOJSON_FILE = "incidents.geojson"
DICTIONARY_FILE = "DICTIONARY.md"
TRACKS_TEXT = (
    f"`{TRACKS_FILE}` (RFC 7946) holds what was seen to move, each track a LineString; `times_utc` and `sigma_m` go "
    "with its points, `region_95_first` and `region_95_last` are the 95 % regions of its ends, `p_exists` the "
    "probability that one thing moved like this, and `crossings` the lines that it crossed, each with its moment, its "
    "1-sigma error in seconds, the direction (`from_left` as seen along the line) and its probability."
)


def open_data(book: DayBook) -> dict[str, bytes]:
    """Write the open data of a day, as its audience may see it.

    Args:
        book: The day with everything in it; positions are blurred here where the audience is the public.

    Returns:
        Content by file name, in a fixed order.
    """
    digest = Digest.of(for_audience(book))
    seen = digest.book
    efforts = sorted(seen.effort.sensors, key=lambda s: s.sensor_id)
    note = PUBLIC_NOTE if book.audience == "public" else "Nothing was rounded or left out for this audience."
    followed = {TRACKS_FILE: tracks_geojson(seen.tracks, _tracks_note(seen, note))} if seen.tracks else {}
    return {
        GEOJSON_FILE: incidents_geojson(digest, note),
        **followed,
        INCIDENTS.file: INCIDENTS.to_csv(IncidentLine(incident=i, digest=digest) for i in digest.incidents),
        DETECTIONS.file: DETECTIONS.to_csv(_detections(digest)),
        ASSESSMENTS.file: ASSESSMENTS.to_csv(a for i in digest.incidents for a in digest.assessments[i.id]),
        EFFORT.file: EFFORT.to_csv(efforts),
        OUTAGES.file: OUTAGES.to_csv(o for s in efforts for o in s.outages),
        TROUBLES.file: TROUBLES.to_csv(seen.effort.troubles),
        LOSSES.file: LOSSES.to_csv(seen.effort.losses),
        SHARES.file: SHARES.to_csv(seen.effort.shares),
        HOURS.file: HOURS.to_csv(seen.effort.hours),
        LISTENING.file: LISTENING.to_csv(seen.effort.listening),
        INPUTS.file: INPUTS.to_csv(sorted(seen.inputs, key=lambda i: i.id)),
        DICTIONARY_FILE: _dictionary(digest, note).encode(),
    }


def _tracks_note(book: DayBook, note: str) -> str:
    return f"{note} What things call themselves is left out." if book.audience == "public" else note


def _detections(digest: Digest) -> list[DetectionLine]:
    owners: dict[str, list[str]] = {}
    counted: dict[str, bool] = {}
    for i in digest.incidents:
        for s in i.supports:
            owners.setdefault(s.detection_id, []).append(i.id)
            counted[s.detection_id] = counted.get(s.detection_id, False) or s.counted
    found = sorted(digest.book.detections.values(), key=lambda d: (d.time.utc, d.id))
    return [
        DetectionLine(
            detection=d,
            incident_ids=tuple(owners.get(d.id, ())),
            counted=counted.get(d.id, False),
            zone=digest.zone,
        )
        for d in found
    ]


def _dictionary(digest: Digest, note: str) -> str:
    book = digest.book
    head = f"# Data dictionary: {book.mission.name}, {book.day.isoformat()}, version {book.version}\n"
    lines = [
        "Encoding UTF-8; CSV as RFC 4180; an empty cell means not known or not applicable, never nought. A text that a "
        "spreadsheet would run as a formula starts with an apostrophe that is not part of it. Every moment is given in "
        "UTC and in local time.",
        note,
        RULE,
        f"`{GEOJSON_FILE}` (RFC 7946, longitude first) holds the incidents: a Point with its 95 % region in the "
        "property `region_95`, or the Polygon of a sector where only a direction is known; the other properties "
        f"are columns of `{INCIDENTS.file}`.",
        *([TRACKS_TEXT] if book.tracks else []),
        *(f"Attribution: {a}" for a in book.mission.attribution),
    ]
    tables = (INCIDENTS, DETECTIONS, ASSESSMENTS, EFFORT, OUTAGES, TROUBLES, LOSSES, SHARES, HOURS, LISTENING, INPUTS)
    return head + "\n" + "\n\n".join(lines) + "\n\n" + "\n".join(t.dictionary() for t in tables)
