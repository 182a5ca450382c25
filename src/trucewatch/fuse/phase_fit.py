"""Place, depth and moment of many candidate events at once, from onsets that may or may not be theirs.

Each fit begins wide and narrows: an onset pulls as far as the event explains it better than chance at its station
does, first within the width of a cell, at the end within the errors of picks (annealed expectation and maximisation,
Dempster, Laird & Rubin 1977; Ueda & Nakano 1998). Unknown beside place, depth and moment is one factor of all travel
times: the error of the ground's speed, which all paths share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.phase_picks import Picks
from trucewatch.fuse.phase_predict import DEPTH, SHARED, Seen, Window, best_of_each, log_ratio, seen_by, window_of
from trucewatch.fuse.phase_settings import PhaseSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

UNKNOWNS = 5
"""east, north, depth (m), moment (s), speed factor"""
_NARROWING = 2.0
_NARROWEST_S = 0.5
_LAST_STEPS = 3
_MOST_STEP_M = 60_000.0
_LOOSE = np.array([1e6, 1e6, 7e4, 1e4])
"""prior standard deviation of place, depth and moment in a fit: as good as none, but no matrix is singular; that of
depth is how wide it is spread beforehand"""
_LEAST_DEPTH_STEP_M, _FAST_M_S = 3_000.0, 6_000.0
"""times near above a source hardly change with its depth, so that a step by their slope alone overshoots"""
_SLOWEST_M_S = 3_000.0
_BLOCK = 60_000
"""rows of onsets worked on at once"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Own:
    """Events that candidates belong to, with what is theirs alone."""

    owner: IntArray
    """(n_picks,) the event that alone may use each onset; -1: none may"""
    mine: IntArray
    """(n,) each candidate's event"""
    planes_m: FloatArray | None = None
    """(n_events, n_stations, 2) stations as seen from a centre of each event's own; None: in the picks' plane"""


@dataclass(frozen=True, slots=True, eq=False)
class Depth:
    """What is known of candidates' depths beforehand."""

    mean_m: FloatArray
    """(n,)"""
    sigma_m: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fits:
    """Fitted candidates."""

    unknowns: FloatArray
    """(n, 5) see UNKNOWNS; the moment in seconds after the picks' epoch"""
    information: FloatArray
    """(n, 5, 5) inverse covariance about them, priors included"""
    rows: IntArray
    """(n, m) rows of picks that belong, padded with -1"""
    log_ratio: FloatArray
    """(n, m) how much better the event explains each than chance does; 0 where padded"""
    late_s: FloatArray
    """(n, m) observed minus predicted"""
    sigma_s: FloatArray
    """(n, m)"""
    away_m: FloatArray
    """(n, m) along the surface"""

    def __len__(self) -> int:
        return len(self.unknowns)


def fit(
    picks: Picks,
    free: NDArray[np.bool_],
    starts: FloatArray,
    settings: PhaseSettings,
    widest_s: float,
    depth: Depth | None = None,
    own: Own | None = None,
) -> Fits:
    """Return the events that candidates settle on.

    Args:
        picks: all onsets.
        free: (n_picks,) those that may be used.
        starts: (n, 5) unknowns to begin with.
        settings: priors.
        widest_s: error of the starts.
        depth: what is known of it; None: nothing.
        own: what only one candidate may use or see; None: all may use all onsets.
    """
    free_rows = np.flatnonzero(free[picks.row_pick])
    times = picks.time_s[picks.row_pick[free_rows]]
    longest = settings.farthest_m / _SLOWEST_M_S
    first = np.searchsorted(times, starts[:, 3] - 2.0 * widest_s)
    last = np.searchsorted(times, starts[:, 3] + longest + 2.0 * widest_s)
    blocks = []
    for chosen in _blocks(last - first):
        planes = None if own is None or own.planes_m is None else own.planes_m[own.mine[chosen]]
        window = window_of(picks, free_rows, first[chosen], last[chosen], planes)
        if own is not None:
            window.usable[own.owner[picks.row_pick[window.rows]] != own.mine[chosen][:, None]] = False
        known = None if depth is None else Depth(depth.mean_m[chosen], depth.sigma_m)
        blocks.append((chosen, _settled(picks, window, starts[chosen], settings, widest_s, known)))
    return _gathered(blocks, len(starts))


def _blocks(n_rows: IntArray) -> list[IntArray]:
    """Return indices of candidates in blocks of like numbers of rows."""
    order = np.argsort(n_rows, kind="stable")
    blocks, begin = list[IntArray](), 0
    for end in range(1, len(order) + 1):
        full = (end - begin + 1) * (n_rows[order[end]] if end < len(order) else 0) > _BLOCK
        if end == len(order) or full:
            blocks.append(order[begin:end])
            begin = end
    return blocks


