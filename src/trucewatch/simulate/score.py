"""How far incidents are from a known truth: missed, false, misplaced, miscounted, over- and under-sure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trucewatch.geo.geodesic import distance_m, to_azimuthal
from trucewatch.model.incident import Incident
from trucewatch.model.mission import Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSettings:
    """When an incident is taken for a true event."""

    match_m: float = 500.0
    """farthest an incident may lie from it, unless its own 95 per cent region reaches farther"""
    match_s: float = 5.0
    """how far its time may be off, on top of the event's own window"""
    claimed: float = 0.5
    """an incident less probable than this is no claim: it is neither found nor false"""
    level: float = 0.95
    """of the regions whose coverage is counted"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Figures of one comparison; None where there was nothing to take them from."""

    n_truth: int
    n_found: int
    missed: tuple[str, ...]
    """ids of true events that no incident claims"""
    false: tuple[str, ...]
    """ids of incidents that claim what did not happen"""
    median_error_m: float | None
    p90_error_m: float | None
    level: float
    coverage: float | None
    """share of found events inside their incident's region"""
    coverage_interval: tuple[float, float] | None
    """95 per cent interval of that share (Wilson)"""
    count_right: float | None
    """share of found events whose best count is the true one"""
    count_held: float | None
    """share whose bounds hold the true count"""
    mean_count_error: float | None
    brier: float | None
    """mean squared error of existence over located incidents, 0 best; 0.25 is what a coin reaches"""


def score(truth: Sequence[Truth], incidents: Sequence[Incident], settings: ScoreSettings) -> Score:
    """Compare incidents with the truth; each event and each incident is matched once, nearest first.

    Incidents without a place cannot be compared and are left out.
    """
    placed = [i for i in incidents if i.place is not None]
    matches = _match(truth, placed, settings)
    found = [(truth[t], placed[i]) for t, i in matches if placed[i].p_exists >= settings.claimed]
    errors = [_error_m(t, i) for t, i in found]
    inside = [_inside(t, i, settings.level) for t, i in found]
    matched = {i for _, i in matches}
    briers = [(inc.p_exists - (n in matched)) ** 2 for n, inc in enumerate(placed)]
    counts = [(i.count, t.count) for t, i in found]
    right = [c.best == n for c, n in counts]
    held = [c.low <= n and (c.high is None or n <= c.high) for c, n in counts]
    off = [abs(c.best - n) for c, n in counts if c.best is not None]
    seen = {t.id for t, _ in found}
    return Score(
        n_truth=len(truth),
        n_found=len(found),
        missed=tuple(t.id for t in truth if t.id not in seen),
        false=tuple(i.id for n, i in enumerate(placed) if n not in matched and i.p_exists >= settings.claimed),
        median_error_m=float(np.median(errors)) if errors else None,
        p90_error_m=float(np.quantile(errors, 0.9)) if errors else None,
        level=settings.level,
        coverage=_mean(inside),
        coverage_interval=wilson(sum(inside), len(inside)) if inside else None,
        count_right=_mean(right),
        count_held=_mean(held),
        mean_count_error=_mean(off),
        brier=_mean(briers),
    )


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def wilson(k: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Return the interval of a share of k in n.

    References:
        Wilson 1927, J. Am. Stat. Assoc. 22, 209.
    """
    p, z2 = k / n, z * z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _match(truth: Sequence[Truth], placed: Sequence[Incident], settings: ScoreSettings) -> list[tuple[int, int]]:
    pairs = sorted(
        (_error_m(t, i), n, m) for n, t in enumerate(truth) for m, i in enumerate(placed) if _near(t, i, settings)
    )
    taken_t, taken_i, out = set[int](), set[int](), list[tuple[int, int]]()
    for _, n, m in pairs:
        if n not in taken_t and m not in taken_i:
            taken_t.add(n)
            taken_i.add(m)
            out.append((n, m))
    return sorted(out)


def _near(truth: Truth, incident: Incident, settings: ScoreSettings) -> bool:
    if truth.time_utc is not None:
        off = abs((incident.time.utc - truth.time_utc).total_seconds())
        if off > settings.match_s + truth.window_s + 2 * incident.time.sigma_s:
            return False
    return _error_m(truth, incident) <= settings.match_m or _inside(truth, incident, settings.level)


def _error_m(truth: Truth, incident: Incident) -> float:
    if incident.place is None:
        return math.inf
    return float(distance_m(truth.lon_deg, truth.lat_deg, incident.place.lon_deg, incident.place.lat_deg))


def _inside(truth: Truth, incident: Incident, level: float) -> bool:
    """Say whether the truth lies in the region, the error of the truth itself added to it."""
    place = incident.place
    if place is None:
        return False
    offset = to_azimuthal(place.lon_deg, place.lat_deg, truth.lon_deg, truth.lat_deg)
    covariance = place.covariance_m2 + truth.sigma_m**2 * np.eye(2)
    return float(offset @ np.linalg.solve(covariance, offset)) <= -2 * math.log(1 - level)


def as_text(result: Score) -> str:
    """Return a score in words and numbers, one line each."""
    low, high = result.coverage_interval or (math.nan, math.nan)
    lines = [
        f"true events {result.n_truth}, found {result.n_found}, missed {len(result.missed)}, false {len(result.false)}",
    ]
    if result.median_error_m is not None and result.p90_error_m is not None:
        lines.append(f"location error: median {result.median_error_m:.1f} m, 90 per cent {result.p90_error_m:.1f} m")
    if result.coverage is not None:
        lines.append(f"{result.level:.0%} regions hold {result.coverage:.1%} (interval {low:.1%} to {high:.1%})")
    if result.count_right is not None and result.count_held is not None:
        lines.append(f"counts right {result.count_right:.0%}, within bounds {result.count_held:.0%}")
    if result.brier is not None:
        lines.append(f"Brier score of existence {result.brier:.4f}")
    return "\n".join(lines)
