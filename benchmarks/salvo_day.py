"""A line's day of salvos: association of up to a million detections, with truth beside it. JSON lines.

The laws of the day: nodes scattered about a bent line of 1,200 km; impulsive events, one in nine a salvo of 5 to 40
rounds 2 to 15 s apart from within 100 m; sources of three loudnesses; a wind that is off by 2 per cent of the speed of
sound and that all nodes of one event share; picks off by 0.05 s; 170 false picks a node and day; a node is deaf for
0.3 s after each pick. Seeds below 100 were used while building, those from 100 on only for what is reported.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from trucewatch.fuse.batch_evidence import Prior
from trucewatch.fuse.batch_fix import Airs
from trucewatch.fuse.candidates import Candidates
from trucewatch.fuse.field import Heard, plane_ground
from trucewatch.fuse.joint import World
from trucewatch.fuse.segments import Segment, of_segment, own, segments, together
from trucewatch.fuse.whole_line import Found, impulses_of_line

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LENGTH_M = 1_200_000.0
N_NODES = 2_400
NODES_SEED = 5
CLUSTERS_A_DAY = 11_650
SALVO_SHARE = 0.114
SPEED_M_S = 340.0
JITTER_S = 0.05
FALSE_A_DAY = 170.0
DEAD_S = 0.3
HOURS = (0.25, 1.0, 4.0, 12.0, 24.0)
SEED = 101
FEWEST = 5
"""true detections from which on an event is one that should be found"""
NEAR_M, NEAR_S = 500.0, 1.5
FIRST_REACH_M = 9_000.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Day:
    """Detections by time, and what they came from."""

    nodes_m: FloatArray
    time_s: FloatArray
    node: IntArray
    event: IntArray
    """of each detection, -1 for a false one"""
    event_time_s: FloatArray
    event_xy_m: FloatArray

    @property
    def heard_by(self) -> IntArray:
        """How many detections each event has."""
        return np.bincount(self.event[self.event >= 0], minlength=len(self.event_time_s))


class Loudness:
    """Probability of detection by distance, for seven loudnesses: a grid, not the three of the simulation."""

    reach_m = np.array([3.0, 4.0, 5.0, 6.0, 7.5, 9.0, 10.5]) * 1e3
    weights = np.array([0.2, 0.2, 0.2, 0.15, 0.1, 0.1, 0.05])

    def p_hear(self, station: IntArray, away_m: FloatArray, toward_deg: FloatArray, at_s: FloatArray) -> FloatArray:
        """Return the probability that each is heard."""
        return 0.9 / (1.0 + np.exp(np.minimum((away_m[None] - self.reach_m[:, None, None]) / 800.0, 50.0)))

    def listens(self, station: IntArray, at_s: FloatArray) -> NDArray[np.bool_]:
        """Say that all do."""
        return station >= 0


def simulated(seed: int, hours: float, wind: float = 0.02, false_a_day: float = FALSE_A_DAY) -> Day:
    """Return a piece of a day; the nodes are the same for every seed."""
    span_s = hours * 3600.0
    nodes_m, bends = _nodes()
    rng = np.random.default_rng(seed)
    event_s, event_m = _events(rng, span_s, bends)
    time_s, node, event = _heard(rng, event_s, event_m, nodes_m, wind)
    n_false = rng.poisson(false_a_day * span_s / 86_400.0, N_NODES)
    node = np.concatenate((node, np.repeat(np.arange(N_NODES), n_false)))
    time_s = np.concatenate((time_s, rng.uniform(0.0, span_s, n_false.sum())))
    event = np.concatenate((event, np.full(n_false.sum(), -1)))
    kept = _awake(time_s, node)
    order = kept[np.lexsort((node[kept], time_s[kept]))]
    return Day(
        nodes_m=nodes_m,
        time_s=time_s[order],
        node=node[order],
        event=event[order],
        event_time_s=event_s,
        event_xy_m=event_m,
    )


def _nodes() -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
    rng = np.random.default_rng(NODES_SEED)
    along = np.sort(rng.uniform(0.0, LENGTH_M, N_NODES))
    knots = np.linspace(0.0, LENGTH_M, 25)
    bends = (knots, np.cumsum(np.concatenate(([0.0], rng.normal(0.0, 15e3, 24)))))
    return _beside(along, rng.normal(0.0, 900.0, N_NODES) + 1500.0 * np.sin(along / 20e3), bends), bends


def _beside(along_m: FloatArray, aside_m: FloatArray, bends: tuple[FloatArray, FloatArray]) -> FloatArray:
    knots, heights = bends
    slope = np.interp(along_m, (knots[1:] + knots[:-1]) / 2, np.diff(heights) / np.diff(knots))
    normal = np.stack((-slope, np.ones_like(slope)), axis=-1) / np.hypot(1.0, slope)[:, None]
    return np.stack((along_m, np.interp(along_m, knots, heights)), axis=-1) + aside_m[:, None] * normal


def _events(
    rng: np.random.Generator, span_s: float, bends: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    n = rng.poisson(CLUSTERS_A_DAY * span_s / 86_400.0)
    start = rng.uniform(0.0, span_s, n)
    salvo = rng.random(n) < SALVO_SHARE
    rounds = np.where(salvo, rng.integers(5, 41, n), 1)
    along = rng.uniform(0.0, LENGTH_M, n)
    centre = _beside(along, rng.normal(0.0, 2000.0, n) + 1500.0 * np.sin(along / 20e3), bends)
    gaps = [np.cumsum(np.concatenate(([0.0], rng.uniform(2.0, 15.0, k - 1)))) for k in rounds]
    of = np.repeat(np.arange(n), rounds)
    scatter = rng.normal(0.0, 100.0, (len(of), 2)) * salvo[of, None]
    return start[of] + np.concatenate(gaps), centre[of] + scatter


def _heard(
    rng: np.random.Generator, event_s: FloatArray, event_m: FloatArray, nodes_m: FloatArray, wind: float
) -> tuple[FloatArray, IntArray, IntArray]:
    loud_m = rng.choice([3500.0, 5500.0, 8500.0], len(event_s), p=[0.48, 0.31, 0.21])
    blows = rng.normal(0.0, wind / np.sqrt(2.0), (len(event_s), 2))
    near = cKDTree(nodes_m).query_ball_point(event_m, 16e3, return_sorted=True)
    event = np.repeat(np.arange(len(event_s)), [len(q) for q in near])
    node = np.concatenate([np.asarray(q, dtype=np.int64) for q in near])
    off = nodes_m[node] - event_m[event]
    away = np.hypot(*off.T)
    along = np.einsum("ni,ni->n", off, blows[event]) / away
    hit = rng.random(len(away)) < 0.9 / (1.0 + np.exp((away - loud_m[event]) / 800.0))
    time_s = event_s[event] + away / (SPEED_M_S * (1.0 + along)) + rng.normal(0.0, JITTER_S, len(away))
    return time_s[hit], node[hit], event[hit]


def _awake(time_s: FloatArray, node: IntArray) -> IntArray:
    """Return which detections come after their node's dead time."""
    order = np.lexsort((time_s, node))
    kept, last = list[int](), (-1, -np.inf)
    for i, n, t in zip(order.tolist(), node[order].tolist(), time_s[order].tolist(), strict=True):
        if n != last[0] or t - last[1] >= DEAD_S:
            kept.append(i)
            last = (n, t)
    return np.asarray(kept, dtype=np.int64)


