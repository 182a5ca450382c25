"""Cameras that saw nothing: a healthy one that would have seen it speaks against it, a dead or blinded one does not."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta

from trucewatch.fuse.claim_sight import p_seen, sky
from trucewatch.fuse.claims import Claims
from trucewatch.fuse.hypothesis import Hypothesis
from trucewatch.model.incident import Silence
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.network import Sensor
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.physics import LISTENING

_LEAST_P = 0.01
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
