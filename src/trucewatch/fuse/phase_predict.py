"""What candidate events predict for the onsets in their reach, and how much better than chance that fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.phase_picks import Picks
from trucewatch.fuse.phase_settings import PhaseSettings
from trucewatch.physics.buried import WAVES, buried_times

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DEPTH = 2
MOMENT = 3
SHARED = 4
"""columns of the unknowns: east and north before them"""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Rows in reach of each candidate, shape (n, m)."""

    rows: IntArray
    usable: NDArray[np.bool_]
    time_s: FloatArray
    station: IntArray
    wave: IntArray
    plane_m: FloatArray
    """(n, m, 2) where its station stands"""
    height_m: FloatArray
    sigma_s: FloatArray
    log_odds: FloatArray
    """log of the detector's word over chance"""


def window_of(
    picks: Picks,
    free_rows: IntArray,
    first: IntArray,
    last: IntArray,
    planes_m: FloatArray | None,
) -> Window:
    """Return the rows from first to last of each candidate, padded to the longest.

    Args:
        picks: all onsets.
        free_rows: (k,) rows that may be used, in time order.
        first: (n,) where each candidate's begin in them.
        last: (n,) one beyond where they end.
        planes_m: (n, n_stations, 2) stations as each sees them; None: in the picks' plane.
    """
    index = first[:, None] + np.arange(max(1, int((last - first).max())))
    usable = index < last[:, None]
    rows = free_rows[np.minimum(index, len(free_rows) - 1)]
    pick = picks.row_pick[rows]
    station = picks.station[pick]
    return Window(
        rows=rows,
        usable=usable,
        time_s=picks.time_s[pick],
        station=station,
        plane_m=picks.plane_m[station] if planes_m is None else planes_m[np.arange(len(rows))[:, None], station],
        height_m=picks.height_m[station],
        wave=picks.row_wave[rows],
        sigma_s=picks.sigma_s[pick],
        log_odds=picks.row_log_said[rows] - picks.log_chance[pick],
    )


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Rows as candidates predict them, shape (n, m)."""

    late_s: FloatArray
    slopes: FloatArray
    """(n, m, 5) growth of the predicted moment with each unknown"""
    sigma_s: FloatArray
    away_m: FloatArray
    reach: NDArray[np.bool_]


def seen_by(window: Window, at: FloatArray, settings: PhaseSettings) -> Seen:
    """Return what candidates with unknowns (n, 5) predict for their rows."""
    tables = buried_times(settings.ground)
    east, north = at[:, None, 0] - window.plane_m[..., 0], at[:, None, 1] - window.plane_m[..., 1]
    away = np.sqrt(east * east + north * north) + 1e-6
    travel, along, down = tables.at(window.wave, away, np.broadcast_to(at[:, DEPTH, None], away.shape))
    # A station above the mean waits for the way up to it, as steep as the ray comes (first order in height).
    steep = np.sqrt(np.maximum(np.array(tables.surface_m_s)[window.wave] ** -2.0 - along**2, 0.0))
    travel = travel + window.height_m * steep
    factor = 1.0 + at[:, None, SHARED]
    share = settings.own_share * np.array([settings.ground.p_share, settings.ground.s_share])[window.wave]
    slopes = np.stack(
        [along * east / away * factor, along * north / away * factor, down * factor, np.ones_like(away), travel],
        axis=-1,
    )
    return Seen(
        late_s=window.time_s - at[:, None, MOMENT] - travel * factor,
        slopes=slopes,
        sigma_s=np.sqrt(window.sigma_s**2 + (share * travel) ** 2),
        away_m=away,
        reach=window.usable & (away <= settings.farthest_m),
    )


def log_ratio(window: Window, seen: Seen, width: float, settings: PhaseSettings) -> FloatArray:
    """Return the log of how much likelier each row is as the event's wave than by chance, with a width on top."""
    variance = seen.sigma_s**2 + width**2
    density = -0.5 * (seen.late_s**2 / variance + np.log(2.0 * np.pi * variance))
    return np.where(seen.reach, window.log_odds + density + np.log(settings.p_wave), -np.inf)


def best_of_each(picks: Picks, window: Window, ratio: FloatArray) -> FloatArray:
    """Keep, of the rows of one onset and of one station's wave, the one that fits best; others get -inf."""
    n = np.arange(len(ratio))[:, None]
    for key, size in (
        (picks.row_pick[window.rows], len(picks)),
        (window.station * len(WAVES) + window.wave, len(picks.names) * len(WAVES)),
    ):
        flat = np.where(np.isfinite(ratio), key, size) + 0 * n
        order = np.lexsort((-ratio, flat), axis=-1)
        ranked = np.take_along_axis(flat, order, axis=1)
        again = np.zeros(ratio.shape, dtype=bool)
        again[:, 1:] = ranked[:, 1:] == ranked[:, :-1]
        repeated = np.zeros(ratio.shape, dtype=bool)
        np.put_along_axis(repeated, order, again, axis=1)
        ratio = np.where(repeated, -np.inf, ratio)
    return ratio
