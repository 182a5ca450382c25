"""PyOcto's own test data: a simulated day of 50 earthquakes below Chile, with 110 picks that belong to nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trucewatch.fuse.phase_events import phase_events
from trucewatch.fuse.phase_felt import stations_of
from trucewatch.fuse.phase_picks import picks_of
from trucewatch.fuse.phase_settings import PhaseSettings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def day():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import phase_association
    finally:
        sys.path.pop(0)
    return phase_association


def found(day, rows, says=True):
    own, network = PhaseSettings(ground=day.ground()), day.network_of()
    picks = picks_of([day.detection_of(n, r, says=says) for n, r in enumerate(rows)], network, own)
    events = phase_events(picks, stations_of(network, own), own)
    return [[int(picks.detections[m.pick].id) for m in e.members] for e in events], events


def test_every_event_is_found_and_nothing_else(day):
    rows = day.pick_rows()
    members, events = found(day, rows)
    scores = day.scores(rows, members)
    assert (scores["precision"], scores["recall"]) == (1.0, 1.0)
    assert scores["pick_precision"] > 0.99
    assert scores["pick_recall"] > 0.98
    late = [m.late_s / m.sigma_s for e in events for m in e.members]
    assert sum(abs(z) < 1.96 for z in late) / len(late) > 0.95


def test_without_the_waves_hardly_less(day):
    rows = day.pick_rows()
    scores = day.scores(rows, found(day, rows, says=False)[0])
    assert scores["precision"] == 1.0
    assert scores["recall"] >= 0.98


def test_its_false_picks_alone_make_nothing(day):
    assert found(day, [r for r in day.pick_rows() if r.event < 0])[0] == []
