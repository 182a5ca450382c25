"""The whole job on each demonstration mission: first run, second run with nothing new, verification."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MISSIONS = Path(__file__).resolve().parent.parent / "missions"


def main() -> None:
    """Print one line a mission."""
    for source in sorted(p for p in MISSIONS.iterdir() if (p / "mission.toml").is_file()):
        with tempfile.TemporaryDirectory() as folder:
            mission = Path(folder) / source.name
            shutil.copytree(source, mission)
            seconds = {step: timed(step, mission) for step in ("run", "run again", "verify")}
        figures = {f"{step} s": round(s, 2) for step, s in seconds.items()}
        print(json.dumps({"what": f"mission {source.name}", **figures}), flush=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps({"what": "largest memory of any step, MB", "peak": round(peak)}))


def timed(step: str, mission: Path) -> float:
    """Run one command in a process of its own and return its wall-clock seconds."""
    began = time.perf_counter()
    command = [sys.executable, "-c", "from trucewatch.cli import main; main()", step.split(maxsplit=1)[0], str(mission)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
