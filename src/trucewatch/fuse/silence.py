"""Sensors that could have noticed an event and did not: evidence against it, but only where somebody listened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.part import GUNFIRE
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.geodesic import bearing_deg, distance_m
from trucewatch.model.incident import KindProbability, Silence
from trucewatch.model.instant import Interval
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Weather as WeatherReport
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.physics import (
    Listener,
    ListenerKind,
    Source,
    Weather,
    probability_of_detection,
    reference_listener,
    reference_source,
)

FloatArray = NDArray[np.float64]

_LISTENERS: dict[ObserverKind, ListenerKind] = {
    ObserverKind.ACOUSTIC_SENSOR: "microphone",
    ObserverKind.INFRASOUND_ARRAY: "infrasound_array",
    ObserverKind.ACOUSTIC_ARRAY: "infrasound_array",
}
"""Instruments that record all the time. The silence of people is not weighed: they write down what they choose to."""
_PLAUSIBLE = 0.1
"""a kind less probable than this is not asked for"""
_WORTH_NAMING = 0.05
"""a sensor less likely than this to have noticed is left out of the list"""


def silences(
    place: Place,
    during: Interval,
    kinds: Sequence[KindProbability],
    heard_by: frozenset[str],
    network: Network,
    weather: Weather,
    settings: FuseSettings,
) -> tuple[Silence, ...]:
    """Return the sensors that reported nothing of an event, with what their silence takes from its log-odds.

    Each is asked about the quietest kind that is still plausible, so that a shot is not doubted because nobody heard a
    mortar. A sensor that was down, jammed or not tasked takes nothing.

    Args:
        place: of the event.
        during: when its sound was under way.
        kinds: posterior over what it was.
        heard_by: sensors that support it.
        network: all sensors.
        weather: at the event.
        settings: limits.
    """
    silent = [s for s in network.sensors if s.kind in _LISTENERS and s.id not in heard_by]
    if not silent:
        return ()
    lon, lat = np.array([s.place.lon_deg for s in silent]), np.array([s.place.lat_deg for s in silent])
    # A place known to some kilometres may be that much farther from each sensor: doubt goes with the sensor.
    spread = float(np.sqrt(max(place.var_east_m2, place.var_north_m2)))
    away = distance_m(place.lon_deg, place.lat_deg, lon, lat) + spread
    toward = bearing_deg(place.lon_deg, place.lat_deg, lon, lat)
    p = np.minimum.reduce([_p_detect(s, silent, away, toward, weather) for s in _sources(kinds)])
    near = [i for i in np.argsort(away, kind="stable") if p[i] >= _WORTH_NAMING]
    return tuple(_silence(silent[i], float(p[i]), float(away[i]), during, settings) for i in near)


def under_way(start_utc: datetime, end_utc: datetime, settings: FuseSettings) -> Interval:
    """Return when the sound of an event was under way to the farthest microphone."""
    return Interval(start_utc=start_utc, end_utc=end_utc + timedelta(seconds=settings.max_range_m / 330.0))


def physics_weather(report: WeatherReport | None, settings: FuseSettings) -> Weather:
    """Return weather as the sensor model takes it, from a report or from the mission's defaults."""
    if report is None:
        return Weather(
            temperature_c=settings.temperature_c,
            relative_humidity_pct=70.0,
            pressure_pa=101_325.0,
            wind_m_s=0.0,
            wind_from_deg=0.0,
            temperature_sigma_c=settings.temperature_sigma_c,
            wind_sigma_m_s=settings.unknown_wind_sigma_m_s,
        )
    return Weather(
        temperature_c=report.temperature_c,
        relative_humidity_pct=report.relative_humidity_pct or 70.0,
        pressure_pa=report.pressure_pa or 101_325.0,
        wind_m_s=report.wind_m_s or 0.0,
        wind_from_deg=report.wind_from_deg or 0.0,
    )


def _sources(kinds: Sequence[KindProbability]) -> list[Source]:
    names = {"small_arms" if k.kind in GUNFIRE else "mortar_82" for k in kinds if k.p >= _PLAUSIBLE}
    return [reference_source(n) for n in sorted(names)]


def listener_of(sensor: Sensor) -> Listener:
    """Return a sensor as the physics knows it, with its own noise where the network states one."""
    reference = reference_listener(_LISTENERS[sensor.kind])
    noise = reference.noise_level_db if sensor.noise_level_db is None else sensor.noise_level_db
    return Listener(
        kind=reference.kind,
        noise_level_db=noise,
        noise_sigma_db=reference.noise_sigma_db,
        threshold_snr_db=reference.threshold_snr_db,
        n_elements=max(1, len(sensor.elements)) if sensor.elements else reference.n_elements,
    )


def _p_detect(
    source: Source, sensors: Sequence[Sensor], away_m: FloatArray, toward_deg: FloatArray, weather: Weather
) -> FloatArray:
    listeners = [listener_of(s) for s in sensors]
    p = np.zeros(len(sensors))
    for listener in dict.fromkeys(listeners):
        these = np.array([one == listener for one in listeners])
        p[these] = probability_of_detection(source, away_m[these], listener, weather, toward_deg[these])
    return p


def _silence(sensor: Sensor, p: float, away_m: float, during: Interval, settings: FuseSettings) -> Silence:
    state = sensor.state_at(during)
    listened = state is SensorState.OPERATIONAL
    kept = p if listened else 0.0
    taken = math.log1p(-settings.silence_cap * kept)
    where = f"{away_m / 1000:.1f} km away"
    reason = (
        f"{where}, working, reported nothing; would have noticed it with probability {p:.2f}"
        if listened
        else f"{where}, {state.value.replace('_', ' ')}: its silence says nothing"
    )
    return Silence(sensor_id=sensor.id, p_detect=kept, state=state, log_odds=taken, reason=reason)
