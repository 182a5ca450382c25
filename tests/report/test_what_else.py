"""Odds, deciders and moments as people read them."""

import math
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from trucewatch.model.incident import Alternative, Decider
from trucewatch.report import what_else, words

KYIV = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize(
    ("log_odds", "said"),
    [
        (0.0, "about as likely as"),
        (-0.05, "about as likely as"),
        (math.log(2.0), "about 2.0 times likelier than"),
        (-math.log(6.2), "about 6.2 times less likely than"),
        (-math.log(9.97), "about 10 times less likely than"),
        (-math.log(148.0), "about 150 times less likely than"),
        (-math.log(1001.0), "more than 1,000 times less likely than"),
        (-800.0, "more than 1,000 times less likely than"),
    ],
)
def test_odds_are_told_as_times(log_odds, said):
    assert what_else.odds_text(log_odds) == said


def test_moments_of_a_sentence_get_their_local_time_in_summer_and_in_winter():
    said = words.with_local_times("found at 2025-08-13T21:41:30Z and at 2025-01-02T03:04:05.678Z", KYIV)
    assert said == "found at 14-Aug, 00:41:30 (2025-08-13T21:41:30Z) and at 02-Jan, 05:04:05 (2025-01-02T03:04:05.678Z)"


@pytest.mark.parametrize("text", ["in force from 2025-07-14T00:00 without end", "2025-07-14", "no moment at all", ""])
def test_what_is_no_moment_in_utc_is_left_as_it_is(text):
    assert words.with_local_times(text, KYIV) == text


def test_an_alternative_is_told_with_its_odds_and_a_decider_with_its_bits():
    other = Alternative(text="this and what was found at 2025-08-13T01:41:30Z are one event", log_odds=-1.83)
    said = what_else.alternative_text(other, KYIV)
    assert said.startswith("this and what was found at 13-Aug, 04:41:30 (2025-08-13T01:41:30Z) are one event: ")
    assert said.endswith("about 6.2 times less likely than what is taken (log-odds -1.83)")
    assert what_else.decider_text(Decider(text="a patrol", gain_bits=0.128), KYIV) == "a patrol: 0.13 bits"


def test_a_likelier_explanation_is_warned_of_and_a_less_likely_one_is_not(book):
    one = book.incidents[0]
    other = Alternative(text="one event, told of twice", log_odds=-0.4)
    assert what_else.likelier_text(replace(one, alternatives=(other,))) == ""
    assert what_else.likelier_briefly(replace(one, alternatives=(other,))) == ""
    likelier = replace(one, alternatives=(replace(other, log_odds=0.4), other))
    lines = what_else.alternative_lines(likelier, KYIV)
    assert lines[0] == what_else.likelier_text(likelier) != ""
    assert len(lines) == 3
    assert what_else.alternative_lines(replace(one, alternatives=()), KYIV) == (what_else.NO_ALTERNATIVE,)
    assert what_else.decider_lines(replace(one, deciders=()), KYIV) == (what_else.NO_DECIDER,)
