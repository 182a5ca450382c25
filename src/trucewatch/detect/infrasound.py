"""From the waveforms of an array to arrivals as detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.arrivals import Arrival, find_arrivals
from trucewatch.detect.beam import MIN_ELEMENTS, beamform
from trucewatch.detect.listened import Listened
from trucewatch.detect.steering import BeamSettings
from trucewatch.geo import LocalFrame
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, Feature
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant, Interval, rfc3339
from trucewatch.model.mission import DetectSettings
from trucewatch.model.network import Element, Sensor
from trucewatch.model.observation import Waveform
from trucewatch.model.vocabulary import Means, ObservationType
from trucewatch.model.wire import to_bytes

METHOD = "bartlett-fk-adaptive-f/1"

RATE_TOLERANCE = 1e-6
"""Relative difference of sampling rates above which channels are not of one array."""

BEARING_MODEL_SIGMA_DEG = 2.0
"""What crosswind on the path turns a bearing by, beside the array's own error.
Evers (2008) and SOUND.md section 3.2 show 0.4 to 0.9 degrees at 234-430 km along and more across the wind."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ArrayTraces:
    """The channels of an array over the stretch that all of them cover."""

    start_utc: datetime
    rate_hz: float
    samples: NDArray[np.float64]
    """shape (n_elements, n)"""
    offsets_m: NDArray[np.float64]
    """shape (n_elements, 2), east and north of the array's place"""
    clock_sigma_s: float
    recording_ids: tuple[str, ...]


def arrivals(waveforms: Sequence[Waveform], sensor: Sensor, settings: DetectSettings) -> Listened:
    """Find plane waves that crossed an array.

    Args:
        waveforms: of the array's elements, in any order; stretches that fewer than three elements cover are unheard.
        sensor: the array with its elements.
        settings: band, window and step of the mission.
    """
    found: list[Detection] = []
    unheard: list[UnreadableInput] = []
    for traces in align(waveforms, sensor):
        try:
            found += _listen(traces, sensor, settings)
        except ValueError as error:
            unheard.append(_unheard(traces, sensor, str(error)))
    return Listened(detections=tuple(sorted(found, key=lambda d: (d.time.utc, d.id))), unheard=tuple(unheard))


def _listen(traces: ArrayTraces, sensor: Sensor, settings: DetectSettings) -> list[Detection]:
    """Find the arrivals of one stretch.

    Raises:
        ValueError: where too few elements live, or the stretch is shorter than a window.
    """
    if len(traces.recording_ids) < MIN_ELEMENTS:
        raise ValueError(f"{len(traces.recording_ids)} elements recorded; an array needs at least {MIN_ELEMENTS}")
    seconds = traces.samples.shape[1] / traces.rate_hz
    if seconds < settings.array_window_s:
        raise ValueError(f"the elements share {seconds:.1f} s, less than one window of {settings.array_window_s:g} s")
    beams = beamform(
        traces.samples,
        traces.rate_hz,
        traces.offsets_m,
        BeamSettings(band_hz=settings.array_band_hz, window_s=settings.array_window_s, step_s=settings.array_step_s),
    )
    return [_detection(a, traces, sensor) for a in find_arrivals(beams) if a.confident]


def _unheard(traces: ArrayTraces, sensor: Sensor, why: str) -> UnreadableInput:
    return UnreadableInput(
        source=sensor.id,
        row=", ".join(traces.recording_ids),
        value=f"{traces.rate_hz:g} samples per second from {rfc3339(traces.start_utc)}",
        expected=f"a stretch that can be listened to as an array: {why}",
    )


def align(waveforms: Sequence[Waveform], sensor: Sensor) -> tuple[ArrayTraces, ...]:
    """Cut channels to the stretches that elements share, by whole samples."""
    element_of = {e.id: e for e in sensor.elements}
    usable = sorted(
        (w for w in waveforms if w.recording.sensor_id in element_of),
        key=lambda w: (w.recording.start.utc, w.recording.sensor_id, w.recording.id),
    )
    stretches: list[ArrayTraces] = []
    while usable:
        group = _overlapping(usable)
        usable = [w for w in usable if w not in group]
        traces = _cut(group, sensor, element_of)
        if traces is not None:
            stretches.append(traces)
    return tuple(stretches)


