"""Far arrivals made by hand: exact bearings and travel times of one phase, and simulated events of a day of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
from made import T0

from trucewatch.fuse.ears import physics_weather
from trucewatch.fuse.far_chance import with_chance
from trucewatch.fuse.far_hearing import Watch, watch_of
from trucewatch.fuse.far_reading import Reading
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.fuse.far_trains import readings_of
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.geodesic import bearing_deg, destination, distance_m
from trucewatch.model.count import Count
from trucewatch.model.detection import BearingMode, Detection, DetectionKind
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind
from trucewatch.physics.layers import phase_times

FAR = FarSettings()
SOURCE = (37.0, 48.0)
NOBODY = Network(sensors=())


def array_at(name: str, bearing: float, away_m: float, source=SOURCE) -> tuple[str, float, float]:
    """Return an array that stands in a direction and distance from the source."""
    lon, lat = destination(*source, bearing, away_m)
    return name, float(lon), float(lat)


def heard_far(
    array: tuple[str, float, float],
    at_s: float = 0.0,
    source=SOURCE,
    celerity_m_s: float = 295.0,
    turn_deg: float = 0.0,
    **kwargs,
) -> Detection:
    """Return the arrival of an explosion at an array."""
    name, lon, lat = array
    away = float(distance_m(*source, lon, lat))
    seconds = at_s + away / celerity_m_s
    kwargs = {"bearing_sigma_deg": 2.5, "trace_velocity_m_s": 352.0, "trace_velocity_sigma_m_s": 5.0} | kwargs
    return far_detection(
        name, lon, lat, seconds, bearing_deg=(float(bearing_deg(lon, lat, *source)) + turn_deg) % 360.0, **kwargs
    )


def felt_far(
    station: tuple[str, float, float], at_s: float = 0.0, source=SOURCE, phase: int = 0, **kwargs
) -> Detection:
    """Return the onset of P (0) or S (1) at a seismic station."""
    name, lon, lat = station
    travel = float(phase_times(distance_m(*source, lon, lat))[phase].time_s)
    kwargs = {"kind": DetectionKind.ONSET, "observer_kind": ObserverKind.SEISMIC_STATION, "sigma_s": 0.3} | kwargs
    return far_detection(name, lon, lat, at_s + travel, **kwargs)


def far_detection(name: str, lon: float, lat: float, seconds: float, **kwargs) -> Detection:
    length, sigma = kwargs.pop("length_s", 0.0), kwargs.pop("sigma_s", 2.0)
    at = T0 + timedelta(seconds=seconds)
    kwargs = {
        "kind": DetectionKind.ARRIVAL,
        "observer_kind": ObserverKind.INFRASOUND_ARRAY,
        "p_false": 1e-6,
        "interval": Interval(start_utc=at, end_utc=at + timedelta(seconds=length)) if length else None,
    } | kwargs
    return Detection(
        id=f"{name}-{seconds:.3f}",
        sensor_id=name,
        means=Means.RECORDED,
        method="far/1",
        observation_ids=(name,),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=at, sigma_s=sigma),
        origin=Place.circular(lon_deg=lon, lat_deg=lat, sigma_m=5.0),
        count=Count.exactly(1),
        **kwargs,
    )


def mirrored(detection: Detection, mirror_deg: float) -> Detection:
    """Return an arrival of a line of sensors, which allows the mirror image of its bearing as well."""
    modes = tuple(
        BearingMode(bearing_deg=b, bearing_sigma_deg=2.5, trace_velocity_m_s=352.0, p=0.5)
        for b in (detection.bearing_deg, mirror_deg)
    )
    return replace(detection, bearing_modes=modes)


def network_of(arrays, **kwargs) -> Network:
    kwargs = {"kind": ObserverKind.INFRASOUND_ARRAY, "owner": "mission", "clock_sigma_s": 0.01} | kwargs
    return Network(
        sensors=tuple(
            Sensor(id=n, place=Place.circular(lon_deg=lon, lat_deg=lat, sigma_m=5.0), **kwargs)
            for n, lon, lat in arrays
        )
    )


def readings(detections, network: Network = NOBODY) -> tuple[Reading, ...]:
    return with_chance(readings_of(detections, network, FAR), frozenset(), FAR)


def flat(lon_lat: np.ndarray) -> np.ndarray:
    return np.ones(len(lon_lat))


def watch(network: Network = NOBODY) -> Watch:
    return watch_of(network, physics_weather(None, FuseSettings()), FAR)
