"""Score of a long line's day: 40,000 true events and as many claims, salvos among them. JSON lines."""

from __future__ import annotations

import json
import resource
import time
from datetime import UTC, datetime, timedelta

import numpy as np

from trucewatch.geo.geodesic import from_azimuthal
from trucewatch.model.count import Count
from trucewatch.model.incident import KindProbability
from trucewatch.model.instant import Instant
from trucewatch.model.place import Place
from trucewatch.model.truth import Claim, TrueEvent
from trucewatch.model.vocabulary import Cause, ObservationType
from trucewatch.simulate import score

SIZES = (4_000, 40_000)
SEED = 20_260_102
START = datetime(2026, 3, 1, tzinfo=UTC)
LINE_M = 1_200_000.0
SHOTS = (5, 40)
"""of a salvo, 2 to 15 s apart and within 30 m"""
SIGMA_M = 60.0


def main() -> None:
    for n in SIZES:
        events, claims = made(n, np.random.default_rng(SEED))
        clock, wall = time.process_time(), time.perf_counter()
        result = score(events, claims)
        print(
            json.dumps(
                {
                    "benchmark": "scoring",
                    "events": len(events),
                    "claims": len(claims),
                    "cpu_s": round(time.process_time() - clock, 2),
                    "wall_s": round(time.perf_counter() - wall, 2),
                    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                    "recall": result.figure("recall").value,
                    "precision": result.figure("precision").value,
                }
            ),
            flush=True,
        )


def made(n: int, rng: np.random.Generator) -> tuple[list[TrueEvent], list[Claim]]:
    """Draw a day of single shots and salvos along a line, and claims of which a tenth is false."""
    at, xy = [], []
    while len(at) < n:
        shots = 1 if rng.uniform() < 0.5 else int(rng.integers(*SHOTS))
        start = rng.uniform(0.0, 86_000.0)
        where = np.array([rng.uniform(-LINE_M / 2, LINE_M / 2), rng.uniform(-8e3, 8e3)])
        at += list(start + np.concatenate(([0.0], np.cumsum(rng.uniform(2.0, 15.0, shots - 1)))))
        xy += list(where + rng.normal(0.0, 30.0, (shots, 2)))
    places = from_azimuthal(37.7, 48.1, np.array(xy[:n]))
    events = [_event(k, float(at[k]), places[k]) for k in range(n)]
    off = rng.normal(0.0, SIGMA_M, (n, 2))
    off[rng.uniform(size=n) < 0.1] += 5_000.0
    claimed = from_azimuthal(places[:, 0], places[:, 1], off)
    return events, [_claim(e, claimed[k], float(rng.normal(0.0, 0.2))) for k, e in enumerate(events)]


def _event(k: int, at_s: float, place: np.ndarray) -> TrueEvent:
    moment = START + timedelta(seconds=round(at_s, 3))
    return TrueEvent(
        id=f"e{k}",
        kind=ObservationType.EXPLOSION,
        label="mortar_120",
        cause=Cause.EXPLOSION,
        innocent=False,
        notified=False,
        start_utc=moment,
        end_utc=moment,
        lon_deg=float(place[0]),
        lat_deg=float(place[1]),
        sigma_m=0.0,
        count=1,
        size="medium",
        side="north",
    )


def _claim(event: TrueEvent, place: np.ndarray, late_s: float) -> Claim:
    return Claim(
        id=event.id.replace("e", "c"),
        time=Instant(utc=event.start_utc + timedelta(seconds=round(late_s, 3)), sigma_s=0.2),
        place=Place.circular(lon_deg=float(place[0]), lat_deg=float(place[1]), sigma_m=SIGMA_M),
        p_exists=0.9,
        kinds=(KindProbability(kind=event.kind, p=1.0),),
        count=Count.exactly(1),
        sides=(("north", 0.9),),
        attributed="north",
    )


if __name__ == "__main__":
    main()
