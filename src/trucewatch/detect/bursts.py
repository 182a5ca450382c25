"""How many rounds one sensor heard, and how fast they came: rounds told from their echoes, and counted among them.

All rounds of one weapon from one place sound alike at one sensor (`similarity`), so a clear round serves as a template
that finds the others, also where their onsets drown in the echoes of the round before. Echoes of one wall are alike
too, and follow their rounds by one lag: they make a train that starts later. What is alike and no such train is rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from trucewatch.detect.onset import Onset
from trucewatch.detect.similarity import LEAD_S, slide, template_at
from trucewatch.model.count import Count
from trucewatch.model.vocabulary import CountQuality

FloatArray = NDArray[np.float64]

DIRECT_P = 0.5
"""From which probability of a straight path on an impulse may be a template."""
SURE_LIKENESS = 0.62
MAYBE_LIKENESS = 0.45
"""How like the template a round is, at least, and how like it may be where the rate asks for a round."""
CLEAR_LIKENESS = 0.8
"""Middle likeness of a train from which nothing speaks for rounds that were missed."""
STRAY_S = 1.0
STRAY_SHARE = 0.35
"""More impulses than rounds that are this loud and none of them, until so long after the last, leave the count open."""
GAIN_DB = 7.0
"""How far in level two rounds of one weapon may lie apart at one sensor; echoes are weaker as a rule."""
LONGEST_GAP_S = 2.5
"""Slower than this is not one burst."""
FAR_ECHO_S = 6.0
"""How late the echo of a hillside or a high building may come: 1 km there and back."""
SHORTEST_GAP_S = 0.045
"""No weapon that is carried fires faster (1,300 rounds a minute); TN098 gives 450 to 950 for automatic fire."""
REACH_S = 12.0
"""How far about a template others are looked for at once."""
SECOND_SHARE = 0.25
SECOND_SEEDS = 6
SECOND_ROUNDS = 3
"""A second weapon shows by so many like pulses at least, this loud beside the first; so many are tried as template."""
LOUD_SHARE = 0.3
SAME_S = 0.006
"""An impulse this near to a match is that round."""
LAG_S = 0.004
"""An echo follows its rounds by one lag, this well."""
AUTOMATIC_S = 0.22
"""Longest interval at which a weapon and no finger sets the rate, so that a pause is a round that was missed."""
MOST_MISSED = 3
"""Intervals of steady fire that are up to so many times the usual one hold rounds that were missed."""
REGULAR = 0.2
"""Spread of intervals over their middle up to which a weapon fires automatically, or steadily."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Train:
    """Pulses of one waveform at one sensor."""

    rounds_s: tuple[float, ...]
    """when each began, ascending"""
    likeness: tuple[float, ...]
    """of each to the template; below SURE_LIKENESS where the rate asked for one"""
    peak: float
    """of the template, in the unit of the samples"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Rounds that one sensor heard one after another."""

    rounds_s: tuple[float, ...]
    """when each began, ascending; those that were inferred from the rate are not among them"""
    count: Count
    rate_per_min: float | None
    """None for a single round"""
    rate_sigma_per_min: float | None
    n_weapons: int
    """trains of different waveforms that overlap: different weapons, places, or both"""


def find_trains(onsets: Sequence[Onset], p_direct: Sequence[float], band: FloatArray, rate_hz: float) -> list[Train]:
    """Return the trains of like pulses, echoes of others left out, by time.

    Args:
        onsets: Every impulse of one sensor, unmerged, in order of time.
        p_direct: For each the probability that it came straight.
        band: The recording as `similarity.prepared` gives it, shape (n_samples,).
        rate_hz: Sampling rate.
    """
    direct = [one for one, p in zip(onsets, p_direct, strict=True) if p >= DIRECT_P]
    trains = _trains(direct, band, rate_hz)
    kept = [one for i, one in enumerate(trains) if not any(_echo_of(one, other) for other in trains[:i])]
    return sorted([*kept, *_second_weapons(onsets, kept, band, rate_hz)], key=lambda train: train.rounds_s[0])


def _trains(seeds: Sequence[Onset], band: FloatArray, rate_hz: float) -> list[Train]:
    """Return the trains that some impulses begin, each impulse in one at most, by time."""
    open_ones, trains = list(seeds), []
    while open_ones:
        seed = _seed(open_ones)
        train = _train(seed, band, rate_hz)
        trains.append(train)
        open_ones = [one for one in open_ones if one is not seed and not _near(one.time_s, train.rounds_s, SAME_S)]
    return sorted(trains, key=lambda train: (train.rounds_s[0], -train.peak))


