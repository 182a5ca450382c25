"""What an audience may see: the book of the day with protected positions blurred and remarks left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import Incident
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.track import Track
from trucewatch.report.daybook import DayBook
from trucewatch.report.labels import HUMAN_KINDS

GRID_DEG = 0.01
LEAST_BLUR_M = 1_000.0
_METRES_A_DEGREE = 111_320.0

PUBLIC_NOTE = (
    "Positions of human observers, and of incidents that rest on a human observer, are rounded to the middle of a cell "
    "of 0.01 degrees of latitude (1.1 km) and at least 1 km of longitude; the error printed with them includes the "
    "rounding. Remarks and names of files are left out. Positions of unattended sensors are those of the network."
)


def for_audience(book: DayBook) -> DayBook:
    """Return the book as its audience may see it; only the public's differs.

    # LIMIT: texts written by others (place names typed by a monitor, reasons of reviewers) are not searched for
    # positions; whoever signs the release must read them.
    """
    if book.audience != "public":
        return book
    return replace(
        book,
        incidents=tuple(_incident(i, book.detections) for i in book.incidents),
        detections={key: _detection(d) for key, d in book.detections.items()},
        network=Network(sensors=tuple(_sensor(s) for s in book.network.sensors)),
        rejections=tuple(replace(r, value=None, source=_file_kind(r.source)) for r in book.rejections),
        inputs=tuple(replace(i, path="", duplicate_paths=()) for i in book.inputs),
        tracks=tuple(_track(t, book.network) for t in book.tracks),
    )


def rests_on_people(incident: Incident, detections: Mapping[str, Detection]) -> bool:
    """Say whether any detection behind an incident came from a human observer."""
    found = (detections.get(s.detection_id) for s in incident.supports)
    return any(d is not None and is_human(d) for d in found)


def is_human(detection: Detection) -> bool:
    """Say whether a detection is a human observer's."""
    return detection.kind is DetectionKind.REPORT or detection.observer_kind in HUMAN_KINDS


def blurred(place: Place) -> Place:
    """Move a place to the middle of its grid cell and widen its error by that of the rounding (step^2 / 12)."""
    step_lon = longitude_step_deg(place.lat_deg)
    lat = _cell_middle(place.lat_deg, GRID_DEG)
    lon = _cell_middle(place.lon_deg, step_lon)
    north_m, east_m = GRID_DEG * _METRES_A_DEGREE, step_lon * _METRES_A_DEGREE * math.cos(math.radians(lat))
    return Place(
        lon_deg=lon,
        lat_deg=lat,
        altitude_m=None,
        var_east_m2=place.var_east_m2 + east_m**2 / 12,
        var_north_m2=place.var_north_m2 + north_m**2 / 12,
        cov_east_north_m2=place.cov_east_north_m2,
    )


def longitude_step_deg(lat_deg: float) -> float:
    """Return the multiple of 0.01 degrees that is at least 1 km wide, taken at whole degrees so that cells align."""
    poleward = min(math.ceil(abs(lat_deg)), 89)
    width_m = GRID_DEG * _METRES_A_DEGREE * math.cos(math.radians(poleward))
    return round(GRID_DEG * math.ceil(LEAST_BLUR_M / width_m), 2)


def _file_kind(source: str) -> str:
    """Keep of a file's name only its kind: a name may tell who sent it."""
    suffix = PurePosixPath(source).suffix
    return f"a {suffix} file" if suffix else "a file"


def _cell_middle(degrees: float, step: float) -> float:
    return round((math.floor(degrees / step) + 0.5) * step, 4)


def _incident(incident: Incident, detections: Mapping[str, Detection]) -> Incident:
    if not rests_on_people(incident, detections):
        return incident
    place = None if incident.place is None else blurred(incident.place)
    sector = None if incident.sector is None else replace(incident.sector, origin=blurred(incident.sector.origin))
    modes = tuple(replace(m, place=blurred(m.place)) for m in incident.place_modes)
    return replace(incident, place=place, place_modes=modes, sector=sector)


def _track(track: Track, network: Network) -> Track:
    """Leave out what a thing calls itself; round the way where people saw it."""
    human = {s.id for s in network.sensors if s.kind in HUMAN_KINDS}
    states = track.states
    if any(s.sensor_id in human for s in track.supports):
        states = tuple(replace(s, place=blurred(s.place)) for s in states)
    words = tuple(w for w in track.rationale if not track.identity_ref or track.identity_ref not in w)
    return replace(track, identity_ref="", states=states, rationale=words)


def _detection(detection: Detection) -> Detection:
    if not is_human(detection):
        return detection
    return replace(
        detection,
        origin=None if detection.origin is None else blurred(detection.origin),
        place=None if detection.place is None else blurred(detection.place),
        text="",
    )


def _sensor(sensor: Sensor) -> Sensor:
    if sensor.kind not in HUMAN_KINDS:
        return sensor
    return replace(sensor, place=blurred(sensor.place), elements=())
