"""How strong an arrival was at an array, in the band for which the physics says levels: 0.5 to 5 Hz."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from scipy.signal import butter, sosfiltfilt

from trucewatch.model.detection import Detection, Feature
from trucewatch.model.observation import Waveform
from trucewatch.physics.infrasound import BAND_TOP_HZ

BAND_HZ = (0.5, BAND_TOP_HZ)
_MARGIN_S = 10.0
"""taken with it on each side, so that the filter has settled where the arrival begins"""
_LEAST_RATE = 2.2
"""samples in a period of the band's upper edge"""


def with_strength(detections: Sequence[Detection], waveforms: Sequence[Waveform]) -> tuple[Detection, ...]:
    """Add the peak pressure in the band to arrivals of calibrated elements, the middle value over the elements.

    An element that records counts, or that does not hold the whole arrival, has no part; without any, nothing is added.

    Args:
        detections: arrivals with intervals.
        waveforms: of the array's elements.
    """
    calibrated = [w for w in waveforms if w.recording.unit == "Pa" and w.recording.rate_hz >= _LEAST_RATE * BAND_HZ[1]]
    return tuple(_one(d, calibrated) for d in detections)


def _one(d: Detection, waveforms: Sequence[Waveform]) -> Detection:
    span = d.interval
    if span is None or span.start_utc is None or span.end_utc is None:
        return d
    peaks = [p for w in waveforms if (p := _peak_pa(w, span.start_utc, span.end_utc)) is not None]
    if not peaks:
        return d
    return replace(d, features=(*d.features, Feature(name="band_peak", value=float(np.median(peaks)), unit="Pa")))


def _peak_pa(w: Waveform, start_utc: datetime, end_utc: datetime) -> float | None:
    rate = w.recording.rate_hz
    first = (start_utc - w.recording.start.utc).total_seconds() * rate
    last = (end_utc - w.recording.start.utc).total_seconds() * rate
    if first < 0 or last > len(w.samples):
        return None
    begin, end = int(max(0.0, first - _MARGIN_S * rate)), int(min(len(w.samples), last + _MARGIN_S * rate))
    sos = butter(2, BAND_HZ, "bandpass", fs=rate, output="sos")
    piece = w.samples[begin:end] - w.samples[begin:end].mean()
    if piece.size <= 3 * 2 * len(sos) + 1:
        return None
    heard = sosfiltfilt(sos, piece)[int(first) - begin : int(np.ceil(last)) - begin]
    return float(np.abs(heard).max(initial=0.0)) or None
