"""From the waveforms of a seismic array to arrivals as detections."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trucewatch.detect.listened import Listened
from trucewatch.detect.seismic_array import Crossing, crossings
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, Feature, WaveProbability
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant, rfc3339
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Waveform
from trucewatch.model.vocabulary import Means, ObservationType, Wave
from trucewatch.model.wire import to_bytes

METHOD = "picks-plane-wave/1"

BEARING_MODEL_SIGMA_DEG = 5.0
"""What slanting layers turn a bearing by at a regional array (general knowledge; LIMIT: not measured on explosions)."""
_SPEEDS = {
    Wave.P: (7_200.0, 0.25, 0.45),
    Wave.S: (4_000.0, 0.20, 0.20),
    Wave.LG: (3_800.0, 0.12, 0.10),
    Wave.SURFACE: (2_900.0, 0.18, 0.08),
    Wave.AIR_COUPLED: (340.0, 0.08, 0.10),
}
"""Usual apparent speed with the spread of its logarithm, and how common the wave is. Ours, from the crust's speeds: P
from 5.8 km/s in the crust to 8 below it and more for steep rays; S and Lg likewise; Rayleigh waves near 3."""
_ANYTHING = 0.07
_LOG_RANGE = math.log(50_000.0 / 200.0)


def seismic_arrivals(waveforms: Sequence[Waveform], sensor: Sensor) -> Listened:
    """Find waves that crossed an array of seismometers.

    Args:
        waveforms: of its elements, in any order.
        sensor: the array.

    LIMIT: vertical channels only, so S is noticed at fewer ranges than at single stations of three components; elements
    in a line give no direction, and nothing.
    """
    found, unheard = crossings(waveforms, sensor)
    return Listened(detections=tuple(_detection(c, sensor) for c in found), unheard=unheard)


def wave_probabilities(trace_velocity_m_s: float, sigma_m_s: float) -> tuple[WaveProbability, ...]:
    """Return what a wave may be by its apparent speed, largest first."""
    log_speed, log_sigma = math.log(trace_velocity_m_s), sigma_m_s / trace_velocity_m_s
    weight = {Wave.UNDETERMINED: _ANYTHING / _LOG_RANGE}
    for wave, (usual, spread, share) in _SPEEDS.items():
        wide = math.hypot(spread, log_sigma)
        away = (log_speed - math.log(usual)) / wide
        weight[wave] = share * math.exp(-(away**2) / 2.0) / (wide * math.sqrt(2.0 * math.pi))
    total = sum(weight.values())
    ranked = sorted(weight.items(), key=lambda item: (-item[1], item[0].value))
    return tuple(WaveProbability(wave=w, p=v / total) for w, v in ranked)


def _detection(crossing: Crossing, sensor: Sensor) -> Detection:
    wave, onsets = crossing.wave, crossing.onsets
    ids = tuple(i for s in crossing.stretches for i in s.recording_ids[:1])
    best = max(onsets, key=lambda o: o.snr_db)
    clock_s = max(sensor.clock_sigma_s, *(s.clock_sigma_s for s in crossing.stretches))
    # Noise at three elements at once, within reach of each other, is far rarer than at one.
    p_false = float(np.prod(sorted(o.p_false for o in onsets)[:3]))
    moment = crossing.time_utc
    return Detection(
        id=content_id("det", to_bytes((METHOD, sensor.id, ids, rfc3339(moment), round(wave.bearing_deg, 3)))),
        kind=DetectionKind.ARRIVAL,
        sensor_id=sensor.id,
        observer_kind=sensor.kind,
        means=Means.RECORDED,
        method=METHOD,
        observation_ids=ids,
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=moment, sigma_s=math.sqrt(wave.time_sigma_s**2 + best.sigma_s**2 + clock_s**2)),
        origin=sensor.place,
        bearing_deg=wave.bearing_deg,
        bearing_sigma_deg=math.hypot(wave.bearing_sigma_deg, BEARING_MODEL_SIGMA_DEG),
        trace_velocity_m_s=wave.trace_velocity_m_s,
        trace_velocity_sigma_m_s=wave.trace_velocity_sigma_m_s,
        count=Count.exactly(1),
        snr_db=best.snr_db,
        p_false=min(1.0, p_false),
        features=(
            Feature(name="elements", value=float(len(onsets)), unit="1"),
            Feature(name="misfit", value=wave.misfit, unit="1"),
            Feature(name="back_azimuth_array_sigma", value=wave.bearing_sigma_deg, unit="deg"),
            Feature(name="energy_ratio", value=best.ratio, unit="1"),
            Feature(name="middle_hz", value=best.middle_hz, unit="Hz"),
        ),
        waves=wave_probabilities(wave.trace_velocity_m_s, wave.trace_velocity_sigma_m_s),
        band_hz=(best.band.low_hz, best.band.high_hz),
    )
