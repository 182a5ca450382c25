"""What must hold of any fix from microphones: turned, shifted, amplified, a sensor dead, in a line, on one spot."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import SPEED_10C, SQUARE, T0, heard, metres, network, onset, still

from trucewatch.fuse import fuse
from trucewatch.fuse.air import Air
from trucewatch.fuse.locate import Arrivals, locate
from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.detection import Feature

AIR = Air(
    temperature_c=10.0,
    speed_m_s=SPEED_10C,
    speed_sigma_m_s=1.2,
    wind_east_m_s=0.0,
    wind_north_m_s=0.0,
    wind_sigma_m_s=1.0,
    source="made",
)
XY = np.array(SQUARE)
places = st.floats(-500.0, 500.0)


def _arrivals(xy, truth, noise, at_s=0.0):
    n = len(xy)
    time = at_s + np.hypot(*(xy - truth).T) / SPEED_10C + noise
    return Arrivals(xy_m=xy, time_s=time, sigma_s=np.full(n, 0.001), sensor_sigma_m=np.full(n, 1.0))


@settings(max_examples=20, deadline=None)
@given(places, places, st.floats(0.0, 6.28), st.floats(-1e4, 1e4), st.integers(0, 99))
def test_turning_the_network_turns_the_answer_and_shifting_time_shifts_it(x, y, turn, late_s, seed):
    noise = np.random.default_rng(seed).normal(0.0, 0.01, 6)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    one = locate(_arrivals(XY, np.array([x, y]), noise), AIR, FuseSettings(), np.array([x, y]))
    turned_truth = rotation @ np.array([x, y])
    other = locate(_arrivals(XY @ rotation.T, turned_truth, noise, late_s), AIR, FuseSettings(), turned_truth)
    assert other.xy_m == pytest.approx(rotation @ one.xy_m, abs=0.1)
    assert other.covariance_m2 == pytest.approx(rotation @ one.covariance_m2 @ rotation.T, rel=1e-2, abs=0.1)
    assert other.time_s - late_s == pytest.approx(one.time_s, abs=1e-3)


@settings(max_examples=10, deadline=None)
@given(places, places, st.floats(1e-3, 1e3))
def test_gain_changes_no_place(x, y, gain):
    bang = heard(x, y, 0.0)
    loud = [
        replace(d, features=(Feature(name="peak", value=gain * (n + 1.0), unit="count"),)) for n, d in enumerate(bang)
    ]
    usual = [replace(d, features=(Feature(name="peak", value=n + 1.0, unit="count"),)) for n, d in enumerate(bang)]
    one, other = (fuse(d, network(), (still(),))[0] for d in (usual, loud))
    assert metres(one.place) == pytest.approx(metres(other.place), abs=1e-6)
    assert one.place.covariance_m2 == pytest.approx(other.place.covariance_m2)


@pytest.mark.parametrize("dead", range(6))
def test_a_dead_sensor_never_makes_it_surer(dead):
    bang = heard(120.0, -40.0, 5.0)
    (whole,) = fuse(bang, network(), (still(),))
    (less,) = fuse([d for n, d in enumerate(bang) if n != dead], network(), (still(),))
    assert np.linalg.det(less.place.covariance_m2) >= np.linalg.det(whole.place.covariance_m2)
    assert less.p_exists <= whole.p_exists


def test_sensors_in_a_line_give_two_places_and_no_confident_one():
    line = ((-600.0, 0.0), (-200.0, 0.0), (150.0, 0.0), (500.0, 0.0), (900.0, 0.0))
    (incident,) = fuse(heard(120.0, 300.0, 0.0, line), network(line), (still(),))
    assert "2 places fit the arrival times" in " ".join(incident.rationale)
    assert "several places fit" in incident.place_method
    for truth in ((120.0, 300.0), (120.0, -300.0)):
        off = metres(incident.place) - truth
        assert off @ np.linalg.solve(incident.place.covariance_m2, off) < 4.605


def test_rounds_of_a_vague_place_are_counted_and_an_echo_elsewhere_makes_it_no_sharper():
    """Three sensors on one side hear three rounds; a fourth hears only an echo of the last, as in built-up ground."""
    east = ((410.0, 40.0), (715.0, 114.0), (827.0, -117.0), (606.0, -572.0))
    bangs = [heard(0.0, 0.0, at, east[:3], tag=f"r{n}") for n, at in enumerate((0.0, 0.45, 0.882))]
    echo = onset("echo", "AC-4", 0.882 + 1.2 + float(np.hypot(*east[3])) / SPEED_10C, p_false=0.02)
    incidents = fuse([d for bang in bangs for d in bang] + [echo], network(east), (still(),))
    (incident,) = [i for i in incidents if i.p_exists >= 0.5 and i.place is not None]
    assert incident.count.best == 3
    off = metres(incident.place)
    assert off @ np.linalg.solve(incident.place.covariance_m2, off) < 4.605
    assert len(incident.rounds) == 3
    assert abs((incident.time.utc - T0).total_seconds()) < 3 * incident.time.sigma_s


def test_where_three_arrivals_fit_two_places_both_are_stated_and_the_place_covers_them():
    three, truth = ((-239.0, 213.0), (-219.0, -300.0), (-229.0, -117.0)), (0.0, 0.0)
    (incident,) = fuse(heard(*truth, 0.0, three), network(three), (still(),))
    assert sum(m.p for m in incident.place_modes) == pytest.approx(1.0)
    assert len(incident.place_modes) >= 2
    apart = [metres(m.place) - truth for m in incident.place_modes]
    spread = [m.place.covariance_m2 for m in incident.place_modes]
    held = [o @ np.linalg.solve(c, o) < 4.605 for o, c in zip(apart, spread, strict=True)]
    assert sum(held) == 1
    off = metres(incident.place) - truth
    assert off @ np.linalg.solve(incident.place.covariance_m2, off) < 4.605


def test_two_sensors_at_one_place_are_two_clocks_and_no_trap():
    pair = (*SQUARE[:4], SQUARE[3])
    (incident,) = fuse(heard(120.0, -40.0, 0.0, pair), network(pair), (still(),))
    assert np.hypot(*(metres(incident.place) - (120.0, -40.0))) < 1.0
    same = ((0.0, 0.0), (0.0, 0.0), (0.0, 0.0))
    placed = [i for i in fuse(heard(120.0, -40.0, 0.0, same), network(same), (still(),)) if i.place is not None]
    assert not placed or max(i.place.var_east_m2 for i in placed) > 1e4


def test_an_echo_of_everyone_and_noise_never_make_two_of_one():
    bang = heard(120.0, -40.0, 5.0, snr_db=30.0)
    echo = [
        replace(d, id=f"e{n}", snr_db=12.0, time=replace(d.time, utc=d.time.utc + timedelta(seconds=0.2 + 0.13 * n)))
        for n, d in enumerate(bang)
    ]
    noise = [onset(f"n{n}", f"AC-{n + 1}", 100.0 + 31 * n) for n in range(6)]
    (incident,) = [i for i in fuse([*bang, *echo, *noise], network(), (still(),)) if i.p_exists > 0.5]
    assert incident.count.best == 1
