"""People of a theatre: what they tell is about right, and wrong as people are."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from trucewatch.geo import bearing_deg, distance_m
from trucewatch.model.vocabulary import Description, Means, ObservationType
from trucewatch.simulate import PRESETS, theatre_day
from trucewatch.simulate.preset import NetworkPlan


@pytest.fixture(scope="module")
def told():
    """Reports of many posts on days with explosions only, each with the event that it may be of."""
    posts = NetworkPlan(n_rows=1, spacing_m=20_000.0, posts_every_m=2_000.0, patrols_every_m=np.inf)
    plan = replace(PRESETS["quiet_day"], per_day={"explosion": 150.0}, network=posts, name="posts")
    pairs = []
    for seed in range(2):
        day = theatre_day(plan, seed)
        for r in day.reports:
            near = min(day.truth, key=lambda t: abs(t.start_utc - r.time.start_utc))
            pairs.append((r, near))
    return pairs


def _close(told):
    return [(r, t) for r, t in told if abs(t.start_utc - r.time.start_utc) < timedelta(minutes=3)]


def test_most_reports_are_of_something_that_happened(told):
    assert len(told) > 100
    assert len(_close(told)) > 0.9 * len(told)
    assert {r.means for r, _ in told} == {Means.HEARD}
    assert {r.observation_type for r, _ in told} == {ObservationType.EXPLOSION}


def test_some_are_an_hour_off(told):
    hours = [
        r
        for r, t in told
        if any(abs(t.start_utc - r.time.start_utc - timedelta(hours=h)) < timedelta(minutes=3) for h in (-1, 1))
    ]
    assert len(hours) < 0.05 * len(told)


def test_directions_are_winds_about_the_true_one(told):
    off = []
    for r, t in _close(told):
        assert all(b % 22.5 == 0.0 for b in r.bearings_deg)
        if len(r.bearings_deg) == 1:
            true = bearing_deg(r.observer_place.lon_deg, r.observer_place.lat_deg, t.lon_deg, t.lat_deg)
            off.append(float((r.bearings_deg[0] - true + 180.0) % 360.0 - 180.0))
    # 12 degrees of judgement and a sector of 22.5; events that overlap in time add a few that are of another.
    assert np.median(np.abs(off)) < 14.0
    assert abs(np.median(off)) < 4.0


def test_distances_are_bands_that_are_often_off(told):
    inside = []
    for r, t in _close(told):
        if r.range_m is not None:
            true = float(distance_m(r.observer_place.lon_deg, r.observer_place.lat_deg, t.lon_deg, t.lat_deg))
            inside.append(r.range_m[0] <= true <= r.range_m[1])
    unsaid = sum(r.range_m is None for r, _ in told) / len(told)
    assert 0.2 < unsaid < 0.4
    assert 0.35 < np.mean(inside) < 0.9


def test_few_say_what_it_was(told):
    share = np.mean([r.description is Description.UNDETERMINED for r, _ in told])
    assert 0.4 < share < 0.8
