"""Who heard a far event and who did not: the sensor model's word on where and how large it may have been."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.ears import noise_text
from trucewatch.fuse.far_density import roughly_seen_from
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.geo.geodesic import distance_m
from trucewatch.model.incident import Silence
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.listening import Listening
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.physics import (
    LISTENING,
    Listener,
    Source,
    Weather,
    listener_of,
    probability_of_detection,
    usable_part,
)
from trucewatch.physics.detectability import reference_listener

FloatArray = NDArray[np.float64]

_ARRAYS = frozenset({ObserverKind.INFRASOUND_ARRAY, ObserverKind.ACOUSTIC_ARRAY})
_FEELS = frozenset({ObserverKind.SEISMIC_STATION})
"""LIMIT: only the silence of arrays is weighed; how often a seismic station misses an explosion on the surface depends
on its ground, which no mission states."""
_RANGES_M: FloatArray = np.geomspace(1_000.0, 1_000_000.0, 60)
_LOG_RANGES: FloatArray = np.log(_RANGES_M)
_SLOWEST_M_S, _FASTEST_M_S = 220.0, 345.0
_USUAL_M_S = 290.0
"""speed by which the hour is chosen whose noise counts"""
_LEAST_WATCH_S = 30.0
"""an array near the event has to listen at least so long after its arrival"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Watch:
    """The arrays and seismic stations of a network, one after the other."""

    sensors: tuple[Sensor, ...]
    listeners: tuple[Listener, ...]
    weather: Weather
    settings: FarSettings
    measured: tuple[Listening | None, ...] = ()
    """how each listened in the hour in question; empty: with its usual noise"""

    def at(self, place: Place, at_s: float) -> Watch:
        """Return the same with the noise that was measured while waves of an event about there and then passed."""
        if not any(s.listening for s in self.sensors):
            return self
        measured = tuple(_measured(s, place, at_s) for s in self.sensors)
        listeners = tuple(_listener(s, m) for s, m in zip(self.sensors, measured, strict=True))
        return replace(self, listeners=listeners, measured=measured)

    def factor(self, heard: frozenset[str], silent: frozenset[str], lon_lat: FloatArray) -> FloatArray:
        """Return the probability that some heard an event at each place and some others did not.

        The size of the source is summed over.

        Args:
            heard: ids of sensors with an arrival of it.
            silent: ids of arrays that listened and had none.
            lon_lat: places, shape (n, 2).
        """
        total = np.zeros(len(lon_lat))
        asked = [n for n, s in enumerate(self.sensors) if s.id in heard or s.id in silent]
        seen = [(self.sensors[n].id in heard, self._usable(n), self._p(n, lon_lat)) for n in asked]
        for k, (_, weight) in enumerate(self.settings.sizes_kg):
            product = np.full(len(lon_lat), weight)
            for it_heard, part, p in seen:
                product *= p[k] if it_heard else 1.0 - part * p[k]
            total += product
        return total

    def silent(self, heard: frozenset[str], place: Place, at_s: float) -> frozenset[str]:
        """Return the arrays that listened while waves of an event about there and then passed, and had none of it."""
        arrays = (s for s in self.sensors if s.kind in _ARRAYS and s.id not in heard)
        return frozenset(s.id for s in arrays if state_of(s, place, at_s)[0] in LISTENING)

    def _usable(self, number: int) -> float:
        """Return the part of the hour in which one could hear."""
        return usable_part(self.sensors[number], self.measured[number]) if self.measured else 1.0

    def _p(self, number: int, lon_lat: FloatArray) -> FloatArray:
        """Return the probability that one hears each size at each place, shape (n_sizes, n)."""
        place = self.sensors[number].place
        away = roughly_seen_from(place.lon_deg, place.lat_deg, lon_lat).away_m
        table = _table(self.listeners[number], tuple(kg for kg, _ in self.settings.sizes_kg), self.weather)
        log_away = np.log(np.maximum(away, 1.0))
        p = np.stack([np.interp(log_away, _LOG_RANGES, row) for row in table])
        low, high = self.settings.p_heard_least, self.settings.p_heard_most
        return np.asarray(low + (high - low) * p, dtype=np.float64)

    def silences(self, heard: frozenset[str], place: Place, at_s: float) -> tuple[Silence, ...]:
        """Return the arrays that reported nothing of an event, nearest first, with what their silence took.

        Each is asked with its noise at the time, where that was measured.
        What each took is the ratio of the factor with it and without it, in the network's order; they add up.
        """
        return self.at(place, at_s)._silences(heard, place, at_s)

    def _silences(self, heard: frozenset[str], place: Place, at_s: float) -> tuple[Silence, ...]:
        here = np.array([[place.lon_deg, place.lat_deg]])
        weights = np.array([w for _, w in self.settings.sizes_kg])
        for n, sensor in enumerate(self.sensors):
            if sensor.id in heard:
                weights = weights * self._p(n, here)[:, 0]
        out = []
        for n, sensor in enumerate(self.sensors):
            if sensor.id in heard or sensor.kind not in _ARRAYS:
                continue
            state, away = state_of(sensor, place, at_s)
            p = self._usable(n) * self._p(n, here)[:, 0]
            would = float(weights @ p / weights.sum())
            took = 0.0
            if state in LISTENING:
                left = weights * (1.0 - p)
                took = math.log(left.sum() / weights.sum())
                weights = left
            noise = noise_text(self.measured[n] if self.measured else None)
            out.append((away, _silence(sensor.id, state, away, would, took, noise)))
        return tuple(s for _, s in sorted(out, key=lambda x: (x[0], x[1].sensor_id)))


