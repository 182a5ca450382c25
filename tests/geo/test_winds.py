import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.geo import WIND_HALF_WIDTH_DEG, WIND_NAMES, spelled_out, wind_degrees, wind_name


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("N", 0.0),
        ("nnw", 337.5),
        ("North-north-west", 337.5),
        ("north northwest", 337.5),
        ("WNW", 292.5),
        ("west-north-west", 292.5),
        ("SOUTH", 180.0),
        (" south‑south‑east ", 157.5),
        ("e", 90.0),
        ("southwest", 225.0),
    ],
)
def test_names_as_patrols_write_them(text, degrees):
    assert wind_degrees(text) == degrees


@pytest.mark.parametrize("text", ["", "NN", "NEN", "up", "north-south", "WNN", "unknown"])
def test_unknown_text_is_named(text):
    with pytest.raises(ValueError, match=repr(text)):
        wind_degrees(text)


@given(st.floats(-720, 720))
def test_the_sector_of_the_name_holds_the_bearing(bearing):
    away = (wind_degrees(wind_name(bearing)) - bearing + 180) % 360 - 180
    assert abs(away) <= WIND_HALF_WIDTH_DEG + 1e-9


def test_every_name_round_trips():
    for name in WIND_NAMES:
        assert wind_name(wind_degrees(name)) == name
        assert wind_degrees(spelled_out(name)) == wind_degrees(name)
    with pytest.raises(ValueError, match="finite"):
        wind_name(float("nan"))
