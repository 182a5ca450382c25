"""Our onsets in the ground beside ObsPy's pickers: error on made onsets of known time, and time for an hour of data.

    python benchmarks/ground_pickers.py [--n N]

Each line printed is one JSON object. The onsets are made as in tests/detect/made_ground.py, with other seeds than those
that our lateness was fitted to. ObsPy's AIC is given a window about the true time, which none of the others are.
"""

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.detect.made_ground import local_event, noise, wave

from trucewatch.detect.ground_onsets import read_onsets

warnings.simplefilter("ignore")
from obspy.signal.trigger import aic_simple, ar_pick, pk_baer, recursive_sta_lta, trigger_onset, z_detect  # noqa: E402

RATE_HZ, AT_S, LENGTH_S, NEAR_S = 100.0, 30.0, 60.0, 0.5
BAND_HZ = (5.0, 18.0)
SEED = 20_261_124


def emit(**figure):
    print(json.dumps(figure, sort_keys=True), flush=True)


def made(snr_db, rise_s, n):
    rng = np.random.default_rng([SEED, round(snr_db), round(1e3 * rise_s), n])
    at, length = AT_S + rng.uniform(0, 0.01), round(LENGTH_S * RATE_HZ)
    gain = 10 ** (snr_db / 20) * np.sqrt((BAND_HZ[1] - BAND_HZ[0]) / (RATE_HZ / 2))
    return noise((length,), rng) + gain * wave(length, RATE_HZ, at, BAND_HZ, rng, rise_s), at


def ours(x, at):
    near = [o.time_s for o in read_onsets(x[None], RATE_HZ) if abs(o.time_s - at) < NEAR_S]
    return near[0] if near else None


def baer(x, at):
    sample, phase = pk_baer(x.astype(np.float32), RATE_HZ, 20, 60, 7.0, 12.0, 100, 100)
    return sample / RATE_HZ if phase else None


def aic(x, at):
    begin = round((at - 1.5) * RATE_HZ)
    return (begin + int(np.argmin(aic_simple(x[begin : begin + round(2.0 * RATE_HZ)])))) / RATE_HZ


def sta_lta(x, at):
    from scipy.signal import butter, sosfilt

    seen = sosfilt(butter(2, (6.0, 16.0), "bandpass", fs=RATE_HZ, output="sos"), x)
    on = trigger_onset(recursive_sta_lta(seen, 30, 300), 4.0, 1.5)
    near = [a / RATE_HZ for a, _ in on if abs(a / RATE_HZ - at) < NEAR_S]
    return near[0] if near else None


def accuracy(n):
    for snr_db in (10.0, 15.0, 20.0, 30.0):
        for rise_s in (0.0, 0.15):
            for name, pick in (("trucewatch", ours), ("pk_baer", baer), ("aic_simple", aic), ("sta_lta", sta_lta)):
                errors = []
                for k in range(n):
                    x, at = made(snr_db, rise_s, k)
                    found = pick(x, at)
                    if found is not None and abs(found - at) < NEAR_S:
                        errors.append(found - at)
                emit(
                    what="accuracy",
                    picker=name,
                    snr_db=snr_db,
                    rise_s=rise_s,
                    found=round(len(errors) / n, 2),
                    median_ms=round(1e3 * float(np.median(errors)), 1) if errors else None,
                    p90_abs_ms=round(1e3 * float(np.quantile(np.abs(errors), 0.9)), 1) if errors else None,
                )


def p_and_s(n):
    found = {"trucewatch": ([], []), "ar_pick": ([], [])}
    for k in range(n):
        x = local_event(seed=SEED + k, bearing_deg=17.0 * k)
        onsets = [o.time_s for o in read_onsets(x, RATE_HZ)]
        theirs = ar_pick(*x.astype(np.float32), RATE_HZ, 4.0, 20.0, 1.0, 0.1, 4.0, 1.0, 2, 8, 0.1, 0.2)
        for row, at in enumerate((20.0, 26.0)):
            near = [t for t in onsets if abs(t - at) < NEAR_S]
            found["trucewatch"][row].append(near[0] - at if near else np.nan)
            found["ar_pick"][row].append(theirs[row] - at)
    for name, errors in found.items():
        for wave_name, e in zip("PS", np.abs(errors), strict=True):
            emit(
                what="three components",
                picker=name,
                wave=wave_name,
                within_half_second=round(float(np.mean(e < NEAR_S)), 2),
                median_ms=round(1e3 * float(np.nanmedian(e)), 1),
            )


def timed(name, run, x):
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    emit(
        what="speed",
        picker=name,
        seconds=round(min(times), 4),
        million_samples_a_second=round(x.size / min(times) / 1e6, 2),
    )


def speed():
    rng = np.random.default_rng(SEED)
    x = noise((3, 3600 * round(RATE_HZ)), rng)
    for k in range(20):
        begin = 6000 + k * 17_000
        x[:, begin : begin + 6000] += local_event(seed=k) - noise((3, 6000), np.random.default_rng(k))
    single = np.ascontiguousarray(x[0], dtype=np.float32)
    timed("trucewatch, three components", lambda: read_onsets(x, RATE_HZ), x)
    timed("ar_pick, three components, one P and S", lambda: ar_pick(
        *x.astype(np.float32), RATE_HZ, 4.0, 20.0, 1.0, 0.1, 4.0, 1.0, 2, 8, 0.1, 0.2), x)  # fmt: skip
    timed("trucewatch, one component", lambda: read_onsets(x[:1], RATE_HZ), single)
    timed("pk_baer, one component, one P", lambda: pk_baer(single, RATE_HZ, 20, 60, 7.0, 12.0, 100, 100), single)
    timed("z_detect, one component, no pick", lambda: z_detect(single, 30), single)
    timed("recursive STA/LTA, one component, no pick", lambda: recursive_sta_lta(single, 30, 300), single)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--n", type=int, default=60)
    chosen = arguments.parse_args()
    accuracy(chosen.n)
    p_and_s(chosen.n)
    speed()
