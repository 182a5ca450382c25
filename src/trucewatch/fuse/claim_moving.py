"""What radars and transponders say of what a person saw move: that it was there, against what usually moves there.

A thing that is followed is no incident; what a person reports of a drone, an aircraft or a vehicle is one, and is held
against every sensor that follows such things and tells how far they are. One that says who it is counts like any other:
its name is not read here, and goes into no word of an incident.

LIMIT: a direction without a distance says nothing here, and one thing may support two reports that were not joined.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.claims import Claims, Said, sureness
from trucewatch.fuse.hypothesis import Hypothesis
from trucewatch.fuse.onsets import place_of
from trucewatch.fuse.track_kinds import FOLLOWED, MOTIONS
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Silence
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObservationType, SensorState
from trucewatch.physics import LISTENING

FloatArray = NDArray[np.float64]

LEAST_REACH_M = 5_000.0
PASSING_M, PASSING_S = 2_000.0, 60.0
"""so near in place and time to an event is told as context"""
_CALLED = dict(zip(FOLLOWED, ("drone", "aircraft", "vehicle or vessel"), strict=True))
_WINDOW_SIGMAS = 3.0
_LEAST_P = 0.01
_AROUND = timedelta(seconds=60)


def said_by_mover(detection: Detection, hypothesis: Hypothesis, claims: Claims) -> Said | None:
    """Return what a sighting of something that moves says of an event of its kind; None where it tells no place.

    With speed v of its kind and a time that is off by dt, give or take sigma, the thing was within v^2 (dt^2 + sigma^2)
    of where it was seen. Chance offers what that sensor followed around that time, anywhere in its reach.
    """
    origin = place_of(detection, claims.sensors)
    seen = None if origin is None else _seen_at(detection, origin)
    if origin is None or seen is None:
        return None
    own, at = claims.settings.claims, detection.time.utc.timestamp()
    reach = reach_m(detection.sensor_id, detection.observation_type, at, claims)
    enu = hypothesis.seen_from(origin.lon_deg, origin.lat_deg)
    late2 = (at - hypothesis.times_s.mean()) ** 2 + hypothesis.sigma_s**2 + own.report_minute_sigma_s**2
    speed = MOTIONS[FOLLOWED.index(detection.observation_type)].speed_sigma_m_s
    spread = hypothesis.covariance_m2 + seen.covariance_m2 + speed**2 * late2 * np.eye(2)
    off = enu - seen.place_m
    z2 = np.einsum("ki,ki->k", off, np.linalg.solve(spread, off[..., None])[..., 0])
    density = np.exp(-z2 / 2) / (2 * np.pi * np.sqrt(np.linalg.det(spread)))
    others = len({thing_of(d) for d in _near(detection, claims, own.mover_window_s)} - {thing_of(detection)})
    usual = (0.5 + others) / (np.pi * reach**2)
    p = told_p(detection, own_reach(enu, reach), claims)
    told = float(hypothesis.weight @ p)
    ratio = density / usual * sureness(detection, own.mover_usual_p_false)
    mean = float(hypothesis.weight @ (p * ratio)) / told if told > 0.0 else 0.0
    words = (
        f"where it was {abs(at - hypothesis.times_s.mean()):.0f} s from that time, against {others} others that this "
        f"sensor followed around then within {reach / 1000:.0f} km"
    )
    return Said(p=told, ratio=mean, words=words, most=own.slow_log_odds)


def best_of_each(kind: ObservationType, hypothesis: Hypothesis, claims: Claims) -> tuple[Detection, ...]:
    """Return for each sensor the sighting of the thing that most likely is the one that was reported, if any is.

    Of each thing the sighting nearest in time speaks; what chance explains as well is left out.
    """
    sigma_s = math.hypot(hypothesis.sigma_s, claims.settings.claims.report_minute_sigma_s)
    at, found = float(hypothesis.times_s.mean()), list[Detection]()
    for source in sorted(claims.movers):
        nearest: dict[str, Detection] = {}
        for d in claims.moving_near(source, at, _WINDOW_SIGMAS * sigma_s):
            key = thing_of(d)
            if d.observation_type is kind and (key not in nearest or _off(d, at) < _off(nearest[key], at)):
                nearest[key] = d
        said = [(d, s) for d in nearest.values() if (s := said_by_mover(d, hypothesis, claims)) is not None]
        told = [(d, s) for d, s in said if s.log_odds > 0.0]
        if told:
            found.append(min(told, key=lambda x: (-x[1].log_odds, x[0].id))[0])
    return tuple(found)


def unfollowed(
    kind: ObservationType, hypothesis: Hypothesis, spoke: Iterable[str], claims: Claims
) -> tuple[Silence, ...]:
    """Return the sensors that would have followed what was reported and told of nothing, most telling first.

    A radar that works and reaches so far speaks against it; a receiver of transponders hardly, for few carry one. What
    is dead or jammed says nothing.
    """
    at, told, out = float(hypothesis.times_s.mean()), set(spoke), list[Silence]()
    for source in sorted(set(claims.movers) - told):
        sensor = claims.sensors.get(source)
        like = next((d for d in claims.movers[source] if d.observation_type is kind), None)
        if sensor is None or like is None or _seen_at(like, sensor.place) is None:
            continue
        enu = hypothesis.seen_from(sensor.place.lon_deg, sensor.place.lat_deg)
        reached = own_reach(enu, reach_m(source, kind, at, claims))
        p = min(float(hypothesis.weight @ told_p(like, reached, claims)), claims.settings.claims.silence_cap)
        moment = utc_from_timestamp(at)
        state = sensor.state_at(Interval(start_utc=moment - _AROUND, end_utc=moment + _AROUND))
        if p >= _LEAST_P:
            out.append(_silence(source, state, p))
    return tuple(sorted(out, key=lambda s: (s.log_odds, s.sensor_id)))


def _silence(source: str, state: SensorState, p: float) -> Silence:
    if state not in LISTENING:
        how = state.value.replace("_", " ")
        reason = f"follows what moves, {how}: that it told of nothing says nothing"
        return Silence(sensor_id=source, p_detect=0.0, state=state, log_odds=0.0, reason=reason)
    reason = f"follows such things and told of none there; it would have with probability {p:.2f}"
    return Silence(sensor_id=source, p_detect=p, state=state, log_odds=math.log1p(-p), reason=reason)


def passing(hypothesis: Hypothesis, claims: Claims) -> tuple[str, ...]:
    """Say what passed by a placed event and told a number of its own: context without weight, and without names."""
    at, found = float(hypothesis.times_s.min()), dict[str, tuple[float, Detection]]()
    where = hypothesis.place(int(np.argmax(hypothesis.weight)))
    for source in sorted(claims.movers):
        for d in claims.moving_near(source, at, PASSING_S):
            seen = _seen_at(d, where) if d.identity_ref and d.place is not None else None
            if seen is not None and (away := float(np.hypot(*seen.place_m))) <= PASSING_M:
                found[d.identity_ref] = min(
                    found.get(d.identity_ref, (np.inf, d)), (away, d), key=lambda x: (x[0], x[1].id)
                )
    if not found:
        return ()
    away, d = min(found.values(), key=lambda x: (x[0], x[1].id))
    late = d.time.utc.timestamp() - at
    when = f"{abs(late):.0f} s {'before' if late < 0 else 'after'} it"
    return (
        f"context without weight: {len(found)} that told a number of their own passed within {PASSING_M / 1000:.0f} km "
        f"of it, the nearest {_CALLED[d.observation_type]} {away / 1000:.1f} km away {when}; it counts neither for nor "
        "against the event and says nothing of who or what caused it",
    )


def thing_of(d: Detection) -> str:
    """Return one name for all sightings of one thing by one sensor: its own name, else the sensor's number for it."""
    return d.identity_ref or d.track_ref or d.id


