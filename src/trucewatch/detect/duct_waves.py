"""Which path through the air an arrival took, as far as its trace velocity says so."""

import numpy as np

from trucewatch.model.detection import WaveProbability
from trucewatch.model.vocabulary import Wave

TRACE_M_S = {
    Wave.TROPOSPHERIC: (345.0, 15.0),
    Wave.STRATOSPHERIC: (360.0, 25.0),
    Wave.THERMOSPHERIC: (430.0, 80.0),
}
"""Mean and spread of the trace velocity: the effective speed of sound where the ray turns (Snell), near the ground's
for the troposphere, a little more at the stratopause, far more in the thermosphere. The spreads are ours."""

SAYS_SOMETHING_NATS = 0.1
"""A velocity that moves the even guess by less information than this says nothing of the path."""


def path_probabilities(trace_velocity_m_s: float, sigma_m_s: float) -> tuple[WaveProbability, ...]:
    """Return how probable each duct is from an even guess, largest first; undetermined where the velocity is no help.

    Args:
        trace_velocity_m_s: Apparent speed across the array.
        sigma_m_s: Its standard deviation.
    """
    # LIMIT: the temperature at the ground moves all three by up to 6 m/s for 10 degrees and is not taken in.
    density = []
    for mean, spread in TRACE_M_S.values():
        sigma = float(np.hypot(spread, sigma_m_s))
        density.append(float(np.exp(-0.5 * ((trace_velocity_m_s - mean) / sigma) ** 2)) / sigma)
    p = np.array(density) / max(sum(density), 1e-300)
    information = float(np.sum(p * np.log(np.maximum(p * p.size, 1e-300))))
    if not np.isfinite(trace_velocity_m_s) or information < SAYS_SOMETHING_NATS:
        return (WaveProbability(wave=Wave.UNDETERMINED, p=1.0),)
    ranked = sorted(zip(TRACE_M_S, p.tolist(), strict=True), key=lambda item: -item[1])
    return tuple(WaveProbability(wave=wave, p=value) for wave, value in ranked)