def _end_utc(w: Waveform) -> datetime:
    return w.recording.start.utc + timedelta(seconds=w.recording.duration_s)


def _overlapping(usable: list[Waveform]) -> list[Waveform]:
    """Take the first waveform and, of every other element, the one that overlaps it most."""
    first = usable[0]
    best: dict[str, tuple[float, Waveform]] = {first.recording.sensor_id: (first.recording.duration_s, first)}
    for w in usable[1:]:
        if abs(w.recording.rate_hz / first.recording.rate_hz - 1) > RATE_TOLERANCE:
            continue
        shared = (
            min(_end_utc(w), _end_utc(first)) - max(w.recording.start.utc, first.recording.start.utc)
        ).total_seconds()
        name = w.recording.sensor_id
        if shared > 0 and name != first.recording.sensor_id and shared > best.get(name, (0.0, w))[0]:
            best[name] = (shared, w)
    return [w for _, w in sorted(best.values(), key=lambda item: item[1].recording.sensor_id)]


def _cut(group: list[Waveform], sensor: Sensor, element_of: dict[str, Element]) -> ArrayTraces | None:
    rate = group[0].recording.rate_hz
    start = max(w.recording.start.utc for w in group)
    skips = [round((start - w.recording.start.utc).total_seconds() * rate) for w in group]
    n = min(len(w.samples) - k for w, k in zip(group, skips, strict=True))
    if n <= 0:
        return None
    places = [element_of[w.recording.sensor_id].place for w in group]
    frame = LocalFrame(lon_deg=sensor.place.lon_deg, lat_deg=sensor.place.lat_deg)
    enu = frame.to_enu(np.array([p.lon_deg for p in places]), np.array([p.lat_deg for p in places]))
    return ArrayTraces(
        start_utc=start,
        rate_hz=rate,
        samples=np.stack([w.samples[k : k + n] for w, k in zip(group, skips, strict=True)]),
        offsets_m=np.asarray(enu)[:, :2],
        clock_sigma_s=max(w.recording.start.sigma_s for w in group),
        recording_ids=tuple(w.recording.id for w in group),
    )


def _detection(arrival: Arrival, traces: ArrayTraces, sensor: Sensor) -> Detection:
    peak = traces.start_utc + timedelta(seconds=arrival.peak_s)
    sigma_s = float(np.hypot(arrival.time_sigma_s, traces.clock_sigma_s))
    identity = (METHOD, sensor.id, traces.recording_ids, peak, round(arrival.back_azimuth_deg, 3))
    return Detection(
        id=content_id("det", to_bytes(identity)),
        kind=DetectionKind.ARRIVAL,
        sensor_id=sensor.id,
        observer_kind=sensor.kind,
        means=Means.RECORDED,
        method=METHOD,
        observation_ids=traces.recording_ids,
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=peak, sigma_s=sigma_s),
        interval=Interval(
            start_utc=traces.start_utc + timedelta(seconds=arrival.start_s),
            end_utc=traces.start_utc + timedelta(seconds=arrival.end_s),
        ),
        origin=sensor.place,
        bearing_deg=float(arrival.back_azimuth_deg),
        bearing_sigma_deg=float(np.hypot(arrival.back_azimuth_sigma_deg, BEARING_MODEL_SIGMA_DEG)),
        trace_velocity_m_s=float(arrival.trace_velocity_m_s),
        trace_velocity_sigma_m_s=float(arrival.trace_velocity_sigma_m_s),
        count=Count.exactly(1),
        p_false=float(arrival.p_false),
        features=(
            Feature(name="f_statistic", value=float(arrival.f_statistic), unit="1"),
            Feature(name="background_f", value=float(arrival.background_f), unit="1"),
            Feature(name="semblance", value=float(arrival.semblance), unit="1"),
            Feature(name="back_azimuth_array_sigma", value=float(arrival.back_azimuth_sigma_deg), unit="deg"),
            Feature(name="windows", value=float(arrival.n_windows), unit="1"),
        ),
    )
