"""Time and memory of our space-time fire clustering against scikit-learn's DBSCAN, a million points by default.

    python benchmarks/fire_clustering.py [FOLDER] [--points N]

FOLDER holds yearly FIRMS files (`*.csv.gz`: latitude, longitude, date). They are repeated with jitter until there are
enough points; without a folder, points are drawn with a fixed seed. Each line printed is one JSON object. Every method
runs in a process of its own, so that the peak memory is its own. scikit-learn has no cylinder: it is run on scaled
(x, y, t), a ball, which gives other clusters, and its agreement on the true cylinder is tested in
tests/detect/test_fires.py.
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RADIUS_M, DURATION_S, MIN_POINTS = 1000.0, 86_400.0, 4
SEED = 20220224


def emit(**figure):
    print(json.dumps(figure, sort_keys=True), flush=True)


def real_points(folder):
    columns = []
    for path in sorted(Path(folder).glob("*.csv.gz")):
        with gzip.open(path, "rt") as file:
            rows = [line.rstrip("\n").split(",") for line in file][1:]
        lat, lon = (np.array([float(row[k]) for row in rows]) for k in (0, 1))
        day = np.array([row[2] for row in rows], dtype="datetime64[D]").astype(np.float64)
        columns.append(np.stack([lon, lat, day], axis=1))
    lon, lat, day = np.concatenate(columns).T
    scale_m = np.radians(6_371_008.8)
    x_m, y_m = (lon - 31.0) * scale_m * np.cos(np.radians(48.5)), (lat - 48.5) * scale_m
    return np.stack([x_m, y_m, day * 86_400.0], axis=1)


def drawn_points(n, rng):
    """Bursts of fires in space and time over a country, with single fires between them."""
    n_burst = n // 12
    centre = rng.uniform(0, 1, (n_burst, 3)) * [1.2e6, 8e5, 5 * 365 * 86_400.0]
    burst = centre[rng.integers(0, n_burst, n // 2)] + rng.normal(size=(n // 2, 3)) * [1500.0, 1500.0, 86_400.0]
    single = rng.uniform(0, 1, (n - n // 2, 3)) * [1.2e6, 8e5, 5 * 365 * 86_400.0]
    points = np.concatenate([burst, single])
    points[:, 2] = np.floor(points[:, 2] / 86_400.0) * 86_400.0
    return points


def make_points(folder, n):
    rng = np.random.default_rng(SEED)
    if folder is None:
        return drawn_points(n, rng), "drawn, fixed seed"
    real = real_points(folder)
    copies = [real[-n:]]
    while sum(map(len, copies)) < n:
        # A copy moved by tens of kilometres and a few days keeps the clumps of real fires and adds new neighbours.
        shift = rng.normal(size=3) * [20_000.0, 20_000.0, 0.0] + [0.0, 0.0, 86_400.0 * rng.integers(1, 300)]
        copies.append(real + shift + rng.normal(size=real.shape) * [300.0, 300.0, 0.0])
    return np.concatenate(copies)[:n], f"{len(real)} real fires repeated with jitter"


def run_one(method, path):
    points = np.load(path)
    x_m, y_m, t_s = (np.ascontiguousarray(column) for column in points.T)
    if method == "trucewatch":
        from trucewatch.detect.cylinder import ClusterSettings
        from trucewatch.detect.fires import cluster

        settings = ClusterSettings(radius_m=RADIUS_M, duration_s=DURATION_S, min_points=MIN_POINTS)

        def run():
            return cluster(x_m, y_m, t_s, settings)
    else:
        from sklearn.cluster import DBSCAN

        scaled = np.stack([x_m / RADIUS_M, y_m / RADIUS_M, t_s / DURATION_S], axis=1)

        def run():
            return DBSCAN(eps=1.0, min_samples=MIN_POINTS).fit(scaled).labels_

    before_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    begin = time.perf_counter()
    labels = run()
    seconds = time.perf_counter() - begin
    emit(
        figure=f"{method}_clustering",
        shape="cylinder" if method == "trucewatch" else "ball",
        n_points=len(points),
        seconds=round(seconds, 3),
        points_per_s=round(len(points) / seconds),
        peak_memory_gb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3),
        memory_before_gb=round(before_gb, 3),
        n_clusters=int(labels.max()) + 1,
        n_noise=int((labels < 0).sum()),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--method", choices=["trucewatch", "scikit_learn"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.method:
        run_one(args.method, args.folder)
        return
    points, source = make_points(args.folder, args.points)
    emit(figure="input", n_points=len(points), source=source)
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "points.npy"
        np.save(path, points)
        for method in ("trucewatch", "scikit_learn"):
            command = [sys.executable, __file__, str(path), "--method", method]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                emit(figure=f"{method}_clustering", seconds=None, reason=done.stderr.strip().splitlines()[-1])
                continue
            print(done.stdout, end="", flush=True)
            seconds[method] = json.loads(done.stdout)["seconds"]
    if len(seconds) == 2:
        ratio = seconds["scikit_learn"] / seconds["trucewatch"]
        emit(figure="ratio_scikit_learn_over_trucewatch", value=round(ratio, 2), note="ball against cylinder")


if __name__ == "__main__":
    main()
