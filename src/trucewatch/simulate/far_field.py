"""Arrivals of a far explosion at arrays and stations, on a day with winds and celerities of its own.

The day's winds turn bearings and change celerities along and against them, ducts open down the wind, arrivals are
trains whose strongest window is anywhere in them, and now and then an array reports something else. None of it is drawn
from the priors that `fuse` takes for granted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trucewatch.geo.geodesic import bearing_deg, destination, distance_m, from_azimuthal
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, WaveProbability
from trucewatch.model.instant import Instant, Interval, utc_from_timestamp
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind, Wave
from trucewatch.physics.layers import phase_times

METHOD = "simulated-far-field/1"
_SOUND_M_S = 340.0
_CENTRE = (33.0, 48.0)
_EPOCH_S = 1.7e9


@dataclass(frozen=True, slots=True, kw_only=True)
class FarDay:
    """What all paths of one day share."""

    high_wind_m_s: tuple[float, float]
    """towards east and north, at the height where stratospheric paths turn"""
    low_wind_m_s: tuple[float, float]
    celerity_m_s: dict[str, float]
    """of each duct without wind"""
    ground_shift: float
    """by how much all waves in the ground are slower than in the table, relative"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FarStation:
    """An array or a seismic station."""

    id: str
    lon_deg: float
    lat_deg: float
    seismic: bool = False


def far_day(rng: np.random.Generator) -> FarDay:
    """Draw a day: 20 m/s of wind up high in a random direction, 8 m/s below, celerities off by 1.5 to 3 per cent."""
    return FarDay(
        high_wind_m_s=(float(rng.normal(0, 20)), float(rng.normal(0, 20))),
        low_wind_m_s=(float(rng.normal(0, 8)), float(rng.normal(0, 8))),
        celerity_m_s={
            "tropospheric": float(rng.normal(332, 5)),
            "stratospheric": float(rng.normal(297, 6)),
            "thermospheric": float(rng.normal(255, 8)),
        },
        ground_shift=float(rng.normal(0, 0.02)),
    )


def far_arrivals(
    stations: Sequence[FarStation],
    lon_deg: float,
    lat_deg: float,
    at_s: float,
    day: FarDay,
    rng: np.random.Generator,
    *,
    p_other: float = 0.03,
) -> tuple[Detection, ...]:
    """Return what each station reports of an explosion at the surface, in the order of the stations.

    Args:
        stations: that hear it.
        lon_deg: of the explosion.
        lat_deg: of the explosion.
        at_s: its time, seconds since 1970.
        day: winds and celerities.
        rng: where chance comes from.
        p_other: probability that an array reports something else in its place.
    """
    out = []
    for station in stations:
        if station.seismic:
            out.append(_onset(station, lon_deg, lat_deg, at_s, day, rng))
        elif rng.random() < p_other:
            out.append(clutter(station, at_s + rng.uniform(0.0, 1800.0), rng))
        else:
            out.append(_arrival(station, lon_deg, lat_deg, at_s, day, rng))
    return tuple(out)


@dataclass(frozen=True, slots=True, kw_only=True)
class FarCase:
    """One explosion with what some sensors made of it."""

    arrivals: tuple[Detection, ...]
    """of two to four arrays"""
    onset: Detection
    """of one seismic station"""
    lon_deg: float
    lat_deg: float
    at_s: float


def far_case(seed: int) -> FarCase:
    """Draw an explosion, a day and sensors.

    Five to eight arrays stand at random in a square of 700 km, the explosion in the middle 500 km of it; the two to
    four nearest arrays hear it, and a seismic station 50 to 200 km away.
    """
    rng = np.random.default_rng(seed)
    xy = rng.uniform(-350e3, 350e3, (int(rng.integers(5, 9)), 2))
    middle = rng.uniform(-250e3, 250e3, 2)
    lon_lat, source = from_azimuthal(*_CENTRE, xy), from_azimuthal(*_CENTRE, middle)
    nearest = np.argsort(np.hypot(*(xy - middle).T))[: int(rng.integers(2, 5))]
    stations = [FarStation(id=f"A{i}", lon_deg=float(lon_lat[i, 0]), lat_deg=float(lon_lat[i, 1])) for i in nearest]
    place, day, at_s = (float(source[0]), float(source[1])), far_day(rng), _EPOCH_S + float(rng.uniform(0, 3e7))
    arrivals = far_arrivals(stations, *place, at_s, day, rng)
    lon, lat = destination(*place, float(rng.uniform(0, 360)), float(rng.uniform(50e3, 200e3)))
    ground = FarStation(id="S1", lon_deg=float(lon), lat_deg=float(lat), seismic=True)
    (onset,) = far_arrivals([ground], *place, at_s, day, rng)
    return FarCase(arrivals=arrivals, onset=onset, lon_deg=place[0], lat_deg=place[1], at_s=at_s)


