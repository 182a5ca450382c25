import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.physics import (
    REFERENCE_SOURCE_NAMES,
    Source,
    Weather,
    contrast_level_db,
    ground_level_db,
    infrasound_level_db,
    infrasound_spread_db,
    level_spread_db,
    received_level_db,
    received_levels_db,
    reference_source,
    surface_magnitude,
)
from trucewatch.physics.level import OCTAVES_HZ, dominant_frequency_hz, equivalent_charge_kg, free_field_level_db

CALM = Weather(temperature_c=10, relative_humidity_pct=70, pressure_pa=101_325, wind_m_s=0, wind_from_deg=0)
WINDY = dataclasses.replace(CALM, wind_m_s=6.0)
SHOT = reference_source("small_arms")
names = st.sampled_from(REFERENCE_SOURCE_NAMES)


def test_octave_middles_are_the_standard_ones():
    assert pytest.approx([125, 250, 500, 1000, 2000], rel=0.01) == OCTAVES_HZ


def test_free_field_is_the_blast_curve_or_spherical_spreading():
    assert free_field_level_db(SHOT, 100.0, CALM) == pytest.approx(120.0)
    one_kg = Source(kind="x", charge_kg=1.0)
    standard = dataclasses.replace(CALM, temperature_c=15.0)
    assert free_field_level_db(one_kg, 1000.0, standard) == pytest.approx(20 * np.log10(83.8 / 20e-6), abs=0.01)


def test_the_dominant_frequency_of_a_charge_is_that_of_its_pulse():
    # The numerical spectrum of the Friedlander pulse itself peaks there.
    duration = 4.2e-3
    t = np.arange(0, 0.4, 1e-5)
    spectrum = np.abs(np.fft.rfft((1 - t / duration) * np.exp(-t / duration), 1 << 18))
    peak_hz = np.fft.rfftfreq(1 << 18, 1e-5)[spectrum.argmax()]
    assert dominant_frequency_hz(Source(kind="x", charge_kg=1.0), CALM) == pytest.approx(peak_hz, rel=0.02)
    eight = dominant_frequency_hz(Source(kind="x", charge_kg=8.0), CALM)
    assert eight == pytest.approx(dominant_frequency_hz(Source(kind="x", charge_kg=1.0), CALM) / 2)


def test_an_equivalent_charge_is_as_loud_at_a_kilometre():
    charge = Source(kind="x", charge_kg=equivalent_charge_kg(SHOT))
    standard = dataclasses.replace(CALM, temperature_c=15.0)
    assert free_field_level_db(charge, 1000.0, standard) == pytest.approx(100.0, abs=1e-6)


def test_upwind_is_quieter_by_tens_of_decibels_and_downwind_is_not():
    up, across, down = received_level_db(SHOT, 2000.0, WINDY, [0.0, 90.0, 180.0])
    assert 15.0 < down - up < 30.0
    assert up < across < down
    assert received_level_db(SHOT, 2000.0, WINDY) == pytest.approx(across)


@given(names, st.floats(1.0, 1e5), st.floats(1.0, 10.0), st.floats(0, 360))
@settings(deadline=None)
def test_levels_fall_with_range(name, range_m, factor, bearing):
    source, there = reference_source(name), np.array([range_m, range_m * factor])
    for near, far in (
        received_level_db(source, there, WINDY, bearing),
        infrasound_level_db(source, there, WINDY),
        ground_level_db(source, there),
        contrast_level_db(source, there, WINDY),
    ):
        assert far <= near + 1e-9


@given(st.floats(0.01, 1e4), st.floats(1.0, 10.0), st.floats(1.0, 1e5))
@settings(deadline=None)
def test_levels_rise_with_charge(charge, factor, range_m):
    small, large = Source(kind="x", charge_kg=charge), Source(kind="x", charge_kg=charge * factor)
    for level in (
        lambda s: received_level_db(s, range_m, WINDY),
        lambda s: infrasound_level_db(s, range_m, WINDY),
        lambda s: ground_level_db(s, range_m),
        lambda s: contrast_level_db(s, range_m, WINDY),
    ):
        assert level(large) >= level(small) - 1e-9


def test_spread_grows_with_range_from_the_sources_own():
    spread = level_spread_db(SHOT, [1.0, 100.0, 1000.0, 10_000.0])
    assert spread[0] == spread[1] == pytest.approx(np.hypot(6.0, 2.0))
    assert spread[2] == pytest.approx(np.hypot(6.0, 5.0))
    assert spread[3] == pytest.approx(np.hypot(6.0, 8.0))
    assert np.all(np.diff(infrasound_spread_db(SHOT, [1e3, 1e4, 1e5, 2e5])) > 0)


def test_far_infrasound_is_the_los_alamos_relation():
    # 1 kt at 1000 km: 10^(3.37 - 4.08) = 0.195 Pa; the band holds nearly all of so long a pulse.
    level = infrasound_level_db(Source(kind="x", charge_kg=1e6), 1e6, CALM)
    assert level == pytest.approx(20 * np.log10(0.195 / 20e-6), abs=0.1)


def test_near_infrasound_of_a_large_charge_is_its_blast_wave():
    large = Source(kind="x", charge_kg=1e6)
    assert infrasound_level_db(large, 1000.0, CALM) == pytest.approx(free_field_level_db(large, 1000.0, CALM), abs=0.1)


def test_ground_level_is_the_standard_local_magnitude():
    # IASPEI: at 100 km, ML = log10(A nm) + 1.11 * 2 + 0.189 - 2.09.
    source = Source(kind="x", charge_kg=1000.0)
    magnitude = surface_magnitude(1000.0)
    assert magnitude == pytest.approx(2.45 - 1.5)
    assert ground_level_db(source, 1e5) == pytest.approx(20 * (magnitude - 0.319), abs=1e-3)


def test_haze_and_darkness():
    source, clear = reference_source("mortar_120"), CALM
    hazy = dataclasses.replace(CALM, visibility_m=2000.0)
    dark = dataclasses.replace(CALM, is_night=True)
    # At the visibility range a burst that fills its pixel keeps 5 % of its contrast.
    assert contrast_level_db(source, 2000.0, hazy) - contrast_level_db(source, 0.0, hazy) == pytest.approx(
        -26.02, abs=0.01
    )
    assert contrast_level_db(source, 3000.0, dark) > contrast_level_db(source, 3000.0, clear)


def test_levels_of_several_sources_are_those_of_each():
    sources = [reference_source(name) for name in ("small_arms", "mortar_82", "demolition_100kg")]
    ranges = np.array([0.5, 30.0, 800.0, 12_000.0, 90_000.0])
    for weather in (CALM, WINDY, dataclasses.replace(CALM, temperature_c=-8.0, relative_humidity_pct=40.0)):
        each = np.stack([received_level_db(s, ranges, weather) for s in sources])
        assert np.array_equal(received_levels_db(sources, ranges, weather), each)
