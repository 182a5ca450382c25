"""Run every benchmark, one after the other, and print one line a figure; `make bench`.

Figures compare only within one run on one machine: peers are measured beside us, and ratios are what counts. Nothing
else should run meanwhile. Results go into RESULTS.md by hand, with the machine and the date.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ARRAY = HERE.parent / "missions" / "array" / "inbox" / "BRP"
LIVE_FIRE = HERE.parent / "missions" / "live-fire" / "inbox"
BENCHMARKS: tuple[tuple[str, ...], ...] = (
    ("beamforming.py", str(ARRAY)),
    ("ground_pickers.py",),
    ("fire_clustering.py",),
    ("intake.py",),
    ("listening.py", "20"),
    ("location.py",),
    ("live_fire.py",),
    ("microphone.py", str(LIVE_FIRE)),
    ("fusion_scale.py",),
    ("fuse_day.py",),
    ("far_location.py",),
    ("phase_association.py",),
    ("store.py",),
    ("evidence_log.py",),
    ("whole_run.py",),
)


def main() -> int:
    """Run them all; returns how many failed."""
    print(json.dumps(machine()))
    failed = 0
    for name, *arguments in BENCHMARKS:
        print(json.dumps({"benchmark": name}), flush=True)
        failed += subprocess.run([sys.executable, str(HERE / name), *arguments], check=False).returncode != 0
    return failed


def machine() -> dict[str, object]:
    """Say on what this is measured."""
    cpu = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    return {
        "machine": cpu,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load": os.getloadavg()[0],
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).is_file() else []


if __name__ == "__main__":
    sys.exit(main())
