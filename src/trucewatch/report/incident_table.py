"""The table of incidents in the open data: which columns, in which units, meaning what."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.geo.ellipse import error_ellipse
from trucewatch.model.incident import Incident
from trucewatch.model.weapon_group import WeaponGroup, by_group
from trucewatch.report.csv_table import DEGREES, Column, Table
from trucewatch.report.digest import Digest
from trucewatch.report.time_words import local_text
from trucewatch.report.words import probability_word


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
            name="standing",
            unit="value",
            meaning="how far it stands without any one owner's sensors: `indication` or `corroborated`",
            get=lambda r: r.incident.standing.value,
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