def clutter(station: FarStation, at_s: float, rng: np.random.Generator) -> Detection:
    """Return an arrival that has nothing to do with anything."""
    length = float(rng.uniform(5.0, 60.0))
    return _detection(station, at_s, length, rng, float(rng.uniform(0, 360)), float(rng.uniform(320, 500)), 2.0)


def _arrival(
    station: FarStation, lon_deg: float, lat_deg: float, at_s: float, day: FarDay, rng: np.random.Generator
) -> Detection:
    away = float(distance_m(lon_deg, lat_deg, station.lon_deg, station.lat_deg))
    toward = np.radians(float(bearing_deg(lon_deg, lat_deg, station.lon_deg, station.lat_deg)))
    back = float(bearing_deg(station.lon_deg, station.lat_deg, lon_deg, lat_deg))
    along, across = np.array([np.sin(toward), np.cos(toward)]), np.array([np.cos(toward), -np.sin(toward)])
    high, low = np.array(day.high_wind_m_s), np.array(day.low_wind_m_s)
    duct = _duct(away, float(high @ along), float(low @ along), rng)
    wind = low if duct == "tropospheric" else high
    celerity = day.celerity_m_s[duct] + 0.35 * float(wind @ along)
    travel = away / (celerity * (1.0 + float(rng.normal(0, 0.015))))
    # A wind across the path drifts the ray; the array sees it come from the side that the wind blows from.
    turn = np.degrees(np.arctan2(float(wind @ across), _SOUND_M_S))
    array_sigma = float(rng.uniform(0.7, 3.0))
    bearing = back + turn + float(rng.normal(0, 1.0)) + float(rng.normal(0, array_sigma))
    trace = {"tropospheric": (340.0, 8.0), "stratospheric": (352.0, 12.0), "thermospheric": (420.0, 50.0)}[duct]
    length = float(np.exp(rng.normal(np.log(40.0), 0.8)))
    return _detection(
        station, at_s + travel, length, rng, bearing % 360.0, max(310.0, float(rng.normal(*trace))), array_sigma
    )


def _duct(away_m: float, high_m_s: float, low_m_s: float, rng: np.random.Generator) -> str:
    """Choose the duct of the arrival that an array reports: down the wind near or high, else from far above."""
    low = np.exp(low_m_s / 6.0) * np.exp(-away_m / 150_000.0) * 2.0
    middle = np.exp(high_m_s / 15.0) * (away_m > 100_000.0) + 0.05
    top = 0.5 * (away_m > 100_000.0) + 0.01
    weights = np.array([low, middle, top])
    return str(rng.choice(["tropospheric", "stratospheric", "thermospheric"], p=weights / weights.sum()))


def _detection(
    station: FarStation,
    start_s: float,
    length_s: float,
    rng: np.random.Generator,
    bearing: float,
    trace_m_s: float,
    array_sigma_deg: float,
) -> Detection:
    peak = start_s + length_s * float(rng.uniform(0, 1))
    return Detection(
        id=f"{station.id}-{start_s:.3f}",
        kind=DetectionKind.ARRIVAL,
        sensor_id=station.id,
        observer_kind=ObserverKind.INFRASOUND_ARRAY,
        means=Means.RECORDED,
        method=METHOD,
        observation_ids=(station.id,),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=utc_from_timestamp(peak), sigma_s=2.0),
        interval=Interval(start_utc=utc_from_timestamp(start_s), end_utc=utc_from_timestamp(start_s + length_s)),
        origin=Place.circular(lon_deg=station.lon_deg, lat_deg=station.lat_deg, sigma_m=5.0),
        bearing_deg=bearing,
        bearing_sigma_deg=float(np.hypot(array_sigma_deg, 2.0)),
        trace_velocity_m_s=trace_m_s,
        trace_velocity_sigma_m_s=5.0,
        count=Count.exactly(1),
        p_false=1e-6,
    )


def _onset(
    station: FarStation, lon_deg: float, lat_deg: float, at_s: float, day: FarDay, rng: np.random.Generator
) -> Detection:
    """Return the first onset in the ground: P, whose site and pick are good to half a second."""
    away = distance_m(lon_deg, lat_deg, station.lon_deg, station.lat_deg)
    travel = float(phase_times(away)[0].time_s) * (1.0 + day.ground_shift)
    return Detection(
        id=f"{station.id}-{at_s:.3f}",
        kind=DetectionKind.ONSET,
        sensor_id=station.id,
        observer_kind=ObserverKind.SEISMIC_STATION,
        means=Means.RECORDED,
        method=METHOD,
        observation_ids=(station.id,),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=utc_from_timestamp(at_s + travel + float(rng.normal(0, 0.5))), sigma_s=0.3),
        origin=Place.circular(lon_deg=station.lon_deg, lat_deg=station.lat_deg, sigma_m=5.0),
        count=Count.exactly(1),
        p_false=1e-4,
        waves=(WaveProbability(wave=Wave.P, p=0.7), WaveProbability(wave=Wave.S, p=0.3)),
    )
