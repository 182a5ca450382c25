"""Onsets at one station: triggered, refined, and described; a running reader of one or three components.

The same reader serves seismometers and single infrasound channels, with other bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.ground_pick import GroundPick, refine
from trucewatch.detect.ground_trigger import GroundTrigger, Trigger, TriggerBand, TriggerSettings
from trucewatch.detect.particle_motion import Motion, particle_motion
from trucewatch.detect.wood_anderson import wood_anderson_peak

FloatArray = NDArray[np.float64]

P_BAND = TriggerBand(name="p", low_hz=6.0, high_hz=16.0)
S_BAND = TriggerBand(name="s", low_hz=6.0, high_hz=14.0, rows=(1, 2))
"""Dando et al. 2023, doi 10.1038/s41586-023-06416-7: P 6-16 Hz, S 6-14 Hz, 0.3 s over 3 s"""
LOW_BAND = TriggerBand(name="low", low_hz=1.5, high_hz=6.0, short_s=1.0, long_s=10.0)
"""for large or distant events, whose high frequencies the path has taken"""
FLAT_SAMPLES, MANY_STEPS = 3, 50
"""How many equal samples at the rail mean a full converter, and how many times the smallest step the swing must be."""
PIECE_S = 120.0
"""How much of a long recording is worked on at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingSettings:
    """What counts as an onset worth reporting."""

    trigger: TriggerSettings = field(default_factory=lambda: TriggerSettings(bands=(P_BAND, LOW_BAND)))
    most_p_false: float = 0.88
    """an onset that noise explains so much better is left out: what is weighed later must still be there"""
    most_p_false_after: float = 0.92
    """the same for what follows a firm onset"""
    firm_p_false: float = 0.5
    follows_s: float = 60.0
    """how long after a firm onset a weaker one may be its S, Lg or surface wave"""
    least_snr_db: float = 3.0
    most_sigma_s: float = 0.6
    apart_s: float = 0.25
    """onsets closer than this are one"""
    second_within_s: float = 2.5
    second_gain_db: float = 5.0
    """how much the sideways energy must grow within second_within_s after an onset to be a wave of its own"""


def three_component() -> ReadingSettings:
    """Return settings for vertical, north and east: S is looked for sideways."""
    low = TriggerBand(name="low", low_hz=1.5, high_hz=6.0, short_s=1.0, long_s=10.0, rows=(0, 1, 2))
    return ReadingSettings(trigger=TriggerSettings(bands=(P_BAND, S_BAND, low)))


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundOnset:
    """One onset at one station."""

    time_s: float
    """from the first sample"""
    sigma_s: float
    snr_db: float
    p_false: float
    band: TriggerBand
    ratio: float
    peak: float
    """largest excursion of any component within half a second, unit of the samples"""
    middle_hz: float
    """number of sign changes over twice the half second after the onset"""
    rise_s: float
    """until half of the largest excursion within two seconds"""
    wood_anderson: float
    """largest displacement that a Wood-Anderson instrument without gain would have drawn within two seconds, of the
    sideways components or the only one: the samples' unit times seconds, for samples of velocity"""
    clipped: bool
    """whether a component sits flat at its largest or smallest value after the onset"""
    motion: Motion | None
    """of three components"""