def state_of(sensor: Sensor, place: Place, at_s: float) -> tuple[SensorState, float]:
    """Return the state of a sensor while waves of an event pass it, and how far away that is, metres."""
    away = float(distance_m(place.lon_deg, place.lat_deg, sensor.place.lon_deg, sensor.place.lat_deg))
    first, last = at_s + away / _FASTEST_M_S, at_s + away / _SLOWEST_M_S + _LEAST_WATCH_S
    return sensor.state_at(Interval(start_utc=utc_from_timestamp(first), end_utc=utc_from_timestamp(last))), away


def _silence(name: str, state: SensorState, away_m: float, p: float, took: float, noise: str) -> Silence:
    if state not in LISTENING:
        reason = f"{state.value.replace('_', ' ')} at the time, so its silence says nothing"
    else:
        reason = (
            f"{away_m / 1000:.0f} km away it would have noticed it with {100 * p:.0f} per cent, over all sizes{noise}"
        )
    return Silence(sensor_id=name, p_detect=p if state in LISTENING else 0.0, state=state, log_odds=took, reason=reason)


def watch_of(network: Network, weather: Weather, settings: FarSettings) -> Watch:
    """Return the arrays and seismic stations of a network."""
    far = [s for s in network.sensors if s.kind in _ARRAYS | _FEELS]
    own = [_listener(s) for s in far]
    return Watch(sensors=tuple(far), listeners=tuple(own), weather=weather, settings=settings)


def _measured(sensor: Sensor, place: Place, at_s: float) -> Listening | None:
    away = float(distance_m(place.lon_deg, place.lat_deg, sensor.place.lon_deg, sensor.place.lat_deg))
    return sensor.listening_at(utc_from_timestamp(at_s + away / _USUAL_M_S))


def _listener(sensor: Sensor, measured: Listening | None = None) -> Listener:
    return listener_of(sensor, measured) or reference_listener(
        "seismometer" if sensor.kind in _FEELS else "infrasound_array"
    )


@lru_cache(maxsize=512)
def _table(listener: Listener, sizes_kg: tuple[float, ...], weather: Weather) -> FloatArray:
    return np.stack(
        [
            probability_of_detection(Source(kind=f"{kg:g} kg", charge_kg=kg), _RANGES_M, listener, weather)
            for kg in sizes_kg
        ]
    )


def window_at(reading_s: float, away_m: float) -> tuple[float, float]:
    """Return the span in which an event at a distance happened that is heard at a moment."""
    return reading_s - away_m / _SLOWEST_M_S, reading_s - away_m / _FASTEST_M_S