def _settled(
    picks: Picks,
    window: Window,
    starts: FloatArray,
    settings: PhaseSettings,
    widest_s: float,
    depth: Depth | None,
) -> Fits:
    at = starts.copy()
    n_widths = max(1, int(np.ceil(np.log2(widest_s / _NARROWEST_S))))
    for width in [*(widest_s / _NARROWING ** np.arange(n_widths)), *[0.0] * _LAST_STEPS]:
        seen = seen_by(window, at, settings)
        share = _share(window, seen, width, settings)
        _step(at, seen, share, settings, depth, max(_LEAST_DEPTH_STEP_M, _FAST_M_S * width))
    seen = seen_by(window, at, settings)
    ratio = best_of_each(picks, window, log_ratio(window, seen, 0.0, settings))
    belongs = ratio > 0.0
    information, _ = _normal(at, seen, np.where(belongs, 1.0 / seen.sigma_s**2, 0.0), settings, depth)
    return Fits(
        unknowns=at,
        information=information,
        rows=np.where(belongs, window.rows, -1),
        log_ratio=np.where(belongs, ratio, 0.0),
        late_s=seen.late_s,
        sigma_s=seen.sigma_s,
        away_m=seen.away_m,
    )


def _share(window: Window, seen: Seen, width: float, settings: PhaseSettings) -> FloatArray:
    """Return the weight of each row in the fit: its probability to belong, over its variance."""
    ratio = log_ratio(window, seen, width, settings)
    return np.exp(-np.logaddexp(0.0, -ratio)) / (seen.sigma_s**2 + width**2)


def _normal(
    at: FloatArray, seen: Seen, weight: FloatArray, settings: PhaseSettings, depth: Depth | None
) -> tuple[FloatArray, FloatArray]:
    """Return the normal matrix (n, 5, 5) with its priors, and the pull towards better unknowns (n, 5)."""
    loose = _LOOSE.copy()
    loose[DEPTH] = _LOOSE[DEPTH] if depth is None else depth.sigma_m
    prior = np.append(loose, settings.shift_sigma) ** -2.0
    weighed = seen.slopes * weight[:, :, None]
    matrix = weighed.transpose(0, 2, 1) @ seen.slopes + np.diag(prior)
    pull = (weighed.transpose(0, 2, 1) @ seen.late_s[:, :, None])[:, :, 0]
    pull[:, SHARED] -= prior[SHARED] * at[:, SHARED]
    if depth is not None:
        pull[:, DEPTH] -= prior[DEPTH] * (at[:, DEPTH] - depth.mean_m)
    return matrix, pull


def _step(
    at: FloatArray,
    seen: Seen,
    weight: FloatArray,
    settings: PhaseSettings,
    depth: Depth | None,
    depth_step_m: float,
) -> None:
    """Move unknowns one Gauss-Newton step, its depth damped (Levenberg 1944); depth is held within the ground."""
    matrix, pull = _normal(at, seen, weight, settings, depth)
    matrix[:, DEPTH, DEPTH] += depth_step_m**-2.0
    scale = 1.0 / np.sqrt(np.einsum("nkk->nk", matrix))
    scaled = matrix * scale[:, :, None] * scale[:, None, :] + 1e-6 * np.eye(UNKNOWNS)
    step = np.linalg.solve(scaled, (pull * scale)[:, :, None])[:, :, 0] * scale
    wanted = at[:, DEPTH] + step[:, DEPTH]
    held = np.clip(wanted, 0.0, settings.deepest_m)
    outside = np.flatnonzero(wanted != held)
    if len(outside):
        known = held[outside] - at[outside, DEPTH]
        rest = [k for k in range(UNKNOWNS) if k != DEPTH]
        pull_rest = pull[outside][:, rest] - matrix[outside][:, rest, DEPTH] * known[:, None]
        rest_scale = scale[outside][:, rest]
        inner = scaled[outside][:, rest][:, :, rest]
        step[np.ix_(outside, np.array(rest))] = (
            np.linalg.solve(inner, (pull_rest * rest_scale)[:, :, None])[:, :, 0] * rest_scale
        )
        step[outside, DEPTH] = known
    most = np.abs(step[:, :3]).max(axis=1)
    at += step * np.minimum(1.0, _MOST_STEP_M / np.maximum(most, 1.0))[:, None]


def _gathered(blocks: list[tuple[IntArray, Fits]], n: int) -> Fits:
    """Return the fits of all blocks in the order of their starts."""
    width = max((f.rows.shape[1] for _, f in blocks), default=1)
    made = {
        "unknowns": np.zeros((n, UNKNOWNS)),
        "information": np.zeros((n, UNKNOWNS, UNKNOWNS)),
        "rows": np.full((n, width), -1, dtype=np.int64),
    }
    for name in ("log_ratio", "late_s", "sigma_s", "away_m"):
        made[name] = np.zeros((n, width))
    for chosen, fits in blocks:
        for name, array in made.items():
            part = getattr(fits, name)
            if name in ("unknowns", "information"):
                array[chosen] = part
            else:
                array[np.ix_(chosen, np.arange(part.shape[1]))] = part
    return Fits(**made)
