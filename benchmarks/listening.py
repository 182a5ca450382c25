"""How often each fault is found and how often one is seen that is not there, and how fast recordings are measured.

    python benchmarks/listening.py [TRIALS]

Streets are made: red and white noise whose level wanders by 2 dB every twenty seconds, a car every three minutes. Each
fault is put into 100 of them (seeds that no test uses), ten minutes at 6 kHz, five minutes in. A find counts when it
is named as what it is and, where it has a moment, lies within a minute of it.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from trucewatch.detect.quality import listening
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind

FloatArray = NDArray[np.float64]
Fault = Callable[[FloatArray, np.random.Generator], FloatArray]

START = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)
DAY = Interval(start_utc=START.replace(hour=0), end_utc=START.replace(hour=0) + timedelta(days=1))
RATE_HZ = 6000
MINUTES = 10
MINUTE = 60 * RATE_HZ
HALF = MINUTES // 2 * MINUTE
N_TRIALS = 100
PLACE = Place.circular(lon_deg=37.0, lat_deg=48.0, sigma_m=2.0)
SENSOR = Sensor(id="AC-1", kind=ObserverKind.ACOUSTIC_SENSOR, owner="m", place=PLACE, clock_sigma_s=0.001)


def street(seed: int) -> FloatArray:
    """Counts of a street."""
    rng = np.random.default_rng([9_000, seed])
    n = MINUTES * MINUTE
    red = uniform_filter1d(rng.normal(0.0, 1.0, n), 60) * 60**0.5 * 2.0
    slow = np.linspace(0, n, 10 * MINUTES + 1)
    centres = rng.uniform(0, 60 * MINUTES, MINUTES // 3)
    cars = sum(3.0 * np.exp(-0.5 * ((slow / RATE_HZ - c) / 4.0) ** 2) for c in centres)
    wander = np.interp(slow, np.linspace(0, n, 3 * MINUTES), rng.normal(0.0, 2.0, 3 * MINUTES))
    louder = np.interp(np.arange(n), slow, 10 ** (wander / 20) * (1.0 + cars))
    return 60.0 * louder * (rng.normal(0.0, 1.0, n) + red)


def signs(samples: FloatArray, rate_hz: float = RATE_HZ) -> tuple[str, ...]:
    """Return what is said of one recording."""
    recording = Recording(
        id="obs-1",
        input_id="inp-1",
        sensor_id="AC-1",
        channel="",
        start=Instant(utc=START, sigma_s=0.001),
        rate_hz=rate_hz,
        n_samples=len(samples),
        unit="count",
    )
    waveform = Waveform(recording=recording, samples=np.rint(samples))
    found = listening([waveform], Network(sensors=(SENSOR,)), DAY)
    return tuple(s for one in found for s in one.signs)


def gain(by_db: float) -> Fault:
    """Turn the gain half-way."""

    def make(x: FloatArray, _: np.random.Generator) -> FloatArray:
        x[HALF:] *= 10 ** (by_db / 20)
        return x

    return make


def muffled(corner_hz: float) -> Fault:
    """Cover the sensor half-way: two poles above a corner."""

    def make(x: FloatArray, _: np.random.Generator) -> FloatArray:
        f = np.fft.rfftfreq(len(x) - HALF, 1 / RATE_HZ)
        x[HALF:] = np.fft.irfft(np.fft.rfft(x[HALF:]) / (1.0 + (f / corner_hz) ** 2), len(x) - HALF)
        return x

    return make


def frozen(seconds: float) -> Fault:
    """Hold one value."""

    def make(x: FloatArray, _: np.random.Generator) -> FloatArray:
        x[HALF : HALF + round(seconds * RATE_HZ)] = 11.0
        return x

    return make


def replayed(seconds: float) -> Fault:
    """Put earlier seconds in again, at any lag."""

    def make(x: FloatArray, rng: np.random.Generator) -> FloatArray:
        n, first = round(seconds * RATE_HZ), int(rng.integers(0, HALF - round(70 * RATE_HZ)))
        x[HALF : HALF + n] = x[first : first + n]
        return x

    return make


def hushed(by_db: float) -> Fault:
    """Take the sound away for a minute: what is left is the recorder's own noise."""

    def make(x: FloatArray, rng: np.random.Generator) -> FloatArray:
        x[HALF : HALF + MINUTE] = rng.normal(0.0, float(np.std(x)) * 10 ** (-by_db / 20), MINUTE)
        return x

    return make


