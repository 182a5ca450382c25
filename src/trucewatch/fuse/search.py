"""Find impulses among onsets that nobody joined, by votes over places and then exclusive choice.

Every impulse has a sensor that hears it first. So each onset in turn is taken as the first one, places around its
sensor are tried, and a place gets a vote from each neighbour that has an onset at the predicted moment. The places with
most votes are refined; the best explanations win their onsets, and what lost some of its onsets is looked at again with
the rest. An echo or a false onset finds no place that others agree with. Work grows with the number of onsets times the
number of trial places, whatever the length of the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.apart import squared_sigmas
from trucewatch.fuse.chance import expected_by_chance, may_be_chance
from trucewatch.fuse.echo_doubt import echo_doubt
from trucewatch.fuse.impulse import Impulse, Scene, extend, settle_several
from trucewatch.fuse.onsets import Neighbourhood

FloatArray = NDArray[np.float64]

_SALVO_GAIN = 1.5
"""what another impulse from the same place within a salvo is worth: rounds come in series"""
_SALVO_AT_MOST = 4
_MODES = 6
"""trial places of one onset that are refined"""
_RANGES = 24
_BEARINGS = 48
_ROUNDS = 6
"""how often what lost onsets to a better explanation is looked at again"""
_SURE_SENSORS = 5
_SURE_CHANCE = 1e-3
"""an explanation by as many sensors that chance offers more rarely than this is taken without waiting"""
_MAX_WINDOW_ONSETS = 400
"""LIMIT: in a denser window only the first ones after the seed are tried, so that a barrage takes bounded time"""


Known = dict[tuple[int, tuple[tuple[int, ...], ...]], list[Impulse]]
"""refined explanations by the onset that was heard first and those that may be of the same impulse"""


def search(scene: Scene, free: Sequence[int], known: Known | None = None) -> list[Impulse]:
    """Return impulses among free onsets, each onset in one at most.

    Args:
        scene: onsets, air and settings.
        free: onsets that may be taken.
        known: what earlier searches of the same scene refined; what is new is added.
    """
    known = {} if known is None else known
    found, unsure, left = _take_sure(scene, free, known)
    for _ in range(_ROUNDS):
        taken, lost = _choose(scene, _with_salvo_gain(scene, unsure), left)
        found += taken
        left -= {i for impulse in taken for i in (*impulse.members, *impulse.extra)}
        seeds = sorted(lost & left)
        if not taken or not seeds:
            break
        unsure = [c for seed in seeds for c in _candidates(scene, scene.voters(seed), seed, left, known)]
    return found


def _take_sure(scene: Scene, free: Sequence[int], known: Known) -> tuple[list[Impulse], list[Impulse], set[int]]:
    """Go through onsets in time order and take at once what chance cannot offer; return it, the rest, what is free."""
    found, unsure, left = list[Impulse](), list[Impulse](), set(free)
    for seed in sorted(free):
        if seed not in left:
            continue
        hood = scene.voters(seed)
        candidates = _candidates(scene, hood, seed, left, known)
        best = max(candidates, key=lambda c: (c.score, c.members), default=None)
        unlikely = best is not None and expected_by_chance(scene, best, hood) <= _SURE_CHANCE
        if best is None or len(best.members) < _SURE_SENSORS or not unlikely:
            unsure += candidates
            continue
        found.append(extend(scene, best, left))
        left -= {*found[-1].members, *found[-1].extra}
    return found, unsure, left


def _choose(scene: Scene, candidates: Sequence[Impulse], free: set[int]) -> tuple[list[Impulse], set[int]]:
    """Take candidates, best first, whose onsets are all free; return them and the first onsets of those that lost."""
    order = sorted(candidates, key=lambda c: (-c.score, c.members))
    left, taken, lost = set(free), list[Impulse](), set[int]()
    for candidate in order:
        if left.issuperset(candidate.members):
            taken.append(extend(scene, candidate, left))
            left -= {*taken[-1].members, *taken[-1].extra}
        else:
            lost.add(candidate.members[0])
    return taken, lost


def _with_salvo_gain(scene: Scene, candidates: Sequence[Impulse]) -> list[Impulse]:
    """Raise the score of candidates that have others, with other onsets, at the same place within a salvo."""
    order = sorted(candidates, key=lambda c: c.members)
    times = np.array([scene.onsets.time_s[c.members[0]] for c in order])
    ends = np.searchsorted(times, times + scene.settings.salvo_gap_s, "right")
    friends = [set[int]() for _ in order]
    for i, candidate in enumerate(order):
        for j in range(i + 1, int(ends[i])):
            if _same_place(candidate, order[j]) and not set(candidate.members) & set(order[j].members):
                friends[i].add(order[j].members[0])
                friends[j].add(candidate.members[0])
    return [
        replace(c, score=c.score + _SALVO_GAIN * min(_SALVO_AT_MOST, len(f)))
        for c, f in zip(order, friends, strict=True)
    ]


def _same_place(one: Impulse, other: Impulse) -> bool:
    """Say whether two impulses heard first by one station lie within each other's scatter."""
    if one.frame != other.frame or one.fix is None or other.fix is None:
        return False
    apart = one.fix.xy_m - other.fix.xy_m
    spread = one.fix.scatter_m2[:2, :2] + other.fix.scatter_m2[:2, :2]
    return squared_sigmas(apart, spread) < 9.2  # chi-square, 2 degrees of freedom, 99 per cent


