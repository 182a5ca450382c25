import dataclasses
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from trucewatch.physics import (
    REFERENCE_SOURCE_NAMES,
    Listener,
    Source,
    Weather,
    at_least,
    detection_range_m,
    joint_probability,
    level_spread_db,
    probability_of_detection,
    received_level_db,
    reference_listener,
    reference_source,
)

WEATHER = Weather(temperature_c=10, relative_humidity_pct=70, pressure_pa=101_325, wind_m_s=4, wind_from_deg=270)
SURE = dataclasses.replace(WEATHER, wind_sigma_m_s=0.0)
KINDS = ("microphone", "infrasound_array", "seismometer", "camera", "patrol")
names, kinds = st.sampled_from(REFERENCE_SOURCE_NAMES), st.sampled_from(KINDS)


def test_with_a_known_wind_it_is_phi_of_the_margin_over_the_spread():
    source = reference_source("mortar_120")
    listener = Listener(kind="microphone", noise_level_db=60.0, noise_sigma_db=7.0, threshold_snr_db=10.0, n_elements=4)
    ranges = np.geomspace(100, 30_000, 9)
    margin = received_level_db(source, ranges, SURE, 30.0) + 10 * np.log10(4) - 70.0
    expected = norm.cdf(margin / np.hypot(level_spread_db(source, ranges), 7.0))
    assert probability_of_detection(source, ranges, listener, SURE, 30.0) == pytest.approx(expected, abs=1e-12)


def test_an_uncertain_wind_is_the_average_over_winds():
    source, listener = reference_source("small_arms"), reference_listener("microphone")
    uncertain = dataclasses.replace(SURE, wind_sigma_m_s=1.0)
    winds = WEATHER.wind_m_s + np.random.default_rng(5).normal(0.0, 1.0, 4000)
    # Sound going east with a wind from the west: the component is the wind speed itself.
    sampled = [
        probability_of_detection(source, 1500.0, listener, dataclasses.replace(SURE, wind_m_s=w), 90.0)
        for w in winds.clip(0.0)
    ]
    expected = np.mean(sampled)
    found = probability_of_detection(source, 1500.0, listener, uncertain, 90.0)
    assert found == pytest.approx(expected, abs=4 * np.std(sampled) / np.sqrt(4000) + 1e-3)


@given(names, kinds, st.floats(1.0, 2e5), st.floats(1.0, 20.0), st.one_of(st.none(), st.floats(0, 360)))
@settings(max_examples=200, deadline=None)
def test_probabilities_lie_in_0_1_and_fall_with_range(name, kind, range_m, factor, bearing):
    there = np.array([range_m, range_m * factor])
    near, far = probability_of_detection(reference_source(name), there, reference_listener(kind), WEATHER, bearing)
    assert 0.0 <= far <= near + 1e-9
    assert near <= 1.0


@given(kinds, st.floats(0.01, 1e4), st.floats(1.0, 20.0), st.floats(1.0, 1e5))
@settings(max_examples=100, deadline=None)
def test_probabilities_rise_with_charge(kind, charge, factor, range_m):
    small, large = Source(kind="x", charge_kg=charge), Source(kind="x", charge_kg=charge * factor)
    listener = reference_listener(kind)
    assert probability_of_detection(large, range_m, listener, WEATHER) >= (
        probability_of_detection(small, range_m, listener, WEATHER) - 1e-12
    )


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_broadcast(kind):
    source, listener = reference_source("artillery_122"), reference_listener(kind)
    assert np.shape(probability_of_detection(source, 5000.0, listener, WEATHER)) == ()
    assert probability_of_detection(source, np.ones((3, 4)) * 5000.0, listener, WEATHER).shape == (3, 4)
    grid = probability_of_detection(source, [[1000.0], [9000.0]], listener, WEATHER, [0.0, 90.0, 180.0])
    assert grid.shape == (2, 3)
    alone = probability_of_detection(source, 9000.0, listener, WEATHER, 90.0)
    assert grid[1, 1] == pytest.approx(alone)
    assert probability_of_detection(source, 9000.0, listener, WEATHER, [0.0, 90.0])[1] == pytest.approx(alone)


