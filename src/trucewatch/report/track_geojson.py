"""Tracks as GeoJSON (RFC 7946): the way as a line, the 95 % regions of its ends, and where it crossed lines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import shapely
from shapely.geometry.polygon import orient

from trucewatch.geo.ellipse import error_ellipse, polygon
from trucewatch.model.instant import rfc3339
from trucewatch.model.place import Place
from trucewatch.model.track import Track
from trucewatch.report.track_words import existence_text

FILE = "tracks.geojson"
_DECIMALS = 6


def tracks_geojson(tracks: Iterable[Track], note: str) -> bytes:
    """Write tracks, each a LineString of [longitude, latitude] (and altitude where it is known throughout).

    The moments of its points are in "times_utc", their 1-sigma errors in "sigma_m", the 95 % regions of both ends in
    "region_95_first" and "region_95_last", crossings of lines in "crossings".
    """
    collection = {"type": "FeatureCollection", "note": note, "features": [feature(t) for t in tracks]}
    return (json.dumps(collection, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n").encode()


def feature(track: Track) -> dict[str, Any]:
    """Return one track as a feature."""
    places = [s.place for s in track.states]
    flat = any(p.altitude_m is None for p in places)
    points = [_point(p, flat=flat) for p in places]
    geometry = {"type": "LineString", "coordinates": points if len(points) > 1 else points * 2}
    properties = {
        "revision": track.revision,
        "kind": track.kinds[0].kind.value,
        "kinds": [[k.kind.value, round(k.p, 4)] for k in track.kinds],
        "p_exists": round(track.p_exists, 4),
        "existence": existence_text(track),
        "standing": track.standing.value,
        "owners": list(track.owners),
        "identity": track.identity_ref,
        "times_utc": [rfc3339(s.time_utc) for s in track.states],
        "sigma_m": [round(max(p.var_east_m2, p.var_north_m2) ** 0.5, 1) for p in places],
        "region_95_first": _region(places[0]),
        "region_95_last": _region(places[-1]),
        "crossings": [
            {
                "line": c.line_id,
                "time_utc": rfc3339(c.time_utc),
                "time_sigma_s": c.time_sigma_s,
                "from_left": c.from_left,
                "p": round(c.p, 4),
            }
            for c in track.crossings
        ],
        "reasons": list(track.rationale),
    }
    return {"type": "Feature", "id": track.id, "geometry": geometry, "properties": properties}


def _point(place: Place, *, flat: bool) -> list[float]:
    at = [round(place.lon_deg, _DECIMALS), round(place.lat_deg, _DECIMALS)]
    return at if flat or place.altitude_m is None else [*at, round(place.altitude_m, 1)]


def _region(place: Place) -> dict[str, Any] | None:
    ellipse = error_ellipse(place.covariance_m2)
    if ellipse.semi_minor_m <= 0:
        return None
    turned = orient(shapely.Polygon(polygon(place.lon_deg, place.lat_deg, ellipse, n=32)), 1.0)
    outer = [[round(float(x), _DECIMALS), round(float(y), _DECIMALS)] for x, y in turned.exterior.coords]
    return {"type": "Polygon", "coordinates": [outer]}
