"""A month of an eight-element array at 20 Hz through the stream, block by block, made as it is needed.

    python benchmarks/array_month.py --days 31

Prints one JSON object a line: channel-samples a second, peak memory at every tenth of the way, and what was found.
An explosion crosses the array every six hours, so that the arrivals found can be counted against those made.
"""

import argparse
import json
import resource
import time

import numpy as np

from trucewatch.detect.array_heard import StreamSettings
from trucewatch.detect.array_stream import ArrayStream
from trucewatch.detect.slowness import PolarGrid
from trucewatch.detect.steering import BeamSettings

RATE_HZ = 20.0
BLOCK_S = 300.0
EVERY_S = 21_600.0
LENGTH_S = 20.0
OFFSETS_M = np.array(
    [[0, 0], [180, 20], [-110, 150], [-60, -190], [600, 240], [-500, 420], [-380, -520], [430, -560]], dtype=float
)
# A step of 3 degrees and 10 m/s is finer than the beam of this array (about 8 degrees at 2 Hz).
GRID = PolarGrid(back_azimuth_step_deg=3.0, velocity_step_m_s=10.0)


def block(number, rng):
    """One block of all elements: noise, and the part of an explosion's wave train that falls into it."""
    n = round(BLOCK_S * RATE_HZ)
    samples = rng.normal(size=(len(OFFSETS_M), n))
    start_s = number * BLOCK_S
    if start_s % EVERY_S == 0 and number:
        azimuth = np.radians(37.0 * (start_s // EVERY_S) % 360.0)
        toward = np.array([np.sin(azimuth), np.cos(azimuth)]) / 350.0
        frequency = np.fft.rfftfreq(n, 1.0 / RATE_HZ)
        source = np.fft.rfft(rng.normal(size=n))
        wave = np.fft.irfft(source * np.exp(2j * np.pi * frequency * (OFFSETS_M @ toward)[:, None]), n, axis=1)
        at_s = np.arange(n) / RATE_HZ
        samples += 1.5 * wave * ((at_s >= 100.0) & (at_s < 100.0 + LENGTH_S))
    return samples


def emit(**values):
    print(json.dumps(values), flush=True)


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=31.0)
    args = parser.parse_args()
    n_blocks = round(args.days * 86_400.0 / BLOCK_S)
    rng = np.random.default_rng(1)
    stream = ArrayStream(OFFSETS_M, RATE_HZ, StreamSettings(bands=(BeamSettings(grid=GRID),)))
    emit(figure="before", peak_mib=round(peak_mib(), 1))
    found, spent_s, made = [], 0.0, 0
    for number in range(n_blocks):
        samples = block(number, rng)
        made += bool((number * BLOCK_S) % EVERY_S == 0 and number)
        begin = time.perf_counter()
        found += stream.feed_together(number * BLOCK_S, samples).arrivals
        spent_s += time.perf_counter() - begin
        if (number + 1) % max(1, n_blocks // 10) == 0:
            emit(
                figure="memory",
                days=round((number + 1) * BLOCK_S / 86_400.0, 2),
                peak_mib=round(peak_mib(), 1),
                held_samples=stream.n_held,
                seconds=round(spent_s, 1),
            )
    begin = time.perf_counter()
    found += stream.flush().arrivals
    spent_s += time.perf_counter() - begin
    n_samples = n_blocks * round(BLOCK_S * RATE_HZ) * len(OFFSETS_M)
    sure = [a for a in found if a.confident]
    real = [a for a in sure if abs((a.peak_s - 110.0 + EVERY_S / 2) % EVERY_S - EVERY_S / 2) < 20.0]
    emit(
        figure="month",
        channel_samples=n_samples,
        seconds=round(spent_s, 1),
        channel_samples_per_s=round(n_samples / spent_s),
        peak_mib=round(peak_mib(), 1),
        made=made,
        found=len(real),
        false_confident=len(sure) - len(real),
        false_given=len(found) - len(sure),
        asked_given_per_day=10.0,
        asked_confident_per_day=0.1,
    )


if __name__ == "__main__":
    main()
