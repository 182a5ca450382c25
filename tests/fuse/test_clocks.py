"""A sensor whose clock is wrong is found, corrected and named, and does not hurt; one that is right is left alone."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from made import T0, heard, metres, network, onset, still

from trucewatch.fuse import fuse
from trucewatch.fuse.clocks import clock_offsets
from trucewatch.model.series import BANG_PAUSE_S

NETWORK = network()
APART_S = BANG_PAUSE_S + 1.0


def _day(offset_s=0.0, drift_s_per_day=0.0, sensor="AC-3", n=12, seed=5):
    """Bangs all over for ten hours, each an incident of its own, noise at every sensor, and one clock that is off."""
    rng = np.random.default_rng(seed)
    where = rng.uniform(-500.0, 500.0, (n, 2))
    at = np.sort(rng.uniform(0.0, 36_000.0 - n * APART_S, n)) + APART_S * np.arange(n)
    right = [d for k in range(n) for d in heard(*where[k], at[k], tag=f"b{k:02d}")]
    noise = [
        onset(f"n{s}-{k}", f"AC-{s}", float(t)) for s in range(1, 7) for k, t in enumerate(rng.uniform(0, 36_000, 20))
    ]
    out = []
    for d in [*right, *noise]:
        seconds = (d.time.utc - T0).total_seconds()
        off = offset_s + drift_s_per_day * seconds / 86_400.0 if d.sensor_id == sensor else 0.0
        out.append(replace(d, time=replace(d.time, utc=d.time.utc + timedelta(seconds=off))))
    return out, where


@pytest.mark.parametrize("offset_s", [3600.0, -3600.0, 0.8, 37.0])
def test_a_clock_that_is_off_is_found(offset_s):
    detections, _ = _day(offset_s)
    found = {c.sensor_id: c for c in clock_offsets(fuse(detections, NETWORK, (still(),)), detections, NETWORK)}
    wrong = [c for c in found.values() if c.is_wrong]
    assert [c.sensor_id for c in wrong] == ["AC-3"]
    assert wrong[0].offset_s == pytest.approx(offset_s, abs=max(0.03, 3 * wrong[0].sigma_s))


def test_a_drifting_clock_is_followed():
    detections, _ = _day(offset_s=0.5, drift_s_per_day=1.0)
    (wrong,) = [c for c in clock_offsets(fuse(detections, NETWORK, (still(),)), detections, NETWORK) if c.is_wrong]
    assert wrong.drift_s_per_day == pytest.approx(1.0, abs=3 * wrong.drift_sigma_s_per_day)
    assert wrong.drift_sigma_s_per_day < 0.3


def test_right_clocks_are_said_to_be_right():
    detections, _ = _day()
    found = clock_offsets(fuse(detections, NETWORK, (still(),)), detections, NETWORK)
    assert len(found) == 6
    assert not any(c.is_wrong for c in found)


def test_an_hour_off_does_not_hurt_and_is_named():
    detections, where = _day(3600.0)
    incidents = fuse(detections, NETWORK, (still(),))
    placed = [i for i in incidents if i.place is not None and i.p_exists > 0.5]
    assert len(placed) == len(where)
    for i in placed:
        assert np.hypot(*(np.array([metres(i.place)]) - where).T).min() < 3.0
    assert any("AC-3" in s and "3600" in s for i in placed for s in i.rationale)
    used = {s.sensor_id for i in placed for s in i.supports if s.used}
    assert "AC-3" in used


def test_no_events_say_nothing():
    assert clock_offsets((), [onset("x", "AC-1", 0.0)], NETWORK) == ()
