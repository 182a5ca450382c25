"""Counts, ranges, directions and words in the SMM's grammar, and the fifteen real sentences."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.geo.winds import WIND_NAMES, wind_degrees
from trucewatch.model.vocabulary import CountQuality, Description, Means, ObservationType, WeaponClass
from trucewatch.observe.grammar import parse_bearings, parse_count, parse_range_m
from trucewatch.observe.refusal import BadValue
from trucewatch.observe.words import parse_description, parse_means, parse_observation, parse_weapon


@pytest.mark.parametrize(
    ("text", "low", "best", "high", "quality"),
    [
        ("8", 8, 8, 8, CountQuality.EXACT),
        ("eight", 8, 8, 8, CountQuality.EXACT),
        ("1,450", 1450, 1450, 1450, CountQuality.EXACT),
        ("about 60", 48, 60, 72, CountQuality.ABOUT),
        ("Approximately 7", 5, 7, 9, CountQuality.ABOUT),
        ("about 1", 0, 1, 2, CountQuality.ABOUT),
        ("at least 543", 543, 543, None, CountQuality.AT_LEAST),
        ("100+", 100, 100, None, CountQuality.AT_LEAST),
        ("over 100", 101, 101, None, CountQuality.AT_LEAST),
        ("more than  100", 101, 101, None, CountQuality.AT_LEAST),
        ("170 overlapping", 170, 170, None, CountQuality.OVERLAPPING),
        ("uncountable", 2, None, None, CountQuality.UNCOUNTABLE),
        ("Overlapping", 2, None, None, CountQuality.OVERLAPPING),
        ("continuous", 2, None, None, CountQuality.CONTINUOUS),
    ],
)
def test_counts(text, low, best, high, quality):
    count = parse_count(text)
    assert (count.low, count.best, count.high, count.quality) == (low, best, high, quality)


@pytest.mark.parametrize(
    "text", ["", "0", "zero", "-3", "8.5", "many", "about", "12345678", "1e3", "at least 5+", "۵", "nan"]
)
def test_no_counts(text):
    with pytest.raises(BadValue, match="a count of 1 or more"):
        parse_count(text)


@given(st.integers(1, 1_000_000))
def test_about_holds_its_number_and_a_fifth_to_either_side(n):
    count = parse_count(f"about {n}")
    assert count.low <= 0.8 * n + 1e-9 < count.low + 1
    assert count.high - 1 < 1.2 * n + 1e-9
    assert count.high >= 1.2 * n - 1e-9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5-7km", (5000, 7000)),
        ("5–7 km", (5000, 7000)),
        ("200-300m", (200, 300)),
        ("800m-1.5km", (800, 1500)),
        ("2km", (2000, 2000)),
        ("undetermined distance", None),
        ("at an undetermined distance", None),
        ("N/K", None),
        ("", None),
    ],
)
def test_ranges(text, expected):
    assert parse_range_m(text) == expected


@pytest.mark.parametrize(
    "text", ["5-7 furlongs", "5-7", "7-5km", "0km", "5-7000km", "-3km", "5-7 miles", "nan km", "٥km"]
)
def test_no_ranges(text):
    with pytest.raises(BadValue, match="a range"):
        parse_range_m(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WNW", (292.5,)),
        ("south-south-west", (202.5,)),
        ("SE, SSE and S", (135.0, 157.5, 180.0)),
        ("south-east, south-south-east and south of its position", (135.0, 157.5, 180.0)),
        ("E/ESE", (90.0, 112.5)),
        ("north", (0.0,)),
        ("N/K", ()),
        ("", ()),
        ("undetermined direction", ()),
    ],
)
def test_winds(text, expected):
    assert parse_bearings(text) == (expected, 11.25)


def test_degrees_and_winds_keep_the_wider_sector():
    assert parse_bearings("045°") == ((45.0,), 5.0)
    assert parse_bearings("360 deg, NE") == ((0.0, 45.0), 11.25)


@pytest.mark.parametrize("text", ["NNNW", "left", "400°", "45", "north-by-north-east", ",", "N-S"])
def test_no_directions(text):
    with pytest.raises(BadValue, match="directions such as"):
        parse_bearings(text)


@given(
    st.lists(st.sampled_from(WIND_NAMES), min_size=1, max_size=5, unique=True),
    st.sampled_from([", ", "/", " and ", ";"]),
)
def test_several_directions_are_all_kept_in_order(winds, separator):
    assert parse_bearings(separator.join(winds))[0] == tuple(wind_degrees(w) for w in winds)


@pytest.mark.parametrize("value", list(ObservationType))
def test_every_observation_in_singular_and_plural(value):
    words = value.value.replace("_", " ")
    first, *rest = words.split(" in ")
    plural = " in ".join([first + ("es" if first.endswith(("sh", "ss")) else "s"), *rest])
    assert parse_observation(words.title()) is value
    assert parse_observation(plural) is value


def test_words():
    assert parse_observation("Muzzle flashes") is ObservationType.MUZZLE_FLASH
    assert parse_observation("tracer rounds in flight") is ObservationType.TRACER_ROUND
    assert parse_means("Heard") is Means.HEARD
    assert parse_means("saw and heard") is Means.SEEN
    assert parse_description("(assessed as) outgoing") is Description.OUTGOING
    assert parse_description("N/K") is Description.UNDETERMINED
    for read in (parse_observation, parse_means, parse_description):
        with pytest.raises(BadValue, match="one of"):
            read("thing")


@pytest.mark.parametrize(
    ("text", "weapon"),
    [
        ("N/K", WeaponClass.NOT_KNOWN),
        ("", WeaponClass.NOT_KNOWN),
        ("of an unknown type", WeaponClass.NOT_KNOWN),
        ("mortar 82mm", WeaponClass.MORTAR),
        ("Mortar (type N/K)", WeaponClass.MORTAR),
        ("artillery (calibre unknown)", WeaponClass.ARTILLERY_TYPE_NK),
        ("IFV cannon BMP-1 73mm", WeaponClass.IFV_APC_CANNON),
        ("SPG-9 73mm", WeaponClass.RECOILLESS_GUN),
        ("AGL", WeaponClass.AUTOMATIC_GRENADE_LAUNCHER),
        ("ZU-23 23mm", WeaponClass.ANTI_AIRCRAFT_CANNON),
        ("heavy-machine-gun", WeaponClass.HEAVY_MACHINE_GUN),
        ("HMG", WeaponClass.HEAVY_MACHINE_GUN),
        ("small arms", WeaponClass.SMALL_ARMS),
        ("BM-21", WeaponClass.MLRS),
        ("tank T-64", WeaponClass.TANK),
        ("mortar or artillery", WeaponClass.NOT_KNOWN),
    ],
)
def test_weapons(text, weapon):
    assert parse_weapon(text) is weapon


# --- The fifteen sentences ---------------------------------------------------------------------------------------

DIRECTION = r"(?:north|south|east|west)(?:-(?:north|south|east|west))*"
LISTED = re.compile(rf"(?<!from )(?<!to )\b{DIRECTION}(?:(?:, | and ){DIRECTION})*\b(?! to )")
BAND = re.compile(r"\d+(?:-\d+)k?m\b|an undetermined distance")
COUNT = re.compile(
    r"(?:(?:at least|over|about) )?\b(?:\d+|two|three|four|six|eight|ten)\b(?: overlapping)?|uncountable"
)


@pytest.mark.shared
def test_the_sentences_counts_ranges_and_directions_are_read(shared_data):
    sentences = json.loads((shared_data / "vocabulary/smm_phrases.json").read_text())
    assert len(sentences) == 15
    checked = {"count": 0, "range": 0, "bearing": 0}
    for sentence in sentences:
        text = sentence["text"]
        counts = [parse_count(c) for c in COUNT.findall(text) if c != "0"]
        ranges = [parse_range_m(r) for r in BAND.findall(text)]
        directions = [set(parse_bearings(d)[0]) for d in LISTED.findall(text)]
        for reading in sentence["reading"]:
            if isinstance(count := reading.get("count"), int) and "context" not in reading and count > 1:
                # "over 100" is at least 101: the reading notes the number as it stands in the text.
                assert count in {c.best for c in counts} | {c.best - 1 for c in counts if c.best and c.high is None}
                checked["count"] += 1
            if reading.get("count_quality") in ("uncountable", "overlapping"):
                assert reading["count_quality"] in {c.quality for c in counts}
            if "range_km" in reading:
                km = reading["range_km"]
                assert (None if km is None else tuple(1000.0 * k for k in km)) in ranges
                checked["range"] += 1
            if bearing := reading.get("bearing"):
                winds = bearing if isinstance(bearing, list) else [bearing]
                assert {wind_degrees(w) for w in winds} in directions
                checked["bearing"] += 1
    assert checked["count"] >= 15
    assert checked["range"] >= 9
    assert checked["bearing"] >= 9
