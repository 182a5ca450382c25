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

from trucewatch.fuse.far_density import Seen
from trucewatch.fuse.far_grid import Cloud, Prior, posterior
from trucewatch.fuse.far_hearing import Watch
from trucewatch.fuse.far_joining import about_of, join_gain, joining, may_belong, stay_gain
from trucewatch.fuse.far_reading import GROUND, Reading
from trucewatch.fuse.far_region import region_place, region_time
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]

_ROUNDS = 4
"""times that others may join"""
_SLACK = 2.0
"""how much worse than its votes say a candidate may be: votes leave out what all paths share"""
_EXACT = 0.05
"""log-odds to which what a member adds is worked out"""
_KM2_DAY = 1e6 * 86_400.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FarEvent:
    """Readings that one place and moment explain."""

    members: tuple[Reading, ...]
    """in time order"""
    gains: tuple[float, ...]
    """log-odds that each adds: how much better the event of the others explains it than chance; a first guess from the
    event's own region until it is taken"""
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
    stand = _left(members, watch, settings, _least_evidence(settings))
    out = set[str]() if stand is None else {r.id for r in members} - {r.id for r in stand.members}
    for _ in range(_ROUNDS):
        if stand is None:
            return None
        more = joining([r for r in free if r.id not in out], stand.members, stand.cloud, settings)
        joined = _joined(stand, more, watch, settings)
        if joined is None:
            break
        out |= {r.id for r in (*stand.members, *more)} - {r.id for r in joined.members}
        stand = joined
    if stand is None:
        return None
    quieter = _with_silence(stand.members, stand.cloud, watch, settings)
    return None if quieter is None else _event(stand.members, stand.gains, free, quieter, settings)


class _Stand(NamedTuple):
    """Readings that each fit the event of the others better than chance."""

    members: tuple[Reading, ...]
    gains: tuple[float, ...]
    cloud: Cloud


def _left(members: Sequence[Reading], watch: Watch, settings: FarSettings, least: float = -math.inf) -> _Stand | None:
    """Return what is left of readings when those that chance explains better have gone, the worst first."""
    chosen = sorted(members, key=lambda r: r.key)
    while len({r.sensor_id for r in chosen}) > 1:
        cloud = _cloud(chosen, watch, settings, least)
        if cloud is None:
            return None
        gains = [stay_gain(r, cloud, settings) for r in chosen]
        worst = int(np.argmin(gains))
        if gains[worst] >= 0.0:
            return _Stand(tuple(chosen), tuple(gains), cloud)
        del chosen[worst]
        least = -math.inf
    return None


def _joined(stand: _Stand, more: Sequence[Reading], watch: Watch, settings: FarSettings) -> _Stand | None:
    """Return the event with more readings, all or else the best of them, where that explains more; else None."""
    for some in (more, more[:1]):
        joined = _left([*stand.members, *some], watch, settings, stand.cloud.log_evidence - _SLACK) if some else None
        if joined is not None and joined.cloud.log_evidence > stand.cloud.log_evidence:
            return joined
        if len(more) < 2:
            break
    return None


def gains_of(event: FarEvent, watch: Watch, settings: FarSettings) -> tuple[float, ...]:
    """Return the log-odds that each member adds: the evidence with it over the evidence of the others alone."""
    silent = watch.silent(event.sensors, event.place, event.time[0])
    # As the event's own evidence was taken: with the noise of the time where some were silent, else with the usual one.
    listening = watch.at(event.place, event.time[0]) if silent else watch
    out = []
    for reading in event.members:
        others = [r for r in event.members if r is not reading]
        heard = frozenset(r.sensor_id for r in others)
        without = posterior(others, _prior(listening, heard, silent), settings, enough=_EXACT)
        out.append(0.0 if without is None else event.cloud.log_evidence - without.log_evidence)
    return tuple(out)


def _event(
    members: Sequence[Reading], gains: Sequence[float], free: Sequence[Reading], cloud: Cloud, settings: FarSettings
) -> FarEvent:
    inside, heard = {r.id for r in members}, {(r.sensor_id, r.medium) for r in members}
    others = [r for r in free if r.id not in inside and (r.sensor_id, r.medium) in heard and r.medium != GROUND]
    about, views = about_of(cloud), dict[tuple[float, float], Seen]()
    later = [r for r in others if may_belong(r, about) and join_gain(r, cloud, settings, views) > 0.0]
    return FarEvent(
        members=tuple(members),
        gains=tuple(gains),
        later=tuple(sorted(later, key=lambda r: r.key)),
        cloud=cloud,
        place=region_place(cloud),
        time=region_time(cloud),
        log_odds=cloud.log_evidence + _log_density(settings),
    )


def _log_density(settings: FarSettings) -> float:
    """Return the log of how many events a square metre sees a second."""
    return math.log(settings.events_per_km2_day / _KM2_DAY)


def most_log_odds(score: float, settings: FarSettings) -> float:
    """Return the log-odds that a candidate of such a score may have at the most."""
    return score + _log_density(settings) + _SLACK


def _least_evidence(settings: FarSettings) -> float:
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