def turned(x: FloatArray, _: np.random.Generator) -> FloatArray:
    """Swap the wires of a recorder with an offset."""
    x = x + 800.0
    x[HALF:] *= -1.0
    return x


def windy(x: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Blow for two minutes, 30 dB over the street, most of it below the band."""
    gust = np.cumsum(rng.normal(0.0, 1.0, 2 * MINUTE))
    gust -= uniform_filter1d(gust, 600)
    x[HALF : HALF + 2 * MINUTE] += gust / np.std(gust) * 60.0 * 300.0 + 30.0 * x[HALF : HALF + 2 * MINUTE]
    return x


FAULTS: tuple[tuple[str, Fault, str, bool], ...] = (
    ("gain 6 dB", gain(-6.0), "gain", True),
    ("gain 8 dB", gain(8.0), "gain", True),
    ("gain 10 dB", gain(-10.0), "gain", True),
    ("gain 14 dB", gain(14.0), "gain", True),
    ("gain 20 dB", gain(-20.0), "gain", True),
    ("muffled above 300 Hz", muffled(300.0), "muffled", True),
    ("muffled above 600 Hz", muffled(600.0), "muffled", True),
    ("one value for 3 s", frozen(3.0), "one value", True),
    ("one value for 60 s", frozen(60.0), "one value", True),
    ("3 s replayed", replayed(3.0), "same", False),
    ("7 s replayed", replayed(7.0), "same", False),
    ("30 s replayed", replayed(30.0), "same", False),
    ("30 dB quieter for 60 s", hushed(30.0), "quieter", True),
    ("wires swapped", turned, "polarity", True),
    ("wind for 2 min", windy, "drowned in wind", True),
)


def found(said: tuple[str, ...], word: str, timed: bool) -> bool:
    """Say whether a fault was named as what it is, near its moment."""
    for sign in said:
        stamp = re.search(r"(?:at|from) 05:(\d\d):(\d\d)", sign)
        near = stamp is not None and abs(int(stamp[1]) + int(stamp[2]) / 60 - MINUTES / 2) <= 1.0
        if sign.startswith(word) and (near or not timed):
            return True
    return False


def main() -> None:
    """Print one line a fault, the false signs, and the speed."""
    untouched = [signs(street(seed)) for seed in range(N_TRIALS)]
    false = sum(len(s) for s in untouched)
    print(json.dumps({"untouched hours": N_TRIALS * MINUTES / 60, "false signs": false}))
    for name, fault, word, timed in FAULTS:
        n = n_other = 0
        for seed in range(N_TRIALS):
            said = signs(fault(street(seed), np.random.default_rng([9_001, seed])))
            n += found(said, word, timed)
            n_other += sum(not s.startswith(word) for s in said)
        print(json.dumps({"fault": name, "found": n, "of": N_TRIALS, "named otherwise": n_other}), flush=True)
    for rate_hz, minutes in ((12_000, 20), (100, 1440)):
        samples = np.rint(np.random.default_rng(1).normal(0.0, 50.0, rate_hz * 60 * minutes))
        began = time.process_time()
        signs(samples, float(rate_hz))
        seconds = time.process_time() - began
        print(
            json.dumps(
                {
                    "rate_hz": rate_hz,
                    "Msamples": len(samples) / 1e6,
                    "Msamples a CPU second": round(len(samples) / seconds / 1e6, 1),
                }
            )
        )


if __name__ == "__main__":
    N_TRIALS = int(sys.argv[1]) if len(sys.argv) > 1 else N_TRIALS
    main()
