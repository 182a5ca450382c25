"""What differs between two images of a place: outlines as GeoJSON of format trucewatch-changes/1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from trucewatch.geo import validate_ring
from trucewatch.model.instant import rfc3339
from trucewatch.model.observation import ImageChange, Rejection
from trucewatch.model.vocabulary import ObservationType, ObserverKind
from trucewatch.observe.context import ReadContext
from trucewatch.observe.listed import Listing, listed
from trucewatch.observe.moments import utc_moment
from trucewatch.observe.places import require_in_area
from trucewatch.observe.record_ids import observation_id
from trucewatch.observe.refusal import BadValue, plain_text

FORMAT = "trucewatch-changes/1"
LAYOUT = (
    '{"type": "FeatureCollection", "format": "trucewatch-changes/1", "features": [{"type": "Feature", "geometry": '
    '{"type": "Polygon", "coordinates": [[[37.70, 48.10], ...]]}, "properties": {"sensor": "SAR-1", '
    '"before_utc": "2025-08-12T04:10:00Z", "after_utc": "2025-08-14T04:10:00Z", "p_false": 0.1}}]}'
)
LISTING = Listing(format=FORMAT, key="features", one="feature", layout=LAYOUT)
MAX_CORNERS = 1_000
MAX_LOG_RATIO = 100.0
MAX_NAME = 64
IMAGERS = frozenset(
    {
        ObserverKind.SATELLITE_SAR,
        ObserverKind.SATELLITE_OPTICAL,
        ObserverKind.MINI_UAV,
        ObserverKind.MID_RANGE_UAV,
        ObserverKind.LONG_RANGE_UAV,
    }
)
"""kinds of observer that take images of the ground"""


class ChangesReader:
    """Reads outlines of changes."""

    name = "changes"

    def recognises(self, path: str, head: bytes) -> bool:
        """By the format's name at the start of the file."""
        return b'"trucewatch-changes/' in head

    def read(self, stream: BinaryIO, context: ReadContext) -> Iterator[ImageChange | Rejection]:
        """Yield each change, or a rejection.

        Raises:
            UnreadableInput: not JSON, or not of this format.
        """
        return listed(stream, context, LISTING, read_change)


def read_change(feature: object, row: int, context: ReadContext) -> ImageChange:
    """Read one outline.

    Raises:
        BadValue: naming the first value that cannot be taken.
    """
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        raise BadValue(str(feature)[:60], f"a feature as in {LAYOUT}")
    properties: Mapping[str, Any] = feature["properties"]
    sensor, observer, kind = _sensor(properties), _observer(properties), _kind(properties)
    before, after = (utc_moment(properties.get(k), now_utc=context.now_utc) for k in ("before_utc", "after_utc"))
    if not before < after:
        raise BadValue(f"{rfc3339(before)} and {rfc3339(after)}", "before_utc earlier than after_utc")
    ring = _ring(feature.get("geometry"), context)
    p_false = _number(properties, "p_false", 0.0, 1.0)
    if p_false is None:
        raise BadValue(None, "p_false, the probability that nothing of the kind happened")
    log_ratio = _number(properties, "log_ratio", -MAX_LOG_RATIO, MAX_LOG_RATIO)
    said = (sensor, observer.value, kind.value, rfc3339(before), rfc3339(after), ring, p_false, log_ratio)
    return ImageChange(
        id=observation_id("change", *said),
        input_id=context.input_id,
        row=row,
        sensor_id=sensor,
        observer_kind=observer,
        observation_type=kind,
        before_utc=before,
        after_utc=after,
        footprint=ring,
        p_false=p_false,
        log_ratio=log_ratio,
    )


def _sensor(properties: Mapping[str, Any]) -> str:
    name = properties.get("sensor")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
        raise BadValue(None if name is None else str(name), f"sensor, a name of at most {MAX_NAME} characters")
    return plain_text(name)


def _observer(properties: Mapping[str, Any]) -> ObserverKind:
    value = properties.get("observer", ObserverKind.SATELLITE_SAR.value)
    known = sorted(k.value for k in IMAGERS)
    if value not in known:
        raise BadValue(str(value), f"observer, one of: {', '.join(known)}")
    return ObserverKind(value)


def _kind(properties: Mapping[str, Any]) -> ObservationType:
    value = properties.get("kind", ObservationType.DAMAGE.value)
    try:
        return ObservationType(str(value))
    except ValueError:
        raise BadValue(str(value), f"kind, one of: {', '.join(ObservationType)}") from None


def _ring(geometry: object, context: ReadContext) -> tuple[tuple[float, float], ...]:
    """Return the outer ring of a polygon.

    LIMIT: holes and further polygons are refused; write a feature for each part.
    """
    if not isinstance(geometry, dict) or geometry.get("type") != "Polygon":
        raise BadValue(str(geometry)[:60], "a geometry of type Polygon with one ring")
    rings = geometry.get("coordinates")
    if not isinstance(rings, list) or len(rings) != 1 or not isinstance(rings[0], list):
        raise BadValue(str(rings)[:60], "one ring of [longitude, latitude] pairs, without holes")
    if not 4 <= len(rings[0]) <= MAX_CORNERS:
        raise BadValue(f"{len(rings[0])} points", f"4 to {MAX_CORNERS} points, the last as the first")
    ring = tuple(_point(pair, context) for pair in rings[0])
    problems = validate_ring(ring)
    if problems:
        raise BadValue(problems[0], "a closed ring that does not cross itself")
    return ring


def _point(pair: object, context: ReadContext) -> tuple[float, float]:
    if not isinstance(pair, list) or len(pair) not in (2, 3) or not all(_is_number(v) for v in pair):
        raise BadValue(str(pair)[:60], "[longitude, latitude] in degrees")
    lon, lat = float(pair[0]), float(pair[1])
    require_in_area(lon, lat, context.area)
    return lon, lat


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(properties: Mapping[str, Any], key: str, low: float, high: float) -> float | None:
    value = properties.get(key)
    if value is None:
        return None
    # A comparison with NaN is false, so NaN is refused too.
    if not _is_number(value) or not low <= value <= high:
        raise BadValue(f"{key} {value}", f"{key} between {low:g} and {high:g}")
    return float(value)
