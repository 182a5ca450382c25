"""What arrays of infrasound and seismic stations detect themselves: arrivals with a direction, onsets in the ground."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from trucewatch.geo import bearing_deg, distance_m
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, WaveProbability
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Sensor
from trucewatch.model.observation import EdgeDetection
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind, Wave
from trucewatch.physics import (
    Weather,
    carried,
    celerities,
    listener_of,
    phase_times,
    probability_of_detection,
    reference_listener,
)
from trucewatch.simulate.fielded import Fielded
from trucewatch.simulate.happening import Happening, moment
from trucewatch.simulate.hearing import OWN, SHARED, reach_m
from trucewatch.simulate.sky import Sky

FloatArray = NDArray[np.float64]

METHOD = "simulated-edge/1"
FAR_KINDS = (ObserverKind.INFRASOUND_ARRAY, ObserverKind.SEISMIC_STATION)
_TRAIN_S = 20.0
"""rounds nearer than this are one arrival at an array, which listens in windows of ten seconds"""
_DIRECT_M = 40_000.0
_FALSE_PER_DAY = {ObserverKind.INFRASOUND_ARRAY: 3.0, ObserverKind.SEISMIC_STATION: 4.0}
_P_FALSE = {ObserverKind.INFRASOUND_ARRAY: 0.02, ObserverKind.SEISMIC_STATION: 0.05}
_GROUND_SHARE = 0.02
"""by which waves in the ground are slower or faster than the average"""
_GROUND_PICK_S = 0.15
_NEAREST_GROUND_M = 500.0


def far_of(
    happening: Happening, fielded: Fielded, sky: Sky, start_utc: datetime, rng: np.random.Generator
) -> list[Detection]:
    """Draw what arrays and stations detect of an event.

    Args:
        happening: that sounds.
        fielded: the sensors.
        sky: the weather.
        start_utc: of the theatre.
        rng: where chance comes from.
    """
    source, truth = happening.source, happening.truth
    if source is None:
        return []
    event_z, out = rng.normal(), []
    weather = sky.weather_at(happening.start_s, truth.lon_deg, truth.lat_deg)
    for which in (n for kind in FAR_KINDS for n in fielded.of_kind(kind)):
        sensor = fielded.network.sensors[which]
        away = float(distance_m(truth.lon_deg, truth.lat_deg, fielded.lon_deg[which], fielded.lat_deg[which]))
        listener = listener_of(sensor) or reference_listener("infrasound_array")
        if away > reach_m(source, listener):
            continue
        p = float(probability_of_detection(source, away, listener, weather))
        z = (
            np.sqrt(0.5) * (SHARED * event_z + OWN * rng.normal(size=len(happening.rounds_s)))
            + np.sqrt(0.5) * rng.normal()
        )
        heard_s = happening.rounds_s[z < ndtri(p)]
        make = _arrivals if sensor.kind is ObserverKind.INFRASOUND_ARRAY else _onsets
        out += make(sensor, which, heard_s, away, truth.lon_deg, truth.lat_deg, fielded, weather, start_utc, rng)
    return out


def _arrivals(
    sensor: Sensor,
    which: int,
    heard_s: FloatArray,
    away: float,
    lon_deg: float,
    lat_deg: float,
    fielded: Fielded,
    weather: Weather,
    start_utc: datetime,
    rng: np.random.Generator,
) -> list[Detection]:
    if not len(heard_s):
        return []
    toward = float(bearing_deg(lon_deg, lat_deg, fielded.lon_deg[which], fielded.lat_deg[which]))
    back = float(bearing_deg(fielded.lon_deg[which], fielded.lat_deg[which], lon_deg, lat_deg))
    moved = carried(weather.temperature_c, weather.wind_m_s, weather.wind_from_deg, toward)
    speed = float(moved.speed_m_s) if away < _DIRECT_M else _celerity(away, rng)
    travel = away / speed * (1.0 + float(rng.normal(0.0, 0.005)))
    turn = float(moved.turn_deg) + float(rng.normal(0.0, 0.8))
    out = []
    for train in np.split(heard_s, np.flatnonzero(np.diff(heard_s) > _TRAIN_S) + 1):
        start = float(train[0]) + travel
        length = float(train[-1] - train[0]) + float(rng.uniform(2.0, 6.0))
        if not fielded.works(np.array([which]), np.array([start]))[0]:
            continue
        sigma = float(rng.uniform(0.8, 3.0))
        bearing = (back + turn + float(rng.normal(0.0, sigma))) % 360.0
        trace = max(310.0, float(rng.normal(speed if away < _DIRECT_M else 350.0, 8.0)))
        out.append(_arrival(sensor, start, length, bearing, sigma, trace, start_utc, rng))
    return out


def _celerity(away: float, rng: np.random.Generator) -> float:
    parts = celerities(away)
    weight = np.array([float(p.weight) for p in parts])
    one = parts[int(rng.choice(len(parts), p=weight / weight.sum()))]
    return float(rng.normal(one.celerity_m_s, one.sigma_m_s))


def _arrival(
    sensor: Sensor,
    start_s: float,
    length_s: float,
    bearing: float,
    sigma_deg: float,
    trace_m_s: float,
    start_utc: datetime,
    rng: np.random.Generator,
) -> Detection:
    peak = start_s + length_s * float(rng.uniform(0.1, 0.6))
    return _detection(
        sensor,
        DetectionKind.ARRIVAL,
        Instant(utc=moment(start_utc, peak), sigma_s=2.0),
        Interval(start_utc=moment(start_utc, start_s), end_utc=moment(start_utc, start_s + length_s)),
        bearing=(round(bearing, 2), round(float(np.hypot(sigma_deg, 1.0)), 2)),
        trace=(round(trace_m_s, 1), 8.0),
    )


def _onsets(
    sensor: Sensor,
    which: int,
    heard_s: FloatArray,
    away: float,
    lon_deg: float,
    lat_deg: float,
    fielded: Fielded,
    weather: Weather,
    start_utc: datetime,
    rng: np.random.Generator,
) -> list[Detection]:
    """Return onsets of P.

    LIMIT: the sound in the air, which seismometers feel too, and S are left out.
    """
    if not len(heard_s):
        return []
    first = phase_times(max(away, _NEAREST_GROUND_M))[0]
    travel = float(first.time_s) * (1.0 + float(rng.normal(0.0, _GROUND_SHARE)))
    at = heard_s + travel + rng.normal(size=len(heard_s)) * _GROUND_PICK_S
    works = fielded.works(np.full(len(at), which), at)
    clock = fielded.clock_error_s(np.full(len(at), which), at)
    return [_onset(sensor, float(t), start_utc) for t in (at + clock)[works]]


def _onset(sensor: Sensor, at_s: float, start_utc: datetime) -> Detection:
    return _detection(
        sensor,
        DetectionKind.ONSET,
        Instant(utc=moment(start_utc, at_s), sigma_s=_GROUND_PICK_S),
        None,
        waves=(WaveProbability(wave=Wave.P, p=0.75), WaveProbability(wave=Wave.S, p=0.25)),
    )


def _detection(
    sensor: Sensor,
    kind: DetectionKind,
    time: Instant,
    interval: Interval | None,
    *,
    bearing: tuple[float, float] | None = None,
    trace: tuple[float, float] | None = None,
    waves: tuple[WaveProbability, ...] = (),
) -> Detection:
    return Detection(
        id=content_id("det", f"{METHOD}|{sensor.id}|{time.utc.isoformat()}|{bearing}".encode()),
        kind=kind,
        sensor_id=sensor.id,
        observer_kind=sensor.kind,
        means=Means.DETECTED,
        method=METHOD,
        observation_ids=(sensor.id,),
        observation_type=ObservationType.EXPLOSION,
        time=time,
        interval=interval,
        origin=sensor.place,
        bearing_deg=None if bearing is None else bearing[0],
        bearing_sigma_deg=None if bearing is None else bearing[1],
        trace_velocity_m_s=None if trace is None else trace[0],
        trace_velocity_sigma_m_s=None if trace is None else trace[1],
        count=Count.exactly(1),
        p_false=_P_FALSE[sensor.kind],
        waves=waves,
    )


def false_far(fielded: Fielded, hour: int, start_utc: datetime, rng: np.random.Generator) -> list[Detection]:
    """Draw an hour's arrivals and onsets of arrays and stations that no event made."""
    out = []
    for which in (n for kind in FAR_KINDS for n in fielded.of_kind(kind)):
        sensor = fielded.network.sensors[which]
        rate = _FALSE_PER_DAY[sensor.kind] / 24.0 * float(fielded.clutter[which])
        for at in hour * 3600.0 + rng.uniform(0.0, 3600.0, rng.poisson(rate)):
            if not fielded.works(np.array([which]), np.array([at]))[0]:
                continue
            if sensor.kind is ObserverKind.SEISMIC_STATION:
                out.append(_onset(sensor, float(at), start_utc))
                continue
            bearing, trace = float(rng.uniform(0.0, 360.0)), float(rng.uniform(320.0, 500.0))
            out.append(_arrival(sensor, float(at), float(rng.uniform(5.0, 40.0)), bearing, 2.0, trace, start_utc, rng))
    return out


def edge_detections(found: list[Detection]) -> tuple[EdgeDetection, ...]:
    """Return detections in order of time as the observations that a reader makes of nodes' batches."""
    ordered = sorted(found, key=lambda d: (d.time.utc, d.id))
    return tuple(
        EdgeDetection(
            id=f"edge-{d.id.removeprefix('det-')}",
            input_id="",
            row=1,
            sensor_id=d.sensor_id,
            node=d.sensor_id,
            detection=d,
        )
        for d in ordered
    )
