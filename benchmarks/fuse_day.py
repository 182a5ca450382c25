"""Fusion of one simulated day below 20,000 onsets, where onsets are joined one by one: CPU, and a digest of the result.

    python benchmarks/fuse_day.py [--preset busy_day] [--seed 21] [--from-hour 0] [--hours 24]

Laws are wider than fusion assumes (perturb 1), as in `calibration.py`. The digest is that of all incidents: two
versions of the code with the same digest give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from datetime import timedelta

from calibration import detections

from trucewatch.fuse import fuse
from trucewatch.model.wire import to_plain
from trucewatch.simulate import PRESETS, preset_of, theatre_day


def main() -> None:
    """Print one JSON line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--preset", default="busy_day", choices=list(PRESETS))
    options.add_argument("--seed", type=int, default=21)
    options.add_argument("--from-hour", type=float, default=0.0)
    options.add_argument("--hours", type=float, default=24.0)
    given = options.parse_args()
    plan = preset_of(given.preset)
    day = theatre_day(plan, given.seed, 1.0)
    first = plan.start_utc + timedelta(hours=given.from_hour)
    last = first + timedelta(hours=given.hours)
    found = [d for d in detections(day) if first <= d.time.utc < last]
    started = time.process_time()
    incidents = fuse(found, day.network, day.weather)
    cpu_s = time.process_time() - started
    digest = hashlib.sha256(json.dumps(to_plain(incidents)).encode()).hexdigest()[:16]
    print(
        json.dumps(
            {
                "benchmark": "fuse_day",
                "preset": given.preset,
                "seed": given.seed,
                "detections": len(found),
                "incidents": len(incidents),
                "cpu_s": round(cpu_s, 1),
                "digest": digest,
            }
        )
    )


if __name__ == "__main__":
    main()
