"""How many rounds a salvo had: those that were located, and those that its sensors counted each by itself.

A round is located where enough sensors' onsets of it agree. A sensor by itself counts sounds that are alike and is not
disturbed by what the others missed; where most of a salvo's sensors counted more than was located, rounds were lost in
joining them, or taken for images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import binom

from trucewatch.fuse.impulse import Impulse, Located, Scene
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.vocabulary import CountQuality

_LOST_ROUND = 0.005
"""a count is taken for complete where a round is lost more rarely than this"""
_LEAST_EARS = 3
"""sensors that must have counted; one is wrong in 7 of 100 salvos of the live fire"""


def counted(scene: Scene, run: Sequence[Located], doubtful: Sequence[bool]) -> tuple[Count, tuple[str, ...]]:
    """Return the rounds of a salvo, and a sentence where its sensors counted more than was located.

    Args:
        scene: onsets and settings.
        run: its rounds.
        doubtful: which of them may be images of another.
    """
    found = _located(scene, run, doubtful)
    by_ear = most_counted([scene.onsets.detections[i] for impulse, *_ in run for i in impulse.members])
    if by_ear is None or found.best is None or by_ear <= found.best:
        return found, ()
    high = None if found.high is None else max(found.high, by_ear)
    quality = CountQuality.AT_LEAST if high is None else CountQuality.ABOUT
    why = f"{found.best} located; most of its sensors counted at least {by_ear} rounds, each by itself"
    return replace(found, best=by_ear, high=high, quality=quality), (why,)


def most_counted(heard: Sequence[Detection]) -> int | None:
    """Return the largest number of rounds that more than half of the sensors counted by themselves.

    None where fewer than three sensors counted, or one heard more than one weapon.
    """
    rounds = dict[str, int]()
    for detection in heard:
        said = {f.name: f.value for f in detection.features if f.name in ("burst_rounds", "burst_weapons")}
        if said.get("burst_weapons", 1.0) > 1.0:
            return None
        if said.get("burst_rounds", 0.0) >= 1.0:
            rounds[detection.sensor_id] = max(rounds.get(detection.sensor_id, 0), round(said["burst_rounds"]))
    if len(rounds) < _LEAST_EARS:
        return None
    return sorted(rounds.values(), reverse=True)[len(rounds) // 2]


def _located(scene: Scene, run: Sequence[Located], doubtful: Sequence[bool]) -> Count:
    """Count located rounds: not sure are those that may be images, and those that only three sensors agree on.

    There is no upper bound where a round may well have been heard by too few sensors to be found.
    """
    best = sum(len(r[0].rounds_s) or 1 for r, d in zip(run, doubtful, strict=True) if not d)
    sure = sum(_sure(impulse) for (impulse, *_), d in zip(run, doubtful, strict=True) if not d)
    near = len(scene.voters(run[0][0].members[0]).stations)
    share = float(np.mean([min(1.0, len(r[0].members) / near) for r, d in zip(run, doubtful, strict=True) if not d]))
    p_lost = float(binom.cdf(scene.settings.min_sensors, near, share)) if near > scene.settings.min_sensors else 0.0
    # Of fast fire any number of rounds may have come while sensors were deaf.
    complete = p_lost < _LOST_ROUND and not any(r[0].rounds_s for r in run)
    high = len(run) if complete else None
    low = max(1, sure)
    if high is None:
        return Count(low=low, best=best, high=None, quality=CountQuality.AT_LEAST)
    return Count(low=low, best=best, high=high, quality=CountQuality.EXACT if low == high else CountQuality.ABOUT)


def _sure(impulse: Impulse) -> int:
    return impulse.n_sure if impulse.rounds_s else int(len(impulse.members) >= 4)
