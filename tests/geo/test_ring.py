import numpy as np
import pytest

from trucewatch.geo import validate_ring

SQUARE = [[37.0, 48.0], [37.1, 48.0], [37.1, 48.1], [37.0, 48.1], [37.0, 48.0]]


def test_a_sound_ring_has_no_problem():
    assert validate_ring(SQUARE) == []
    assert validate_ring(SQUARE[::-1]) == []


def test_a_ring_across_the_180th_meridian_is_sound():
    assert validate_ring([[179.9, 10.0], [-179.9, 10.0], [-179.9, 10.2], [179.9, 10.2], [179.9, 10.0]]) == []


def test_self_crossing_names_the_place():
    (problem,) = validate_ring([[37.0, 48.0], [37.1, 48.1], [37.1, 48.0], [37.0, 48.1], [37.0, 48.0]])
    assert "crosses" in problem
    assert "longitude 37.05000, latitude 48.05" in problem


@pytest.mark.parametrize(
    ("ring", "word"),
    [
        (SQUARE[:-1], "not closed"),
        (SQUARE[:2] + SQUARE[:1], "at least 4 points"),
        ([[37.0, np.nan], *SQUARE], "Point 1 is not a number"),
        ([*SQUARE[:2], [237.1, 48.1], *SQUARE[3:]], "Point 3 is out of range"),
        ([[48.0, 95.0], *SQUARE], "out of range"),
        ([*SQUARE[:2], [37.3, 48.0], [37.1, 48.0], *SQUARE[2:]], "spike at longitude 37.30000"),
        ([], "pairs"),
        ([[37.0, 48.0, 1.0]] * 4, "pairs"),
        ([[37.0, 48.0]] * 4, "no area"),
    ],
)
def test_each_problem_is_said_in_words(ring, word):
    assert word in " ".join(validate_ring(ring))


def test_every_problem_is_reported_at_once():
    problems = validate_ring([[37.0, 48.0], [37.1, 48.1], [37.1, 48.0], [37.0, 48.1]])
    assert len(problems) >= 2
