"""One far event settled: which readings one place and moment explain better than chance does at their own sensors.

Each reading that it begins with has to be better explained by the event of the others than by chance, and every other
reading that is joins. Those that were silent while its waves passed weigh last.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.far_density import roughly_seen_from, seen_from
from trucewatch.fuse.far_grid import Cloud, Prior, posterior
from trucewatch.fuse.far_hearing import Watch
from trucewatch.fuse.far_likelihood import likelihood
from trucewatch.fuse.far_reading import GROUND, SOUND, SOUND_REACH_M, Reading
from trucewatch.fuse.far_region import region_place, region_time
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]

_ROUNDS = 4
_SLACK = 2.0
"""how much worse than its votes say a candidate may be: votes leave out what all paths share"""
_KM2_DAY = 1e6 * 86_400.0
_SPEEDS_M_S = {"air": (205.0, 360.0), "sound": (310.0, 360.0), GROUND: (2_000.0, 9_500.0)}
_FARTHEST_M = 1_100_000.0
_APART_S = 1.0
_MOST_PHASES = 3
"""onsets of one station in the ground that one event may have"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FarEvent:
    """Readings that one place and moment explain."""

    members: tuple[Reading, ...]
    """in time order"""
    gains: tuple[float, ...]
    """log-odds that each adds: how much better the event of the others explains it than chance; 0 until it is taken"""
    later: tuple[Reading, ...]
    """further arrivals at its arrays that it explains too, by another duct; they bend nothing"""
    cloud: Cloud
    place: Place
    """of its 90 per cent region"""
    time: tuple[float, float]
    """mean and standard deviation, seconds since 1970"""
    log_odds: float

    @property
    def sensors(self) -> frozenset[str]:
        """Those that heard it."""
        return frozenset(r.sensor_id for r in self.members)


def settle(members: Sequence[Reading], free: Sequence[Reading], watch: Watch, settings: FarSettings) -> FarEvent | None:
    """Return the event about some readings, after those that chance explains better left and others joined.

    Args:
        members: to begin with.
        free: all readings that may join, the members among them.
        watch: the arrays whose silence counts.
        settings: priors.

    Returns:
        The event; None where fewer than two sensors are left or no place is within their reach.
    """
    chosen, left = sorted(members, key=lambda r: r.key), set[str]()
    for n in range(_ROUNDS):
        cloud = _cloud(chosen, watch, settings, least_evidence(settings) if n == 0 else -math.inf)
        if cloud is None:
            return None
        gains = [_stay_gain(r, cloud, settings) for r in chosen]
        worst = int(np.argmin(gains))
        if gains[worst] < 0.0:
            left.add(chosen[worst].id)
            chosen = [r for k, r in enumerate(chosen) if k != worst]
            if len({r.sensor_id for r in chosen}) < 2:
                return None
            continue
        more = _joining([r for r in free if r.id not in left], chosen, cloud, settings) if n < _ROUNDS - 1 else []
        if not more:
            break
        chosen = sorted([*chosen, *more], key=lambda r: r.key)
    else:
        return None
    quieter = _with_silence(chosen, cloud, watch, settings)
    return None if quieter is None else _event(chosen, free, quieter, settings)


def gains_of(event: FarEvent, watch: Watch, settings: FarSettings) -> tuple[float, ...]:
    """Return the log-odds that each member adds: the evidence with it over the evidence of the others alone."""
    silent = watch.silent(event.sensors, event.place, event.time[0])
    # As the event's own evidence was taken: with the noise of the time where some were silent, else with the usual one.
    listening = watch.at(event.place, event.time[0]) if silent else watch
    out = []
    for reading in event.members:
        others = [r for r in event.members if r is not reading]
        heard = frozenset(r.sensor_id for r in others)
        without = posterior(others, _prior(listening, heard, silent), settings)
        out.append(0.0 if without is None else event.cloud.log_evidence - without.log_evidence)
    return tuple(out)


def _event(members: Sequence[Reading], free: Sequence[Reading], cloud: Cloud, settings: FarSettings) -> FarEvent:
    inside, heard = {r.id for r in members}, {(r.sensor_id, r.medium) for r in members}
    others = [r for r in free if r.id not in inside and (r.sensor_id, r.medium) in heard and r.medium != GROUND]
    about = _about(cloud)
    later = [r for r in others if _may_belong(r, about) and _join_gain(r, cloud, settings) > 0.0]
    return FarEvent(
        members=tuple(members),
        gains=(0.0,) * len(members),
        later=tuple(sorted(later, key=lambda r: r.key)),
        cloud=cloud,
        place=region_place(cloud),
        time=region_time(cloud),
        log_odds=cloud.log_evidence + _log_density(settings),
    )


