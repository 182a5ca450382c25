"""What a camera makes of places by sound: made events, by three microphones and by one, without and with its flash.

    python benchmarks/senses.py [--events 40] [--seed 20000]

Each event lies 2 to 5 km from three microphones a kilometre apart, which leaves a strip; arrivals err by 3 m of way and
3 per mille of the speed of sound, the camera by 0.4 degrees and 0.07 s. Prints median errors and how many 95 per cent
regions hold the event.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "fuse"))

from made import SPEED_10C, SQUARE, metres, network, onset, sensor, still
from seen_made import camera, flash

from trucewatch.fuse import fuse
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Incident
from trucewatch.model.network import Network

CHI2_95 = 5.991
SOUND_SIGMA_M, SPEED_SHARE, BEARING_SIGMA_DEG, FRAME_SIGMA_S = 3.0, 0.003, 0.4, 0.07


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=40)
    parser.add_argument("--seed", type=int, default=20_000)
    given = parser.parse_args()
    rows: dict[str, list[tuple[float, bool] | None]] = {}
    started = time.process_time()
    for n in range(given.events):
        for name, found in one_event(np.random.default_rng((given.seed, n))).items():
            rows.setdefault(name, []).append(found)
    for name, found in rows.items():
        placed = [f for f in found if f is not None]
        figures = {"placed": len(placed), "of": len(found), "median_error_m": float(np.median([f[0] for f in placed]))}
        print(json.dumps({"case": name, **figures, "in_95_per_cent_region": sum(f[1] for f in placed)}))
    print(json.dumps({"cpu_s": round(time.process_time() - started, 1)}))


def one_event(rng: np.random.Generator) -> dict[str, tuple[float, bool] | None]:
    away, toward = rng.uniform(2_000.0, 5_000.0), rng.uniform(-0.6, 0.6)
    x, y = float(away * np.sin(toward)), float(away * np.cos(toward))
    speed, mics = SPEED_10C * (1.0 + rng.normal(0.0, SPEED_SHARE)), SQUARE[:3]
    sounds = [
        onset(f"o{n}", f"AC-{n + 1}", float(np.hypot(x - a, y - b) + rng.normal(0.0, SOUND_SIGMA_M)) / speed)
        for n, (a, b) in enumerate(mics)
    ]
    seen = flash("f", "CA-1", x, y, rng.normal(0.0, FRAME_SIGMA_S), rng.normal(0.0, BEARING_SIGMA_DEG))
    net = Network(sensors=(*network(mics).sensors, camera("CA-1")))
    one = Network(sensors=(sensor("AC-1", *mics[0]), camera("CA-1")))
    return {
        "3 microphones": judged(sounds, net, x, y),
        "3 microphones and a camera": judged([*sounds, seen], net, x, y),
        "1 microphone and a camera": judged([replace(sounds[0], origin=None), seen], one, x, y),
    }


def judged(detections: list[Detection], net: Network, x: float, y: float) -> tuple[float, bool] | None:
    """Return the error, and whether a region of 95 per cent of the likeliest place that is near holds the event."""
    placed = [i for i in fuse(detections, net, (still(),)) if i.place is not None]
    return min((_judged(i, x, y) for i in placed), default=None)


def _judged(incident: Incident, x: float, y: float) -> tuple[float, bool]:
    places = [m.place for m in incident.place_modes] or [incident.place]
    found = []
    for place in places:
        off = metres(place) - (x, y)
        z2 = float(off @ np.linalg.solve(place.covariance_m2, off))
        found.append((float(np.hypot(*off)), z2 <= CHI2_95))
    return min(found)


if __name__ == "__main__":
    main()
