"""Tables of the sensor model: looked up for several sources at once as for each."""

from __future__ import annotations

import numpy as np
import pytest

from trucewatch.physics import (
    Weather,
    looked_up,
    probability_of_detection,
    reach_table,
    reach_tables,
    reference_listener,
    reference_source,
)

WEATHER = Weather(temperature_c=10, relative_humidity_pct=70, pressure_pa=101_325, wind_m_s=4.0, wind_from_deg=210.0)
SOURCES = tuple(reference_source(name) for name in ("small_arms", "mortar_82", "demolition_100kg"))
RANGES = np.array([3.0, 10.0, 700.0, 4_321.0, 60_000.0, 500_000.0])
BEARINGS = np.array([0.0, 359.9, 15.0, 187.3, 360.0, 91.0])


def test_several_sources_are_looked_up_as_each_is() -> None:
    listener = reference_listener("microphone")
    together = looked_up(reach_tables(SOURCES, listener, WEATHER), RANGES, BEARINGS)
    each = [looked_up(reach_table(s, listener, WEATHER), RANGES, BEARINGS) for s in SOURCES]
    assert np.array_equal(together, np.stack(each))


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_looked_up_is_the_model(source: object) -> None:
    listener = reference_listener("microphone")
    inside = (RANGES >= 10.0) & (RANGES <= 200_000.0)
    model = probability_of_detection(source, RANGES[inside], listener, WEATHER, BEARINGS[inside])
    found = looked_up(reach_table(source, listener, WEATHER), RANGES, BEARINGS)[inside]
    assert found == pytest.approx(model, abs=0.01)
