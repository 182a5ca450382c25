from dataclasses import replace

from trucewatch.model.count import Count
from trucewatch.model.vocabulary import CountQuality, Description
from trucewatch.report.deciding import what_would_decide
from trucewatch.report.tally import breakdown_text, tally


def counts(book, *given):
    return [replace(book.incidents[0], id=f"inc-{n}", count=c) for n, c in enumerate(given)]


def test_bounds_are_added_one_by_one(book):
    total = tally(counts(book, Count.exactly(3), Count(low=10, best=12, high=15)))
    assert (total.low, total.best, total.high, total.n_uncounted) == (13, 15, 18, 0)
    assert total.text() == "15 (13-18) in 2 incidents"


def test_uncountable_adds_its_least_number_and_leaves_the_sum_open(book):
    endless = Count(low=1, best=None, high=None, quality=CountQuality.UNCOUNTABLE)
    overlapping = Count(low=20, best=170, high=170, quality=CountQuality.OVERLAPPING)
    total = tally(counts(book, Count.exactly(3), endless, overlapping))
    assert (total.low, total.best, total.high, total.n_uncounted) == (24, 24, None, 2)


def test_nothing_is_none(book):
    assert tally(()).text() == "none"


def test_explosions_are_broken_down_as_the_smm_did(book):
    found = counts(book, Count.exactly(28), Count.exactly(3), Count.exactly(1))
    found[1] = replace(found[1], description=Description.AIRBURST)
    found[2] = replace(found[2], description=Description.IMPACT)
    said = breakdown_text(found)
    assert said == "Explosions assessed as violations: 32 in 3 incidents (1 impact, 3 airbursts and 28 undetermined)."


def test_there_is_always_something_that_would_decide(book):
    open_one = book.assessments[1]
    assert "430 m" in what_would_decide(open_one)[0]
    no_margin = replace(open_one, distance_to_line_m=None)
    assert what_would_decide(no_margin)[0].startswith("A position")
    question = replace(open_one, p_inside=0.99, trace=(replace(open_one.trace[0], p=0.4, text="unclear"),))
    assert what_would_decide(question) == ("An answer to: inside zone (unclear)",)
    nothing = replace(open_one, p_inside=0.99, trace=())
    assert "another kind of source" in what_would_decide(nothing)[0]


def test_a_lone_and_badly_placed_report_needs_a_place_and_a_second_source(book):
    one = replace(book.assessments[1], distance_to_line_m=None, p_inside=0.66)
    lone = replace(one.trace[0], name="exists", p=0.88, text="It happened with probability 0.88.")
    result = replace(one.trace[0], name="result", p=0.57, text="Indeterminate.")
    place, second = what_would_decide(replace(one, trace=(lone, result)))
    assert place.startswith("A position")
    assert "another kind of source (it happened: 88 % (likely)" in second
    (only,) = what_would_decide(replace(one, p_inside=0.99, trace=(replace(lone, p=0.92), result)))
    assert only.startswith("An answer to: exists")


def test_a_direction_without_a_distance_needs_a_place(book):
    unplaced = replace(book.assessments[1].trace[0], name="inside zone", p=None, text="Only a direction is known.")
    assert what_would_decide(replace(book.assessments[1], p_inside=None, trace=(unplaced,))) == (
        "A position: an independent bearing, a located sound or a visit to the place.",
    )
