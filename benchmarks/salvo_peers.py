"""PyOcto and GaMMA beside association in batches, in the busiest five minutes of a twentieth of the line. JSON lines.

Run with the Python of this project and the path of another one that has pyocto, GMMA and pandas, and, for another part
of the line, its seconds and metres:

    python benchmarks/salvo_peers.py PYTHON [900 120000]

Both peers are made for P and S waves of earthquakes. They get P picks alone, the true speed of sound and several
settings each; all are listed, none was chosen beforehand. What counts is which detections each event holds, for places
are not theirs to give along such a line. Both packages have the MIT licence and are run as they are.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

SEED = 102
HOURS = 1.0
PART_S = 300.0
PART_M = 60_000.0
"""of the line, so that all three can finish"""
MOST_S = 170.0
PYOCTO = [{"tolerance": t, "n_picks": n} for t, n in itertools.product((0.3, 0.6), (5, 6))]
GAMMA = [{"eps": e, "sigma": s, "oversample": o} for e, s, o in ((8, 0.3, 4), (8, 0.6, 4), (15, 0.3, 8), (15, 0.6, 8))]


def main() -> None:
    """Measure all three on the same detections."""
    import salvo_day

    part_s, part_m = (float(a) for a in sys.argv[2:4]) if len(sys.argv) == 4 else (PART_S, PART_M)
    day = part_of(salvo_day.simulated(SEED, HOURS), part_s, part_m)
    world = salvo_day.world_of(day)
    began = time.perf_counter()
    found, _, _ = salvo_day.found_in(world, 1)
    seconds = time.perf_counter() - began
    likely = found.impulses.of(np.flatnonzero(found.log_odds > 0.0))
    say("trucewatch", {}, seconds, [m[m >= 0].tolist() for m in likely.member], day.event)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "day.npz"
        np.savez(data, t=day.time_s, node=day.node, nodes_m=day.nodes_m)
        for name, ways in (("pyocto", PYOCTO), ("gamma", GAMMA)):
            for way in ways:
                out = Path(folder) / "found.json"
                command = [sys.argv[1], __file__, name, str(data), json.dumps(way), str(out)]
                try:
                    subprocess.run(command, check=True, capture_output=True, timeout=MOST_S)
                except subprocess.TimeoutExpired:
                    print(json.dumps({"who": name, "settings": way, "not_finished_in_s": MOST_S}), flush=True)
                    continue
                said = json.loads(out.read_text())
                say(name, way, said["seconds"], said["found"], day.event)


def part_of(day, part_s: float, part_m: float):
    """Return the detections of that stretch of line and time in which most events were."""
    cell = np.floor(np.column_stack((day.event_xy_m[:, 0] / part_m, day.event_time_s / part_s))).astype(int)
    cells, counts = np.unique(cell, axis=0, return_counts=True)
    x, t = cells[int(np.argmax(counts))]
    near = np.floor(day.nodes_m[:, 0] / part_m) == x
    kept = near[day.node] & (np.floor(day.time_s / part_s) == t)
    new = np.cumsum(near) - 1
    return replace(
        day, nodes_m=day.nodes_m[near], time_s=day.time_s[kept], node=new[day.node[kept]], event=day.event[kept]
    )


def say(name: str, way: dict[str, float], seconds: float, found: list[list[int]], event: np.ndarray) -> None:
    """Print one row: an event found is right where most of its detections come from one true event, each once."""
    n_true = np.bincount(event[event >= 0])
    best: dict[int, int] = {}
    for members in found:
        label = event[members]
        counts = np.bincount(label[label >= 0], minlength=1)
        if counts.max() > 0.5 * len(members):
            best[int(counts.argmax())] = max(best.get(int(counts.argmax()), 0), int(counts.max()))
    audible = np.flatnonzero(n_true >= 5)
    row = {
        "benchmark": "salvo_peers",
        "who": name,
        "settings": way,
        "detections": len(event),
        "seconds": round(seconds, 3),
        "found": len(found),
        "precision_members": round(len(best) / max(1, len(found)), 4),
        "recall_members": round(float(np.isin(audible, list(best)).mean()), 4),
    }
    print(json.dumps(row), flush=True)


def pyocto_found(d: dict[str, np.ndarray], way: dict[str, float]) -> list[list[int]]:
    """Return the picks of PyOcto's events."""
    import pandas as pd
    import pyocto

    xy = d["nodes_m"] / 1e3
    used = np.unique(d["node"])
    model = pyocto.VelocityModel0D(
        p_velocity=0.34, s_velocity=0.2, tolerance=way["tolerance"], association_cutoff_distance=14.0
    )
    low, high = xy[used].min(axis=0) - 6, xy[used].max(axis=0) + 6
    associator = pyocto.OctoAssociator(
        xlim=(low[0], high[0]),
        ylim=(low[1], high[1]),
        zlim=(0.0, 0.1),
        time_before=45.0,
        velocity_model=model,
        n_picks=int(way["n_picks"]),
        n_p_picks=int(way["n_picks"]),
        n_s_picks=0,
        n_p_and_s_picks=0,
        min_node_size=1.0,
        min_node_size_location=0.1,
        n_threads=1,
    )
    stations = pd.DataFrame({"id": used.astype(str), "x": xy[used, 0], "y": xy[used, 1], "z": 0.0})
    picks = pd.DataFrame({"station": d["node"].astype(str), "phase": "P", "time": d["t"]})
    _, assigned = associator.associate(picks, stations)
    return [g["pick_idx"].astype(int).tolist() for _, g in assigned.groupby("event_idx")] if len(assigned) else []


