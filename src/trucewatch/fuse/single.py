"""Detections that stand alone until they are joined: monitors' reports and clusters of fire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trucewatch.fuse.onsets import by_id, place_of
from trucewatch.fuse.part import Part, support
from trucewatch.geo.winds import WIND_HALF_WIDTH_DEG
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Sector
from trucewatch.model.instant import Interval
from trucewatch.model.network import Network, Sensor


def single_parts(detections: Sequence[Detection], network: Network) -> tuple[Part, ...]:
    """Return each detection as a part of its own, in time order."""
    return parts_of(detections, by_id(network))


def parts_of(detections: Sequence[Detection], sensors: Mapping[str, Sensor]) -> tuple[Part, ...]:
    """Return the same with the sensors by their ids."""
    order = sorted(detections, key=lambda d: (d.time.utc, d.id))
    return tuple(_part(d, sensors) for d in order)


def _part(detection: Detection, sensors: Mapping[str, Sensor]) -> Part:
    start, end = span_s(detection)
    sectors = () if detection.place is not None else sectors_of(detection, sensors)
    return Part(
        detections=(detection,),
        supports=(support(detection, f"{detection.means.value} by {detection.sensor_id}"),),
        start_s=start,
        end_s=end,
        time=detection.time,
        place=detection.place,
        place_method=_method(detection, sectors),
        sectors=sectors,
        count=detection.count,
        sentences=(f"{detection.kind.value} of {detection.sensor_id}",),
    )


def _method(detection: Detection, sectors: tuple[Sector, ...]) -> str:
    if detection.place is not None:
        return "seen directly"
    return "not located: a direction and a range band" if sectors else "not located"


def span_s(detection: Detection) -> tuple[float, float]:
    """Return earliest and latest moment of what was detected, seconds since 1970, errors included."""
    at, slack = detection.time.utc.timestamp(), 2 * detection.time.sigma_s
    interval = detection.interval or Interval(start_utc=None, end_utc=None)
    start = at if interval.start_utc is None else min(at, interval.start_utc.timestamp())
    end = at if interval.end_utc is None else max(at, interval.end_utc.timestamp())
    return start - slack, end + slack


def sectors_of(detection: Detection, sensors: Mapping[str, Sensor]) -> tuple[Sector, ...]:
    """Return the sectors a monitor named, one a direction; a full circle where only the range is known."""
    origin = place_of(detection, sensors)
    if origin is None:
        return ()
    bearings = detection.bearings_deg or (() if detection.bearing_deg is None else (detection.bearing_deg,))
    half = detection.bearing_half_width_deg or WIND_HALF_WIDTH_DEG
    if not bearings:
        bearings, half = ((0.0,), 180.0) if detection.range_m is not None else ((), half)
    return tuple(Sector(origin=origin, bearing_deg=b, half_width_deg=half, range_m=detection.range_m) for b in bearings)
