"""The bundled base map: land, rivers and lakes, without borders and without names."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import shapely
from shapely.geometry import shape

LAYERS = ("land", "rivers", "lakes")
"""what there is; a layer of borders does not exist here, so that none can be drawn"""

EXTENT_DEG = (20.5, 43.5, 42.5, 53.0)
"""west, south, east, north of what the base map covers; elsewhere no sea may be drawn that could be land"""


@cache
def base_layer(name: str) -> Any:  # noqa: ANN401 - a shapely geometry, which carries no types
    """Return one layer as a shapely geometry, longitude and latitude in degrees.

    Args:
        name: One of LAYERS.
    """
    if name not in LAYERS:
        raise ValueError(f"no base map layer {name!r}; there are {', '.join(LAYERS)}")
    text = files("trucewatch.report.basemap").joinpath(f"{name}.geojson").read_text(encoding="utf-8")
    parts = [shapely.make_valid(shape(f["geometry"])) for f in json.loads(text)["features"]]
    return shapely.union_all(parts) if name != "rivers" else shapely.GeometryCollection(parts)
