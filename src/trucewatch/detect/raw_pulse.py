"""The shape of one pulse in the unfiltered recording: how high, how long, how low, how wide its first swing.

Triggers and leading edges are read above 80 Hz; the size of a charge, and what tells one weapon from another, is read
from the pulse as it was, wind and all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.detection import Feature

FloatArray = NDArray[np.float64]

BEFORE_S = 0.2
"""stretch before the onset from which level and background are taken"""
GUARD_S = 0.005
"""left out of it: the onset may be that much early"""
AFTER_S = 0.1
"""a charge of a tonne has a positive phase of 42 ms (Kinney and Graham)"""
SWING_S = 0.045
"""the strongest swing lies within this of the onset"""
SMOOTH_S = 0.0004
"""ripple shorter than this is no fall through nought"""
HALF = 0.5
THIRDS_PER_OCTAVE = 3
LOWEST_HZ = 8.0
BANDS_HZ = ((20.0, 80.0), (80.0, 250.0), (250.0, 700.0), (700.0, 2000.0), (2000.0, 5000.0))
"""of which the levels relative to the loudest are kept"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPulse:
    """What one pulse looks like; levels and lengths are those of the recording, whatever its unit."""

    peak: float
    """largest excursion from the level before it, in the unit of the samples"""
    snr_db: float
    """that over the standard deviation of the unfiltered background"""
    positive_phase_s: float
    """from the onset to the first fall through the level before it"""
    first_width_s: float
    """width of the strongest swing at half its height"""
    corner_hz: float
    """third octave in which its spectral density is largest"""
    centroid_hz: float
    """mean frequency, weighted with power, up to 5 kHz"""
    band_db: tuple[float, ...]
    """power in BANDS_HZ relative to their sum; -80 where there is none, or beyond the recording's rate"""


def raw_pulse(samples: FloatArray, onset_sample: float, rate_hz: float) -> RawPulse | None:
    """Measure one pulse.

    Args:
        samples: the recording, unfiltered, shape (n,).
        onset_sample: where the pulse begins, in samples from the first.
        rate_hz: samples a second.

    Returns:
        The shape; None where the recording ends too soon before or after it to tell.
    """
    onset = round(onset_sample)
    before = samples[max(0, onset - round(BEFORE_S * rate_hz)) : max(0, onset - round(GUARD_S * rate_hz))]
    pulse = samples[max(0, onset) : onset + round(AFTER_S * rate_hz)]
    if before.size < 16 or pulse.size < round(SWING_S * rate_hz):
        return None
    level, noise = float(before.mean()), float(before.std())
    swing = pulse - level
    peak_at = int(np.argmax(np.abs(swing[: round(SWING_S * rate_hz)])))
    peak = abs(float(swing[peak_at]))
    if peak <= 0.0:
        return None
    frequency, power = _spectrum(swing, before - level, rate_hz)
    return RawPulse(
        peak=peak,
        snr_db=20.0 * math.log10(peak / max(noise, 1e-9 * peak)),
        positive_phase_s=_fall(swing, peak_at, rate_hz),
        first_width_s=_width(swing, peak_at) / rate_hz,
        corner_hz=_corner_hz(frequency, power),
        centroid_hz=_centroid_hz(frequency, power),
        band_db=_band_db(frequency, power),
    )


def _fall(swing: FloatArray, peak_at: int, rate_hz: float) -> float:
    """Return the time from the onset to where the swing of the peak first falls through nought."""
    n = max(1, round(SMOOTH_S * rate_hz))
    smooth = np.convolve(swing * math.copysign(1.0, swing[peak_at]), np.ones(n) / n, mode="same")
    below = np.flatnonzero(smooth[peak_at:] <= 0.0)
    end = peak_at + (int(below[0]) if below.size else smooth.size - peak_at)
    return max(end, 1) / rate_hz


