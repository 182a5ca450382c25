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
Q99 = -2 * np.log(0.01)
CLAIMED = 0.5
"""an incident less probable than this is no claim"""
LOCATED_M = 50.0
"""a test is located by an incident this near to the survey"""
WITHIN_S = 10.0
"""an incident is of the right time this near to the first round, besides three of its own standard errors"""
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
    """best count of the incident that is this test; None where there is none: not detected"""
    bounds: tuple[int, int | None] | None
    error_m: float
    """NaN where it has no place"""
    inside: bool
    n_places: int
    """places that fit, 0 without any"""
    semi_major_m: float
    n_false: int
    seconds: float

    @property
    def located(self) -> bool:
        """Say whether it is placed near the survey."""
        return self.error_m <= LOCATED_M


def outcome(run: Run, live_fire: Path, firing: Firing, settings: FuseSettings) -> Outcome:
    started = time.perf_counter()
    incidents = run(live_fire, firing, settings)
    seconds = time.perf_counter() - started
    claimed = [i for i in incidents if i.p_exists >= CLAIMED]
    ours = sorted((_apart(firing, i), n) for n, i in enumerate(claimed) if _is_this(firing, i))
    found = claimed[ours[0][1]] if ours else None
    placed = found is not None and found.place is not None
    covariance = found.place.covariance_m2 if placed else np.full((2, 2), np.nan)
    return Outcome(
        position=firing.position,
        name=firing.name,
        n_rounds=firing.n_rounds,
        counted=None if found is None else found.count.best,
        bounds=None if found is None else (found.count.low, found.count.high),
        error_m=float(np.hypot(*_miss(firing, found))) if placed else float("nan"),
        inside=bool(placed and _squared_sigmas(firing, found) < Q90),
        n_places=max(1, len(found.place_modes)) if placed else 0,
        semi_major_m=error_ellipse(covariance, 0.90).semi_major_m if placed else float("nan"),
        n_false=sum(1 for i in claimed if i.place is not None and i is not found),
        seconds=seconds,
    )


def _is_this(firing: Firing, incident: Incident) -> bool:
    """Say whether an incident is the test: of its time, and near the survey or with it in a region of 99 per cent."""
    late_s = abs(incident.time.utc.timestamp() - _fired_s(firing))
    if late_s > WITHIN_S + 3 * incident.time.sigma_s:
        return False
    if incident.place is None:
        return True
    return bool(np.hypot(*_miss(firing, incident)) <= LOCATED_M or _squared_sigmas(firing, incident) < Q99)


def _apart(firing: Firing, incident: Incident) -> float:
    return float("inf") if incident.place is None else float(np.hypot(*_miss(firing, incident)))


def _fired_s(firing: Firing) -> float:
    """Return when the first round was fired, from the released pulses of its shot and the survey."""
    pulses = [d for d in firing.detections if d.id in firing.shots[0]]
    place = [FRAME.to_enu(d.origin.lon_deg, d.origin.lat_deg)[:2] for d in pulses]
    away_m = np.hypot(*(np.asarray(place) - firing.survey_m).T)
    return float(np.median([d.time.utc.timestamp() for d in pulses] - away_m / 340.0))


def _squared_sigmas(firing: Firing, incident: Incident) -> float:
    miss = _miss(firing, incident)
    return float(miss @ np.linalg.solve(incident.place.covariance_m2, miss))


def _miss(firing: Firing, incident: Incident) -> np.ndarray:
    return np.asarray(FRAME.to_enu(incident.place.lon_deg, incident.place.lat_deg))[:2] - firing.survey_m


def summary(run: str, position: str, outcomes: Sequence[Outcome]) -> dict[str, object]:
    found = [o for o in outcomes if o.counted is not None]
    located, placed = [o for o in found if o.located], [o for o in found if o.n_places]
    off = np.array([abs(o.counted - o.n_rounds) for o in found])
    held = [o.bounds[0] <= o.n_rounds and (o.bounds[1] is None or o.n_rounds <= o.bounds[1]) for o in found]
    error = np.array([o.error_m for o in located])
    return {
        "benchmark": "live_fire",
        "run": run,
        "position": position,
        "tests": len(outcomes),
        "detected": len(found),
        "placed": len(placed),
        "located": len(located),
        "count_right": round(float(np.sum(off == 0)) / len(outcomes), 3),
        "count_within_1": round(float(np.sum(off <= 1)) / len(outcomes), 3),
        "count_in_bounds": round(float(np.mean(held)), 3),
        "median_m": round(float(np.median(error)), 2),
        "p99_m": round(float(np.quantile(error, 0.99)), 2),
        "max_m": round(float(error.max()), 2),
        "rms_m": round(float(np.sqrt(np.mean(error**2))), 2),
        "coverage_90": round(float(np.mean([o.inside for o in placed])), 3),
        "coverage_90_located": round(float(np.mean([o.inside for o in located])), 3),
        "median_semi_major_90_m": round(float(np.median([o.semi_major_m for o in placed])), 2),
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
