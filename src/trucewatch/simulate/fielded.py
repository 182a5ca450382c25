"""The sensors of a theatre: as the network's file says they are, and as they really stand, run and fail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from trucewatch.geo import LocalFrame, from_azimuthal
from trucewatch.model.instant import Interval
from trucewatch.model.network import Health, Network, Sensor
from trucewatch.model.observation import HealthReport
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.physics import LISTENING, listener_of
from trucewatch.simulate.laws import Laws
from trucewatch.simulate.preset import Preset
from trucewatch.simulate.streams import stream
from trucewatch.simulate.troubles import Troubles

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

HEALTH_PATH = "inbox/health.csv"
HEARING_KINDS = frozenset({ObserverKind.ACOUSTIC_SENSOR, ObserverKind.ACOUSTIC_ARRAY})
_TRUE_NOISE_SIGMA_DB = 3.0
"""how far a node's usual noise is off what the network says"""
_DRAWN = 3
"""outages that a day may draw for one sensor"""
_NO_OWN_CLOCK = frozenset({ObserverKind.STATIC_POST, ObserverKind.PATROL})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fielded:
    """All sensors of a theatre; arrays are over the sensors of the network in its order, shape (n,)."""

    network: Network
    """as reported, outages that somebody reported known"""
    lon_deg: FloatArray
    lat_deg: FloatArray
    clock_s: FloatArray
    """how far each clock is ahead at the start"""
    drift_s_per_s: FloatArray
    noise_db: FloatArray
    """true usual noise of each in the unit of its sense; NaN for kinds that physics has no listener for"""
    noise_sigma_db: FloatArray
    threshold_db: FloatArray
    """above the noise, from which it notices half the time"""
    gain_db: FloatArray
    """by which each reads too loud"""
    clutter: FloatArray
    """false onsets of each over what was planned"""
    away_s: FloatArray
    """(n, k, 2) seconds after the start between which each is out, NaN where it is not"""
    microphones: IntArray
    """which of the sensors hear single bangs"""
    frame: LocalFrame
    tree: cKDTree
    """of the microphones' true places in the frame, metres"""

    def near(self, lon_deg: float, lat_deg: float, reach_m: float) -> IntArray:
        """Return which microphones stand within reach of a place, in order."""
        found = self.tree.query_ball_point(self.frame.to_enu(lon_deg, lat_deg, 0.0), reach_m)
        return self.microphones[np.sort(np.asarray(found, dtype=np.int64))]

    def of_kind(self, kind: ObserverKind) -> list[int]:
        """Return which of the sensors are of a kind."""
        return [n for n, s in enumerate(self.network.sensors) if s.kind is kind]

    def works(self, which: IntArray, at_s: FloatArray) -> BoolArray:
        """Say whether sensors were working at moments, arrays of one shape."""
        away = self.away_s[which]
        with np.errstate(invalid="ignore"):
            out = (away[..., 0] <= at_s[..., None]) & (at_s[..., None] < away[..., 1])
        return np.asarray(~out.any(axis=-1), dtype=np.bool_)

    def clock_error_s(self, which: IntArray, at_s: FloatArray) -> FloatArray:
        """Return by how much clocks are ahead at moments, arrays of one shape."""
        return np.asarray(self.clock_s[which] + self.drift_s_per_s[which] * at_s, dtype=np.float64)


def field_network(said: Network, preset: Preset, seed: int, laws: Laws, troubles: Troubles) -> Fielded:
    """Draw how the sensors of a network really stand and when they are out.

    Args:
        said: the network, without what happens to it on this day.
        preset: of the theatre.
        seed: of the theatre.
        laws: of the theatre.
        troubles: jamming, which puts sensors out.
    """
    rng, plan, n = stream(seed, "fielded"), preset.network, len(said.sensors)
    sigma = np.array([float(np.sqrt(s.place.var_east_m2)) for s in said.sensors])
    off = rng.normal(size=(n, 2)) * sigma[:, None] * laws.clock
    lon_lat = from_azimuthal(
        np.array([s.place.lon_deg for s in said.sensors]), np.array([s.place.lat_deg for s in said.sensors]), off
    )
    clock = np.array([0.0 if s.kind in _NO_OWN_CLOCK else s.clock_sigma_s for s in said.sensors])
    drift = rng.normal(size=n) * plan.drift_s_per_day * laws.clock / 86_400.0
    gain, noise, clutter = rng.normal(size=(3, n))
    ears = np.array([_ear(s) for s in said.sensors]).reshape(n, 3)
    away, health = _outages(said, preset, seed, laws, troubles, lon_lat)
    microphones = np.array([i for i, s in enumerate(said.sensors) if s.kind in HEARING_KINDS], dtype=np.int64)
    frame = LocalFrame(lon_deg=preset.lon_deg, lat_deg=preset.lat_deg)
    standing = frame.to_enu(lon_lat[microphones, 0], lon_lat[microphones, 1], 0.0)
    return Fielded(
        network=Network(
            sensors=tuple(replace(s, health=(*s.health, *h)) for s, h in zip(said.sensors, health, strict=True))
        ),
        lon_deg=lon_lat[:, 0],
        lat_deg=lon_lat[:, 1],
        clock_s=rng.normal(size=n) * clock * laws.clock,
        drift_s_per_s=np.where(clock > 0.0, drift, 0.0),
        noise_db=ears[:, 0] + noise * min(1.0, laws.perturb) * _TRUE_NOISE_SIGMA_DB,
        noise_sigma_db=ears[:, 1],
        threshold_db=ears[:, 2],
        gain_db=gain * laws.sensor_bias_db,
        clutter=laws.clutter * np.exp(clutter * laws.clutter_sigma),
        away_s=away,
        microphones=microphones,
        frame=frame,
        tree=cKDTree(standing.reshape(-1, 3)),
    )


