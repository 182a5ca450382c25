"""The sound of a bang as a microphone records it: a sharp rise, a fall through nought, a tail, in noise."""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

from trucewatch.physics.blast import friedlander_pa

FloatArray = NDArray[np.float64]

FULL_SCALE_PA = 20.0
"""largest pressure that a 16-bit sample holds"""


def recording_pa(
    onsets_s: FloatArray,
    peaks_pa: FloatArray,
    *,
    duration_s: float,
    rate_hz: float,
    positive_s: float,
    noise_pa: float,
    rng: np.random.Generator,
) -> FloatArray:
    """Return sound pressure with bangs at given moments, each with a decaying tail of scattered sound.

    Args:
        onsets_s: shape (n,), seconds after the first sample.
        peaks_pa: shape (n,).
        duration_s: length.
        rate_hz: samples a second.
        positive_s: length of the positive phase.
        noise_pa: standard deviation of the background.
        rng: noise and tails.
    """
    time = np.arange(round(duration_s * rate_hz)) / rate_hz
    pressure = rng.normal(0.0, noise_pa, len(time))
    for onset, peak in zip(onsets_s, peaks_pa, strict=True):
        since = time - onset
        tail = np.where(since > 2 * positive_s, 0.05 * peak * np.exp(-np.maximum(since, 0.0) / 0.08), 0.0)
        pressure += friedlander_pa(since, float(peak), positive_s) + tail * rng.normal(0.0, 1.0, len(time))
    return pressure


def wav_bytes(pressure_pa: FloatArray, rate_hz: int) -> bytes:
    """Return a 16-bit mono WAV file; one count is FULL_SCALE_PA / 32767 pascal, louder sound is clipped."""
    counts = np.clip(np.round(pressure_pa / FULL_SCALE_PA * 32767), -32768, 32767).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(counts.tobytes())
    return buffer.getvalue()
