"""Where the energy of a station's channels rises above what came just before: a running trigger.

Samples are pushed in pieces of any length; what is kept is a few tens of seconds, however long the recording, and the
cuts between pieces do not change the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt, sosfilt_zi
from scipy.stats import f as f_distribution

FloatArray = NDArray[np.float64]

TAIL_SHARE = 0.5
"""Noise of one bandwidth is counted as half as many independent values as Gaussian noise would hold (our choice)."""

ENOUGH_SHARE = 0.02
"""A band that is named earlier, because it times better, is preferred down to this share of the best band's ratio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerBand:
    """One band in which energy is compared, over which lengths."""

    name: str
    low_hz: float
    high_hz: float
    short_s: float = 0.3
    long_s: float = 3.0
    rows: tuple[int, ...] = (0,)
    """components whose energies are added"""
    at_ten_an_hour: float = 5.0
    tail: float = 2.0
    """how often in an hour gusts, steps and the like reach a ratio of 10, and the power by which that falls with the
    ratio. These figures are for the ground: 25 minutes of five of ObsPy's recordings, events aside, held three onsets
    above 10 and none above 20. LIMIT: a busy road or a mine makes many more; count them there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerSettings:
    """When a rise of energy counts."""

    bands: tuple[TriggerBand, ...]
    """in order of preference: those that time best first"""
    ratio_on: float = 6.0
    """short over long average at which a trigger begins; Gaussian noise alone does so less than once an hour"""
    ratio_off: float = 2.0
    """below which the next one may begin"""
    apart_s: float = 0.4
    """triggers of several bands closer than this are one"""
    before_s: float = 4.0
    after_s: float = 3.0
    """what is kept around a trigger to read its onset from"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Trigger:
    """One rise of energy, with the samples around it."""

    band: TriggerBand
    at_sample: int
    """from the start of the recording"""
    ratio: float
    """largest short over long average within a second"""
    p_false: float
    """probability that noise alone did it: noise triggers this strong in an hour, over one more than that"""
    first_sample: int
    """of the samples kept"""
    samples: FloatArray
    """(n_components, n) in a band twice as wide as the trigger's, causally filtered"""
    raw: FloatArray
    """(n_components, n) as recorded"""


