"""Detections and networks made by hand, with times that follow from geometry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from trucewatch.geo.frame import LocalFrame
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Weather
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind

T0 = datetime(2025, 8, 13, 18, 0, tzinfo=UTC)
FRAME = LocalFrame(lon_deg=37.7, lat_deg=48.1)
SPEED_10C = 331.3 * np.sqrt(1 + 10 / 273.15)
SQUARE = ((-600.0, -500.0), (650.0, -550.0), (600.0, 700.0), (-550.0, 600.0), (0.0, 900.0), (900.0, 50.0))


def still() -> Weather:
    return Weather(
        id="w",
        input_id="i",
        row=2,
        time_utc=T0 - timedelta(hours=1),
        temperature_c=10.0,
        relative_humidity_pct=70.0,
        pressure_pa=101_000.0,
        wind_m_s=0.0,
        wind_from_deg=0.0,
        source="made",
    )


def place(x: float, y: float, sigma_m: float = 1.0) -> Place:
    lon, lat, _ = FRAME.to_geographic(np.array([x, y, 0.0]))
    return Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=sigma_m)


def metres(where: Place) -> np.ndarray:
    return np.asarray(FRAME.to_enu(where.lon_deg, where.lat_deg))[:2]


def sensor(name: str, x: float, y: float, **kwargs) -> Sensor:
    kwargs = {"kind": ObserverKind.ACOUSTIC_SENSOR, "owner": "mission", "clock_sigma_s": 0.0001} | kwargs
    return Sensor(id=name, place=place(x, y), **kwargs)


def network(positions=SQUARE, **kwargs) -> Network:
    return Network(sensors=tuple(sensor(f"AC-{n + 1}", x, y, **kwargs) for n, (x, y) in enumerate(positions)))


def onset(name: str, sensor_id: str, seconds: float, **kwargs) -> Detection:
    kwargs = {"p_false": 0.1, "observation_type": ObservationType.EXPLOSION} | kwargs
    return Detection(
        id=name,
        kind=DetectionKind.ONSET,
        sensor_id=sensor_id,
        observer_kind=ObserverKind.ACOUSTIC_SENSOR,
        means=Means.RECORDED,
        method="onset/1",
        observation_ids=(name,),
        time=Instant(utc=T0 + timedelta(seconds=seconds), sigma_s=0.001),
        origin=None,
        count=Count.exactly(1),
        **kwargs,
    )


def heard(x: float, y: float, at_s: float, positions=SQUARE, tag: str = "a", **kwargs) -> list[Detection]:
    """Onsets of a bang at (x, y) at all sensors, in still air of 10 degrees."""
    return [
        onset(f"{tag}-{n + 1}", f"AC-{n + 1}", at_s + float(np.hypot(x - sx, y - sy)) / SPEED_10C, **kwargs)
        for n, (sx, sy) in enumerate(positions)
    ]


def report(name: str, post: str, x: float, y: float, bearing: float | None, **kwargs) -> Detection:
    start, end = kwargs.pop("span_s", (-300.0, 300.0))
    middle = T0 + timedelta(seconds=(start + end) / 2)
    span = Interval(start_utc=T0 + timedelta(seconds=start), end_utc=T0 + timedelta(seconds=end))
    kwargs = {
        "p_false": 0.2,
        "observation_type": ObservationType.EXPLOSION,
        "means": Means.HEARD,
        "count": Count.exactly(1),
        "bearings_deg": () if bearing is None else (bearing,),
        "bearing_half_width_deg": 11.25,
        "range_m": None,
    } | kwargs
    return Detection(
        id=name,
        kind=DetectionKind.REPORT,
        sensor_id=post,
        observer_kind=ObserverKind.STATIC_POST,
        method="report/1",
        observation_ids=(name,),
        time=Instant(utc=middle, sigma_s=(end - start) / np.sqrt(12)),
        interval=span,
        origin=place(x, y),
        **kwargs,
    )


def fire(name: str, x: float, y: float, seconds: float, sigma_m: float = 150.0) -> Detection:
    return Detection(
        id=name,
        kind=DetectionKind.FIRE,
        sensor_id="S-NPP",
        observer_kind=ObserverKind.SATELLITE_THERMAL,
        means=Means.DETECTED,
        method="fire/1",
        observation_ids=(name,),
        observation_type=ObservationType.THERMAL_ANOMALY,
        time=Instant(utc=T0 + timedelta(seconds=seconds), sigma_s=60.0),
        origin=None,
        place=place(x, y, sigma_m),
        count=Count.exactly(1),
        p_false=0.3,
    )


def arrival(name: str, array: str, x: float, y: float, bearing: float, seconds: float) -> Detection:
    return Detection(
        id=name,
        kind=DetectionKind.ARRIVAL,
        sensor_id=array,
        observer_kind=ObserverKind.INFRASOUND_ARRAY,
        means=Means.RECORDED,
        method="array/1",
        observation_ids=(name,),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=T0 + timedelta(seconds=seconds), sigma_s=1.0),
        origin=place(x, y),
        bearing_deg=bearing,
        bearing_sigma_deg=2.0,
        count=Count.exactly(1),
        p_false=0.05,
    )
