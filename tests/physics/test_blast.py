import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.physics import (
    charge_kg_for,
    corner_frequency_hz,
    peak_overpressure_pa,
    positive_duration_s,
    positive_impulse_pa_s,
    sound_speed_m_s,
    weak_shock_growth,
)


def test_check_values_of_the_design_document():
    # Also InfraPy's kg_op: 840.0 Pa at 0.1 km.
    assert peak_overpressure_pa(1.0, 100.0) == pytest.approx(840.0, abs=0.05)
    assert peak_overpressure_pa(1.0, 1000.0) == pytest.approx(83.8, abs=0.05)


def test_ambient_scaling_keeps_the_ratio_at_equal_scaled_range():
    # Half the density needs a range larger by the cube root of two for the same pressure ratio (Sachs' scaling).
    thin = peak_overpressure_pa(1.0, 100.0 * 2 ** (1 / 3), ambient_pressure_pa=101_325.0 / 2)
    assert thin == pytest.approx(peak_overpressure_pa(1.0, 100.0) / 2)


def test_a_factor_two_in_pressure_is_eight_in_charge():
    p = peak_overpressure_pa(10.0, 5000.0)
    assert charge_kg_for(2 * p, 5000.0) == pytest.approx(80.0, rel=1e-3)


@given(st.floats(1e-3, 1e6), st.floats(10.0, 3e5), st.floats(6e4, 1.1e5), st.floats(-30, 40))
def test_charge_is_the_inverse_of_pressure(charge, range_m, ambient, celsius):
    pressure = peak_overpressure_pa(charge, range_m, ambient, celsius)
    assert charge_kg_for(pressure, range_m, ambient, celsius) == pytest.approx(charge, rel=1e-6)


@given(st.floats(1e-3, 1e6), st.floats(1.0, 1e5), st.floats(1.001, 100.0))
def test_pressure_falls_with_range_and_rises_with_charge(charge, range_m, factor):
    here = peak_overpressure_pa(charge, range_m)
    assert peak_overpressure_pa(charge, range_m * factor) < here < peak_overpressure_pa(charge * factor, range_m)


def test_duration_scales_as_the_cube_root_of_charge():
    z = np.array([5.0, 50.0, 500.0])
    assert positive_duration_s(8.0, 2 * z) == pytest.approx(2 * positive_duration_s(1.0, z))
    # Far away 1 kg has a pulse of some 4 ms: the limit 980 * 0.02^3 * 0.74^6 * 6.9 / 0.54^10 of the formula.
    limit = 980 * 0.02**3 * 0.74**6 * 6.9 / 0.54**10
    assert positive_duration_s(1.0, 1e5) == pytest.approx(1e-3 * limit, rel=1e-6)


@pytest.mark.parametrize("pressure", [0.0, -5.0, 1e9, np.nan])
def test_refuses_an_impossible_pressure(pressure):
    with pytest.raises(ValueError, match="overpressure"):
        charge_kg_for(pressure, 100.0)


# Swisdak 1994 (simplified Kingery-Bulmash, hemispherical surface burst), incident pressure in kPa and impulse in
# kPa ms/kg^(1/3): ln y = sum c_i (ln Z)^i, each up to the scaled range named.
SWISDAK_PRESSURE = [
    (2.9, (7.2106, -2.1069, -0.3229, 0.1117, 0.0685)),
    (23.8, (7.5938, -3.0523, 0.40977, 0.0261, -0.01267)),
]
SWISDAK_IMPULSE = [
    (0.96, (5.522, 1.117, 0.6, -0.292, -0.087)),
    (2.38, (5.465, -0.308, -1.464, 1.362, -0.432)),
    (33.7, (5.2749, -0.4677, -0.2499, 0.0588, -0.00554)),
    (158.7, (5.9825, -1.062)),
]
SURFACE_FACTOR = 1.8


def _fitted(z, table):
    coefficients = next(c for end, c in table if z <= end)
    return np.exp(sum(c * np.log(z) ** power for power, c in enumerate(coefficients)))


