"""Location of live-fire shots (TN098) from released pulses: error, coverage of regions, rate. JSON lines."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "fuse"))

from live_fire import FRAME, POSITIONS, firings  # noqa: E402

from trucewatch.fuse.air import Air, air_at  # noqa: E402
from trucewatch.fuse.locate import Arrivals, locate  # noqa: E402
from trucewatch.fuse.settings import FuseSettings  # noqa: E402

TN098_RMS_M = {"FP1": 2.96, "FP3": 0.36, "FP5": 3.30, "FP7": 4.57, "FP9": 6.44}
SURVEY_SIGMA_M = 2.5 / 1.177
Q90 = -2 * np.log(0.1)


def shots(live_fire: Path, position: str, settings: FuseSettings) -> list[tuple[Arrivals, Air, np.ndarray]]:
    out = []
    for firing in firings(live_fire, position):
        pulses = {d.id: d for d in firing.detections}
        for ids in firing.shots:
            members = [pulses[i] for i in ids]
            start = min(d.time.utc for d in members)
            arrivals = Arrivals(
                xy_m=np.array([FRAME.to_enu(d.origin.lon_deg, d.origin.lat_deg)[:2] for d in members]),
                time_s=np.array([(d.time.utc - start).total_seconds() for d in members]),
                sigma_s=np.array([d.time.sigma_s for d in members]),
                sensor_sigma_m=np.array([d.origin.var_east_m2**0.5 for d in members]),
            )
            out.append((arrivals, air_at(start, (firing.weather,), settings), firing.survey_m))
    return out


def likely_systematic_m(fixes: dict, positions: list[str]) -> float:
    """Most likely shared error of one axis, one mean offset a position, no allowance for the survey's own error."""
    steps = np.arange(0.0, 8.0, 0.1)
    return float(steps[np.argmax([sum(_log_likelihood(fixes[p], b) for p in positions) for b in steps])])


def _log_likelihood(fixed: list, b: float) -> float:
    offset = np.mean([miss for miss, _ in fixed], axis=0)
    covariance = np.mean([scatter for _, scatter in fixed], axis=0) + b * b * np.eye(2)
    return float(-0.5 * offset @ np.linalg.solve(covariance, offset) - 0.5 * np.log(np.linalg.det(covariance)))


def coverage(fixed: list, b: float) -> float:
    inside = [m @ np.linalg.solve(s + b * b * np.eye(2), m) < Q90 for m, s in fixed]
    return round(float(np.mean(inside)), 3)


def main() -> None:
    live_fire = ROOT.parent / "shared" / "data" / "sound" / "live_fire"
    if not live_fire.is_dir():
        print(json.dumps({"benchmark": "location", "skipped": "the live-fire data folder is not beside the checkout"}))
        return
    settings, fixes, n, spent = FuseSettings(), {}, 0, 0.0
    for position in POSITIONS:
        jobs = shots(live_fire, position, settings)
        started = time.perf_counter()
        found = [locate(arrivals, air, settings) for arrivals, air, _ in jobs]
        spent, n = spent + time.perf_counter() - started, n + len(jobs)
        fixes[position] = [(f.xy_m - j[2], f.scatter_m2[:2, :2]) for f, j in zip(found, jobs, strict=True)]
    for position, fixed in fixes.items():
        error = np.hypot(*np.array([m for m, _ in fixed]).T)
        others = [p for p in POSITIONS if p != position]
        left_out = likely_systematic_m(fixes, others)
        line = {
            "benchmark": "location",
            "position": position,
            "shots": len(fixed),
            "median_m": round(float(np.median(error)), 2),
            "p90_m": round(float(np.quantile(error, 0.9)), 2),
            "max_m": round(float(error.max()), 2),
            "rms_m": round(float(np.sqrt(np.mean(error**2))), 2),
            "tn098_rms_m": TN098_RMS_M[position],
            "coverage_90": coverage(fixed, settings.systematic_sigma_m),
            "coverage_90_with_survey_error": coverage(
                fixed, float(np.hypot(settings.systematic_sigma_m, SURVEY_SIGMA_M))
            ),
            "systematic_m_from_other_positions": round(left_out, 1),
            "coverage_90_left_out": coverage(fixed, left_out),
        }
        print(json.dumps(line))
    everyone = np.hypot(*np.array([m for f in fixes.values() for m, _ in f]).T)
    total = {
        "benchmark": "location",
        "position": "all",
        "shots": n,
        "median_m": round(float(np.median(everyone)), 2),
        "p90_m": round(float(np.quantile(everyone, 0.9)), 2),
        "max_m": round(float(everyone.max()), 2),
        "locations_per_s": round(n / spent, 1),
    }
    print(json.dumps(total))


if __name__ == "__main__":
    main()
