"""What one or two onsets say of an event, where too few sensors are left to make a place."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.ears import IntArray
from trucewatch.fuse.impulse import Scene
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import SensorState

FloatArray = NDArray[np.float64]

_NEAREST_M = 40.0
_RINGS, _WINDS = 24, 16
_BLUR_S = 0.5
"""moments are compared as sharply as the cells are small; sharper ones only move the odds with the cells"""
_FLOOR = 1e-3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Cells:
    """Ground around a sensor, in cells that grow with the distance."""

    east_m: FloatArray
    north_m: FloatArray
    area_m2: FloatArray


def few_log_odds(
    scene: Scene, members: IntArray, rate_hz: FloatArray, density_m2_s: float, not_asked: frozenset[int]
) -> float:
    """Return the log-odds that one or two onsets are an event, wherever it was within hearing.

    The place is summed over, cell by cell: how many events a cell sees, times the probability that those sensors
    hear them and the other ones do not, times, for two, how well the cell explains the time between them; against
    their rates of onsets that nothing explains. Sizes are those of the prior.

    Args:
        scene: sensors, air and settings.
        members: one or two onsets of different sensors.
        rate_hz: onsets a second that chance offers at each, shape (n,).
        density_m2_s: events a square metre and second beforehand.
        not_asked: ears whose silence says nothing.
    """
    onsets, settings = scene.onsets, scene.settings
    heard = scene.ears.of_station[onsets.station[members]]
    first = onsets.stations[int(onsets.station[members[0]])]
    at_s = onsets.epoch_s + float(onsets.time_s[members].min())
    cells = _cells(settings.max_range_m)
    quiet = _listening(scene, first, at_s, {*heard.tolist(), *not_asked})
    which = np.concatenate((heard, quiet))
    away = _away(scene, first, which, cells)
    p = _p_hear(scene, which, away, at_s)
    n = len(members)
    of_cell = _hearing(p[..., :n], p[..., n:], settings.silence_cap, _weights(scene))
    apart = _apart(scene, members, away[:, :n]) if n > 1 else np.ones(len(cells.area_m2))
    total = density_m2_s * float(np.sum(cells.area_m2 * of_cell * apart))
    return math.log(max(total, 1e-300)) - float(np.log(rate_hz).sum())


def _cells(reach_m: float) -> _Cells:
    edge = np.geomspace(_NEAREST_M, reach_m, _RINGS)
    inner = np.concatenate(([0.0], edge[:-1]))
    radius, area = (edge + inner) / 2, np.pi * (edge**2 - inner**2) / _WINDS
    angle = 2 * np.pi * (np.arange(_WINDS) + 0.5) / _WINDS
    return _Cells(
        east_m=(radius[:, None] * np.sin(angle)).ravel(),
        north_m=(radius[:, None] * np.cos(angle)).ravel(),
        area_m2=np.repeat(area, _WINDS),
    )


def _listening(scene: Scene, place: Place, at_s: float, without: set[int]) -> IntArray:
    """Return the ears around a place whose silence is weighed."""
    ears = scene.ears
    near = np.array([e for e in ears.within(place, scene.settings.max_range_m) if e not in without], dtype=np.int64)
    span = Interval(start_utc=utc_from_timestamp(at_s - 5.0), end_utc=utc_from_timestamp(at_s + 60.0))
    working = [bool(ears.always[e]) or ears.sensors[e].state_at(span) is SensorState.OPERATIONAL for e in near]
    # How much of a burst goes into the ground is not known without its place.
    return near[np.array(working, dtype=np.bool_) & ~ears.in_ground[near]]


def _away(scene: Scene, place: Place, which: IntArray, cells: _Cells) -> FloatArray:
    """Return east and north of ears from each cell as one array, shape (n_cells, n, 2)."""
    ears = scene.ears
    away, toward = ears.seen_from(place, which)
    turn = np.radians(toward)
    east = away * np.sin(turn) - cells.east_m[:, None]
    north = away * np.cos(turn) - cells.north_m[:, None]
    return np.stack((east, north), axis=-1)


def _p_hear(scene: Scene, which: IntArray, away: FloatArray, at_s: float) -> FloatArray:
    """Return the probability of hearing, shape (n_sizes, n_cells, n)."""
    distance = np.hypot(away[..., 0], away[..., 1])
    toward = np.degrees(np.arctan2(away[..., 0], away[..., 1])) % 360.0
    flat = np.tile(which, len(away))
    p = scene.ears.p_hear(flat, distance.ravel(), toward.ravel(), scene.size_names, scene.weather_at(at_s), at_s)
    return np.asarray((p * scene.ears.usable(flat, at_s)).reshape(-1, *distance.shape), dtype=np.float64)


def _weights(scene: Scene) -> FloatArray:
    weights = np.array([w for _, w in scene.settings.size_weights])
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _hearing(p_heard: FloatArray, p_quiet: FloatArray, cap: float, weights: FloatArray) -> FloatArray:
    """Return the probability, over all sizes, that those hear a cell and these do not, shape (n_cells,)."""
    heard = np.maximum(p_heard, _FLOOR).prod(axis=-1)
    return np.asarray(np.einsum("s,sc->c", weights, heard * (1.0 - cap * p_quiet).prod(axis=-1)), dtype=np.float64)


def _apart(scene: Scene, members: IntArray, away: FloatArray) -> FloatArray:
    """Return the density, per second, of the time between two onsets for each cell, shape (n_cells,)."""
    air = scene.air(int(members[0]))
    travel = np.hypot(away[..., 0], away[..., 1]) / air.speed_m_s
    between = float(scene.onsets.time_s[members[1]] - scene.onsets.time_s[members[0]])
    off = between - (travel[:, 1] - travel[:, 0])
    sigma = np.hypot(_BLUR_S, 0.05 * travel.max(axis=1))
    return np.asarray(np.exp(-0.5 * (off / sigma) ** 2) / (math.sqrt(2 * math.pi) * sigma), dtype=np.float64)
