"""Do fusion's probabilities and regions keep their promise? Simulated days of all presets, fused and scored.

    python benchmarks/calibration.py FILE [--minutes 3] [--first-seed 10000] [--perturb 1] [--preset NAME ...]
    python benchmarks/calibration.py FILE --gate

The first form adds days to FILE, one a line with truth and claims, until the time is spent; days that are there are
not made again, so it goes on where it stopped. The second form scores all that FILE holds and prints the gate as
JSON lines. Seeds below 10000 are for tuning, the others for reporting. Days are laid one after another in time, so
that the bootstrap draws days.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trucewatch.detect import fires, from_change, from_edge, from_pulse, from_report, from_sighting, heat_sources
from trucewatch.fuse import fuse, tracks
from trucewatch.model.detection import Detection
from trucewatch.model.instant import Interval
from trucewatch.model.score import Calibration, Score
from trucewatch.model.truth import Claim, TrueEvent
from trucewatch.model.wire import from_bytes, to_plain
from trucewatch.simulate import (
    PRESETS,
    SimulatedTheatre,
    claim_of,
    claim_of_track,
    preset_of,
    score,
    theatre_day,
    told_once,
)

FIRST_DAY = datetime(2030, 1, 1, tzinfo=UTC)
SHORT = {"line_1200km": 1, "barrage": 24}
"""hours made of a preset that is too large for a day at a time"""
GATE = {"existence_ece": 0.02, "region_95": (0.93, 0.97), "wrongly_attributed": 0.001, "n_events": 10_000}
"""n_events: true incidents, what is innocent among them"""


def main() -> None:
    arguments = parsed()
    if arguments.gate:
        for line in gate(arguments.file):
            print(json.dumps(line), flush=True)
        return
    end = time.monotonic() + 60 * arguments.minutes
    done = {(d["preset"], d["seed"], d["perturb"]) for d in days(arguments.file)}
    # Each day has a seed of its own: days of one seed share their noise, and would not count as so many.
    for seed, name in zip(
        itertools.count(arguments.first_seed), itertools.cycle(arguments.preset or PRESETS), strict=False
    ):
        if (name, seed, arguments.perturb) in done:
            continue
        if time.monotonic() > end:
            return
        made = one_day(name, seed, arguments.perturb)
        with arguments.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(made) + "\n")
        print(json.dumps({k: v for k, v in made.items() if k not in {"truth", "claims"}}), flush=True)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--first-seed", type=int, default=10_000)
    parser.add_argument("--perturb", type=float, default=1.0)
    parser.add_argument("--preset", action="append", choices=list(PRESETS))
    parser.add_argument("--gate", action="store_true")
    return parser.parse_args()


def one_day(name: str, seed: int, perturb: float) -> dict[str, object]:
    plan = preset_of(name)
    if name in SHORT:
        plan = replace(plan, hours=SHORT[name])
    day = theatre_day(plan, seed, perturb)
    found = list(detections(day))
    started = time.process_time()
    incidents = fuse(found, day.network, day.weather)
    fused = time.process_time()
    followed = tracks(found, day.network, {})
    claims = (*map(claim_of, told_once(incidents, followed)), *map(claim_of_track, followed))
    return {
        "preset": name,
        "seed": seed,
        "perturb": perturb,
        "hours": plan.hours,
        "start_utc": to_plain(plan.start_utc),
        "detections": len(found),
        "incidents": len(incidents),
        "events": len(day.truth),
        "tracks": len(followed),
        "fuse_cpu_s": round(fused - started, 1),
        "tracks_cpu_s": round(time.process_time() - fused, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "truth": to_plain(day.truth),
        "claims": to_plain(claims),
    }


def detections(day: SimulatedTheatre) -> Iterator[Detection]:
    """Make detections as a mission does, in memory."""
    sensors = {s.id: s for s in day.network.sensors}
    yield from (from_pulse(p, sensors[p.sensor_id]) for p in day.pulses)
    yield from map(from_report, day.reports)
    yield from map(from_edge, day.edge)
    yield from (from_sighting(s, sensors[s.sensor_id]) for s in day.sightings)
    yield from map(from_change, day.changes)
    if day.fires:
        first_s = min(float(f.time_s.min()) for f in day.fires)
        sources = heat_sources(lambda: day.fires, until_s=first_s)
        yield from fires(lambda: day.fires, since_s=first_s, sources=sources).detections


def days(file: Path) -> Iterator[dict[str, object]]:
    if file.is_file():
        with file.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def laid_out(file: Path, only: str | None = None) -> tuple[list[TrueEvent], list[Claim], float, list[int]]:
    """Return truth and claims of all days, each day moved to a date of its own; days in all; seeds."""
    truth, claims, hours, seeds = list[TrueEvent](), list[Claim](), 0.0, set[int]()
    at = 0.0
    for day in days(file):
        if only is not None and day["preset"] != only:
            continue
        by = FIRST_DAY + timedelta(days=at) - datetime.fromisoformat(str(day["start_utc"]))
        at += float(day["hours"]) / 24
        tag = f"{day['preset']}-{day['seed']}-{day['perturb']:g}-"
        truth += [moved(from_bytes(TrueEvent, json.dumps(e).encode()), by, tag) for e in day["truth"]]
        claims += [claimed(from_bytes(Claim, json.dumps(c).encode()), by, tag) for c in day["claims"]]
        hours += float(day["hours"])
        seeds.add(int(day["seed"]))
    return truth, claims, hours / 24, sorted(seeds)


def moved(event: TrueEvent, by: timedelta, tag: str) -> TrueEvent:
    path = tuple((t + by, *rest) for t, *rest in event.path)
    return replace(event, id=tag + event.id, start_utc=event.start_utc + by, end_utc=event.end_utc + by, path=path)


def claimed(claim: Claim, by: timedelta, tag: str) -> Claim:
    return replace(claim, id=tag + claim.id, time=replace(claim.time, utc=claim.time.utc + by))


def gate(file: Path) -> Iterator[dict[str, object]]:
    for only in (*PRESETS, None):
        truth, claims, watched, seeds = laid_out(file, only)
        if not truth:
            continue
        # The span that was watched, so that rates a day are those of the days that were made.
        span = Interval(start_utc=FIRST_DAY, end_utc=FIRST_DAY + timedelta(days=watched))
        result = score(truth, claims, seeds=seeds, observed=span)
        yield {"preset": only or "all", "days": round(watched, 2), "seeds": len(seeds), **shown(result)}
        if only is None:
            yield {"gate": verdict(result)}


def shown(result: Score) -> dict[str, object]:
    names = ("recall", "recall_at_rate", "precision", "false_per_day", "location_error_median", "location_error_p90")
    names += ("region_50", "region_90", "region_95", "count_held", "doubled", "existence_ece", "presence_ece")
    names += ("wrongly_attributed",)
    return {
        "true_incidents": result.n_truth,
        "innocent": result.n_innocent,
        "claims": result.n_claims - result.n_unplaced,
        "made": result.n_made,
        **{n: rounded(result, n) for n in names},
        "recall_by_kind": {
            g.name: [g.n_truth, *(None if v is None else round(v, 3) for v in (g.recall, g.recall_at_rate))]
            for g in result.groups
            if g.by == "kind"
        },
        "reliability": bins(result.calibration("existence")),
    }


def rounded(result: Score, name: str) -> list[float | None]:
    figure = result.figure(name)
    return [None if v is None else round(v, 4) for v in (figure.value, figure.low, figure.high)]


def bins(calibration: Calibration | None) -> Sequence[tuple[int, float, float]]:
    return [] if calibration is None else [(b.n, round(b.mean_p, 4), round(b.share, 4)) for b in calibration.bins]


def verdict(result: Score) -> dict[str, object]:
    ece, region = result.figure("existence_ece").value, result.figure("region_95").value
    wrong = result.figure("wrongly_attributed")
    low, high = GATE["region_95"]
    return {
        "incidents_enough": result.n_truth + result.n_innocent >= GATE["n_events"],
        "existence_ece": ece is not None and ece <= GATE["existence_ece"],
        "region_95": region is not None and low <= region <= high,
        "wrongly_attributed": None if wrong.value is None else wrong.value < GATE["wrongly_attributed"],
    }


if __name__ == "__main__":
    main()
