"""From what cameras, radars, drones and transponders saw to detections: their numbers as they are."""

from __future__ import annotations

from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, Feature
from trucewatch.model.ids import content_id
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Sighting
from trucewatch.model.vocabulary import Means, ObserverKind

METHOD = "sighting/1"

P_FALSE_SIGHTING = 0.05
"""Chance that a sighting is of nothing, where its sensor does not say.
LIMIT: no maker publishes such a rate for all weathers; it is a stated guess. Send `p_false` where it is known."""
IMAGING = frozenset(
    {
        ObserverKind.CAMERA,
        ObserverKind.MINI_UAV,
        ObserverKind.MID_RANGE_UAV,
        ObserverKind.LONG_RANGE_UAV,
        ObserverKind.SATELLITE_OPTICAL,
    }
)
TWO_SIGMA = 2.0


def from_sighting(sighting: Sighting, sensor: Sensor) -> Detection:
    """Read what a sensor saw as a claim; range, altitude, speed and course with their errors are among its features."""
    p_false = P_FALSE_SIGHTING if sighting.p_false is None else sighting.p_false
    return Detection(
        id=content_id("det", f"{METHOD}|{sighting.id}".encode()),
        kind=DetectionKind.SIGHTING,
        sensor_id=sensor.id,
        observer_kind=sensor.kind,
        means=Means.IMAGED if sensor.kind in IMAGING else Means.DETECTED,
        method=METHOD,
        observation_ids=(sighting.id,),
        observation_type=sighting.observation_type,
        time=sighting.time,
        origin=sensor.place,
        place=sighting.place,
        bearing_deg=sighting.bearing_deg,
        bearing_sigma_deg=sighting.bearing_sigma_deg,
        range_m=_range(sighting),
        count=Count.exactly(1),
        p_false=p_false,
        features=_features(sighting),
        elevation_deg=sighting.elevation_deg,
        elevation_sigma_deg=sighting.elevation_sigma_deg,
        track_ref=sighting.track_ref,
        identity_ref=sighting.identity_ref,
    )


def _range(sighting: Sighting) -> tuple[float, float] | None:
    if sighting.distance_m is None or sighting.distance_sigma_m is None:
        return None
    half = TWO_SIGMA * sighting.distance_sigma_m
    return max(0.0, sighting.distance_m - half), sighting.distance_m + half


def _features(sighting: Sighting) -> tuple[Feature, ...]:
    told = (
        ("range", sighting.distance_m, "m"),
        ("range_sigma", sighting.distance_sigma_m, "m"),
        ("altitude", sighting.altitude_m, "m"),
        ("altitude_sigma", sighting.altitude_sigma_m, "m"),
        ("speed", sighting.speed_m_s, "m/s"),
        ("course", sighting.course_deg, "deg"),
    )
    return tuple(Feature(name=name, value=value, unit=unit) for name, value, unit in told if value is not None)
