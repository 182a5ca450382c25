"""From the waveforms of seismic stations and single infrasound channels to onsets as detections."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import timedelta

from trucewatch.detect.ground_onsets import GroundOnset, ReadingSettings, read_onsets
from trucewatch.detect.ground_trigger import TriggerBand, TriggerSettings
from trucewatch.detect.ground_waves import Labelled, label
from trucewatch.detect.listened import Listened, unheard_stretch
from trucewatch.detect.particle_motion import Motion
from trucewatch.detect.seismic_arrivals import seismic_arrivals
from trucewatch.detect.station_stretches import StationStretch, station_stretches
from trucewatch.model.count import Count
from trucewatch.model.detection import (
    BearingMode,
    CauseProbability,
    Detection,
    DetectionKind,
    Feature,
    WaveProbability,
)
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Waveform
from trucewatch.model.place import Place
from trucewatch.model.trouble import Trouble
from trucewatch.model.vocabulary import Cause, Means, ObservationType, ObserverKind, Wave
from trucewatch.model.wire import to_bytes

SEISMIC_METHOD = "sta-lta-aic-ground/1"
INFRASOUND_METHOD = "sta-lta-aic-infrasound/1"

STATIONS = frozenset({ObserverKind.SEISMIC_STATION, ObserverKind.INFRASOUND_ARRAY})
"""kinds whose single channels are read here; with three elements or more they are arrays"""

LEAST_RECTILINEARITY = 0.6
MOST_BEARING_SIGMA_DEG = 45.0
"""A motion that is less of a line, or known less well, says no direction."""

_AIR_BANDS = (
    TriggerBand(name="high", low_hz=5.0, high_hz=20.0, short_s=0.5, long_s=5.0, at_ten_an_hour=35.0, tail=1.2),
    TriggerBand(name="middle", low_hz=1.5, high_hz=6.0, short_s=1.0, long_s=10.0, at_ten_an_hour=4.0, tail=1.5),
    TriggerBand(name="low", low_hz=0.5, high_hz=2.0, short_s=3.0, long_s=30.0, at_ten_an_hour=3.0, tail=1.0),
)
"""0.5 to 20 Hz. Rates of noise: 2.8 hours of ten single channels at two arrays (BRP, and N300 of the range test) gave
34, 13, 6 and 3 an hour above 10, 20, 50 and 100 in the high band, where the law gives 35, 15, 5 and 2.2."""
AIR_SETTINGS = ReadingSettings(
    trigger=TriggerSettings(bands=_AIR_BANDS, before_s=8.0, after_s=4.0),
    most_p_false=0.97,
    most_p_false_after=0.97,
    most_sigma_s=2.0,
)
"""LIMIT: one channel cannot tell a gust from a bang, so nearly all that it notices is noise, and is said to be: only
what several channels share counts."""
_SUDDEN_S, _SLOW_S = 0.5, 1.5


def seismic_onsets(waveforms: Sequence[Waveform], sensor: Sensor) -> Listened:
    """Find P, S and later waves in the recordings of one seismic station.

    Args:
        waveforms: of the station's channels, in any order; three components are read together.
        sensor: the station, for its place and clock; with three elements or more it is an array, and gives arrivals.
    """
    if sensor.is_array:
        return seismic_arrivals(waveforms, sensor)
    return _listen(waveforms, sensor, None, _seismic)


def infrasound_onsets(waveforms: Sequence[Waveform], sensor: Sensor) -> Listened:
    """Find sudden pressure changes of 0.5 to 20 Hz in single infrasound channels, each element by itself."""
    return _listen(waveforms, sensor, AIR_SETTINGS, _infrasound)


def _listen(
    waveforms: Sequence[Waveform],
    sensor: Sensor,
    settings: ReadingSettings | None,
    detections: Callable[[Sequence[GroundOnset], StationStretch, Sensor, Place], tuple[Detection, ...]],
) -> Listened:
    found: list[Detection] = []
    unheard: list[Trouble] = []
    places = {e.id: e.place for e in sensor.elements}
    for name in sorted({w.recording.sensor_id for w in waveforms}):
        for stretch in station_stretches([w for w in waveforms if w.recording.sensor_id == name]):
            samples = stretch.samples if settings is None else stretch.samples[:1]
            try:
                onsets = read_onsets(samples, stretch.rate_hz, settings)
            except ValueError as error:
                element = "" if name == sensor.id else name
                unheard.append(unheard_stretch(sensor, stretch.time, stretch.rate_hz, str(error), element_id=element))
                continue
            found += detections(onsets, stretch, sensor, places.get(name, sensor.place))
    return Listened(detections=tuple(sorted(found, key=lambda d: (d.time.utc, d.id))), unheard=tuple(unheard))


def _seismic(
    onsets: Sequence[GroundOnset], stretch: StationStretch, sensor: Sensor, place: Place
) -> tuple[Detection, ...]:
    return tuple(_of_ground(labelled, stretch, sensor, place) for labelled in label(onsets))


def _of_ground(labelled: Labelled, stretch: StationStretch, sensor: Sensor, place: Place) -> Detection:
    onset, motion = labelled.onset, labelled.onset.motion
    more = []
    if motion is not None:
        more += [
            Feature(name="rectilinearity", value=motion.rectilinearity, unit="1"),
            Feature(name="vertical_share", value=motion.vertical_share, unit="1"),
        ]
    if labelled.s_minus_p_s is not None:
        more.append(Feature(name="s_minus_p_s", value=labelled.s_minus_p_s, unit="s"))
    if stretch.unit == "m/s":
        more.append(Feature(name="wood_anderson", value=1e9 * onset.wood_anderson, unit="nm"))
    modes = _bearing_modes(motion) if labelled.waves[0].wave is Wave.P else ()
    return _detection(
        onset,
        stretch,
        sensor,
        place,
        method=SEISMIC_METHOD,
        features=tuple(more),
        modes=modes,
        waves=labelled.waves,
        causes=labelled.causes,
    )


def _bearing_modes(motion: Motion | None) -> tuple[BearingMode, ...]:
    """Return the P wave's direction, and the opposite one that a doubtful vertical leaves open."""
    if (
        motion is None
        or motion.rectilinearity < LEAST_RECTILINEARITY
        or motion.bearing_sigma_deg > MOST_BEARING_SIGMA_DEG
    ):
        return ()
    return tuple(
        BearingMode(
            bearing_deg=bearing % 360.0,
            bearing_sigma_deg=motion.bearing_sigma_deg,
            trace_velocity_m_s=motion.trace_velocity_m_s,
            p=p,
        )
        for bearing, p in (
            (motion.bearing_deg, 1.0 - motion.p_reverse),
            (motion.bearing_deg + 180.0, motion.p_reverse),
        )
    )


