"""How long simulated days take, and how much memory a line of 1,200 km needs hour by hour. JSON lines.

python benchmarks/theatre.py [--hours 3]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import replace

from trucewatch.simulate import PRESETS, open_theatre, theatre_hours

SEED = 1


def main() -> None:
    """Make each preset in a process of its own: the peak of memory is the process's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=3)
    parser.add_argument("--preset", choices=list(PRESETS))
    arguments = parser.parse_args()
    if arguments.preset is None:
        for name in PRESETS:
            command = [sys.executable, __file__, "--preset", name, "--hours", str(arguments.hours)]
            subprocess.run(command, check=True)
        return
    print(json.dumps(measured(arguments.preset, arguments.hours)), flush=True)


def measured(name: str, hours: int) -> dict[str, object]:
    """Draw a preset hour by hour; only the long line is cut short."""
    plan = PRESETS[name]
    if name == "line_1200km":
        plan = replace(plan, hours=hours)
    started = time.process_time()
    theatre = open_theatre(plan, SEED, 1.0)
    n_events = n_pulses = n_other = 0
    for hour in theatre_hours(theatre):
        n_events += len(hour.truth)
        n_pulses += len(hour.pulses)
        n_other += len(hour.reports) + len(hour.sightings) + len(hour.edge) + len(hour.changes)
    return {
        "benchmark": "theatre",
        "preset": name,
        "hours": plan.hours,
        "sensors": len(theatre.said.sensors),
        "events": n_events,
        "pulses": n_pulses,
        "other": n_other,
        "cpu_s": round(time.process_time() - started, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


if __name__ == "__main__":
    main()
