"""How far from a known truth: for missions that replay a test; the processing itself never sees the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from trucewatch.geo import LocalFrame
from trucewatch.model.incident import Incident
from trucewatch.model.mission import Truth

FAR_M = 250_000.0
"""beyond this an incident is not compared with an event at all"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One known event and the incident that stands for it."""

    truth: Truth
    incident: Incident | None
    """None: missed"""
    error_m: float | None
    """distance between the incident's place and the surveyed one; None where it has no place"""
    within_95: bool | None
    """whether the survey lies in the incident's 95 % region, the survey's own error added"""


def compare(truth: Sequence[Truth], incidents: Sequence[Incident]) -> tuple[Comparison, ...]:
    """Pair each known event with the nearest located incident within its time window.

    An incident stands for at most one event; events are paired in the order of their times.
    """
    free = {i.id: i for i in incidents}
    found = []
    for event in sorted(truth, key=lambda t: (str(t.time_utc), t.id)):
        near = sorted((_pair(event, i) for i in free.values() if _in_time(event, i)), key=_rank)
        best = near[0] if near and near[0].incident is not None and _rank(near[0])[0] < FAR_M else None
        if best is not None and best.incident is not None:
            free.pop(best.incident.id)
        found.append(best or Comparison(truth=event, incident=None, error_m=None, within_95=None))
    return tuple(found)


def _in_time(event: Truth, incident: Incident) -> bool:
    return event.time_utc is None or abs((incident.time.utc - event.time_utc).total_seconds()) <= event.window_s


def _rank(pair: Comparison) -> tuple[float, str]:
    return (np.inf if pair.error_m is None else pair.error_m, "" if pair.incident is None else pair.incident.id)


def _pair(event: Truth, incident: Incident) -> Comparison:
    place = incident.place
    if place is None:
        return Comparison(truth=event, incident=incident, error_m=None, within_95=None)
    frame = LocalFrame(lon_deg=event.lon_deg, lat_deg=event.lat_deg)
    offset = np.ravel(frame.to_enu(place.lon_deg, place.lat_deg))[:2]
    covariance = place.covariance_m2 + np.eye(2) * event.sigma_m**2
    distance2 = float(offset @ np.linalg.solve(covariance, offset))
    return Comparison(
        truth=event,
        incident=incident,
        error_m=float(np.hypot(*offset)),
        within_95=bool(distance2 <= chi2.ppf(0.95, 2)),
    )
