"""The arithmetic of an incident in plain words; every number follows from the incident itself."""

from __future__ import annotations

import math
from collections import Counter

from trucewatch.geo.ellipse import error_ellipse
from trucewatch.model.incident import Incident, Silence, Support
from trucewatch.model.instant import rfc3339
from trucewatch.model.vocabulary import SensorState
from trucewatch.physics import LISTENING

_NAMED = 3
"""sensors of one state that are named; the register holds all"""


def explain(incident: Incident) -> tuple[str, ...]:
    """Return why an incident is believed and placed where it is, one sentence a step.

    What belongs to no single sensor stands in the rationale, each sentence with its log-odds; those, detections and
    silences add up to the log-odds of the stated probability, unless one sensor alone supports the incident, which
    holds it down and is said in the rationale too. Other explanations and deciders are worded where reports are.
    """
    return (
        *incident.rationale,
        *_location(incident),
        *_supports(incident),
        *_silences(incident),
        *_existence(incident),
    )


def _location(incident: Incident) -> list[str]:
    when = f"it happened at {rfc3339(incident.time.utc)}, give or take {incident.time.sigma_s:.3g} s"
    place = incident.place
    if place is None:
        return [when, incident.place_method]
    ellipse = error_ellipse(place.covariance_m2, 0.95)
    region = (
        f"95 per cent region: {2 * ellipse.semi_major_m:.0f} by {2 * ellipse.semi_minor_m:.0f} m, "
        f"the long way towards {ellipse.azimuth_deg:.0f} degrees"
    )
    return [when, f"placed at {place.lon_deg:.5f}, {place.lat_deg:.5f} by {incident.place_method}", region]


def _supports(incident: Incident) -> list[str]:
    """Return a line for each detection, what speaks most first; those of a sensor that say the same share one."""
    ordered = sorted(incident.supports, key=lambda s: (-abs(s.log_odds), not s.counted))
    said = Counter(_support(s) for s in ordered)
    return [line if n == 1 else f"{line} ({n} detections)" for line, n in said.items()]


def _support(s: Support) -> str:
    counted = "counted" if s.counted else "not counted again"
    return f"{s.sensor_id}: {s.log_odds:+.2f}, {counted}; {s.reason}"


def _silences(incident: Incident) -> list[str]:
    """Return a line for each silence that was weighed, and one for all sensors of one state that were not listening."""
    weighed = [s for s in incident.silences if s.state in LISTENING]
    aside: dict[SensorState, list[str]] = {}
    for s in incident.silences:
        if s.state not in LISTENING:
            aside.setdefault(s.state, []).append(s.sensor_id)
    return [*(_silence(s) for s in weighed), *(_aside(state, names) for state, names in aside.items())]


def _silence(s: Silence) -> str:
    return f"{s.sensor_id} silent: {s.log_odds:+.2f}; {s.reason}"


def _aside(state: SensorState, names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more} silent: +0.00; {state.value.replace('_', ' ')}: silence says nothing"


def _existence(incident: Incident) -> list[str]:
    added = math.fsum(s.log_odds for s in incident.supports)
    taken = math.fsum(s.log_odds for s in incident.silences)
    out = [f"detections add {added:+.2f} and silences {taken:+.2f} to what held beforehand"]
    odds = math.log(incident.p_exists / (1 - incident.p_exists))
    return [*out, f"probability that it happened: {incident.p_exists:.3f} (log-odds {odds:+.2f})"]
