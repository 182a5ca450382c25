"""An array listened to block by block: the same code for an archive of months and for live data.

Blocks of any length come in for each element; beams, arrivals, lasting sources and faults of elements come out as soon
as nothing later can change them. How the record was cut into blocks makes no difference. Memory is bounded by the wait
for the slowest element, one batch of windows and the history, whatever the length of the record.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.array_heard import Heard, StreamSettings, together
from trucewatch.detect.array_shape import shared_places
from trucewatch.detect.arrivals import Arrival, ArrivalFinder
from trucewatch.detect.beam import MIN_ELEMENTS, beamform
from trucewatch.detect.beam_windows import BeamWindows, in_order, windows_of
from trucewatch.detect.element_buffer import ElementBuffer, OutOfOrderError
from trucewatch.detect.element_clocks import ElementClocks
from trucewatch.detect.families import FamilyBuilder
from trucewatch.detect.fault_log import FaultLog
from trucewatch.detect.noise_curve import noise_curve
from trucewatch.detect.persistent import PersistentWatch
from trucewatch.detect.steering import BeamSettings
from trucewatch.detect.window_masks import FAULTS, WORDS, window_faults

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

BATCH_BYTES = 64 * 2**20
"""Largest batch of windows, as samples."""

P_COHERENT = 1e-3
"""Windows whose F independent noise reaches this seldom are used to check the clocks of the elements."""

CLOCK_WINDOWS = 40
"""Most windows of a batch that are used for it."""


class ArrayStream:
    """Listens to one array; feed it blocks in order of time for each element, then flush it."""

    def __init__(self, offsets_m: FloatArray, rate_hz: float, settings: StreamSettings | None = None) -> None:
        """Start at time 0 with nothing heard.

        Args:
            offsets_m: Element positions, (n_elements, 2) east and north or (n_elements, 3) with height.
            rate_hz: Sampling rate of the stream; elements of another rate are left out.
            settings: Bands, thresholds, batches.

        Raises:
            ValueError: If there are fewer than three elements, or a band lies above half the sampling rate.
        """
        self._settings = settings or StreamSettings()
        self._offsets_m = np.asarray(offsets_m, dtype=np.float64)
        self._rate_hz = rate_hz
        if len(self._offsets_m) < MIN_ELEMENTS:
            raise ValueError(f"{len(self._offsets_m)} elements; an array needs at least {MIN_ELEMENTS}")
        top_hz = max(b.band_hz[1] for b in self._settings.bands)
        if top_hz > rate_hz / 2.0:
            raise ValueError(f"band up to {top_hz} Hz needs more than {rate_hz} samples per second")
        first = self._settings.bands[0]
        self._window_s, self._step_s = first.window_s, first.step_s
        # Both ends of the window count, as in `Steering`.
        self._n_window = round(first.window_s * rate_hz) + 1
        fits = BATCH_BYTES // (8 * len(self._offsets_m) * self._n_window)
        self._batch = max(1, min(self._settings.batch_windows, fits))
        self._next = 0
        self._buffers = [ElementBuffer() for _ in self._offsets_m]
        self._lost: set[int] = set()
        self._faults = FaultLog(pause_s=60.0)
        self._clocks = ElementClocks(
            self._offsets_m, rate_hz, first.band_hz, 3.0 * first.position_sigma_m / first.sound_speed_m_s
        )
        self._watch = PersistentWatch(self._settings.persistent)
        self._families = FamilyBuilder(gap_s=first.step_s, widest_hz=first.band_hz)
        self._finders = [
            ArrivalFinder(
                window_s=b.window_s,
                step_s=b.step_s,
                band_hz=b.band_hz,
                settings=self._settings.arrivals,
                n_bands=len(self._settings.bands),
            )
            for b in self._settings.bands
        ]

    def feed(self, element: int, start_s: float, samples: FloatArray, rate_hz: float | None = None) -> Heard:
        """Take a block of one element; returns what has become final by it.

        A block that cannot be taken (out of order, too late, another rate, too far ahead) is named in the faults.

        Args:
            element: Row of the element.
            start_s: Time of the first sample, from the start of the stream.
            samples: (n,), any unit; NaN where there is none.
            rate_hz: Its sampling rate, where that is not the stream's.

        Raises:
            ValueError: If the array has no such element, or the block is not one row of samples.
        """
        samples = np.asarray(samples, dtype=np.float64)
        if not 0 <= element < len(self._buffers):
            raise ValueError(f"element {element} of an array of {len(self._buffers)}")
        if samples.ndim != 1:
            raise ValueError(f"a block is one row of samples, got shape {samples.shape}")
        self._take(element, start_s, samples, rate_hz or self._rate_hz)
        parts = []
        self._skip_silence()
        while self._ready():
            parts.append(self._do_batch(self._batch))
            self._skip_silence()
        return together([*parts, Heard(faults=self._faults.take(self._time_s(self._next)))])

    def feed_together(self, start_s: float, samples: FloatArray) -> Heard:
        """Take a block of all elements, of any length; returns what has become final by it.

        Args:
            start_s: Time of the first sample, from the start of the stream.
            samples: (n_elements, n), NaN where there is none.
        """
        # No element may run ahead of the others by more than the stream waits for them.
        n_turn = max(1, int(self._settings.max_wait_s * self._rate_hz / 2.0))
        return together(
            [
                self.feed(element, start_s + first / self._rate_hz, channel[first : first + n_turn])
                for first in range(0, samples.shape[1], n_turn)
                for element, channel in enumerate(samples)
            ]
        )

    def flush(self) -> Heard:
        """End the stream; returns everything that was still open."""
        parts = []
        while (left := self._n_left()) > 0:
            parts.append(self._do_batch(min(left, self._batch)))
            self._skip_silence()
        arrivals = [a for f in self._finders for a in f.flush()]
        faults = self._faults.take()
        last = Heard(arrivals=self._given(arrivals, np.inf), persistent=tuple(self._watch.flush()), faults=faults)
        return together([*parts, last])

    @property
    def n_held(self) -> int:
        """Samples in memory."""
        return sum(b.n_held for b in self._buffers)

    def _take(self, element: int, start_s: float, samples: FloatArray, rate_hz: float) -> None:
        end_s = start_s + samples.size / rate_hz
        buffer = self._buffers[element]
        if abs(rate_hz / self._rate_hz - 1.0) > 1e-6:
            why = f"{rate_hz:g} samples per second where the others have {self._rate_hz:g}"
            self._faults.add(element, "rate", why, start_s, end_s)
            return
        first = round(start_s * self._rate_hz)
        samples = samples[max(0, -first) :]
        try:
            buffer.feed(max(first, 0), samples)
        except OutOfOrderError as refusal:
            late_s = (self._number(self._next) - first) / self._rate_hz
            why = f"block refused: {refusal}" + (f" ({late_s:.0f} s late)" if late_s > 0 else "")
            self._faults.add(element, "order", why, start_s, end_s)
            return
        if (buffer.reach or 0) >= self._number(self._next):
            self._lost.discard(element)
        if buffer.n_held > self._most_held:
            lost = buffer.drop_held()
            others_s = self._front() / self._rate_hz
            why = f"ahead of the other elements by {end_s - others_s:.0f} s: wrong clock, or blocks not fed in turn"
            self._faults.add(element, "ahead", why, lost[0] / self._rate_hz, lost[1] / self._rate_hz)

    @property
    def _most_held(self) -> int:
        """Samples of one element that are kept at most: a batch, the wait on both sides, and a block in hand."""
        span_s = self._batch * self._step_s + self._window_s + 2.0 * self._settings.max_wait_s
        return int(max(2.0 * span_s, span_s + 3600.0) * self._rate_hz)

    def _number(self, window: int) -> int:
        """Return the number of the first sample of a window."""
        return round(window * self._step_s * self._rate_hz)

    def _time_s(self, window: int) -> float:
        """Return the middle of a window."""
        return (self._number(window) + (self._n_window - 1) / 2.0) / self._rate_hz

    def _reaches(self) -> list[int]:
        return sorted((b.reach or 0 for b in self._buffers), reverse=True)

    def _front(self) -> int:
        """Return the sample up to which enough elements for a beam have come."""
        return self._reaches()[MIN_ELEMENTS - 1]

    def _ready(self) -> bool:
        """Say whether the next batch can be done: every element has come, or enough have and the others are late."""
        end = self._number(self._next + self._batch - 1) + self._n_window
        slowest = min((b.reach or 0 for k, b in enumerate(self._buffers) if k not in self._lost), default=0)
        enough = self._front() >= end
        return enough and (slowest >= end or self._front() >= end + self._settings.max_wait_s * self._rate_hz)

    def _skip_silence(self) -> None:
        """Pass over batches of which nobody has a sample or can still bring one: a gap of years costs no time."""
        if self._front() < self._number(self._next + self._batch) + self._n_window:
            return
        held = [b.first_held for b in self._buffers if b.first_held is not None]
        if held:
            room = min(held) - self._n_window - self._settings.max_wait_s * self._rate_hz
            n_batches = int(room / self._rate_hz / self._step_s - self._next) // self._batch
            self._next += max(n_batches, 0) * self._batch

    def _n_left(self) -> int:
        """Return how many whole windows are left at the end of the stream."""
        last = self._front() - self._n_window
        left = int(last / (self._step_s * self._rate_hz) + 1e-9) + 1 - self._next if last >= 0 else 0
        return max(left, 0)

    def _do_batch(self, n: int) -> Heard:
        number = np.arange(self._next, self._next + n, dtype=np.int64)
        first = self._number(self._next)
        starts = np.array([self._number(int(k)) - first for k in number], dtype=np.int64)
        samples = np.stack([b.cut(first, first + int(starts[-1]) + self._n_window) for b in self._buffers])
        self._next += n
        for element, b in enumerate(self._buffers):
            b.drop_before(self._number(self._next))
            # Nobody waits twice for an element that has stopped; it is back with its next block that is in time.
            if (b.reach or 0) < first + int(starts[-1]) + self._n_window:
                self._lost.add(element)
        usable = self._usable(samples, starts, number)
        beams = self._beams(samples, starts, number, usable)
        if beams and self._clocks_changed(samples, starts, number, usable, beams[0]):
            beams = self._beams(samples, starts, number, usable)
        self._log_left_out(number)
        if not beams:
            return Heard()
        persistent = self._watch.feed(beams[0])
        found = [a for f, w in zip(self._finders, beams, strict=True) for a in f.feed(w)]
        settled_s = min(f.settled_s for f in self._finders)
        return Heard(
            arrivals=self._given(found, settled_s), persistent=tuple(persistent), beams=beams, n_windows=len(beams[0])
        )

    def _given(self, found: list[Arrival], settled_s: float) -> tuple[Arrival, ...]:
        return tuple(a for a in self._families.feed(found, settled_s) if not self._watch.absorbs(a))

    def _usable(self, samples: FloatArray, starts: IntArray, number: IntArray) -> BoolArray:
        """Return which elements can be used in which windows, (n_elements, n_windows), and log why not."""
        settings = self._settings.bands[0]
        faults = window_faults(
            samples,
            starts,
            self._n_window,
            self._rate_hz,
            max_gap_s=settings.max_gap_s,
            max_clipped_share=settings.max_clipped_share,
        )
        heard = np.count_nonzero(~faults["missing"], axis=0) >= MIN_ELEMENTS
        for kind in FAULTS:
            for element, window in zip(*np.nonzero(faults[kind]), strict=True):
                # A stretch that the array did not record is no fault of an element.
                if kind != "missing" or heard[window]:
                    self._log(int(element), kind, WORDS[kind], int(number[window]))
        for element in self._clocks.left_out:
            faults["missing"][element] = True
        return ~(faults["missing"] | faults["stuck"] | faults["clipped"])

    def _log(self, element: int, kind: str, why: str, window: int) -> None:
        start_s = self._number(window) / self._rate_hz
        self._faults.add(element, kind, why, start_s, start_s + self._window_s)

    def _log_left_out(self, number: IntArray) -> None:
        for element in self._clocks.left_out:
            self._faults.add(
                element,
                "clock",
                "left out for its clock",
                self._number(int(number[0])) / self._rate_hz,
                self._number(int(number[-1])) / self._rate_hz + self._window_s,
            )

    def _beams(
        self, samples: FloatArray, starts: IntArray, number: IntArray, usable: BoolArray
    ) -> tuple[BeamWindows, ...]:
        """Return the beams of each band, windows with the same elements together."""
        keys, group = np.unique(usable, axis=1, return_inverse=True)
        parts: list[list[BeamWindows]] = [[] for _ in self._settings.bands]
        for which in range(keys.shape[1]):
            rows = np.flatnonzero(keys[:, which])
            if len(shared_places(self._offsets_m[rows])) < MIN_ELEMENTS:
                continue
            windows = np.flatnonzero(np.ravel(group) == which)
            at = (starts[windows][:, None] + np.arange(self._n_window)).ravel()
            record = samples[np.ix_(rows, at)]
            for band, settings in enumerate(self._settings.bands):
                parts[band].append(self._band(record, rows, number[windows], settings))
        return tuple(in_order(p) for p in parts) if parts[0] else ()

    def _band(self, record: FloatArray, rows: IntArray, number: IntArray, settings: BeamSettings) -> BeamWindows:
        """Beamform windows that were laid end to end."""
        where = self._offsets_m[rows]
        laid = replace(
            settings,
            step_s=self._n_window / self._rate_hz,
            # Gaps and clipping were judged window by window already.
            max_gap_s=np.inf,
            max_clipped_share=1.0,
        )
        beams = beamform(record, self._rate_hz, where, laid)
        time_s = np.array([self._time_s(int(k)) for k in number])
        return windows_of(beams, number=number, time_s=time_s, noise=noise_curve(where, settings))

    def _clocks_changed(
        self, samples: FloatArray, starts: IntArray, number: IntArray, usable: BoolArray, beams: BeamWindows
    ) -> bool:
        """Check the elements' clocks in coherent windows; take those that are off out of `usable`."""
        zero = np.zeros(len(beams))
        p = beams.p_noise(zero, zero + 1.0)
        changed = False
        strong = np.flatnonzero(p <= P_COHERENT)
        for row in islice(iter(strong.tolist()), CLOCK_WINDOWS):
            window = int(np.searchsorted(number, beams.number[row]))
            cut = samples[:, starts[window] : starts[window] + self._n_window].copy()
            cut[~usable[:, window] & ~np.isin(np.arange(len(cut)), list(self._clocks.left_out))] = np.nan
            for verdict in self._clocks.feed(cut, float(beams.time_s[row]), self._window_s):
                end_s = float(beams.time_s[-1])
                self._faults.add(verdict.element, "clock", verdict.reason, verdict.start_s, end_s)
                if not verdict.fits_again:
                    times = np.array([self._time_s(int(k)) for k in number])
                    usable[verdict.element, times >= verdict.start_s - self._window_s] = False
                    changed = True
        return changed


def whole_record(
    samples: FloatArray, rate_hz: float, offsets_m: FloatArray, settings: StreamSettings | None = None
) -> Heard:
    """Listen to a record that is in memory, through the stream.

    Args:
        samples: (n_elements, n), NaN where there is none.
        rate_hz: Sampling rate.
        offsets_m: Element positions, (n_elements, 2 or 3).
        settings: Bands, thresholds, batches.
    """
    stream = ArrayStream(offsets_m, rate_hz, settings)
    return together([stream.feed_together(0.0, samples), stream.flush()])
