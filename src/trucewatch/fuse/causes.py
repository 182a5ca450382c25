"""What made a sound, from what each detector says of it and from how many heard it where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trucewatch.model.detection import CauseProbability, Detection
from trucewatch.model.vocabulary import Cause

LOCAL = frozenset({Cause.WIND, Cause.RAIN, Cause.KNOCK, Cause.INSTRUMENT, Cause.TRAFFIC})
"""reaches one sensor, or its neighbour; a place that several sensors agree on speaks against it"""
_PER_SENSOR = 0.1
"""each sensor beyond the second that agrees on a place leaves this much of the odds of a local cause (our choice)"""
_LEAST_LEFT = 1e-3
_LEAST_LOCATED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What one sensor says of the cause."""

    sensor_id: str
    p: dict[Cause, float]


def causes(detections: Sequence[Detection], n_located: int) -> tuple[CauseProbability, ...]:
    """Return the causes with their probabilities, largest first; nothing where no detector says.

    Each sensor speaks once. Opinions are averaged, not multiplied: detectors of one make share their mistakes.

    Args:
        detections: of one incident.
        n_located: sensors that agree on its place; 0 where it has none.
    """
    opinions = [o.p for o in _by_sensor(detections)]
    if not opinions:
        return ()
    mean = {c: sum(o.get(c, 0.0) for o in opinions) / len(opinions) for c in Cause}
    left = 1.0
    if n_located >= _LEAST_LOCATED:
        left = max(_LEAST_LEFT, _PER_SENSOR ** (n_located - 2))
    weights = {c: p * (left if c in LOCAL else 1.0) for c, p in mean.items() if p > 0.0}
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda c: (-weights[c], c.value))
    return tuple(CauseProbability(cause=c, p=weights[c] / total) for c in ranked)


def _by_sensor(detections: Sequence[Detection]) -> list[Opinion]:
    said: dict[str, list[Detection]] = {}
    for d in sorted(detections, key=lambda d: d.id):
        if d.causes:
            said.setdefault(d.sensor_id, []).append(d)
    out = []
    for name in sorted(said):
        p: dict[Cause, float] = {}
        for d in said[name]:
            for c in d.causes:
                p[c.cause] = p.get(c.cause, 0.0) + c.p / len(said[name])
        out.append(Opinion(sensor_id=name, p=p))
    return out