class GroundReader:
    """Reads onsets from samples as they come; keeps some tens of seconds."""

    def __init__(self, n_components: int, rate_hz: float, settings: ReadingSettings) -> None:
        """Prepare.

        Raises:
            ValueError: The sampling rate holds none of the bands, or neither one nor three components.
        """
        if n_components not in (1, 3):
            raise ValueError(f"{n_components} components; expected 1, or 3 (vertical, north, east)")
        self._trigger = GroundTrigger(n_components, rate_hz, settings.trigger)
        self._rate_hz, self._settings = rate_hz, settings
        self._last_s = self._firm_s = -np.inf

    def push(self, samples: FloatArray) -> list[GroundOnset]:
        """Take the next samples, (n_components, n)."""
        return [onset for t in self._trigger.push(samples) for onset in self._onsets(t)]

    def finish(self) -> list[GroundOnset]:
        """Return what was still waiting for samples."""
        return [onset for t in self._trigger.finish() for onset in self._onsets(t)]

    def _onsets(self, trigger: Trigger) -> list[GroundOnset]:
        first = self._read(trigger, trigger.at_sample, self._last_s)
        if first is None or not self._worth(first):
            return []
        self._last_s = first.time_s
        if first.p_false < self._settings.firm_p_false:
            self._firm_s = first.time_s
        second = self._second(trigger, first)
        if second is None:
            return [first]
        self._last_s = second.time_s
        return [first, second]

    def _worth(self, onset: GroundOnset) -> bool:
        s = self._settings
        sound = onset.snr_db >= s.least_snr_db and onset.sigma_s <= s.most_sigma_s
        most = s.most_p_false_after if onset.time_s - self._firm_s < s.follows_s else s.most_p_false
        return sound and onset.p_false < most and onset.time_s - self._last_s >= s.apart_s

    def _read(self, trigger: Trigger, at_sample: int, after_s: float) -> GroundOnset | None:
        """Refine a trigger on the component that moves most in its band."""
        start = (
            max(0, round((after_s + self._settings.apart_s / 2) * self._rate_hz) - trigger.first_sample)
            if (np.isfinite(after_s))
            else 0
        )
        guess = at_sample - trigger.first_sample
        if guess - start < 5:
            return None
        strongest = int(np.argmax((trigger.samples[:, guess : guess + self._n(0.3)] ** 2).sum(axis=1)))
        pick = refine(trigger.samples[strongest, start:], guess - start, self._rate_hz, self._wide_hz(trigger.band))
        return None if pick is None else self._described(trigger, pick, start)

    def _second(self, trigger: Trigger, first: GroundOnset) -> GroundOnset | None:
        """Look for a wave that moves sideways so soon after the first that the trigger is still on."""
        s, at = self._settings, round(first.time_s * self._rate_hz) - trigger.first_sample
        if len(trigger.samples) != 3:
            return None
        sideways = (trigger.samples[1:, at : at + self._n(s.second_within_s)] ** 2).sum(axis=0)
        sums = np.concatenate([[0.0], np.cumsum(sideways)])
        step = self._n(0.3)
        at_each = np.arange(step, len(sideways) - step)
        if len(at_each) < 3:
            return None
        growth = (sums[at_each + step] - sums[at_each]) / np.maximum(sums[at_each] - sums[at_each - step], 1e-300)
        best = int(np.argmax(growth))
        if 10.0 * np.log10(max(float(growth[best]), 1e-30)) < s.second_gain_db:
            return None
        band = TriggerBand(name="s", low_hz=trigger.band.low_hz, high_hz=trigger.band.high_hz, rows=(1, 2))
        again = Trigger(
            band=band,
            at_sample=trigger.at_sample,
            ratio=float(growth[best]),
            p_false=trigger.p_false,
            first_sample=trigger.first_sample,
            samples=trigger.samples,
            raw=trigger.raw,
        )
        found = self._read(again, trigger.first_sample + at + step + best, first.time_s)
        return found if found is not None and self._worth(found) else None

    def _described(self, trigger: Trigger, pick: GroundPick, start: int) -> GroundOnset:
        at = start + round(pick.at_sample)
        samples, half = trigger.samples, self._n(0.5)
        after = samples[:, at : at + self._n(2.0)]
        size = np.abs(after).max(axis=0)
        largest = float(size.max(initial=0.0))
        lead = samples[trigger.band.rows[0], at : at + half]
        window = min(half, self._n(2.0 / np.sqrt(trigger.band.low_hz * trigger.band.high_hz)))
        low, high = self._wide_hz(trigger.band)
        motion = None
        if len(samples) == 3 and len(lead) >= 8:
            before = samples[:, max(0, at - self._n(2.0)) : max(1, at - self._n(0.05))]
            independent = 2.0 * (high - low) * window / self._rate_hz
            noise = float((before**2).mean()) if before.size else 0.0
            motion = particle_motion(samples[:, at : at + window], independent, noise)
        return GroundOnset(
            time_s=(trigger.first_sample + start + pick.at_sample) / self._rate_hz,
            sigma_s=pick.sigma_samples / self._rate_hz,
            snr_db=pick.snr_db,
            p_false=trigger.p_false,
            band=trigger.band,
            ratio=trigger.ratio,
            peak=float(size[:half].max(initial=0.0)),
            middle_hz=float(np.count_nonzero(np.diff(np.signbit(lead)))) / (2.0 * max(len(lead), 1) / self._rate_hz),
            rise_s=float(np.argmax(size >= 0.5 * largest)) / self._rate_hz,
            wood_anderson=wood_anderson_peak(
                trigger.raw[1:] if len(samples) == 3 else trigger.raw, at, at + self._n(2.0), self._rate_hz
            ),
            clipped=any(flat_topped(row[at : at + self._n(2.0)]) for row in trigger.raw),
            motion=motion,
        )

    def _n(self, seconds: float) -> int:
        return round(seconds * self._rate_hz)

    def _wide_hz(self, band: TriggerBand) -> tuple[float, float]:
        return band.low_hz / 2.0, min(2.0 * band.high_hz, 0.45 * self._rate_hz)


def read_onsets(
    samples: FloatArray, rate_hz: float, settings: ReadingSettings | None = None
) -> tuple[GroundOnset, ...]:
    """Return the onsets in one stretch of one station, in order of time.

    Args:
        samples: (n_components, n): one component, or vertical, north and east.
        rate_hz: Sampling rate.
        settings: None: those for the number of components.

    Raises:
        ValueError: A sample is not finite, the rate holds none of the bands, or the components are neither one nor
            three.
    """
    n_bad = int(np.count_nonzero(~np.isfinite(samples)))
    if n_bad:
        raise ValueError(f"{n_bad} samples are not finite")
    settings = settings or (three_component() if len(samples) == 3 else ReadingSettings())
    reader, found = GroundReader(len(samples), rate_hz, settings), list[GroundOnset]()
    piece = max(1, round(PIECE_S * rate_hz))
    for begin in range(0, samples.shape[1], piece):
        found += reader.push(samples[:, begin : begin + piece])
    return in_order([*found, *reader.finish()])


def flat_topped(raw: FloatArray) -> bool:
    """Say whether samples stay at their largest or smallest value for three in a row, as a full converter does.

    A channel that moves by few steps does so by itself, so the swing must be many times the smallest step.
    """
    if len(raw) < FLAT_SAMPLES or raw.max() == raw.min():
        return False
    steps = np.abs(np.diff(raw))
    if raw.max() - raw.min() < MANY_STEPS * steps[steps > 0].min():
        return False
    for extreme in (raw.max(), raw.min()):
        at_rail = np.convolve(raw == extreme, np.ones(FLAT_SAMPLES), mode="valid")
        if at_rail.max() == FLAT_SAMPLES:
            return True
    return False


def in_order(onsets: Sequence[GroundOnset]) -> tuple[GroundOnset, ...]:
    """Return onsets by time."""
    return tuple(sorted(onsets, key=lambda o: (o.time_s, o.band.name)))
