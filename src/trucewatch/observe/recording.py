"""Samples of one channel → a waveform with its id, its clock's error and, where it is known, its calibration."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.instant import Instant, rfc3339
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.observe.context import ReadContext
from trucewatch.observe.record_ids import observation_id
from trucewatch.observe.refusal import BadValue

MAX_SEGMENT_SAMPLES = 1 << 24
"""Longer stretches are cut into several waveforms without a gap: 128 MiB each, 46 h at 100 Hz."""
MAX_RATE_HZ = 1e6
MIN_RATE_HZ = 1e-3


def require_rate(rate_hz: float) -> float:
    """Return a sample rate, or refuse one that no sensor has.

    Raises:
        BadValue: not finite, not positive, or out of all reason.
    """
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:  # also refuses NaN
        raise BadValue(f"{rate_hz} Hz", f"a sample rate between {MIN_RATE_HZ} and {MAX_RATE_HZ:.0f} Hz")
    return rate_hz


def require_finite(samples: NDArray[np.float64], first_sample: int = 0) -> NDArray[np.float64]:
    """Return samples, or refuse a NaN or an infinity among them.

    Raises:
        BadValue: naming the first bad sample, counted from 0.
    """
    finite = np.isfinite(samples)
    if not finite.all():
        i = int(np.argmin(finite))
        raise BadValue(f"{samples[i]} at sample {first_sample + i}", "finite samples")
    return samples


def make_waveform(
    context: ReadContext,
    *,
    sensor_id: str,
    sensor: Sensor,
    channel: str,
    start_utc: datetime,
    clock_sigma_s: float,
    rate_hz: float,
    samples: NDArray[np.float64],
    in_pascal: bool = False,
    n_clipped: int = 0,
) -> Waveform:
    """Name a gapless stretch and calibrate it.

    Args:
        context: of the file.
        sensor_id: name of the sensor or array element in the network.
        sensor: the sensor, or the array that the element belongs to.
        channel: code as recorded, "" where there is none.
        start_utc: time of the first sample.
        clock_sigma_s: standard error of that time, seconds.
        rate_hz: samples a second.
        samples: shape (n,), finite; counts, or pascal where `in_pascal`.
        in_pascal: the samples need no calibration.
        n_clipped: samples at full scale.
    """
    factor, unit = _calibration(sensor)
    if in_pascal:
        factor, unit = None, "Pa"
    start = Instant(utc=start_utc, sigma_s=clock_sigma_s)
    recording = Recording(
        id=observation_id(sensor_id, channel, rfc3339(start_utc), rate_hz, len(samples), context.input_id),
        input_id=context.input_id,
        sensor_id=sensor_id,
        channel=channel,
        start=start,
        rate_hz=rate_hz,
        n_samples=len(samples),
        unit=unit,
        n_clipped=n_clipped,
    )
    return Waveform(recording=recording, samples=samples if factor is None else samples * factor)


def _calibration(sensor: Sensor) -> tuple[float | None, str]:
    """Return what a count is worth, and the unit that it gives."""
    if sensor.kind is ObserverKind.SEISMIC_STATION:
        factor, unit = sensor.calibration_m_s_per_count, "m/s"
    else:
        factor, unit = sensor.calibration_pa_per_count, "Pa"
    return factor, "count" if factor is None else unit