def _second_weapons(onsets: Sequence[Onset], trains: Sequence[Train], band: FloatArray, rate_hz: float) -> list[Train]:
    """Return trains among what looked like echoes that follow no other train by one lag, and so are none."""
    found: list[Train] = []
    for first in trains:
        begin, end = first.rounds_s[0] - LONGEST_GAP_S, first.rounds_s[-1] + LONGEST_GAP_S
        known = [at for train in (*trains, *found) for at in train.rounds_s]
        loud = [
            one
            for one in onsets
            if begin < one.time_s < end
            and one.peak >= SECOND_SHARE * first.peak
            and not _near(one.time_s, known, SAME_S)
        ]
        loudest = sorted(sorted(loud, key=lambda one: -one.peak)[:SECOND_SEEDS], key=lambda one: one.time_s)
        for train in _trains(loudest, band, rate_hz):
            sure = sum(like >= SURE_LIKENESS for like in train.likeness)
            new = not any(_near(at, known, SAME_S) for at in train.rounds_s)
            if sure >= SECOND_ROUNDS and new and not any(_echo_of(train, other) for other in (*trains, *found)):
                found.append(train)
                break
    return found


def find_bursts(
    onsets: Sequence[Onset], p_direct: Sequence[float], band: FloatArray, rate_hz: float
) -> tuple[Burst, ...]:
    """Return the bursts that one sensor heard, by time; arguments as find_trains."""
    trains = find_trains(onsets, p_direct, band, rate_hz)
    groups: list[list[Train]] = []
    for train in trains:
        if groups and train.rounds_s[0] - max(t.rounds_s[-1] for t in groups[-1]) <= LONGEST_GAP_S:
            groups[-1].append(train)
        else:
            groups.append([train])
    return tuple(_burst(group, onsets) for group in groups)


def _seed(onsets: Sequence[Onset]) -> Onset:
    """Return the first of the loud ones: nothing rings into it yet, so it is the cleanest template."""
    loudest = max(onsets, key=lambda one: one.peak)
    near = (one for one in onsets if abs(one.time_s - loudest.time_s) < REACH_S)
    return next(one for one in near if one.peak >= LOUD_SHARE * loudest.peak)


def _near(time_s: float, rounds_s: Sequence[float], within_s: float) -> bool:
    return any(abs(time_s - at) < within_s for at in rounds_s)


def _train(seed: Onset, band: FloatArray, rate_hz: float) -> Train:
    """Follow a template both ways until nothing is like it for longer than a burst pauses."""
    alone = Train(rounds_s=(seed.time_s,), likeness=(1.0,), peak=seed.peak)
    template = template_at(band, seed.time_s, rate_hz)
    if template is None:
        return alone
    begin = max(0, round((seed.time_s - REACH_S) * rate_hz))
    around = band[begin : round((seed.time_s + REACH_S) * rate_hz)]
    matches = slide(around, template)
    level_db = 20.0 * np.log10(np.maximum(matches.gain, 1e-6))
    likeness = np.where(np.abs(level_db) <= GAIN_DB, matches.likeness, 0.0)
    peaks = _peaks(likeness, round(SHORTEST_GAP_S * rate_hz))
    times_s = (begin + peaks) / rate_hz + LEAD_S
    kept = _connected(times_s, likeness[peaks], seed.time_s)
    if not kept:
        return alone
    return Train(
        rounds_s=tuple(float(times_s[k]) for k in kept),
        likeness=tuple(float(likeness[peaks[k]]) for k in kept),
        peak=seed.peak,
    )


def _peaks(likeness: FloatArray, n_apart: int) -> NDArray[np.int64]:
    """Return the places, ascending, that may be rounds: the most alike of all within `n_apart`."""
    highest = maximum_filter1d(likeness, 2 * n_apart - 1) == likeness
    return np.flatnonzero(highest & (likeness >= MAYBE_LIKENESS))


def _connected(times_s: FloatArray, likeness: FloatArray, seed_s: float) -> list[int]:
    """Return which peaks belong to the seed's run: the sure ones, and those between that keep their rate."""
    sure = [k for k in range(times_s.size) if likeness[k] >= SURE_LIKENESS]
    if not sure:
        return []
    at = min(range(len(sure)), key=lambda i: abs(times_s[sure[i]] - seed_s))
    low = high = at
    while low > 0 and times_s[sure[low]] - times_s[sure[low - 1]] <= LONGEST_GAP_S:
        low -= 1
    while high + 1 < len(sure) and times_s[sure[high + 1]] - times_s[sure[high]] <= LONGEST_GAP_S:
        high += 1
    run = sure[low : high + 1]
    period_s = period(times_s[run])
    if period_s is None:
        return run
    rest = [k for k in range(times_s.size) if k not in run and _keeps_rate(times_s[k], times_s[run], period_s)]
    return sorted([*run, *rest])


