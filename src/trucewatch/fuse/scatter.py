"""Rounds of one salvo that fall apart: one series of bangs over a hundred metres and some minutes, or several sources.

Shells do not fall on one spot, charges that are set off one after another do not lie on one, and the rifles of a squad
stand some steps apart. So rounds are one series where one series explains them better than a new source would:

    p(same) / p(new) = p_follows * sum over gunfire and bangs of
                       p(same size) * p(gap) * t(place; the series' middle, its scatter) / density of events

The gap has no scale beforehand (log-uniform up to the longest). The scatter is learned from the rounds of the series,
with a prior worth a few rounds, so that the density of the next round is Student's t in two dimensions.

References:
    Gelman et al. 2013, Bayesian Data Analysis, section 3.6: posterior predictive of a normal law with unknown variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.evidence import Evidence, hearing
from trucewatch.fuse.impulse import Located, Scene
from trucewatch.fuse.path import at_offset, offsets
from trucewatch.fuse.rounds import may_come_from
from trucewatch.fuse.sizes import GUNS, gun_share
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]

FALL_M = 75.0
"""usual standard deviation of impacts on one axis: of a mortar section's some tens of metres, of a battery's on an area
up to 150 m; general knowledge of indirect fire, our choice"""
SQUAD_M = 25.0
"""the same of men that fire from one position, our choice; that a round of fast fire is taken for its neighbour at a
sensor moves its place as far"""
_FREEDOM = 8.0
"""squared deviations that it is worth against those of a series' own rounds"""
_FARTHEST2 = 13.8
"""squared sigmas beyond which a round is none of a series, 99.9 per cent: how often fire falls elsewhere at the same
time is known too badly to trust the tails"""
_STEPS = 10
_SHARPLY = 2.0
_SHORTEST_S = 1.0
"""of gaps: shorter ones are no likelier"""
_KM2_DAY = 1e6 * 86_400.0
_MOST_LOOKED_AT = 64
"""LIMIT: rounds of a series that its middle and scatter are learned from, the latest"""


@dataclass(slots=True, kw_only=True)
class _Series:
    """Runs of rounds that are one series so far."""

    runs: list[list[Located]]
    places: list[Place]
    sizes: FloatArray
    """sum of what its runs' sizes may be, shape (n_sizes,)"""
    end_s: float

    def add(self, run: list[Located], place: Place, sizes: FloatArray) -> None:
        self.runs.append(run)
        self.places.append(place)
        self.sizes = self.sizes + sizes
        self.end_s = max(self.end_s, run[-1][3])


def in_series(scene: Scene, runs: Sequence[list[Located]]) -> list[list[Located]]:
    """Join runs of rounds from one place each to series of rounds that fell apart, each in time order.

    Args:
        scene: onsets, air and settings.
        runs: each in time order; of gunfire none is joined.
    """
    out, open_series = list[_Series](), list[_Series]()
    for run in sorted(runs, key=lambda r: (r[0][3], r[0][0].members)):
        place, sizes = _sharpest(run)[2], _sizes(scene, run)
        open_series = [s for s in open_series if run[0][3] - s.end_s <= scene.settings.series_gap_s]
        odds = [(_log_odds(scene, s, run, place, sizes), -n) for n, s in enumerate(open_series)]
        best, n = max(odds, default=(-np.inf, 0))
        if best > 0.0:
            open_series[-n].add(run, place, sizes)
        else:
            out.append(_Series(runs=[run], places=[place], sizes=sizes, end_s=run[-1][3]))
            open_series.append(out[-1])
    return [sorted((r for run in s.runs for r in run), key=lambda r: (r[3], r[0].members)) for s in out]


def _sharpest(run: Sequence[Located]) -> Located:
    return min(run, key=lambda x: (float(np.linalg.det(x[2].covariance_m2)), x[0].members))


def _sizes(scene: Scene, run: Sequence[Located]) -> FloatArray:
    impulse, _, place, at_s = _sharpest(run)
    return hearing(scene, impulse, place, at_s).sizes.posterior


def _log_odds(scene: Scene, series: _Series, run: Sequence[Located], place: Place, sizes: FloatArray) -> float:
    """Return the log-odds that a run goes on with a series against its being a source of its own."""
    if not _agrees(scene, series, run, place):
        return -math.inf
    guns, bangs = _alike(scene, series.sizes / len(series.runs), sizes)
    ways = ((guns, SQUAD_M, scene.settings.salvo_gap_s), (bangs, FALL_M, scene.settings.series_gap_s))
    return log_odds_of_round(scene, series.places, place, run[0][3] - series.end_s, ways)


def log_odds_of_round(
    scene: Scene,
    places: Sequence[Place],
    place: Place,
    gap_s: float,
    ways: Sequence[tuple[float, float, float]],
) -> float:
    """Return the log-odds that a round goes on with a series, against a source of its own.

    Args:
        scene: settings.
        places: of the rounds of the series.
        place: of the round.
        gap_s: to the nearest round of the series.
        ways: of each sort of series its probability, how its rounds scatter beforehand (m), its longest pause (s).
    """
    gap_s = max(_SHORTEST_S, gap_s)
    same = sum(
        p * math.exp(_log_density(places[-_MOST_LOOKED_AT:], place, usual_m)) / (gap_s * math.log(longest_s))
        for p, usual_m, longest_s in ways
        if gap_s <= longest_s
    )
    new = scene.settings.events_per_km2_day / _KM2_DAY
    return math.log(scene.settings.p_follows * same / new) if same > 0.0 else -math.inf


