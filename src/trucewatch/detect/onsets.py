"""Impulsive onsets on one microphone: when each sudden sound begins, and how well that is known.

A step kernel over several bands triggers (`impulse_score`), the leading edge gives the start of the pulse
(`onset_pick`), and what follows sooner than one weapon can fire again is merged into the first, with a note.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from trucewatch.detect.impulse_score import Score, ScoreSettings, local_maxima, step_score, usable_bands
from trucewatch.detect.onset_pick import Pick, pick_start

FloatArray = NDArray[np.float64]

TIMING_FLOOR_S = 0.35e-3
EDGE_ERROR = 8.0
LOST_EDGE_S = 5e-3
"""Timing error: a floor, `EDGE_ERROR` rises divided by the signal-to-noise ratio, and the search window when the edge
drowns. Fitted to 750 released pulses of the Pittsburgh live-fire tests (ShotSpotter TN098, CC BY 4.0)."""

NOISE_ONSETS_PER_S = 0.053
NOISE_SCORE_DB = 5.0
NOISE_DECAY_PER_DB = 1.0
"""Rate at which street noise alone scores 5 dB, and how fast it falls with the score: 358 s before the first shot of
the same 90 tests, in a city at night; counted 19, 7, 3 and 0 above 5, 6, 7 and 8 dB,
where this law gives 19, 7, 2.6 and 0.9. LIMIT: another street, day or wind has another rate; count it there."""
USUAL_SCATTER_DB = 1.64
"""Robust spread of the score in those recordings; a more restless place is given proportionally less credit."""

PULSE_S = 0.063
"""Search length for duration and clipping: one round of an automatic weapon at 950 rounds a minute (TN098)."""


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
    min_clipped_samples: int = 3
    """Neighbouring equal samples at the largest value of the recording that mean a saturated converter."""

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
    centroid_hz, n_merged (later pulses within `merge_within_s` taken as echoes, which may be rounds of a second
    weapon), strongest_lag_s (delay of the strongest of them)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    point: int
    score_db: float
    pick: Pick


def timing_sigma_s(snr: float, rise_s: float) -> float:
    """Return the standard deviation of a pick from the height of its first swing over the noise and its rise."""
    drowned_s = LOST_EDGE_S * math.exp(-snr / 2.0)
    return math.sqrt(TIMING_FLOOR_S**2 + (EDGE_ERROR * rise_s / max(snr, 1.0)) ** 2 + drowned_s**2)


def p_false_of(score_db: float, scatter_db: float) -> float:
    """Return the probability that one second of noise holds an onset of this score."""
    credited_db = score_db * min(1.0, USUAL_SCATTER_DB / max(scatter_db, 1e-9))
    per_s = NOISE_ONSETS_PER_S * math.exp(-NOISE_DECAY_PER_DB * (credited_db - NOISE_SCORE_DB))
    return -math.expm1(-per_s)


def _candidates(score: Score, samples: FloatArray, rate_hz: float, settings: OnsetSettings) -> list[_Candidate]:
    """Read the leading edge at every trigger; two triggers on one edge are one candidate, the more sudden."""
    n_apart = max(1, round(0.004 / settings.score.hop_s))
    found: list[_Candidate] = []
    for point in local_maxima(score.score_db, settings.min_score_db, n_apart).tolist():
        pick = pick_start(samples, int(score.sample[point]), rate_hz)
        if pick is not None:
            found.append(_Candidate(point=point, score_db=float(score.score_db[point]), pick=pick))
    found.sort(key=lambda one: one.pick.start_sample)
    kept: list[_Candidate] = []
    for one in found:
        if kept and one.pick.start_sample - kept[-1].pick.start_sample < 0.001 * rate_hz:
            kept[-1] = max(kept[-1], one, key=lambda either: either.score_db)
        else:
            kept.append(one)
    return kept


def _merge(candidates: list[_Candidate], rate_hz: float, settings: OnsetSettings) -> list[list[_Candidate]]:
    """Gather each pulse with what follows it sooner than a weapon can fire again; the first of a group is its time."""
    # LIMIT: two weapons within 63 ms are counted as one onset here; `n_merged` says that something followed.
    groups: list[list[_Candidate]] = []
    for one in candidates:
        if groups and one.pick.start_sample - groups[-1][0].pick.start_sample < settings.merge_within_s * rate_hz:
            groups[-1].append(one)
            while groups[-1][0].pick.peak < settings.min_precursor_share * one.pick.peak:
                groups[-1].pop(0)
        else:
            groups.append([one])
    return groups


def _clipped(pulse: FloatArray, rail: float, n_least: int) -> bool:
    """Say whether at least `n_least` neighbouring samples sit at one rail."""
    longest = 0
    for side in (pulse >= rail, pulse <= -rail):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], side.astype(np.int8), [0]))))
        longest = max(longest, int((edges[1::2] - edges[::2]).max(initial=0)))
    return longest >= n_least


def _duration_s(pulse: FloatArray, rate_hz: float) -> float:
    """Return the time until the pulse first stays 20 dB below its peak for 5 ms."""
    n_quiet = max(1, round(0.005 * rate_hz))
    loud = np.flatnonzero(np.abs(pulse) >= 0.1 * np.abs(pulse).max())
    ends = np.concatenate((loud, [pulse.size + n_quiet]))
    gap = int(np.argmax(np.diff(ends) >= n_quiet))
    return float(min(ends[gap] + 1, pulse.size)) / rate_hz


def _centroid_hz(pulse: FloatArray, rate_hz: float) -> float:
    power = np.square(np.abs(np.fft.rfft(pulse * np.hanning(pulse.size))))
    return float(np.average(np.fft.rfftfreq(pulse.size, 1.0 / rate_hz), weights=power + np.finfo(np.float64).tiny))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recording:
    raw: FloatArray
    highpassed: FloatArray
    rate_hz: float
    rail: float
    scatter_db: float
    score: Score
    settings: OnsetSettings


def _onset(group: list[_Candidate], recording: _Recording) -> Onset:
    head, rate_hz, settings = group[0], recording.rate_hz, recording.settings
    pick = head.pick
    begin = max(0, math.floor(pick.start_sample))
    stretch = slice(begin, begin + max(8, round(PULSE_S * rate_hz)))
    pulse = recording.highpassed[stretch]
    rise_s = pick.rise_samples / rate_hz
    strongest = max(group, key=lambda one: one.pick.peak).pick
    bands = usable_bands(settings.score, rate_hz)
    steps = (
        (f"step_{low:.0f}_{high:.0f}_hz_db", recording.score.band_db[i, head.point])
        for i, (low, high) in enumerate(bands)
    )
    return Onset(
        time_s=pick.start_sample / rate_hz,
        sigma_s=timing_sigma_s(abs(pick.first_peak) / pick.noise, rise_s),
        snr_db=20.0 * math.log10(pick.peak / pick.noise),
        peak=pick.peak,
        duration_s=_duration_s(pulse, rate_hz),
        p_false=p_false_of(head.score_db, recording.scatter_db),
        clipped=_clipped(recording.raw[stretch], recording.rail, settings.min_clipped_samples),
        features=(
            ("score_db", head.score_db),
            *((name, float(value)) for name, value in steps),
            ("rise_s", rise_s),
            ("polarity", math.copysign(1.0, pick.first_peak)),
            ("centroid_hz", _centroid_hz(pulse, rate_hz)),
            ("n_merged", float(len(group) - 1)),
            ("strongest_lag_s", (strongest.start_sample - pick.start_sample) / rate_hz),
        ),
    )


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
    settings = settings or OnsetSettings()
    samples = np.asarray(samples, dtype=np.float64)
    if samples.ndim != 1:
        raise ValueError(f"samples must be one row, got shape {samples.shape}")
    n_bad = int(np.count_nonzero(~np.isfinite(samples)))
    if n_bad:
        raise ValueError(f"{n_bad} samples are not finite, the first at {int(np.argmax(~np.isfinite(samples)))}")
    if not usable_bands(settings.score, rate_hz):
        raise ValueError(f"{rate_hz} samples per second hold none of the bands {settings.score.bands_hz}")
    kernel_s = settings.score.before_s + settings.score.after_s
    if samples.size <= kernel_s * rate_hz or samples.max() == samples.min():
        return ()
    level = samples - samples.mean()
    score = step_score(level, rate_hz, settings.score)
    highpass = butter(2, settings.highpass_hz, "highpass", fs=rate_hz, output="sos")
    heard = score.score_db[score.score_db != 0.0]
    middle = float(np.median(heard)) if heard.size else 0.0
    recording = _Recording(
        raw=samples,
        highpassed=np.asarray(sosfilt(highpass, level), dtype=np.float64),
        rate_hz=rate_hz,
        rail=float(np.abs(samples).max()),
        scatter_db=1.4826 * float(np.median(np.abs(heard - middle))) if heard.size else 0.0,
        score=score,
        settings=settings,
    )
    groups = _merge(_candidates(score, recording.highpassed, rate_hz, settings), rate_hz, settings)
    return tuple(_onset(group, recording) for group in groups)