def reach_m(source: str, kind: ObservationType, at_s: float, claims: Claims) -> float:
    """Return how far a sensor followed things of a kind, three hours either way."""
    sensor, farthest = claims.sensors.get(source), LEAST_REACH_M
    for d in claims.moving_near(source, at_s, claims.settings.claims.report_window_s):
        origin = d.origin or (None if sensor is None else sensor.place)
        seen = None if origin is None or d.observation_type is not kind else _seen_at(d, origin)
        if seen is not None:
            farthest = max(farthest, float(np.hypot(*seen.place_m)))
    return farthest


def own_reach(enu_m: FloatArray, reach: float) -> FloatArray:
    """Return how much of what is near is still followed at each place, shape (K,): what comes back falls with r^4."""
    return np.asarray(np.clip(1.0 - (np.hypot(enu_m[:, 0], enu_m[:, 1]) / reach) ** 4, 0.0, 1.0), dtype=np.float64)


def told_p(like: Detection, reached: FloatArray, claims: Claims) -> FloatArray:
    """Return the probability that a sensor tells of such a thing at each place, shape (K,)."""
    own = claims.settings.claims
    carries = {
        ObservationType.UAV_SIGHTING: own.carries_uav_p,
        ObservationType.AIRCRAFT_SIGHTING: own.carries_aircraft_p,
        ObservationType.VEHICLE_MOVEMENT: own.carries_vehicle_p,
    }
    if like.identity_ref:
        # A receiver hears whatever carries a transponder as far as it hears any.
        return np.asarray(carries[like.observation_type] * (reached > 0.0), dtype=np.float64)
    return np.asarray(own.follows_p * reached, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Seen:
    place_m: FloatArray
    """(2,) east, north of the sensor"""
    covariance_m2: FloatArray


def _seen_at(d: Detection, origin: Place) -> _Seen | None:
    if d.place is not None:
        at = np.asarray(to_azimuthal(origin.lon_deg, origin.lat_deg, d.place.lon_deg, d.place.lat_deg)).reshape(2)
        return _Seen(place_m=at, covariance_m2=d.place.covariance_m2)
    if d.range_m is None or d.bearing_deg is None:
        return None
    # The band of a sighting is two errors either way.
    away, sigma, turn = sum(d.range_m) / 2, (d.range_m[1] - d.range_m[0]) / 4, np.radians(d.bearing_deg)
    away *= math.cos(math.radians(d.elevation_deg or 0.0))
    along, across = np.array([np.sin(turn), np.cos(turn)]), np.array([np.cos(turn), -np.sin(turn)])
    wide = away * math.radians(d.bearing_sigma_deg or 1.0)
    return _Seen(
        place_m=away * along,
        covariance_m2=sigma**2 * np.outer(along, along) + wide**2 * np.outer(across, across),
    )


def _near(d: Detection, claims: Claims, within_s: float) -> Sequence[Detection]:
    near = claims.moving_near(d.sensor_id, d.time.utc.timestamp(), within_s)
    return [o for o in near if o.observation_type is d.observation_type]


def _off(d: Detection, at_s: float) -> tuple[float, str]:
    return abs(d.time.utc.timestamp() - at_s), d.id
