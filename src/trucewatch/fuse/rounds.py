"""Other rounds from the place of an impulse: sensors hear them with the same differences of time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.impulse import Impulse, Scene, tells
from trucewatch.fuse.locate import Fix, arrival_sigma_s, predict
from trucewatch.fuse.onsets import arrivals_of
from trucewatch.model.place import Place

_DRIFT_S = 0.003
"""by how much a path changes from one round to the next within a salvo: gusts and turbulence, a metre of path"""
_SIGMAS = 2.0
_AGREE = 0.75
"""share of an impulse's arrivals that must agree with another round's place"""
_PLACE_SIGMAS = 6.0
"""how far another round's place may be off, three of its sigmas and three of the other's"""

Shift = tuple[float, int, float]
"""seconds after the source's own arrival, onset, how far that may be off"""


def rounds_like(scene: Scene, source: Impulse, stations: Sequence[int], free: set[int]) -> list[tuple[int, ...]]:
    """Return sets of free onsets that repeat an impulse's pattern of arrivals, best heard first, each onset once.

    Whatever walls and ground do to a path they do to every round, so that differences of time repeat to milliseconds
    at the sensors that heard the source. At the others they are those that its place predicts.

    Args:
        scene: onsets, air and settings.
        source: a located impulse.
        stations: that would hear it.
        free: onsets that may be taken.
    """
    if source.fix is None:
        return []
    shifts = sorted(_known(scene, source, free) + _predicted(scene, source, source.fix, stations, free))
    least = scene.settings.min_sensors
    found = [(len(m), -first, m) for first, m in _agreeing(scene, shifts) if len(m) >= least]
    out, used = list[tuple[int, ...]](), set[int]()
    for _, _, members in sorted(found, reverse=True):
        if not used.intersection(members):
            out.append(members)
            used.update(members)
    return out


def _known(scene: Scene, source: Impulse, free: set[int]) -> list[Shift]:
    """Return the shifts of free onsets at the sensors that heard the source."""
    onsets, gap_s = scene.onsets, scene.settings.salvo_gap_s
    out = []
    for i in source.members:
        at = float(onsets.time_s[i])
        near = onsets.between(int(onsets.station[i]), at - gap_s, at + gap_s)
        off = _SIGMAS * float(onsets.sigma_s[i]) + _DRIFT_S / 2
        out += [(float(onsets.time_s[j]) - at, j, off) for j in near if j in free]
    return out


def _predicted(scene: Scene, source: Impulse, fix: Fix, stations: Sequence[int], free: set[int]) -> list[Shift]:
    """Return the shifts of free onsets at the other sensors that would hear it."""
    onsets, gap_s = scene.onsets, scene.settings.salvo_gap_s
    heard = {int(onsets.station[i]) for i in source.members}
    latest = fix.time_s + gap_s + scene.settings.max_range_m / 300.0
    near = [j for s in stations if s not in heard for j in onsets.between(s, fix.time_s - gap_s, latest) if j in free]
    if not near:
        return []
    arrivals = arrivals_of(onsets, near, source.frame)
    shift, sigma = predict(fix, arrivals, scene.air_of(source), scene.settings)
    close = (np.abs(shift) <= gap_s) & tells(fix, sigma)
    return [(float(shift[n]), j, _SIGMAS * float(sigma[n])) for n, j in enumerate(near) if close[n]]


def _agreeing(scene: Scene, shifts: list[Shift]) -> list[tuple[float, tuple[int, ...]]]:
    """Return, for each shift, the onsets of different sensors that share it."""
    out = []
    widest = max((off for _, _, off in shifts), default=0.0)
    times = [s for s, _, _ in shifts]
    station = {j: int(scene.onsets.station[j]) for _, j, _ in shifts}
    for shift, _, off in shifts:
        first, last = bisect_left(times, shift - off - widest), bisect_right(times, shift + off + widest)
        near = sorted((abs(s - shift), j) for s, j, w in shifts[first:last] if abs(s - shift) <= off + w)
        members = dict[int, int]()
        for _, j in near:
            members.setdefault(station[j], j)
        out.append((shift, tuple(sorted(members.values()))))
    return out


def may_come_from(scene: Scene, impulse: Impulse, place: Place) -> bool:
    """Say whether an impulse's own arrivals agree with a place, not only its region, which may be kilometres long.

    Args:
        scene: onsets, air and settings.
        impulse: with its members.
        place: of another impulse.
    """
    return bool(may_come_from_each(scene, impulse, [place])[0])


def may_come_from_each(scene: Scene, impulse: Impulse, places: Sequence[Place]) -> NDArray[np.bool_]:
    """Say what `may_come_from` says, of each of several places, shape (n,)."""
    lon, lat = [p.lon_deg for p in places], [p.lat_deg for p in places]
    xy_m = impulse.frame.to_enu(lon, lat)[:, :2]
    air = scene.air_of(impulse)
    arrivals = arrivals_of(scene.onsets, impulse.members, impulse.frame)
    off_m = arrivals.xy_m - xy_m[:, None]
    away_m = np.hypot(off_m[..., 0], off_m[..., 1])
    origin = arrivals.time_s - away_m / air.speed_m_s
    off = np.abs(origin - np.median(origin, axis=1, keepdims=True))
    spread_m = np.sqrt([max(p.var_east_m2, p.var_north_m2) for p in places])
    usual = scene.settings.outlier_sigmas * arrival_sigma_s(arrivals, air, scene.settings)
    wind_s = away_m * 3 * air.wind_sigma_m_s / air.speed_m_s**2
    agree = off <= usual + wind_s + _PLACE_SIGMAS * spread_m[:, None] / air.speed_m_s
    return np.asarray(np.mean(agree, axis=1) >= _AGREE, dtype=np.bool_)
