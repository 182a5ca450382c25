"""Live fire (TN098) from the recordings and from the released pulses to incidents, against the survey. JSON lines.

Three runs of the same 90 tests: `wav` from the sound of three to six microphones; `pulses` from the onsets that the
publisher's sensors sent, with the publisher's grouping of shots; `onsets` from the same with that grouping taken away.

    live_fire.py [RUN ...] [--every N]     N: only each Nth test, for a quick look
    live_fire.py [RUN ...] --held-out      at each position with the shared error that the four others teach
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "fuse"))

from held_out import learned_without, located, single_shots  # noqa: E402
from live_fire import FRAME, POSITIONS, Firing, firings, recorded  # noqa: E402

from trucewatch.detect.acoustic import impulses  # noqa: E402
from trucewatch.fuse import fuse  # noqa: E402
from trucewatch.fuse.settings import FuseSettings  # noqa: E402
from trucewatch.geo.ellipse import error_ellipse  # noqa: E402
from trucewatch.model.incident import Incident  # noqa: E402
from trucewatch.model.network import Network  # noqa: E402

Q90 = -2 * np.log(0.1)
CLAIMED = 0.5
"""an incident less probable than this is no claim"""
MATCH_M = 50.0
"""an incident farther from the survey than this is another one"""
Run = Callable[[Path, Firing, FuseSettings], Sequence[Incident]]


def from_recordings(live_fire: Path, firing: Firing, settings: FuseSettings) -> Sequence[Incident]:
    network, waveforms = recorded(live_fire, firing)
    heard = [d for w in waveforms for d in impulses(w, network.sensor(w.recording.sensor_id)).detections]
    return fuse(heard, network, (firing.weather,), settings)


def from_pulses(live_fire: Path, firing: Firing, settings: FuseSettings) -> Sequence[Incident]:
    return fuse(firing.detections, Network(sensors=()), (firing.weather,), settings)


def from_onsets(live_fire: Path, firing: Firing, settings: FuseSettings) -> Sequence[Incident]:
    return fuse([replace(d, group=None) for d in firing.detections], Network(sensors=()), (firing.weather,), settings)


RUNS: dict[str, Run] = {"wav": from_recordings, "pulses": from_pulses, "onsets": from_onsets}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one test."""

    position: str
    name: str
    n_rounds: int
    counted: int | None
    """best count of the incident at the surveyed place; None where there is none"""
    bounds: tuple[int, int | None] | None
    error_m: float
    inside: bool
    semi_major_m: float
    n_false: int
    seconds: float


def outcome(run: Run, live_fire: Path, firing: Firing, settings: FuseSettings) -> Outcome:
    started = time.perf_counter()
    incidents = run(live_fire, firing, settings)
    seconds = time.perf_counter() - started
    claimed = [i for i in incidents if i.place is not None and i.p_exists >= CLAIMED]
    near = sorted((float(np.hypot(*_miss(firing, i))), n) for n, i in enumerate(claimed))
    if not near or near[0][0] > MATCH_M:
        return _nothing(firing, len(claimed), seconds)
    error, n = near[0]
    found, miss = claimed[n], _miss(firing, claimed[n])
    covariance = found.place.covariance_m2
    return Outcome(
        position=firing.position,
        name=firing.name,
        n_rounds=firing.n_rounds,
        counted=found.count.best,
        bounds=(found.count.low, found.count.high),
        error_m=error,
        inside=bool(miss @ np.linalg.solve(covariance, miss) < Q90),
        semi_major_m=error_ellipse(covariance, 0.90).semi_major_m,
        n_false=len(claimed) - 1,
        seconds=seconds,
    )


def _nothing(firing: Firing, n_false: int, seconds: float) -> Outcome:
    return Outcome(
        position=firing.position,
        name=firing.name,
        n_rounds=firing.n_rounds,
        counted=None,
        bounds=None,
        error_m=float("nan"),
        inside=False,
        semi_major_m=float("nan"),
        n_false=n_false,
        seconds=seconds,
    )


def _miss(firing: Firing, incident: Incident) -> np.ndarray:
    return np.asarray(FRAME.to_enu(incident.place.lon_deg, incident.place.lat_deg))[:2] - firing.survey_m


def summary(run: str, position: str, outcomes: Sequence[Outcome]) -> dict[str, object]:
    found = [o for o in outcomes if o.counted is not None]
    off = np.array([abs(o.counted - o.n_rounds) for o in found])
    held = [o.bounds[0] <= o.n_rounds and (o.bounds[1] is None or o.n_rounds <= o.bounds[1]) for o in found]
    error = np.array([o.error_m for o in found])
    return {
        "benchmark": "live_fire",
        "run": run,
        "position": position,
        "tests": len(outcomes),
        "detected": len(found),
        "count_right": round(float(np.mean(off == 0)), 3),
        "count_within_1": round(float(np.sum(off <= 1)) / len(outcomes), 3),
        "count_in_bounds": round(float(np.mean(held)), 3),
        "median_m": round(float(np.median(error)), 2),
        "p99_m": round(float(np.quantile(error, 0.99)), 2),
        "max_m": round(float(error.max()), 2),
        "rms_m": round(float(np.sqrt(np.mean(error**2))), 2),
        "coverage_90": round(float(np.mean([o.inside for o in found])), 3),
        "median_semi_major_90_m": round(float(np.median([o.semi_major_m for o in found])), 2),
        "false": sum(o.n_false for o in outcomes),
        "median_s": round(float(np.median([o.seconds for o in outcomes])), 2),
        "max_s": round(max(o.seconds for o in outcomes), 2),
    }


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("runs", nargs="*", default=list(RUNS))
    asked.add_argument("--every", type=int, default=1)
    asked.add_argument("--held-out", action="store_true", help="fit the shared error without the position it is for")
    asked.add_argument("--tests", action="store_true", help="a line for each test too")
    options = asked.parse_args()
    live_fire = ROOT.parent / "shared" / "data" / "sound" / "live_fire"
    if not live_fire.is_dir():
        print(json.dumps({"benchmark": "live_fire", "skipped": "the live-fire data folder is not beside the checkout"}))
        return
    shared_m, label = {p: FuseSettings().systematic_sigma_m for p in POSITIONS}, ""
    if options.held_out:
        found = located(live_fire, FuseSettings())
        shared_m, label = learned_without(found), ", position left out"
        print("\n".join(json.dumps(line) for line in single_shots(found, shared_m)), flush=True)
    for run in options.runs:
        everything = list[Outcome]()
        for position in POSITIONS:
            settings = FuseSettings(systematic_sigma_m=shared_m[position])
            some = [outcome(RUNS[run], live_fire, f, settings) for f in firings(live_fire, position)[:: options.every]]
            everything += some
            if options.tests:
                print("\n".join(str(o) for o in some), flush=True)
            print(json.dumps(summary(run + label, position, some)), flush=True)
        print(json.dumps(summary(run + label, "all", everything)), flush=True)


if __name__ == "__main__":
    main()
