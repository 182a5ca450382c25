"""What kind of event it was, as probabilities; thin evidence leaves them spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from trucewatch.fuse.part import BANGS, GUNFIRE
from trucewatch.model.detection import CauseProbability, Detection, DetectionKind
from trucewatch.model.incident import KindProbability
from trucewatch.model.vocabulary import Cause, Means, ObservationType

_AUTOMATIC_S = 0.2
"""rounds closer than this are automatic fire: 450 to 950 rounds a minute are 63 to 133 ms apart (TN098)"""
_LEAST_BURST = 3
_IN_CLASS = 0.9
"""how far rounds tell a shot from a burst: single rounds may be missed, and several people may fire single shots"""
_OUTSIDE = 1e-3
"""least share of a kind, for the model of sizes is no better than that"""
_TRUST = {
    DetectionKind.ONSET: 0.55,
    DetectionKind.ARRIVAL: 0.8,
    DetectionKind.REPORT: 0.85,
    DetectionKind.FIRE: 0.9,
    DetectionKind.SIGHTING: 0.85,
    DetectionKind.CHANGE: 0.8,
}
"""how often the kind that a detection names is the kind it was; ours, to be refitted. An onset says only "a bang"."""
_SEEN_TRUST = 0.95
_SIGNS = {
    ObservationType.MUZZLE_FLASH: (0.6, 0.1),
    ObservationType.SMOKE_PLUME: (0.05, 0.3),
    ObservationType.THERMAL_ANOMALY: (0.01, 0.08),
    ObservationType.CRATER: (0.01, 0.3),
    ObservationType.DAMAGE: (0.01, 0.3),
}
"""how often a gun and a charge give what cameras and satellites name; their ratio counts, and it is our choice: a
camera takes a far burst for a muzzle now and then, and dry grass burns behind guns too"""
_IMPULSES = tuple(sorted((*BANGS, *GUNFIRE)))


def kinds(
    detections: Sequence[Detection],
    p_gun: float | None = None,
    round_times_s: Sequence[float] = (),
    signs: Sequence[ObservationType] = (),
) -> tuple[KindProbability, ...]:
    """Return the posterior over kinds, largest first, from the size of the source and from what detections name.

    Each sensor and method speaks once: a hundred onsets of one detector are one opinion, for they share its blindness.
    Where the size is known, what onsets name only splits its class: an onset says "a bang", of whatever size.

    Args:
        detections: those of one incident, without fires that merely support it.
        p_gun: probability that the source was a gun and no charge; None where nothing is known of its size.
        round_times_s: of the located rounds.
        signs: what cameras and satellites name that is no bang itself; each counts once.
    """
    opinions = sorted(
        {(d.observation_type, _trust(d), _voice(d)) for d in detections if p_gun is None or not _is_onset(d)}
    )
    named = {d.observation_type for d in detections}
    signs = sorted({*signs} & set(_SIGNS)) if named & set(_IMPULSES) or ObservationType.MUZZLE_FLASH in named else []
    if signs:
        # A flash of a muzzle is a sign of a shot, not a kind of event beside it.
        named -= set(_SIGNS)
        opinions = [o for o in opinions if o[0] not in _SIGNS]
        named |= set(_IMPULSES)
    options = sorted(named | (set(_IMPULSES) if named & set(_IMPULSES) else set()))
    scores = {k: sum(_log_likelihood(k, said, trust, len(options)) for said, trust, _ in opinions) for k in options}
    if p_gun is not None:
        labels = sorted({(d.observation_type, _trust(d)) for d in detections if _is_onset(d)})
        shares = _by_size(p_gun, labels, is_automatic(round_times_s))
        scores = {k: scores[k] + math.log(shares.get(k, _OUTSIDE)) for k in options}
    scores = {k: s + _of_signs(k, signs) for k, s in scores.items()}
    if signs and p_gun is None and ObservationType.BURST in scores and not is_automatic(round_times_s):
        scores[ObservationType.BURST] += math.log((1 - _IN_CLASS) / _IN_CLASS)
    top = max(scores.values())
    weights = {k: math.exp(s - top) for k, s in scores.items()}
    total = sum(weights.values())
    ranked = sorted(options, key=lambda k: (-weights[k], k.value))
    return tuple(KindProbability(kind=k, p=weights[k] / total) for k in ranked)


def _of_signs(kind: ObservationType, signs: Sequence[ObservationType]) -> float:
    """Return what signs say of a kind, natural log; nothing of what is no bang."""
    if kind not in _IMPULSES:
        return 0.0
    return math.fsum(math.log(_SIGNS[s][0 if kind in GUNFIRE else 1]) for s in signs)


def gun_by_sound(p_gun: float | None, causes: Sequence[CauseProbability]) -> float | None:
    """Return the probability that the source was a gun and no charge, once the sound itself has had its say.

    What detectors leave open, or put down to something else, speaks for neither.

    Args:
        p_gun: from the size of the source; None where nothing is known of it.
        causes: of the incident's detections; empty where they do not say.
    """
    said = {c.cause: c.p for c in causes}
    if not said:
        return p_gun
    open_ = (1.0 - said.get(Cause.GUNFIRE, 0.0) - said.get(Cause.EXPLOSION, 0.0)) / 2.0
    gun, charge = (max(said.get(c, 0.0) + open_, _OUTSIDE) for c in (Cause.GUNFIRE, Cause.EXPLOSION))
    before = 0.5 if p_gun is None else p_gun
    return before * gun / (before * gun + (1.0 - before) * charge)


def is_automatic(round_times_s: Sequence[float]) -> bool:
    """Say whether several rounds came within the intervals of automatic fire."""
    close = [b - a <= _AUTOMATIC_S for a, b in pairwise(sorted(round_times_s))]
    return sum(close) >= _LEAST_BURST - 1


def _by_size(
    p_gun: float, labels: Sequence[tuple[ObservationType, float]], automatic: bool
) -> dict[ObservationType, float]:
    """Return the share of each kind of bang: size chooses the class, rounds and labels split it."""
    burst = _IN_CLASS if automatic else 1 - _IN_CLASS
    guns = {ObservationType.BURST: burst, ObservationType.SHOT: 1 - burst}
    out = dict[ObservationType, float]()
    for members, p in ((guns, p_gun), (dict.fromkeys(sorted(BANGS), 1.0), 1 - p_gun)):
        said = [label for label in labels if label[0] in members]
        weights = {k: w * math.prod(_likelihood(k, *label) for label in said) for k, w in members.items()}
        out |= {k: max(p * w / sum(weights.values()), _OUTSIDE) for k, w in weights.items()}
    return out


def _likelihood(kind: ObservationType, said: ObservationType, trust: float) -> float:
    return math.exp(_log_likelihood(kind, said, trust, len(_IMPULSES)))


def _is_onset(detection: Detection) -> bool:
    return detection.kind is DetectionKind.ONSET


def _trust(detection: Detection) -> float:
    return _SEEN_TRUST if detection.means is Means.SEEN else _TRUST[detection.kind]


def _voice(detection: Detection) -> str:
    """Return who speaks: the monitor, or the method of an instrument."""
    return detection.sensor_id if detection.kind is DetectionKind.REPORT else detection.method


def _log_likelihood(kind: ObservationType, said: ObservationType, trust: float, n_options: int) -> float:
    return math.log(trust) if kind is said else math.log((1 - trust) / max(n_options - 1, 1))
