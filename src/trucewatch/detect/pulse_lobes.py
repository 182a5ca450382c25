"""What one pulse looks like: its two lobes, length, spectrum, what follows it, and whether it is cut off at the top."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

PULSE_S = 0.063
"""Search length for duration and spectrum: one round of an automatic weapon at 950 rounds a minute (TN098)."""
LOBES_S = 0.120
"""Search length for the two lobes: the positive phase of some tonnes of explosive at some kilometres."""
TAIL_S = (0.100, 0.400)
"""Where the tail is measured: after the pulse, before the next round of a semi-automatic weapon (TN098)."""
AHEAD_S = TAIL_S[1] + 0.005
"""How much must follow the start before a shape can be read."""
BEFORE_S = 0.060
TOP_HZ = 5_000.0
"""Spectra are compared up to here, so that the sampling rate does not matter from 12 kHz on."""
RAIL_SHARE = 0.98
"""How near to the largest value yet a flat top must lie to be the converter's end."""
CLIPPED_SNR = 10.0
"""A flat top less far above the noise is coarse rounding, not saturation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseLobes:
    """The shape of one pulse, in the order in which features are listed."""

    duration_s: float
    """until the sound first stays 20 dB below its peak for 5 ms, at most 63 ms"""
    centroid_hz: float
    """power-weighted mean frequency of 63 ms up to 5 kHz, high-passed as the edge is"""
    first_lobe_s: float
    """from the start to the first change of sign after the first swing"""
    second_lobe_s: float
    """from there to the next change of sign"""
    second_share: float
    """height of the second swing over the first; 1 for an ideal N-wave"""
    after_share: float
    """energy of the 10 ms after the two lobes, over theirs"""
    low_share: float
    """share of the energy of 63 ms between 15 and 150 Hz, not high-passed"""
    tail_db: float
    """mean power 0.1 to 0.4 s later over that before the pulse; 0 where nothing rings"""
    clipped: bool


def lobes_of(
    raw: FloatArray, highpassed: FloatArray, *, start: int, sign: float, noise: float, rail: float, rate_hz: float
) -> PulseLobes:
    """Describe the pulse that starts at a sample.

    Args:
        raw: The recording about the pulse, shape (n,).
        highpassed: The same, high-passed, shape (n,).
        start: First sample of the pulse within these.
        sign: Of its first swing.
        noise: Robust standard deviation before it.
        rail: Largest magnitude in the recording so far.
        rate_hz: Sampling rate.
    """
    pulse = highpassed[start : start + max(8, round(PULSE_S * rate_hz))]
    before = raw[max(0, start - round(0.010 * rate_hz)) : max(1, start - 1)]
    swing = sign * (raw[start : start + round(LOBES_S * rate_hz)] - float(np.median(before)))
    first, second = _two_lobes(swing)
    share, after = _shares(swing, first, second, round(0.010 * rate_hz))
    loud = float(np.abs(pulse).max()) > CLIPPED_SNR * noise
    return PulseLobes(
        duration_s=_duration_s(pulse, rate_hz),
        centroid_hz=_centroid_hz(pulse, rate_hz),
        first_lobe_s=first / rate_hz,
        second_lobe_s=(second - first) / rate_hz,
        second_share=share,
        after_share=after,
        low_share=_low_share(raw[start : start + pulse.size], rate_hz),
        tail_db=_tail_db(highpassed, start, rate_hz),
        clipped=loud and is_clipped(raw[start : start + pulse.size], rail, 3),
    )


def is_clipped(pulse: FloatArray, rail: float, n_least: int) -> bool:
    """Say whether `n_least` neighbouring samples share the pulse's largest value, and that is the recording's too."""
    longest = 0
    for extreme in (float(pulse.max()), float(pulse.min())):
        if abs(extreme) >= RAIL_SHARE * rail:
            edges = np.flatnonzero(np.diff(np.concatenate(([0], (pulse == extreme).astype(np.int8), [0]))))
            longest = max(longest, int((edges[1::2] - edges[::2]).max(initial=0)))
    return longest >= n_least


def _two_lobes(swing: FloatArray) -> tuple[int, int]:
    """Return where the first swing ends and where the second does; the swing starts upwards at sample 0."""
    peak = int(np.argmax(swing >= 0.5 * float(swing.max())))
    falls = np.flatnonzero(swing[peak:] <= 0.0)
    first = max(1, peak + int(falls[0]) if falls.size else swing.size)
    rises = np.flatnonzero(swing[first + 1 :] >= 0.0)
    return first, first + 1 + int(rises[0]) if rises.size else swing.size


def _shares(swing: FloatArray, first: int, second: int, n_after: int) -> tuple[float, float]:
    """Return the height of the second swing over the first, and the energy after both over theirs."""
    up = float(swing[:first].max(initial=0.0))
    down = float(-swing[first:second].min(initial=0.0))
    energy = float(np.sum(np.square(swing[:second])))
    after = float(np.sum(np.square(swing[second : second + n_after])))
    return down / max(up, 1e-300), after / max(energy, 1e-300)


def _duration_s(pulse: FloatArray, rate_hz: float) -> float:
    """Return the time until the pulse first stays 20 dB below its peak for 5 ms."""
    n_quiet = max(1, round(0.005 * rate_hz))
    loud = np.flatnonzero(np.abs(pulse) >= 0.1 * np.abs(pulse).max())
    ends = np.concatenate((loud, [pulse.size + n_quiet]))
    gap = int(np.argmax(np.diff(ends) >= n_quiet))
    return float(min(ends[gap] + 1, pulse.size)) / rate_hz


def _power(pulse: FloatArray, rate_hz: float) -> tuple[FloatArray, FloatArray]:
    """Return frequencies and power of a pulse that begins at its first sample and is let out gently."""
    window = np.cos(np.linspace(0.0, math.pi / 2, pulse.size)) ** 2
    power = np.square(np.abs(np.fft.rfft((pulse - pulse.mean()) * window))) + np.finfo(np.float64).tiny
    return np.asarray(np.fft.rfftfreq(pulse.size, 1.0 / rate_hz), dtype=np.float64), power


def _centroid_hz(pulse: FloatArray, rate_hz: float) -> float:
    frequency_hz, power = _power(pulse, rate_hz)
    heard = frequency_hz <= TOP_HZ
    return float(np.average(frequency_hz[heard], weights=power[heard]))


def _low_share(pulse: FloatArray, rate_hz: float) -> float:
    frequency_hz, power = _power(pulse, rate_hz)
    heard = frequency_hz >= 15.0
    return float(power[heard & (frequency_hz < 150.0)].sum() / power[heard].sum())


def _tail_db(highpassed: FloatArray, start: int, rate_hz: float) -> float:
    low, high = (start + round(t * rate_hz) for t in TAIL_S)
    tail, before = highpassed[low:high], highpassed[max(0, start - round(BEFORE_S * rate_hz)) : max(1, start - 24)]
    if tail.size < (high - low) // 4 or before.size < 8:
        return 0.0
    power = [float(np.mean(np.square(side))) for side in (tail, before)]
    return 10.0 * math.log10(max(power[0], 1e-300) / max(power[1], 1e-300))
