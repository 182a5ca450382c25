"""How fast the SQLite register is: fire pixels in, records in, boxes out.

Run: python benchmarks/store.py [folder on the disk to be measured]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.observation import FirePixels
from trucewatch.model.register import Box, NewRecord
from trucewatch.store import SqliteRegister

N_FIRES, N_RECORDS, N_SEARCHES, BATCH = 1_000_000, 100_000, 300, 1000
T0 = datetime(2025, 5, 1, tzinfo=UTC)
SPAN_S = 90 * 86400
PAYLOAD = b'{"p_exists":0.97,"place":{"lat_deg":48.1,"lon_deg":37.7},"text":"' + b"x" * 230 + b'"}'


def pixels(chance: np.random.Generator) -> FirePixels:
    n = N_FIRES
    return FirePixels(
        input_id="inp-bench",
        first_row=2,
        row=np.arange(2, n + 2),
        lon_deg=chance.uniform(22, 40, n),
        lat_deg=chance.uniform(44, 52, n),
        time_s=T0.timestamp() + np.sort(chance.uniform(0, SPAN_S, n)),
        time_sigma_s=np.full(n, 60.0),
        scan_m=np.full(n, 390.0),
        track_m=np.full(n, 390.0),
        frp_mw=chance.exponential(5.0, n),
        confidence=np.full(n, 0.5),
        night=chance.random(n) < 0.5,
        satellite=tuple(("S-NPP", "NOAA-20", "NOAA-21")[i % 3] for i in range(n)),
        version=("2.0NRT",) * n,
    )


def new_record(i: int, lon: float, lat: float, second: float) -> NewRecord:
    start = T0 + timedelta(seconds=second)
    return NewRecord(
        kind="incident",
        id=f"inc-{i:016x}",
        payload=PAYLOAD,
        refs=(f"det-{i:016x}", f"det-{i + 1:016x}"),
        time=Interval(start_utc=start, end_utc=start + timedelta(seconds=30)),
        lon_deg=lon,
        lat_deg=lat,
        type=("shot", "explosion", "burst")[i % 3],
    )


def box(chance: np.random.Generator, width_deg: float, days: float) -> Box:
    lon, lat, second = chance.uniform(22, 39), chance.uniform(44, 51), chance.uniform(0, SPAN_S)
    start = utc_from_timestamp(T0.timestamp() + float(second))
    window = Interval(start_utc=start, end_utc=start + timedelta(days=days))
    return Box(west_deg=lon, south_deg=lat, east_deg=lon + width_deg, north_deg=lat + width_deg, time=window)


def report(what: str, boxes: list[Box], search: Callable[[Box], int]) -> None:
    times, rows = [], 0
    for b in boxes:
        began = time.perf_counter()
        rows += search(b)
        times.append(1000 * (time.perf_counter() - began))
    p50, p95 = np.percentile(times, (50, 95))
    print(f"{what}: p50 {p50:.1f} ms, p95 {p95:.1f} ms, mean {rows / len(boxes):,.0f} rows")


def main(folder: Path) -> None:
    chance = np.random.default_rng(1)
    path = folder / "bench.sqlite"
    register = SqliteRegister(path)
    block = pixels(chance)
    began = time.perf_counter()
    with register.transaction() as writes:
        writes.add_fires(block)
    took = time.perf_counter() - began
    print(f"fire pixels in: {N_FIRES / took:,.0f} rows/s ({took:.2f} s)")
    boxes = [box(chance, 1, 7) for _ in range(N_SEARCHES)]
    report("fires in 1 degree x 7 days", boxes, lambda b: len(register.fires(b).row))

    where = np.column_stack([chance.uniform(22, 40, N_RECORDS), chance.uniform(44, 52, N_RECORDS)]).tolist()
    when = np.sort(chance.uniform(0, SPAN_S, N_RECORDS)).tolist()
    began = time.perf_counter()
    for start in range(0, N_RECORDS, BATCH):
        with register.transaction() as writes:
            for i in range(start, start + BATCH):
                writes.append(new_record(i, *where[i], when[i]), at_utc=T0)
    took = time.perf_counter() - began
    print(f"records in, {BATCH} a transaction: {N_RECORDS / took:,.0f} records/s ({took:.2f} s)")
    for width_deg, days in ((1, 90), (1, 7), (5, 1)):
        boxes = [box(chance, width_deg, days) for _ in range(N_SEARCHES)]
        report(
            f"records in {width_deg} degree x {days} days",
            boxes,
            lambda b: sum(1 for _ in register.search("incident", b)),
        )
    days_only = [Box(time=box(chance, 1, 1).time) for _ in range(N_SEARCHES)]
    report("records of 1 day anywhere", days_only, lambda b: sum(1 for _ in register.search("incident", b)))
    register.seal()
    print(f"file: {path.stat().st_size / 1e6:,.0f} MB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as made:
            main(Path(made))
