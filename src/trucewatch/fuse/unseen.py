"""Who saw nothing: a healthy camera that would have seen it speaks against it, a dead or blinded one does not.

A satellite that passed over and showed no fire says little, for most bursts start none; that is said with its number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta

from trucewatch.fuse.claim_sight import p_seen, sky
from trucewatch.fuse.claims import Claims
from trucewatch.fuse.existence import Term
from trucewatch.fuse.hypothesis import Hypothesis
from trucewatch.model.detection import DetectionKind
from trucewatch.model.incident import Silence
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.network import Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.physics import LISTENING

_LEAST_P = 0.01
_METRES_PER_DEG = 111_200.0
_AROUND = timedelta(seconds=5)


def unseen(hypothesis: Hypothesis, spoke: Iterable[str], claims: Claims) -> tuple[Silence, ...]:
    """Return the cameras that would have seen an event and told of nothing, most telling first.

    A camera that never told of anything, and of whose watch nothing is stated, is not known to look at all.

    Args:
        hypothesis: where and when.
        spoke: sensors that told of it.
        claims: with the network and the weather.
    """
    told, out = set(spoke), list[Silence]()
    for sensor in cameras(claims):
        if sensor.id in told or not _looks(sensor, claims):
            continue
        p = float(hypothesis.weight @ p_seen(hypothesis, sensor.place, sensor, claims))
        if p >= _LEAST_P:
            out.append(_silence(sensor, hypothesis, min(p, claims.settings.claims.silence_cap), claims))
    return tuple(sorted(out, key=lambda s: (s.log_odds, s.sensor_id)))


def passed_over(hypothesis: Hypothesis, spoke: Iterable[str], claims: Claims) -> tuple[Term, ...]:
    """Return what the first overpass of each satellite after an event says that showed fires around but none of it.

    LIMIT: passes are known by the fires that they showed; one without any fire within 300 km is not known of.

    Args:
        hypothesis: a sharp place, and when.
        spoke: sensors and satellites that told of it.
        claims: with all fires.
    """
    own, told, out = claims.settings.claims, set(spoke), list[Term]()
    at = float(hypothesis.times_s.max())
    lon, lat = (float(hypothesis.weight @ v) for v in (hypothesis.lon_deg, hypothesis.lat_deg))
    half = claims.settings.fire_after_s / 2
    for source in sorted(set(claims.by_source) - told):
        fires = (d for d in claims.near(source, at + half, half) if d.kind is DetectionKind.FIRE)
        first = next((d for d in fires if _about(d.place, lon, lat, own.pass_reach_m)), None)
        if first is None:
            continue
        age = first.time.utc.timestamp() - at
        p = own.fire_p * math.exp(-age / own.fire_lasts_s)
        why = (
            f"{source} passed {age / 60:.0f} min later and showed no fire there, which says little: a burst starts one "
            f"that is seen then with probability {p:.2g}"
        )
        out.append(Term(log_odds=math.log1p(-p), why=why))
    return tuple(out)


def _about(place: Place | None, lon_deg: float, lat_deg: float, reach_m: float) -> bool:
    """Say whether a place lies in a square of so many metres either way."""
    if place is None:
        return False
    up, right = abs(place.lat_deg - lat_deg), abs(place.lon_deg - lon_deg) * math.cos(math.radians(lat_deg))
    return max(up, right) * _METRES_PER_DEG <= reach_m


def cameras(claims: Claims) -> tuple[Sensor, ...]:
    """Return the cameras of the network."""
    found = {s.id: s for s in claims.sensors.values() if s.kind is ObserverKind.CAMERA}
    return tuple(found[name] for name in sorted(found))


def _looks(sensor: Sensor, claims: Claims) -> bool:
    return bool(sensor.id in claims.by_source or sensor.watch or sensor.health or sensor.listening)


def _silence(sensor: Sensor, hypothesis: Hypothesis, p: float, claims: Claims) -> Silence:
    first, last = (utc_from_timestamp(float(t)) for t in (hypothesis.times_s.min(), hypothesis.times_s.max()))
    state = sensor.state_at(Interval(start_utc=first - _AROUND, end_utc=last + _AROUND))
    if state not in LISTENING:
        how = state.value.replace("_", " ")
        reason = f"camera, {how}: that it saw nothing says nothing"
        return Silence(sensor_id=sensor.id, p_detect=0.0, state=state, log_odds=0.0, reason=reason)
    light = "night" if sky(float(hypothesis.times_s[0]), sensor.place, claims).is_night else "day"
    how = "working" if state is SensorState.OPERATIONAL else state.value
    reason = (
        f"camera, {how}, saw nothing; by {light}, with hills and houses where nobody has measured them, it would have "
        f"seen it with probability {p:.2f}"
    )
    return Silence(sensor_id=sensor.id, p_detect=p, state=state, log_odds=math.log1p(-p), reason=reason)
