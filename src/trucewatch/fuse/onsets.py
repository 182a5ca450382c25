"""Onsets with the place of their sensor, sorted by time, and who can hear the same impulse as whom."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from trucewatch.fuse.locate import Arrivals
from trucewatch.geo.frame import LocalFrame
from trucewatch.model.detection import Detection
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means
from trucewatch.physics.level import REFERENCE_PRESSURE_PA

FloatArray = NDArray[np.float64]

_SLOW_M_S = 320.0
"""sound in cold air"""
_MAX_NEIGHBOURS = 64
"""LIMIT: an impulse heard by more sensors than this is joined from the nearest ones; the others stay over"""
_MAX_VOTERS = 12
"""nearest sensors that vote; beyond six the gain in accuracy is marginal (TN098), the cost is not"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Onsets:
    """Onsets in time order, ties by id; arrays of shape (n,)."""

    detections: tuple[Detection, ...]
    time_s: FloatArray
    """seconds after epoch_s"""
    epoch_s: float
    """seconds since 1970 UTC"""
    sigma_s: FloatArray
    """pick and clock together"""
    snr_db: FloatArray
    """above its sensor's noise; NaN where not known"""
    loud_db: FloatArray
    """how loud it was at its own sensor, of any zero: its peak where known, else snr_db; NaN where neither is"""
    level_db: FloatArray
    """peak, dB re 20 uPa; NaN where its sensor is not calibrated"""
    station: NDArray[np.int64]
    """index into stations"""
    stations: tuple[Place, ...]
    """where the sensors stand"""
    names: tuple[str, ...]
    """their sensors"""
    of_station: tuple[tuple[int, ...], ...]
    """onset indices of each station, in time order"""
    times_of_station: tuple[tuple[float, ...], ...]
    """their times, to look up single moments"""
    sensor_sigma_m: FloatArray
    """error of each station's place, one axis"""
    planes: dict[LocalFrame, FloatArray] = field(default_factory=dict, repr=False)
    """stations in the frames that were asked for, see plane_of"""

    def __len__(self) -> int:
        return len(self.detections)

    def below_loudest_db(self, members: NDArray[np.int64]) -> FloatArray:
        """Return how far each of some onsets of one sensor is below the loudest, shape (n,); 0 where none is known."""
        loud = self.loud_db[members]
        known = np.isfinite(loud)
        if not known.any():
            return np.zeros(len(members))
        return np.asarray(np.where(known, loud[known].max() - loud, 0.0), dtype=np.float64)

    def alike_db(self, members: Sequence[int]) -> FloatArray | None:
        """Return how loud onsets of several sensors were, of one zero, shape (n,); None where they cannot be compared.

        Peaks where all have them in one unit, else what they were above their sensors' noise.
        """
        units = [{f.unit for f in self.detections[i].features if f.name == "peak" and f.value > 0} for i in members]
        loud = self.loud_db if all(u and u == units[0] for u in units) else self.snr_db
        known = loud[list(members)]
        return known if np.isfinite(known).all() else None

    def between(self, station: int, low_s: float, high_s: float) -> tuple[int, ...]:
        """Return a station's onsets with low_s <= time <= high_s, in time order."""
        times = self.times_of_station[station]
        return self.of_station[station][bisect_left(times, low_s) : bisect_right(times, high_s)]

    def n_between(self, station: int, low_s: float, high_s: float) -> int:
        """Return how many onsets of a station lie between two moments, both included."""
        times = self.times_of_station[station]
        return bisect_right(times, high_s) - bisect_left(times, low_s)

    def plane_of(self, frame: LocalFrame) -> FloatArray:
        """Return all stations in a frame, shape (n_stations, 2); computed once a frame."""
        known = self.planes.get(frame)
        if known is None:
            known = self.planes[frame] = plane_m(self.stations, frame)
        return known


