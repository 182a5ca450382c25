"""Whether the moments of many sensors of a region disagree at once, as where satellite time is jammed.

A sensor whose clock has lost satellite time runs off by its own rate, each another way. Its onset of an event that it
heard then comes too early or too late to be part of the fix and is left out of it. That happens now and then, by echoes
and detours; where it happens to many sensors of one region in one hour, their clocks are in question.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import binom

from trucewatch.model.incident import Incident
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.place import Place

_HOUR_S = 3600.0
_CELL_DEG = 0.25
_LEAST_SENSORS = 4
_LEAST_RATE = 0.05
"""of onsets that are left out of a fix anyway, where fewer are seen"""
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
            f"{self.n_out} of {self.n_asked} were left out of the fix, as where satellite time is jammed; places of "
            "that time rest on fewer sensors than heard the events"
        )


@dataclass(slots=True, kw_only=True)
class _Bin:
    asked: int
    out: list[str]
    incidents: list[str]


def region_timings(incidents: Sequence[Incident], places: Mapping[str, Place]) -> tuple[RegionTiming, ...]:
    """Return the regions and hours in which the moments of many sensors disagree, by hour, then by region.

    Args:
        incidents: any; those that arrival times place count.
        places: of sensors, by id.
    """
    bins: dict[tuple[int, int, int], _Bin] = {}
    for incident in incidents:
        _enter(incident, places, bins)
    asked, out = sum(b.asked for b in bins.values()), sum(len(b.out) for b in bins.values())
    found = []
    for key in sorted(bins):
        one = bins[key]
        rate = max(_LEAST_RATE, (out - len(one.out)) / max(1, asked - one.asked))
        chance = float(binom.sf(len(one.out) - 1, one.asked, min(rate, 0.99))) * len(bins)
        if len(set(one.out)) >= _LEAST_SENSORS and chance < _CHANCE:
            found.append(_timing(key, one, chance))
    return tuple(found)


def _enter(incident: Incident, places: Mapping[str, Place], bins: dict[tuple[int, int, int], _Bin]) -> None:
    used = {s.sensor_id for s in incident.supports if s.used and s.residual_s is not None and s.residual_deg is None}
    if incident.place is None or len(used) < _LEAST_SENSORS:
        return
    spare = {s.sensor_id for s in incident.supports if not s.used} - used
    hour = int(incident.time.utc.timestamp() // _HOUR_S)
    for name in sorted(used | spare):
        at = places.get(name)
        if at is None:
            continue
        key = (hour, math.floor(at.lon_deg / _CELL_DEG), math.floor(at.lat_deg / _CELL_DEG))
        one = bins.setdefault(key, _Bin(asked=0, out=[], incidents=[]))
        one.asked += 1
        if name in spare:
            one.out.append(name)
            one.incidents.append(incident.id)


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