def _ear(sensor: Sensor) -> tuple[float, float, float]:
    listener = listener_of(sensor)
    if listener is None:
        return np.nan, np.nan, np.nan
    gain = 10.0 * float(np.log10(listener.n_elements))
    return listener.noise_level_db, listener.noise_sigma_db, listener.threshold_snr_db - gain


def _outages(
    said: Network, preset: Preset, seed: int, laws: Laws, troubles: Troubles, lon_lat: FloatArray
) -> tuple[FloatArray, list[tuple[Health, ...]]]:
    """Return when each sensor is out, and what is said of it; the two differ where nobody reports."""
    known = [_known_spans(sensor, preset) for sensor in said.sensors]
    away = np.full((len(said.sensors), _DRAWN + max((len(k) for k in known), default=0), 2), np.nan)
    health: list[tuple[Health, ...]] = []
    for n, sensor in enumerate(said.sensors):
        rng = stream(seed, "outage", sensor.id)
        u = rng.uniform(size=6)
        spans: list[tuple[tuple[float, float], SensorState, str]] = []
        whole_s = preset.hours * 3600.0
        if u[0] < preset.network.dead_share:
            spans.append(((0.0, whole_s), SensorState.NON_OPERATIONAL, "no signal"))
        elif u[1] < preset.network.outage_share:
            start = float(round(u[2] * 0.75 * whole_s))
            spans.append(((start, start + round(whole_s / 4.0)), SensorState.POWER_CUT, "mains lost"))
        jam = troubles.jam
        if jam is not None and jam.holds(lon_lat[n]) and u[3] < jam.share and sensor.kind not in _NO_OWN_CLOCK:
            spans.append(((jam.start_s, jam.end_s), SensorState.JAMMED, "link jammed"))
        for k, span in enumerate([*(span for span, _, _ in spans), *known[n]]):
            away[n, k] = span
        # A node without satellite time says so; it goes on listening.
        lost = troubles.gnss_jam
        if lost is not None and lost.holds(lon_lat[n]) and sensor.kind in HEARING_KINDS:
            spans.append(((lost.start_s, lost.end_s), SensorState.DEGRADED, "no satellite time"))
        told = [(span, state, why) for span, state, why in spans if u[4] >= laws.unsaid]
        health.append(_apart(told, preset))
    return away, health


def _known_spans(sensor: Sensor, preset: Preset) -> list[tuple[float, float]]:
    """Return when a given network says beforehand that a sensor cannot notice anything."""
    out = []
    for h in sensor.health:
        if h.state not in LISTENING:
            ends = (h.time.start_utc, h.time.end_utc)
            start, end = (None if t is None else (t - preset.start_utc).total_seconds() for t in ends)
            out.append((-np.inf if start is None else start, np.inf if end is None else end))
    return out


def _apart(told: list[tuple[tuple[float, float], SensorState, str]], preset: Preset) -> tuple[Health, ...]:
    """Return stated outages that do not overlap: a later one starts where an earlier one ends."""
    out, until = [], -np.inf
    for (start, end), state, why in sorted(told, key=lambda t: t[0]):
        begin = max(start, until)
        if begin < end:
            moments = [preset.start_utc + timedelta(seconds=float(s)) for s in (begin, end)]
            out.append(Health(time=Interval(start_utc=moments[0], end_utc=moments[1]), state=state, reason=why))
            until = end
    return tuple(out)


def health_reports(network: Network, said: Network) -> tuple[HealthReport, ...]:
    """Return what is reported of sensors beyond what the network's file says beforehand, as a table holds it."""
    known = {s.id: len(s.health) for s in said.sensors}
    rows = [(s, h) for s in network.sensors for h in s.health[known.get(s.id, 0) :]]
    return tuple(
        HealthReport(
            id=f"health-{n + 1:05d}",
            input_id=HEALTH_PATH,
            row=n + 2,
            sensor_id=sensor.id,
            time=h.time,
            state=h.state,
            reason=h.reason,
        )
        for n, (sensor, h) in enumerate(rows)
    )
