"""Barrages far away are few events with the right number of rounds; what comes from one side all day is none."""

from __future__ import annotations

import numpy as np
import pytest
from far_made import FAR, SOURCE, array_at, far_detection, heard_far, network_of
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.fuse import fuse
from trucewatch.fuse.far_chance import with_chance
from trucewatch.fuse.far_trains import readings_of
from trucewatch.geo.geodesic import distance_m
from trucewatch.model.network import Network

N_ROUNDS, MINUTES = 30, 20.0
ARRAYS = [array_at(f"A{n}", b, r) for n, (b, r) in enumerate([(20.0, 120e3), (140.0, 110e3), (255.0, 130e3)])]
NETWORK = network_of(ARRAYS)


def barrage(seed: int, p_miss: float = 0.1, jitter_s: float = 1.5, arrays=ARRAYS):
    """Return thirty rounds at random in twenty minutes, each array with its own celerity, turn and misses."""
    rng = np.random.default_rng(seed)
    at_s = np.sort(rng.uniform(0.0, 60.0 * MINUTES, N_ROUNDS))
    heard = []
    for array in arrays:
        celerity, turn = float(rng.normal(300.0, 8.0)), float(rng.normal(0.0, 3.0))
        heard += [
            heard_far(
                array,
                float(at + rng.normal(0.0, jitter_s)),
                celerity_m_s=celerity,
                turn_deg=turn + float(rng.normal(0.0, 1.5)),
                length_s=8.0,
            )
            for at in at_s
            if rng.random() > p_miss
        ]
    return heard


def surf(seed: int, every_s: float, arrays, hours: float = 24.0):
    """Return what comes from one side all day: every array has its own moments, of one place to look at."""
    rng = np.random.default_rng(seed)
    return [
        heard_far(a, float(at), turn_deg=float(rng.normal(0.0, 3.0)), length_s=float(rng.uniform(5.0, 20.0)))
        for a in arrays
        for at in rng.uniform(0.0, 3600.0 * hours, int(3600.0 * hours / every_s))
    ]


def joined(incidents):
    return [i for i in incidents if len({s.sensor_id for s in i.supports if s.used}) > 1]


@pytest.mark.parametrize("seed", range(200, 203))
def test_thirty_rounds_in_twenty_minutes_are_few_incidents_with_their_number(seed: int):
    found = joined(fuse(barrage(seed), NETWORK))
    assert 1 <= len(found) <= 3
    assert sum(i.count.best for i in found) == pytest.approx(N_ROUNDS, abs=3)
    assert sum(i.count.low for i in found) <= N_ROUNDS
    assert all(i.p_exists > 0.95 for i in found)
    surest = max(found, key=lambda i: i.count.best)
    assert distance_m(surest.place.lon_deg, surest.place.lat_deg, *SOURCE) < 20_000.0
    assert any("with the same pauses" in r for r in surest.rationale)


def test_a_barrage_within_a_day_of_other_arrivals_is_found_too():
    rng = np.random.default_rng(210)
    others = [
        far_detection(name, lon, lat, float(rng.uniform(-12, 12) * 3600.0), bearing_deg=float(rng.uniform(0, 360)))
        for name, lon, lat in ARRAYS
        for _ in range(12)
    ]
    surest = max(joined(fuse([*barrage(210), *others], NETWORK)), key=lambda i: i.p_exists)
    assert surest.count.best == pytest.approx(N_ROUNDS, abs=3)


def test_a_barrage_in_ducts_that_take_turns_has_no_more_rounds_than_there_were():
    rng = np.random.default_rng(220)
    at_s = np.sort(rng.uniform(0.0, 60.0 * MINUTES, N_ROUNDS))
    ducts = [
        heard_far(a, float(t), celerity_m_s=float(rng.choice([255.0, 297.0, 332.0]))) for a in ARRAYS for t in at_s
    ]
    (incident,) = joined(fuse(ducts, NETWORK))
    assert 1 <= incident.count.low <= incident.count.best <= N_ROUNDS
    assert incident.count.best >= 10


def test_one_explosion_in_three_ducts_is_one_round():
    ducts = [heard_far(a, celerity_m_s=c) for a in ARRAYS for c in (330.0, 297.0, 255.0)]
    (incident,) = joined(fuse(ducts, NETWORK))
    assert (incident.count.low, incident.count.best) == (1, 1)


@pytest.mark.parametrize(("every_s", "n_arrays"), [(90.0, 2), (600.0, 3)])
def test_a_day_from_one_side_makes_no_event(every_s: float, n_arrays: int):
    arrays = ARRAYS[:n_arrays]
    assert joined(fuse(surf(230 + n_arrays, every_s, arrays), network_of(arrays))) == []


def test_rounds_of_a_barrage_do_not_count_as_chance_against_each_other_but_surf_does():
    lone = with_chance(readings_of([heard_far(ARRAYS[0], 600.0)], Network(sensors=()), FAR), frozenset(), FAR)
    one = [d for d in barrage(240) if d.sensor_id == "A0"]
    rounds = with_chance(readings_of(one, Network(sensors=()), FAR), frozenset(), FAR)
    waves = with_chance(readings_of(surf(241, 300.0, ARRAYS[:1]), Network(sensors=()), FAR), frozenset(), FAR)
    assert max(r.chance for r in rounds) < 1.5 * lone[0].chance
    assert min(r.chance for r in waves) > 20.0 * lone[0].chance


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_trains_do_not_depend_on_the_order_of_arrivals(rng):
    heard = barrage(250)
    mixed = list(heard)
    rng.shuffle(mixed)
    assert readings_of(mixed, NETWORK, FAR) == readings_of(heard, NETWORK, FAR)
