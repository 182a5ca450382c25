"""Where and when stations may have felt one event: votes on a coarse grid of places, depths and moments.

Each onset, taken for each wave that it may be, says for every cell when the event would have happened there. Moments
are counted in slots; a cell and slot with more votes than its neighbours in space, depth and time begins a fit. The
cost is cells times onsets: linear in onsets, for what is farther apart than waves travel never meets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, maximum_filter1d, uniform_filter

from trucewatch.fuse.phase_picks import Picks
from trucewatch.fuse.phase_settings import PhaseSettings
from trucewatch.physics.buried import WAVES, buried_times

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_CELLS = 14.0
"""cells along the longer side"""
_LEAST_CELL_M, _MOST_CELL_M = 10_000.0, 60_000.0
_DEPTHS_M = (0.0, 35_000.0, 90_000.0, 170_000.0)
_SLOW_M_S = 4_500.0
"""a slot is as long as a wave needs for a cell: two together hold the votes of all the cell"""
_BLOCK, _HALO = 512, 4
"""slots worked on at once, and how many of their neighbours with them"""
_MOST_NATS = 4.0
"""no vote weighs more: what one says against chance at a quiet station is not many stations' agreement"""
_LEAST_VOTES = 3.2
_SHARE_OF_BEST = 0.7
_MIDDLE = 0.1
_BESIDE = 7
"""of slots so close, only cells nearly as good as the best begin fits: the rest is mostly the same event seen askew,
and what is another one has its turn when the first one's onsets are gone"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Grid:
    """Cells with the travel times from each to each station."""

    nodes_m: FloatArray
    """(n_nodes, 3) east, north and depth"""
    shape: tuple[int, int, int]
    """cells eastward, northward and downward"""
    travel_slots: FloatArray
    """(n_stations * 2, n_nodes) P and S of each station in turn, in slots; NaN beyond the farthest"""
    longest_s: float
    """longest of them"""
    cell_m: float
    slot_s: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Starts:
    """Where fits begin, by moment."""

    node_m: FloatArray
    """(n, 3) east, north, depth"""
    time_s: FloatArray
    """(n,)"""


def grid_of(picks: Picks, settings: PhaseSettings) -> Grid:
    """Return the grid over a network and its surroundings."""
    low, high = picks.plane_m.min(axis=0) - settings.beyond_m, picks.plane_m.max(axis=0) + settings.beyond_m
    cell = float(np.clip((high - low).max() / _CELLS, _LEAST_CELL_M, _MOST_CELL_M))
    depths = [z for z in _DEPTHS_M if z <= settings.deepest_m]
    axes = [np.arange(a + (b - a) % cell / 2, b + 1.0, cell) for a, b in zip(low, high, strict=True)]
    nodes = np.stack(np.meshgrid(*axes, depths, indexing="ij"), axis=-1).reshape(-1, 3)
    away = np.hypot(*(nodes[:, None, :2] - picks.plane_m).transpose(2, 0, 1))
    tables = buried_times(settings.ground)
    travel = np.stack([tables.at(np.full(away.shape, k), away, nodes[:, 2:])[0] for k in range(len(WAVES))], axis=-1)
    travel[away > settings.farthest_m] = np.nan
    return Grid(
        nodes_m=nodes,
        shape=(len(axes[0]), len(axes[1]), len(depths)),
        travel_slots=np.ascontiguousarray(travel.reshape(len(nodes), -1).T) * (_SLOW_M_S / cell),
        longest_s=float(np.nanmax(travel)),
        cell_m=cell,
        slot_s=cell / _SLOW_M_S,
    )


def starts_of(picks: Picks, free: NDArray[np.bool_], grid: Grid, settings: PhaseSettings) -> Starts:
    """Return the peaks of the votes of onsets that no event has yet.

    Args:
        picks: all onsets.
        free: (n,) which of them vote.
        grid: of their network.
        settings: what a peak has to have.
    """
    rows = np.flatnonzero(free[picks.row_pick])
    time, weight = picks.time_s[picks.row_pick[rows]], _weights(picks, rows, grid)
    column = picks.station[picks.row_pick[rows]] * len(WAVES) + picks.row_wave[rows]
    busy = _busy(time, weight, grid)
    found = [(np.zeros((0, 3)), np.zeros(0))]
    for begin in range(0, len(busy), _BLOCK):
        slots = busy[max(0, begin - _HALO) : begin + _BLOCK + _HALO]
        low, high = slots[0] * grid.slot_s, (slots[-1] + 1) * grid.slot_s + grid.longest_s
        rows_in = slice(*np.searchsorted(time, (low, high)).tolist())
        votes = _votes(grid, time[rows_in], column[rows_in], weight[rows_in], slots)
        core = busy[begin : begin + _BLOCK]
        found.append(_highest(grid, votes, slots, (int(core[0]), int(core[-1]))))
    return Starts(node_m=np.concatenate([n for n, _ in found]), time_s=np.concatenate([t for _, t in found]))


def _busy(time: FloatArray, weight: FloatArray, grid: Grid) -> IntArray:
    """Return the slots in which an event might have votes enough, with one on either side of each stretch."""
    if not len(time):
        return np.zeros(0, dtype=np.int64)
    # An event in a slot is felt between its begin and the longest way after its end, and two slots count together.
    slot = np.arange(np.floor((time[0] - grid.longest_s) / grid.slot_s), np.floor(time[-1] / grid.slot_s) + 1.0)
    total = np.append(0.0, np.cumsum(weight))
    first = np.searchsorted(time, slot * grid.slot_s)
    last = np.searchsorted(time, (slot + 2.0) * grid.slot_s + grid.longest_s)
    enough = total[last] - total[first] >= _LEAST_VOTES
    around = np.convolve(enough, np.ones(3), mode="same") > 0.0
    return slot[around].astype(np.int64)


def _weights(picks: Picks, rows: IntArray, grid: Grid) -> FloatArray:
    """Return what each row's vote counts: 1 for a sure wave at a quiet station, less where chance fills slots too."""
    nats = -picks.log_chance[picks.row_pick[rows]] - np.log(2.0 * grid.slot_s)
    return np.asarray(np.exp(picks.row_log_said[rows]) * np.clip(nats, 0.0, _MOST_NATS) / _MOST_NATS)