@pytest.mark.parametrize(
    ("name", "kind", "low_km", "high_km"),
    # What is usual: microphones 0.1 to 15 km, infrasound arrays 10 to 500 km; patrols hear shots for a few km.
    [
        ("small_arms", "microphone", 0.5, 3.0),
        ("small_arms", "patrol", 1.0, 5.0),
        ("mortar_120", "microphone", 5.0, 20.0),
        ("artillery_152", "patrol", 5.0, 20.0),
        ("demolition_100kg", "infrasound_array", 10.0, 500.0),
    ],
)
def test_ranges_are_those_the_network_is_planned_for(name, kind, low_km, high_km):
    reach = detection_range_m(reference_source(name), reference_listener(kind), WEATHER)
    assert low_km < reach / 1e3 < high_km


def test_the_detection_range_is_where_the_probability_is_met():
    source, listener = reference_source("mortar_82"), reference_listener("patrol")
    for p in (0.1, 0.5, 0.9):
        reach = detection_range_m(source, listener, WEATHER, p, bearing_deg=45.0)
        assert probability_of_detection(source, reach, listener, WEATHER, 45.0) == pytest.approx(p, abs=1e-4)
    deaf = dataclasses.replace(listener, noise_level_db=300.0)
    assert detection_range_m(source, deaf, WEATHER) == 0.0
    with pytest.raises(ValueError, match="probability"):
        detection_range_m(source, listener, WEATHER, 1.0)


def test_wind_favours_those_downwind_and_health_those_with_less_noise():
    source, listener = reference_source("small_arms"), reference_listener("patrol")
    upwind, downwind = probability_of_detection(source, 2000.0, listener, WEATHER, [270.0, 90.0])
    unknown = probability_of_detection(source, 2000.0, listener, WEATHER)
    assert upwind < unknown < downwind
    noisy = dataclasses.replace(listener, noise_level_db=70.0)
    assert probability_of_detection(source, 2000.0, noisy, WEATHER) < unknown


@pytest.mark.parametrize(
    "change", [{"kind": "dog"}, {"noise_level_db": float("nan")}, {"noise_sigma_db": -1.0}, {"n_elements": 0}]
)
def test_an_impossible_listener_is_refused(change):
    with pytest.raises(ValueError, match=r"kind|finite|negative"):
        dataclasses.replace(reference_listener("microphone"), **change)


def test_at_least_k_of_equal_sensors_is_binomial():
    p = np.array([0.0, 0.01, 0.3, 1.0])
    for k in range(7):
        assert at_least(np.tile(p, (6, 1)), k) == pytest.approx(binom.sf(k - 1, 6, p), abs=1e-14)


@given(st.lists(st.floats(0, 1), min_size=0, max_size=7), st.integers(0, 8))
def test_at_least_k_by_counting_every_outcome(p, k):
    counted = sum(
        np.prod([q if hit else 1 - q for q, hit in zip(p, hits, strict=True)])
        for hits in product([0, 1], repeat=len(p))
        if sum(hits) >= k
    )
    assert at_least(np.array(p), k) == pytest.approx(counted, abs=1e-12)


def test_small_probabilities_do_not_cancel():
    assert at_least([1e-12, 1e-12], 2) == pytest.approx(1e-24, rel=1e-9)
    assert joint_probability([0.5, 0.5]) == pytest.approx(0.75)


@pytest.mark.parametrize(("p", "k"), [([0.5, 1.1], 1), ([np.nan], 1), ([0.5], -1)])
def test_at_least_refuses_what_is_no_probability(p, k):
    with pytest.raises(ValueError, match=r"probabilities|negative"):
        at_least(p, k)
