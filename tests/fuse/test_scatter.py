"""Rounds that fall apart: the law of the next round, the middle of those that fell, and what makes a series."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trucewatch.fuse.path import along_path, at_offset, offsets
from trucewatch.fuse.scatter import FALL_M, SQUAD_M, centre, scatter
from trucewatch.model.place import Place

HERE = Place(lon_deg=37.7, lat_deg=48.1, var_east_m2=25.0, var_north_m2=25.0, cov_east_north_m2=0.0)


def places(off: np.ndarray, sigma_m: float = 5.0) -> list[Place]:
    return [at_offset(HERE, o, sigma_m**2 * np.eye(2)) for o in off]


def test_without_rounds_that_tell_the_scatter_is_the_usual_one() -> None:
    one = np.zeros((1, 2))
    assert scatter(one, 25.0 * np.eye(2)[None], FALL_M)[1] == pytest.approx(FALL_M**2)


def test_the_scatter_is_learned_and_the_rounds_own_errors_are_taken_off() -> None:
    rng = np.random.default_rng(4)
    n, true_m, own_m = 400, 60.0, 12.0
    off = rng.normal(0.0, math.hypot(true_m, own_m), (n, 2))
    freedom, found = scatter(off, np.tile(own_m**2 * np.eye(2), (n, 1, 1)), FALL_M)
    assert freedom == 8.0 + 2 * (n - 1)
    assert math.sqrt(found) == pytest.approx(true_m, rel=0.06)


def test_regions_of_the_middle_hold_it_as_often_as_they_say() -> None:
    rng = np.random.default_rng(9)
    inside, trials, n, fix_m, scatter_m = 0, 400, 12, 9.0, 60.0
    for _ in range(trials):
        fell = rng.normal(0.0, scatter_m, (n, 2))
        # The error of air and paths is one for all rounds.
        found, _ = centre(places(fell + rng.normal(0.0, fix_m, 2), fix_m), FALL_M)
        off = offsets([HERE, found])[1] - fell.mean(axis=0)
        inside += off @ np.linalg.solve(found.covariance_m2, off) <= -2 * math.log(0.05)
    assert 0.93 <= inside / trials <= 0.99


def test_a_round_put_together_wrongly_bends_the_middle_little() -> None:
    rng = np.random.default_rng(2)
    fell = rng.normal(0.0, 15.0, (12, 2))
    clean, _ = centre(places(fell), SQUAD_M)
    bent, _ = centre(places(np.vstack((fell, [[0.0, 900.0]]))), SQUAD_M)
    assert np.hypot(*offsets([clean, bent])[1]) < 20.0


def test_order_of_rounds_changes_no_middle() -> None:
    rng = np.random.default_rng(3)
    fell = places(rng.normal(0.0, 40.0, (9, 2)))
    one, other = centre(fell, FALL_M)[0], centre(fell[::-1], FALL_M)[0]
    assert np.hypot(*offsets([one, other])[1]) < 1e-3
    assert one.var_east_m2 == pytest.approx(other.var_east_m2)


def test_a_steady_way_is_a_path_and_scatter_is_none() -> None:
    rng = np.random.default_rng(7)
    at_s = np.arange(8) * 3.0
    walked = np.column_stack((10.0 * at_s, 2.0 * at_s)) + rng.normal(0.0, 5.0, (8, 2))
    assert along_path(walked, at_s)
    stood = [along_path(rng.normal(0.0, 60.0, (8, 2)), at_s) for _ in range(500)]
    assert np.mean(stood) < 0.01
    assert not along_path(walked[:2], at_s[:2])
