"""The table of detections in the open data: which columns, in which units, meaning what."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from trucewatch.model.detection import Detection
from trucewatch.report.csv_table import DEGREES, Column, Table
from trucewatch.report.time_words import local_text


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionLine:
    """A detection and the incidents that it belongs to."""

    detection: Detection
    incident_ids: tuple[str, ...]
    counted: bool
    zone: ZoneInfo


_D = Column[DetectionLine]
DETECTIONS = Table[DetectionLine](
    file="detections.csv",
    row_is="one detection or monitor's report that belongs to an incident of the period",
    columns=(
        _D(name="id", unit="text", meaning="identifier", get=lambda r: r.detection.id),
        _D(name="incident_ids", unit="text", meaning="incidents it belongs to", get=lambda r: " ".join(r.incident_ids)),
        _D(name="counted", unit="true/false", meaning="false: already in another's count", get=lambda r: r.counted),
        _D(name="kind", unit="value", meaning="what was measured", get=lambda r: r.detection.kind),
        _D(name="sensor_id", unit="text", meaning="sensor, post or patrol", get=lambda r: r.detection.sensor_id),
        _D(name="observer_kind", unit="value", meaning="by what", get=lambda r: r.detection.observer_kind),
        _D(name="means", unit="value", meaning="how", get=lambda r: r.detection.means),
        _D(name="time_utc", unit="RFC 3339, UTC", meaning="onset or centre", get=lambda r: r.detection.time.utc),
        _D(
            name="time_local",
            unit="RFC 3339 with offset",
            meaning="the same moment in the mission's time zone",
            get=lambda r: local_text(r.detection.time.utc, r.zone),
        ),
        _D(
            name="local_as_recorded",
            unit="text",
            meaning="local time as a person wrote it; empty for sensors",
            get=lambda r: r.detection.interval_text,
        ),
        _D(name="time_sigma_s", unit="s", meaning="standard error", get=lambda r: round(r.detection.time.sigma_s, 6)),
        _D(
            name="origin_lon_deg",
            unit="degree, WGS84",
            meaning="where the sensor stood",
            get=lambda r: None if r.detection.origin is None else round(r.detection.origin.lon_deg, DEGREES),
        ),
        _D(
            name="origin_lat_deg",
            unit="degree, WGS84",
            meaning="where the sensor stood",
            get=lambda r: None if r.detection.origin is None else round(r.detection.origin.lat_deg, DEGREES),
        ),
        _D(
            name="bearing_deg",
            unit="degree from north",
            meaning="from the sensor; a monitor's several directions, space between",
            get=lambda r: (
                r.detection.bearing_deg
                if r.detection.bearing_deg is not None
                else " ".join(f"{b:g}" for b in r.detection.bearings_deg)
            ),
        ),
        _D(
            name="bearing_sigma_deg",
            unit="degree",
            meaning="standard error; empty for a monitor's sector",
            get=lambda r: r.detection.bearing_sigma_deg,
        ),
        _D(
            name="bearing_half_width_deg",
            unit="degree",
            meaning="half the sector of a monitor's direction",
            get=lambda r: r.detection.bearing_half_width_deg,
        ),
        _D(
            name="range_near_m",
            unit="m",
            meaning="nearest",
            get=lambda r: r.detection.range_m and r.detection.range_m[0],
        ),
        _D(
            name="range_far_m",
            unit="m",
            meaning="farthest",
            get=lambda r: r.detection.range_m and r.detection.range_m[1],
        ),
        _D(name="observation", unit="value", meaning="what", get=lambda r: r.detection.observation_type),
        _D(name="description", unit="value", meaning="assessed to be", get=lambda r: r.detection.description),
        _D(name="count_low", unit="1", meaning="at least", get=lambda r: r.detection.count.low),
        _D(name="count_best", unit="1", meaning="most likely", get=lambda r: r.detection.count.best),
        _D(name="count_high", unit="1", meaning="at most", get=lambda r: r.detection.count.high),
        _D(
            name="count_quality", unit="value", meaning="how to read the count", get=lambda r: r.detection.count.quality
        ),
        _D(name="weapon", unit="text", meaning="as written", get=lambda r: r.detection.weapon_text),
        _D(name="event_location", unit="text", meaning="as written", get=lambda r: r.detection.event_location_text),
        _D(name="remark", unit="text", meaning="verbatim; empty for the public", get=lambda r: r.detection.text),
        _D(name="p_false", unit="probability", meaning="that nothing was there", get=lambda r: r.detection.p_false),
        _D(name="method", unit="text", meaning="algorithm and version", get=lambda r: r.detection.method),
        _D(
            name="observations",
            unit="text",
            meaning="records it was made from",
            get=lambda r: " ".join(r.detection.observation_ids),
        ),
    ),
)
