"""From a trigger and the sound about it to an onset with its figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.onset import Onset, p_false_of, timing_sigma_s
from trucewatch.detect.onset_pick import Pick
from trucewatch.detect.onset_pickers import disagreement_s
from trucewatch.detect.pulse_lobes import lobes_of

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A maximum of the score and the leading edge that was read there."""

    score_db: float
    steps_db: tuple[float, ...]
    """by band"""
    scatter_db: float
    """robust spread of the score in the seconds before"""
    start: float
    """sample of the edge, from the first sample of all"""
    pick: Pick


def described(
    one: Trigger,
    kept: FloatArray,
    *,
    first: int,
    rail: float,
    bands_hz: Sequence[tuple[float, float]],
    rate_hz: float,
) -> Onset:
    """Return the onset of a trigger.

    Args:
        one: The trigger.
        kept: Sound about it: raw, high-passed and each band, shape (2 + n_bands, n).
        first: Number of its first sample, from the first sample of all.
        rail: Largest magnitude in the recording so far.
        bands_hz: The bands.
        rate_hz: Sampling rate.
    """
    pick, start = one.pick, one.start - first
    rise_s, sign = pick.rise_samples / rate_hz, math.copysign(1.0, pick.first_peak)
    apart_s = disagreement_s(kept[1], list(kept[2:]), start, rate_hz)
    begin = max(0, math.floor(start))
    shape = lobes_of(kept[0], kept[1], start=begin, sign=sign, noise=pick.noise, rail=rail, rate_hz=rate_hz)
    steps = zip(bands_hz, one.steps_db, strict=True)
    return Onset(
        time_s=one.start / rate_hz,
        sigma_s=timing_sigma_s(abs(pick.first_peak) / pick.noise, rise_s, apart_s),
        snr_db=20.0 * math.log10(pick.peak / pick.noise),
        peak=pick.peak,
        duration_s=shape.duration_s,
        p_false=p_false_of(one.score_db, one.scatter_db),
        clipped=shape.clipped,
        features=(
            ("score_db", one.score_db),
            *((f"step_{low:.0f}_{high:.0f}_hz_db", step) for (low, high), step in steps),
            ("rise_s", rise_s),
            ("polarity", sign),
            ("centroid_hz", shape.centroid_hz),
            ("first_lobe_s", shape.first_lobe_s),
            ("second_lobe_s", shape.second_lobe_s),
            ("second_share", shape.second_share),
            ("after_share", shape.after_share),
            ("low_share", shape.low_share),
            ("tail_db", shape.tail_db),
            ("disagreement_s", apart_s),
        ),
    )
