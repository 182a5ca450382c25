"""Shock waves against closed forms and published figures."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.physics.ballistics import (
    RIFLE_127,
    RIFLE_556,
    RIFLE_762,
    Bullet,
    blast_after_shock_s,
    flight_time_s,
    mach_angle_deg,
    n_wave_duration_s,
    n_wave_pa,
    n_wave_peak_pa,
    rifle_shot_pa,
    shock_arrival,
)

C_M_S = 340.0
STEADY = Bullet(diameter_m=7.82e-3, length_m=0.03, muzzle_speed_m_s=2.5 * C_M_S, slowing_per_m=0.0)


def test_the_cone_is_that_of_the_reference():
    # 3,000 ft/s: M = 2.67 and 22 degrees (Maher 2006).
    assert mach_angle_deg(2.67) == pytest.approx(22.0, abs=0.1)
    with pytest.raises(ValueError, match="below the speed of sound"):
        mach_angle_deg(0.9)


@given(along_m=st.floats(60.0, 600.0), miss_m=st.floats(1.0, 20.0))
def test_at_constant_speed_the_arrival_is_the_closed_form(along_m, miss_m):
    # t = x / v + b cos(mach angle) / c
    shock = shock_arrival(STEADY, along_m=along_m, miss_m=miss_m, sound_speed_m_s=C_M_S)
    angle = math.asin(1 / 2.5)
    assert shock.time_s == pytest.approx(along_m / (2.5 * C_M_S) + miss_m * math.cos(angle) / C_M_S, abs=2e-6)
    assert shock.along_m == pytest.approx(along_m - miss_m * math.tan(angle), abs=0.05)
    assert shock.mach == pytest.approx(2.5)


@given(along_m=st.floats(20.0, 300.0), miss_m=st.floats(0.5, 100.0))
def test_the_wave_leaves_at_the_mach_angle_of_a_slowing_bullet(along_m, miss_m):
    shock = shock_arrival(RIFLE_762, along_m=along_m, miss_m=miss_m, sound_speed_m_s=C_M_S)
    if shock is not None and shock.along_m > 1.0:
        angle = math.degrees(math.atan2(miss_m, along_m - shock.along_m))
        assert angle == pytest.approx(90.0 - mach_angle_deg(shock.mach), abs=0.5)


def test_no_shock_behind_the_cone_nor_from_a_slow_bullet():
    assert shock_arrival(RIFLE_762, along_m=-10.0, miss_m=5.0, sound_speed_m_s=C_M_S) is None
    assert shock_arrival(RIFLE_762, along_m=5.0, miss_m=100.0, sound_speed_m_s=C_M_S) is None
    pistol = Bullet(diameter_m=11.4e-3, length_m=0.017, muzzle_speed_m_s=260.0)
    assert shock_arrival(pistol, along_m=50.0, miss_m=5.0, sound_speed_m_s=C_M_S) is None
    assert blast_after_shock_s(pistol, along_m=50.0, miss_m=5.0, sound_speed_m_s=C_M_S) is None


def test_n_waves_are_as_long_and_strong_as_published():
    # A 7.62 mm bullet at some metres: about 0.2 ms and some 100 Pa (Maher 2006; Stoughton 1997).
    for miss_m in (3.0, 10.0):
        assert 0.12e-3 < n_wave_duration_s(RIFLE_762, 2.0, miss_m, C_M_S) < 0.30e-3
    assert 100.0 < n_wave_peak_pa(RIFLE_762, 2.0, 10.0) < 300.0
    assert n_wave_duration_s(RIFLE_127, 2.0, 10.0, C_M_S) > 1.4 * n_wave_duration_s(RIFLE_556, 2.0, 10.0, C_M_S)
    # Sixteen times the distance: twice as long, an eighth as strong.
    assert n_wave_duration_s(RIFLE_762, 2.0, 160.0, C_M_S) == pytest.approx(
        2 * n_wave_duration_s(RIFLE_762, 2.0, 10.0, C_M_S)
    )
    assert n_wave_peak_pa(RIFLE_762, 2.0, 160.0) == pytest.approx(n_wave_peak_pa(RIFLE_762, 2.0, 10.0) / 8)


def test_the_blast_comes_later_the_farther_the_listener():
    gaps = [blast_after_shock_s(RIFLE_762, along_m=x, miss_m=10.0, sound_speed_m_s=C_M_S) for x in (50, 100, 200)]
    assert gaps == sorted(gaps)
    assert 0.02 < gaps[0] < gaps[2] < 0.6


def test_an_n_wave_is_symmetric_and_carries_no_impulse():
    t = np.arange(-1e-4, 5e-4, 1e-7)
    wave = n_wave_pa(t, peak_pa=100.0, duration_s=2e-4)
    assert wave.max() == pytest.approx(100.0, rel=0.01)
    assert wave.min() == pytest.approx(-100.0, rel=0.01)
    assert abs(wave.sum()) < 0.02 * np.abs(wave).sum()
    assert not wave[t <= 0].any()


def test_a_shot_is_shock_then_blast_where_they_are_due():
    t = np.arange(0.0, 0.6, 1 / 96_000)
    heard = rifle_shot_pa(t, RIFLE_762, along_m=100.0, miss_m=10.0, ground=0.0)
    shock = shock_arrival(RIFLE_762, along_m=100.0, miss_m=10.0, sound_speed_m_s=C_M_S)
    assert t[np.flatnonzero(np.abs(heard) > 1.0)[0]] == pytest.approx(shock.time_s, abs=2e-5)
    late = t > math.hypot(100, 10) / C_M_S - 1e-4
    assert t[late][np.argmax(heard[late])] == pytest.approx(math.hypot(100, 10) / C_M_S, abs=5e-5)
    assert heard.max() == pytest.approx(shock.peak_pa, rel=0.1)


def test_flight_times_grow_and_bullets_are_checked():
    path = np.linspace(0.0, 500.0, 11)
    slow, steady = flight_time_s(RIFLE_762, path), flight_time_s(STEADY, path)
    assert np.all(np.diff(slow) > 0)
    assert steady[-1] == pytest.approx(500.0 / (2.5 * C_M_S))
    with pytest.raises(ValueError, match="must be positive"):
        Bullet(diameter_m=0.0, length_m=0.03, muzzle_speed_m_s=800.0)