class GroundTrigger:
    """The running trigger of one station."""

    def __init__(self, n_components: int, rate_hz: float, settings: TriggerSettings) -> None:
        """Prepare the filters.

        Raises:
            ValueError: The sampling rate holds none of the bands.
        """
        self._bands = tuple(b for b in settings.bands if b.low_hz < 0.35 * rate_hz)
        if not self._bands:
            raise ValueError(f"{rate_hz:g} samples per second hold none of the bands that are listened in")
        self._rate_hz, self._settings = rate_hz, settings
        tops = [min(b.high_hz, 0.45 * rate_hz) for b in self._bands]
        self._filters = [
            _Filter(butter(2, (b.low_hz, top), "bandpass", fs=rate_hz, output="sos"))
            for b, top in zip(self._bands, tops, strict=True)
        ]
        self._wide = [_wide_sos(b.low_hz, b.high_hz, rate_hz) for b in self._bands]
        self._sums = np.zeros((len(self._bands), 0))
        self._last_sum = np.zeros((len(self._bands), 1))
        self._raw = np.zeros((n_components, 0))
        self._first = self._end = 0
        self._on = [False] * len(self._bands)
        self._pending: list[tuple[int, int]] = []

    def push(self, samples: FloatArray) -> list[Trigger]:
        """Take the next samples, (n_components, n); returns the triggers that are complete, in order of time."""
        if samples.shape[1] == 0:
            return []
        energy = np.stack(
            [(f.run(samples[list(b.rows)]) ** 2).sum(axis=0) for b, f in zip(self._bands, self._filters, strict=True)]
        )
        self._sums = np.concatenate([self._sums, self._last_sum + np.cumsum(energy, axis=1)], axis=1)
        self._last_sum = self._sums[:, -1:]
        self._raw = np.concatenate([self._raw, samples], axis=1)
        begin, self._end = self._end, self._end + samples.shape[1]
        for row in range(len(self._bands)):
            self._pending += [(at, row) for at in self._rises(row, begin)]
        return self._complete(self._end - self._n(self._settings.after_s))

    def finish(self) -> list[Trigger]:
        """Return the triggers that were still waiting for samples when the recording ended."""
        return self._complete(self._end)

    @property
    def n_kept(self) -> int:
        """How many samples are held at present."""
        return self._end - self._first

    def _n(self, seconds: float) -> int:
        return round(seconds * self._rate_hz)

    def _ratio(self, row: int, begin: int, end: int) -> FloatArray:
        """Return the ratio at samples begin to end; 0 where too little, or nothing at all, came before."""
        band = self._bands[row]
        short, long = self._n(band.short_s), self._n(band.long_s)
        start = max(begin, self._first + short + long)
        if start >= end:
            return np.zeros(end - begin)
        at = np.arange(start, end) - self._first
        sums = self._sums[row]
        now = (sums[at] - sums[at - short]) / short
        then = (sums[at - short] - sums[at - short - long]) / long
        # A sum that grew beyond all bounds leaves rounding errors where nothing was added.
        floor = 1e-13 * sums[at]
        ratio = np.where(then > floor, now / np.maximum(then, floor + 1e-300), 0.0)
        return np.concatenate([np.zeros(start - begin), ratio])

    def _rises(self, row: int, begin: int) -> list[int]:
        ratio = self._ratio(row, begin, self._end)
        marks = np.where(ratio >= self._settings.ratio_on, 1, np.where(ratio < self._settings.ratio_off, -1, 0))
        turns = np.flatnonzero(marks)
        state = np.concatenate([[1 if self._on[row] else -1], marks[turns]])
        rises = turns[(state[1:] == 1) & (state[:-1] == -1)]
        self._on[row] = bool(state[-1] == 1)
        return [begin + int(at) for at in rises]

    def _complete(self, until: int) -> list[Trigger]:
        ready = sorted(p for p in self._pending if p[0] < until)
        self._pending = [p for p in self._pending if p[0] >= until]
        groups: list[list[tuple[int, int]]] = []
        for at, row in ready:
            if groups and at - groups[-1][0][0] <= self._n(self._settings.apart_s):
                groups[-1].append((at, row))
            else:
                groups.append([(at, row)])
        triggers = [self._trigger(sorted(g, key=lambda p: p[1]), g[0][0]) for g in groups]
        self._forget()
        return triggers

    def _trigger(self, group: list[tuple[int, int]], at: int) -> Trigger:
        strengths = [float(self._ratio(row, on, min(on + self._n(1.0), self._end)).max()) for on, row in group]
        # The first band named times best; a later one serves where the first sees far less.
        best = min(n for n, r in enumerate(strengths) if r >= ENOUGH_SHARE * max(strengths))
        row, ratio = group[best][1], strengths[best]
        first = max(0, at - self._n(self._settings.before_s))
        last = min(self._end, at + self._n(self._settings.after_s))
        return Trigger(
            band=self._bands[row],
            at_sample=at,
            ratio=ratio,
            p_false=chance_of_noise(self._bands[row], ratio, self._rate_hz),
            first_sample=first,
            samples=self._filtered(row, first, last),
            raw=self._raw[:, first - self._first : last - self._first].copy(),
        )

    def _filtered(self, row: int, first: int, last: int) -> FloatArray:
        """Filter the samples from first to last, with as much again before them for the filter to settle in."""
        warm = max(0, 2 * first - last)
        raw = self._raw[:, warm - self._first : last - self._first]
        return _Filter(self._wide[row]).run(raw)[:, first - warm :]

    def _forget(self) -> None:
        longest = max(b.short_s + b.long_s for b in self._bands)
        settle = 2.0 * self._settings.before_s + self._settings.after_s
        keep = self._n(max(longest, settle) + self._settings.after_s + 1.0)
        drop = max(0, min([self._end, *(at for at, _ in self._pending)]) - keep - self._first)
        self._sums, self._raw = self._sums[:, drop:], self._raw[:, drop:]
        self._first += drop


class _Filter:
    """A causal filter that goes on where it stopped."""

    def __init__(self, sos: FloatArray) -> None:
        self._sos = sos
        self._state: FloatArray | None = None

    def run(self, samples: FloatArray) -> FloatArray:
        if self._state is None:
            # As if the first sample had always stood there, so that an offset is no step.
            self._state = sosfilt_zi(self._sos)[:, None, :] * samples[:, :1][None]
        filtered, self._state = sosfilt(self._sos, samples, axis=1, zi=self._state)
        return np.asarray(filtered, dtype=np.float64)


def chance_of_noise(band: TriggerBand, ratio: float, rate_hz: float) -> float:
    """Return n / (1 + n), n being how often in an hour noise reaches a ratio in a band.

    The averages of squares of Gaussian noise of bandwidth B over T seconds hold 2 B T independent values of each
    component, so their ratio follows the F distribution. Real noise adds what has no such bound, counted in recordings:
    it falls as a power of the ratio.
    """
    width = min(band.high_hz, 0.45 * rate_hz) - band.low_hz
    values = 2.0 * width * len(band.rows) * TAIL_SHARE
    steady = 3600.0 / band.short_s * float(f_distribution.sf(ratio, values * band.short_s, values * band.long_s))
    n_an_hour: float = steady + band.at_ten_an_hour * (max(ratio, 0.1) / 10.0) ** -band.tail
    return n_an_hour / (1.0 + n_an_hour)


def _wide_sos(low_hz: float, high_hz: float, rate_hz: float) -> FloatArray:
    """Filter for reading onsets: an octave more at either end delays and smooths less."""
    top = 2.0 * high_hz
    if top < 0.45 * rate_hz:
        return np.asarray(butter(2, (low_hz / 2.0, top), "bandpass", fs=rate_hz, output="sos"))
    return np.asarray(butter(2, low_hz / 2.0, "highpass", fs=rate_hz, output="sos"))
