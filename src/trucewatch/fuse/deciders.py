"""What one more observation would decide most: bits by which existence and kind would become surer, on average."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trucewatch.fuse.claims import Claims, p_noticed
from trucewatch.fuse.hypothesis import Hypothesis
from trucewatch.fuse.part import BANGS, GUNFIRE
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.incident import Decider, Incident
from trucewatch.model.instant import rfc3339
from trucewatch.model.network import Network, Sensor
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.physics import LISTENING, listener_of

_MOST = 3
_HEARD_AGAIN_DB = 6.0
"""how much fainter a sound a person finds in a recording at a known moment than a detector does (our choice)"""
_P_FALSE_HEARD = 0.05
_MICROPHONES = frozenset({ObserverKind.ACOUSTIC_SENSOR, ObserverKind.ACOUSTIC_ARRAY})
_THERMAL = ObserverKind.SATELLITE_THERMAL
_IMAGING = frozenset({ObserverKind.SATELLITE_OPTICAL, ObserverKind.SATELLITE_SAR})
_GUN_TRACES = 0.1
"""how often a patrol finds traces of a firing gun, beside those of a burst"""
_DAYS = 10
"""passes later than so many days show too much else"""


def deciders(
    incident: Incident, hypothesis: Hypothesis | None, network: Network, claims: Claims
) -> tuple[Decider, ...]:
    """Return the observations that would settle most, most telling first, at most three.

    Each is weighed as it would be in fusion: by how often it finds something where there was nothing, a gun, a charge.

    Args:
        incident: with existence, kinds and silences.
        hypothesis: where and when it may have been; None where nothing is known of that.
        network: who may be asked.
        claims: settings and weather.

    References:
        Lindley 1956, On a measure of the information provided by an experiment, Ann. Math. Statist. 27(4).
    """
    shares = _shares(incident)
    if hypothesis is None or not shares or information(shares, (0.0, 0.5, 1.0)) == 0.0:
        return ()
    found = [
        *_recordings(incident, hypothesis, shares, network, claims),
        *_passes(incident, shares, network, claims),
        *_visit(incident, hypothesis, shares, claims),
    ]
    told = [d for d in found if d.gain_bits >= claims.settings.claims.least_gain_bits]
    return tuple(sorted(told, key=lambda d: (-d.gain_bits, d.text))[:_MOST])


def information(shares: Sequence[float], p_found: Sequence[float]) -> float:
    """Return by how many bits a yes or no makes several possibilities surer, on average.

    Args:
        shares: how likely each is, sums to 1.
        p_found: how likely each makes a yes.
    """
    yes = math.fsum(s * p for s, p in zip(shares, p_found, strict=True))
    return max(0.0, _entropy(yes) - math.fsum(s * _entropy(p) for s, p in zip(shares, p_found, strict=True)))


def _entropy(p: float) -> float:
    return -math.fsum(q * math.log2(q) for q in (p, 1.0 - p) if q > 0.0)


def _shares(incident: Incident) -> tuple[float, float, float] | None:
    """Return how likely it was nothing, a gun, a charge; None of what is no bang."""
    gun = math.fsum(k.p for k in incident.kinds if k.kind in GUNFIRE)
    charge = math.fsum(k.p for k in incident.kinds if k.kind in BANGS)
    if gun + charge < 0.5:
        return None
    p, total = incident.p_exists, gun + charge
    return 1.0 - p, p * gun / total, p * charge / total


def _recordings(
    incident: Incident, h: Hypothesis, shares: tuple[float, float, float], network: Network, claims: Claims
) -> list[Decider]:
    """Return the recordings of sensors that gave nothing, in which a person may still find it."""
    silent = {s.sensor_id: s for s in incident.silences if s.state in LISTENING}
    out = []
    for sensor in (s for name in sorted(silent) if (s := network.sensor(name)) is not None):
        if sensor.kind not in _MICROPHONES or not (sensor.sends_clips or sensor.recorded is not None):
            continue
        p = _found_again(sensor, silent[sensor.id].p_detect, h, claims)
        gain = information(shares, (_P_FALSE_HEARD, p, p))
        verb = "ask for" if sensor.sends_clips else "listen again to"
        text = f"{verb} what {sensor.id} recorded then: a person would find it with probability {p:.2f}"
        out.append(Decider(text=f"{text} (whether it happened)", gain_bits=gain))
    return out


def _found_again(sensor: Sensor, p_detect: float, h: Hypothesis, claims: Claims) -> float:
    """Return the probability that a person finds in a recording what a detector did not."""
    listener = listener_of(sensor)
    if listener is None:
        return 0.0
    keen = replace(listener, threshold_snr_db=listener.threshold_snr_db - _HEARD_AGAIN_DB)
    enu = to_azimuthal(h.lon_deg, h.lat_deg, sensor.place.lon_deg, sensor.place.lat_deg).reshape(-1, 2)
    away = np.maximum(10.0, np.hypot(enu[:, 0], enu[:, 1]))
    toward = np.degrees(np.arctan2(enu[:, 0], enu[:, 1])) % 360.0
    p = float(h.weight @ p_noticed(h, keen, claims.weather_at(float(h.times_s[0])), away, toward))
    return max(0.0, p - p_detect) / max(1e-6, 1.0 - p_detect)


def _passes(incident: Incident, shares: tuple[float, float, float], network: Network, claims: Claims) -> list[Decider]:
    """Return the next pass of each satellite whose passes the network states."""
    own, out = claims.settings.claims, []
    for sensor in network.sensors:
        if sensor.kind is not _THERMAL and sensor.kind not in _IMAGING:
            continue
        later = sorted(w.start_utc for w in sensor.watch if w.start_utc is not None and w.start_utc > incident.time.utc)
        age = (later[0] - incident.time.utc).total_seconds() if later else math.inf
        if age > _DAYS * 86_400.0:
            continue
        thermal = sensor.kind is _THERMAL
        p = own.fire_p * math.exp(-age / own.fire_lasts_s) if thermal else own.change_p
        chance = _usual(incident, own.fires_usual if thermal else own.changes_usual, own.fire_reach_m)
        gain = information(shares, (chance, max(chance, p * _GUN_TRACES), max(chance, p)))
        what = "a fire" if thermal else "a change of the ground"
        text = f"the pass of {sensor.id} at {rfc3339(later[0])}: {what} with probability {p:.2f}"
        out.append(Decider(text=f"{text} (whether it happened, and whether it was a burst)", gain_bits=gain))
    return out


def _usual(incident: Incident, number: float, reach_m: float) -> float:
    """Return how likely chance shows one inside the region of an incident."""
    if incident.place is None:
        return 1.0
    area = 6.0 * math.pi * math.sqrt(max(0.0, float(np.linalg.det(incident.place.covariance_m2))))
    return 1.0 - math.exp(-number * area / (math.pi * reach_m**2))


def _visit(incident: Incident, h: Hypothesis, shares: tuple[float, float, float], claims: Claims) -> list[Decider]:
    """Return what a patrol that searches the place would decide."""
    own = claims.settings.claims
    points, weight = h.spread()
    xy = to_azimuthal(float(weight @ points[:, 0]), float(weight @ points[:, 1]), points[:, 0], points[:, 1])
    off = xy - weight @ xy
    area = 6.0 * math.pi * math.sqrt(max(0.0, float(np.linalg.det((off.T * weight) @ off))))
    p = own.visit_p * min(1.0, own.visit_area_m2 / max(area, 1.0))
    gain = information(shares, (own.visit_p_false, max(own.visit_p_false, p * _GUN_TRACES), max(own.visit_p_false, p)))
    where = "the place" if incident.place is not None else "the direction that was told"
    text = (
        f"a patrol that searches {where} within {own.visit_days:.0f} days ({area / 1e6:.2g} square kilometres): finds "
        f"traces of a burst with probability {p:.2f} (whether it happened, and whether it was a burst)"
    )
    return [Decider(text=text, gain_bits=gain)]