def _width(swing: FloatArray, peak_at: int) -> float:
    """Return how many samples around the peak stay above half of it, between the samples by straight lines."""
    height = np.abs(swing) * (np.sign(swing) == np.sign(swing[peak_at]))
    half = HALF * height[peak_at]
    left = peak_at
    while left > 0 and height[left - 1] > half:
        left -= 1
    right = peak_at
    while right < height.size - 1 and height[right + 1] > half:
        right += 1
    outer = (height[left - 1] if left > 0 else 0.0, height[right + 1] if right < height.size - 1 else 0.0)
    steps = [(edge - half) / max(edge - out, 1e-300) for edge, out in zip(height[[left, right]], outer, strict=True)]
    return float(right - left + sum(min(1.0, s) for s in steps))


def _spectrum(swing: FloatArray, before: FloatArray, rate_hz: float) -> tuple[FloatArray, FloatArray]:
    """Return frequencies and the pulse's power less that of the background before it, never below nought."""
    n = swing.size
    # Half a window: the pulse begins at the first sample and must not be tapered away.
    fade = np.hanning(2 * n)[n:]
    power = np.square(np.abs(np.fft.rfft(swing * fade)))
    quiet = before[-n:] if before.size >= n else before
    background = np.square(np.abs(np.fft.rfft(quiet * np.hanning(2 * quiet.size)[quiet.size :], n=n)))
    smooth = np.convolve(background, np.ones(5) / 5.0, mode="same") * n / quiet.size
    lines = np.asarray(np.fft.rfftfreq(n, 1.0 / rate_hz), dtype=np.float64)
    return lines, np.asarray(np.maximum(power - smooth, 0.0), dtype=np.float64)


def _corner_hz(frequency: FloatArray, power: FloatArray) -> float:
    top = float(frequency[-1])
    middles = LOWEST_HZ * 2.0 ** (np.arange(int(math.log2(top / LOWEST_HZ) * THIRDS_PER_OCTAVE)) / THIRDS_PER_OCTAVE)
    half = 2.0 ** (0.5 / THIRDS_PER_OCTAVE)
    # Density: power a hertz, so that broad bands gain nothing by their breadth; narrow ones take the nearest line.
    density = [float(power[_lines(frequency, m / half, m * half)].mean()) for m in middles]
    return float(middles[int(np.argmax(density))])


def _lines(frequency: FloatArray, low: float, high: float) -> NDArray[np.intp]:
    inside = np.flatnonzero((frequency >= low) & (frequency < high))
    return inside if inside.size else np.array([int(np.argmin(np.abs(frequency - math.sqrt(low * high))))])


def _centroid_hz(frequency: FloatArray, power: FloatArray) -> float:
    kept = frequency <= BANDS_HZ[-1][1]
    return float(np.average(frequency[kept], weights=power[kept] + np.finfo(np.float64).tiny))


def _band_db(frequency: FloatArray, power: FloatArray) -> tuple[float, ...]:
    shares = [float(power[(frequency >= low) & (frequency < high)].sum()) for low, high in BANDS_HZ]
    total = max(sum(shares), np.finfo(np.float64).tiny)
    return tuple(10.0 * math.log10(max(s / total, 1e-8)) for s in shares)


def raw_features(samples: FloatArray, onset_sample: float, rate_hz: float, unit: str) -> tuple[Feature, ...]:
    """Return the shape of a pulse as features of a detection, its height in the recording's unit; none where untold."""
    shape = raw_pulse(samples, onset_sample, rate_hz)
    if shape is None:
        return ()
    return (
        Feature(name="pressure_peak", value=shape.peak, unit=unit),
        Feature(name="pressure_snr_db", value=shape.snr_db, unit="dB"),
        Feature(name="positive_phase", value=shape.positive_phase_s, unit="s"),
        Feature(name="first_width", value=shape.first_width_s, unit="s"),
        Feature(name="corner", value=shape.corner_hz, unit="Hz"),
        Feature(name="pulse_centroid", value=shape.centroid_hz, unit="Hz"),
        *(
            Feature(name=f"band_{low:.0f}_{high:.0f}_hz", value=db, unit="dB")
            for (low, high), db in zip(BANDS_HZ, shape.band_db, strict=True)
        ),
    )
