"""The onset engine, block by block: the same onsets however the sound is cut, in memory that does not grow.

Whatever comes in is gathered into stretches of one fixed length, so that every sum is formed in the same order; filters
carry their state from stretch to stretch, and everything else looks back or ahead by less than a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt, sosfilt_zi

from trucewatch.detect.impulse_score import (
    SILENCE_S,
    SILENCE_SHARE,
    band_step_db,
    blank,
    heard,
    local_maxima,
    usable_bands,
)
from trucewatch.detect.onset import Onset, OnsetSettings
from trucewatch.detect.onset_describe import Trigger, described
from trucewatch.detect.onset_merge import merged
from trucewatch.detect.onset_pick import pick_start
from trucewatch.detect.pulse_lobes import AHEAD_S

FloatArray = NDArray[np.float64]

STRETCH_S = 2.0
"""Length of one stretch, and how late a live listener is at most, beside AHEAD_S."""
SCATTER_S = 10.0
"""Over how long the restlessness of a place is measured."""
_SCATTER_STEP = 5
"""Every so many points of the raster make the spread: neighbours overlap and say the same."""
KEPT_S = 1.2
"""How much of the past is at hand: kernels, pickers and the shape of a pulse whose tail is still to come."""
_LATE_S = 0.012
"""How far before the last point of the raster a pulse may still start: the pick's search window and its foot."""
_APART_S = 0.004
"""Two points of the raster closer than this are one trigger."""
_SAME_S = 0.001
"""Two triggers whose edges lie closer than this are one pulse, the more sudden of the two."""


@dataclass(slots=True, kw_only=True)
class _Filter:
    """One recursive filter and its memory."""

    sos: FloatArray
    state: FloatArray | None = None

    def run(self, samples: FloatArray) -> FloatArray:
        """Filter the next samples; the first one counts as what went on before."""
        if self.state is None:
            self.state = sosfilt_zi(self.sos) * samples[0]
        out, self.state = sosfilt(self.sos, samples, zi=self.state)
        return np.asarray(out, dtype=np.float64)


