"""Launch and impact: shots of known truth are linked, bangs that merely follow each other are not."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from made import T0, heard, network, place, still

from trucewatch.fuse import fuse, inherit
from trucewatch.fuse.links import TRAJECTORIES, density, linked
from trucewatch.model.ids import content_id
from trucewatch.model.incident import KindProbability
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.vocabulary import ObservationType, Relation


@pytest.fixture(scope="module")
def bang():
    """One located explosion to make others of."""
    (one,) = [i for i in fuse(heard(0.0, 0.0, 0.0), network(), (still(),)) if i.place is not None]
    return replace(one, kinds=(KindProbability(kind=ObservationType.EXPLOSION, p=1.0),))


def _at(bang, name, x, y, seconds):
    utc = T0 + timedelta(seconds=float(seconds))
    return replace(
        bang,
        id=content_id("inc", name.encode()),
        place=place(float(x), float(y), 15.0),
        time=Instant(utc=utc, sigma_s=0.05),
        interval=Interval(start_utc=utc, end_utc=utc),
    )


def _shot(rng):
    """Return range and time of flight of a mortar in thin air, by stepping its motion with drag."""
    speed, elevation = rng.uniform(160.0, 300.0), np.radians(rng.uniform(50.0, 75.0))
    velocity, at, step = speed * np.array([np.cos(elevation), np.sin(elevation)]), np.zeros(2), 0.02
    n = 0
    while n == 0 or at[1] > 0:
        velocity = velocity - step * (np.array([0.0, 9.81]) + 6e-5 * np.hypot(*velocity) * velocity)
        at, n = at + step * velocity, n + 1
    return at[0], n * step


def _day(bang, rng, n_shots, n_bangs):
    rows = []
    for k in range(n_shots):
        x, y, at, toward = *rng.uniform(-8_000, 8_000, 2), rng.uniform(0, 86_400), rng.uniform(0, 2 * np.pi)
        away, flight = _shot(rng)
        rows.append((f"l{k}", x, y, at))
        rows.append((f"i{k}", x + away * np.sin(toward), y + away * np.cos(toward), at + flight))
    rows += [(f"b{k}", *rng.uniform(-10_000, 10_000, 2), rng.uniform(0, 86_400)) for k in range(n_bangs)]
    rows.sort(key=lambda r: r[3])
    return [r[0] for r in rows], linked([_at(bang, *r) for r in rows])


def test_launches_and_impacts_are_linked_and_chance_is_not(bang):
    rng = np.random.default_rng(4)
    right = wrong = shots = 0
    for _ in range(6):
        names, incidents = _day(bang, rng, 10, 30)
        by_id = {i.id: n for n, i in zip(names, incidents, strict=True)}
        shots += 10
        for name, i in zip(names, incidents, strict=True):
            for link in i.links:
                if link.relation is Relation.LAUNCH_OF:
                    other = by_id[link.incident_id]
                    ok = name[0] == "l" and other == "i" + name[1:]
                    right, wrong = right + ok, wrong + (not ok)
    assert right >= 0.6 * shots
    assert wrong <= 0.1 * (right + wrong)


def test_a_barrage_links_nothing(bang):
    """At twelve bangs a minute anything fits anything."""
    rng = np.random.default_rng(9)
    incidents = [_at(bang, f"x{k}", *rng.uniform(-5_000, 5_000, 2), 5.0 * k) for k in range(120)]
    n_linked = sum(bool(i.links) for i in linked(incidents))
    assert n_linked <= 12


def test_links_point_both_ways_and_say_why(bang):
    away, flight = _shot(np.random.default_rng(1))
    launch, impact = linked([_at(bang, "a", 0, 0, 0), _at(bang, "b", away, 0, flight)])
    assert launch.links[0].relation is Relation.LAUNCH_OF
    assert launch.links[0].incident_id == impact.id
    assert impact.links[0].relation is Relation.IMPACT_OF
    assert "by chance at the local rate" in launch.links[0].reason
    assert launch.id != impact.id


def test_links_follow_incidents_that_keep_their_names(bang):
    away, flight = _shot(np.random.default_rng(1))
    old = linked([_at(bang, "a", 0, 0, 0), _at(bang, "b", away, 0, flight)])
    supports = [(replace(old[0].supports[0], detection_id=n),) for n in ("p", "q")]
    before = [replace(i, supports=s) for i, s in zip(old, supports, strict=True)]
    renamed = [_at(bang, "c", 0, 0, 0), _at(bang, "d", away, 0, flight)]
    after = inherit(before, linked([replace(i, supports=s) for i, s in zip(renamed, supports, strict=True)]))
    assert [i.id for i in after] == [i.id for i in old]
    assert after[0].links[0].incident_id == old[1].id
    assert after[1].links[0].incident_id == old[0].id


@pytest.mark.parametrize("trajectory", TRAJECTORIES, ids=lambda t: t.name)
def test_density_is_one_over_time_and_nought_out_of_reach(trajectory):
    middle = sum(trajectory.range_m) / 2
    seconds = np.arange(0.0, 200.0, 0.1)
    low, high = trajectory.range_m
    total = sum(density(trajectory, middle, float(s), 0.5) for s in seconds) * 0.1
    assert total * np.pi * (high**2 - low**2) == pytest.approx(1.0, abs=0.01)
    assert density(trajectory, high * 1.1, 30.0, 0.5) == 0.0