def _infrasound(
    onsets: Sequence[GroundOnset], stretch: StationStretch, sensor: Sensor, place: Place
) -> tuple[Detection, ...]:
    return tuple(_detection(o, stretch, sensor, place, method=INFRASOUND_METHOD, causes=_air_causes(o)) for o in onsets)


def _air_causes(onset: GroundOnset) -> tuple[CauseProbability, ...]:
    """Weigh how suddenly it rose: gusts swell. The weights are ours; the larger part stays undetermined."""
    sudden, slow = onset.rise_s < _SUDDEN_S, onset.rise_s > _SLOW_S
    weight = {
        Cause.EXPLOSION: 0.35 if sudden else 0.2,
        Cause.WIND: 0.45 if slow else 0.15,
        Cause.THUNDER: 0.1,
        Cause.UNDETERMINED: 0.4,
    }
    total = sum(weight.values())
    ranked = sorted(weight.items(), key=lambda item: (-item[1], item[0].value))
    return tuple(CauseProbability(cause=c, p=w / total) for c, w in ranked)


def _detection(
    onset: GroundOnset,
    stretch: StationStretch,
    sensor: Sensor,
    place: Place,
    *,
    method: str,
    features: tuple[Feature, ...] = (),
    modes: tuple[BearingMode, ...] = (),
    waves: tuple[WaveProbability, ...] = (),
    causes: tuple[CauseProbability, ...] = (),
) -> Detection:
    motion = onset.motion if modes else None
    return Detection(
        id=content_id("det", to_bytes((method, stretch.recording_ids, onset.band.name, round(onset.time_s, 4)))),
        kind=DetectionKind.ONSET,
        sensor_id=sensor.id,
        observer_kind=sensor.kind,
        means=Means.RECORDED,
        method=method,
        observation_ids=stretch.recording_ids,
        observation_type=ObservationType.EXPLOSION,
        time=Instant(
            utc=stretch.start_utc + timedelta(seconds=onset.time_s),
            sigma_s=math.hypot(onset.sigma_s, max(stretch.clock_sigma_s, sensor.clock_sigma_s)),
        ),
        origin=place,
        bearing_deg=modes[0].bearing_deg if modes else None,
        bearing_sigma_deg=modes[0].bearing_sigma_deg if modes else None,
        trace_velocity_m_s=None if motion is None else motion.trace_velocity_m_s,
        trace_velocity_sigma_m_s=None if motion is None else motion.trace_velocity_sigma_m_s,
        count=Count.exactly(1),
        snr_db=onset.snr_db,
        p_false=min(1.0, onset.p_false),
        features=(
            Feature(name="energy_ratio", value=onset.ratio, unit="1"),
            Feature(name="peak", value=onset.peak, unit=stretch.unit),
            Feature(name="middle_hz", value=onset.middle_hz, unit="Hz"),
            Feature(name="rise_s", value=onset.rise_s, unit="s"),
            Feature(name="clipped", value=float(onset.clipped), unit="1"),
            *features,
        ),
        waves=waves,
        causes=causes,
        bearing_modes=modes,
        band_hz=(onset.band.low_hz, onset.band.high_hz),
    )
