"""Whether the moments of many sensors of a region disagree at once, as where satellite time is jammed.

A sensor whose clock has lost satellite time runs off by its own rate, each another way. Its onset of an event that it
heard then comes too early or too late to be part of the fix: the sensor counts as silent, and has an onset within
seconds of the moment that it should have, which no event explains. Chance gives that now and then; where it happens to
many sensors of one region in one hour, their clocks are in question.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from trucewatch.fuse.clocks import SPEED_M_S
from trucewatch.fuse.onsets import Onsets
from trucewatch.geo.geodesic import distance_m
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]

_HOUR_S = 3600.0
_CELL_DEG = 0.25
_LEAST_SENSORS = 4
_LEAST_RATE = 0.05
"""of sensors that should have heard an event, those that chance gives such an onset, where fewer are seen"""
_NEAR_S = 3.0
_ASKED_P = 0.3
"""a sensor that would have heard an event less probably is not asked"""
_CHANCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionTiming:
    """One region and stretch of hours in which moments disagree."""

    about: str
    """the region, in words"""
    time: Interval
    sensors: tuple[str, ...]
    n_out: int
    n_asked: int
    chance: float
    incident_ids: tuple[str, ...]

    def sentence(self) -> str:
        """Return what was found, in words."""
        return (
            f"moments of {len(self.sensors)} sensors {self.about} do not agree with those of others at once: "
            f"{self.n_out} of {self.n_asked} that should have heard an event have an onset some tenths of a second or "
            "some seconds off its moment, as where satellite time is jammed; they take no part in places of that time"
        )


@dataclass(slots=True, kw_only=True)
class _Bin:
    asked: int
    out: list[str]
    incidents: list[str]


def region_timings(
    incidents: Sequence[Incident], onsets: Onsets, places: Mapping[str, Place]
) -> tuple[RegionTiming, ...]:
    """Return the regions and hours in which the moments of many sensors disagree, by hour, then by region.

    Args:
        incidents: any; those that arrival times place count.
        onsets: of all sensors.
        places: of sensors, by id.
    """
    explained = {s.detection_id for i in incidents for s in i.supports}
    free = _free_times(onsets, explained)
    bins: dict[tuple[int, int, int], _Bin] = {}
    for incident in incidents:
        _enter(incident, free, places, bins)
    asked, out = sum(b.asked for b in bins.values()), sum(len(b.out) for b in bins.values())
    found = []
    for key in sorted(bins):
        one = bins[key]
        rate = max(_LEAST_RATE, (out - len(one.out)) / max(1, asked - one.asked))
        chance = float(binom.sf(len(one.out) - 1, one.asked, min(rate, 0.99))) * len(bins)
        if len(set(one.out)) >= _LEAST_SENSORS and chance < _CHANCE:
            found.append(_timing(key, one, chance))
    return tuple(found)


def _free_times(onsets: Onsets, explained: Collection[str]) -> dict[str, FloatArray]:
    """Return, by sensor, when it had onsets that no event explains, seconds since 1970, in order."""
    return {
        name: np.array(
            [onsets.epoch_s + float(onsets.time_s[i]) for i in index if onsets.detections[i].id not in explained]
        )
        for name, index in zip(onsets.names, onsets.of_station, strict=True)
    }


def _enter(
    incident: Incident,
    free: Mapping[str, FloatArray],
    places: Mapping[str, Place],
    bins: dict[tuple[int, int, int], _Bin],
) -> None:
    used = {s.sensor_id for s in incident.supports if s.used and s.residual_s is not None and s.residual_deg is None}
    if incident.place is None or len(used) < _LEAST_SENSORS:
        return
    missed = {s.sensor_id for s in incident.silences if s.p_detect >= _ASKED_P} - used
    hour = int(incident.time.utc.timestamp() // _HOUR_S)
    for name in sorted(used | missed):
        at = places.get(name)
        if at is None:
            continue
        one = bins.setdefault((hour, *_cell(at)), _Bin(asked=0, out=[], incidents=[]))
        one.asked += 1
        if name in missed and _is_near(incident, incident.place, at, free.get(name, np.zeros(0))):
            one.out.append(name)
            one.incidents.append(incident.id)


def _cell(at: Place) -> tuple[int, int]:
    return math.floor(at.lon_deg / _CELL_DEG), math.floor(at.lat_deg / _CELL_DEG)


def _is_near(incident: Incident, place: Place, at: Place, times_s: FloatArray) -> bool:
    """Say whether one of a sensor's onsets comes within seconds of the moment that an event would reach it."""
    travel = float(distance_m(place.lon_deg, place.lat_deg, at.lon_deg, at.lat_deg)) / SPEED_M_S
    moment = incident.time.utc.timestamp() + travel
    low, high = np.searchsorted(times_s, (moment - _NEAR_S, moment + _NEAR_S))
    return bool(high > low)


def _timing(key: tuple[int, int, int], one: _Bin, chance: float) -> RegionTiming:
    hour, east, north = key
    start = utc_from_timestamp(hour * _HOUR_S)
    return RegionTiming(
        about=f"around {(north + 0.5) * _CELL_DEG:.2f} N, {(east + 0.5) * _CELL_DEG:.2f} E",
        time=Interval(start_utc=start, end_utc=utc_from_timestamp((hour + 1) * _HOUR_S)),
        sensors=tuple(sorted(set(one.out))),
        n_out=len(one.out),
        n_asked=one.asked,
        chance=max(chance, 1e-12),
        incident_ids=tuple(sorted(set(one.incidents))),
    )