def gather(detections: Sequence[Detection], network: Network) -> Onsets:
    """Sort onsets by time and find their sensors' places; onsets without a place are left out."""
    sensors = by_id(network)
    placed = [(d, p) for d in detections if (p := place_of(d, sensors)) is not None]
    placed.sort(key=lambda pair: (pair[0].time.utc, pair[0].id))
    ids = sorted({d.sensor_id for d, _ in placed})
    where = {sensor: i for i, sensor in enumerate(ids)}
    station = np.array([where[d.sensor_id] for d, _ in placed], dtype=np.int64)
    places = {d.sensor_id: p for d, p in reversed(placed)}
    epoch = placed[0][0].time.utc.timestamp() if placed else 0.0
    time_s = np.array([d.time.utc.timestamp() - epoch for d, _ in placed])
    of_station = [np.flatnonzero(station == i) for i in range(len(ids))]
    return Onsets(
        detections=tuple(d for d, _ in placed),
        time_s=time_s,
        epoch_s=epoch,
        sigma_s=np.array([timing_sigma_s(d, sensors.get(d.sensor_id)) for d, _ in placed]),
        snr_db=np.array([np.nan if d.snr_db is None else d.snr_db for d, _ in placed], dtype=np.float64),
        loud_db=np.array([_loud_db(d) for d, _ in placed], dtype=np.float64),
        level_db=np.array([_level_db(d) for d, _ in placed], dtype=np.float64),
        station=station,
        stations=tuple(places[s] for s in ids),
        names=tuple(ids),
        of_station=tuple(tuple(index.tolist()) for index in of_station),
        times_of_station=tuple(tuple(time_s[index].tolist()) for index in of_station),
        sensor_sigma_m=np.array([np.sqrt((places[s].var_east_m2 + places[s].var_north_m2) / 2) for s in ids]),
    )


def retimed(onsets: Onsets, at: Mapping[int, tuple[float, float]]) -> tuple[Onsets, NDArray[np.int64]]:
    """Return onsets of which some have other moments, in time order again, and where each of them is now, shape (n,).

    Args:
        onsets: all.
        at: seconds after the epoch and the error, by onset.
    """
    time_s, sigma_s = onsets.time_s.copy(), onsets.sigma_s.copy()
    for i, (moment, sigma) in at.items():
        time_s[i], sigma_s[i] = moment, sigma
    order = np.lexsort((np.arange(len(time_s)), time_s))
    now = np.empty(len(order), dtype=np.int64)
    now[order] = np.arange(len(order))
    station, time_s = onsets.station[order], time_s[order]
    of_station = [np.sort(now[list(index)]) for index in onsets.of_station]
    moved = replace(
        onsets,
        detections=tuple(onsets.detections[i] for i in order.tolist()),
        time_s=time_s,
        sigma_s=sigma_s[order],
        snr_db=onsets.snr_db[order],
        loud_db=onsets.loud_db[order],
        level_db=onsets.level_db[order],
        station=station,
        of_station=tuple(tuple(index.tolist()) for index in of_station),
        times_of_station=tuple(tuple(time_s[index].tolist()) for index in of_station),
    )
    return moved, now


def by_id(network: Network) -> dict[str, Sensor]:
    """Return sensors by their ids and by those of their elements, the first of a name."""
    out: dict[str, Sensor] = {}
    for sensor in network.sensors:
        for name in (sensor.id, *(e.id for e in sensor.elements)):
            out.setdefault(name, sensor)
    return out


def place_of(detection: Detection, sensors: Mapping[str, Sensor]) -> Place | None:
    """Return where the sensor stood: as the detection says, else as the network says."""
    if detection.origin is not None:
        return detection.origin
    sensor = sensors.get(detection.sensor_id)
    return None if sensor is None else sensor.place


def timing_sigma_s(detection: Detection, sensor: Sensor | None) -> float:
    """Return the error of pick and clock: what was found in recordings holds both, what a sensor states only its own.

    A pulse that a sensor reports names the error of its pick; how far its clock is off it does not know.
    """
    if detection.means is Means.RECORDED or sensor is None:
        return detection.time.sigma_s
    return float(np.hypot(detection.time.sigma_s, sensor.clock_sigma_s))


def _loud_db(detection: Detection) -> float:
    """Return the peak in decibels of whatever unit its sensor has: signal over noise falls after a first loud round."""
    peaks = [f.value for f in detection.features if f.name == "peak" and f.value > 0]
    if peaks:
        return 20.0 * math.log10(peaks[0])
    return float("nan") if detection.snr_db is None else detection.snr_db


def _level_db(detection: Detection) -> float:
    """Return the level that a detection carries, or that of its peak where it is in pascals."""
    for feature in detection.features:
        if feature.name == "level":
            return feature.value
        if feature.name == "peak" and feature.unit == "Pa" and feature.value > 0:
            return float(20.0 * np.log10(feature.value / REFERENCE_PRESSURE_PA))
    return float("nan")


def frame_at(place: Place) -> LocalFrame:
    """Return the plane about a place; heights are left out (LIMIT of a 2-D fix, see locate)."""
    return LocalFrame(lon_deg=place.lon_deg, lat_deg=place.lat_deg)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FarPaths:
    """What the air of a long path adds to an arrival's error, beyond what all arrivals share."""

    source_m: FloatArray
    """shape (2,)"""
    from_m: float
    share: float
    """of the travel time beyond that distance"""

    def sigma_s(self, xy_m: FloatArray) -> FloatArray:
        """Return seconds for sensors, shape (n,)."""
        away = np.hypot(*(xy_m - self.source_m).T)
        return np.asarray(self.share * np.maximum(0.0, away - self.from_m) / _SLOW_M_S, dtype=np.float64)


