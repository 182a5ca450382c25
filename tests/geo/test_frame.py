import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from trucewatch.geo import LocalFrame

DONETSK = LocalFrame(lon_deg=37.8, lat_deg=48.0, altitude_m=210.0)


def test_agrees_with_the_topocentric_conversion_of_proj_to_a_micrometre():
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
        "+step +proj=topocentric +ellps=WGS84 +lon_0=37.8 +lat_0=48.0 +h_0=210"
    )
    rng = np.random.default_rng(1)
    lon, lat, height = rng.uniform(35, 40, 500), rng.uniform(46, 50, 500), rng.uniform(-100, 5000, 500)
    expected = np.stack(Transformer.from_pipeline(pipeline).transform(lon, lat, height), axis=1)
    assert DONETSK.to_enu(lon, lat, height) == pytest.approx(expected, abs=1e-6)


@given(
    st.floats(-180, 180),
    st.floats(-89.9, 89.9),
    st.lists(st.tuples(*[st.floats(-2e5, 2e5)] * 2, st.floats(-500, 2e4)), min_size=1, max_size=5),
)
@settings(max_examples=200, deadline=None)
def test_round_trip_within_200_km_is_exact_to_a_micrometre(lon, lat, enu):
    frame = LocalFrame(lon_deg=lon, lat_deg=lat)
    there = frame.to_geographic(enu)
    back = frame.to_enu(there[:, 0], there[:, 1], there[:, 2])
    assert back == pytest.approx(np.array(enu), abs=1e-6)


def test_shapes_and_default_height():
    assert DONETSK.to_enu(37.8, 48.0) == pytest.approx([0.0, 0.0, 0.0], abs=1e-8)
    assert DONETSK.to_enu(37.8, 48.0).shape == (3,)
    assert DONETSK.to_enu([37.8, 37.9], 48.0).shape == (2, 3)
    assert DONETSK.to_geographic([0.0, 0.0, 5.0]) == pytest.approx([37.8, 48.0, 215.0], abs=1e-8)


def test_axes_point_east_north_up():
    east, north = DONETSK.to_enu(37.81, 48.0), DONETSK.to_enu(37.8, 48.01)
    assert east[0] > 700 and abs(east[1]) < 1
    assert north[1] > 1000 and abs(north[0]) < 1e-6
    assert DONETSK.to_enu(37.8, 48.0, 220.0)[2] == pytest.approx(10.0, abs=1e-8)
