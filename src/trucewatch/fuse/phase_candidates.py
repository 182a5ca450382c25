"""Candidate events in the ground: what free onsets settle on, the surest first, each onset once.

Of candidates that are close in time only the surest is taken; its onsets are gone before the others are weighed again.
What is left votes once more, until nothing is found. Nothing depends on the order in which onsets came in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.phase_fit import UNKNOWNS, Fits, fit
from trucewatch.fuse.phase_picks import Picks
from trucewatch.fuse.phase_settings import PhaseSettings
from trucewatch.fuse.phase_votes import Grid, grid_of, starts_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_LOOKS = 8
_APART_S = 120.0
"""candidates closer than this may share onsets: only the surest of them is taken at a time"""
_START_DEPTH_M = 5_000.0
_KM2_DAY = 1e6 * 86_400.0
_LOG_2PI = math.log(2.0 * math.pi)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Onsets that one place and moment may explain."""

    start: FloatArray
    """(5,) where its fit began"""
    fitted: FloatArray
    """(5,) see UNKNOWNS"""
    score: float
    """log-odds of existence of a buried source, without what silent stations say"""
    picks: IntArray
    """indices of its onsets"""


def candidates(picks: Picks, settings: PhaseSettings) -> list[Candidate]:
    """Return candidates that share no onset.

    Args:
        picks: onsets at single stations.
        settings: priors.
    """
    free, grid, taken = np.ones(len(picks), dtype=bool), grid_of(picks, settings), list[Candidate]()
    for _ in range(_LOOKS):
        found = _look(picks, free, grid, settings)
        if not found:
            break
        taken += found
    return taken


def _look(picks: Picks, free: BoolArray, grid: Grid, settings: PhaseSettings) -> list[Candidate]:
    """Return what free onsets make, the surest first; its onsets are taken from the free ones."""
    found = list[Candidate]()
    starts = starts_of(picks, free, grid, settings)
    at = np.zeros((len(starts.time_s), UNKNOWNS))
    at[:, :3], at[:, 3] = starts.node_m, starts.time_s
    at[:, 2] = np.maximum(at[:, 2], _START_DEPTH_M)
    waiting = _settled(picks, free, at, grid.slot_s, settings)
    while waiting:
        best = _surest(waiting)
        for candidate in best:
            free[candidate.picks] = False
        found += best
        touched = [c.start for c in waiting if settings.min_picks <= np.count_nonzero(free[c.picks]) < len(c.picks)]
        waiting = [c for c in waiting if free[c.picks].all()]
        waiting += _settled(picks, free, np.array(touched), grid.slot_s, settings)
    return found


def _settled(
    picks: Picks, free: BoolArray, starts: FloatArray, widest_s: float, settings: PhaseSettings
) -> list[Candidate]:
    """Return what starts settle on that may be an event."""
    if not len(starts) or np.count_nonzero(free) < settings.min_picks:
        return []
    fits = fit(picks, free, starts, settings, widest_s)
    scores = score(picks, fits, settings) + log_depth_prior(settings)
    good = np.flatnonzero(scores > settings.least_log_odds).tolist()
    return [
        Candidate(starts[n], fits.unknowns[n], float(scores[n]), picks.row_pick[fits.rows[n][fits.rows[n] >= 0]])
        for n in good
    ]


def _surest(waiting: Sequence[Candidate]) -> list[Candidate]:
    """Return those that no surer one is close to in time."""
    ranked = sorted(waiting, key=lambda c: (-c.score, *c.fitted.tolist()))
    seen, best = set[int](), list[Candidate]()
    # A surer one that is itself not taken still stands in the way: its turn comes first.
    for candidate in ranked:
        slot = math.floor(candidate.fitted[3] / _APART_S)
        if not seen & {slot - 1, slot, slot + 1}:
            best.append(candidate)
        seen.add(slot)
    return best


def score(picks: Picks, fits: Fits, settings: PhaseSettings) -> FloatArray:
    """Return each fit's log evidence against chance, prior of place and moment included, that of depth not.

    Laplace's approximation: the likelihood at its peak times the room about it (MacKay 2003, Information Theory,
    Inference and Learning Algorithms, equation 27.5). -inf where too few stations or onsets agree.
    """
    belongs = fits.rows >= 0
    station = np.where(belongs, picks.station[picks.row_pick[fits.rows]], -1)
    ranked = np.sort(station, axis=1)
    n_stations = np.count_nonzero(np.diff(ranked, axis=1, prepend=-1) > 0, axis=1)
    enough = (belongs.sum(axis=1) >= settings.min_picks) & (n_stations >= settings.min_stations)
    room = 0.5 * (UNKNOWNS * _LOG_2PI - np.linalg.slogdet(fits.information)[1])
    shift = fits.unknowns[:, 4] / settings.shift_sigma
    shared = -0.5 * (shift**2 + _LOG_2PI) - math.log(settings.shift_sigma)
    prior = math.log(settings.events_per_km2_day / _KM2_DAY)
    return np.where(enough, fits.log_ratio.sum(axis=1) + room + shared + prior, -np.inf)


def log_depth_prior(settings: PhaseSettings) -> float:
    """Return the log density of a buried source's depth, its share of all events included."""
    return math.log(settings.p_buried / settings.deepest_m)
