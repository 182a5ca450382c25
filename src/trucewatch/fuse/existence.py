"""Whether it happened: log-odds that add up from what holds before any detection, each detection, and each silence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trucewatch.fuse.evidence import Evidence
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.sizes import Sizes
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import Silence, Support

HELD_LOG_ODDS = 30.0
"""a larger sum says no more: p_exists would round to one"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A part of the sum that belongs to no single sensor."""

    log_odds: float
    why: str

    def sentence(self) -> str:
        """Return it in words, its number last."""
        return f"{self.why} (log-odds {self.log_odds:+.2f})"


def beforehand(
    own: Sequence[Term], proof: Evidence | None, sizes: Sizes | None, settings: FuseSettings
) -> tuple[Term, ...]:
    """Return what the sum begins with.

    Args:
        own: of events that were weighed where they were placed; empty for the others.
        proof: of the surest impulse, where arrival times made the place.
        sizes: what silence says of the size of another placed event.
        settings: priors.
    """
    if own:
        return (*own, *(() if sizes is None else (_size_term(sizes),)))
    if proof is not None:
        room = (
            f"beforehand: {settings.events_per_km2_day:g} events in a square kilometre and day, in the "
            f"{proof.room_m2_s:.3g} m2 s that arrival times of this precision leave open"
        )
        return (Term(log_odds=proof.room, why=room), _size_term(proof.sizes))
    prior = Term(log_odds=settings.prior_log_odds, why="beforehand: of such a claim, before it is weighed")
    return (prior,) if sizes is None else (prior, _size_term(sizes))


def _size_term(sizes: Sizes) -> Term:
    return Term(log_odds=sizes.cost, why="the size of the source was not known beforehand")


def weigh(
    supports: Sequence[Support], detections: Mapping[str, Detection], settings: FuseSettings
) -> tuple[Support, ...]:
    """Return supports with their log-odds; those that have theirs already, from arrival times, keep them.

    A sensor speaks once: its surest detection counts, for two detections of one sensor share its faults. What bends
    nothing adds nothing.

    Args:
        supports: of one incident.
        detections: by id.
        settings: limits.
    """
    weighed_already = any(s.log_odds != 0.0 for s in supports)
    spoken = {
        s.sensor_id
        for s in supports
        if s.log_odds != 0.0 or (weighed_already and detections[s.detection_id].kind is DetectionKind.ONSET)
    }
    weighed = {s.detection_id: s.log_odds for s in supports}
    for s in sorted(supports, key=lambda s: (detections[s.detection_id].p_false, s.detection_id)):
        if not s.used or s.sensor_id in spoken:
            continue
        detection = detections[s.detection_id]
        weighed[s.detection_id] = _log_odds(detection.p_false, settings)
        spoken.add(s.sensor_id)
    return tuple(replace(s, log_odds=weighed[s.detection_id]) for s in supports)


def _log_odds(p_false: float, settings: FuseSettings) -> float:
    p = min(max(p_false, 1e-9), 1 - 1e-9)
    most = settings.max_detection_log_odds
    return max(-most, min(most, math.log((1 - p) / p)))


def p_exists(total: float, supports: Sequence[Support], settings: FuseSettings) -> float:
    """Return the probability that the event happened.

    Where one sensor alone supports it the result stays below the settings' bound, for a single source is an indication
    and no more.
    """
    p = probability(total)
    return min(p, settings.single_sensor_p) if stands_alone(supports) else p


def probability(total: float) -> float:
    """Return the probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-total))


def log_odds(p: float) -> float:
    """Return ln p/(1-p), held as sums are."""
    if not 0.0 < p < 1.0:
        return HELD_LOG_ODDS if p >= 1.0 else -HELD_LOG_ODDS
    return max(-HELD_LOG_ODDS, min(HELD_LOG_ODDS, math.log(p) - math.log1p(-p)))


def total_log_odds(first: Sequence[Term], supports: Sequence[Support], silences: Sequence[Silence]) -> float:
    """Return the sum of all contributions."""
    return math.fsum([*(t.log_odds for t in first), *(s.log_odds for s in supports), *(s.log_odds for s in silences)])


def held(total: float) -> Term | None:
    """Return what keeps a sum within 30, so that a probability stays below 1; None where nothing has to."""
    kept = max(-HELD_LOG_ODDS, min(HELD_LOG_ODDS, total))
    if kept == total:
        return None
    return Term(log_odds=kept - total, why=f"a sum of {total:+.2f} is held at {kept:+.0f}, more would say no more")


def stands_alone(supports: Sequence[Support]) -> bool:
    """Say whether one sensor alone supports it."""
    return len({s.sensor_id for s in supports if s.used}) <= 1
