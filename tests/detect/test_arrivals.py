"""Arrivals in beams that were written down by hand or drawn from the F distribution."""

import numpy as np
import pytest
from scipy.stats import f as f_distribution

from trucewatch.detect.arrivals import ArrivalSettings, find_arrivals
from trucewatch.detect.background import SlidingBackground
from trucewatch.detect.beam import BeamResult
from trucewatch.detect.beam_windows import windows_of
from trucewatch.detect.wave_train import turn_deg

DOF = (46.0, 138.0)


def beams(f_statistic, azimuth_deg=None, *, step_s=5.0, sigma_deg=1.0, at_boundary=None):
    f_statistic = np.asarray(f_statistic, dtype=float)
    n = f_statistic.size
    full = np.full(n, 1.0)
    return BeamResult(
        time_s=5.0 + step_s * np.arange(n),
        back_azimuth_deg=full * 90.0 if azimuth_deg is None else np.asarray(azimuth_deg, dtype=float),
        back_azimuth_sigma_deg=full * sigma_deg,
        trace_velocity_m_s=full * 350.0,
        trace_velocity_sigma_m_s=full * 5.0,
        f_statistic=f_statistic,
        semblance=f_statistic / (f_statistic + 3.0),
        at_boundary=np.zeros(n, dtype=bool) if at_boundary is None else np.asarray(at_boundary),
        elements_used=(0, 1, 2, 3),
        faults=(),
        window_s=10.0,
        step_s=step_s,
        band_hz=(0.5, 5.0),
        time_bandwidth=23.0,
    )


def noise(n, level=1.0, seed=0):
    return level * f_distribution.rvs(*DOF, size=n, random_state=np.random.default_rng(seed))


def backgrounds(windows, history_s=1200.0):
    sliding = SlidingBackground(history_s)
    rows = zip(windows.time_s, windows.standard(), windows.back_azimuth_deg, strict=True)
    found = [b for row in rows for b in sliding.feed(*row)]
    found += sliding.flush()
    own = [b.of(windows.directions_deg(row)) for row, b in enumerate(found)]
    return np.array([b.level for b in own]), np.array([b.width for b in own])


@pytest.mark.parametrize("level", [1.0, 2.5])
def test_background_is_the_level_of_the_noise_whatever_it_is(level):
    windows = windows_of(beams(noise(2000, level)))
    found = windows.background_f(backgrounds(windows)[0])
    assert np.median(found) == pytest.approx(level, rel=0.08)


def test_background_follows_the_history_and_not_the_future():
    windows = windows_of(beams(np.concatenate([noise(600), noise(600, 3.0, seed=1)])))
    found = windows.background_f(backgrounds(windows)[0])
    assert found[590] < 1.3
    assert found[-1] > 2.4


def test_background_comes_without_delay_once_a_first_history_has_passed():
    windows = windows_of(beams(noise(300)))
    sliding = SlidingBackground(1200.0)
    given = [len(sliding.feed(t, v, 90.0)) for t, v in zip(windows.time_s, windows.standard(), strict=True)]
    assert given == [0] * 240 + [241] + [1] * 59


def test_coherent_noise_keeps_its_stated_false_alarm_rate():
    result = beams(noise(4000, 3.0))
    windows = windows_of(result)
    p = windows.p_noise(*backgrounds(windows))
    assert np.mean(p <= 0.01) < 0.02
    assert np.all((p >= 0) & (p <= 1))
    # A fixed threshold on F would have fired on many of them.
    assert np.mean(result.f_statistic > f_distribution.isf(0.01, *DOF)) > 0.5


def test_consecutive_windows_are_one_arrival():
    values = noise(300)
    values[95:110] = 1.0
    values[100:104] = [8.0, 20.0, 15.0, 7.0]
    (arrival,) = [a for a in find_arrivals(beams(values)) if a.confident]
    assert (arrival.start_s, arrival.peak_s, arrival.end_s) == (502.5, 510.0, 522.5)
    assert arrival.n_windows == 4
    assert arrival.f_statistic == 20.0
    assert arrival.p_false < 1e-10
    assert arrival.time_sigma_s > 0


def test_one_weak_window_does_not_cut_an_arrival_but_two_do():
    values = noise(300)
    values[95:110] = 1.0
    values[100:105] = [12.0, 12.0, 1.0, 12.0, 12.0]
    assert [a.n_windows for a in find_arrivals(beams(values)) if a.confident] == [4]
    values[100:106] = [12.0, 12.0, 1.0, 1.0, 12.0, 12.0]
    assert [a.n_windows for a in find_arrivals(beams(values)) if a.confident] == [2, 2]


def test_directions_that_differ_are_different_arrivals():
    values, azimuth = noise(300), np.full(300, 90.0)
    values[100:106] = 12.0
    azimuth[100:106] = [358.0, 120.0, 2.0, 121.0, 359.0, 119.0]
    found = [a for a in find_arrivals(beams(values, azimuth)) if a.confident]
    assert sorted(a.n_windows for a in found) == [3, 3]
    assert sorted(round(a.back_azimuth_deg) for a in found) == [120, 358]


def test_a_weak_rise_is_reported_but_not_relied_on():
    values = noise(300)
    values[100] = 2.6
    found = [a for a in find_arrivals(beams(values)) if a.peak_s == 505.0]
    assert len(found) == 1
    assert not found[0].confident
    assert found[0].p_false > 1e-6


def test_a_peak_on_the_edge_of_the_grid_is_not_confident():
    values, edge = noise(300), np.zeros(300, dtype=bool)
    values[100], edge[100] = 30.0, True
    (arrival,) = [a for a in find_arrivals(beams(values, at_boundary=edge)) if a.peak_s == 505.0]
    assert arrival.at_boundary
    assert not arrival.confident


def test_a_doubtful_bearing_is_wide():
    values = noise(300)
    values[100] = 2.0
    found = [
        a
        for a in find_arrivals(beams(values), ArrivalSettings(p_window=0.05, false_alarms_per_day=1000))
        if a.peak_s == 505.0
    ]
    assert found[0].back_azimuth_sigma_deg > 2.0


def test_scatter_inside_an_arrival_widens_its_bearing():
    values, azimuth = noise(300), np.full(300, 90.0)
    values[95:110] = 1.0
    values[100:104] = [11.0, 12.0, 11.0, 11.0]
    azimuth[100:104] = [84.0, 90.0, 96.0, 88.0]
    (arrival,) = [a for a in find_arrivals(beams(values, azimuth)) if a.confident]
    assert arrival.back_azimuth_sigma_deg > 3.0


def test_turns_are_the_short_way_round():
    np.testing.assert_allclose(turn_deg(np.array([350.0, 10.0, 0.0, 90.0]), 10.0), [20.0, 0.0, 10.0, 80.0])


def test_a_lasting_source_masks_its_own_side_and_no_other():
    rng = np.random.default_rng(4)
    n = 300
    surf = noise(n) * np.where(np.arange(n) % 60 < 30, 8.0, 2.5)
    azimuth = 250.0 + rng.normal(scale=3.0, size=n)
    azimuth[::7], surf[::7] = rng.uniform(0.0, 230.0, size=azimuth[::7].size), noise(azimuth[::7].size, seed=2)
    for bearing_deg, heard in ((250.0, False), (60.0, True)):
        values, pointed = surf.copy(), azimuth.copy()
        values[200], pointed[200] = 12.0, bearing_deg
        sure = [a for a in find_arrivals(beams(values, azimuth_deg=pointed)) if a.confident]
        assert [round(a.back_azimuth_deg) for a in sure] == ([60] if heard else [])
