"""How far an incident stands, in words: what keeps it low, and nothing that no instrument can say."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from trucewatch.model.incident import Influence
from trucewatch.model.instant import Interval
from trucewatch.model.suspicion import SuspicionKind, suspicion
from trucewatch.model.vocabulary import Standing
from trucewatch.report.standing_words import carried_lines, influence_text, superseded_lines, suspicion_text


def test_silence_of_others_and_doubt_are_told_only_where_something_was_taken(book):
    one = book.incidents[0]
    assert len(carried_lines(one)) == 1
    held = replace(one, standing=Standing.INDICATION, held_below="one sensor alone supports it")
    said = carried_lines(replace(held, others_silent=-3.2, owner_doubt=-1.25))
    assert "one sensor alone supports it" in said[0]
    assert "silence" in said[1] and "-3.20 of the log-odds" in said[1]
    assert "-1.25 of the log-odds; by itself no proof of anything" in said[2]


def test_nothing_left_is_not_called_impossible():
    gone = Influence(left_out="AC-1", is_owner=False, p_exists=0.0, moved_m=None)
    assert influence_text(gone) == "without AC-1: nothing would be known of it"
    little = Influence(left_out="north", is_owner=True, p_exists=0.0004, moved_m=40.0)
    assert influence_text(little).startswith("without the sensors of north: < 1 %")


def test_a_suspicion_tells_odds_and_local_times():
    when = Interval(start_utc=datetime(2025, 8, 13, tzinfo=UTC), end_utc=None)
    text = "the same onsets as at 2025-08-13T01:00:00Z came again"
    found = suspicion("AC-1", SuspicionKind.REPEATED, when, is_owner=False, log_odds=2.5, incident_ids=(), text=text)
    said = suspicion_text(found, ZoneInfo("Europe/Kyiv"))
    assert said.startswith("AC-1: the same onsets as at 13-Aug, 04:00:00 (2025-08-13T01:00:00Z) came again")
    assert said.endswith("(about 12 times likelier than all being in order)")


def test_a_finding_on_an_older_revision_is_said_to_be_one():
    assert superseded_lines([], 2) == ()
    assert superseded_lines([2], 2) == ()
    assert superseded_lines([1, 2], 2) == ()
    (said,) = superseded_lines([1, 1], 3)
    assert said.startswith("the finding on revision 1 rests on what was known then: revision 3 stands now")
