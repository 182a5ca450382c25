"""Bursts of automatic fire: sensors' sequences of onsets laid on each other, and one arrival of each from that.

An arrival of a burst at a sensor is the moment at which its first round came there, or would have come had it been
heard: all rounds that it shares with others tell it. Sensors that heard too few rounds for a rhythm of their own are
asked once the place is known. What stays open, by how many rounds a sequence may be shifted, widens the arrival.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.impulse import Impulse, Scene
from trucewatch.fuse.locate import Arrivals, Fix, huber_cost, locate_several, predict
from trucewatch.fuse.onsets import Onsets, retimed
from trucewatch.fuse.rhythm import delays, log_p_heard, rounds_of, settled
from trucewatch.geo.frame import LocalFrame

FloatArray = NDArray[np.float64]

FAST_S = 0.35
"""onsets of one sensor closer than this may be automatic fire: 600 rounds a minute, of which it misses two in a row"""
ROUNDS_S = 0.21
"""rounds that two sensors heard are closer than this: one of 600 a minute is missed by all but one now and then"""
_RUN = 3
"""so many fast onsets in a row are no sound with its echo"""
_SHORTEST_S = 0.055
"""between rounds: 63 ms and more (TN098)"""
_OFF_BEAT_S = 0.015
"""how far gaps between rounds are off one, two or three times the usual one"""
_ON_BEAT = 0.75
"""least share of gaps that keep the beat"""
_SHARE_FAST = 0.5
"""least share of gaps between rounds that are fast: shells of two salvos come beside each other now and then"""
_PAUSE_S = 7.0
"""between bursts of one sequence"""
_LONGEST_S = 40.0
_MOST_ONSETS = 120
"""LIMIT: a longer sequence is cut, and its parts are aligned each by itself"""
_FARTHEST_M = 8_000.0
"""two sensors farther apart than this do not hear one gun"""
_MOST_SENSORS = 12
_BEAM = 24
"""combinations of delays that are followed"""
_OPEN = 0.02
"""combinations less likely than this against the best are forgotten"""
_LEAST_ROUNDS = 4
"""heard by two sensors and more: fewer are left to the search for single impulses"""
_COMMON = 2
_SLACK_S = 0.1
_WIND_M_S = 15.0
"""by which wind slows sound at most"""
_LOOKS = 3
"""how often the best combination is tried with one delay changed"""
_TEMPER = 0.3
"""what is left of differences between combinations where they say how open the delays are"""
_DELAYS = 60
"""of a pair of sensors that are looked through once a place is known"""
_MOST_OPTIONS = 8
"""of them that are tried"""
_ROUND_COST = 3.0
"""half squared sigmas that each round costs that others do not share: that many fewer explain as much (our choice)"""
_ALIKE = 0.25
"""what hearing says of delays counts for half: sensors miss the same rounds, which are the fainter ones"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Burst:
    """One sequence of rounds at several sensors."""

    members: tuple[int, ...]
    """an onset of each sensor"""
    arrival_s: FloatArray
    """when the first round came to each, shape (n,)"""
    sigma_s: FloatArray
    """pick and clock, and what the alignment leaves open, shape (n,)"""
    extra: tuple[int, ...]
    """all other onsets of it"""
    rounds_s: tuple[float, ...]
    """seconds after the first round that two sensors heard, that one included"""
    n_sure: int
    """how many of them two sensors and more heard"""
    frame: LocalFrame
    xy_m: FloatArray
    """where it was by these, shape (2,)"""


def with_bursts(scene: Scene) -> Scene:
    """Return a scene in which each burst of automatic fire has one arrival a sensor."""
    found = bursts(scene)
    if not found:
        return scene
    at = {i: (float(t), float(s)) for b in found for i, t, s in zip(b.members, b.arrival_s, b.sigma_s, strict=True)}
    onsets, now = retimed(scene.onsets, at)
    aligned = tuple(
        Impulse(
            members=tuple(sorted(now[list(b.members)].tolist())),
            extra=tuple(sorted(now[list(b.extra)].tolist())),
            fix=None,
            frame=b.frame,
            rounds_s=b.rounds_s,
            n_sure=b.n_sure,
        )
        for b in found
    )
    return replace(scene, onsets=onsets, aligned=aligned)


@dataclass(frozen=True, slots=True, eq=False)
class _Train:
    station: int
    onsets: tuple[int, ...]
    at_s: FloatArray
    sigma_s: float
    """of one of them, usually"""


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """One combination of delays; None: of something else."""

    delay_s: tuple[float | None, ...]
    score: float
    fix: Fix | None


