"""Cameras, flashes, plumes and changes made by hand, with directions and moments that follow from geometry."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from made import T0, place, sensor

from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Sensor
from trucewatch.model.vocabulary import CountQuality, Means, ObservationType, ObserverKind

CAMERAS = {"CA-1": (-3000.0, 0.0), "CA-2": (3000.0, -500.0), "CA-3": (0.0, -2500.0)}


def camera(name: str, **kwargs) -> Sensor:
    return sensor(name, *CAMERAS[name], **{"kind": ObserverKind.CAMERA, "clock_sigma_s": 0.02} | kwargs)


def flash(name: str, by: str, x: float, y: float, seconds: float, off_deg: float = 0.0, **kwargs) -> Detection:
    cx, cy = CAMERAS[by]
    kwargs = {"p_false": 0.1, "observation_type": ObservationType.MUZZLE_FLASH} | kwargs
    return Detection(
        id=name,
        kind=DetectionKind.SIGHTING,
        sensor_id=by,
        observer_kind=ObserverKind.CAMERA,
        means=Means.IMAGED,
        method="sighting/1",
        observation_ids=(name,),
        time=Instant(utc=T0 + timedelta(seconds=seconds), sigma_s=0.05),
        origin=place(cx, cy),
        bearing_deg=float(np.degrees(np.arctan2(x - cx, y - cy)) + off_deg) % 360.0,
        bearing_sigma_deg=0.3,
        count=Count.exactly(1),
        **kwargs,
    )


def change(name: str, x: float, y: float, hours: tuple[float, float], sigma_m: float = 30.0) -> Detection:
    start, end = (T0 + timedelta(hours=h) for h in hours)
    return Detection(
        id=name,
        kind=DetectionKind.CHANGE,
        sensor_id="SAR-1",
        observer_kind=ObserverKind.SATELLITE_SAR,
        means=Means.IMAGED,
        method="image-change/1",
        observation_ids=(name,),
        observation_type=ObservationType.CRATER,
        time=Instant(utc=start + (end - start) / 2, sigma_s=(end - start).total_seconds() / 12**0.5),
        interval=Interval(start_utc=start, end_utc=end),
        origin=None,
        place=place(x, y, sigma_m),
        count=Count(low=1, best=None, high=None, quality=CountQuality.UNCOUNTABLE),
        p_false=0.5,
    )
