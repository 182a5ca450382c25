"""All that one microphone's recording says about each onset: when, which wave, of what cause, in which burst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.bursts import SAME_S, Burst, find_bursts
from trucewatch.detect.echoes import p_direct
from trucewatch.detect.onset import Onset, OnsetSettings
from trucewatch.detect.onset_merge import group, merged
from trucewatch.detect.onsets import find_onsets
from trucewatch.detect.similarity import prepared
from trucewatch.detect.sound_causes import causes
from trucewatch.detect.waves import Waves, label
from trucewatch.model.detection import CauseProbability
from trucewatch.model.vocabulary import CountQuality

FloatArray = NDArray[np.float64]

ROUND_P = 0.95
"""How probably a pulse came straight that is like other rounds of its burst and follows none by an echo's lag."""
AFTER_S = 1.5
"""How long after its last round an onset still belongs to a burst, as one of its echoes."""
QUALITY = {CountQuality.EXACT: 1.0, CountQuality.AT_LEAST: 0.5, CountQuality.OVERLAPPING: 0.0}
"""How `burst_quality` is to be read: counted, at least so many, weapons that overlap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One onset with what it may be."""

    onset: Onset
    waves: Waves
    causes: tuple[CauseProbability, ...]
    burst: Burst | None
    """the rounds that it belongs to, be it as an echo of theirs"""

    @property
    def burst_figures(self) -> tuple[tuple[str, float], ...]:
        """Named figures of the burst, for whoever joins sensors; none where it belongs to none."""
        if self.burst is None:
            return ()
        count = self.burst.count
        figures = [
            ("burst_rounds", float(count.best or 0)),
            ("burst_rounds_low", float(count.low)),
            ("burst_quality", QUALITY[count.quality]),
            ("burst_weapons", float(self.burst.n_weapons)),
        ]
        if count.high is not None:
            figures.append(("burst_rounds_high", float(count.high)))
        if self.burst.rate_per_min is not None and self.burst.rate_sigma_per_min is not None:
            figures.append(("burst_rate_per_min", self.burst.rate_per_min))
            figures.append(("burst_rate_sigma_per_min", self.burst.rate_sigma_per_min))
        return tuple(figures)


def listen(samples: FloatArray, rate_hz: float, settings: OnsetSettings | None = None) -> tuple[Heard, ...]:
    """Return every onset of a recording with what it may be, in order of time.

    Args:
        samples: One microphone, shape (n,), any unit.
        rate_hz: Sampling rate.
        settings: Trigger and merging.

    Raises:
        ValueError: As find_onsets.
    """
    settings = settings or OnsetSettings()
    pulses = find_onsets(samples, rate_hz, replace(settings, merge_within_s=0.0))
    if not pulses:
        return ()
    straight = p_direct(pulses)
    bursts = find_bursts(pulses, straight.tolist(), prepared(np.asarray(samples, dtype=np.float64), rate_hz), rate_hz)
    why = causes(pulses)
    waves = label(pulses, _confirmed(pulses, straight, bursts).tolist(), why)
    return _merged(pulses, waves, why, bursts, settings)


def _confirmed(pulses: Sequence[Onset], straight: FloatArray, bursts: Sequence[Burst]) -> FloatArray:
    """Raise the probability of pulses that turned out to be rounds of a burst."""
    rounds_s = np.array([at for burst in bursts if len(burst.rounds_s) > 1 for at in burst.rounds_s])
    if rounds_s.size == 0:
        return straight
    ordered = np.sort(rounds_s)
    time_s = np.array([one.time_s for one in pulses])
    after = np.minimum(np.searchsorted(ordered, time_s), ordered.size - 1)
    nearest = np.minimum(np.abs(ordered[after] - time_s), np.abs(ordered[np.maximum(after - 1, 0)] - time_s))
    return np.where(nearest < SAME_S, np.maximum(straight, ROUND_P), straight)


def _merged(
    pulses: Sequence[Onset],
    waves: Sequence[Waves],
    why: Sequence[tuple[CauseProbability, ...]],
    bursts: Sequence[Burst],
    settings: OnsetSettings,
) -> tuple[Heard, ...]:
    """Merge what follows too soon to be a round, but never a muzzle blast into the shock wave before it."""
    place = {one.time_s: i for i, one in enumerate(pulses)}
    begin_pair = [i for i, each in enumerate(waves) if each.blast_after_shock_s is not None]
    blasts_s = {pulses[i].time_s + (waves[i].blast_after_shock_s or 0.0) for i in begin_pair}
    apart = {pulses[i].time_s for i in begin_pair} | {one.time_s for one in pulses if _among(one.time_s, blasts_s)}
    groups = group(pulses, settings, lambda one: one.time_s in apart)
    heads = [(merged(members), place[members[0].time_s]) for members in groups]
    return tuple(
        Heard(onset=onset, waves=waves[i], causes=why[i], burst=_burst_of(onset.time_s, bursts)) for onset, i in heads
    )


def _among(time_s: float, moments_s: set[float]) -> bool:
    return any(abs(time_s - moment) < 1e-9 for moment in moments_s)


def _burst_of(time_s: float, bursts: Sequence[Burst]) -> Burst | None:
    held = (one for one in bursts if one.rounds_s[0] - SAME_S <= time_s <= one.rounds_s[-1] + AFTER_S)
    return next(held, None)
