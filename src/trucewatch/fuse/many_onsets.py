"""Association where there are many onsets: a scene as arrays, and what batches found as impulses again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from trucewatch.fuse.batch_evidence import Prior
from trucewatch.fuse.batch_fix import Airs
from trucewatch.fuse.candidates import Candidates
from trucewatch.fuse.field import NOWHERE_M, BoolArray, FloatArray, Ground, Heard, IntArray
from trucewatch.fuse.impulse import Impulse, Scene, settle_several
from trucewatch.fuse.joint import World
from trucewatch.fuse.onsets import chords
from trucewatch.fuse.whole_line import impulses_of_line

_MINUTE_S = 60.0
_HOUR_S = 3600.0
_KM2_DAY = 1e6 * 86_400.0


def impulses_of_many(scene: Scene, free: Sequence[int]) -> list[Impulse]:
    """Return impulses among free onsets, each onset in one at most, by time of their first onset.

    LIMIT: only sensors that gave an onset in this batch count as silent while impulses are chosen, and none that was
    down or watched only at times; the evidence of what was chosen asks them all.
    """
    onset = np.array(sorted(free), dtype=np.int64)
    if not len(onset):
        return []
    world = _world(scene, onset)
    found = impulses_of_line(world, scene.settings.max_range_m, scene.settings.least_log_odds).impulses
    return sorted(_settled(scene, onset, found), key=lambda i: i.members)


def _settled(scene: Scene, onset: IntArray, found: Candidates) -> list[Impulse]:
    """Return what was found as impulses at places with all that a fix says, station by station."""
    out = list[Impulse]()
    for anchor in np.unique(found.anchor).tolist():
        rows = np.flatnonzero(found.anchor == anchor)
        sets = [tuple(onset[m[m >= 0]].tolist()) for m in found.member[rows]]
        starts: list[FloatArray | None] = [np.array(xy) for xy in found.state[rows, :2]]
        settled = settle_several(scene, sets, scene.hoods[anchor].frame, starts)
        out += [replace(i, extra=()) for i in settled if i.fix is not None]
    return out


def _world(scene: Scene, onset: IntArray) -> World:
    onsets, settings = scene.onsets, scene.settings
    airs = _AirsByMinute(scene)
    station = onsets.station[onset]
    metres = np.hypot(onsets.sensor_sigma_m[station], settings.path_excess_sigma_m)
    speed = airs(onsets.time_s[onset]).speed_m_s
    return World(
        ground=_ground(scene),
        heard=Heard(
            time_s=onsets.time_s[onset],
            station=station,
            sigma_s=np.hypot(onsets.sigma_s[onset], metres / speed),
            far_from_m=settings.max_range_m,
            far_share=settings.far_path_share,
        ),
        airs_at=airs,
        hearing=_SceneHearing(scene),
        prior=Prior(
            density_m2_s=settings.events_per_km2_day / _KM2_DAY,
            usual_rate_hz=settings.usual_false_per_hour / _HOUR_S,
            reach_m=settings.max_range_m,
            p_follows=settings.p_follows,
            salvo_gap_s=settings.salvo_gap_s,
            silence_cap=settings.silence_cap,
        ),
        least_heard=settings.min_sensors,
    )


def _ground(scene: Scene) -> Ground:
    """Return the stations with their neighbourhoods side by side."""
    hoods = scene.hoods
    shape = (len(hoods), max(len(h.stations) for h in hoods))
    hood, away = np.full(shape, -1, dtype=np.int64), np.full(shape, np.inf)
    xy_m = np.full((*shape, 2), NOWHERE_M)
    for row, h in enumerate(hoods):
        n = len(h.stations)
        hood[row, :n], away[row, :n], xy_m[row, :n] = h.stations, h.away_m, h.xy_m
    places = scene.onsets.stations
    lon, lat = np.radians([p.lon_deg for p in places]), np.radians([p.lat_deg for p in places])
    east = np.stack((-np.sin(lon), np.cos(lon), np.zeros_like(lon)), axis=-1)
    north = np.stack((-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)), axis=-1)
    return Ground(hood=hood, xy_m=xy_m, away_m=away, point_m=chords(places), axes=np.stack((east, north), axis=1))


class _AirsByMinute:
    """The air of a scene at any moments: looked up once for each minute."""

    def __init__(self, scene: Scene) -> None:
        time_s = scene.onsets.time_s
        self._first = int(time_s[0] // _MINUTE_S) - 2
        minutes = np.arange(self._first, int(time_s[-1] // _MINUTE_S) + 3)
        airs = [scene.air_at(scene.onsets.epoch_s + (m + 0.5) * _MINUTE_S) for m in minutes.tolist()]
        self._speed = np.array([a.speed_m_s for a in airs])
        self._wind = np.array([(a.wind_east_m_s, a.wind_north_m_s) for a in airs])
        self._sigma = np.array([(a.speed_sigma_m_s, a.wind_sigma_m_s, a.wind_sigma_m_s) for a in airs])

    def __call__(self, at_s: FloatArray) -> Airs:
        """Return the air of each moment."""
        at = np.clip((at_s // _MINUTE_S).astype(np.int64) - self._first, 0, len(self._speed) - 1)
        return Airs(speed_m_s=self._speed[at], wind_m_s=self._wind[at], sigma_m_s=self._sigma[at])


@dataclass(frozen=True, slots=True, eq=False)
class _SceneHearing:
    """Who of a scene hears what, hour by hour."""

    scene: Scene

    @property
    def weights(self) -> FloatArray:
        """Prior of the sizes."""
        weights = np.array([w for _, w in self.scene.settings.size_weights])
        return np.asarray(weights / weights.sum(), dtype=np.float64)

    def p_hear(self, station: IntArray, away_m: FloatArray, toward_deg: FloatArray, at_s: FloatArray) -> FloatArray:
        """Return the probability that stations (n, K) hear each size, shape (n_sizes, n, K)."""
        scene, names = self.scene, self.scene.size_names
        p = np.zeros((len(names), *station.shape))
        hours = np.floor((scene.onsets.epoch_s + at_s) / _HOUR_S).astype(np.int64)
        ear = scene.ears.of_station[np.maximum(station, 0)]
        for hour in np.unique(hours).tolist():
            rows = hours == hour
            middle_s = (hour + 0.5) * _HOUR_S
            heard = scene.ears.p_hear(
                ear[rows].ravel(),
                away_m[rows].ravel(),
                toward_deg[rows].ravel(),
                names,
                scene.weather_at(middle_s),
                middle_s,
            )
            p[:, rows] = heard.reshape(len(names), int(rows.sum()), -1)
        return p

    def listens(self, station: IntArray, at_s: FloatArray) -> BoolArray:
        """Say of which stations (n, K) silence says something."""
        return np.asarray((station >= 0) & self.scene.ears.always[self.scene.ears.of_station[station]], dtype=np.bool_)
