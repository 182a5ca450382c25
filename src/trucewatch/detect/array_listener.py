"""An array of the network listened to with clock times: blocks of named elements in, detections out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.array_channels import ChannelFault
from trucewatch.detect.array_heard import Heard, StreamSettings
from trucewatch.detect.array_shape import line_azimuth_deg
from trucewatch.detect.array_stream import ArrayStream
from trucewatch.detect.arrivals import Arrival, ArrivalSettings
from trucewatch.detect.beam import AVERAGED
from trucewatch.detect.duct_waves import path_probabilities
from trucewatch.detect.listened import Listened
from trucewatch.detect.persistent import PersistentSource
from trucewatch.detect.steering import SHORTEST_PIECE, BeamSettings, time_bandwidth
from trucewatch.geo import LocalFrame
from trucewatch.model.count import Count
from trucewatch.model.detection import BearingMode, Detection, DetectionKind, Feature
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.mission import BeamMethod, DetectSettings
from trucewatch.model.network import Sensor
from trucewatch.model.trouble import Trouble, TroubleKind, trouble
from trucewatch.model.vocabulary import Means, ObservationType
from trucewatch.model.wire import to_bytes

FloatArray = NDArray[np.float64]

METHOD = "bartlett-fk-adaptive-f/4"
"""of the usual beams"""

BEARING_MODEL_SIGMA_DEG = 2.0
"""What crosswind on the path turns a bearing by, beside the array's own error.
Evers (2008) and the range test (benchmarks/RESULTS.md) show 0.4 to 0.9 degrees at 234-430 km along the wind and more
across it."""

PARTS = 3
LEAST_PART_BANDWIDTH = 3.3
"""A band is searched whole and in three parts, where each part holds as many independent samples of a window."""

LEAST_PIECE_FREQUENCIES = 2.0
"""What the pieces of a window that Capon and MUSIC average hold in a part at the least."""

LIVE_BATCH_WINDOWS = 4
"""Windows beamed together in live listening: at a step of 5 s an arrival waits 20 s at most."""


def bands_of(
    band_hz: tuple[float, float], window_s: float, step_s: float, method: BeamMethod = "bartlett"
) -> tuple[BeamSettings, ...]:
    """Return the whole band and, where they hold enough, its three parts of equal ratio."""
    whole = BeamSettings(method=method, band_hz=band_hz, window_s=window_s, step_s=step_s)
    edges = np.geomspace(*band_hz, PARTS + 1).round(3)
    parts = [replace(whole, band_hz=(float(a), float(b))) for a, b in pairwise(edges)]
    return (whole, *parts) if all(_holds_enough(p) for p in parts) else (whole,)


def _holds_enough(part: BeamSettings) -> bool:
    """Say whether a part can be beamformed: a band that is too narrow for the pieces of a window is no band at all."""
    low, high = part.band_hz
    in_piece = (high - low) * part.window_s * (SHORTEST_PIECE if part.method in AVERAGED else 1.0)
    return time_bandwidth(part) > LEAST_PART_BANDWIDTH and in_piece >= LEAST_PIECE_FREQUENCIES


def method_of(beam: BeamMethod) -> str:
    """Return the name and version under which detections of one kind of beam stand."""
    return METHOD.replace("bartlett", beam.replace("_", "-"))


def stream_settings(
    settings: DetectSettings, sensor: Sensor, *, clock_sigma_s: float = 0.0, live: bool = False
) -> StreamSettings:
    """Return how an array of the network is listened to.

    Args:
        settings: The mission's band, window, step, method, error of clocks and rate of false alarms.
        sensor: The array; the error of its elements' places widens its bearings.
        clock_sigma_s: Error of one element's time against another's, beyond that of the clocks.
        live: Give arrivals soon rather than cheaply.
    """
    variance_m2 = [(e.place.var_east_m2 + e.place.var_north_m2) / 2.0 for e in sensor.elements]
    survey_m = float(np.sqrt(np.mean(variance_m2))) if variance_m2 else 0.0
    clocks_s = float(np.hypot(clock_sigma_s, settings.array_clock_sigma_s))
    bands = bands_of(settings.array_band_hz, settings.array_window_s, settings.array_step_s, settings.array_method)
    known = StreamSettings(
        bands=tuple(replace(b, position_sigma_m=survey_m, clock_sigma_s=clocks_s) for b in bands),
        arrivals=ArrivalSettings(confident_per_day=settings.array_false_alarms_per_day),
    )
    return replace(known, batch_windows=LIVE_BATCH_WINDOWS) if live else known


def offsets_m(sensor: Sensor) -> FloatArray:
    """Return the places of an array's elements, (n_elements, 2) east and north of its own, metres."""
    places = [e.place for e in sensor.elements]
    frame = LocalFrame(lon_deg=sensor.place.lon_deg, lat_deg=sensor.place.lat_deg)
    enu = frame.to_enu(np.array([p.lon_deg for p in places]), np.array([p.lat_deg for p in places]))
    return np.asarray(enu, dtype=np.float64)[:, :2]


