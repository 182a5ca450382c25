"""Regions at firing positions that took no part in fitting their shared error (TN098, released pulses).

The one number of the regions that is fitted on live fire is the error that all shots from a place share. Here it is
learned from four positions as the value that makes their single shots likeliest, with all sensors and with six and four
of them drawn at random, each position counting alike. `live_fire.py --held-out` prints what comes of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from location import POSITIONS, Q90, shots

from trucewatch.fuse.air import Air
from trucewatch.fuse.locate import Arrivals, Fix, locate
from trucewatch.fuse.region import Region, region, tail
from trucewatch.fuse.settings import FuseSettings

STEPS_M = np.arange(0.0, 6.01, 0.1)
DRAWN = {"all": (None, 1), "six": (6, 2), "four": (4, 2)}
"""sensors of a shot, and how often they are drawn"""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """How far one shot was placed from the survey, and what its region is made of."""

    miss_m: np.ndarray
    fix: Fix

    def region(self, shared_m: float) -> Region:
        """Return its region were this the error that all shots from the place share."""
        fix, settings = self.fix, FuseSettings(systematic_sigma_m=shared_m)
        path_m2 = (fix.scatter_m2 - fix.air_m2)[:2, :2]
        return region(path_m2, fix.air_m2[:2, :2], fix.residual_s / fix.sigma_s, fix.weight, settings)

    def held(self, shared_m: float) -> bool:
        """Say whether the 90 per cent region holds the survey."""
        return bool(self.miss_m @ np.linalg.solve(self.region(shared_m).covariance_m2, self.miss_m) < Q90)

    def log_density(self, shared_m: float) -> float:
        """Return Student's t in two dimensions at the survey, up to a constant."""
        found = self.region(shared_m)
        covariance = found.covariance_m2 / tail(found.freedom)
        d2 = float(self.miss_m @ np.linalg.solve(covariance, self.miss_m))
        return -0.5 * math.log(np.linalg.det(covariance)) - (found.freedom + 2) / 2 * math.log1p(d2 / found.freedom)


Shots = dict[str, dict[str, list[Shot]]]
"""by position, then by how many sensors"""


def located(live_fire: Path, settings: FuseSettings) -> Shots:
    rng = np.random.default_rng(20_261_124)
    out: Shots = {}
    for position in POSITIONS:
        jobs = shots(live_fire, position, settings)
        out[position] = {
            name: [
                _shot(_drawn(arrivals, n, rng), air, survey_m, settings)
                for arrivals, air, survey_m in jobs
                for _ in range(times)
                if n is None or len(arrivals) >= n
            ]
            for name, (n, times) in DRAWN.items()
        }
    return out


def _drawn(arrivals: Arrivals, n: int | None, rng: np.random.Generator) -> Arrivals:
    some = np.arange(len(arrivals)) if n is None else np.sort(rng.permutation(len(arrivals))[:n])
    return Arrivals(
        xy_m=arrivals.xy_m[some],
        time_s=arrivals.time_s[some],
        sigma_s=arrivals.sigma_s[some],
        sensor_sigma_m=arrivals.sensor_sigma_m[some],
    )


def _shot(arrivals: Arrivals, air: Air, survey_m: np.ndarray, settings: FuseSettings) -> Shot:
    fix = locate(arrivals, air, settings)
    return Shot(miss_m=fix.xy_m - survey_m, fix=fix)


def learned_m(found: Shots, positions: Sequence[str]) -> float:
    """Return the likeliest shared error at some positions, one axis."""
    by_step = [sum(_log_likelihood(found[p], b) for p in positions) for b in STEPS_M]
    return float(STEPS_M[int(np.argmax(by_step))])


def _log_likelihood(position: dict[str, list[Shot]], shared_m: float) -> float:
    return float(np.mean([np.mean([s.log_density(shared_m) for s in some]) for some in position.values()]))


def learned_without(found: Shots) -> dict[str, float]:
    """Return for each position the shared error that the others teach."""
    return {p: round(learned_m(found, [q for q in POSITIONS if q != p]), 1) for p in POSITIONS}


def single_shots(found: Shots, shared_m: dict[str, float]) -> list[dict[str, object]]:
    """Return by number of sensors how many 90 per cent regions of single shots hold at positions left out."""
    lines = []
    for name in DRAWN:
        held = {p: float(np.mean([s.held(shared_m[p]) for s in found[p][name]])) for p in POSITIONS}
        lines.append(
            {
                "benchmark": "held_out",
                "sensors": name,
                "shared_m_from_other_positions": shared_m,
                "shared_m_from_all": round(learned_m(found, POSITIONS), 1),
                "coverage_90": {p: round(h, 3) for p, h in held.items()},
                "mean_coverage_90": round(float(np.mean(list(held.values()))), 3),
            }
        )
    return lines