def _votes(grid: Grid, time: FloatArray, column: IntArray, weight: FloatArray, slots: IntArray) -> FloatArray:
    """Return the votes of each slot and the next together, (n_slots, n_nodes)."""
    n_nodes, elsewhere = len(grid.nodes_m), len(slots)
    first = int(slots[0])
    place = np.full(int(slots[-1]) - first + 3, elsewhere, dtype=np.int64)
    place[slots - first] = np.arange(elsewhere)
    due = (time / grid.slot_s - first)[:, None] - grid.travel_slots[column]
    # What lies outside counts nowhere, and so does what does not reach: no comparison with NaN holds.
    inside = (due >= 0.0) & (due < len(place) - 2)
    flat = place[np.where(inside, due, len(place) - 1.0).astype(np.int64)] * n_nodes + np.arange(n_nodes)
    counted = np.bincount(flat.ravel(), np.repeat(weight, n_nodes), (elsewhere + 1) * n_nodes)
    votes = np.asarray(counted, dtype=np.float64).reshape(elsewhere + 1, n_nodes)[:-1]
    follows = np.flatnonzero(np.diff(slots) == 1)
    votes[follows] += votes[follows + 1]
    return votes


def _highest(grid: Grid, votes: FloatArray, slots: IntArray, core: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Return cells and moments whose votes are the most among their neighbours, of the slots from core to core."""
    enough = np.maximum(_LEAST_VOTES, _SHARE_OF_BEST * maximum_filter1d(votes.max(axis=1), _BESIDE, mode="constant"))
    candidate = np.flatnonzero((votes >= enough[:, None]).any(axis=1))
    if not len(candidate):
        return np.zeros((0, 3)), np.zeros(0)
    # Slots that are apart in time stand side by side here: at worst a start is lost to a stronger one's neighbour,
    # and what the stronger one leaves votes again.
    near = np.unique(np.clip(candidate[:, None] + np.array([-1, 0, 1]), 0, len(slots) - 1))
    shaped = votes[near].reshape(len(near), *grid.shape)
    # Votes are few and often equal: what lies in the middle of equals counts a little more.
    shaped = shaped + _MIDDLE * uniform_filter(shaped, size=3, mode="constant")
    best = (shaped >= maximum_filter(shaped, size=3, mode="constant")).reshape(len(near), -1)
    n, node = np.nonzero(best & (votes[near] >= enough[near, None]))
    slot = slots[near[n]]
    inside = (slot >= core[0]) & (slot <= core[1])
    moments: FloatArray = (slot[inside].astype(np.float64) + 1.0) * grid.slot_s
    return grid.nodes_m[node[inside]], moments
