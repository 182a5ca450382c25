from __future__ import annotations

import math
from datetime import timedelta

import pytest

from trucewatch.assess import assess
from trucewatch.geo import destination
from trucewatch.model.agreement import Acknowledgement
from trucewatch.model.count import Count
from trucewatch.model.incident import Sector
from trucewatch.model.instant import Instant
from trucewatch.model.vocabulary import Compliance, CountQuality


@pytest.fixture
def held(incident, agree, activity, rule):
    """Assess an incident against the one term, with one announced activity."""

    def held(changes=None, **incident_changes):
        activities = (activity(**(changes or {})),)
        return assess(incident(**incident_changes), agree(exceptions=(rule,)), activities)[0]

    return held


def notified(result):
    return next(p for p in result.trace if p.name == "notified")


def off(metres, sigma, at):
    lon, lat = destination(37.9, 48.1, 90.0, metres)
    return at(float(lon), float(lat), sigma)


def test_an_announced_demolition_complies(held):
    result = held()
    assert (result.result, result.exempted_by) == (Compliance.COMPLIED, "N-17")
    assert result.p_violated < 0.01
    assert notified(result).p == pytest.approx(1.0, abs=1e-3)


def test_without_the_exception_in_the_term_it_does_not(incident, agree, activity):
    assert assess(incident(), agree(), (activity(),))[0].result is Compliance.VIOLATED


def test_another_kind_of_activity_does_not_exempt(held):
    assert held({"kind": "live_fire"}).result is Compliance.VIOLATED


def test_the_disc_is_integrated_with_both_errors(held, at):
    """Centred, the two errors add to a circle of sigma s: the disc holds 1 - exp(-R^2 / 2 s^2)."""
    result = held(place=at(sigma=300.0))
    variance = 300.0**2 + 100.0**2
    assert notified(result).p == pytest.approx(1.0 - math.exp(-(500.0**2) / (2.0 * variance)), abs=1e-3)


def test_too_far_away(held, at):
    result = held(place=off(1500.0, 50.0, at))
    assert result.result is Compliance.VIOLATED
    assert "No announced activity" in notified(result).text


@pytest.mark.parametrize(("metres", "expected"), [(450.0, Compliance.COMPLIED), (550.0, Compliance.VIOLATED)])
def test_a_match_below_one_half_does_not_exempt(held, at, metres, expected):
    result = held(place=off(metres, 50.0, at))
    assert result.result is expected
    assert (notified(result).p >= 0.5) == (expected is Compliance.COMPLIED)
    assert result.p_violated == pytest.approx(0.99 * (1.0 - notified(result).p), abs=1e-6)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-76, Compliance.VIOLATED), (-74, Compliance.COMPLIED), (74, Compliance.COMPLIED), (76, Compliance.VIOLATED)],
)
def test_the_time_with_its_margin(held, incident, minutes, expected):
    moment = incident().time.utc + timedelta(minutes=minutes)
    assert held(time=Instant(utc=moment, sigma_s=1.0)).result is expected


def test_what_looks_different_is_not_explained(held):
    result = held(kinds={"shot": 1.0})
    assert result.result is Compliance.VIOLATED
    assert "does not explain it" in notified(result).text


def test_more_rounds_than_announced_need_a_ruling(held):
    result = held(count=Count.exactly(7))
    assert (result.result, result.exempted_by) == (Compliance.INDETERMINATE, None)
    assert "at least 7 recorded, but at most 6 announced" in result.needs_ruling
    assert result.p_violated == pytest.approx(0.99, abs=1e-6)


def test_a_count_that_may_exceed(held):
    mostly_within = held(count=Count(low=4, best=5, high=7))
    assert (mostly_within.result, notified(mostly_within).p) == (Compliance.COMPLIED, pytest.approx(0.75, abs=1e-3))
    mostly_beyond = held(count=Count(low=5, best=8, high=12))
    assert mostly_beyond.result is Compliance.INDETERMINATE
    unbounded = held(count=Count(low=2, best=None, high=None, quality=CountQuality.UNCOUNTABLE))
    assert (unbounded.result, notified(unbounded).p) == (Compliance.INDETERMINATE, None)


@pytest.mark.parametrize(
    ("best", "p", "expected"),
    [
        (2, 1 - math.exp(-5 / 2), Compliance.COMPLIED),
        (5, 1 - math.exp(-2 / 5), Compliance.INDETERMINATE),
        (7, 0.0, Compliance.INDETERMINATE),
    ],
)
def test_an_open_count_falls_off_beyond_its_best_number(held, best, p, expected):
    result = held(count=Count(low=2, best=best, high=None, quality=CountQuality.AT_LEAST))
    assert notified(result).p == pytest.approx(p, abs=1e-3)
    assert result.result is expected


def test_without_an_announced_number_any_count_fits(held):
    assert held({"max_count": None}, count=Count.exactly(60)).result is Compliance.COMPLIED


def test_late_notice_needs_a_ruling_and_is_named(held):
    result = held({"notified_utc": "2025-08-13T09:00:00Z"})
    assert result.result is Compliance.INDETERMINATE
    assert "announced 2 h before, late: the term asks for 24 h" in result.needs_ruling
    after = held({"notified_utc": "2025-08-13T14:00:00Z"})
    assert "after it began, late" in after.needs_ruling


def test_missing_acknowledgements_are_named_but_do_not_undo_the_exemption(held):
    acknowledgements = (
        Acknowledgement(recipient="Unit 3", at=""),
        Acknowledgement(recipient="JCCC", at="2025-08-12T10:00Z"),
    )
    result = held({"acknowledgements": acknowledgements})
    assert result.result is Compliance.COMPLIED
    assert "not acknowledged by Unit 3" in notified(result).text
    assert "no acknowledgement is recorded" in notified(held({"acknowledgements": ()})).text


def test_a_place_too_wide_to_tell_needs_a_ruling(held, at):
    assert held(place=at(sigma=1500.0)).result is Compliance.INDETERMINATE
    assert "too wide to tell" in held(place=at(sigma=1500.0)).needs_ruling


def test_a_time_too_wide_to_tell_needs_a_ruling(held, incident):
    result = held(time=Instant(utc=incident().time.utc, sigma_s=4 * 3600.0))
    assert "too wide to tell" in result.needs_ruling


@pytest.mark.parametrize(("bearing", "expected"), [(90.0, Compliance.INDETERMINATE), (0.0, Compliance.VIOLATED)])
def test_an_incident_known_by_its_direction(incident, agree, activity, rule, at, bearing, expected):
    origin = at(37.85, 48.1, 10.0)
    sector = Sector(origin=origin, bearing_deg=bearing, half_width_deg=11.25, range_m=(2000.0, 6000.0))
    (result,) = assess(incident(place=None, sector=sector), agree(exceptions=(rule,)), (activity(),))
    assert result.result is expected


def test_the_best_of_several_activities_exempts_whatever_their_order(incident, agree, activity, rule, at):
    near = activity(id="N-2", place=at(sigma=100.0))
    exceeded = activity(id="N-1", max_count=1)
    for order in ((near, exceeded), (exceeded, near)):
        (result,) = assess(incident(), agree(exceptions=(rule,)), order)
        assert (result.result, result.exempted_by) == (Compliance.COMPLIED, "N-2")
        assert [p.text[:3] for p in result.trace if p.name == "notified"] == ["N-2", "N-1"]
