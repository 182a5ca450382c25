"""Launch and impact of one shot: two located bangs that a flight joins better than chance does.

A shell leaves with a bang and arrives with one. For each class of weapon the time of flight at a range lies between
that of a flat and that of a steep trajectory. A pair whose times fit is weighed against a second bang that merely
happened then: the density of flights at that range and time, against the local rate of bangs. They stay two incidents.

References:
    Jaynes 2003, Probability Theory, chapter 4: odds of hypotheses, the prior of each stated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.onsets import chords
from trucewatch.model.incident import Incident, Link
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObservationType, Relation

FloatArray = NDArray[np.float64]

_GRAVITY_M_S2 = 9.81
_LEAST_P = 0.9
"""a link less probable than this is not stated: chance explains it as well"""
_P_HEARD_BOTH = 0.1
"""share of impacts whose launch was heard and located too, and of launches whose impact was (our choice)"""
_RATE_S = 1800.0
"""half the stretch over which the local rate of bangs is taken"""
_LOCAL_M = 20_000.0
_LEAST_EXISTS = 0.5
_EXPLODES = frozenset({ObservationType.EXPLOSION, ObservationType.AIRBURST})
_SAMPLES = 96
_LONGEST_S = 120.0
_FARTHEST_M = 25_000.0
"""longest flight that is looked for"""
_FLIGHT_M_S = 300.0
"""about the mean speed of a flight: what an error of place is in time"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """A class of weapon that throws, by what its shells do; ranges and speeds are round figures of public tables."""

    name: str
    weight: float
    range_m: tuple[float, float]
    speed_m_s: tuple[float, float]
    """of the muzzle, over its charges"""
    elevation_deg: tuple[float, float]
    slowing: float
    """share of the range in empty space that the air leaves"""


TRAJECTORIES = (
    Trajectory(
        name="mortar",
        weight=0.6,
        range_m=(300.0, 7_500.0),
        speed_m_s=(100.0, 330.0),
        elevation_deg=(45.0, 80.0),
        slowing=0.85,
    ),
    Trajectory(
        name="howitzer",
        weight=0.4,
        range_m=(3_000.0, 25_000.0),
        speed_m_s=(250.0, 900.0),
        elevation_deg=(15.0, 65.0),
        slowing=0.55,
    ),
)


def linked(incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    """Return incidents with links between launches and impacts; each is in one link at most, the surest first.

    Args:
        incidents: in time order.
    """
    found = sorted(_pairs(incidents), key=lambda x: (-x[0], x[1], x[2]))
    taken, out = set[int](), list(incidents)
    for p, launch, impact, why in found:
        if launch in taken or impact in taken:
            continue
        taken |= {launch, impact}
        a, b = out[launch], out[impact]
        out[launch] = replace(a, links=(*a.links, Link(relation=Relation.LAUNCH_OF, incident_id=b.id, p=p, reason=why)))
        out[impact] = replace(b, links=(*b.links, Link(relation=Relation.IMPACT_OF, incident_id=a.id, p=p, reason=why)))
    return tuple(out)


def _pairs(incidents: Sequence[Incident]) -> list[tuple[float, int, int, str]]:
    usable = [n for n, i in enumerate(incidents) if _may_be(i)]
    bangs = [_bang(incidents[n]) for n in usable]
    points = chords([b.place for b in bangs]) if bangs else np.zeros((0, 3))
    times = np.array([b.time_s for b in bangs])
    out = []
    for k, n in enumerate(usable):
        last = int(np.searchsorted(times, times[k] + _LONGEST_S, "right"))
        away = np.linalg.norm(points[k + 1 : last] - points[k], axis=1)
        reachable = [k + 1 + int(j) for j in np.flatnonzero(away <= _FARTHEST_M)]
        if not reachable:
            continue
        rate = _rate_m2_s(k, points, times)
        weighed = [(m, _log_odds(bangs[k], bangs[m], float(away[m - k - 1]), rate)) for m in reachable]
        # Several impacts compete for one launch: what fits several fits none surely.
        total = math.fsum(math.exp(min(w, 300.0)) for _, (w, _) in weighed)
        for m, (w, why) in weighed:
            p = math.exp(min(w, 300.0)) / (1.0 + total)
            if p >= _LEAST_P:
                out.append((p, n, usable[m], why))
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bang:
    place: Place
    time_s: float
    sigma_s: float
    """of its time, its place's error as time of flight among it"""