class OnsetStream:
    """Finds onsets in one microphone's sound as it comes.

    The onsets of all `feed` calls and of `flush` together are those of `find_onsets` on the whole, to the last bit.
    """

    def __init__(self, rate_hz: float, settings: OnsetSettings | None = None) -> None:
        """Start with nothing heard.

        Args:
            rate_hz: Sampling rate; at least 1 kHz, or no band is left.
            settings: Bands, kernel and threshold.

        Raises:
            ValueError: The rate holds none of the bands.
        """
        self._settings = settings or OnsetSettings()
        self._rate_hz = rate_hz
        self._names = usable_bands(self._settings.score, rate_hz)
        if not self._names:
            raise ValueError(f"{rate_hz} samples per second hold none of the bands {self._settings.score.bands_hz}")
        highpass = butter(2, self._settings.highpass_hz, "highpass", fs=rate_hz, output="sos")
        bands = [butter(2, band, "bandpass", fs=rate_hz, output="sos") for band in self._names]
        self._filters = [_Filter(sos=sos) for sos in (highpass, *bands)]
        self._hop = max(1, round(self._settings.score.hop_s * rate_hz))
        self._waiting: list[FloatArray] = []
        self._n_waiting = 0
        self._kept = np.zeros((1 + len(self._filters), 0))
        """raw, high-passed and each band of the last KEPT_S"""
        self._from = 0
        """number of the first kept sample"""
        self._n_seen = 0
        self._rail = 0.0
        self._mean_power = np.zeros((len(bands), 1))
        self._next_point = 0
        self._scores = np.zeros((1 + len(bands), 0))
        """mean score and that of each band at the points that are not searched for maxima yet, and some before"""
        self._first_point = 0
        """number of the first of them"""
        self._searched = 0
        """how many of them were searched for maxima"""
        self._recent_db = np.zeros(0)
        self._triggers: list[Trigger] = []
        self._group: list[Onset] = []

    @property
    def n_held(self) -> int:
        """How many samples are kept or waiting; bounded whatever has gone through."""
        return self._kept.shape[1] + self._n_waiting

    def feed(self, samples: FloatArray) -> tuple[Onset, ...]:
        """Take the next samples and return the onsets that are now certain, in order of time.

        Args:
            samples: Of any number, any unit, shape (n,).

        Raises:
            ValueError: The samples are not one row of finite numbers.
        """
        samples = np.asarray(samples, dtype=np.float64)
        if samples.ndim != 1:
            raise ValueError(f"samples must be one row, got shape {samples.shape}")
        n_bad = int(np.count_nonzero(~np.isfinite(samples)))
        if n_bad:
            first = self._n_seen + self._n_waiting + int(np.argmax(~np.isfinite(samples)))
            raise ValueError(f"{n_bad} samples are not finite, the first at {first}")
        n_stretch, out = round(STRETCH_S * self._rate_hz), []
        begin = 0
        while self._n_waiting + samples.size - begin >= n_stretch:
            end = begin + n_stretch - self._n_waiting
            out += self._advance(np.concatenate((*self._waiting, samples[begin:end])), last=False)
            self._waiting, self._n_waiting, begin = [], 0, end
        if begin < samples.size:
            self._waiting.append(samples[begin:].copy())
            self._n_waiting += samples.size - begin
        return tuple(out)

    def flush(self) -> tuple[Onset, ...]:
        """Return the onsets that are left once no more sound comes; the stream is spent afterwards."""
        rest = np.concatenate((*self._waiting, np.zeros(0)))
        self._waiting, self._n_waiting = [], 0
        return tuple(self._advance(rest, last=True))

    def _advance(self, samples: FloatArray, *, last: bool) -> list[Onset]:
        if samples.size:
            self._keep(samples)
        if self._kept.shape[1]:
            self._score(last=last)
            self._trigger(last=last)
        onsets = self._emit(last=last)
        self._forget()
        return onsets

    def _keep(self, samples: FloatArray) -> None:
        rows = np.vstack([samples, *(each.run(samples) for each in self._filters)])
        self._kept = np.concatenate((self._kept, rows), axis=1)
        self._n_seen += samples.size
        self._rail = max(self._rail, float(np.abs(samples).max()))

    def _score(self, *, last: bool) -> None:
        """Score the points of the raster whose surroundings are known now."""
        score, rate_hz, hop = self._settings.score, self._rate_hz, self._hop
        ahead = round(score.after_s * rate_hz) + (0 if last else round(score.blank_s * rate_hz))
        points = np.arange(self._next_point, max(self._next_point, math.ceil((self._n_seen - ahead) / hop)))
        if points.size == 0:
            return
        at = points * hop - self._from
        missing = blank(self._kept[0], round(score.blank_s * rate_hz))
        sounding = (points * hop >= round(score.before_s * rate_hz)) & heard(missing, at, rate_hz, score)
        power = np.square(self._kept[2:])
        floors = self._floors(power, at)
        steps = np.array([band_step_db(p, at, f, rate_hz, score) for p, f in zip(power, floors, strict=True)])
        steps = np.where(sounding, steps, 0.0)
        self._scores = np.concatenate((self._scores, np.vstack([steps.mean(axis=0), steps])), axis=1)
        self._next_point = int(points[-1]) + 1

    def _floors(self, power: FloatArray, at: NDArray[np.int64]) -> FloatArray:
        """Return a share of the mean power of the last seconds before each point, by band, (n_bands, n_points)."""
        share = self._hop / (SILENCE_S * self._rate_hz)
        cells = np.add.reduceat(power[:, at[0] : at[-1] + self._hop], at - at[0], axis=1) / self._hop
        mean, _ = lfilter([share], [1.0, share - 1.0], cells, axis=1, zi=self._mean_power * (1.0 - share))
        before = np.concatenate((self._mean_power, mean[:, :-1]), axis=1)
        self._mean_power = mean[:, -1:]
        known = 1.0 - (1.0 - share) ** np.maximum(1.0, self._next_point + np.arange(at.size))
        return np.asarray(SILENCE_SHARE * before / known, dtype=np.float64)

    def _trigger(self, *, last: bool) -> None:
        """Read the leading edge at every maximum of the score that is certain."""
        n_apart = max(1, round(_APART_S / self._settings.score.hop_s))
        points = local_maxima(self._scores[0], self._settings.min_score_db, n_apart)
        n_old = self._searched
        n_certain = self._scores.shape[1] - (0 if last else n_apart)
        for point in points[(points >= n_old) & (points < n_certain)].tolist():
            trigger = self._read(point)
            if trigger is not None:
                self._triggers.append(trigger)
        self._triggers.sort(key=lambda one: one.start)
        self._recall(n_old, n_certain)
        cut = max(0, n_certain - n_apart - 1)
        self._scores, self._first_point = self._scores[:, cut:], self._first_point + cut
        self._searched = n_certain - cut

    def _recall(self, begin: int, end: int) -> None:
        new = self._scores[0, begin : max(begin, end)]
        n_most = round(SCATTER_S / self._settings.score.hop_s)
        self._recent_db = np.concatenate((self._recent_db, new[new != 0.0]))[-n_most:]

    def _scatter_db(self, point: int) -> float:
        new = self._scores[0, self._searched : point + 1]
        recent = np.concatenate((self._recent_db, new[new != 0.0]))[::_SCATTER_STEP]
        return 1.4826 * float(np.median(np.abs(recent - np.median(recent)))) if recent.size else 0.0

    def _read(self, point: int) -> Trigger | None:
        at = (self._first_point + point) * self._hop - self._from
        pick = pick_start(self._kept[1], at, self._rate_hz)
        if pick is None:
            return None
        return Trigger(
            score_db=float(self._scores[0, point]),
            steps_db=tuple(float(step) for step in self._scores[1:, point]),
            scatter_db=self._scatter_db(point),
            start=self._from + pick.start_sample,
            pick=pick,
        )

    def _emit(self, *, last: bool) -> list[Onset]:
        """Describe the pulses whose tail is known, and close the groups that nothing can join any more."""
        searched_s = (self._first_point + self._searched) * self._hop / self._rate_hz - _LATE_S
        known_s = math.inf if last else min(searched_s, self._n_seen / self._rate_hz - AHEAD_S)
        out: list[Onset] = []
        while self._triggers and self._triggers[0].start / self._rate_hz < known_s:
            one = self._triggers.pop(0)
            while self._triggers and self._triggers[0].start - one.start < _SAME_S * self._rate_hz:
                one = max(one, self._triggers.pop(0), key=lambda either: either.score_db)
            onset = described(
                one, self._kept, first=self._from, rail=self._rail, bands_hz=self._names, rate_hz=self._rate_hz
            )
            out += self._join(onset)
        if self._group and self._group[0].time_s + self._settings.merge_within_s < known_s:
            out += self._close()
        return out

    def _join(self, onset: Onset) -> list[Onset]:
        closed = []
        if self._group and onset.time_s - self._group[0].time_s >= self._settings.merge_within_s:
            closed = self._close()
        self._group.append(onset)
        while self._group[0].peak < self._settings.min_precursor_share * onset.peak:
            self._group.pop(0)
        return closed

    def _close(self) -> list[Onset]:
        closed, self._group = [merged(self._group)], []
        return closed

    def _forget(self) -> None:
        """Drop what nothing looks back at any more."""
        oldest = min([self._n_seen, *(math.floor(one.start) for one in self._triggers)])
        cut = max(0, oldest - round(KEPT_S * self._rate_hz) - self._from)
        self._kept, self._from = self._kept[:, cut:], self._from + cut
