"""Incidents as GeoJSON (RFC 7946): points with their 95 % region, or the sector where only a direction is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import shapely
from shapely.geometry.polygon import orient

from trucewatch.geo.ellipse import error_ellipse, polygon
from trucewatch.model.incident import Incident, PlaceMode
from trucewatch.model.instant import rfc3339
from trucewatch.report.annex import term_text
from trucewatch.report.digest import Digest
from trucewatch.report.map_layers import wedge
from trucewatch.report.standing_words import short_existence_text
from trucewatch.report.time_words import local_text

_DECIMALS = 7
"""1 cm: a small ellipse keeps its shape"""


def incidents_geojson(digest: Digest, note: str) -> bytes:
    """Write the incidents of the day.

    A located incident is a Point; its 95 % region is the Polygon in its property "region_95". Where only a direction
    is known the geometry is the Polygon of the sector, and "range_known" says whether its far side means anything.

    Args:
        digest: The day, already as its audience may see it.
        note: What was rounded or left out for that audience.
    """
    features = [_feature(digest, i) for i in digest.incidents]
    collection: dict[str, Any] = {"type": "FeatureCollection"}
    positions = [p for f in features for p in _positions(f["geometry"])]
    if positions:
        lons, lats = [p[0] for p in positions], [p[1] for p in positions]
        collection["bbox"] = [min(lons), min(lats), max(lons), max(lats)]
    book = digest.book
    collection |= {
        "mission": book.mission.id,
        "day": book.day.isoformat(),
        "version": book.version,
        "provisional": book.provisional,
        "as_of": rfc3339(book.as_of_utc),
        "note": note,
        "attribution": list(book.mission.attribution),
        "features": features,
    }
    return (json.dumps(collection, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n").encode()


def _feature(digest: Digest, incident: Incident) -> dict[str, Any]:
    properties = {
        "number": digest.number[incident.id],
        "revision": incident.revision,
        "time_utc": rfc3339(incident.time.utc),
        "time_local": local_text(incident.time.utc, digest.zone),
        "time_sigma_s": round(incident.time.sigma_s, 4),
        "place": digest.where(incident),
        "kind": incident.kind.value,
        "description": incident.description.value,
        "count": [incident.count.low, incident.count.best, incident.count.high],
        "count_quality": incident.count.quality.value,
        "weapon": incident.weapon_text,
        "existence": short_existence_text(incident),
        "standing": incident.standing.value,
        "p_exists": round(incident.p_exists, 4),
        "outcome": digest.outcome[incident.id].value,
        "terms": term_text(digest, incident),
        "finding": digest.finding_text(incident),
    }
    geometry, more = _geometry(incident)
    return {"type": "Feature", "id": incident.id, "geometry": geometry, "properties": properties | more}


def _geometry(incident: Incident) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    if incident.place is not None:
        p = incident.place
        e = error_ellipse(p.covariance_m2)
        point = {"type": "Point", "coordinates": [round(p.lon_deg, _DECIMALS), round(p.lat_deg, _DECIMALS)]}
        region = _polygon(polygon(p.lon_deg, p.lat_deg, e, n=32)) if e.semi_minor_m > 0 else None
        return point, {
            "semi_major_m": round(e.semi_major_m, 1),
            "semi_minor_m": round(e.semi_minor_m, 1),
            "azimuth_deg": round(e.azimuth_deg, 1),
            "region_95": region,
        } | _modes(incident)
    if incident.sector is not None:
        s = incident.sector
        more = {"bearing_deg": s.bearing_deg, "half_width_deg": s.half_width_deg, "range_known": s.range_m is not None}
        return _polygon(wedge(s)), more
    return None, {}


def _modes(incident: Incident) -> dict[str, Any]:
    """Return the places that fit, where several do, each with its region of 95 per cent."""
    if not incident.place_modes:
        return {}
    return {"place_modes": [_mode(m) for m in incident.place_modes]}


def _mode(mode: PlaceMode) -> dict[str, Any]:
    p, e = mode.place, error_ellipse(mode.place.covariance_m2)
    return {
        "p": round(mode.p, 3),
        "coordinates": [round(p.lon_deg, _DECIMALS), round(p.lat_deg, _DECIMALS)],
        "region_95": _polygon(polygon(p.lon_deg, p.lat_deg, e, n=32)) if e.semi_minor_m > 0 else None,
    }


def _polygon(ring: Any) -> dict[str, Any]:  # noqa: ANN401 - an array or a list of pairs
    """Return a polygon whose outer ring runs counter-clockwise (RFC 7946, 3.1.6)."""
    turned = orient(shapely.Polygon(ring), 1.0)
    outer = [[round(float(x), _DECIMALS), round(float(y), _DECIMALS)] for x, y in turned.exterior.coords]
    return {"type": "Polygon", "coordinates": [outer]}


def _positions(geometry: dict[str, Any] | None) -> Iterator[list[float]]:
    if geometry is None:
        return
    yield from [geometry["coordinates"]] if geometry["type"] == "Point" else geometry["coordinates"][0]
