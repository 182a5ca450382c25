"""Takes a channel's samples piece by piece and keeps of each second (or ten) a few numbers.

Memory grows with time and not with the samples, and the result does not depend on how a recording is cut into pieces.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.block_levels import Blocks, Sense, join, measure, too_large
from trucewatch.detect.clock_stamps import Stretch
from trucewatch.detect.fingerprints import WINDOW, Marks, marks_in
from trucewatch.model.observation import Waveform

FloatArray = NDArray[np.float64]

PIECE_SAMPLES = 1 << 20
"""samples that are worked on at once"""
LEAST_BLOCK_SHARE = 0.5
"""a rest of a block shorter than this is not measured; it counts as recorded all the same"""
_MARK_SPACING = 256
_MARKS_A_SECOND = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time, seconds since 1970."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Channel:
    """What was measured of one channel over a day."""

    sensor_id: str
    """of the sensor, or of the element of an array"""
    name: str
    """channel code as recorded"""
    unit: str
    rate_hz: float
    """of most of its samples"""
    rates_hz: tuple[float, ...]
    """every rate that occurs, ascending"""
    blocks: Blocks
    marks: Marks
    spans: tuple[Span, ...]
    """what was recorded, in order, overlaps joined"""
    stretches: tuple[Stretch, ...]
    n_beyond: int
    """samples of a size that no such sensor can give"""
    beyond_s: float | None
    """when the first of them came"""
    input_ids: tuple[str, ...]


@dataclass(slots=True, eq=False, kw_only=True)
class Meter:
    """Measures one channel; pieces must come in the order of their time."""

    sensor_id: str
    name: str
    sense: Sense
    start_s: float
    """of the time that is judged, seconds since 1970; samples outside are left out"""
    end_s: float
    counts_per_unit: float = 1.0
    """turns calibrated samples back into what the recorder wrote, so that the same counts are found at two sensors"""
    slow: bool = False
    """keep slow means, to compare the polarity of an array's elements"""
    _blocks: list[Blocks] = field(default_factory=list)
    _mark_times: list[FloatArray] = field(default_factory=list)
    _mark_codes: list[NDArray[np.uint64]] = field(default_factory=list)
    _stretches: list[Stretch] = field(default_factory=list)
    _samples_at: dict[float, int] = field(default_factory=dict)
    _inputs: set[str] = field(default_factory=set)
    _rest: FloatArray = field(default_factory=lambda: np.zeros(0))
    """samples of a block that is not full yet"""
    _tail: FloatArray = field(default_factory=lambda: np.zeros(0))
    """last samples, for windows that reach over the seam"""
    _n_beyond: int = 0
    _beyond_s: float | None = None
    _unit: str = "count"

    def add(self, waveform: Waveform) -> None:
        """Take in the next piece."""
        r = waveform.recording
        start_s = r.start.utc.timestamp()
        first = max(0, int(np.ceil((self.start_s - start_s) * r.rate_hz - 1e-6)))
        last = min(r.n_samples, int(np.ceil((self.end_s - start_s) * r.rate_hz - 1e-6)))
        if last <= first:
            return
        self._inputs.add(r.input_id)
        self._begin(start_s + first / r.rate_hz, r.rate_hz, r.unit)
        for at in range(first, last, PIECE_SAMPLES):
            self._take(waveform.samples[at : min(last, at + PIECE_SAMPLES)])

    def finish(self) -> Channel | None:
        """Return what was measured; None where nothing was recorded in the time."""
        if not self._stretches:
            return None
        self._flush()
        times, codes = self._mark_times, self._mark_codes
        order = np.argsort(np.concatenate(times), kind="stable") if times else np.zeros(0, dtype=np.int64)
        return Channel(
            sensor_id=self.sensor_id,
            name=self.name,
            unit=self._unit,
            rate_hz=max(sorted(self._samples_at), key=lambda rate: self._samples_at[rate]),
            rates_hz=tuple(sorted(self._samples_at)),
            blocks=join(self._blocks),
            marks=Marks(
                time_s=np.concatenate(times)[order] if times else np.zeros(0),
                code=np.concatenate(codes)[order] if codes else np.zeros(0, dtype=np.uint64),
            ),
            spans=joined([Span(start_s=s.start_s, end_s=s.end_s) for s in self._stretches]),
            stretches=tuple(self._stretches),
            n_beyond=self._n_beyond,
            beyond_s=self._beyond_s,
            input_ids=tuple(sorted(self._inputs)),
        )

    def _begin(self, start_s: float, rate_hz: float, unit: str) -> None:
        """Go on with the stretch that is open, or close it and open another."""
        self._unit = unit
        if self._stretches:
            last = self._stretches[-1]
            if last.rate_hz == rate_hz and abs(last.end_s - start_s) <= 0.5 / rate_hz:
                return
            self._flush()
        self._stretches.append(Stretch(start_s=start_s, n_samples=0, rate_hz=rate_hz))
        self._rest, self._tail = np.zeros(0), np.zeros(0)

    def _take(self, samples: FloatArray) -> None:
        open_one = self._stretches[-1]
        self._mark(samples, open_one)
        self._count_beyond(samples, open_one)
        m = max(2, round(self.sense.block_s * open_one.rate_hz))
        waiting = np.concatenate((self._rest, samples)) if len(self._rest) else samples
        n, begun = len(waiting) // m, open_one.n_samples - len(self._rest)
        if n:
            self._measure(waiting[: n * m].reshape(n, m), begun, open_one)
        self._rest = waiting[n * m :].copy()
        rate, total = open_one.rate_hz, open_one.n_samples + len(samples)
        self._stretches[-1] = Stretch(start_s=open_one.start_s, n_samples=total, rate_hz=rate)
        self._samples_at[rate] = self._samples_at.get(rate, 0) + len(samples)

    def _measure(self, rows: FloatArray, begun: int, stretch: Stretch) -> None:
        m = rows.shape[1]
        middle = stretch.start_s + (begun + m * (np.arange(len(rows)) + 0.5)) / stretch.rate_hz
        self._blocks.append(measure(rows, middle, stretch.rate_hz, self._unit, self.sense, slow=self.slow))

    def _flush(self) -> None:
        """Measure the rest of a block, where it is long enough to say something."""
        stretch = self._stretches[-1]
        if len(self._rest) >= max(2.0, LEAST_BLOCK_SHARE * self.sense.block_s * stretch.rate_hz):
            self._measure(self._rest[None, :], stretch.n_samples - len(self._rest), stretch)
        self._rest = np.zeros(0)

    def _mark(self, samples: FloatArray, stretch: Stretch) -> None:
        raw = samples if self.counts_per_unit == 1.0 else np.rint(samples * self.counts_per_unit)
        seamed = np.concatenate((self._tail, raw))
        spacing = max(_MARK_SPACING, round(stretch.rate_hz / _MARKS_A_SECOND))
        index, code = marks_in(seamed, spacing)
        self._mark_times.append(stretch.start_s + (stretch.n_samples - len(self._tail) + index) / stretch.rate_hz)
        self._mark_codes.append(code)
        self._tail = seamed[len(seamed) - min(len(seamed), WINDOW - 1) :].copy()

    def _count_beyond(self, samples: FloatArray, stretch: Stretch) -> None:
        beyond = np.flatnonzero(np.abs(samples) > too_large(self._unit))
        if len(beyond) and self._beyond_s is None:
            self._beyond_s = stretch.start_s + (stretch.n_samples + int(beyond[0])) / stretch.rate_hz
        self._n_beyond += len(beyond)


def joined(spans: list[Span]) -> tuple[Span, ...]:
    """Join spans that touch or overlap."""
    out: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start_s, s.end_s)):
        if out and span.start_s <= out[-1].end_s + 1e-6:
            out[-1] = Span(start_s=out[-1].start_s, end_s=max(out[-1].end_s, span.end_s))
        else:
            out.append(span)
    return tuple(out)


def within_s(spans: tuple[Span, ...], start_s: float, end_s: float) -> float:
    """Return the seconds of spans that lie in a stretch."""
    return sum(max(0.0, min(s.end_s, end_s) - max(s.start_s, start_s)) for s in spans)
