"""Onsets at single seismic stations as arrays: every wave that each may be is one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.onsets import by_id, place_of
from trucewatch.fuse.phase_settings import PhaseSettings
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.network import Network
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObserverKind, Wave

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_IN_AIR = frozenset({Wave.AIR_COUPLED, Wave.TROPOSPHERIC, Wave.STRATOSPHERIC, Wave.THERMOSPHERIC})
_LATER = frozenset({Wave.LG, Wave.SURFACE})
_LEAST_P = 0.02
"""pickers take S for P and P for S: what one calls impossible may be so in one of fifty"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Picks:
    """Onsets in time order with their stations; rows are onsets taken for one wave."""

    detections: tuple[Detection, ...]
    """in time order, ties by id"""
    time_s: FloatArray
    """(n,) after epoch_s"""
    epoch_s: float
    """seconds since 1970 UTC of the first"""
    sigma_s: FloatArray
    """(n,) pick, clock and site"""
    station: IntArray
    """(n,) index into names"""
    log_chance: FloatArray
    """(n,) log of the rate of onsets that nothing explains at the station about then, per second"""
    names: tuple[str, ...]
    """stations, from west to east"""
    places: tuple[Place, ...]
    centre: tuple[float, float]
    """longitude and latitude of the plane's centre: the middle of the stations"""
    plane_m: FloatArray
    """(n_stations, 2) east and north of the centre"""
    height_m: FloatArray
    """(n_stations,) above the mean of the stations, from which depth is counted"""
    row_pick: IntArray
    """(n_rows,) index of the onset, ascending"""
    row_wave: IntArray
    """(n_rows,) 0 P, 1 S"""
    row_log_said: FloatArray
    """(n_rows,) log probability that it is one, and that wave, by its detector"""

    def __len__(self) -> int:
        return len(self.detections)

    def seen_from(self, lon_deg: float, lat_deg: float) -> FloatArray:
        """Return stations east and north of a place, (n_stations, 2): exact in distance from it."""
        lon, lat = (np.array([getattr(p, name) for p in self.places]) for name in ("lon_deg", "lat_deg"))
        return to_azimuthal(lon_deg, lat_deg, lon, lat)


def is_ground_onset(detection: Detection) -> bool:
    """Say whether a detection is an onset that one seismic station felt in the ground."""
    if detection.kind is not DetectionKind.ONSET or detection.observer_kind is not ObserverKind.SEISMIC_STATION:
        return False
    return sum(w.p for w in detection.waves if w.wave in _IN_AIR) <= 0.5


def picks_of(detections: Sequence[Detection], network: Network, settings: PhaseSettings) -> Picks | None:
    """Return onsets in the ground as arrays; None where fewer stations felt any than an event needs.

    Args:
        detections: in any order; what is no onset in the ground, or has no place, is left out.
        network: where stations stand, and their clocks.
        settings: rates.
    """
    sensors = by_id(network)
    placed = [(d, p) for d in detections if is_ground_onset(d) and (p := place_of(d, sensors)) is not None]
    placed.sort(key=lambda pair: (pair[0].time.utc, pair[0].id))
    where = {d.sensor_id: p for d, p in reversed(placed)}
    if len(where) < settings.min_stations or len(placed) < settings.min_picks:
        return None
    names = sorted(where, key=lambda n: (where[n].lon_deg, where[n].lat_deg, n))
    number = {name: k for k, name in enumerate(names)}
    first = placed[0][0].time.utc
    time_s = np.array([(d.time.utc - first).total_seconds() for d, _ in placed])
    station = np.array([number[d.sensor_id] for d, _ in placed], dtype=np.int64)
    clock = {n: sensors[n].clock_sigma_s if n in sensors else 0.0 for n in names}
    own = np.array([0.0 if d.means is Means.RECORDED else clock[d.sensor_id] for d, _ in placed])
    stated = np.array([d.time.sigma_s for d, _ in placed])
    pick, wave, said = _rows([d for d, _ in placed])
    places = tuple(where[n] for n in names)
    centre, plane = _plane(places)
    return Picks(
        detections=tuple(d for d, _ in placed),
        time_s=time_s,
        epoch_s=first.timestamp(),
        sigma_s=np.sqrt(stated**2 + own**2 + settings.site_sigma_s**2),
        station=station,
        log_chance=np.log(_rates(time_s, station, len(names), settings)),
        names=tuple(names),
        places=places,
        centre=centre,
        plane_m=plane,
        height_m=_heights(places),
        row_pick=pick,
        row_wave=wave,
        row_log_said=said,
    )


def _plane(places: Sequence[Place]) -> tuple[tuple[float, float], FloatArray]:
    lon, lat = np.array([p.lon_deg for p in places]), np.array([p.lat_deg for p in places])
    turn = np.angle(np.exp(1j * np.radians(lon - lon[0])))
    middle = lon[0] + np.degrees(turn.min() + turn.max()) / 2
    centre = (float((middle + 180.0) % 360.0 - 180.0), float((lat.min() + lat.max()) / 2))
    return centre, to_azimuthal(*centre, lon, lat)


def _heights(places: Sequence[Place]) -> FloatArray:
    """Return heights above their mean; a station whose height is not known counts as on the mean."""
    known = [p.altitude_m for p in places if p.altitude_m is not None]
    mean = sum(known) / len(known) if known else 0.0
    return np.array([0.0 if p.altitude_m is None else p.altitude_m - mean for p in places])


def _rows(detections: Sequence[Detection]) -> tuple[IntArray, IntArray, FloatArray]:
    pick, wave, said = list[int](), list[int](), list[float]()
    for n, detection in enumerate(detections):
        real = max(1.0 - detection.p_false, 1e-3)
        for k, p in enumerate(_p_waves(detection)):
            if p >= _LEAST_P:
                pick.append(n)
                wave.append(k)
                said.append(float(np.log(p * real)))
    return np.array(pick, dtype=np.int64), np.array(wave, dtype=np.int64), np.array(said)


def _p_waves(detection: Detection) -> tuple[float, float]:
    """Return the probabilities of P and S; what the detector leaves open is shared evenly."""
    if not detection.waves:
        return 0.5, 0.5
    said = {w.wave: w.p for w in detection.waves}
    later = sum(p for wave, p in said.items() if wave in _LATER or wave in _IN_AIR)
    p, s = said.get(Wave.P, 0.0), said.get(Wave.S, 0.0)
    rest = max(0.0, 1.0 - p - s - later) / 2
    return p + rest, s + rest


def _rates(time_s: FloatArray, station: IntArray, n_stations: int, settings: PhaseSettings) -> FloatArray:
    """Return the rate of other onsets at each onset's station about its moment, with one usual one added, per second.

    Onsets of events count as well, so that a busy hour makes each onset there worth less: no event is made surer by it.
    """
    rates = np.empty(len(time_s))
    span_s, usual_s = 2.0 * settings.local_s, 3600.0 / settings.usual_false_per_hour
    for n in range(n_stations):
        own = np.flatnonzero(station == n)
        times = time_s[own]
        low = np.searchsorted(times, times - settings.local_s)
        high = np.searchsorted(times, times + settings.local_s, side="right")
        rates[own] = (high - low) / (span_s + usual_s)
    return rates
