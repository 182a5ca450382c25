"""Onsets in the ground made by hand: a half-space, where every time is a straight way over a speed."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from made import T0

from trucewatch.geo.geodesic import destination, distance_m
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, WaveProbability
from trucewatch.model.instant import Instant
from trucewatch.model.mission import GroundLayer
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind, Wave
from trucewatch.physics import GroundModel
from trucewatch.physics.rays import EARTH_RADIUS_M

P_M_S, S_M_S = 6_000.0, 3_500.0
HALF_SPACE = GroundModel(layers=(GroundLayer(top_m=0.0, p_m_s=P_M_S, s_m_s=S_M_S),), p_share=0.01, s_share=0.01)
CENTRE = (37.0, 48.0)
SIGMA_S = 0.1


def stations(n: int = 9, spread_m: float = 60e3, seed: int = 1) -> Network:
    """Return stations scattered about the centre."""
    rng = np.random.default_rng(seed)
    found = []
    for k in range(n):
        bearing, away = 360.0 * k / n + rng.uniform(-15, 15), spread_m * np.sqrt(rng.uniform(0.05, 1.0))
        lon, lat = (float(x) for x in destination(*CENTRE, bearing, away))
        found.append(
            Sensor(
                id=f"S{k:02d}",
                kind=ObserverKind.SEISMIC_STATION,
                owner="mission",
                place=Place.circular(lon_deg=lon, lat_deg=lat, sigma_m=5.0),
                clock_sigma_s=0.01,
            )
        )
    return Network(sensors=tuple(found))


def straight_s(away_m: float, depth_m: float, speed_m_s: float) -> float:
    """Return the time of a straight way from a depth to a point of the surface, on a ball."""
    r, low = EARTH_RADIUS_M, EARTH_RADIUS_M - depth_m
    return float(np.sqrt(r**2 + low**2 - 2.0 * r * low * np.cos(away_m / r))) / speed_m_s


def pick(
    sensor: Sensor, seconds: float, wave: Wave | None, sigma_s: float = SIGMA_S, p_false: float = 0.05
) -> Detection:
    """Return an onset; its wave as the detector says, None where it does not."""
    return Detection(
        id=f"{sensor.id}-{seconds:.4f}",
        kind=DetectionKind.ONSET,
        sensor_id=sensor.id,
        observer_kind=ObserverKind.SEISMIC_STATION,
        means=Means.RECORDED,
        method="made/1",
        observation_ids=(sensor.id,),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=T0 + timedelta(seconds=seconds), sigma_s=sigma_s),
        origin=None,
        count=Count.exactly(1),
        p_false=p_false,
        waves=() if wave is None else (WaveProbability(wave=wave, p=1.0),),
    )


def felt(
    network: Network,
    source: tuple[float, float] = CENTRE,
    at_s: float = 0.0,
    depth_m: float = 0.0,
    rng: np.random.Generator | None = None,
    says: bool = True,
    p_pick: float = 1.0,
) -> list[Detection]:
    """Return P and S of an event at each station, with errors where a generator is given."""
    out = []
    for sensor in network.sensors:
        away = float(distance_m(*source, sensor.place.lon_deg, sensor.place.lat_deg))
        for wave, speed in ((Wave.P, P_M_S), (Wave.S, S_M_S)):
            off = 0.0 if rng is None else rng.normal(0.0, SIGMA_S)
            if rng is None or rng.uniform() < p_pick:
                seconds = at_s + straight_s(away, depth_m, speed) + off
                out.append(pick(sensor, seconds, wave if says else None))
    return out


def stray(network: Network, n: int, span_s: float, rng: np.random.Generator) -> list[Detection]:
    """Return onsets that nothing made, evenly in time, at stations and of waves drawn by chance."""
    chosen = rng.integers(len(network.sensors), size=n)
    moments, waves = rng.uniform(0.0, span_s, n), rng.choice([Wave.P, Wave.S], n)
    return [pick(network.sensors[k], float(t), Wave(w)) for k, t, w in zip(chosen, moments, waves, strict=True)]