def _may_be(incident: Incident) -> bool:
    return incident.place is not None and incident.p_exists >= _LEAST_EXISTS and incident.kind in _EXPLODES


def _bang(incident: Incident) -> _Bang:
    place = incident.place
    if place is None:
        raise ValueError("only an incident with a place is a launch or an impact")
    spread_m = math.sqrt(max(place.var_east_m2, place.var_north_m2))
    sigma_s = math.hypot(incident.time.sigma_s, spread_m / _FLIGHT_M_S, 0.1)
    return _Bang(place=place, time_s=incident.time.utc.timestamp(), sigma_s=sigma_s)


def _log_odds(launch: _Bang, impact: _Bang, range_m: float, rate: float) -> tuple[float, str]:
    """Return the log-odds that one bang is the impact of another, and why."""
    after_s, sigma_s = impact.time_s - launch.time_s, math.hypot(launch.sigma_s, impact.sigma_s)
    dense, name = max((t.weight * density(t, range_m, after_s, sigma_s), t.name) for t in TRAJECTORIES)
    bayes = math.log(_P_HEARD_BOTH) + math.log(max(dense, 1e-300)) - math.log(rate)
    why = (
        f"{after_s:.1f} s and {range_m:.0f} m apart, as launch and impact of a {name} are; "
        f"{math.exp(min(bayes, 50.0)):.3g} times likelier than a second bang by chance at the local rate"
    )
    return bayes, why


def _rate_m2_s(one: int, points: FloatArray, times: FloatArray) -> float:
    """Return other bangs a square metre and second around one, at least one."""
    near = np.abs(times - times[one]) <= _RATE_S
    near &= np.linalg.norm(points - points[one], axis=1) <= _LOCAL_M
    return max(1, int(np.count_nonzero(near)) - 1) / (math.pi * _LOCAL_M**2 * 2 * _RATE_S)


def density(trajectory: Trajectory, range_m: float, after_s: float, sigma_s: float) -> float:
    """Return the density of impacts a square metre and second at a range and time after a launch.

    Args:
        trajectory: of a class of weapon.
        range_m: from launch to impact.
        after_s: impact after launch.
        sigma_s: error of that difference.
    """
    low, high = trajectory.range_m
    if not low <= range_m <= high:
        return 0.0
    flights = _flight_times_s(trajectory, range_m)
    if not flights.size:
        return 0.0
    shape = np.exp(-0.5 * ((after_s - flights) / sigma_s) ** 2) / (sigma_s * math.sqrt(2 * math.pi))
    return float(shape.mean()) / (math.pi * (high**2 - low**2))


def _flight_times_s(trajectory: Trajectory, range_m: float) -> FloatArray:
    """Return times of flight over the elevations that reach a range with a speed of the class, shape (n,).

    In empty space a shell of speed v and elevation e lands after 2 v sin(e) / g at v^2 sin(2 e) / g; air shortens the
    range, so that the same range takes a larger speed. LIMIT: real tables
    differ by a tenth of the time; the spread of elevations allows it.
    """
    elevation = np.radians(np.linspace(*trajectory.elevation_deg, _SAMPLES))
    speed = np.sqrt(range_m / trajectory.slowing * _GRAVITY_M_S2 / np.sin(2 * elevation))
    low, high = trajectory.speed_m_s
    reach = (speed >= low) & (speed <= high)
    # Air slows the shell as it shortens its range: the time is that of the shorter, steeper path.
    return np.asarray(
        2 * speed[reach] * np.sin(elevation[reach]) / _GRAVITY_M_S2 * math.sqrt(trajectory.slowing), dtype=np.float64
    )