def _log_density(settings: FarSettings) -> float:
    """Return the log of how many events a square metre sees a second."""
    return math.log(settings.events_per_km2_day / _KM2_DAY)


def least_evidence(settings: FarSettings) -> float:
    """Return what a candidate has to have at the least to be worth settling."""
    return settings.least_log_odds - _SLACK - _log_density(settings)


def _prior(watch: Watch, heard: frozenset[str], silent: frozenset[str]) -> Prior:
    return lambda lon_lat: watch.factor(heard, silent, lon_lat)


def _cloud(members: Sequence[Reading], watch: Watch, settings: FarSettings, least: float) -> Cloud | None:
    heard = frozenset(r.sensor_id for r in members)
    return posterior(members, _prior(watch, heard, frozenset()), settings, least)


def _with_silence(members: Sequence[Reading], cloud: Cloud, watch: Watch, settings: FarSettings) -> Cloud | None:
    """Return the posterior with the silence of the arrays that listened while waves from about there passed them."""
    heard = frozenset(r.sensor_id for r in members)
    place, at_s = region_place(cloud), region_time(cloud)[0]
    silent = watch.silent(heard, place, at_s)
    if not silent:
        return cloud
    return posterior(members, _prior(watch.at(place, at_s), heard, silent), settings)


def _joining(free: Sequence[Reading], members: Sequence[Reading], cloud: Cloud, settings: FarSettings) -> list[Reading]:
    """Return the readings that the event explains better than chance, the best one of each sensor and medium."""
    best: dict[tuple[str, str], tuple[float, Reading]] = {}
    about = _about(cloud)
    for reading in free:
        if not _has_room(reading, members) or not _may_belong(reading, about):
            continue
        gain, key = _join_gain(reading, cloud, settings), (reading.sensor_id, reading.medium)
        if gain > 0.0 and (key not in best or gain > best[key][0]):
            best[key] = gain, reading
    return [reading for _, reading in best.values()]


def _has_room(reading: Reading, members: Sequence[Reading]) -> bool:
    """Say whether an event may have one more reading of a sensor: one train in the air, several waves in the ground."""
    same = [m for m in members if m.sensor_id == reading.sensor_id and m.medium == reading.medium]
    if reading.medium != GROUND:
        return not same
    return len(same) < _MOST_PHASES and all(abs(m.start_s - reading.start_s) > _APART_S for m in same)


class _About(NamedTuple):
    """Roughly where and when an event was."""

    lon_lat: FloatArray
    """its densest cells, shape (n, 2)"""
    at_s: float
    sigma_s: float


def _about(cloud: Cloud) -> _About:
    densest = np.argsort(-cloud.p_cell, kind="stable")[:50]
    return _About(cloud.lon_lat[densest], *region_time(cloud))


def _may_belong(reading: Reading, about: _About) -> bool:
    """Say whether a reading comes when waves of the event may: a quick look before the exact one."""
    slow, fast = _SPEEDS_M_S[reading.medium]
    slack = 4.0 * (about.sigma_s + reading.sigma_s)
    if not -slack <= reading.end_s - about.at_s or reading.start_s - about.at_s > _FARTHEST_M / slow + slack:
        return False
    away = roughly_seen_from(reading.lon_deg, reading.lat_deg, about.lon_lat).away_m
    if reading.medium == SOUND and float(away.min()) > SOUND_REACH_M:
        return False
    first, last = about.at_s + float(away.min()) / fast - slack, about.at_s + float(away.max()) / slow + slack
    return reading.end_s >= first and reading.start_s <= last


def _against_chance(reading: Reading, cloud: Cloud, settings: FarSettings) -> FloatArray:
    view = seen_from(reading, cloud.lon_lat)
    return likelihood([reading], [view], cloud.time_s, cloud.cell_m / 2, settings)


def _join_gain(reading: Reading, cloud: Cloud, settings: FarSettings) -> float:
    """Return the log of how much better an event without this reading explains it than chance."""
    return math.log(float((cloud.joint * _against_chance(reading, cloud, settings)).sum()) + 1e-300)


def _stay_gain(reading: Reading, cloud: Cloud, settings: FarSettings) -> float:
    """Return the same of a reading that the event was settled with: the evidence with it over that without it.

    The posterior without it is the posterior divided by what it says: exact as far as the grid reaches.
    """
    explained = np.maximum(_against_chance(reading, cloud, settings), settings.p_outlier)
    return -math.log(float((cloud.joint / explained).sum()))