def _candidates(scene: Scene, hood: Neighbourhood, seed: int, free: set[int], known: Known) -> list[Impulse]:
    """Return refined explanations in which an onset was the first one heard."""
    windows = _windows(scene, hood, seed, free)
    if 1 + sum(1 for w in windows if w) < scene.settings.min_sensors:
        return []
    asked = seed, tuple(map(tuple, windows))
    if asked not in known:
        known[asked] = _refined(scene, hood, seed, windows)
    whole = [
        replace(r, extra=(), score=r.score - echo_doubt(scene, r.members, windows, free))
        for r in known[asked]  # what did not fit is left to others
    ]
    return [r for r in whole if not may_be_chance(scene, r, hood)]


def _refined(scene: Scene, hood: Neighbourhood, seed: int, windows: Sequence[Sequence[int]]) -> list[Impulse]:
    """Return the places that most sensors vote for, settled, as far as the onset is still the first one heard."""
    sets = _votes(scene, hood, seed, windows)
    # Refining only ever takes members away, which makes chance likelier: what fails now fails later.
    hopeful = [(m, start) for m, start in sets if _promises(scene, hood, (seed, *m))]
    refined = settle_several(
        scene,
        [(seed, *m) for m, _ in hopeful],
        hood.frame,
        [start for _, start in hopeful],
        lambda kept: kept[0] == seed and _promises(scene, hood, tuple(kept)),
    )
    return [r for r in refined if r.fix is not None and r.members[0] == seed]


def _promises(scene: Scene, hood: Neighbourhood, members: tuple[int, ...]) -> bool:
    return not may_be_chance(scene, Impulse(members=members, fix=None, frame=hood.frame), hood)


def _windows(scene: Scene, hood: Neighbourhood, seed: int, free: set[int]) -> list[list[int]]:
    """Return, for each neighbour, its free onsets that may be the same impulse: not before the seed, not too late."""
    onsets, air = scene.onsets, scene.air(seed)
    at = float(onsets.time_s[seed])
    slack = scene.settings.outlier_sigmas * scene.settings.path_excess_sigma_m / air.speed_m_s
    slow = air.speed_m_s - 2 * air.speed_sigma_m_s - float(np.hypot(air.wind_east_m_s, air.wind_north_m_s))
    most = _MAX_WINDOW_ONSETS // max(1, len(hood.stations))
    windows = []
    for station, away_m in zip(hood.stations[1:], hood.away_m[1:], strict=True):
        late = at + away_m / slow + slack
        inside = [i for i in onsets.between(station, at, late) if i in free and i != seed]
        windows.append(inside[:most])
    return windows


def _votes(
    scene: Scene, hood: Neighbourhood, seed: int, windows: Sequence[Sequence[int]]
) -> list[tuple[tuple[int, ...], FloatArray]]:
    """Return the sets of neighbours' onsets that most places vote for, best first, each with its best place."""
    places, away = _trial_places(hood, scene.settings.max_range_m)
    air = scene.air(seed)
    first = away[0] / air.speed_m_s
    origin = float(scene.onsets.time_s[seed]) - first
    # A trial place stands for those around it: half the step between ranges, and half that between bearings.
    tolerance = 0.02 + 3 * scene.settings.path_excess_sigma_m / air.speed_m_s + 0.12 * first
    chosen = np.full((len(places), len(windows)), -1, dtype=np.int64)
    votes = np.zeros(len(places))
    for column, inside in enumerate(windows):
        if not inside:
            continue
        window = np.asarray(inside, dtype=np.int64)
        expected = origin + away[1 + column] / air.speed_m_s
        nearest, miss = _nearest(scene.onsets.time_s[window], expected)
        hit = miss < tolerance
        chosen[hit, column] = window[nearest[hit]]
        loud = 1.0 - np.minimum(0.5, 0.03 * scene.onsets.below_loudest_db(window))
        votes += np.where(hit, loud[nearest] * (1.0 - 0.5 * (miss / tolerance) ** 2), 0.0)
    return _best_sets(chosen, votes, places, scene.settings.min_sensors)


def _best_sets(
    chosen: NDArray[np.int64], votes: FloatArray, places: FloatArray, min_sensors: int
) -> list[tuple[tuple[int, ...], FloatArray]]:
    best: dict[tuple[int, ...], FloatArray] = {}
    for row in np.argsort(-votes, kind="stable").tolist():
        members = tuple(i for i in chosen[row].tolist() if i >= 0)
        if len(members) + 1 < min_sensors or len(best) >= _MODES:
            break
        best.setdefault(members, places[row])
    return list(best.items())


def _nearest(times: FloatArray, expected: FloatArray) -> tuple[NDArray[np.int64], FloatArray]:
    """Return, for each expected moment, the index of the nearest of sorted times and how far off it is."""
    right = np.clip(np.searchsorted(times, expected), 0, len(times) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(np.abs(times[left] - expected) <= np.abs(times[right] - expected), left, right)
    return nearest, np.abs(times[nearest] - expected)


@lru_cache(maxsize=128)
def _trial_places(hood: Neighbourhood, max_range_m: float) -> tuple[FloatArray, FloatArray]:
    """Return places around a station, finer near it, shape (n, 2), and each station's distances to them."""
    spacing = float(np.mean(hood.away_m[1:3])) if len(hood.stations) > 1 else max_range_m
    radius = np.geomspace(max(spacing / 40, 5.0), max(min(4 * spacing, max_range_m), 10.0), _RANGES)
    bearing = 2 * np.pi * np.arange(_BEARINGS) / _BEARINGS
    ring = np.stack((np.sin(bearing), np.cos(bearing)), axis=-1)
    places = np.concatenate(([[0.0, 0.0]], (radius[:, None, None] * ring).reshape(-1, 2)))
    return places, np.stack([np.hypot(*(places - xy).T) for xy in hood.xy_m])
