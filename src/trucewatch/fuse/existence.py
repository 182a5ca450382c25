"""Whether it happened: log-odds that add up from a prior, each detection, and each silence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import Silence, Support


def weigh(
    supports: Sequence[Support], detections: Mapping[str, Detection], settings: FuseSettings
) -> tuple[Support, ...]:
    """Return supports with their log-odds.

    A sensor speaks once: its surest detection counts, for two detections of one sensor share its faults. What bends
    nothing adds nothing. A fire that merely follows an explosion adds little.

    Args:
        supports: of one incident.
        detections: by id.
        settings: limits.
    """
    heard = {detections[s.detection_id].kind for s in supports}
    merely_follows = {DetectionKind.FIRE} if heard - {DetectionKind.FIRE} else set[DetectionKind]()
    spoken = set[str]()
    weighed = {}
    for s in sorted(supports, key=lambda s: (detections[s.detection_id].p_false, s.detection_id)):
        detection = detections[s.detection_id]
        if not s.used or s.sensor_id in spoken:
            weighed[s.detection_id] = 0.0
        elif detection.kind in merely_follows:
            weighed[s.detection_id] = settings.fire_log_odds
        else:
            weighed[s.detection_id] = _log_odds(detection.p_false, settings)
        if s.used:
            spoken.add(s.sensor_id)
    return tuple(replace(s, log_odds=weighed[s.detection_id]) for s in supports)


def _log_odds(p_false: float, settings: FuseSettings) -> float:
    p = min(max(p_false, 1e-9), 1 - 1e-9)
    most = settings.max_detection_log_odds
    return max(-most, min(most, math.log((1 - p) / p)))


def p_exists(supports: Sequence[Support], silences: Sequence[Silence], settings: FuseSettings) -> float:
    """Return the probability that the event happened.

    Prior, supports and silences add up in log-odds; where one sensor alone supports it the result stays below the
    settings' bound, for a single source is an indication and no more.
    """
    total = total_log_odds(supports, silences, settings)
    p = 1.0 / (1.0 + math.exp(-total))
    return min(p, settings.single_sensor_p) if stands_alone(supports) else p


def total_log_odds(supports: Sequence[Support], silences: Sequence[Silence], settings: FuseSettings) -> float:
    """Return the sum of the prior and of all contributions, kept within 30 so that a probability stays below 1."""
    added, taken = math.fsum(s.log_odds for s in supports), math.fsum(s.log_odds for s in silences)
    total = settings.prior_log_odds + added + taken
    return max(-30.0, min(30.0, total))


def stands_alone(supports: Sequence[Support]) -> bool:
    """Say whether one sensor alone supports it."""
    return len({s.sensor_id for s in supports if s.used}) <= 1
