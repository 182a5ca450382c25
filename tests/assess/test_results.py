from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.assess import assess, geometry
from trucewatch.model.assessment import Assessment
from trucewatch.model.incident import Charge, Sector
from trucewatch.model.instant import Instant
from trucewatch.model.vocabulary import Compliance
from trucewatch.model.wire import from_bytes, to_bytes


def test_the_trace_of_a_violation_word_for_word(incident, agree, rule):
    (result,) = assess(incident(), agree(zone_ids=("box", "band"), exceptions=(rule,)), ())
    assert [(p.name, p.text) for p in result.trace] == [
        ("exists", "The incident happened with probability 0.99."),
        (
            "kind is prohibited",
            "It was explosion (1); the term prohibits explosion or shot. Of a prohibited kind with probability 1.",
        ),
        ("weapon class", "The term applies whatever the weapon."),
        (
            "in force",
            "It happened at 2025-08-13T12:00:00Z (standard error 1 s); the term applies from 2025-08-01T00:00 until "
            "2025-10-01T00:00 (Europe/Kyiv). In force with probability 1.",
        ),
        (
            "inside zone",
            "Located with a standard error of 50 m. The term applies inside “Box” or “Band”: there "
            "with probability 1. It lies 7.4 km ± 50 m left of “Contact line”, seen along that line.",
        ),
        ("notified", "No announced activity that the term accepts was near in place and time."),
        (
            "result",
            "Violated. Every condition of the term is met and nothing exempts it. Probability of a violation: 0.99.",
        ),
    ]


def test_the_trace_of_an_explained_incident_word_for_word(incident, agree, activity, rule):
    (result,) = assess(incident(), agree(exceptions=(rule,)), (activity(),))
    said = [p.text for p in result.trace if p.name in ("notified", "result")]
    assert said == [
        "N-17 (demolition, announced by A) explains it: 0 m from the announced place (radius 500 m), within it with "
        "probability over 0.99; within the announced time (margin 15 min) with probability 1; looks like what was "
        "announced with probability 1; 3 recorded, at most 6 announced; charge up to 100 kg announced, which is not "
        "compared: the incident's size is not known; announced 26 h before.",
        "Complied. The announced activity N-17 explains it. Probability of a violation: under 0.01.",
    ]


def test_an_announced_charge_is_said_not_to_be_compared_with_the_size_heard(incident, agree, activity, rule):
    heard = replace(incident(), charge=Charge(low_kg=2.0, best_kg=10.0, high_kg=100.0, features=()))
    (result,) = assess(heard, agree(exceptions=(rule,)), (activity(),))
    (said,) = [p.text for p in result.trace if p.name == "notified"]
    assert "charge up to 100 kg announced, which is not compared with the size that sound gives" in said


def test_an_open_word_that_decides_needs_a_ruling(incident, agree, word, at):
    agreement = agree(open_words=(word,))
    (result,) = assess(incident(), agreement, ())
    assert result.result is Compliance.INDETERMINATE
    assert (
        result.needs_ruling
        == "What “around” means: Party A reads it as “within 2 km”; Party B reads it as “within 5 km”."
    )
    (elsewhere,) = assess(incident(place=at(36.5, 47.0)), agreement, ())
    assert (elsewhere.result, elsewhere.needs_ruling) == (Compliance.NOT_APPLICABLE, None)


def test_an_exception_that_only_a_ruling_decides(incident, agree, ruling, rule, activity):
    (result,) = assess(incident(), agree(exceptions=(ruling,)), ())
    assert (result.result, result.needs_ruling) == (
        Compliance.INDETERMINATE,
        "Whether an exception applies: Return fire.",
    )
    (explained,) = assess(incident(), agree(exceptions=(ruling, rule)), (activity(),))
    assert (explained.result, explained.needs_ruling) == (Compliance.COMPLIED, None)


def test_it_names_what_it_was_made_from(incident, agree):
    agreement = agree()
    (result,) = assess(incident(revision=3), agreement, ())
    assert (result.incident_id, result.incident_revision) == ("inc-1", 3)
    assert (result.agreement_id, result.agreement_version, result.agreement_sha256) == ("drawn", "1", "0" * 64)
    assert result.method == "assess/1 (exists 0.9, inside 0.05-0.95, kind 0.8, match 0.5)"


def test_ids_differ_by_term_and_survive_a_revision(incident, agree, term):
    agreement = agree(term, replace(term, id="T2"))
    first, second = assess(incident(), agreement, ())
    assert first.id != second.id
    assert first.id.startswith("ass-")
    assert assess(incident(revision=2), agreement, ())[0].id == first.id


def test_prepared_geometry_changes_nothing(incident, agree, term):
    agreement = agree(term, replace(term, id="T2", zone_ids=("band",), outside_zone_ids=("hole",)))
    assert assess(incident(), agreement, (), geometry=geometry(agreement)) == assess(incident(), agreement, ())


def test_the_order_of_terms_does_not_matter(incident, agree, term, rule, word, activity):
    terms = (
        term,
        replace(term, id="T2", zone_ids=("band",), outside_zone_ids=("hole",)),
        replace(term, id="T3", zone_ids=(), exceptions=(rule,), open_words=(word,)),
    )
    forward = assess(incident(), agree(*terms), (activity(),))
    backward = assess(incident(), agree(*terms[::-1]), (activity(),))
    assert forward == backward[::-1]


@pytest.fixture(scope="module")
def everything(agree, term, rule):
    agreement = agree(
        replace(term, zone_ids=("box", "band"), outside_zone_ids=("hole",), exceptions=(rule,)),
        replace(term, id="T2", zone_ids=(), outside_zone_ids=("box",)),
    )
    return agreement, geometry(agreement)


PROBABILITIES = st.floats(0.0, 1.0)


@settings(max_examples=60, deadline=None)
@given(
    lon=st.floats(36.0, 40.0),
    lat=st.floats(47.0, 50.0),
    sigma=st.sampled_from([0.0, 1.0, 100.0, 5_000.0, 200_000.0]),
    p_exists=PROBABILITIES,
    p_kind=PROBABILITIES,
    hours=st.integers(-2000, 2000),
    time_sigma=st.sampled_from([0.0, 1.0, 3600.0, 1e6]),
    form=st.sampled_from(["place", "sector", "open sector", "nothing"]),
)
def test_every_probability_is_one_and_the_same_input_gives_the_same_bytes(
    incident, everything, activity, at, lon, lat, sigma, p_exists, p_kind, hours, time_sigma, form
):
    agreement, shapes = everything
    place = at(lon, lat, sigma)
    range_m = None if form == "open sector" else (500.0, 9000.0)
    sector = Sector(origin=place, bearing_deg=hours % 360, half_width_deg=11.25, range_m=range_m)
    event = incident(
        kinds={"explosion": p_kind, "burst": 1.0 - p_kind},
        place=place if form == "place" else None,
        sector=sector if "sector" in form else None,
        time=Instant(utc=incident().time.utc + timedelta(hours=hours), sigma_s=time_sigma),
        p_exists=p_exists,
    )
    results = assess(event, agreement, (activity(),), geometry=shapes)
    for result in results:
        p = [result.p_violated, result.p_inside, *(step.p for step in result.trace)]
        assert all(value is None or 0.0 <= value <= 1.0 for value in p)
        assert result.result is not Compliance.VIOLATED or p_exists >= 0.9
        assert (result.exempted_by is not None) == (result.result is Compliance.COMPLIED)
        assert from_bytes(Assessment, to_bytes(result)) == result
    assert to_bytes(results) == to_bytes(assess(event, agreement, (activity(),), geometry=shapes))
