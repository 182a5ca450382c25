import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.physics import Weather, peak_overpressure_pa
from trucewatch.physics.pressure import pulse_frequency_hz, pulse_level_db, pulse_spread_db

STILL = Weather(
    temperature_c=15, relative_humidity_pct=70, pressure_pa=101_325, wind_m_s=0, wind_from_deg=0, wind_sigma_m_s=0
)
WINDY = dataclasses.replace(STILL, wind_m_s=8.0)
charges, ranges = st.floats(0.05, 1e4), st.floats(200.0, 20_000.0)


def test_within_a_kilometre_it_is_the_blast_curve_less_a_little_air_and_shadow():
    free = 20 * np.log10(peak_overpressure_pa(10.0, 300.0) / 20e-6)
    assert 0.0 < free - float(pulse_level_db(10.0, 300.0, STILL)) < 1.5


@given(st.floats(1.0, 1e3), st.floats(500.0, 5000.0))
def test_a_factor_eight_in_charge_is_a_factor_two_in_pressure_far_away(charge, distance):
    # Far from a charge pressure goes as the cube root of charge; a longer pulse loses a little less on the way.
    gain = float(pulse_level_db(8 * charge, distance, STILL) - pulse_level_db(charge, distance, STILL))
    near = float(peak_overpressure_pa(8 * charge, distance) / peak_overpressure_pa(charge, distance))
    assert near == pytest.approx(2.0, rel=0.25 if distance < 40 * (8 * charge) ** (1 / 3) else 0.03)
    assert 20 * np.log10(near) - 0.01 < gain < 20 * np.log10(near) + 0.8


@given(charges, ranges)
def test_it_falls_with_range_and_upwind_is_never_louder(charge, distance):
    assert pulse_level_db(charge, 1.1 * distance, STILL) < pulse_level_db(charge, distance, STILL)
    upwind, downwind = pulse_level_db(charge, distance, WINDY, [0.0, 180.0])
    assert upwind < downwind


def test_the_pulse_is_longer_for_a_larger_charge():
    f = pulse_frequency_hz([1.0, 1000.0], 2000.0, STILL)
    assert f[0] / f[1] == pytest.approx(10.0, rel=0.01)


def test_the_spread_grows_with_range_and_with_doubt_about_the_wind():
    assert pulse_spread_db(100.0, STILL) == pytest.approx(2.0)
    assert pulse_spread_db(1000.0, STILL) == pytest.approx(5.0)
    doubtful = dataclasses.replace(WINDY, wind_sigma_m_s=2.0)
    assert pulse_spread_db(1000.0, doubtful, 60.0) > pulse_spread_db(1000.0, WINDY, 60.0)