def period(times_s: FloatArray) -> float | None:
    """Return the interval of automatic fire, rounds that were missed allowed for, or None where it is not that.

    Args:
        times_s: Moments, ascending; fewer than four show no rate.
    """
    gaps = np.diff(times_s)
    if gaps.size < 3:
        return None
    middle = float(np.median(gaps[gaps <= 1.5 * np.percentile(gaps, 25)]))
    whole = np.maximum(np.round(gaps / middle), 1.0)
    single = gaps / whole
    steady = (np.abs(single / middle - 1.0) <= REGULAR) & (whole <= MOST_MISSED)
    interval_s = float(np.median(single[steady])) if steady.mean() >= 0.75 else None
    return interval_s if interval_s is not None and interval_s <= AUTOMATIC_S else None


def _keeps_rate(time_s: float, run_s: FloatArray, period_s: float) -> bool:
    """Say whether a moment lies a whole number of intervals, up to three, from the nearest sure round."""
    apart = float(np.abs(run_s - time_s).min()) / period_s
    return 0.5 < apart < 3.5 and abs(apart - round(apart)) <= REGULAR


def _echo_of(one: Train, other: Train) -> bool:
    """Say whether a train follows an earlier one by one lag, as echoes do; a far wall's are weaker."""
    longest_s = LONGEST_GAP_S if one.peak > other.peak / 2.0 else FAR_ECHO_S
    lags = [at - before for at in one.rounds_s for before in other.rounds_s if 0.0 < at - before < longest_s]
    if not lags:
        return False
    agreeing = max(sum(abs(lag - each) < LAG_S for lag in lags) for each in lags)
    return agreeing >= max(2, 0.7 * min(len(one.rounds_s), len(other.rounds_s)))


def _burst(trains: Sequence[Train], onsets: Sequence[Onset]) -> Burst:
    """Add up trains: those of several pulses are rounds, a lone pulse beside others may be an echo that was missed."""
    largest = max(len(train.rounds_s) for train in trains)
    firm = [train for train in trains if len(train.rounds_s) > 1] if largest > 1 else list(trains[:1])
    lone = len(trains) - len(firm)
    rounds_s = tuple(sorted(at for train in firm for at in train.rounds_s))
    surest = [sum(like >= SURE_LIKENESS for like in train.likeness) for train in firm]
    best = len(rounds_s) + sum(_missed(np.array(train.rounds_s)) for train in firm)
    alike = min(float(np.median(train.likeness)) for train in firm) >= CLEAR_LIKENESS
    clear = alike and _unexplained(rounds_s, max(train.peak for train in firm), onsets) <= len(rounds_s)
    # A train that was taken for a second weapon may still be an echo: it adds to the best number, not to the least.
    sure = max(surest)
    rate, sigma = _rate(firm)
    return Burst(
        rounds_s=rounds_s,
        count=Count(
            low=sure,
            best=best,
            high=best + lone if clear else None,
            quality=_quality(sure, best, lone, len(firm), clear),
        ),
        rate_per_min=rate,
        rate_sigma_per_min=sigma,
        n_weapons=len(firm),
    )


def _unexplained(rounds_s: Sequence[float], peak: float, onsets: Sequence[Onset]) -> int:
    """Count the loud impulses among and soon after the rounds that are none of them: echoes, or rounds that drowned."""
    begin, end = rounds_s[0], rounds_s[-1] + STRAY_S
    return sum(
        begin < one.time_s < end and one.peak >= STRAY_SHARE * peak and not _near(one.time_s, rounds_s, SAME_S)
        for one in onsets
    )


def _quality(sure: int, best: int, lone: int, n_trains: int, clear: bool) -> CountQuality:
    if n_trains > 1:
        return CountQuality.OVERLAPPING
    return CountQuality.EXACT if sure == best and lone == 0 and clear else CountQuality.AT_LEAST


def _missed(times_s: FloatArray) -> int:
    """Return how many rounds steady fire lacks between those that were found."""
    period_s = period(times_s)
    if period_s is None:
        return 0
    return int(np.sum(np.maximum(np.round(np.diff(times_s) / period_s), 1.0) - 1.0))


def _rate(trains: Sequence[Train]) -> tuple[float | None, float | None]:
    """Return rounds a minute of the longest train and its standard deviation."""
    times_s = np.array(max((train.rounds_s for train in trains), key=len))
    if times_s.size < 2:
        return None, None
    interval_s = period(times_s) or float(np.median(np.diff(times_s)))
    single = np.diff(times_s) / np.maximum(np.round(np.diff(times_s) / interval_s), 1.0)
    spread_s = float(np.std(single)) if single.size > 2 else 0.2 * interval_s
    rate = 60.0 / interval_s
    return rate, float(rate * max(spread_s, 0.5e-3) / interval_s / np.sqrt(single.size))
