"""How far each sensor's clock is off the others', as the events show that several sensors heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.incident import Incident
from trucewatch.model.network import Network, Sensor

FloatArray = NDArray[np.float64]

LEAST_SENSORS = 5
"""with fewer, place and moment follow any clock: three unknowns, and two to tell who is off"""
LEAST_EVENTS = 2
LEAST_SPAN_S = 6 * 3600.0
"""shortest time over which a drift is told"""
LEAST_FOR_DRIFT = 4
"""events that a drift is told from"""
_PRIOR_S, _PRIOR_S_PER_DAY = 1.0, 1.0
"""clocks are off by about this and gain about this; wide, it only keeps what nothing tells from running away"""
_CELL_DEG = 0.002
"""events closer than some 200 m share their detours: they count as one"""
_SPEED_M_S = 335.0
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorClock:
    """One sensor's clock over the events."""

    offset_s: float
    """at the middle of the events, positive late, against the mean of all sensors"""
    sigma_s: float
    drift_s_per_day: float | None
    """None where the events are too close in time, or it is not told from nought"""
    middle_s: float
    """seconds since 1970"""
    n_events: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Heard:
    """One located event: who heard it and what was left of each moment."""

    at_s: float
    sensors: tuple[str, ...]
    residual_s: FloatArray
    left: FloatArray
    """what place and moment leave of any set of offsets: I - G (G'G)^-1 G', shape (n, n)"""
    cell: tuple[int, int]
    """about where: events of one place share their detours"""


def sensor_clocks(
    incidents: Sequence[Incident], network: Network, settings: FuseSettings | None = None
) -> dict[str, SensorClock]:
    """Estimate each sensor's offset and drift from the residuals of located events.

    Each fix has taken up of the offsets what a place and a moment can take up; over events at several places the rest
    tells them apart, all at once, by least squares with a wide prior.

    Args:
        incidents: any; those with a place and LEAST_SENSORS arrivals count.
        network: where the sensors stand.
        settings: for the error that detours make.

    Returns:
        By sensor, those that LEAST_EVENTS heard. An offset that all share cannot be seen.

    LIMIT: an arrival so late that it is no part of its event says nothing here: a clock off by seconds shows as a
    sensor that shares no event.

    References:
        Belsley, Kuh & Welsch 1980, Regression Diagnostics, section 2.1 (residuals and the hat matrix).
    """
    sensors = {s.id: s for s in network.sensors}
    events = [e for i in incidents if (e := _heard(i, sensors)) is not None]
    counts = Counter(name for e in events for name in e.sensors)
    names = sorted(counts)
    if not names:
        return {}
    middle = float(np.mean([e.at_s for e in events]))
    span = max(e.at_s for e in events) - min(e.at_s for e in events)
    drifts = span >= LEAST_SPAN_S and len(events) >= LEAST_FOR_DRIFT
    path_s = (settings or FuseSettings()).path_excess_sigma_m / _SPEED_M_S
    mean, covariance = _solve(events, names, middle, path_s, drifts=drifts)
    out = {}
    for k, name in enumerate(names):
        if counts[name] < LEAST_EVENTS:
            continue
        slope, error = 0.0, np.inf
        if drifts:
            slope, error = float(mean[len(names) + k]), float(np.sqrt(covariance[len(names) + k, len(names) + k]))
        out[name] = SensorClock(
            offset_s=float(mean[k]),
            sigma_s=float(np.sqrt(covariance[k, k])),
            drift_s_per_day=slope if abs(slope) > 3.0 * error else None,
            middle_s=middle,
            n_events=counts[name],
        )
    return out


def _heard(incident: Incident, sensors: dict[str, Sensor]) -> _Heard | None:
    if incident.place is None:
        return None
    of_sensor: dict[str, list[float]] = {}
    for s in incident.supports:
        if s.used and s.residual_s is not None and s.residual_deg is None and s.sensor_id in sensors:
            of_sensor.setdefault(s.sensor_id, []).append(s.residual_s)
    if len(of_sensor) < LEAST_SENSORS:
        return None
    names = tuple(sorted(of_sensor))
    places = [sensors[n].place for n in names]
    away = to_azimuthal(
        incident.place.lon_deg,
        incident.place.lat_deg,
        np.array([p.lon_deg for p in places]),
        np.array([p.lat_deg for p in places]),
    )
    toward = away / np.maximum(np.hypot(away[:, 0], away[:, 1]), 1.0)[:, None]
    basis = np.linalg.qr(np.column_stack([toward, np.ones(len(names))]))[0]
    return _Heard(
        at_s=incident.time.utc.timestamp(),
        sensors=names,
        residual_s=np.array([float(np.median(of_sensor[n])) for n in names]),
        left=np.eye(len(names)) - basis @ basis.T,
        cell=(round(incident.place.lon_deg / _CELL_DEG), round(incident.place.lat_deg / _CELL_DEG)),
    )


def _solve(
    events: Sequence[_Heard], names: Sequence[str], middle_s: float, path_s: float, *, drifts: bool
) -> tuple[FloatArray, FloatArray]:
    """Return offsets (and drifts after them) with their covariance, what all share taken out."""
    n = len(names)
    index = {name: k for k, name in enumerate(names)}
    prior = np.concatenate([np.full(n, _PRIOR_S**-2.0), np.full(n if drifts else 0, _PRIOR_S_PER_DAY**-2.0)])
    precision, pull = np.diag(prior), np.zeros(len(prior))
    of_cell = Counter(e.cell for e in events)
    for e in events:
        weight = 1.0 / (path_s**2 * of_cell[e.cell])
        at = np.array([index[name] for name in e.sensors])
        days = (e.at_s - middle_s) / _DAY_S
        turn = np.zeros((len(at), len(prior)))
        turn[np.arange(len(at)), at] = 1.0
        if drifts:
            turn[np.arange(len(at)), n + at] = days
        # A projection is its own square; residuals lie in its range already.
        precision += weight * turn.T @ e.left @ turn
        pull += weight * turn.T @ (e.left @ e.residual_s)
    covariance = np.linalg.inv(precision)
    shared = np.kron(np.eye(len(prior) // n), np.eye(n) - 1.0 / n)
    return shared @ covariance @ pull, shared @ covariance @ shared.T