class ArrayListener:
    """Listens to one array as its blocks come in; feed it, then flush it."""

    def __init__(
        self,
        sensor: Sensor,
        rate_hz: float,
        epoch_utc: datetime,
        settings: StreamSettings,
        recordings: Sequence[tuple[str, str, datetime, datetime]] = (),
        clock_sigma_s: float = 0.0,
    ) -> None:
        """Start at a moment with nothing heard.

        Args:
            sensor: The array.
            rate_hz: Sampling rate.
            epoch_utc: Where the first window begins.
            settings: Bands and batches, from `stream_settings`.
            recordings: Id, element, start and end of what will be fed, so that detections name what they rest on.
            clock_sigma_s: Error of the recordings' clock.

        Raises:
            ValueError: As `ArrayStream`.
        """
        self.sensor = sensor
        self.epoch_utc = epoch_utc
        self._rows = {e.id: row for row, e in enumerate(sensor.elements)}
        where = offsets_m(sensor)
        self._stream = ArrayStream(where, rate_hz, settings)
        # A line measures slowness along itself only, so neither the speed nor one bearing is known.
        self._in_line = line_azimuth_deg(where) is not None
        self._recordings = tuple(recordings)
        self._clock_sigma_s = clock_sigma_s
        self._rate_hz = rate_hz
        self._method = method_of(settings.bands[0].method)
        self._until_s = 0.0
        """end of what was fed"""
        self.n_windows = 0

    def feed(self, element_id: str, start_utc: datetime, samples: FloatArray) -> Listened:
        """Take a block of one element; returns what has become final by it."""
        start_s = (start_utc - self.epoch_utc).total_seconds()
        self._until_s = max(self._until_s, start_s + len(samples) / self._rate_hz)
        return self._listened(self._stream.feed(self._rows[element_id], start_s, samples))

    def flush(self) -> Listened:
        """End the stream; returns everything that was still open."""
        return self._listened(self._stream.flush(), over=True)

    def _listened(self, heard: Heard, *, over: bool = False) -> Listened:
        self.n_windows += heard.n_windows
        # A source that has only begun is given when it ends, or with the stream.
        lasting = [s for s in heard.persistent if over or s.end_s is not None]
        unheard = [*(self._lasting(s) for s in lasting), *(self._faulty(f) for f in heard.faults)]
        found = [self._detection(a) for a in heard.arrivals if a.confident]
        return Listened(detections=tuple(found), unheard=tuple(unheard))

    def _at(self, seconds: float) -> datetime:
        return self.epoch_utc + timedelta(seconds=seconds)

    def _lasting(self, source: PersistentSource) -> Trouble:
        return trouble(
            self.sensor.id,
            TroubleKind.LASTING,
            self._span(source.start_s, source.end_s),
            what=f"sound without a pause from {source.back_azimuth_deg:.0f} degrees, F {source.f_statistic:.1f}",
            meaning="surf, a wind farm, a road, or firing without a pause; "
            f"arrivals that did not stand out of it and are not listed: {source.n_absorbed}",
        )

    def _faulty(self, fault: ChannelFault) -> Trouble:
        return trouble(
            self.sensor.id,
            TroubleKind.ELEMENT,
            self._span(fault.start_s or 0.0, fault.end_s),
            element_id=self.sensor.elements[fault.element].id,
            what=fault.reason,
            meaning="left out; the others listened",
        )

    def _span(self, start_s: float, end_s: float | None) -> Interval:
        return Interval(start_utc=self._at(start_s), end_utc=self._at(self._until_s if end_s is None else end_s))

    def _rests_on(self, start: datetime, end: datetime) -> tuple[str, ...]:
        return tuple(sorted(name for name, _, a, b in self._recordings if a < end and b > start))

    def _detection(self, arrival: Arrival) -> Detection:
        start, peak, end = (self._at(s) for s in (arrival.start_s, arrival.peak_s, arrival.end_s))
        ids = self._rests_on(start, end)
        modes = tuple(_widened(m) for m in arrival.modes)
        speed, speed_sigma = arrival.trace_velocity_m_s, arrival.trace_velocity_sigma_m_s
        identity = (self._method, self.sensor.id, ids, peak, round(arrival.back_azimuth_deg, 3))
        return Detection(
            id=content_id("det", to_bytes(identity)),
            kind=DetectionKind.ARRIVAL,
            sensor_id=self.sensor.id,
            observer_kind=self.sensor.kind,
            means=Means.RECORDED,
            method=self._method,
            observation_ids=ids,
            observation_type=ObservationType.EXPLOSION,
            time=Instant(utc=peak, sigma_s=float(np.hypot(arrival.time_sigma_s, self._clock_sigma_s))),
            interval=Interval(start_utc=start, end_utc=end),
            origin=self.sensor.place,
            bearing_deg=modes[0].bearing_deg if modes else arrival.back_azimuth_deg,
            bearing_sigma_deg=_with_path(arrival.back_azimuth_sigma_deg),
            trace_velocity_m_s=None if self._in_line else speed,
            trace_velocity_sigma_m_s=None if self._in_line else speed_sigma,
            count=Count.exactly(1),
            p_false=arrival.p_false,
            features=_features(arrival),
            waves=path_probabilities(np.inf if self._in_line else speed, speed_sigma),
            bearing_modes=modes,
            band_hz=arrival.band_hz,
        )


def _with_path(sigma_deg: float) -> float:
    return float(np.hypot(sigma_deg, BEARING_MODEL_SIGMA_DEG))


def _widened(mode: BearingMode) -> BearingMode:
    return replace(mode, bearing_sigma_deg=_with_path(mode.bearing_sigma_deg))


def _features(arrival: Arrival) -> tuple[Feature, ...]:
    return (
        Feature(name="f_statistic", value=arrival.f_statistic, unit="1"),
        Feature(name="background_f", value=arrival.background_f, unit="1"),
        Feature(name="semblance", value=arrival.semblance, unit="1"),
        Feature(name="back_azimuth_array_sigma", value=arrival.back_azimuth_sigma_deg, unit="deg"),
        Feature(name="windows", value=float(arrival.n_windows), unit="1"),
        Feature(name="elements", value=float(arrival.n_elements), unit="1"),
        Feature(name="false_alarms", value=arrival.false_alarms_per_day, unit="1/day"),
        *(
            Feature(name=f"back_azimuth_{b.band_hz[0]:g}_{b.band_hz[1]:g}_hz", value=b.back_azimuth_deg, unit="deg")
            for b in arrival.bands
            if len(arrival.bands) > 1
        ),
    )