@pytest.mark.parametrize("z", [0.5, 1.0, 2.0, 5.0, 10.0, 20.0])
def test_pressure_of_a_surface_burst_is_that_of_another_published_curve(z):
    assert peak_overpressure_pa(SURFACE_FACTOR, z) == pytest.approx(1e3 * _fitted(z, SWISDAK_PRESSURE), rel=0.16)


@pytest.mark.parametrize("z", [2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 150.0])
def test_impulse_of_a_surface_burst_is_that_of_another_published_curve(z):
    # The two curves part by up to 38 % about 1 m/kg^(1/3), inside the fireball, which nobody here listens to.
    assert positive_impulse_pa_s(SURFACE_FACTOR, z) == pytest.approx(_fitted(z, SWISDAK_IMPULSE), rel=0.12)


def test_impulse_scales_as_the_cube_root_and_with_the_ambient_pressure():
    assert positive_impulse_pa_s(8.0, 200.0) == pytest.approx(2 * positive_impulse_pa_s(1.0, 100.0))
    # Pressure times duration scales alike at one scaled range.
    thin = {"ambient_pressure_pa": 101_325.0 / 2, "temperature_c": -20.0}
    z = 100.0 / np.cbrt(0.5 / (253.15 / 288.15))
    whole = peak_overpressure_pa(1.0, 100.0) * positive_duration_s(1.0, 100.0)
    half = peak_overpressure_pa(1.0, z, **thin) * positive_duration_s(1.0, z, **thin)
    assert positive_impulse_pa_s(1.0, z, **thin) / positive_impulse_pa_s(1.0, 100.0) == pytest.approx(half / whole)


def test_impulse_lies_between_those_of_a_steep_and_a_straight_pulse():
    # p T / e for a Friedlander pulse of decay one, p T / 2 for a triangle; the reference's far curve is 11 % above.
    for z in (20.0, 100.0, 400.0):
        box = peak_overpressure_pa(1.0, z) * positive_duration_s(1.0, z)
        assert box / np.e < positive_impulse_pa_s(1.0, z) < 1.15 * box / 2


def test_a_weak_shock_lengthens_as_the_equation_of_its_front_says():
    # dT/dr = (gamma + 1) / (4 gamma) p / (p0 c) and p r T constant, followed step by step from the end of the table.
    p0, c, r = 101_325.0, float(sound_speed_m_s(15.0)), 500.0
    pressure, length = float(peak_overpressure_pa(1.0, r)), float(positive_duration_s(1.0, r))
    kept, start = pressure * r * length, length
    for step in np.diff(np.geomspace(500.0, 100e3, 20_001)):
        length += 2.4 / 5.6 * kept / (r * length) / (p0 * c) * step
        r += step
    assert weak_shock_growth(1.0, 100e3) == pytest.approx(length / start, rel=1e-3)
    assert weak_shock_growth(1.0, [1.0, 499.0]) == pytest.approx([1.0, 1.0])
    assert weak_shock_growth(8.0, 200e3) == pytest.approx(weak_shock_growth(1.0, 100e3))


def test_the_corner_is_where_the_spectrum_of_the_pulse_peaks():
    duration = float(positive_duration_s(1.6, 300.0))
    t = np.arange(0.0, 60 * duration, duration / 400)
    pulse = (1 - t / duration) * np.exp(-t / duration)
    f = np.linspace(0.2, 3.0, 200) / (2 * np.pi * duration)
    spectrum = np.abs(np.exp(-2j * np.pi * f[:, None] * t) @ pulse)
    assert corner_frequency_hz(1.6, 300.0) == pytest.approx(f[np.argmax(spectrum)], rel=0.02)
    assert corner_frequency_hz(1.6, 50e3) < corner_frequency_hz(1.6, 300.0)
    assert corner_frequency_hz(16.0, 300.0) < corner_frequency_hz(1.6, 300.0)
