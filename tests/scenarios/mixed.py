"""Reports of people, fires and flashes of cameras made for real shots, and others that have nothing to do with them.

Recorded shots have a known place, moment and number, and nobody wrote about them; so what people, satellites and
cameras would have told is made here from that truth, with their errors, from one seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from trucewatch.geo import wind_degrees, wind_name
from trucewatch.geo.geodesic import bearing_deg, destination
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.mission import Truth
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind

_WATCH_SIGMA_S = 40.0
_AWAY_M = 700.0
_BANDS_M = ((500.0, 1_000.0), (200.0, 1_000.0))


@dataclass(frozen=True, kw_only=True)
class Told:
    """What was made, and which truth each belongs to; None where it belongs to none."""

    detections: tuple[Detection, ...]
    truth_of: dict[str, int | None]
    sensors: tuple[Sensor, ...]

    def network(self, network: Network) -> Network:
        """Return a network with the cameras that were made."""
        return replace(network, sensors=(*network.sensors, *self.sensors))


def told_of(truth: tuple[Truth, ...], seed: int) -> Told:
    """Make for each truth a report, a flash and mostly a fire, and a third as many that belong to nothing."""
    rng, made, of, sensors = np.random.default_rng(seed), list[Detection](), dict[str, int | None](), list[Sensor]()

    def add(detection: Detection, n: int | None) -> None:
        made.append(detection)
        of[detection.id] = n

    for n, t in enumerate(truth):
        post = _at(t.lon_deg, t.lat_deg, rng.uniform(0, 360), _AWAY_M)
        add(_report(f"report-{n}", f"POST-{n}", post, t, rng), n)
        camera = _camera(f"CAM-{n}", _at(t.lon_deg, t.lat_deg, rng.uniform(0, 360), 2_500.0))
        sensors.append(camera)
        add(_flash(f"flash-{n}", camera, t, rng), n)
        if n % 3 < 2:
            add(_fire(f"fire-{n}", t, (1_200.0, 3_000.0), rng.uniform(0, 360), float(rng.uniform(0, 80)), rng), n)
        else:
            add(_fire(f"stray-fire-{n}", t, (1_200.0, 3_000.0), rng.uniform(0, 360), 9_000.0, rng), None)
            late = replace(t, time_utc=t.time_utc - timedelta(minutes=20))
            add(_report(f"stray-report-{n}", f"POST-{n}b", post, late, rng), None)
    return Told(detections=tuple(made), truth_of=of, sensors=tuple(sensors))


def _at(lon: float, lat: float, toward: float, away_m: float) -> Place:
    east, north = destination(lon, lat, toward, away_m)
    return Place.circular(lon_deg=float(east), lat_deg=float(north), sigma_m=1.0)


def _camera(name: str, place: Place) -> Sensor:
    return Sensor(id=name, kind=ObserverKind.CAMERA, owner="cameras", place=place, clock_sigma_s=0.02)


def _report(name: str, post: str, origin: Place, t: Truth, rng: np.random.Generator) -> Detection:
    off = t.time_utc + timedelta(seconds=float(rng.normal(0.0, _WATCH_SIGMA_S)))
    start = off.replace(second=0, microsecond=0)
    span = Interval(start_utc=start, end_utc=start + timedelta(minutes=1))
    toward = float(bearing_deg(origin.lon_deg, origin.lat_deg, t.lon_deg, t.lat_deg))
    wind = wind_degrees(wind_name(toward + float(rng.normal(0.0, 5.0))))
    return Detection(
        id=name,
        kind=DetectionKind.REPORT,
        sensor_id=post,
        observer_kind=ObserverKind.STATIC_POST,
        means=Means.HEARD,
        method="made/1",
        observation_ids=(name,),
        observation_type=ObservationType.SHOT,
        time=Instant(utc=start + timedelta(seconds=30), sigma_s=60.0),
        interval=span,
        origin=origin,
        bearings_deg=(wind,),
        bearing_half_width_deg=11.25,
        range_m=_BANDS_M[int(rng.integers(2))],
        count=Count.exactly(t.count),
        p_false=0.02,
    )


def _flash(name: str, camera: Sensor, t: Truth, rng: np.random.Generator) -> Detection:
    toward = float(bearing_deg(camera.place.lon_deg, camera.place.lat_deg, t.lon_deg, t.lat_deg))
    return Detection(
        id=name,
        kind=DetectionKind.SIGHTING,
        sensor_id=camera.id,
        observer_kind=ObserverKind.CAMERA,
        means=Means.IMAGED,
        method="made/1",
        observation_ids=(name,),
        observation_type=ObservationType.MUZZLE_FLASH,
        time=Instant(utc=t.time_utc + timedelta(seconds=float(rng.normal(0.0, 0.05))), sigma_s=0.05),
        origin=camera.place,
        bearing_deg=(toward + float(rng.normal(0.0, 0.3))) % 360.0,
        bearing_sigma_deg=0.3,
        count=Count.exactly(1),
        p_false=0.1,
    )


def _fire(
    name: str, t: Truth, after_s: tuple[float, float], toward: float, away_m: float, rng: np.random.Generator
) -> Detection:
    lon, lat = destination(t.lon_deg, t.lat_deg, toward, away_m)
    return Detection(
        id=name,
        kind=DetectionKind.FIRE,
        sensor_id="S-NPP",
        observer_kind=ObserverKind.SATELLITE_THERMAL,
        means=Means.DETECTED,
        method="made/1",
        observation_ids=(name,),
        observation_type=ObservationType.THERMAL_ANOMALY,
        time=Instant(utc=t.time_utc + timedelta(seconds=float(rng.uniform(*after_s))), sigma_s=60.0),
        origin=None,
        place=Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=130.0),
        count=Count.exactly(1),
        p_false=0.3,
    )
