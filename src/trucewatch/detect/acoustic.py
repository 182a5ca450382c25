"""From a microphone's waveform to onsets as detections."""

from __future__ import annotations

import math
from datetime import timedelta

from trucewatch.detect.hearing import Heard, listen
from trucewatch.detect.listened import Listened, unheard_recording
from trucewatch.detect.onset import OnsetSettings
from trucewatch.detect.raw_pulse import raw_features
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, Feature
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Waveform
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind
from trucewatch.model.wire import to_bytes

METHOD = "step-kernel-edge-pick/3"


def _unit(name: str) -> str:
    """Return the unit of a named figure of an onset, which its ending gives; a pure number has "1"."""
    endings = {"_s": "s", "_hz": "Hz", "_db": "dB", "_per_min": "1/min"}
    return next((unit for ending, unit in endings.items() if name.endswith(ending)), "1")


MICROPHONES = frozenset({ObserverKind.ACOUSTIC_SENSOR, ObserverKind.ACOUSTIC_ARRAY})
"""kinds that are heard with this detector: an onset in the ground must not be located with the speed of sound"""


def impulses(waveform: Waveform, sensor: Sensor, settings: OnsetSettings | None = None) -> Listened:
    """Find the sudden sounds in one microphone's recording.

    Args:
        waveform: at least some tenths of a second; a dead or shorter one gives nothing.
        sensor: the microphone, for its place and clock.
        settings: trigger and merging.
    """
    recording = waveform.recording
    if sensor.kind not in MICROPHONES:
        return Listened(
            unheard=(unheard_recording(recording, sensor, f"it takes a microphone, not one {sensor.kind.value}"),)
        )
    try:
        found = listen(waveform.samples, recording.rate_hz, settings)
    except ValueError as error:
        return Listened(unheard=(unheard_recording(recording, sensor, str(error)),))
    return Listened(detections=tuple(_detection(each, waveform, sensor) for each in found))


def _detection(heard: Heard, waveform: Waveform, sensor: Sensor) -> Detection:
    onset, recording = heard.onset, waveform.recording
    time = recording.start.utc + timedelta(seconds=onset.time_s)
    clock_s = max(recording.start.sigma_s, sensor.clock_sigma_s)
    features = [
        Feature(name=name, value=float(value), unit=_unit(name))
        for name, value in (*onset.features, *heard.burst_figures)
    ]
    features += [
        Feature(name="duration", value=float(onset.duration_s), unit="s"),
        Feature(name="peak", value=float(onset.peak), unit=recording.unit),
        Feature(name="clipped", value=float(onset.clipped), unit="1"),
    ]
    features += raw_features(waveform.samples, onset.time_s * recording.rate_hz, recording.rate_hz, recording.unit)
    return Detection(
        id=content_id("det", to_bytes((METHOD, recording.id, round(onset.time_s, 6)))),
        kind=DetectionKind.ONSET,
        sensor_id=sensor.id,
        observer_kind=sensor.kind,
        means=Means.RECORDED,
        method=METHOD,
        observation_ids=(recording.id,),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=time, sigma_s=math.hypot(onset.sigma_s, clock_s)),
        origin=sensor.place,
        count=Count.exactly(1),
        snr_db=float(onset.snr_db),
        p_false=min(1.0, float(onset.p_false)),
        features=tuple(features),
        waves=heard.waves.waves,
        causes=heard.causes,
        blast_after_shock_s=heard.waves.blast_after_shock_s,
        blast_after_shock_sigma_s=heard.waves.blast_after_shock_sigma_s,
    )
