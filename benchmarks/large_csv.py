"""A FIRMS file of a gigabyte through the whole job: seconds and peak memory. It needs 3 GB of disk for some minutes."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HEADER = (
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,confidence,version,bright_ti5,frp,daynight\n"
)
BLOCK_ROWS = 200_000
FIRST_DAY, N_DAYS = np.datetime64("2012-01-20"), 3600
MISSION = """id = "large"
name = "Large"
purpose = "Measured."
time_zone = "Europe/Kyiv"
reporting_time = "19:30"
languages = ["en"]
demonstration = true
clock = "2022-01-01T00:00:00Z"
[area]
west = 22.0
south = 44.0
east = 40.5
north = 52.5
"""
AGREEMENT = """id: large
title: "Large"
version: "1"
status: illustrative
time_zone: Europe/Kyiv
source: "made for a measurement"
parties: [{id: A, name: "Party A"}, {id: B, name: "Party B"}]
lines: []
zones: []
terms:
  - {id: T1, article: "1", text: "No fire.", addressees: [A, B], prohibits: [shot], from: "2012-01-01T00:00", to: null}
"""
NETWORK = """sensors:
  - {id: AC-1, kind: acoustic_sensor, owner: mission, place: {lon: 37.0, lat: 48.0, sigma_m: 5}, clock_sigma_s: 0.01}
"""

# The kernel's own high-water mark of the run: ru_maxrss would carry over the size of the parent that made the file.
CHILD = """
import re, sys
from pathlib import Path
from trucewatch.cli.run import command
command(Path(sys.argv[1]))
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def main() -> None:
    """Make the file, run, print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    megabytes = parser.parse_args().megabytes
    with tempfile.TemporaryDirectory() as folder:
        mission = Path(folder) / "large"
        (mission / "inbox").mkdir(parents=True)
        for name, text in (("mission.toml", MISSION), ("agreement.yaml", AGREEMENT), ("network.yaml", NETWORK)):
            (mission / name).write_text(text, encoding="utf-8")
        n_rows = write(mission / "inbox" / "firms.csv", megabytes * 1_000_000)
        began = time.perf_counter()
        child = subprocess.run(
            [sys.executable, "-c", CHILD, str(mission)], check=True, stdout=subprocess.PIPE, text=True
        )
        seconds = time.perf_counter() - began
    figures = {"rows": n_rows, "s": round(seconds, 1), "peak_mb": round(int(child.stdout.split()[-1]) / 1024)}
    print(json.dumps({"what": f"run of one FIRMS CSV of {megabytes} MB", **figures}))


def write(path: Path, n_bytes: int) -> int:
    """Write rows of ten years until the file is large enough; returns how many."""
    rng = np.random.default_rng(1)
    n_rows = 0
    with path.open("w", encoding="ascii") as stream:
        stream.write(HEADER)
        while stream.tell() < n_bytes:
            stream.writelines(rows(rng))
            n_rows += BLOCK_ROWS
    return n_rows


def rows(rng: np.random.Generator) -> list[str]:
    """Make a block of rows in which every field is plausible."""
    lat, lon = rng.uniform(44.1, 52.4, BLOCK_ROWS), rng.uniform(22.1, 40.4, BLOCK_ROWS)
    day = (FIRST_DAY + rng.integers(0, N_DAYS, BLOCK_ROWS)).astype(str)
    minute = rng.integers(0, 1440, BLOCK_ROWS)
    frp = rng.gamma(1.0, 5.0, BLOCK_ROWS)
    return [
        f"{a:.5f},{o:.5f},320.10,0.41,0.45,{d},{m // 60:02d}{m % 60:02d},N20,n,2.0NRT,290.20,{f:.2f},N\n"
        for a, o, d, m, f in zip(lat, lon, day, minute, frp, strict=True)
    ]


if __name__ == "__main__":
    main()
