"""GOSPA and OSPA against hand-computed values, brute force, and the axioms of a metric."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.simulate import score_assignment
from trucewatch.simulate.score_assignment import best_assignment, most_then_nearest
from trucewatch.simulate.score_gospa import gospa, ospa

coordinate = st.floats(-20.0, 20.0).map(lambda x: round(x, 3))
point_sets = st.lists(st.tuples(coordinate, coordinate), max_size=5).map(lambda s: np.array(s).reshape(-1, 2))
powers = st.sampled_from((1.0, 2.0, 3.0))


def line(*x: float) -> np.ndarray:
    return np.array(x, dtype=float).reshape(-1, 1)


def test_a_worked_example():
    # One pair at distance 1; one missed and two false at c ** 2 / 2 = 8 each: 1 + 8 + 16 = 25.
    found = gospa(line(0, 10), line(1, 20, 30), cutoff=4.0)
    assert found.distance == pytest.approx(5.0)
    assert (found.localisation, found.missed, found.false, found.n_paired) == (1.0, 8.0, 16.0, 1)


def test_a_false_estimate_costs_the_same_wherever_it_is_and_however_many_there_are():
    # What unnormalised OSPA lacks (Rahmathullah et al. 2017, section II): each false one adds c ** p / 2.
    truth, good = line(0, 100, 200), line(1, 101, 201)
    costs = [
        gospa(truth, np.concatenate((good, 1000.0 + 50 * line(*range(k)))), cutoff=10.0).distance ** 2 for k in range(4)
    ]
    assert np.diff(costs) == pytest.approx([50.0] * 3)
    near = gospa(truth, np.concatenate((good, line(3))), cutoff=10.0)
    assert near.false == pytest.approx(50.0)
    assert near.localisation == pytest.approx(3.0)


def test_points_at_the_cutoff_or_beyond_are_a_missed_and_a_false_one():
    for far in (4.0, 5.0, 1e6):
        found = gospa(line(0), line(far), cutoff=4.0)
        assert (found.localisation, found.missed, found.false) == (0.0, 8.0, 8.0)


def test_empty_sets():
    assert gospa(line(), line(), cutoff=2.0).distance == 0.0
    assert gospa(line(1, 2), line(), cutoff=2.0).distance == pytest.approx(2.0)
    assert ospa(line(), line(), cutoff=2.0) == 0.0
    assert ospa(line(), line(1), cutoff=2.0) == 2.0


def test_ospa_of_a_worked_example():
    # Schuhmacher et al. 2008, equation 3: (1 + 4 ** 2 + 4 ** 2) / 3 over three places, one of them unused.
    assert ospa(line(0, 10), line(1, 20, 30), cutoff=4.0) == pytest.approx(np.sqrt(33 / 3))
    assert ospa(line(0, 10), line(1, 12), cutoff=4.0, p=1.0) == pytest.approx(1.5)


def brute_gospa(x: np.ndarray, y: np.ndarray, cutoff: float, p: float) -> float:
    distance = np.linalg.norm(x[:, None] - y[None], axis=2)
    best = np.inf
    for k in range(min(len(x), len(y)) + 1):
        for rows in combinations(range(len(x)), k):
            for columns in permutations(range(len(y)), k):
                near = sum(distance[r, c] ** p for r, c in zip(rows, columns, strict=True))
                best = min(best, near + cutoff**p / 2 * (len(x) + len(y) - 2 * k))
    return best ** (1 / p)


@settings(max_examples=60, deadline=None)
@given(point_sets, point_sets, powers)
def test_gospa_is_the_smallest_over_all_assignments(x, y, p):
    assert gospa(x, y, cutoff=6.0, p=p).distance == pytest.approx(brute_gospa(x, y, 6.0, p), abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(point_sets, point_sets, point_sets, powers)
def test_gospa_is_a_metric(x, y, z, p):
    def between(a: np.ndarray, b: np.ndarray) -> float:
        return gospa(a, b, cutoff=6.0, p=p).distance

    assert between(x, x) == pytest.approx(0.0, abs=1e-9)
    assert between(x, y) == pytest.approx(between(y, x), abs=1e-9)
    assert between(x, z) <= between(x, y) + between(y, z) + 1e-9
    if sorted(map(tuple, x)) != sorted(map(tuple, y)):
        assert between(x, y) > 0


@settings(max_examples=60, deadline=None)
@given(point_sets, point_sets, point_sets)
def test_ospa_is_symmetric_and_keeps_the_triangle(x, y, z):
    assert ospa(x, y, cutoff=6.0) == pytest.approx(ospa(y, x, cutoff=6.0), abs=1e-9)
    assert ospa(x, z, cutoff=6.0) <= ospa(x, y, cutoff=6.0) + ospa(y, z, cutoff=6.0) + 1e-9


pair_lists = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 4)), st.floats(0.01, 10.0).map(lambda g: round(g, 3)), max_size=12
)


def choices(pairs: list[tuple[int, int]]):
    for k in range(len(pairs) + 1):
        for kept in combinations(range(len(pairs)), k):
            rows, columns = [pairs[n][0] for n in kept], [pairs[n][1] for n in kept]
            if len(set(rows)) == k == len(set(columns)):
                yield kept


@settings(max_examples=80, deadline=None)
@given(pair_lists, st.booleans())
def test_the_assignment_is_the_best_of_all(weights, sparse):
    pairs, gain = list(weights), np.array(list(weights.values()))
    row, column = (np.array([p[k] for p in pairs], dtype=np.int64) for k in (0, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score_assignment, "_DENSE_CELLS", 0 if sparse else 10**6)
        chosen = np.flatnonzero(best_assignment(row, column, gain))
        nearest = np.flatnonzero(most_then_nearest(row, column, gain))
    every = list(choices(pairs))
    assert tuple(chosen) in every
    assert gain[chosen].sum() == pytest.approx(max(gain[list(k)].sum() for k in every))
    most = max(len(k) for k in every)
    assert len(nearest) == most
    assert gain[nearest].sum() == pytest.approx(min(gain[list(k)].sum() for k in every if len(k) == most))
