import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.physics import charge_kg_for, peak_overpressure_pa, positive_duration_s


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
