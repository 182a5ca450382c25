"""Association of a line in batches: what must not change a result, and places where the answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from line_made import SPEED_M_S, airs_at, made_line, world_of

from trucewatch.detect.reports import from_pulse
from trucewatch.fuse import fuse
from trucewatch.fuse.batch_fix import fix_batch, lateness, travelled
from trucewatch.fuse.clutter import Clutter
from trucewatch.fuse.field import Heard, Moments, plane_ground
from trucewatch.fuse.lattice import lattice
from trucewatch.fuse.segments import of_segment, own, segments, together
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.whole_line import Found, impulses_of_line
from trucewatch.simulate import Scenario, SimulatedDay, simulate

_REACH_M = 9_000.0


def _found(nodes_m: np.ndarray, time_s: np.ndarray, node: np.ndarray) -> tuple[Found, np.ndarray]:
    world = world_of(nodes_m, time_s, node)
    found = impulses_of_line(world, _REACH_M, -3.0)
    return found, world.ground.points_m(found.impulses.anchor, found.impulses.state[:, :2])[:, :2]


def _members(found: Found) -> list[tuple[int, ...]]:
    return [tuple(sorted(m[m >= 0].tolist())) for m in found.impulses.member]


@pytest.fixture(scope="module")
def line() -> dict[str, np.ndarray]:
    return made_line(seed=3, n_nodes=60, n_single=8, salvo=7)


@pytest.fixture(scope="module")
def whole(line: dict[str, np.ndarray]) -> tuple[Found, np.ndarray]:
    return _found(line["nodes_m"], line["time_s"], line["node"])


def test_every_round_of_a_salvo_and_every_single_shot_is_found_where_it_was(
    line: dict[str, np.ndarray], whole: tuple[Found, np.ndarray]
) -> None:
    found, xy_m = whole
    heard = np.bincount(line["event"][line["event"] >= 0], minlength=len(line["event_s"]))
    for k in np.flatnonzero(heard >= 6):
        off = np.hypot(*(xy_m - line["event_m"][k]).T)
        late = np.abs(found.impulses.state[:, 2] - line["event_s"][k])
        assert ((off < 600.0) & (late < 1.5)).sum() == 1
    assert len(found.log_odds) <= np.count_nonzero(heard >= 4)


def test_an_onset_is_in_one_impulse_at_most(whole: tuple[Found, np.ndarray]) -> None:
    found, _ = whole
    members = found.impulses.member[found.impulses.member >= 0]
    assert len(np.unique(members)) == len(members)
    assert not found.unexplained[members].any()
    assert found.unexplained.sum() == len(found.unexplained) - len(members)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_names_of_sensors_change_nothing(
    line: dict[str, np.ndarray], whole: tuple[Found, np.ndarray], seed: int
) -> None:
    new = np.random.default_rng(seed).permutation(len(line["nodes_m"]))
    nodes_m = np.empty_like(line["nodes_m"])
    nodes_m[new] = line["nodes_m"]
    found, xy_m = _found(nodes_m, line["time_s"], new[line["node"]])
    assert _members(found) == _members(whole[0])
    np.testing.assert_allclose(xy_m, whole[1], atol=0.01)


@settings(max_examples=5, deadline=None)
@given(east=st.integers(-300_000, 300_000), north=st.integers(-300_000, 300_000), later=st.integers(-80_000, 80_000))
def test_moving_the_origin_changes_nothing(
    line: dict[str, np.ndarray], whole: tuple[Found, np.ndarray], east: int, north: int, later: int
) -> None:
    found, xy_m = _found(line["nodes_m"] + np.array([east, north]), line["time_s"] + later, line["node"])
    assert _members(found) == _members(whole[0])
    np.testing.assert_allclose(xy_m - np.array([east, north]), whole[1], atol=0.01)
    np.testing.assert_allclose(found.log_odds, whole[0].log_odds, atol=1e-3)


def test_two_pieces_give_what_one_gives() -> None:
    line = made_line(seed=5, n_nodes=160, n_single=30, salvo=6)
    world = world_of(line["nodes_m"], line["time_s"], line["node"])
    one = impulses_of_line(world, _REACH_M, -3.0)
    pieces = segments(world.ground, world.heard, 2, halo_m=20_000.0)
    assert all(len(p.onset) < len(world.heard) for p in pieces)
    two = together(world, [own(world, p, impulses_of_line(of_segment(world, p), _REACH_M, -3.0)) for p in pieces])
    assert _members(two) == _members(one)
    np.testing.assert_allclose(two.impulses.state[:, :3], one.impulses.state[:, :3], atol=0.01)
    np.testing.assert_array_equal(two.unexplained, one.unexplained)


def test_a_quiet_line_has_no_impulses() -> None:
    line = made_line(seed=3, n_nodes=60, n_single=0, salvo=0)
    found, _ = _found(line["nodes_m"], line["time_s"], line["node"])
    assert len(found.log_odds) == 0
    assert found.unexplained.all()


@pytest.mark.parametrize("n_nodes", [1, 2])
def test_too_few_sensors_for_a_place_give_none(n_nodes: int) -> None:
    time_s = np.arange(40.0)
    node = np.arange(40) % n_nodes
    found, _ = _found(np.arange(n_nodes)[:, None] * np.array([500.0, 0.0]), time_s, node)
    assert len(found.log_odds) == 0
    assert found.unexplained.all()


def test_no_onsets_at_all() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    found, _ = _found(np.zeros((3, 2)) + np.arange(3)[:, None] * 500.0, np.zeros(0), nothing)
    assert len(found.log_odds) == len(found.unexplained) == 0


def test_batches_place_exact_arrivals_exactly() -> None:
    rng = np.random.default_rng(1)
    xy_m = rng.uniform(-3000, 3000, (50, 8, 2))
    truth = np.column_stack((rng.uniform(-1500, 1500, (50, 2)), rng.uniform(-5, 5, 50), np.zeros((50, 3))))
    airs = airs_at(truth[:, 2])
    minus_due, _ = travelled(truth, xy_m, airs, np.zeros((50, 8)))
    start = truth.copy()
    start[:, :2] += rng.normal(0, 150, (50, 2))
    fixes = fix_batch(xy_m, -minus_due, np.full((50, 8), 0.05), airs, start, 2.5, 15)
    np.testing.assert_allclose(fixes.state[:, :2], truth[:, :2], atol=0.5)


def test_the_derivative_of_arrivals_is_that_of_finite_differences() -> None:
    rng = np.random.default_rng(2)
    xy_m, state = rng.uniform(-3000, 3000, (5, 6, 2)), np.zeros((5, 6))
    airs, times = airs_at(np.zeros(5)), np.zeros((5, 6))
    _, slope = travelled(state, xy_m, airs, times)
    for k, step in enumerate((1.0, 1.0, 1e-3, 1e-2, 1e-2, 1e-2)):
        up, down = state.copy(), state.copy()
        up[:, k] += step
        down[:, k] -= step
        change = travelled(down, xy_m, airs, times)[0] - travelled(up, xy_m, airs, times)[0]
        np.testing.assert_allclose(change / (2 * step), slope[..., k], rtol=2e-3, atol=1e-6)


def test_wind_that_all_sensors_share_does_not_average_out() -> None:
    bearing = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    few, many = bearing[::5], bearing
    sigma_m = []
    for angles in (few, many):
        xy_m = 4000.0 * np.stack((np.sin(angles), np.cos(angles)), axis=-1)[None]
        airs = airs_at(np.zeros(1))
        due = -travelled(np.zeros((1, 6)), xy_m, airs, np.zeros((1, len(angles))))[0]
        fixes = fix_batch(xy_m, due, np.full(due.shape, 1e-3), airs, np.zeros((1, 6)), 2.5, 5)
        sigma_m.append(float(np.sqrt(fixes.covariance[0, 0, 0])))
    # On a ring, a wind is the same as a source beside the middle: 4 km / 340 m/s times 4.8 m/s.
    assert sigma_m == pytest.approx([4000.0 * 4.8 / SPEED_M_S] * 2, rel=0.02)


def test_the_rate_inside_a_burst_is_that_of_minutes_and_does_not_count_what_is_explained() -> None:
    heard = Heard(
        time_s=np.arange(0.0, 7200.0, 30.0), station=np.zeros(240, dtype=np.int64), sigma_s=np.full(240, 0.05)
    )
    usual_hz, middle = 5e-4, np.array([120])
    loud = Clutter(heard).rates_hz(np.ones(240, dtype=np.bool_), middle, usual_hz)
    quiet = Clutter(heard).rates_hz(np.zeros(240, dtype=np.bool_), middle, usual_hz)
    assert loud[0] == pytest.approx(1 / 30.0, rel=0.1)
    assert quiet[0] < 2 * usual_hz


def test_rates_are_of_the_unexplained_onsets_of_the_own_sensor_within_its_minutes_and_hours() -> None:
    rng = np.random.default_rng(8)
    time_s, station = np.sort(rng.uniform(0.0, 15_000.0, 400)), rng.integers(0, 4, 400)
    unexplained, which = rng.random(400) < 0.4, np.arange(0, 400, 3)
    said = Clutter(Heard(time_s=time_s, station=station, sigma_s=np.ones(400))).rates_hz(unexplained, which, 5e-4)
    for i, hz in zip(which, said, strict=True):
        others = unexplained & (station == station[i])
        others[i] = False
        minutes, hours = (np.count_nonzero(others & (np.abs(time_s - time_s[i]) <= half)) for half in (90.0, 3600.0))
        assert hz == pytest.approx((minutes + 1) / (180.0 + (7200.0 + 1 / 5e-4) / (hours + 1)))


def test_how_late_arrivals_are_does_not_hang_on_whether_the_derivative_is_asked_for() -> None:
    rng = np.random.default_rng(9)
    state, xy_m, time_s = rng.normal(0, 1000, (20, 6)), rng.normal(0, 5000, (20, 7, 2)), rng.normal(0, 9, (20, 7))
    state[:, 3:] /= 300.0
    airs = airs_at(state[:, 2])
    np.testing.assert_array_equal(lateness(state, xy_m, airs, time_s), travelled(state, xy_m, airs, time_s)[0])


def test_the_nearest_onset_of_a_station_is_never_that_of_another() -> None:
    rng = np.random.default_rng(4)
    time_s, station = np.sort(rng.uniform(0, 500, 300)), rng.integers(0, 5, 300)
    moments = Moments(Heard(time_s=time_s, station=station, sigma_s=np.ones(300)), np.arange(300))
    asked, at_s = rng.integers(0, 5, 200), rng.uniform(-100, 600, 200)
    onset, late = moments.nearest(asked, at_s, np.full(200, 5.0))
    for s, t, i, d in zip(asked, at_s, onset, late, strict=True):
        off = np.abs(time_s[station == s] - t)
        assert (i >= 0) == (off.min() <= 5.0)
        if i >= 0:
            assert station[i] == s
            assert abs(d) == pytest.approx(off.min(), abs=1e-6)


def test_a_lattice_holds_only_places_that_its_sensor_may_hear_first() -> None:
    nodes_m = made_line(seed=3, n_nodes=60, n_single=0, salvo=0)["nodes_m"]
    ground = plane_ground(nodes_m, 20_000.0)
    places = lattice(ground, np.arange(60), _REACH_M, 12, 0.014)
    for s in range(0, 60, 7):
        at = nodes_m[s] + places.xy_m[s, places.there[s]]
        away = np.hypot(*(at[:, None] - nodes_m).transpose(2, 0, 1))
        assert (np.count_nonzero(away < away[:, [s]] - 150.0, axis=1) <= 3).all()


def test_the_same_onset_twice_counts_once(line: dict[str, np.ndarray], whole: tuple[Found, np.ndarray]) -> None:
    """A second onset of a sensor at the same moment adds no evidence and moves no place."""
    twice = np.sort(np.concatenate((np.arange(len(line["time_s"])), np.arange(0, len(line["time_s"]), 9))))
    found, xy_m = _found(line["nodes_m"], line["time_s"][twice], line["node"][twice])
    assert len(xy_m) == len(whole[1])
    assert [tuple(sorted(twice[list(m)].tolist())) for m in _members(found)] == _members(whole[0])


def test_results_do_not_hang_on_what_far_sensors_heard(
    line: dict[str, np.ndarray], whole: tuple[Found, np.ndarray]
) -> None:
    far = line["nodes_m"] + np.array([500_000.0, 0.0])
    nodes_m = np.concatenate((line["nodes_m"], far))
    node = np.concatenate((line["node"], line["node"] + len(far)))
    time_s = np.tile(line["time_s"], 2)
    order = np.lexsort((node, time_s))
    found, xy_m = _found(nodes_m, time_s[order], node[order])
    assert len(xy_m) == 2 * len(whole[1])
    near = xy_m[xy_m[:, 0] < 300_000.0]
    np.testing.assert_allclose(near, whole[1], atol=0.01)
    assert replace(found).log_odds.shape == (len(xy_m),)


@pytest.fixture(scope="module")
def day() -> SimulatedDay:
    return simulate(Scenario(n_events=6, hours=3.0), 17)


def test_joined_in_batches_incidents_do_not_hang_on_the_order_of_arrival_and_a_detection_twice_counts_once(
    day: SimulatedDay,
) -> None:
    detections = [from_pulse(p, day.network.sensor(p.sensor_id)) for p in day.pulses]
    in_batches = FuseSettings(many_onsets=1)
    once = fuse(detections, day.network, day.weather, in_batches)
    shuffled = [detections[i] for i in np.random.default_rng(1).permutation(len(detections))]
    assert fuse([*shuffled, *detections[::7]], day.network, day.weather, in_batches) == once
    assert any(i.place is not None for i in once)


def test_joined_in_batches_the_same_events_are_located_as_one_by_one(day: SimulatedDay) -> None:
    detections = [from_pulse(p, day.network.sensor(p.sensor_id)) for p in day.pulses]
    batches = fuse(detections, day.network, day.weather, FuseSettings(many_onsets=1))
    single = fuse(detections, day.network, day.weather)
    located = [sorted(i.time.utc.timestamp() for i in found if i.place is not None) for found in (batches, single)]
    assert len(located[0]) == len(located[1]) > 2
    np.testing.assert_allclose(*located, atol=0.05)
