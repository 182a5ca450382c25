"""What a fire or a change between two images says of an event: an area, and hours or days."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from trucewatch.fuse.claim_sight import density_at
from trucewatch.fuse.claims import Claims, Said, sureness
from trucewatch.fuse.hypothesis import Hypothesis
from trucewatch.model.detection import Detection
from trucewatch.model.instant import Interval

_MOST_ROUNDS = 20
"""more rounds from one place burn or tear up the same ground"""
_USUAL_P_FALSE = 0.5
"""of a change, where its comparison does not say"""


def said_by_fire(detection: Detection, hypothesis: Hypothesis, claims: Claims) -> Said | None:
    """Return what a fire of an overpass says of an explosion before it; None where it has no place."""
    if detection.place is None:
        return None
    own = claims.settings.claims
    seen, sigma = _span(detection)[1], math.hypot(detection.time.sigma_s, hypothesis.sigma_s)
    ages = seen - hypothesis.times_s
    started = ndtr(ages / max(sigma, 1.0)) * np.exp(-np.maximum(0.0, ages) / own.fire_lasts_s)
    p = 1.0 - (1.0 - own.fire_p * float(started.mean())) ** _rounds(hypothesis)
    chance = own.fires_usual + claims.overpass(detection, own.fire_reach_m)
    density = float(hypothesis.weight @ density_at(detection.place, hypothesis, own.fire_sigma_m))
    words = f"how near it is, against {chance:.0f} fires of that overpass within {own.fire_reach_m / 1000:.0f} km"
    ratio = density * math.pi * own.fire_reach_m**2 / chance
    return Said(p=p, ratio=ratio, words=words, most=own.slow_log_odds)


def said_by_change(detection: Detection, hypothesis: Hypothesis, claims: Claims) -> Said | None:
    """Return what a change says of an event between its two images; None where it has no place."""
    if detection.place is None:
        return None
    own, (start, end) = claims.settings.claims, _span(detection)
    sigma = max(hypothesis.sigma_s, 1.0)
    inside = float((ndtr((hypothesis.times_s - start) / sigma) * ndtr((end - hypothesis.times_s) / sigma)).mean())
    p = 1.0 - (1.0 - own.change_p * inside) ** _rounds(hypothesis)
    chance = own.changes_usual + claims.overpass(detection, own.change_reach_m)
    density = float(hypothesis.weight @ density_at(detection.place, hypothesis, own.change_sigma_m))
    ratio = density * math.pi * own.change_reach_m**2 / chance * sureness(detection, _USUAL_P_FALSE)
    words = (
        f"how near it is, against {chance:.0f} changes of that pair of images within {own.change_reach_m / 1000:.0f} km"
    )
    return Said(p=p, ratio=ratio, words=words, most=own.slow_log_odds)


def _rounds(hypothesis: Hypothesis) -> int:
    return min(_MOST_ROUNDS, max(1, hypothesis.count.best or hypothesis.count.low))


def _span(detection: Detection) -> tuple[float, float]:
    """Return when it begins and ends, seconds since 1970."""
    at = detection.time.utc.timestamp()
    interval = detection.interval or Interval(start_utc=None, end_utc=None)
    start = at if interval.start_utc is None else interval.start_utc.timestamp()
    end = at if interval.end_utc is None else interval.end_utc.timestamp()
    return start, end
