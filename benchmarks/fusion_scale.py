"""Fusion of simulated days along a line of 60 nodes, three sizes: time, memory, what was found. JSON lines."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

from trucewatch.detect.reports import from_pulse
from trucewatch.fuse import fuse
from trucewatch.geo import LocalFrame
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObservationType, ObserverKind
from trucewatch.simulate import Event, Scenario, claim_of, score, true_event_of
from trucewatch.simulate.generate import reported_weather, truth_of
from trucewatch.simulate.sensors import Nodes, hear, pick, true_weather

N_NODES = 60
SPACING_M = 2_000.0
ASIDE_M = (-1_800.0, 1_500.0, -900.0, 2_200.0)
"""nodes stand alternately on both sides of the line"""
SOURCES = ("small_arms", "mortar_82", "mortar_120", "artillery_152")
SIZES = (20, 100, 400)
"""events a day"""
SEED = 20_260_101
SCENARIO = Scenario(name="long-line", n_events=0, false_per_hour=2.0)


def main() -> None:
    """Measure each size in a process of its own: the peak of memory is the process's."""
    if len(sys.argv) > 1:
        print(json.dumps(measured(int(sys.argv[1]))), flush=True)
        return
    for n in SIZES:
        subprocess.run([sys.executable, __file__, str(n)], check=True)


def measured(n_events: int) -> dict[str, object]:
    rng = np.random.default_rng(SEED)
    nodes = line_nodes(rng)
    events = line_events(n_events, nodes.frame, rng)
    arrivals = hear(SCENARIO, events, nodes, true_weather(SCENARIO, rng), rng)
    pulses = pick(SCENARIO, arrivals, nodes, rng)
    detections = [from_pulse(p, nodes.reported.sensor(p.sensor_id)) for p in pulses]
    before_mb = peak_mb()
    started, clock = time.process_time(), time.perf_counter()
    incidents = fuse(detections, nodes.reported, (reported_weather(SCENARIO),))
    spent, wall = time.process_time() - started, time.perf_counter() - clock
    sensors: dict[tuple[str, int], set[str]] = {}
    for a in arrivals:
        sensors.setdefault((a.event_id, a.round), set()).add(a.sensor_id)
    best = {e.id: max((len(s) for (i, _), s in sensors.items() if i == e.id), default=0) for e in events}
    heard = {i for i, n in best.items() if n >= 5}
    result = score([true_event_of(truth_of(e)) for e in events], [claim_of(i) for i in incidents])
    return {
        "benchmark": "fusion_scale",
        "nodes": N_NODES,
        "onsets": len(detections),
        "cpu_s": round(spent, 2),
        "wall_s": round(wall, 2),
        "cpu_ms_per_onset": round(1e3 * spent / len(detections), 3),
        "peak_mb": peak_mb(),
        "peak_mb_before_fusion": before_mb,
        "events": len(events),
        "found": result.n_truth - len(result.missed),
        "false": len(result.false),
        "heard_by_five": len(heard),
        "found_of_those": len(heard - set(result.missed)),
    }


def line_nodes(rng: np.random.Generator) -> Nodes:
    frame = LocalFrame(lon_deg=SCENARIO.lon_deg, lat_deg=SCENARIO.lat_deg)
    along = (np.arange(N_NODES) - (N_NODES - 1) / 2) * SPACING_M
    said = np.stack((along, np.array([ASIDE_M[k % len(ASIDE_M)] for k in range(N_NODES)])), axis=1)
    return Nodes(
        reported=Network(sensors=tuple(_sensor(k, xy, frame) for k, xy in enumerate(said))),
        frame=frame,
        xy_m=said + rng.normal(0.0, SCENARIO.position_sigma_m, said.shape),
        clock_s=rng.normal(0.0, SCENARIO.clock_sigma_s, N_NODES),
        down=(None,) * N_NODES,
    )


def _sensor(k: int, xy_m: np.ndarray, frame: LocalFrame) -> Sensor:
    lon, lat, _ = frame.to_geographic(np.array([*xy_m, 0.0]))
    return Sensor(
        id=f"AC-{k + 1:02d}",
        kind=ObserverKind.ACOUSTIC_SENSOR,
        owner="mission",
        place=Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=SCENARIO.position_sigma_m),
        clock_sigma_s=SCENARIO.clock_sigma_s,
        noise_level_db=SCENARIO.noise_level_db,
    )


def line_events(n: int, frame: LocalFrame, rng: np.random.Generator) -> tuple[Event, ...]:
    """Draw events within 6 km of the line, one to four rounds each, in time order."""
    half = N_NODES * SPACING_M / 2
    starts = np.sort(rng.uniform(60.0, SCENARIO.hours * 3600.0 - 300.0, n))
    return tuple(
        _event(k, float(at), frame.to_geographic([rng.uniform(-half, half), rng.uniform(-6e3, 6e3), 0.0]), rng)
        for k, at in enumerate(starts)
    )


def _event(k: int, at_s: float, where: np.ndarray, rng: np.random.Generator) -> Event:
    source = SOURCES[k % len(SOURCES)]
    gaps = rng.uniform(1.0, 8.0, rng.integers(0, 4))
    rounds = at_s + np.concatenate(([0.0], np.cumsum(gaps)))
    return Event(
        id=f"event-{k + 1:04d}",
        kind=ObservationType.SHOT if source == "small_arms" else ObservationType.EXPLOSION,
        source=source,
        lon_deg=float(where[0]),
        lat_deg=float(where[1]),
        round_times_utc=tuple(SCENARIO.start_utc + timedelta(seconds=round(float(s), 6)) for s in rounds),
    )


def peak_mb() -> int:
    """Return the largest resident memory of this process so far, megabytes."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
