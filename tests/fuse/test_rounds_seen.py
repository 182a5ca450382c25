"""Rounds that a camera placed are rounds of the series that microphones placed, and bridge its pauses."""

from __future__ import annotations

import pytest
from made import SPEED_10C, SQUARE, heard, network, onset, still
from seen_made import CAMERAS, camera, flash

from trucewatch.fuse import fuse
from trucewatch.model.network import Network
from trucewatch.model.vocabulary import ObservationType

BOTH = Network(sensors=(*network().sensors, *(camera(c) for c in CAMERAS)))


def run(detections):
    return fuse(detections, BOTH, (still(),))


def seen(name: str, x: float, y: float, at_s: float, microphones: int = 2) -> list:
    """A flash and its sound at too few microphones for arrival times to place it."""
    said = flash(name, "CA-1", x, y, at_s, observation_type=ObservationType.EXPLOSION)
    away = [((x - sx) ** 2 + (y - sy) ** 2) ** 0.5 for sx, sy in SQUARE[:microphones]]
    return [said, *(onset(f"{name}-{n + 1}", f"AC-{n + 1}", at_s + a / SPEED_10C) for n, a in enumerate(away))]


def shells(*at_s: float) -> list:
    return [d for n, t in enumerate(at_s) for d in heard(30.0 * n, -20.0 * n, t, tag=f"r{n}")]


def test_a_round_seen_within_a_series_is_one_of_its_rounds():
    (incident,) = run([*shells(0.0, 40.0, 90.0), *seen("f", 20.0, 40.0, 65.0)])
    assert incident.count.best == 4
    assert any(s.detection_id == "f" and not s.used for s in incident.supports)


def test_a_round_seen_bridges_a_pause_of_a_series():
    apart = run(shells(0.0, 40.0, 500.0, 540.0))
    assert [i.count.best for i in apart] == [2, 2]
    (one,) = run([*shells(0.0, 40.0, 500.0, 540.0), *seen("f", 10.0, 30.0, 270.0)])
    assert one.count.best == 5
    assert (one.interval.end_utc - one.interval.start_utc).total_seconds() == pytest.approx(540.0, abs=2.0)


@pytest.mark.parametrize(("x", "y", "at_s"), [(1500.0, 900.0, 65.0), (20.0, 40.0, 900.0)])
def test_a_flash_elsewhere_or_later_is_an_event_of_its_own(x, y, at_s):
    assert len(run([*shells(0.0, 40.0, 90.0), *seen("f", x, y, at_s, 3)])) == 2
