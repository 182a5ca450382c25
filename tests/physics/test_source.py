import dataclasses

import pytest

from trucewatch.physics import REFERENCE_SOURCE_NAMES, Source, Weather, reference_source


def test_named_sources_are_there_and_named_so():
    wanted = {"small_arms", "mortar_82", "mortar_120", "artillery_122", "artillery_152", "demolition_100kg"}
    assert wanted <= set(REFERENCE_SOURCE_NAMES)
    assert all(reference_source(name).kind == name for name in REFERENCE_SOURCE_NAMES)
    assert reference_source("demolition_100kg").charge_kg == 100.0


def test_every_reference_source_has_a_spread():
    assert all(reference_source(name).spread_db >= 5.0 for name in REFERENCE_SOURCE_NAMES)


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match=r"'trebuchet'.*mortar_82"):
        reference_source("trebuchet")


@pytest.mark.parametrize(
    "size",
    [
        {},
        {"charge_kg": 1.0, "level_db_1m": 160.0},
        {"level_db_1m": 160.0},
        {"charge_kg": -1.0},
        {"charge_kg": float("nan")},
        {"level_db_1m": float("inf"), "dominant_frequency_hz": 100.0},
        {"charge_kg": 1.0, "spread_db": -1.0},
    ],
)
def test_a_source_needs_one_possible_size(size):
    with pytest.raises(ValueError, match=r"source|charge|spread"):
        Source(kind="x", **size)


WEATHER = Weather(temperature_c=10, relative_humidity_pct=70, pressure_pa=101_325, wind_m_s=3, wind_from_deg=0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature_c", 283.0),
        ("relative_humidity_pct", 0.0),
        ("pressure_pa", 1013.25),
        ("wind_m_s", -1.0),
        ("wind_from_deg", float("nan")),
        ("visibility_m", 0.0),
    ],
)
def test_impossible_weather_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        dataclasses.replace(WEATHER, **{name: value})
