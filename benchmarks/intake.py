"""Speed and memory of taking in 1e6 FIRMS rows and 1e5 monitors' reports; one JSON line each.

Run: python benchmarks/intake.py [--fires N] [--reports N]

The files are made here from a fixed seed and read from disk by a process of their own, so that the peak is
the reader's.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from trucewatch.model.mission import MissionArea
from trucewatch.model.network import Network
from trucewatch.model.observation import FirePixels, Rejection
from trucewatch.observe import HEAD_BYTES, ReadContext, reader_for

AREA = MissionArea(west_deg=22.0, south_deg=44.0, east_deg=40.5, north_deg=52.5)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRE_HEADER = (
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,confidence,version,bright_ti5,frp,daynight,"
    "instrument\n"
)
REPORT_HEADER = (
    "Observer,lon,lat,Event location,Means,No.,Observation,Description,Weapon,"
    '"Date, time (Europe/Kyiv)",Range,Bearing,Remarks,Language\n'
)


def write_fires(path: Path, n: int) -> None:
    rng = random.Random(1)
    with path.open("w") as out:
        out.write(FIRE_HEADER)
        for _ in range(n):
            out.write(
                f"{rng.uniform(44, 52.5):.5f},{rng.uniform(22, 40.5):.5f},{rng.uniform(295, 367):.2f},0.41,0.45,"
                f"2025-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d},"
                f"{rng.randint(0, 23):02d}{rng.randint(0, 59):02d},"
                f"N20,{rng.choice(('low', 'nominal', 'high'))},2.0NRT,288.27,{rng.uniform(0, 50):.2f},N,VIIRS\n"
            )


def write_reports(path: Path, n: int) -> None:
    rng = random.Random(2)
    with path.open("w") as out:
        out.write(REPORT_HEADER)
        for i in range(n):
            hour, minute = rng.randint(0, 22), rng.randint(0, 59)
            out.write(
                f"Patrol {rng.randint(1, 40)},{rng.uniform(36, 40):.4f},{rng.uniform(47, 50):.4f},place {i},heard,"
                f'about {rng.randint(1, 99)},explosions,undetermined,N/K,"{rng.randint(1, 28)} August 2025, '
                f'{hour:02d}:{minute:02d}-{hour + 1:02d}:{minute:02d}",{rng.randint(1, 4)}-{rng.randint(5, 9)}km,'
                f'"{rng.choice(("SE, SSE and S", "WNW", "N/NE"))}",,en\n'
            )


def read_file(path: Path) -> dict[str, object]:
    context = ReadContext(
        source=path.name,
        input_id="inp-bench",
        area=AREA,
        network=Network(sensors=()),
        now_utc=NOW,
        time_zone="Europe/Kyiv",
    )
    n_read = n_rejected = 0
    wall, cpu = time.perf_counter(), time.process_time()
    with path.open("rb") as stream:
        reader = reader_for(path.name, stream.read(HEAD_BYTES))
        assert reader is not None
        stream.seek(0)
        for item in reader.read(stream, context):
            n_rejected += isinstance(item, Rejection)
            n_read += 0 if isinstance(item, Rejection) else len(item) if isinstance(item, FirePixels) else 1
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return {
        "benchmark": f"intake_{reader.name}",
        "rows": n_read,
        "rejected": n_rejected,
        "megabytes": round(path.stat().st_size / 1e6, 1),
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "value": round(n_read / wall),
        "unit": "rows/s",
        "peak_mb": round(int(peak[1]) / 1024) if peak else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fires", type=int, default=1_000_000)
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--read", type=Path, help="only read this file (used by the benchmark itself)")
    arguments = parser.parse_args()
    if arguments.read:
        print(json.dumps(read_file(arguments.read), sort_keys=True), flush=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        for write, n in ((write_fires, arguments.fires), (write_reports, arguments.reports)):
            path = Path(folder) / f"{write.__name__}.csv"
            write(path, n)
            subprocess.run([sys.executable, __file__, "--read", str(path)], check=True)


if __name__ == "__main__":
    main()
