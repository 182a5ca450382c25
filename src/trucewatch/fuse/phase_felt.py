"""Who felt an event in the ground and who should have: what stations' silence says of it, over all sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.ears import noise_text
from trucewatch.fuse.phase_settings import PhaseSettings
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.incident import Silence
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.listening import Listening
from trucewatch.model.network import Network, Sensor
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.physics import LISTENING, Listener, Source, Weather, listener_of, probability_of_detection, usable_part
from trucewatch.physics.detectability import reference_listener

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_RANGES_M: FloatArray = np.geomspace(1_000.0, 1_000_000.0, 60)
_LOG_RANGES: FloatArray = np.log(_RANGES_M)
_LOG_STEP = float(_LOG_RANGES[1] - _LOG_RANGES[0])
_FASTEST_M_S, _SLOWEST_M_S = 8_500.0, 3_000.0
_LEAST_WATCH_S = 10.0
"""a station near the event has to listen at least so long after its arrival"""
_ANY_WEATHER = Weather(
    temperature_c=10.0, relative_humidity_pct=70.0, pressure_pa=101_325.0, wind_m_s=0.0, wind_from_deg=0.0
)
"""the ground has none"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """What having been felt by some stations and not by others says of an event."""

    log_size: float
    """log probability that those which felt it would, the size being open"""
    silences: tuple[Silence, ...]
    """nearest first, each with what it took"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stations:
    """The seismic stations of a network, by name, with how each listens usually."""

    sensors: tuple[Sensor, ...]
    lon_deg: FloatArray
    lat_deg: FloatArray
    listener: IntArray
    """(n_sensors,) which of the tables is each one's"""
    tables: FloatArray
    """(n_tables, n_sizes, n_ranges) probability to feel each size at each range"""
    settings: PhaseSettings

    def felt(self, lon_deg: float, lat_deg: float, depth_m: float, at_s: float, names: frozenset[str]) -> Felt:
        """Return what it says that some felt an event and others did not.

        Args:
            lon_deg: Of the event.
            lat_deg: Of the event.
            depth_m: Below the stations.
            at_s: When, seconds since 1970.
            names: Ids of sensors that felt it.
        """
        away = np.hypot(*to_azimuthal(lon_deg, lat_deg, self.lon_deg, self.lat_deg).T) if self.sensors else np.zeros(0)
        near = np.flatnonzero(away <= self.settings.farthest_m)
        order = near[np.argsort(away[near], kind="stable")].tolist()
        usual = self._usual(np.hypot(away, depth_m))
        weights = np.array([w for _, w in self.settings.sizes])
        weights = weights / weights.sum()
        quiet = list[tuple[int, Listening | None, FloatArray]]()
        for n in order:
            sensor = self.sensors[n]
            measured = sensor.listening_at(utc_from_timestamp(at_s)) if sensor.listening else None
            p = usual[n] if measured is None else self._p(sensor, measured, float(np.hypot(away[n], depth_m)))
            if sensor.id in names:
                weights = weights * p
            else:
                quiet.append((n, measured, p * usable_part(sensor, measured)))
        log_size = math.log(float(weights.sum()))
        silences = list[Silence]()
        for n, measured, p in quiet:
            made, weights = _silence(self.sensors[n], float(away[n]), at_s, p, weights, measured)
            silences.append(made)
        return Felt(log_size=log_size, silences=tuple(silences))

    def _usual(self, way_m: FloatArray) -> FloatArray:
        """Return the probability that each feels each size with its usual noise, (n_sensors, n_sizes)."""
        place = np.clip((np.log(np.maximum(way_m, 1.0)) - _LOG_RANGES[0]) / _LOG_STEP, 0.0, len(_RANGES_M) - 1.001)
        row = place.astype(np.int64)
        low = self.tables[self.listener, :, row]
        p = low + (place - row)[:, None] * (self.tables[self.listener, :, row + 1] - low)
        return _bounded(p, self.settings)

    def _p(self, sensor: Sensor, measured: Listening, way_m: float) -> FloatArray:
        table = _table(_listener(sensor, measured), tuple(kg for kg, _ in self.settings.sizes))
        return _bounded(
            np.array([np.interp(math.log(max(way_m, 1.0)), _LOG_RANGES, row) for row in table]), self.settings
        )


def _bounded(p: FloatArray, settings: PhaseSettings) -> FloatArray:
    return settings.p_felt_least + (settings.p_felt_most - settings.p_felt_least) * p


def _listener(sensor: Sensor, measured: Listening | None = None) -> Listener:
    return listener_of(sensor, measured) or reference_listener("seismometer")


def stations_of(network: Network, settings: PhaseSettings) -> Stations:
    """Return the seismic stations of a network."""
    found = sorted((s for s in network.sensors if s.kind is ObserverKind.SEISMIC_STATION), key=lambda s: s.id)
    own = [_listener(s) for s in found]
    different = list(dict.fromkeys(own))
    sizes = tuple(kg for kg, _ in settings.sizes)
    return Stations(
        sensors=tuple(found),
        lon_deg=np.array([s.place.lon_deg for s in found]),
        lat_deg=np.array([s.place.lat_deg for s in found]),
        listener=np.array([different.index(listener) for listener in own], dtype=np.int64),
        tables=np.stack([_table(one, sizes) for one in different] or [np.zeros((len(sizes), len(_RANGES_M)))]),
        settings=settings,
    )


def _silence(
    sensor: Sensor, away_m: float, at_s: float, p: FloatArray, weights: FloatArray, measured: Listening | None
) -> tuple[Silence, FloatArray]:
    """Return one station's silence, and the sizes' weights after it."""
    state = _state(sensor, away_m, at_s)
    if state not in LISTENING:
        reason = f"{state.value.replace('_', ' ')} at the time, so its silence says nothing"
        made = Silence(sensor_id=sensor.id, p_detect=0.0, state=state, log_odds=0.0, reason=reason)
        return made, weights
    would = float(weights @ p / weights.sum())
    left = weights * (1.0 - p)
    reason = (
        f"{away_m / 1000:.0f} km away it would have felt it with {100 * would:.0f} per cent, over all sizes"
        f"{noise_text(measured)}"
    )
    took = math.log(float(left.sum() / weights.sum()))
    return Silence(sensor_id=sensor.id, p_detect=would, state=state, log_odds=took, reason=reason), left


def _state(sensor: Sensor, away_m: float, at_s: float) -> SensorState:
    first, last = at_s + away_m / _FASTEST_M_S, at_s + away_m / _SLOWEST_M_S + _LEAST_WATCH_S
    return sensor.state_at(Interval(start_utc=utc_from_timestamp(first), end_utc=utc_from_timestamp(last)))


@lru_cache(maxsize=256)
def _table(listener: Listener, sizes_kg: tuple[float, ...]) -> FloatArray:
    """Return the probability that a listener feels each size at each range, (n_sizes, n_ranges)."""
    return np.stack(
        [
            probability_of_detection(Source(kind=f"{kg:g} kg", charge_kg=kg), _RANGES_M, listener, _ANY_WEATHER)
            for kg in sizes_kg
        ]
    )
