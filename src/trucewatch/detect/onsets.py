"""Impulsive onsets on one microphone: when each sudden sound begins, and how well that is known.

A step kernel over several bands triggers (`impulse_score`), the leading edge gives the start of the pulse
(`onset_pick`), other pickers its error (`onset_pickers`), and what follows sooner than one weapon can fire again is
merged into the first, with a note (`onset_merge`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.onset import Onset, OnsetSettings
from trucewatch.detect.onset_stream import OnsetStream

FloatArray = NDArray[np.float64]


def find_onsets(samples: FloatArray, rate_hz: float, settings: OnsetSettings | None = None) -> tuple[Onset, ...]:
    """Return the sudden sounds in one recording, in order of time.

    Args:
        samples: One microphone, shape (n,), any unit.
        rate_hz: Sampling rate; at least 1 kHz, or no band is left.
        settings: Bands, kernel and threshold.

    Returns:
        The onsets; none for a dead microphone or a recording shorter than the kernel.

    Raises:
        ValueError: If the samples are not one row of finite numbers, or the rate is too low.

    References:
        Calhoun et al. (2020), ShotSpotter Technical Note 098 (step kernel, pulse start, rates of fire).
    """
    stream = OnsetStream(rate_hz, settings)
    return stream.feed(samples) + stream.flush()
