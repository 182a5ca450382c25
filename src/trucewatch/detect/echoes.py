"""How probable it is that an impulse came straight and is no echo of an earlier one, at one sensor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.echo_features import MEMORY_S, NAMES, echo_features
from trucewatch.detect.onset import Onset

FloatArray = NDArray[np.float64]

MOST_AT_ONCE = 200
"""Impulses that are looked at together; in a barrage the echoes of the last ones before a cut may pass for rounds."""
WEIGHTS = {
    "below_loudest_db": 0.319,
    "above_earlier_db": -0.008,
    "above_reverberation_db": 0.198,
    "log_since_loudest_earlier": 0.883,
    "is_first": -1.261,
    "repeats_as_echo": -0.934,
    "repeats_as_source": 0.612,
    "score_db": 0.289,
    "log_rise": -0.720,
    "log_duration": 1.592,
    "centroid_khz": -3.414,
    "tail_db": 0.220,
}
INTERCEPT = -3.206
"""Logistic regression on 739 released direct pulses and 952 later impulses of the Pittsburgh live-fire tests (TN098,
CC BY 4.0), one to three handgun rounds 0.3 to 1.5 s apart. Fitted on four firing positions and scored on the fifth,
93.7 % of the direct pulses are kept at a half and 96.6 % of the echoes refused (area under the curve 0.992). FP5, the
most hidden of the positions, is the worst.
LIMIT: one city, one make of sensor, handguns; rounds of automatic fire are told by `bursts` instead."""


def p_direct(onsets: Sequence[Onset]) -> FloatArray:
    """Return for each impulse the probability that it came straight, given that it is no noise, shape (n,).

    Args:
        onsets: Every impulse of one sensor, unmerged, in order of time.
    """
    parts = [_log_odds(stretch) for stretch in _stretches(onsets)]
    log_odds = np.concatenate([np.zeros(0), *parts])
    probability: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0)))
    return probability


def _log_odds(onsets: Sequence[Onset]) -> FloatArray:
    return np.asarray(echo_features(onsets) @ np.array([WEIGHTS[name] for name in NAMES]) + INTERCEPT)


def _stretches(onsets: Sequence[Onset]) -> list[list[Onset]]:
    """Cut where it was quiet for longer than echoes last, and anyway after so many that pairs would be too many."""
    stretches: list[list[Onset]] = []
    for one in onsets:
        held = stretches[-1] if stretches else []
        if not held or len(held) >= MOST_AT_ONCE or one.time_s - held[-1].time_s > MEMORY_S:
            stretches.append([])
        stretches[-1].append(one)
    return stretches
