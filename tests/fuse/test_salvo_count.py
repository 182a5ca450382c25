"""Rounds that were located and rounds that sensors counted by themselves, taken together."""

from dataclasses import replace

import pytest
from made import heard, network, onset, still

from trucewatch.fuse import fuse
from trucewatch.fuse.salvo_count import most_counted
from trucewatch.model.detection import Detection, Feature
from trucewatch.model.vocabulary import CountQuality


def _counting(detection: Detection, rounds: int, weapons: int = 1) -> Detection:
    said = (("burst_rounds", rounds), ("burst_weapons", weapons))
    return replace(detection, features=tuple(Feature(name=n, value=float(v), unit="1") for n, v in said))


def _said(*rounds: int) -> list[Detection]:
    return [_counting(onset(f"d{n}", f"AC-{n}", 0.0), r) for n, r in enumerate(rounds)]


@pytest.mark.parametrize(
    ("rounds", "most"),
    [((3, 3, 3, 3), 3), ((3, 2, 2, 2), 2), ((3, 3, 2, 2), 2), ((3, 3, 2), 3), ((9, 1, 1, 1, 1), 1), ((3, 3), None)],
)
def test_more_than_half_of_the_sensors_must_have_counted_as_many(rounds, most):
    assert most_counted(_said(*rounds)) == most


def test_two_weapons_at_once_are_not_counted_so():
    assert most_counted([*_said(3, 3, 3), _counting(onset("e", "AC-9", 0.0), 3, weapons=2)]) is None


def test_rounds_that_were_not_joined_are_counted_where_most_sensors_heard_them():
    bang = heard(120.0, -40.0, 5.0)
    (alone,) = fuse(bang, network(), (still(),))
    (three,) = fuse([_counting(d, 3) for d in bang], network(), (still(),))
    assert (alone.count.low, alone.count.best, alone.count.high) == (1, 1, 1)
    assert (three.count.low, three.count.best, three.count.high) == (1, 3, 3)
    assert three.count.quality is CountQuality.ABOUT
    assert "1 located; most of its sensors counted at least 3 rounds, each by itself" in three.rationale
    assert three.place == alone.place


def test_sensors_that_missed_rounds_take_none_away():
    bangs = [d for n in range(3) for d in heard(120.0, -40.0, 5.0 + n, tag=f"r{n}")]
    (incident,) = fuse([_counting(d, 1) for d in bangs], network(), (still(),))
    assert incident.count.best == 3
