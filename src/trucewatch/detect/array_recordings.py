"""Recordings of an array's elements as turns of a stream: in order of time, of one rate, each moment once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from trucewatch.model.instant import Interval
from trucewatch.model.observation import Waveform

FloatArray = NDArray[np.float64]

PAUSE_S = 3600.0
"""A longer pause of all elements ends a stretch: the noise of before says nothing of the noise after."""

SAME_RATE = 1e-3
"""Rates nearer than this are one rate whose clock drifts: blocks are short and begin where their time says."""

MOST_TERMS = 200
"""Rates whose ratio needs larger numbers than this are not resampled."""

LEAST_OVERSAMPLING = 2.5
"""Samples in the shortest period of the band that a rate must have to be resampled into another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A recording that was left out or changed, and why."""

    recording_id: str
    element_id: str
    time: Interval
    reason: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Turn:
    """One block of one element."""

    element_id: str
    start_utc: datetime
    samples: FloatArray


def stretches(waveforms: Sequence[Waveform]) -> list[list[Waveform]]:
    """Return the waveforms in order of time, those without a long pause between them together."""
    ordered = sorted(waveforms, key=lambda w: (w.recording.start.utc, w.recording.sensor_id, w.recording.id))
    found: list[list[Waveform]] = []
    last: datetime | None = None
    for w in ordered:
        if last is None or (w.recording.start.utc - last).total_seconds() > PAUSE_S:
            found.append([])
        found[-1].append(w)
        last = w.recording.end_utc if last is None else max(last, w.recording.end_utc)
    return found


def common_rate_hz(waveforms: Sequence[Waveform]) -> float:
    """Return the rate at which most elements recorded; of two with as many, the higher."""
    elements = {(w.recording.sensor_id, w.recording.rate_hz) for w in waveforms}
    counted = Counter(rate for _, rate in elements)
    return max(counted, key=lambda rate: (counted[rate], rate))


def of_one_rate(waveforms: Sequence[Waveform], rate_hz: float, top_hz: float) -> tuple[list[Waveform], list[Refused]]:
    """Return the waveforms at one rate, resampled where that is safe, and which were resampled or left out.

    Args:
        waveforms: Of one stretch.
        rate_hz: The rate wanted.
        top_hz: Upper edge of the band that must survive.
    """
    kept: list[Waveform] = []
    noted: list[Refused] = []
    for w in waveforms:
        own_hz = w.recording.rate_hz
        if abs(own_hz / rate_hz - 1.0) <= SAME_RATE:
            kept.append(w)
            continue
        ratio = Fraction(rate_hz / own_hz).limit_denominator(MOST_TERMS)
        exact = ratio > 0 and abs(float(ratio) * own_hz / rate_hz - 1.0) < 1e-6 and ratio.numerator <= MOST_TERMS
        safe = exact and min(own_hz, rate_hz) >= LEAST_OVERSAMPLING * top_hz
        what = f"{own_hz:g} samples per second where the others have {rate_hz:g}: "
        noted.append(_refused(w, what + ("resampled" if safe else "left out, it cannot be resampled safely")))
        if safe:
            samples = np.asarray(resample_poly(w.samples, ratio.numerator, ratio.denominator), dtype=np.float64)
            recording = replace(w.recording, rate_hz=rate_hz, n_samples=samples.size)
            kept.append(Waveform(recording=recording, samples=samples))
    return kept, noted


def _refused(w: Waveform, reason: str) -> Refused:
    r = w.recording
    return Refused(
        recording_id=r.id,
        element_id=r.sensor_id,
        time=Interval(start_utc=r.start.utc, end_utc=r.end_utc),
        reason=reason,
    )


def turns(waveforms: Sequence[Waveform], block_s: float) -> Iterator[Turn]:
    """Yield blocks of all elements in turn; what an element recorded twice is given once, the earlier file's.

    Args:
        waveforms: Of one stretch and one rate, in order of time.
        block_s: Longest block.
    """
    first = min(w.recording.start.utc for w in waveforms)
    last = max(w.recording.end_utc for w in waveforms)
    given: dict[str, datetime] = {}
    n_blocks = int(np.ceil((last - first).total_seconds() / block_s))
    for number in range(n_blocks):
        begin, end = (first + timedelta(seconds=(number + k) * block_s) for k in (0, 1))
        for w in waveforms:
            name = w.recording.sensor_id
            turn = _piece(w, max(begin, given.get(name, begin)), end)
            if turn is not None:
                given[name] = turn.start_utc + timedelta(seconds=turn.samples.size / w.recording.rate_hz)
                yield turn


def _piece(w: Waveform, begin: datetime, end: datetime) -> Turn | None:
    rate_hz, start = w.recording.rate_hz, w.recording.start.utc
    # A hundredth of a sample, so that microseconds of time stamps do not give a sample twice.
    low = max(0, int(np.ceil((begin - start).total_seconds() * rate_hz - 0.01)))
    high = min(w.samples.size, int(np.ceil((end - start).total_seconds() * rate_hz - 0.01)))
    if low >= high:
        return None
    return Turn(
        element_id=w.recording.sensor_id,
        start_utc=start + timedelta(seconds=low / rate_hz),
        samples=w.samples[low:high],
    )


def misfit_s(waveforms: Sequence[Waveform], epoch_utc: datetime, rate_hz: float) -> float:
    """Return the root mean square of what rounding to whole samples shifts the recordings by, seconds."""
    at = np.array([(w.recording.start.utc - epoch_utc).total_seconds() * rate_hz for w in waveforms])
    return float(np.sqrt(np.mean(np.square(at - np.round(at))))) / rate_hz
