"""Who could hear or feel an impulse: every listening sensor, with the probability that it notices each size there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from trucewatch.fuse.onsets import Onsets, by_id, chords
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.listening import Listening
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Weather as WeatherReport
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.physics import (
    Listener,
    Weather,
    listener_of,
    looked_up,
    reach_tables,
    reference_listener,
    reference_source,
    usable_part,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LISTENS = frozenset(
    {
        ObserverKind.ACOUSTIC_SENSOR,
        ObserverKind.ACOUSTIC_ARRAY,
        ObserverKind.INFRASOUND_ARRAY,
        ObserverKind.SEISMIC_STATION,
    }
)
"""Instruments that record all the time. The silence of people is not weighed: they write down what they choose to."""
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Hour:
    """How the instruments listened in one hour."""

    kind: IntArray
    """which of the listeners each is, by its measured noise"""
    usable: FloatArray
    """part of its time in which each could hear"""
    measured: Mapping[int, Listening]
    """by instrument, those that were measured"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ears:
    """The instruments that listen, in the network's order, then those that only their onsets tell of."""

    sensors: tuple[Sensor, ...]
    listeners: tuple[Listener, ...]
    """the different ones"""
    kind: IntArray
    """which of those each is"""
    always: NDArray[np.bool_]
    """those of which no outage and no limited watch is known"""
    lon_deg: FloatArray
    lat_deg: FloatArray
    in_ground: NDArray[np.bool_]
    """those that feel the ground and do not hear the air"""
    tree: cKDTree | None
    of_station: IntArray
    """which of them each onset station is"""
    hours: Mapping[int, Hour]
    """by whole hours since 1970, those in which some were measured"""

    def within(self, place: Place, radius_m: float) -> IntArray:
        """Return those within a distance, ascending."""
        if self.tree is None:
            return np.zeros(0, dtype=np.int64)
        found = self.tree.query_ball_point(chords([place])[0], radius_m, return_sorted=True)
        return np.asarray(found, dtype=np.int64)

    def away_m(self, place: Place, which: IntArray) -> FloatArray:
        """Return their distances from a place, shape (n,)."""
        return self.seen_from(place, which)[0]

    def seen_from(self, place: Place, which: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return their distances from a place in metres and their bearings in degrees, each shape (n,)."""
        east, north = to_azimuthal(place.lon_deg, place.lat_deg, self.lon_deg[which], self.lat_deg[which]).T
        return np.hypot(east, north), np.degrees(np.arctan2(east, north)) % 360.0

    def p_hear(
        self,
        which: IntArray,
        away_m: FloatArray,
        toward_deg: FloatArray,
        sizes: tuple[str, ...],
        weather: Weather,
        at_s: float | None = None,
    ) -> FloatArray:
        """Return the probability that each hears each size of source, shape (n_sizes, n).

        Args:
            which: of them, shape (n,).
            away_m: how far each is from the source, shape (n,).
            toward_deg: its bearing from the source, shape (n,).
            sizes: reference sources of the physics.
            weather: at the time.
            at_s: when, seconds since 1970; None: with their usual noise.
        """
        hour = self.hour(at_s)
        kinds = (self.kind if hour is None else hour.kind)[which]
        present = np.flatnonzero(np.bincount(kinds, minlength=len(self.listeners)))
        if len(present) == 1:
            return looked_up(_table(self.listeners[present[0]], sizes, weather), away_m, toward_deg)
        p = np.zeros((len(sizes), len(which)))
        for kind in present:
            these = kinds == kind
            p[:, these] = looked_up(_table(self.listeners[kind], sizes, weather), away_m[these], toward_deg[these])
        return p

    def hour(self, at_s: float | None) -> Hour | None:
        """Return how they listened in the hour of a moment; None where nothing was measured."""
        return None if at_s is None else self.hours.get(int(at_s // _HOUR_S))

    def usable(self, which: IntArray, at_s: float) -> FloatArray:
        """Return the part of the hour of a moment in which each could hear, shape (n,)."""
        hour = self.hour(at_s)
        return np.ones(len(which)) if hour is None else hour.usable[which]

    def answers(self, which: IntArray, at_s: float) -> NDArray[np.bool_]:
        """Say whose silence can be weighed at all, shape (n,): of a station in the ground, where its noise is known.

        Microphones stand in much the same air; how restless the ground is differs by 40 dB from one place to the next.
        """
        out = ~self.in_ground[which]
        for n in np.flatnonzero(~out):
            out[n] = self._has_noise(int(which[n]), at_s)
        return np.asarray(out, dtype=np.bool_)

    def _has_noise(self, ear: int, at_s: float) -> bool:
        measured = self.measured(ear, at_s)
        known = measured is not None and measured.noise_level_db is not None
        return known or self.sensors[ear].noise_level_db is not None

    def measured(self, ear: int, at_s: float) -> Listening | None:
        """Return how one listened at a moment, where that was measured."""
        hour = self.hour(at_s)
        return None if hour is None else hour.measured.get(ear)


def ears_of(onsets: Onsets, network: Network) -> Ears:
    """Return who listens: the network's instruments, and stations of onsets that it does not name."""
    listening = [s for s in network.sensors if s.kind in _LISTENS]
    index = {s.id: n for n, s in enumerate(listening)}
    known, of_station = by_id(network), list[int]()
    for name, place in zip(onsets.names, onsets.stations, strict=True):
        sensor = known.get(name) or _stranger(name, place)
        if sensor.id not in index:
            index[sensor.id] = len(listening)
            listening.append(sensor)
        of_station.append(index[sensor.id])
    usual = reference_listener("microphone")
    own = [listener_of(s) or usual for s in listening]
    measured = _by_hour(listening)
    in_noise = {
        (h, n): listener_of(listening[n], one) or usual for h, of_hour in measured.items() for n, one in of_hour.items()
    }
    kinds = {listener: n for n, listener in enumerate(dict.fromkeys([*own, *in_noise.values()]))}
    kind = np.array([kinds[one] for one in own], dtype=np.int64)
    return Ears(
        sensors=tuple(listening),
        listeners=tuple(kinds),
        kind=kind,
        always=np.array([not (s.health or s.watch or s.recorded is not None) for s in listening], dtype=np.bool_),
        lon_deg=np.array([s.place.lon_deg for s in listening]),
        lat_deg=np.array([s.place.lat_deg for s in listening]),
        in_ground=np.array([s.kind is ObserverKind.SEISMIC_STATION for s in listening], dtype=np.bool_),
        tree=cKDTree(chords([s.place for s in listening])) if listening else None,
        of_station=np.array(of_station, dtype=np.int64),
        hours={
            h: Hour(
                kind=_replaced(kind, {n: kinds[in_noise[h, n]] for n in of_hour}),
                usable=_replaced(
                    np.ones(len(listening)), {n: usable_part(listening[n], m) for n, m in of_hour.items()}
                ),
                measured=of_hour,
            )
            for h, of_hour in measured.items()
        },
    )


def _by_hour(sensors: Sequence[Sensor]) -> dict[int, dict[int, Listening]]:
    """Return, by whole hours since 1970, the number of each sensor that was measured in the middle of it, and how."""
    found: dict[int, dict[int, Listening]] = {}
    for n, sensor in enumerate(sensors):
        for one in sensor.listening:
            start, end = one.time.start_utc, one.time.end_utc
            assert start is not None and end is not None  # noqa: S101 - said of Sensor.listening
            middle_s = (start.timestamp() + end.timestamp()) / 2.0
            found.setdefault(int(middle_s // _HOUR_S), {})[n] = one
    return dict(sorted(found.items()))


_Values = TypeVar("_Values", IntArray, FloatArray)


def _replaced(values: _Values, by: Mapping[int, float]) -> _Values:
    out = values.copy()
    for n, value in by.items():
        out[n] = value
    return out


def physics_weather(report: WeatherReport | None, settings: FuseSettings) -> Weather:
    """Return weather as the sensor model takes it, from a report or, without one, from defaults."""
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


def noise_text(measured: Listening | None) -> str:
    """Say how an hour was measured to be, to be added to a sentence; nothing where it was not."""
    if measured is None:
        return ""
    parts = []
    if measured.noise_level_db is not None:
        parts.append(f"its noise was {measured.noise_level_db:.0f} dB that hour")
    elif measured.relative_level_db is not None and round(measured.relative_level_db):
        parts.append(f"that hour was {round(measured.relative_level_db):+d} dB against its usual noise")
    if measured.usable_share < 0.95 * measured.recorded_share:
        parts.append(f"{100 * measured.usable_share / measured.recorded_share:.0f} % of what it recorded can be used")
    return "".join(f"; {p}" for p in parts)


def _stranger(name: str, place: Place) -> Sensor:
    return Sensor(id=name, kind=ObserverKind.ACOUSTIC_SENSOR, owner=name, place=place, clock_sigma_s=0.0)


@lru_cache(maxsize=512)
def _table(listener: Listener, sizes: tuple[str, ...], weather: Weather) -> FloatArray:
    """Return probabilities by size, range and bearing."""
    return reach_tables(tuple(reference_source(s) for s in sizes), listener, weather)