def kept_hour(path: Path) -> Day:
    """Return an hour of another generator with the same laws, from a file."""
    d = np.load(path)
    return Day(
        nodes_m=1e3 * d["nodes"],
        time_s=d["t"],
        node=d["sensor"].astype(np.int64),
        event=d["truth_label"],
        event_time_s=d["event_time"],
        event_xy_m=1e3 * d["event_xy"],
    )


def world_of(day: Day, wind: float = 0.02) -> World:
    """Return what association is told: sensors, onsets, the usual air, how loud sources are, how dense events."""
    return World(
        ground=plane_ground(day.nodes_m, 20e3),
        heard=Heard(time_s=day.time_s, station=day.node, sigma_s=np.full(len(day.time_s), JITTER_S)),
        airs_at=partial(_airs, wind=wind),
        hearing=Loudness(),
        prior=Prior(
            density_m2_s=0.8 / 1e6 / 86_400.0,
            usual_rate_hz=2.0 / 3600.0,
            reach_m=15e3,
            silence_cap=0.9,
            p_follows=0.5,
            salvo_gap_s=30.0,
        ),
        least_heard=4,
    )


def _airs(at_s: FloatArray, wind: float) -> Airs:
    sigma = SPEED_M_S * wind / np.sqrt(2.0)
    return Airs(
        speed_m_s=np.full(len(at_s), SPEED_M_S),
        wind_m_s=np.zeros((len(at_s), 2)),
        sigma_m_s=np.tile([0.05, sigma, sigma], (len(at_s), 1)),
    )


def found_in(world: World, n_processes: int) -> tuple[Found, float, int]:
    """Return impulses, by pieces of the line in processes, the longest CPU time of one and the memory of all, MB."""
    pieces = segments(world.ground, world.heard, n_processes)
    if n_processes == 1:
        parts = [_piece(world, pieces[0])]
    else:
        with ProcessPoolExecutor(n_processes) as pool:
            parts = list(pool.map(_piece, [world] * n_processes, pieces))
    return together(world, [p for p, _, _ in parts]), max(c for _, c, _ in parts), sum(m for _, _, m in parts)


def _piece(world: World, piece: Segment) -> tuple[Found, float, int]:
    started = time.process_time()
    found = own(world, piece, impulses_of_line(of_segment(world, piece), FIRST_REACH_M, -3.0))
    return found, time.process_time() - started, peak_mb()


