"""What the map shows, as GeoJSON: base, lines and zones, sensors, incidents, and where nobody would have noticed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping
from shapely.geometry.polygon import orient

from trucewatch.model.effort import CoverageGrid, Effort, SensorEffort
from trucewatch.model.incident import Incident
from trucewatch.model.mission import MissionArea
from trucewatch.model.network import Sensor
from trucewatch.model.track import Track
from trucewatch.report import words
from trucewatch.report.basemap import EXTENT_DEG, LAYERS, base_layer
from trucewatch.report.geojson import incidents_geojson
from trucewatch.report.map_layers import UNOBSERVED_BELOW, zone_geometry
from trucewatch.report.track_geojson import tracks_geojson
from trucewatch.service.lookup import Overview
from trucewatch.web.selection import Selection

MARGIN = 0.5
"""share of the mission's area that the base map reaches beyond it"""
_DECIMALS = 6
NOTE = "Positions as the mission holds them, not rounded; for people with the mission's access."

Feature = dict[str, Any]


def base(view: Overview) -> Feature:
    """Return land, lakes and rivers around the mission's area; there is no layer of borders."""
    a = view.texts.mission.area
    dx, dy = MARGIN * (a.east_deg - a.west_deg), MARGIN * (a.north_deg - a.south_deg)
    box = (a.west_deg - dx, a.south_deg - dy, a.east_deg + dx, a.north_deg + dy)
    features = []
    if has_base(view):
        for name in LAYERS:
            shape = shapely.clip_by_rect(base_layer(name), *box)
            if not shape.is_empty:
                features.append(_feature(shape, {"layer": name}))
    return _collection(features, source="Natural Earth (public domain)")


def has_base(view: Overview) -> bool:
    """Say whether the bundled base map covers the mission's area."""
    a, (west, south, east, north) = view.texts.mission.area, EXTENT_DEG
    return west <= a.west_deg and south <= a.south_deg and a.east_deg <= east and a.north_deg <= north


def agreement(view: Overview) -> Feature:
    """Return the agreement's lines and zones, each with its source and the agreement's status."""
    a = view.texts.agreement
    features = [
        _feature(zone_geometry(z, a), {"id": z.id, "name": z.name, "layer": "zone", "source": z.source or a.source})
        for z in a.zones
    ]
    features += [
        _feature(shapely.LineString(x.coordinates), {"id": x.id, "name": x.name, "layer": "line", "source": x.source})
        for x in a.lines
    ]
    return _collection(features, agreement=a.title, version=a.version, status=a.status, source=a.source)


def sensors(view: Overview, effort: Effort) -> Feature:
    """Return the sensors with how they stood in the effort's period."""
    by_id = {s.sensor_id: s for s in effort.sensors}
    features = [_sensor(s, by_id.get(s.id)) for s in sorted(view.network.sensors, key=lambda s: s.id)]
    return _collection(features, note=NOTE)


def incidents(view: Overview) -> Feature:
    """Return every incident, as the report's open data writes them but for the whole mission."""
    collection: Feature = json.loads(incidents_geojson(view.digest, NOTE))
    for daily in ("day", "version", "provisional"):
        collection.pop(daily)
    return collection


def tracks(standing: Iterable[Track]) -> Feature:
    """Return what was seen to move, as the report's open data writes it but for the whole mission."""
    collection: Feature = json.loads(tracks_geojson(standing, NOTE))
    return collection


def selected(collection: Feature, view: Overview, selection: Selection) -> Feature:
    """Keep the incidents asked for, with how many there are in all."""
    taken = {r.incident.id for r in view.rows if selection.takes(r)}
    kept = [f for f in collection["features"] if f["id"] in taken]
    return collection | {"n_shown": len(taken), "n_all": len(view.rows), "features": kept}


def places(view: Overview) -> Feature:
    """Return the mission's place names, the largest first."""
    towns = sorted(view.digest.gazetteer.towns, key=lambda t: (-t.population, t.name))
    return _collection(
        [_feature(shapely.Point(t.lon_deg, t.lat_deg), {"name": t.name, "population": t.population}) for t in towns]
    )


def coverage(grid: CoverageGrid | None, label: str) -> Feature:
    """Return the cells of a grid with the probability that an event there would have been noticed."""
    if grid is None:
        return _collection([], label=label, unobserved_below=UNOBSERVED_BELOW)
    half_lon, half_lat = _half_step(grid.lon_deg), _half_step(grid.lat_deg)
    features = []
    for i, lat in enumerate(grid.lat_deg):
        for j, lon in enumerate(grid.lon_deg):
            one, two = float(grid.p_one[i, j]), float(grid.p_two[i, j])
            if np.isfinite(one):
                cell = shapely.box(lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat)
                seen = {"p_one": round(one, 4), "p_two": round(two, 4), "not_observed": one < UNOBSERVED_BELOW}
                features.append(_feature(cell, seen))
    return _collection(features, label=label, source=grid.source, unobserved_below=UNOBSERVED_BELOW)


def incident_area(incident: Incident, sensors: Iterable[Sensor]) -> MissionArea | None:
    """Return a box that holds an incident's extent and the sensors behind it; None where it has no place."""
    points = [(s.place.lon_deg, s.place.lat_deg) for s in sensors]
    at = incident.place or (incident.sector.origin if incident.sector is not None else None)
    if at is None:
        return None
    points.append((at.lon_deg, at.lat_deg))
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    sigma_deg = 3.5 * max(at.var_east_m2, at.var_north_m2) ** 0.5 / 111_320
    reach_deg = 0.14 if incident.sector is not None else 0.0
    half_lat = max((max(lats) - min(lats)) * 0.65, sigma_deg, reach_deg, 0.004)
    cos = max(0.1, float(np.cos(np.radians(at.lat_deg))))
    half_lon = max((max(lons) - min(lons)) * 0.65, half_lat * 1.5 / cos)
    lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    return MissionArea(
        west_deg=lon - half_lon, east_deg=lon + half_lon, south_deg=lat - half_lat, north_deg=lat + half_lat
    )


def _sensor(sensor: Sensor, effort: SensorEffort | None) -> Feature:
    tasked = 0.0 if effort is None else effort.tasked_s
    up = 0.0 if effort is None else effort.operational_s
    state = "not_tasked" if tasked <= 0 else "operational" if up >= tasked - 1 else "out" if up <= 1 else "partly_out"
    reasons = () if effort is None else tuple(f"{words.STATE[o.state]}: {o.reason}" for o in effort.outages)
    properties = {
        "id": sensor.id,
        "kind": sensor.kind.value,
        "owner": sensor.owner,
        "state": state,
        "tasked_s": tasked,
        "operational_s": up,
        "reasons": sorted(set(reasons)),
    }
    return _feature(shapely.Point(sensor.place.lon_deg, sensor.place.lat_deg), properties)


def _feature(shape: Any, properties: dict[str, Any]) -> Feature:  # noqa: ANN401 - shapely carries no types
    turned = orient(shape, 1.0) if shape.geom_type == "Polygon" else shape
    rounded = shapely.transform(turned, lambda xy: np.round(xy, _DECIMALS))
    return {"type": "Feature", "geometry": mapping(rounded), "properties": properties}


def _collection(features: list[Feature], **more: Any) -> Feature:  # noqa: ANN401 - JSON values
    return {"type": "FeatureCollection", **more, "features": features}


def _half_step(centres: Any) -> float:  # noqa: ANN401
    return float(abs(centres[1] - centres[0])) / 2 if len(centres) > 1 else 0.01