def gamma_found(d: dict[str, np.ndarray], way: dict[str, float]) -> list[list[int]]:
    """Return the picks of GaMMA's events."""
    import pandas as pd
    from gamma.utils import association

    xy = d["nodes_m"] / 1e3
    placed = pd.DataFrame({"id": np.arange(len(xy)).astype(str), "x(km)": xy[:, 0], "y(km)": xy[:, 1], "z(km)": 0.0})
    table = pd.DataFrame(
        {
            "id": d["node"].astype(str),
            "timestamp": pd.to_datetime(d["t"], unit="s"),
            "type": "p",
            "prob": 1.0,
            "amp": 0.0,
        }
    )
    low, high = xy.min(axis=0) - 6, xy.max(axis=0) + 6
    spans = {"x(km)": [low[0], high[0]], "y(km)": [low[1], high[1]], "z(km)": [0.0, 0.1]}
    config = {
        **spans,
        "vel": {"p": 0.34, "s": 0.2},
        "dims": list(spans),
        "use_dbscan": True,
        "use_amplitude": False,
        "method": "BGMM",
        "oversample_factor": way["oversample"],
        "dbscan_eps": way["eps"],
        "dbscan_min_samples": 3,
        "min_picks_per_eq": 5,
        "max_sigma11": way["sigma"],
        "max_sigma22": 1.0,
        "max_sigma12": 1.0,
        "ncpu": 1,
        "bfgs_bounds": [(a - 1, b + 1) for a, b in spans.values()] + [(None, None)],
    }
    _, assigned = association(table, placed, config, event_idx0=0, method="BGMM")
    found: dict[int, list[int]] = {}
    for pick, event, _ in assigned:
        found.setdefault(int(event), []).append(int(pick))
    return [found[k] for k in sorted(found)]


def peer(name: str, data: str, way: str, out: str) -> None:
    """Run one peer with one setting and write what it found."""
    d = dict(np.load(data))
    began = time.perf_counter()
    found = (pyocto_found if name == "pyocto" else gamma_found)(d, json.loads(way))
    Path(out).write_text(json.dumps({"seconds": time.perf_counter() - began, "found": found}))


if __name__ == "__main__":
    if sys.argv[1] in ("pyocto", "gamma"):
        peer(*sys.argv[1:5])
    else:
        main()
