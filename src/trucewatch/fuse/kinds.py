"""What kind of event it was, as probabilities; thin evidence leaves them spread."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trucewatch.fuse.part import BANGS, GUNFIRE
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import KindProbability
from trucewatch.model.vocabulary import Means, ObservationType

_TRUST = {DetectionKind.ONSET: 0.55, DetectionKind.ARRIVAL: 0.8, DetectionKind.REPORT: 0.85, DetectionKind.FIRE: 0.9}
"""how often the kind that a detection names is the kind it was; ours, to be refitted. An onset says only "a bang"."""
_SEEN_TRUST = 0.95
_IMPULSES = tuple(sorted((*BANGS, *GUNFIRE)))


def kinds(detections: Sequence[Detection]) -> tuple[KindProbability, ...]:
    """Return the posterior over kinds, largest first, from what detections name.

    Each sensor and method speaks once: a hundred onsets of one detector are one opinion, for they share its blindness.

    Args:
        detections: those of one incident, without fires that merely support it.
    """
    opinions = sorted({(d.observation_type, _trust(d), _voice(d)) for d in detections})
    named = {o[0] for o in opinions}
    options = sorted(named | (set(_IMPULSES) if named & set(_IMPULSES) else set()))
    scores = {k: sum(_log_likelihood(k, said, trust, len(options)) for said, trust, _ in opinions) for k in options}
    top = max(scores.values())
    weights = {k: math.exp(s - top) for k, s in scores.items()}
    total = sum(weights.values())
    ranked = sorted(options, key=lambda k: (-weights[k], k.value))
    return tuple(KindProbability(kind=k, p=weights[k] / total) for k in ranked)


def _trust(detection: Detection) -> float:
    return _SEEN_TRUST if detection.means is Means.SEEN else _TRUST[detection.kind]


def _voice(detection: Detection) -> str:
    """Return who speaks: the monitor, or the method of an instrument."""
    return detection.sensor_id if detection.kind is DetectionKind.REPORT else detection.method


def _log_likelihood(kind: ObservationType, said: ObservationType, trust: float, n_options: int) -> float:
    return math.log(trust) if kind is said else math.log((1 - trust) / max(n_options - 1, 1))
