"""What happened is parted into incidents where it pauses for longer than one incident does."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import numpy as np
import pytest

from trucewatch.model.series import BANG_PAUSE_S, GUNFIRE_PAUSE_S, longest_pause_s
from trucewatch.model.vocabulary import ObservationType
from trucewatch.simulate import theatre_day
from trucewatch.simulate.hearing import joined
from trucewatch.simulate.incidents import incidents_of
from trucewatch.simulate.preset import Preset
from trucewatch.simulate.schedule import happenings
from trucewatch.simulate.theatre import open_theatre

PLAN = Preset(
    name="made",
    summary="clearance and guns, by day",
    start_utc=datetime(2025, 8, 13, 8, 0, tzinfo=UTC),
    hours=3,
    per_day={"mine_clearance": 40.0, "burst": 40.0},
)


@pytest.fixture(scope="module")
def happened():
    theatre = open_theatre(PLAN, 3)
    return [h for hour in range(PLAN.hours) for h in happenings(theatre.scene, 3, hour)]


def test_incidents_hold_all_rounds_and_no_pause_too_long(happened):
    several = 0
    for h in happened:
        parts, pause_s = incidents_of(h, joined([])), longest_pause_s(h.truth.kind)
        several += len(parts) > 1
        assert sum(p.count for p in parts) == h.truth.count
        assert len({p.id for p in parts}) == len(parts)
        assert (parts[0].id, parts[0].start_utc) == (h.truth.id, h.truth.start_utc)
        assert abs((parts[-1].end_utc - h.truth.end_utc).total_seconds()) < 1e-5
        pauses = [(b.start_utc - a.end_utc).total_seconds() for a, b in itertools.pairwise(parts)]
        assert all(p > pause_s - 1e-5 for p in pauses)
    assert several > 3


def test_the_middle_of_the_incidents_is_that_of_the_whole(happened):
    h = max(happened, key=lambda h: len(incidents_of(h, joined([]))))
    parts = incidents_of(h, joined([]))
    weight = np.array([p.count for p in parts])
    assert weight @ [p.lon_deg for p in parts] / weight.sum() == pytest.approx(h.truth.lon_deg, abs=1e-7)
    assert weight @ [p.lat_deg for p in parts] / weight.sum() == pytest.approx(h.truth.lat_deg, abs=1e-7)


def test_each_incident_is_heard_by_who_heard_its_best_round():
    day = theatre_day(PLAN, 3)
    assert max(t.n_sensors for t in day.truth) >= 3
    assert len({t.id for t in day.truth}) == len(day.truth)


def test_gunfire_and_bangs_have_pauses_of_their_own():
    assert longest_pause_s(ObservationType.BURST) == GUNFIRE_PAUSE_S < BANG_PAUSE_S
    assert longest_pause_s(ObservationType.EXPLOSION) == BANG_PAUSE_S