def peak_mb() -> int:
    """Return the largest resident memory of this process so far, megabytes."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def scored(day: Day, world: World, found: Found) -> dict[str, float]:
    """Return precision, recall, error, coverage and calibration of what is rather true than not."""
    likely = np.flatnonzero(found.log_odds > 0.0)
    impulses, p = found.impulses.of(likely), 1.0 / (1.0 + np.exp(-found.log_odds[likely]))
    xy_m = world.ground.points_m(impulses.anchor, impulses.state[:, :2])[:, :2]
    partner = _partners(day, xy_m, impulses.state[:, 2])
    source, right = _sources(day, impulses)
    audible = day.heard_by >= FEWEST
    off = xy_m - day.event_xy_m[source]
    squared = np.einsum("ni,nij,nj->n", off, np.linalg.inv(impulses.covariance[:, :2, :2]), off)
    error = np.hypot(*off[right].T)
    there = np.zeros(len(audible), dtype=np.bool_)
    there[partner[partner >= 0]] = True
    of_source = np.zeros(len(audible), dtype=np.bool_)
    of_source[source[right]] = True
    return {
        "events": len(audible),
        "events_heard_by_five": int(audible.sum()),
        "found": len(likely),
        "precision_place": float((partner >= 0).mean()),
        "recall_place": float(there[audible].mean()),
        "precision_members": float(right.mean()),
        "recall_members": float(of_source[audible].mean()),
        "median_error_m": float(np.median(error)),
        "p90_error_m": float(np.percentile(error, 90)),
        "held_95": float((squared[right] < 5.991).mean()),
        "ece_place": _ece(p, partner >= 0),
        "ece_members": _ece(p, right),
    }


def _partners(day: Day, xy_m: FloatArray, time_s: FloatArray) -> IntArray:
    """Return for each impulse the event it is, nearest pairs first, each once; -1 for none within 500 m, 1.5 s."""
    scale = np.array([NEAR_M, NEAR_M, NEAR_S])
    truth = np.column_stack((day.event_xy_m, day.event_time_s)) / scale
    said = np.column_stack((xy_m, time_s)) / scale
    near = cKDTree(truth).query_ball_point(said, np.sqrt(2.0))
    one = np.repeat(np.arange(len(said)), [len(q) for q in near])
    other = np.array([j for q in near for j in q], dtype=np.int64)
    apart, late = np.hypot(*(said[one] - truth[other])[:, :2].T), np.abs((said[one] - truth[other])[:, 2])
    close = (apart < 1.0) & (late < 1.0)
    order = np.flatnonzero(close)[np.argsort((apart + late)[close], kind="stable")]
    partner, given = np.full(len(said), -1), np.zeros(len(truth), dtype=np.bool_)
    for i, j in zip(one[order].tolist(), other[order].tolist(), strict=True):
        if partner[i] < 0 and not given[j]:
            partner[i], given[j] = j, True
    return partner


def _sources(day: Day, impulses: Candidates) -> tuple[IntArray, NDArray[np.bool_]]:
    """Return the event that most detections of each impulse come from, and whether that is more than half of them.

    Of several impulses from one event only the one with most of its detections counts as right.
    """
    label = np.where(impulses.member >= 0, day.event[impulses.member], -1)
    row, column = np.nonzero(label >= 0)
    pair, count = np.unique(row * len(day.event_time_s) + label[row, column], return_counts=True)
    order = np.lexsort((pair, -count))
    source, share = np.full(len(impulses), 0), np.zeros(len(impulses))
    for at in order[::-1]:
        source[pair[at] // len(day.event_time_s)] = pair[at] % len(day.event_time_s)
        share[pair[at] // len(day.event_time_s)] = count[at]
    right = share > 0.5 * impulses.n_heard
    best: dict[int, int] = {}
    for i in np.flatnonzero(right).tolist():
        j = best.get(int(source[i]))
        if j is None or share[i] > share[j]:
            best[int(source[i])] = i
    right[:] = False
    right[list(best.values())] = True
    return source, right


def _ece(p: FloatArray, true: NDArray[np.bool_]) -> float:
    bins = np.minimum((20 * p).astype(int), 19)
    return float(
        sum(abs(p[bins == b].mean() - true[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist()))
    )


def main() -> None:
    """Measure pieces of one day of growing length, or the hours in files that are named."""
    days = [(Path(a).stem, kept_hour(Path(a))) for a in sys.argv[1:] if a.endswith(".npz")]
    hours = [float(a) for a in sys.argv[1:] if not a.endswith(".npz")] or ([] if days else HOURS)
    for name, day in [*days, *((f"{h:g} h", simulated(SEED, h)) for h in hours)]:
        wind = 0.05 if "wind5" in name else 0.02
        world = world_of(day, wind)
        started = time.perf_counter()
        found, cpu_s, mb = found_in(world, 2)
        wall_s = time.perf_counter() - started
        row: dict[str, object] = {
            "benchmark": "salvo_day",
            "piece": name,
            "detections": len(day.time_s),
            "wall_s": round(wall_s, 2),
        }
        row |= {"cpu_s_each_of_two": round(cpu_s, 2)}
        row |= {"peak_mb_two_processes": mb}
        print(json.dumps(row | {k: round(v, 4) for k, v in scored(day, world, found).items()}), flush=True)


if __name__ == "__main__":
    main()