def _alike(scene: Scene, one: FloatArray, other: FloatArray) -> tuple[float, float]:
    """Return how much likelier two runs are of one size than of two sizes of their own: a gun's, and any other."""
    weights = np.array([w for _, w in scene.settings.size_weights])
    gun = np.array([name in GUNS for name in scene.size_names])
    each = one * other / (weights / weights.sum())
    return float(each[gun].sum()), float(each[~gun].sum())


def _log_density(places: Sequence[Place], place: Place, usual_m: float) -> float:
    """Return the log-density, a square metre, of a series' next round at a place, given the usual scatter."""
    known = offsets([*places, place])
    off, at = known[:-1], known[-1]
    middle = off.mean(axis=0)
    freedom, scatter_m2 = scatter(off, np.stack([p.covariance_m2 for p in places]), usual_m)
    spread = scatter_m2 * (1.0 + 1.0 / len(off)) * np.eye(2) + place.covariance_m2
    spread = spread + np.mean([p.covariance_m2 for p in places], axis=0)
    d2 = float((at - middle) @ np.linalg.solve(spread, at - middle))
    if d2 > _FARTHEST2:
        return -math.inf
    log_det = float(np.linalg.slogdet(spread)[1])
    # In two dimensions the constant of Student's t is that of the normal law.
    return -math.log(2 * math.pi) - 0.5 * log_det - 0.5 * (freedom + 2.0) * math.log1p(d2 / freedom)


def scatter(offsets_m: FloatArray, covariance_m2: FloatArray, usual_m: float) -> tuple[float, float]:
    """Return degrees of freedom and squared scatter, m2 on one axis, of rounds about their middle.

    Args:
        offsets_m: places of the rounds, shape (n, 2).
        covariance_m2: of each, shape (n, 2, 2); what they scatter by themselves is taken off.
        usual_m: scatter beforehand.
    """
    own = np.einsum("nii->n", covariance_m2)
    # A vague place says nothing of the scatter: its own error is all that is seen.
    tells = own <= 2.0 * usual_m**2
    n = int(np.count_nonzero(tells))
    if n < 2:
        return _FREEDOM, usual_m**2
    off = offsets_m[tells] - offsets_m[tells].mean(axis=0)
    squares = float(np.sum(off**2)) - float(own[tells].sum()) * (1.0 - 1.0 / n)
    freedom = _FREEDOM + 2.0 * (n - 1)
    return freedom, (_FREEDOM * usual_m**2 + max(0.0, squares)) / freedom


def _agrees(scene: Scene, series: _Series, run: Sequence[Located], place: Place) -> bool:
    """Say whether the run's own arrivals agree with where the series falls, which a region of kilometres does not."""
    if max(place.var_east_m2, place.var_north_m2) <= FALL_M**2:
        return True
    there = series.places[-1]
    there = at_offset(there, np.zeros(2), there.covariance_m2 + FALL_M**2 * np.eye(2))
    return may_come_from(scene, _sharpest(run)[0], there)


def centre(places: Sequence[Place], usual_m: float) -> tuple[Place, float]:
    """Return the middle of rounds that fell apart, with its error, and their scatter on one axis, metres.

    Rounds weigh the less the vaguer their places are, and the farther off they lie, as Student's t has it: a round that
    was put together wrongly bends little. The errors of air and paths are taken as shared by all rounds, so that their
    number does not lower them.

    Args:
        places: of the rounds, two or more.
        usual_m: scatter beforehand.
    """
    off = offsets(places)
    each = np.stack([p.covariance_m2 for p in places])
    _, scatter_m2 = scatter(off, each, usual_m)
    inverse = np.linalg.inv(each + scatter_m2 * np.eye(2))
    # Errors that are shared do not average out, so vague rounds count for less than in a mean of independent ones.
    own = (np.einsum("nii->n", each) / 2.0 + scatter_m2 / len(off)) ** -_SHARPLY
    weight = own / own.sum()
    for _ in range(_STEPS):
        away = off - weight @ off
        d2 = np.einsum("ni,nij,nj->n", away, inverse, away)
        weight = own * (_FREEDOM + 2.0) / (_FREEDOM + d2)
        weight /= weight.sum()
    uneven = scatter_m2 * (float(weight @ weight) - 1.0 / len(weight))
    covariance = np.einsum("n,nij->ij", weight, each) + uneven * np.eye(2)
    return at_offset(places[0], weight @ off, covariance), math.sqrt(scatter_m2)


def usual_scatter_m(scene: Scene, proof: Evidence) -> float:
    """Return how far rounds of a size scatter beforehand: a gun's hardly, what they hit a hundred metres."""
    return SQUAD_M if gun_share(scene.size_names, proof.sizes.posterior) > 0.5 else FALL_M