def bursts(scene: Scene) -> tuple[Burst, ...]:
    """Return bursts of automatic fire, the longest sequences first; no onset is in two of them."""
    trains = sorted(_trains(scene.onsets), key=lambda t: (-len(t.onsets), t.onsets))
    used, out = set[int](), list[Burst]()
    for train in trains:
        if used.isdisjoint(train.onsets):
            found = _burst(scene, train, used)
            if found is not None:
                out.append(found)
                used.update(found.members, found.extra)
    return tuple(out)


def _trains(onsets: Onsets) -> list[_Train]:
    """Return sequences with fast onsets, station by station, pauses included."""
    out = []
    for station, index in enumerate(onsets.of_station):
        spans = list[list[int]]()
        for first, last in _fast_runs(onsets.times_of_station[station]):
            times = onsets.times_of_station[station]
            goes_on = spans and times[first] - times[spans[-1][1]] <= _PAUSE_S
            if goes_on and times[last] - times[spans[-1][0]] <= _LONGEST_S and last - spans[-1][0] < _MOST_ONSETS:
                spans[-1][1] = last
            else:
                spans.append([first, last])
        for first, last in spans:
            own = index[first : last + 1][:_MOST_ONSETS]
            train = _train(onsets, station, own)
            if _share_fast(train.at_s, FAST_S) >= _SHARE_FAST:
                out.append(train)
    return out


def _train(onsets: Onsets, station: int, own: tuple[int, ...]) -> _Train:
    which = list(own)
    return _Train(station, own, onsets.time_s[which], float(np.median(onsets.sigma_s[which])))


def _share_fast(at_s: FloatArray, within_s: float) -> float:
    return float(np.mean(np.diff(at_s) <= within_s))


def _steady(at_s: FloatArray) -> bool:
    """Say whether fast rounds follow each other as those of one gun: echoes of a street have no period."""
    gaps = np.diff(at_s)
    fast = gaps[gaps <= FAST_S]
    if len(fast) < _RUN:
        return False
    period = _period_s(fast)
    off = np.abs(fast - period * np.round(fast / period))
    return period >= _SHORTEST_S and float(np.mean(off <= _OFF_BEAT_S)) >= _ON_BEAT


def _period_s(gaps_s: FloatArray) -> float:
    """Return the time between rounds of which none was missed: the usual one of the shortest gaps."""
    return float(np.median(gaps_s[gaps_s <= 1.4 * gaps_s.min()]))


def _fast_runs(times: Sequence[float]) -> list[tuple[int, int]]:
    """Return first and last of runs of onsets that follow each other fast."""
    out, first = list[tuple[int, int]](), 0
    ends = [n for n, (a, b) in enumerate(pairwise(times)) if b - a > FAST_S]
    for end in [*ends, len(times) - 1]:
        if end - first + 1 >= _RUN:
            out.append((first, end))
        first = end + 1
    return out


def _burst(scene: Scene, seed: _Train, used: set[int]) -> Burst | None:
    hood = scene.hoods[seed.station]
    speed = scene.air(seed.onsets[0]).speed_m_s
    rows = []
    for station, away_m in zip(hood.stations[1:], hood.away_m[1:], strict=True):
        if away_m > _FARTHEST_M:
            break
        most_s = away_m / (speed - _WIND_M_S) + _SLACK_S
        near = scene.onsets.between(station, float(seed.at_s[0]) - most_s, float(seed.at_s[-1]) + most_s)
        own = tuple(i for i in near if i not in used)[:_MOST_ONSETS]
        if len(own) >= _COMMON:
            train = _train(scene.onsets, station, own)
            found = delays(seed.at_s, train.at_s, -most_s, most_s, most=_DELAYS, least=1)
            if found and found[0].n_common >= _COMMON:
                rows.append((found[0].n_common, -away_m, train, tuple(d.delay_s for d in found)))
    rows.sort(key=lambda r: (-r[0], -r[1], r[2].onsets))
    rows = rows[: _MOST_SENSORS - 1]
    if len(rows) < scene.settings.min_sensors - 1:
        return None
    trains = [seed, *(r[2] for r in rows)]
    ways = _ways(scene, hood.frame, trains, [r[3] for r in rows])
    if not ways or ways[0].fix is None:
        return None
    return _made(scene, hood.frame, trains, ways)


