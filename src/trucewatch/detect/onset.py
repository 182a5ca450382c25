"""What an impulsive onset is, what counts as one, and the laws of its error and of the chance that it is noise."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from trucewatch.detect.impulse_score import ScoreSettings

TIMING_FLOOR_S = 0.35e-3
EDGE_ERROR = 8.0
LOST_EDGE_S = 5e-3
DISAGREEMENT_SHARE = 0.4
"""Timing error: a floor, `EDGE_ERROR` rises divided by the signal-to-noise ratio, the search window when the edge
drowns, and a share of what other pickers disagree by. The first three were fitted to 750 released pulses of the
Pittsburgh live-fire tests (ShotSpotter TN098, CC BY 4.0), whose times are whole milliseconds; the last is the middle of
0.27 to 0.45 fitted on four firing positions each."""

NOISE_ONSETS_PER_S = 0.053
NOISE_SCORE_DB = 5.0
NOISE_DECAY_PER_DB = 1.0
"""Rate at which street noise alone scores 5 dB, and how fast it falls with the score: 358 s before the first shot of
the same 90 tests, in a city at night; counted 19, 7, 3 and 0 above 5, 6, 7 and 8 dB,
where this law gives 19, 7, 2.6 and 0.9. LIMIT: another street, day or wind has another rate; count it there."""
USUAL_SCATTER_DB = 1.64
"""Robust spread of the score in those recordings; a more restless place is given proportionally less credit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnsetSettings:
    """When a sudden sound counts as an onset."""

    score: ScoreSettings = field(default_factory=ScoreSettings)
    min_score_db: float = 6.0
    highpass_hz: float = 80.0
    """Wind and traffic below this are taken out before the leading edge is read."""
    merge_within_s: float = 0.063
    """Pulses closer than this to the first are its echoes: no single automatic weapon repeats sooner (950 rounds/min,
    TN098). Zero keeps every pulse."""
    min_precursor_share: float = 0.25
    """A first pulse weaker than this share of what follows it is noise or a foot, and gives way to the next."""

    def __post_init__(self) -> None:
        """Refuse settings that describe no trigger."""
        if self.min_score_db <= 0 or self.merge_within_s < 0 or self.highpass_hz <= 0:
            raise ValueError("min_score_db and highpass_hz must be positive, merge_within_s not negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """One sudden sound."""

    time_s: float
    """Start of the pulse from the first sample, to a fraction of a sample."""
    sigma_s: float
    """Standard deviation of `time_s`; errors are skewed late where a weak first path precedes the loud one."""
    snr_db: float
    """Peak over the robust noise level before it."""
    peak: float
    """Largest excursion of the pulse, in the unit of the samples; a lower bound when clipped."""
    duration_s: float
    """Until the sound first stays 20 dB below its peak for 5 ms, at most 63 ms."""
    p_false: float
    """Probability that noise alone makes an onset this sudden within one second."""
    clipped: bool
    features: tuple[tuple[str, float], ...]
    """Named figures for the classifier, in a fixed order: score_db, the step of each band, rise_s, polarity,
    those of PulseLobes, disagreement_s (of other pickers), n_merged (later pulses within `merge_within_s` taken as
    echoes, which may be rounds of a second weapon), strongest_lag_s (delay of the strongest of them)."""

    def feature(self, name: str) -> float:
        """Return one named figure.

        Raises:
            KeyError: There is none of that name.
        """
        return dict(self.features)[name]


def timing_sigma_s(snr: float, rise_s: float, apart_s: float = 0.0) -> float:
    """Return the standard deviation of a pick.

    Args:
        snr: Height of its first swing over the noise.
        rise_s: Length of its rise.
        apart_s: How far other pickers lie from it.
    """
    drowned_s = LOST_EDGE_S * math.exp(-snr / 2.0)
    unclear_s = EDGE_ERROR * rise_s / max(snr, 1.0)
    return math.sqrt(TIMING_FLOOR_S**2 + unclear_s**2 + drowned_s**2 + (DISAGREEMENT_SHARE * apart_s) ** 2)


def p_false_of(score_db: float, scatter_db: float) -> float:
    """Return the probability that one second of noise holds an onset of this score."""
    credited_db = score_db * min(1.0, USUAL_SCATTER_DB / max(scatter_db, 1e-9))
    per_s = NOISE_ONSETS_PER_S * math.exp(-NOISE_DECAY_PER_DB * (credited_db - NOISE_SCORE_DB))
    return -math.expm1(-per_s)
