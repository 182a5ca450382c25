"""Places, lines and rings: every coordinate is compared with the mission's area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trucewatch.agreements.fields import Field, Group, ListOf, Row
from trucewatch.agreements.reading import Reading
from trucewatch.agreements.tree import ListNode, Node
from trucewatch.agreements.values import UNREAD, Number, Schema, wrong
from trucewatch.geo import validate_ring
from trucewatch.model.mission import MissionArea
from trucewatch.model.place import Place

LONGITUDE = Number(least=-180, most=180)
LATITUDE = Number(least=-90, most=90)
SIGMA = Number(least=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LonLat:
    """A pair [longitude, latitude] within the mission's area."""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return (lon_deg, lat_deg)."""
        if not isinstance(node, ListNode) or len(node.items) != 2:
            return wrong(node, "[longitude, latitude]", reading)
        lon, lat = LONGITUDE.read(node.items[0], reading), LATITUDE.read(node.items[1], reading)
        if lon is UNREAD or lat is UNREAD:
            return UNREAD
        return (lon, lat) if _in_area(lon, lat, node, reading) else UNREAD

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return {"type": "array", "prefixItems": [LONGITUDE.schema(), LATITUDE.schema()], "minItems": 2, "maxItems": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Polyline:
    """A line of at least two different points."""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return the points as (lon_deg, lat_deg)."""
        points = _POINTS.read(node, reading)
        if points is UNREAD or _incomplete(node, points):
            return UNREAD
        return points if len(set(points)) >= 2 else wrong(node, "at least two different points", reading)

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return {**_POINTS.schema(), "minItems": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A closed ring that does not cross itself."""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401
        """Return the points, the first repeated at the end."""
        points = _POINTS.read(node, reading)
        if points is UNREAD or _incomplete(node, points):
            return UNREAD
        flaws = validate_ring(points) if points else ["The ring has no points."]
        for flaw in flaws:
            expected = "a closed ring that does not cross itself: at least 4 points, the last equal to the first"
            reading.error(node, flaw.rstrip("."), expected)
        return UNREAD if flaws else points

    def schema(self) -> Schema:
        """Return its JSON Schema."""
        return {**_POINTS.schema(), "minItems": 4}


_POINTS = ListOf(item=LonLat())


def _check_place(row: Row, reading: Reading) -> None:
    lon, lat = row.get("lon"), row.get("lat")
    if lon is not None and lat is not None:
        _in_area(lon, lat, row.at("lon"), reading)


PLACE = Group(
    fields=(
        Field("lon", LONGITUDE, "longitude, degrees east (WGS84)"),
        Field("lat", LATITUDE, "latitude, degrees north (WGS84)"),
        Field("altitude_m", Number(), "height above the ellipsoid, metres", required=False),
        Field("sigma_m", SIGMA, "standard error in each direction, metres"),
    ),
    check=_check_place,
)


def place(row: Row) -> Place:
    """Build the place of a sound row."""
    return Place.circular(lon_deg=row["lon"], lat_deg=row["lat"], sigma_m=row["sigma_m"], altitude_m=row["altitude_m"])


def check_in_area(row: Row, reading: Reading) -> None:
    """Compare a row's own lon and lat with the area."""
    _check_place(row, reading)


def _in_area(lon: float, lat: float, node: Node, reading: Reading) -> bool:
    area = reading.area
    if area is None or area.contains(lon, lat):
        return True
    swapped = area.contains(lat, lon)
    hint = "; the two look swapped: longitude comes first" if swapped else ""
    found = f"longitude {lon:g}, latitude {lat:g} lies outside the mission's area"
    reading.error(node, found, f"{_box(area)}{hint}")
    return False


def _box(area: MissionArea) -> str:
    return f"longitude {area.west_deg:g} to {area.east_deg:g}, latitude {area.south_deg:g} to {area.north_deg:g}"


def _incomplete(node: Node, points: tuple[Any, ...]) -> bool:
    """Say whether points are missing because they could not be read: then the shape cannot be judged."""
    return isinstance(node, ListNode) and len(points) < len(node.items)
