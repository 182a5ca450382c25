"""The tables of the open data: which columns, in which units, meaning what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from trucewatch.geo.ellipse import error_ellipse
from trucewatch.model.assessment import Assessment
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Incident
from trucewatch.model.weapon_group import WeaponGroup, by_group
from trucewatch.report.csv_table import Column, Table
from trucewatch.report.digest import Digest
from trucewatch.report.words import probability_word

DEGREES = 6
"""decimals of a coordinate: 0.1 m"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class IncidentLine:
    """An incident with what the digest knows of it."""

    incident: Incident
    digest: Digest

    def axis(self, name: str) -> float | None:
        """Return one number of the 95 % ellipse to 0.1, None where the place is not known."""
        if self.incident.place is None:
            return None
        return round(float(getattr(error_ellipse(self.incident.place.covariance_m2), name)), 1)

    def charge(self, name: str) -> float | None:
        """Return one number of the charge to two digits, None where none is stated."""
        return None if self.incident.charge is None else float(f"{getattr(self.incident.charge, name):.2g}")

    def sound_group(self) -> tuple[WeaponGroup | None, float | None]:
        """Return the most probable group of weapons by sound, None where nothing was heard that tells."""
        found = by_group(self.incident.weapon_classes)
        return (found[0][0], round(found[0][1], 4)) if found else (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionLine:
    """A detection and the incidents that it belongs to."""

    detection: Detection
    incident_ids: tuple[str, ...]
    counted: bool
    zone: ZoneInfo


def local_text(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment as RFC 3339 local time with its offset, to the second."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


_I = Column[IncidentLine]
INCIDENTS = Table[IncidentLine](
    file="incidents.csv",
    row_is="one incident of the period, at its present revision",
    columns=(
        _I(name="id", unit="text", meaning="identifier, also the anchor in the report", get=lambda r: r.incident.id),
        _I(name="number", unit="1", meaning="number in the report", get=lambda r: r.digest.number[r.incident.id]),
        _I(name="revision", unit="1", meaning="a later one supersedes", get=lambda r: r.incident.revision),
        _I(name="time_utc", unit="RFC 3339, UTC", meaning="time of the event", get=lambda r: r.incident.time.utc),
        _I(
            name="time_local",
            unit="RFC 3339 with offset",
            meaning="the same moment in the mission's time zone",
            get=lambda r: local_text(r.incident.time.utc, r.digest.zone),
        ),
        _I(
            name="time_sigma_s", unit="s", meaning="its standard error", get=lambda r: round(r.incident.time.sigma_s, 4)
        ),
        _I(
            name="start_utc",
            unit="RFC 3339, UTC",
            meaning="first detection",
            get=lambda r: r.incident.interval.start_utc,
        ),
        _I(name="end_utc", unit="RFC 3339, UTC", meaning="last detection", get=lambda r: r.incident.interval.end_utc),
        _I(
            name="lon_deg",
            unit="degree, WGS84",
            meaning="longitude; empty where only a direction is known",
            get=lambda r: None if r.incident.place is None else round(r.incident.place.lon_deg, DEGREES),
        ),
        _I(
            name="lat_deg",
            unit="degree, WGS84",
            meaning="latitude",
            get=lambda r: None if r.incident.place is None else round(r.incident.place.lat_deg, DEGREES),
        ),
        _I(
            name="semi_major_m",
            unit="m",
            meaning="half of the longer axis of the 95 % ellipse",
            get=lambda r: r.axis("semi_major_m"),
        ),
        _I(
            name="semi_minor_m",
            unit="m",
            meaning="half of the shorter axis",
            get=lambda r: r.axis("semi_minor_m"),
        ),
        _I(
            name="azimuth_deg",
            unit="degree from north",
            meaning="direction of the longer axis",
            get=lambda r: r.axis("azimuth_deg"),
        ),
        _I(name="place_phrase", unit="text", meaning="place in words", get=lambda r: r.digest.where(r.incident)),
        _I(name="place_method", unit="text", meaning="how it was located", get=lambda r: r.incident.place_method),
        _I(name="kind", unit="value", meaning="most probable kind", get=lambda r: r.incident.kind),
        _I(name="p_kind", unit="probability", meaning="of that kind", get=lambda r: round(r.incident.kinds[0].p, 4)),
        _I(
            name="description", unit="value", meaning="what it was assessed to be", get=lambda r: r.incident.description
        ),
        _I(name="count_low", unit="1", meaning="at least", get=lambda r: r.incident.count.low),
        _I(name="count_best", unit="1", meaning="most likely; empty: uncountable", get=lambda r: r.incident.count.best),
        _I(name="count_high", unit="1", meaning="at most; empty: no bound", get=lambda r: r.incident.count.high),
        _I(name="count_quality", unit="value", meaning="how to read the count", get=lambda r: r.incident.count.quality),
        _I(name="weapon_class", unit="value", meaning="class of weapon", get=lambda r: r.incident.weapon_class),
        _I(name="weapon", unit="text", meaning="as written; N/K: not known", get=lambda r: r.incident.weapon_text),
        _I(
            name="sound_group",
            unit="value",
            meaning="most probable group by sound: small_arms, heavy_weapon, explosion, not_known; empty: untold",
            get=lambda r: r.sound_group()[0],
        ),
        _I(name="p_sound_group", unit="probability", meaning="of that group", get=lambda r: r.sound_group()[1]),
        _I(
            name="cause",
            unit="value",
            meaning="most probable cause of the sound; empty: no detector says",
            get=lambda r: r.incident.causes[0].cause if r.incident.causes else None,
        ),
        _I(
            name="p_cause",
            unit="probability",
            meaning="of that cause",
            get=lambda r: round(r.incident.causes[0].p, 4) if r.incident.causes else None,
        ),
        _I(
            name="charge_low_kg",
            unit="kg of TNT",
            meaning="charge that would sound alike: lower end of the 95 % interval",
            get=lambda r: r.charge("low_kg"),
        ),
        _I(name="charge_best_kg", unit="kg of TNT", meaning="its median", get=lambda r: r.charge("best_kg")),
        _I(name="charge_high_kg", unit="kg of TNT", meaning="upper end", get=lambda r: r.charge("high_kg")),
        _I(
            name="p_exists",
            unit="probability",
            meaning="that it took place",
            get=lambda r: round(r.incident.p_exists, 4),
        ),
        _I(
            name="p_exists_word",
            unit="text",
            meaning="that probability in words",
            get=lambda r: probability_word(r.incident.p_exists),
        ),
        _I(
            name="outcome", unit="value", meaning="heading in the report", get=lambda r: r.digest.outcome[r.incident.id]
        ),
        _I(
            name="finding",
            unit="text",
            meaning="where human verification stands",
            get=lambda r: r.digest.finding_text(r.incident),
        ),
        _I(name="n_supports", unit="1", meaning="detections behind it", get=lambda r: len(r.incident.supports)),
        _I(name="owners", unit="text", meaning="owners of the sources", get=lambda r: "; ".join(r.incident.owners)),
        _I(name="method", unit="text", meaning="fusion and its version", get=lambda r: r.incident.method),
    ),
)

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

_A = Column[Assessment]
ASSESSMENTS = Table[Assessment](
    file="assessments.csv",
    row_is="one incident against one term",
    columns=(
        _A(name="id", unit="text", meaning="identifier", get=lambda a: a.id),
        _A(name="incident_id", unit="text", meaning="incident", get=lambda a: a.incident_id),
        _A(name="incident_revision", unit="1", meaning="its revision", get=lambda a: a.incident_revision),
        _A(name="agreement", unit="text", meaning="agreement", get=lambda a: a.agreement_id),
        _A(name="agreement_version", unit="text", meaning="its version", get=lambda a: a.agreement_version),
        _A(name="agreement_sha256", unit="hex", meaning="hash of its file", get=lambda a: a.agreement_sha256),
        _A(name="term", unit="text", meaning="term", get=lambda a: a.term_id),
        _A(
            name="result",
            unit="value",
            meaning="violated, complied, indeterminate, not applicable",
            get=lambda a: a.result,
        ),
        _A(
            name="p_violated",
            unit="probability",
            meaning="that the term was breached; empty: cannot be said",
            get=lambda a: None if a.p_violated is None else round(a.p_violated, 4),
        ),
        _A(
            name="p_violated_word",
            unit="text",
            meaning="that probability in words",
            get=lambda a: "cannot be said" if a.p_violated is None else probability_word(a.p_violated),
        ),
        _A(
            name="p_inside",
            unit="probability",
            meaning="that it lies in the term's zones; empty: no zone or no place",
            get=lambda a: None if a.p_inside is None else round(a.p_inside, 4),
        ),
        _A(
            name="distance_to_line_m",
            unit="m, to 100 m",
            meaning="signed distance to the nearest line",
            get=lambda a: None if a.distance_to_line_m is None else round(a.distance_to_line_m, -2),
        ),
        _A(
            name="distance_sigma_m",
            unit="m",
            meaning="its standard error",
            get=lambda a: None if a.distance_sigma_m is None else round(a.distance_sigma_m, 1),
        ),
        _A(name="exempted_by", unit="text", meaning="notified activity that explains it", get=lambda a: a.exempted_by),
        _A(name="needs_ruling", unit="text", meaning="what a commission must decide", get=lambda a: a.needs_ruling),
        _A(
            name="trace",
            unit="text",
            meaning="every question asked",
            get=lambda a: "; ".join(f"{p.name}: {p.text}" for p in a.trace),
        ),
        _A(name="method", unit="text", meaning="rules and their version", get=lambda a: a.method),
    ),
)
