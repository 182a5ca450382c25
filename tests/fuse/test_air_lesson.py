"""What other impulses tell of the air that they shared."""

from __future__ import annotations

import numpy as np
import pytest
from made import FRAME, SPEED_10C, network, onset, place, still

from trucewatch.fuse import FuseSettings
from trucewatch.fuse.air import air_at
from trucewatch.fuse.air_lesson import Told, _alike, _lesson, learned, told_by
from trucewatch.fuse.ears import ears_of, physics_weather
from trucewatch.fuse.impulse import Impulse, Scene, settle
from trucewatch.fuse.lesson import _weighed, taught
from trucewatch.fuse.onsets import chords, frame_at, gather, neighbourhoods
from trucewatch.model.instant import utc_from_timestamp

SETTINGS = FuseSettings()
ROWS = tuple((2_000.0 * i, 2_500.0 * j) for i in range(-2, 3) for j in (-1, 0, 1))
WIND_M_S = np.array([3.0, -2.0])
"""that blows, where still air was reported"""
CLEAN = (700.0, 900.0)


def told(n: int, rng: np.random.Generator) -> Told:
    places = [place(*rng.uniform(-8_000.0, 8_000.0, 2)) for _ in range(n)]
    roots = rng.normal(size=(n, 3, 2))
    return Told(
        where_m=chords(places),
        when_s=rng.uniform(0.0, 3_000.0, n),
        pull=rng.normal(size=(n, 3)),
        precision=roots @ roots.swapaxes(1, 2),
        teaches=np.ones(n, dtype=np.bool_),
    )


def test_a_lesson_is_the_posterior_of_a_gaussian_process_by_its_textbook_formula() -> None:
    facts, teachers = told(6, np.random.default_rng(3)), np.arange(1, 6)
    lesson = _lesson(facts, teachers, 1.7)
    mean, covariance = lesson.at(facts, 0)
    whole = lesson.scale * np.kron(_alike(facts, np.arange(6), np.arange(6)), np.eye(3))
    precision = np.linalg.inv(whole)
    for k in teachers:
        precision[3 * k : 3 * k + 3, 3 * k : 3 * k + 3] += facts.precision[k] / 1.7
    posterior = np.linalg.inv(precision)
    pull = np.concatenate((np.zeros(3), facts.pull[1:].ravel() / 1.7))
    assert mean == pytest.approx((posterior @ pull)[:3], rel=1e-5, abs=1e-8)
    assert covariance == pytest.approx(posterior[:3, :3], rel=1e-5, abs=1e-8)


def test_one_place_teaches_itself_nothing_and_counts_once() -> None:
    facts = told(4, np.random.default_rng(4))
    same = Told(
        where_m=facts.where_m[[0, 1, 1, 1]],
        when_s=facts.when_s[0] + np.arange(4.0) * 1e-3,
        pull=facts.pull[[0, 1, 1, 1]],
        precision=facts.precision[[0, 1, 1, 1]],
        teaches=np.array([False, True, True, True]),
    )
    once = Told(
        where_m=same.where_m[:2],
        when_s=same.when_s[[0, 3]],
        pull=same.pull[:2],
        precision=same.precision[:2],
        teaches=same.teaches[:2],
    )
    first, *others = learned(same, np.ones(4))
    alone = learned(once, np.ones(2))[0]
    assert others == [None, None, None]
    assert first is not None
    assert alone is not None
    assert first[0] == pytest.approx(alone[0], abs=1e-4)


def test_weighted_squares_of_a_size_are_what_the_integral_says() -> None:
    z = np.linspace(-60.0, 60.0, 400_001)
    for size2 in (0.3, 1.0, 2.5):
        density = np.exp(-(z**2) / (2.0 * size2)) / np.sqrt(2.0 * np.pi * size2)
        weight = np.minimum(1.0, 1.5 / np.maximum(np.abs(z), 1e-9))
        mean = float(np.sum(weight * z**2 * density) * (z[1] - z[0]))
        assert _weighed(np.array([size2]), 1.5)[0] == pytest.approx(mean, rel=1e-6)
    assert _weighed(np.array([2.5]), 1e6)[0] == pytest.approx(2.5)


def windy() -> Scene:
    """Return a scene of nine bangs in wind that no report tells of."""
    rng = np.random.default_rng(7)
    bangs = [("a", CLEAN, 10.0), *((f"t{k}", rng.uniform(-4_000.0, 4_000.0, 2), 60.0 + 90.0 * k) for k in range(8))]
    onsets = []
    for tag, at, start_s in bangs:
        off = np.array(ROWS) - np.array(at)
        away = np.hypot(*off.T)
        travel = away / (SPEED_10C + off @ WIND_M_S / away) + rng.normal(0.0, 3.0, len(ROWS)) / SPEED_10C
        # The clean one is heard by few, on one side of it.
        which = np.argsort(away)[:4] if tag == "a" else range(len(ROWS))
        onsets += [onset(f"{tag}-{n}", f"AC-{n + 1}", start_s + float(travel[n])) for n in which]
    net = network(ROWS)
    found = gather(onsets, net)
    return Scene(
        onsets=found,
        hoods=neighbourhoods(found, SETTINGS.max_range_m, SETTINGS.far_range_m),
        air_at=lambda s: air_at(utc_from_timestamp(s), (still(),), SETTINGS),
        weather_at=lambda s: physics_weather(still(), SETTINGS),
        ears=ears_of(found, net),
        array_times_s={},
        settings=SETTINGS,
    )


def impulse(scene: Scene, tag: str) -> Impulse:
    members = [i for i, d in enumerate(scene.onsets.detections) if d.id.startswith(f"{tag}-")]
    return settle(scene, members, frame_at(scene.onsets.stations[scene.onsets.station[members[0]]]))


def off_m(one: Impulse) -> float:
    assert one.fix is not None
    there = one.frame.to_enu(*FRAME.to_geographic(np.array([*CLEAN, 0.0]))[:2])[:2]
    return float(np.hypot(*(np.asarray(there) - one.fix.xy_m)))


def test_wind_that_no_report_told_of_is_learned_from_bangs_of_other_places() -> None:
    scene = windy()
    alone, *others = (impulse(scene, t) for t in ("a", *(f"t{k}" for k in range(8))))
    after = taught(scene, (alone, *others))[0]
    assert after.air is not None
    found = np.array([after.air.wind_east_m_s, after.air.wind_north_m_s])
    assert np.hypot(*(found - WIND_M_S)) < 1.0
    assert after.air.wind_sigma_m_s < 0.7 * scene.air(0).wind_sigma_m_s
    assert off_m(after) < off_m(alone)
    assert alone.fix is not None
    assert after.fix is not None
    assert np.linalg.det(after.fix.covariance_m2) < np.linalg.det(alone.fix.covariance_m2)


def test_what_a_fix_tells_leaves_the_report_out() -> None:
    scene = windy()
    fix, air = impulse(scene, "t0").fix, scene.air(0)
    assert fix is not None
    pull, precision = told_by(fix, air)
    # With the report put back, in units of its errors, the fix's own estimate of the air comes out again.
    sigma = np.array([air.speed_sigma_m_s, air.wind_sigma_m_s, air.wind_sigma_m_s])
    again = np.linalg.solve(precision + np.eye(3), pull)
    assert again * sigma == pytest.approx(fix.state[3:] - [0.0, air.wind_east_m_s, air.wind_north_m_s], abs=1e-6)
