"""How often noise alone makes an arrival, against the rate asked for: days of simulated noise, from 4 elements.

The windows' F comes from the array engine itself, so that the search over slowness is in it. The rates asked for are
high (hundreds a day), so that a day or two counts enough of them; they are tails of one curve, and the month in
benchmarks/array_month.py checks the low rates.
"""

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "detect"))

from array_records import BEAMS, FOUR_M, RATE_HZ, wave

from trucewatch.detect.array_heard import StreamSettings
from trucewatch.detect.array_stream import whole_record
from trucewatch.detect.arrivals import ArrivalSettings

CLOSE_M = FOUR_M / 3.0
HOURS = 4
ASKED_PER_DAY = 200.0
SHAPES = {"wide": FOUR_M, "close": CLOSE_M}


def noise(kind, shape_m, hours=HOURS, seed=3):
    n = round(hours * 3600 * RATE_HZ)
    samples = np.random.default_rng(seed).normal(size=(4, n))
    if kind == "wind":
        # Turbulence: what two elements share falls off with their distance, over 100 m here.
        apart_m = np.hypot(*(shape_m[:, None] - shape_m[None]).transpose(2, 0, 1))
        samples = np.linalg.cholesky(0.5 * np.exp(-apart_m / 100.0) + 0.5 * np.eye(4)) @ samples
    if kind == "surf":
        samples += np.sqrt(0.3) * wave(n, shape_m, 250.0, seed=seed)
    return samples


@cache
def heard(kind, shape):
    """Listen to hours of noise; every window that noise reaches in one of twenty belongs to something."""
    loose = ArrivalSettings(p_window=0.05, false_alarms_per_day=ASKED_PER_DAY)
    settings = StreamSettings(bands=(BEAMS,), arrivals=loose)
    return whole_record(noise(kind, SHAPES[shape]), RATE_HZ, SHAPES[shape], settings)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["independent", "wind", "surf"])
def test_noise_makes_at_most_twice_as_many_arrivals_as_were_asked_for(kind, shape):
    found = heard(kind, shape)
    # What a lasting source took up was found too: it would have been an arrival.
    n = len(found.arrivals) + sum(s.n_absorbed for s in found.persistent[-1:])
    expected = ASKED_PER_DAY * HOURS / 24.0
    assert n <= 2.0 * expected
    if kind == "independent":
        assert n >= expected / 4.0
    assert not any(a.confident for a in found.arrivals)


def test_closer_windows_make_no_more():
    settings = StreamSettings(
        bands=(replace(BEAMS, step_s=2.5),),
        arrivals=ArrivalSettings(p_window=0.05, false_alarms_per_day=ASKED_PER_DAY),
    )
    found = whole_record(noise("independent", CLOSE_M), RATE_HZ, CLOSE_M, settings).arrivals
    assert len(found) <= 2.0 * ASKED_PER_DAY * HOURS / 24.0


def test_a_threshold_on_f_alone_would_not_hold():
    quiet, surf = heard("independent", "close").beams[0], heard("surf", "close").beams[0]
    threshold = np.quantile(quiet.f_statistic, 1.0 - ASKED_PER_DAY / 17_280.0)
    assert np.count_nonzero(surf.f_statistic > threshold) * 24.0 / HOURS > 10.0 * ASKED_PER_DAY
