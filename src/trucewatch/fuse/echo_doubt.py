"""Which onsets may be echoes, by what their own sensor heard around them: the sound itself comes first and loud."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trucewatch.fuse.impulse import Scene
from trucewatch.model.vocabulary import Wave

_FAINT_PER_DB = 0.1
_FAINT_MOST = 2.0
"""half squared sigmas that a fainter onset costs, by decibel and at most"""
_AHEAD = 1.5
"""half squared sigmas that an onset as loud just before it costs: then this one is more likely the echo"""
_AHEAD_DECAY_S = 0.7
"""most echoes of the live-fire pulses come within the first second"""
_AS_LOUD_DB = 3.0
"""an onset at most this much fainter is as loud"""
_SAID_MOST = 3.0
"""at most what a detector's own word that it is an echo costs"""


def echo_doubt(scene: Scene, members: Sequence[int], windows: Sequence[Sequence[int]], free: set[int]) -> float:
    """Return what speaks against members' being the sound itself, in half squared sigmas.

    Args:
        scene: onsets and settings.
        members: of a candidate.
        windows: free onsets of each sensor that may be the same impulse.
        free: onsets that nothing explains yet.
    """
    chosen = set(members)
    doubt = math.fsum(_ahead(scene, i, free) + _said(scene, i) for i in members)
    return doubt + math.fsum(_faint(scene, chosen, window) for window in windows)


def _faint(scene: Scene, chosen: set[int], window: Sequence[int]) -> float:
    """Return what members of one sensor lose by being fainter than its loudest onset in the window."""
    if chosen.isdisjoint(window):
        return 0.0
    down = scene.onsets.below_loudest_db(np.asarray(window, dtype=np.int64))
    return math.fsum(
        min(_FAINT_MOST, _FAINT_PER_DB * float(d)) for i, d in zip(window, down, strict=True) if i in chosen
    )


def _ahead(scene: Scene, onset: int, free: set[int]) -> float:
    """Return what an onset loses to unexplained ones before it, as loud, at its own sensor."""
    onsets, at = scene.onsets, float(scene.onsets.time_s[onset])
    before = onsets.between(int(onsets.station[onset]), at - scene.settings.echo_s, at)
    loud = float(onsets.loud_db[onset])
    waits = [
        at - float(onsets.time_s[j])
        for j in before
        if j in free and j != onset and float(onsets.loud_db[j]) >= loud - _AS_LOUD_DB
    ]
    return _AHEAD * math.fsum(math.exp(-w / _AHEAD_DECAY_S) for w in waits)


def _said(scene: Scene, onset: int) -> float:
    """Return what the detector's own probability of an echo costs."""
    p_echo = math.fsum(w.p for w in scene.onsets.detections[onset].waves if w.wave is Wave.ECHO)
    return min(_SAID_MOST, -math.log1p(-min(p_echo, 0.999)))
