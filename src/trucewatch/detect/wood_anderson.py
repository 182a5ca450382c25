"""The displacement that a Wood-Anderson seismograph would draw, by which local magnitudes are measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import bilinear, lfilter

FloatArray = NDArray[np.float64]

PERIOD_S, DAMPING = 0.8, 0.7
"""IASPEI 2013, summary of magnitude working group recommendations, section 2.1; its gain of 2,080 is left out, so that
what is drawn is ground displacement above some 2 Hz."""


def wood_anderson_peak(velocity: FloatArray, begin: int, end: int, rate_hz: float) -> float:
    """Return the largest displacement in a part of some traces of ground velocity.

    Args:
        velocity: (n_components, n), any unit a second; its mean before `begin` is taken off.
        begin: first sample of the part; what is before lets the instrument settle.
        end: first sample after it.
        rate_hz: Sampling rate; at least some 20 a second, or the period is not kept.

    Returns:
        In the unit of the velocity times seconds; 0 for an empty part.
    """
    level = velocity - velocity[:, : max(begin, 1)].mean(axis=1, keepdims=True)
    turn = 2.0 * np.pi / PERIOD_S
    # Displacement s^2 / (s^2 + 2 h w s + w^2), of velocity one s less.
    numerator, denominator = bilinear((1.0, 0.0), (1.0, 2.0 * DAMPING * turn, turn**2), fs=rate_hz)
    drawn = np.asarray(lfilter(numerator, denominator, level, axis=1))[:, begin:end]
    return float(np.abs(drawn).max(initial=0.0))