def arrivals_of(onsets: Onsets, members: Sequence[int], frame: LocalFrame, far: FarPaths | None = None) -> Arrivals:
    """Return members of one event as arrivals in a frame; those of far sensors are looser."""
    index = np.asarray(members, dtype=np.int64)
    station = onsets.station[index]
    xy_m, sigma_s = onsets.plane_of(frame)[station], onsets.sigma_s[index]
    return Arrivals(
        xy_m=xy_m,
        time_s=onsets.time_s[index],
        sigma_s=sigma_s if far is None else np.hypot(sigma_s, far.sigma_s(xy_m)),
        sensor_sigma_m=onsets.sensor_sigma_m[station],
    )


def plane_m(places: Sequence[Place], frame: LocalFrame) -> FloatArray:
    """Return places in a frame, shape (n, 2), east-north metres."""
    lon, lat = [p.lon_deg for p in places], [p.lat_deg for p in places]
    return np.asarray(frame.to_enu(np.array(lon), np.array(lat))[..., :2], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Neighbourhood:
    """One station and the nearest ones that may hear the same impulse."""

    frame: LocalFrame
    """centred on the station"""
    stations: tuple[int, ...]
    """the station itself first"""
    xy_m: FloatArray
    """shape (n, 2)"""
    away_m: tuple[float, ...]
    """how far each is from the first one"""
    n_near: int
    """how many of them, the nearest, are within range of the same audible impulse"""

    def near(self, range_m: float) -> tuple[int, ...]:
        """Return the stations within a distance of the first one."""
        return tuple(s for s, d in zip(self.stations, self.away_m, strict=True) if d <= range_m)

    def only(self, which: Sequence[bool]) -> Neighbourhood:
        """Return it without some of the others; the station itself stays."""
        kept = [n for n, keep in enumerate(which) if keep or n == 0]
        stations = tuple(self.stations[n] for n in kept)
        near = sum(1 for n in kept if n < self.n_near)
        away = tuple(self.away_m[n] for n in kept)
        return Neighbourhood(frame=self.frame, stations=stations, xy_m=self.xy_m[kept], away_m=away, n_near=near)

    def voters(self) -> Neighbourhood:
        """Return the nearest ones, those that vote."""
        n = min(self.n_near, _MAX_VOTERS)
        return Neighbourhood(
            frame=self.frame, stations=self.stations[:n], xy_m=self.xy_m[:n], away_m=self.away_m[:n], n_near=n
        )


@lru_cache(maxsize=256)
def voting(hood: Neighbourhood, listens: tuple[bool, ...] | None) -> Neighbourhood:
    """Return the nearest of a neighbourhood, of those that listen: the same object for the same question."""
    return (hood if listens is None else hood.only(listens)).voters()


def neighbourhoods(onsets: Onsets, max_range_m: float, far_range_m: float) -> tuple[Neighbourhood, ...]:
    """Return each station's neighbourhood within the farthest range of hearing."""
    if not onsets.stations:
        return ()
    chord = chords(onsets.stations)
    _, near = cKDTree(chord).query(chord, k=min(_MAX_NEIGHBOURS, len(chord)), distance_upper_bound=far_range_m)
    return tuple(_neighbourhood(onsets, row, max_range_m) for row in np.reshape(near, (len(chord), -1)))


def _neighbourhood(onsets: Onsets, near: NDArray[np.int64], max_range_m: float) -> Neighbourhood:
    stations = tuple(int(i) for i in near if i < len(onsets.stations))
    frame = frame_at(onsets.stations[stations[0]])
    xy_m = onsets.plane_of(frame)[list(stations)]
    away_m = np.hypot(*xy_m.T)
    near_enough = int(np.count_nonzero(away_m <= 2 * max_range_m))
    return Neighbourhood(frame=frame, stations=stations, xy_m=xy_m, away_m=tuple(away_m.tolist()), n_near=near_enough)


def chords(places: Sequence[Place]) -> FloatArray:
    """Return places as points of a sphere of 6371 km, shape (n, 3), only to find who is near."""
    lon, lat = np.radians([p.lon_deg for p in places]), np.radians([p.lat_deg for p in places])
    unit = np.stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)), axis=-1)
    return np.asarray(6_371_000.0 * unit, dtype=np.float64)