def _ways(
    scene: Scene, frame: LocalFrame, trains: Sequence[_Train], options: Sequence[tuple[float, ...]]
) -> list[_Way]:
    """Return combinations of delays that a place explains, the likeliest first."""
    beam = [_Way((0.0,), 0.0, None)]
    for n, own in enumerate(options, start=1):
        tried = [(*w.delay_s, d) for w in beam for d in (*_near(scene, frame, trains, w, own), None)]
        beam = _weighed(scene, frame, trains[: n + 1], tried)[: _BEAM if n > 1 else 64]
    best = [w for w in beam if w.fix is not None]
    for _ in range(_LOOKS if best else 0):
        changed = _weighed(scene, frame, trains, _one_changed(best[0], options))
        known = {w.delay_s: w for w in (*best, *(c for c in changed if c.fix is not None))}
        again = _in_order(known.values())
        if again[0].delay_s == best[0].delay_s:
            best = again
            break
        best = again
    return [w for w in best if w.score >= best[0].score + math.log(_OPEN) / _TEMPER]


def _one_changed(way: _Way, options: Sequence[Sequence[float]]) -> list[tuple[float | None, ...]]:
    """Return combinations with the delay of one sensor changed by some rounds, or left out."""
    out = list[tuple[float | None, ...]]()
    for n, own in enumerate(options, start=1):
        at = way.delay_s[n]
        others = [None] if at is not None else []
        near = [d for d in own if at is not None and 0.0 < abs(d - at) <= FAST_S]
        out += [(*way.delay_s[:n], d, *way.delay_s[n + 1 :]) for d in (*near, *others)]
    return out


def _near(
    scene: Scene, frame: LocalFrame, trains: Sequence[_Train], way: _Way, options: Sequence[float]
) -> Sequence[float]:
    """Return those of the next sensor's delays that the place of a combination leaves open."""
    if way.fix is None:
        return options[:_MOST_OPTIONS]
    station = [trains[len(way.delay_s)].station]
    asked = Arrivals(
        xy_m=scene.onsets.plane_of(frame)[station],
        time_s=trains[0].at_s[:1],
        sigma_s=scene.onsets.sigma_s[list(trains[0].onsets[:1])],
        sensor_sigma_m=scene.onsets.sensor_sigma_m[station],
    )
    late, sigma = predict(way.fix, asked, scene.air(trains[0].onsets[0]), scene.settings)
    reach = scene.settings.outlier_sigmas * float(sigma[0])
    return [d for d in options if abs(d + float(late[0])) <= reach][:_MOST_OPTIONS]


def _weighed(
    scene: Scene, frame: LocalFrame, trains: Sequence[_Train], tried: Sequence[tuple[float | None, ...]]
) -> list[_Way]:
    least = scene.settings.min_sensors
    arrivals = [_arrivals(scene, frame, trains, way) for way in tried]
    whole = [k for k, a in enumerate(arrivals) if len(a) >= least]
    fixes: dict[int, Fix] = {}
    if whole:
        air = scene.air(trains[0].onsets[0])
        start = np.stack([arrivals[k].xy_m.mean(axis=0) for k in whole])
        found = locate_several([arrivals[k] for k in whole], [air] * len(whole), scene.settings, start)
        fixes = dict(zip(whole, found, strict=True))
    out = []
    for k, way in enumerate(tried):
        fix = fixes.get(k)
        misfit = 0.0
        if fix is not None:
            z = fix.residual_s / fix.sigma_s
            away = np.hypot(*(arrivals[k].xy_m - fix.xy_m).T)
            if away.max() > _FARTHEST_M or np.abs(z).max() > scene.settings.outlier_sigmas:
                misfit = 12.0
            misfit += float(huber_cost(z, scene.settings.huber).sum())
        out.append(_Way(way, _log_rhythm(trains, way) - misfit, fix))
    return _in_order(out)


def _in_order(ways: Iterable[_Way]) -> list[_Way]:
    return sorted(ways, key=lambda w: (-w.score, [math.inf if d is None else d for d in w.delay_s]))


def _log_rhythm(trains: Sequence[_Train], way: Sequence[float | None]) -> float:
    """Return how well one sequence of rounds explains what sensors heard, with these delays."""
    heard = [(t, d) for t, d in zip(trains, way, strict=True) if d is not None]
    apart = sum(len(t.onsets) for t, d in zip(trains, way, strict=True) if d is None)
    at = np.concatenate([t.at_s - d for t, d in heard])
    sensor = np.concatenate([np.full(len(t.onsets), k) for k, (t, _) in enumerate(heard)])
    order = np.argsort(at, kind="stable")
    which = rounds_of(at[order])
    n_rounds = int(which[-1]) + 1
    # One number for a round and a sensor: rows would be sorted far more slowly.
    of_round, by = np.divmod(np.unique(which * len(heard) + sensor[order]), len(heard))
    shared = np.flatnonzero(np.bincount(of_round) >= _COMMON)
    log_p = 0.0
    if len(shared):
        first, last = int(shared[0]), int(shared[-1])
        within = (of_round >= first) & (of_round <= last)
        n_heard = np.bincount(by[within], minlength=len(heard))
        log_p = log_p_heard(n_heard.tolist(), last - first + 1)
    return _ALIKE * log_p - _ROUND_COST * (n_rounds + apart)


