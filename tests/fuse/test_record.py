"""Existence held against the record of its sort: curves, what stands beside what, what a record never lifts."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import SQUARE, heard, network, still

from trucewatch.fuse import FuseSettings, fuse
from trucewatch.fuse.existence import log_odds, probability
from trucewatch.fuse.record import BESIDE, OTHERS, RECORDS, Record, beside_others

PLAIN = FuseSettings(held_against_record=False)
CURVE = Record(sort="made", n=10, n_right=8, at=(0.0, 4.0, 10.0), right=(-1.0, 1.0, 3.0))


def test_a_curve_goes_through_its_knots_and_is_straight_between():
    slope = 0.005
    assert CURVE.log_odds(10.0) == pytest.approx(3.0)
    assert CURVE.log_odds(2.0) == pytest.approx(0.0 - 8.0 * slope)
    assert CURVE.log_odds(-5.0) == pytest.approx(-1.0 - 5.0 - 15.0 * slope)


@pytest.mark.parametrize("sort", sorted(RECORDS))
def test_no_curve_falls_where_the_sum_rises(sort):
    record = RECORDS[sort]
    assert list(record.at) == sorted(record.at)
    found = [record.log_odds(0.5 * t) for t in range(-60, 61)]
    assert all(a < b for a, b in itertools.pairwise(found))
    assert 0 <= record.n_right <= record.n


def test_the_common_sorts_have_a_record():
    assert {BESIDE, OTHERS, "arrivals at 9 or more", "arrivals at 4 or more", "fire"} <= set(RECORDS)


@given(st.floats(-29.0, 29.0))
def test_log_odds_and_probability_undo_each_other(total):
    assert log_odds(probability(total)) == pytest.approx(total, abs=1e-2)


def test_the_sum_that_is_shown_makes_the_probability_that_is_stated():
    (plain,) = fuse(heard(0.0, 0.0, 0.0), network(), (still(),), PLAIN)
    (held,) = fuse(heard(0.0, 0.0, 0.0), network(), (still(),))
    assert held.p_exists < plain.p_exists
    said = next(s for s in held.rationale if s.startswith("held against its record"))
    change = float(said.rsplit("log-odds ", 1)[1].rstrip(")"))
    assert log_odds(held.p_exists) == pytest.approx(log_odds(plain.p_exists) + change, abs=0.01)
    assert (held.time, held.count) == (plain.time, plain.count)
    assert (held.place.lon_deg, held.place.lat_deg) == (plain.place.lon_deg, plain.place.lat_deg)
    assert held.place.var_east_m2 >= plain.place.var_east_m2


def test_two_bangs_of_one_place_some_minutes_apart_may_be_one_series_and_are_told_so():
    both = [*heard(0.0, 0.0, 0.0, tag="a"), *heard(20.0, 10.0, 700.0, SQUARE[:5], tag="b")]
    incidents = fuse(both, network(), (still(),), PLAIN)
    assert beside_others(incidents) == [False, True]
    assert beside_others(incidents[::-1]) == [True, False]


@pytest.mark.parametrize(("x", "seconds"), [(900.0, 700.0), (20.0, 4_000.0)])
def test_what_is_elsewhere_or_much_later_stands_beside_nothing(x, seconds):
    both = [*heard(0.0, 0.0, 0.0, tag="a"), *heard(x, 10.0, seconds, tag="b")]
    assert beside_others(fuse(both, network(), (still(),), PLAIN)) == [False, False]
