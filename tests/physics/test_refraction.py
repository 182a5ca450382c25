"""Sound in moving and layered air against closed forms and step-by-step rays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from trucewatch.physics import (
    bending_sigma_s,
    bent_time_s,
    carried,
    effective_speed_m_s,
    gradient_per_s,
    shadow_distance_m,
    sound_speed_m_s,
    upwind_share,
)
from trucewatch.physics.refraction import arc_height_m

angles = st.floats(0.0, 360.0)


@given(st.floats(0.0, 60.0), angles, angles, st.floats(-20.0, 35.0))
def test_the_front_is_a_circle_that_the_wind_carries_away(wind, wind_from, bearing, celsius):
    # After t the front is a circle of radius c t about the point to which the wind has carried the air of the source.
    c, toward, path = float(sound_speed_m_s(celsius)), np.radians(wind_from + 180), np.radians(bearing)
    drift = wind * np.array([np.sin(toward), np.cos(toward)])
    x = 1000.0 * np.array([np.sin(path), np.cos(path)])
    arrival = brentq(lambda t: np.hypot(*(x - drift * t)) - c * t, 0.1, 100.0)
    sound = carried(celsius, wind, wind_from, bearing)
    assert float(sound.speed_m_s) == pytest.approx(1000.0 / arrival, rel=1e-9)
    normal = x - drift * arrival
    seen = np.degrees(np.arctan2(-normal[0], -normal[1]))
    assert (seen - (bearing + 180) - float(sound.turn_deg) + 180) % 360 - 180 == pytest.approx(0.0, abs=1e-6)


def test_a_crosswind_moves_the_source_downwind():
    # Sound goes north, the wind comes from the east: the listener looks south and sees the source towards the west.
    c = float(sound_speed_m_s(10.0))
    sound = carried(10.0, 10.0, 90.0, 0.0)
    assert float(sound.turn_deg) == pytest.approx(np.degrees(np.arcsin(10.0 / c)))
    assert carried(10.0, 10.0, [90.0, 270.0], 0.0).turn_deg.sum() == pytest.approx(0.0)
    assert carried(10.0, 10.0, [0.0, 180.0], 0.0).turn_deg == pytest.approx([0.0, 0.0], abs=1e-9)


@given(angles, angles)
def test_the_sum_of_speeds_is_the_first_order(wind_from, bearing):
    exact = float(carried(10.0, 5.0, wind_from, bearing).speed_m_s)
    assert 0.0 <= float(effective_speed_m_s(10.0, 5.0, wind_from, bearing)) - exact < 5.0**2 / 2 / 337.0 + 1e-9


def _stepped(angle: float, slope: float, c: float) -> tuple[float, float, float]:
    """Follow a ray that leaves the ground upwards, step by step, until it is back; distance, time, height."""
    x = z = t = top = 0.0
    ds = 0.05
    while z >= 0.0:
        speed = c + slope * z
        x, z, t = x + ds * np.cos(angle), z + ds * np.sin(angle), t + ds / speed
        angle -= ds * slope * np.cos(angle) / speed
        top = max(top, z)
    return x, t, top


@pytest.mark.parametrize("slope", [0.05, 0.2])
def test_arcs_are_those_of_a_ray_followed_step_by_step(slope):
    x, t, top = _stepped(np.radians(4.0), slope, 340.0)
    assert float(bent_time_s(x, slope)) == pytest.approx(t, rel=1e-4)
    assert float(arc_height_m(x, slope)) == pytest.approx(top, rel=2e-3)


def test_the_grazing_ray_is_a_circle():
    radius = 340.0 / 0.05
    reach = float(shadow_distance_m(-0.05, 2.0, 1.5))
    centre = np.array([0.0, radius])
    for height, side in ((2.0, -1), (1.5, 1)):
        x = side * np.sqrt(radius**2 - (radius - height) ** 2)
        assert np.hypot(x, height - centre[1]) == pytest.approx(radius)
    assert reach == pytest.approx(sum(np.sqrt(radius**2 - (radius - h) ** 2) for h in (2.0, 1.5)))
    assert shadow_distance_m(-0.05, 1.5, 2.0) == pytest.approx(reach)
    assert np.isinf(shadow_distance_m([0.0, 0.05], 2.0, 1.5)).all()


def test_no_gradient_is_a_straight_path():
    assert bent_time_s(3400.0, [0.0, -0.1, 1e-6]) == pytest.approx([10.0, 10.0, 10.0])
    early = 10.0 - bent_time_s(3400.0, 0.01)
    assert early == pytest.approx(10.0 * (0.01 * 3400 / 340) ** 2 / 24, rel=0.002)


def test_an_uncertain_gradient_spreads_the_time():
    rng = np.random.default_rng(3)
    sampled = bent_time_s(4000.0, rng.normal(0.1, 0.02, 100_000)).std()
    assert bending_sigma_s(4000.0, 0.1, 0.02) == pytest.approx(sampled, rel=0.03)
    assert bending_sigma_s(4000.0, 0.1, 0.0) == 0.0


def test_warm_air_aloft_is_worth_a_wind_in_the_back():
    # 0.05 K/m of inversion bends as 1.7 m/s downwind do; half the shadow is reached at 2.5 m/s upwind.
    wind = 0.6 * 0.05 / float(gradient_per_s(1.0))
    assert wind == pytest.approx(1.66, abs=0.05)
    assert upwind_share(-1.0, -0.05) == pytest.approx(upwind_share(-1.0 + wind))
    assert upwind_share(-2.5) == pytest.approx(0.5)
    assert upwind_share(0.0, 0.03) > upwind_share(0.0) > upwind_share(0.0, -0.03)