def _arrivals(scene: Scene, frame: LocalFrame, trains: Sequence[_Train], way: Sequence[float | None]) -> Arrivals:
    heard = [(t, d) for t, d in zip(trains, way, strict=True) if d is not None]
    stations = np.array([t.station for t, _ in heard])
    return Arrivals(
        xy_m=scene.onsets.plane_of(frame)[stations],
        time_s=np.array([trains[0].at_s[0] + d for _, d in heard]),
        sigma_s=np.array([t.sigma_s for t, _ in heard]),
        sensor_sigma_m=scene.onsets.sensor_sigma_m[stations],
    )


def _made(scene: Scene, frame: LocalFrame, trains: Sequence[_Train], ways: Sequence[_Way]) -> Burst | None:
    best = ways[0]
    fix = best.fix
    if fix is None:
        return None
    kept = [n for n, d in enumerate(best.delay_s) if d is not None]
    heard = [trains[n] for n in kept]
    delay, moment, who = settled([t.at_s for t in heard], np.array([best.delay_s[n] for n in kept], dtype=np.float64))
    open_s = np.array([_open_s(ways, n) for n in kept])
    n_heard = np.count_nonzero(who >= 0, axis=1)
    sure = np.flatnonzero(n_heard >= _COMMON)
    if len(sure) < _LEAST_ROUNDS or _share_fast(moment[sure], ROUNDS_S) < _SHARE_FAST or not _steady(moment[sure]):
        return None
    zero_s = float(moment[sure[0]])
    common = [np.flatnonzero((who[:, k] >= 0) & (n_heard >= _COMMON)) for k in range(len(heard))]
    told = [k for k in range(len(heard)) if len(common[k]) >= _COMMON]
    if len(told) < scene.settings.min_sensors:
        return None
    members = [heard[k].onsets[int(who[common[k][0], k])] for k in told]
    echo_s = scene.settings.echo_s
    span_s = (zero_s, float(moment[sure[-1]]))
    every = {i for t, d in zip(heard, delay, strict=True) for i in _of_burst(t, t.at_s - d, *span_s, echo_s)}
    rounds = _rounds(moment, n_heard >= _COMMON)
    return Burst(
        members=tuple(members),
        arrival_s=zero_s + delay[told],
        sigma_s=np.hypot([heard[k].sigma_s for k in told], open_s[told]),
        extra=tuple(sorted(every - set(members))),
        rounds_s=tuple((rounds - zero_s).tolist()),
        n_sure=len(sure),
        frame=frame,
        xy_m=fix.xy_m,
    )


def _of_burst(train: _Train, at_s: FloatArray, first_s: float, last_s: float, echo_s: float) -> list[int]:
    """Return a sensor's onsets while rounds were heard, their echoes, and fast ones some seconds before and after."""
    gap_s = np.diff(at_s, prepend=-np.inf, append=np.inf)
    fast = np.minimum(gap_s[:-1], gap_s[1:]) <= FAST_S
    early_s, late_s = np.where(fast, _PAUSE_S, FAST_S), np.where(fast, _PAUSE_S, echo_s)
    within = (at_s >= first_s - early_s) & (at_s <= last_s + late_s)
    return [i for i, w in zip(train.onsets, within.tolist(), strict=True) if w]


def _open_s(ways: Sequence[_Way], n: int) -> float:
    """Return how far a sensor's delay lies from the best one, over all combinations, root mean square."""
    best = ways[0].delay_s[n]
    weight = np.array([math.exp(_TEMPER * (w.score - ways[0].score)) for w in ways])
    off = np.array([0.0 if (d := w.delay_s[n]) is None or best is None else d - best for w in ways])
    return float(np.sqrt(weight @ off**2 / weight.sum()))


def _rounds(moment: FloatArray, sure: NDArray[np.bool_]) -> FloatArray:
    """Return moments of rounds: those that two sensors heard, and single ones a usual gap from one of these."""
    kept = moment[sure]
    gaps = np.diff(kept)
    fast = gaps[gaps <= FAST_S]
    usual = _period_s(fast) if len(fast) else 0.0
    out = list(kept)
    for at in moment[~sure].tolist():
        nearest = float(np.abs(np.array(out) - at).min())
        if abs(nearest - usual) <= 0.25 * usual:
            out.append(at)
    return np.sort(np.array(out))
