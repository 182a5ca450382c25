from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.geo.geodesic import destination
from trucewatch.model.count import Count
from trucewatch.model.incident import KindProbability
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.vocabulary import CountQuality, Description, ObservationType, VerificationFinding, WeaponClass
from trucewatch.report import words
from trucewatch.report.daybook import NamedPlace
from trucewatch.report.gazetteer import Gazetteer

KYIV = ZoneInfo("Europe/Kyiv")
DONETSK = NamedPlace(name="Donetsk", lon_deg=37.80224, lat_deg=48.023, population=901_645)
AVDIIVKA = NamedPlace(name="Avdiivka", lon_deg=37.74491, lat_deg=48.13992, population=35_000)
HAMLET = NamedPlace(name="Hamlet", lon_deg=37.7, lat_deg=48.2, population=40)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (Count.exactly(12), "12"),
        (Count.exactly(1450), "1,450"),
        (Count(low=10, best=12, high=15), "12 (10-15)"),
        (Count(low=10, best=12, high=None), "12 (10 or more)"),
        (Count(low=50, best=60, high=70, quality=CountQuality.ABOUT), "about 60"),
        (Count(low=543, best=None, high=None, quality=CountQuality.AT_LEAST), "at least 543"),
        (Count(low=1, best=None, high=None, quality=CountQuality.UNCOUNTABLE), "uncountable"),
        (Count(low=170, best=170, high=None, quality=CountQuality.OVERLAPPING), "170 (overlapping)"),
        (Count(low=0, best=None, high=None, quality=CountQuality.CONTINUOUS), "continuous"),
    ],
)
def test_a_count_is_written_as_it_may_be_read(count, said):
    assert words.count_text(count) == said


@pytest.mark.parametrize(
    ("band", "said"),
    [
        ((5000.0, 7000.0), "5-7km"),
        ((200.0, 300.0), "200-300m"),
        ((500.0, 1500.0), "0.5-1.5km"),
        ((4000.0, 4000.0), "4km"),
        (None, "at an undetermined distance"),
    ],
)
def test_range_bands_are_written_as_the_smm_did(band, said):
    assert words.range_text(band) == said


def test_several_directions_are_kept_and_never_averaged():
    assert words.winds_text((135.0, 157.5, 180.0)) == "SE, SSE and S"


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.9999, "> 99 % (virtually certain)"),
        (0.97, "97 % (very likely)"),
        (0.7, "70 % (likely)"),
        (0.5, "50 % (about as likely as not)"),
        (0.2, "20 % (unlikely)"),
        (0.02, "2 % (very unlikely)"),
        (0.0, "< 1 % (exceptionally unlikely)"),
    ],
)
def test_a_probability_never_comes_without_its_word(p, said):
    assert words.probability_text(p) == said


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_larger_probability_never_gets_a_weaker_word(a, b):
    order = ["exceptionally unlikely", "very unlikely", "unlikely", "about as likely as not", "likely", "very likely"]
    rank = [*order, "virtually certain"].index
    low, high = sorted((a, b))
    assert rank(words.probability_word(low)) <= rank(words.probability_word(high))


def test_times_state_whether_summer_time_applies():
    summer = datetime(2025, 8, 13, 16, 30, tzinfo=UTC)
    winter = datetime(2025, 12, 1, 17, 30, tzinfo=UTC)
    assert words.moment_text(summer, KYIV) == "19:30, 13 August 2025 (UTC+3, summer time)"
    assert words.moment_text(winter, KYIV) == "19:30, 1 December 2025 (UTC+2, standard time)"
    assert words.moment_text(winter, ZoneInfo("UTC")) == "17:30, 1 December 2025 (UTC)"


def test_both_sides_of_the_hour_that_comes_twice_are_told_apart():
    first = words.moment_text(datetime(2025, 10, 26, 0, 30, tzinfo=UTC), KYIV)
    second = words.moment_text(datetime(2025, 10, 26, 1, 30, tzinfo=UTC), KYIV)
    assert first == "03:30, 26 October 2025 (UTC+3, summer time)"
    assert second == "03:30, 26 October 2025 (UTC+2, standard time)"


def test_a_moment_is_written_as_finely_as_its_error_allows():
    moment = datetime(2025, 8, 12, 23, 10, 15, tzinfo=UTC)
    assert words.clock_text(Instant(utc=moment, sigma_s=0.4), KYIV) == "13-Aug, 02:10:15 ±\u00a00.4\u00a0s"
    assert words.clock_text(Instant(utc=moment, sigma_s=300.0), KYIV) == "13-Aug, 02:10 ±\u00a05\u00a0min"


def test_intervals_are_written_as_in_the_annex_table():
    start, end = datetime(2025, 8, 12, 16, 14, tzinfo=UTC), datetime(2025, 8, 12, 16, 43, tzinfo=UTC)
    late = datetime(2025, 8, 12, 21, 5, tzinfo=UTC)
    assert words.interval_text(Interval(start_utc=start, end_utc=end), KYIV) == "12-Aug, 19:14 - 19:43"
    assert words.interval_text(Interval(start_utc=start, end_utc=start), KYIV) == "12-Aug, 19:14"
    assert words.interval_text(Interval(start_utc=start, end_utc=late), KYIV) == "12-Aug, 19:14 - 13-Aug, 00:05"
    assert words.interval_text(Interval(start_utc=start, end_utc=None), KYIV) == "from 12-Aug, 19:14"
    assert words.interval_text(Interval(start_utc=None, end_utc=None), KYIV) == "at an unknown time"


@pytest.mark.parametrize(
    ("metres", "said"),
    [(0.0, "0 m"), (2.34, "2.3 m"), (85.4, "85 m"), (996.0, "1.0 km"), (1234.0, "1.2 km"), (17_400.0, "17 km")],
)
def test_lengths_have_two_significant_digits(metres, said):
    assert words.length_text(metres) == said


def test_what_is_not_known_says_so():
    assert words.weapon_text(WeaponClass.NOT_KNOWN, "N/K") == "N/K"
    assert words.weapon_text(WeaponClass.MORTAR, "mortar (82mm)") == "mortar (82mm)"
    assert words.weapon_text(WeaponClass.HEAVY_MACHINE_GUN) == "heavy machine gun"
    assert words.utc_text(None) == "not known yet"


def test_an_unexplained_heat_signal_is_no_more_than_that():
    said = words.description_text(ObservationType.THERMAL_ANOMALY, Description.UNDETERMINED)
    assert said == "not explained by normal burning"


def test_every_controlled_value_has_a_word():
    assert set(words.KIND) == set(ObservationType)
    assert set(words.FINDING) == set(VerificationFinding)
    assert set(words.DESCRIPTION) == set(Description)


@pytest.mark.parametrize("bearing", [0.0, 22.4, 22.6, 315.0, 337.6, 180.0])
@pytest.mark.parametrize("away_m", [4_000.0, 17_000.0, 60_000.0])
def test_place_phrases_give_distance_and_one_of_eight_winds(bearing, away_m):
    lon, lat = destination(DONETSK.lon_deg, DONETSK.lat_deg, bearing, away_m)
    phrase = Gazetteer.of((DONETSK,)).phrase(float(lon), float(lat))
    wind = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"][round(bearing / 45) % 8]
    assert phrase == f"{away_m / 1000:.0f}km {wind} of Donetsk"


def test_the_reference_is_the_nearest_town_and_not_the_nearest_hamlet():
    towns = Gazetteer.of((DONETSK, AVDIIVKA, HAMLET))
    assert towns.phrase(37.70, 48.21) == "8km NW of Avdiivka"
    assert towns.phrase(37.745, 48.141) == "in or near Avdiivka"
    assert Gazetteer.of((HAMLET,)).phrase(37.7, 48.3) == "11km N of Hamlet"
    assert Gazetteer.of(()).phrase(37.9, -48.31) == "48.31 S, 37.90 E"


@pytest.mark.parametrize(
    ("p", "n", "expected"),
    [
        ((0.6, 0.4), 1, "explosion"),
        ((0.59, 0.41), 1, "explosion or shot"),
        ((0.45, 0.39, 0.12, 0.04), 3, "explosions or shots"),
        ((0.45, 0.3, 0.2, 0.05), 1, "explosion or shot or airburst"),
        ((1.0,), 2, "explosions"),
    ],
)
def test_a_kind_is_named_alone_only_where_it_is_settled(p: tuple[float, ...], n: int, expected: str) -> None:
    names = (ObservationType.EXPLOSION, ObservationType.SHOT, ObservationType.AIRBURST, ObservationType.BURST)
    assert words.kinds_text([KindProbability(kind=k, p=q) for k, q in zip(names, p, strict=False)], n) == expected


@pytest.mark.parametrize(
    ("share", "estimated", "said"),
    [
        ((0.71, 0.58, 0.82), True, "71 % (58-82 %)"),
        ((0.9975, 0.997, 0.9986), True, "> 99 %"),
        ((1.0, 0.98, 1.0), True, "> 99 % (98 to > 99 %)"),
        ((0.0, 0.0, 0.02), True, "< 1 % (< 1 to 2 %)"),
        ((1.0,), True, "> 99 %"),
        ((1.0,), False, "100 %"),
        ((0.9999,), False, "> 99 %"),
        ((0.0,), False, "0 %"),
        ((0.0001,), False, "< 1 %"),
    ],
)
def test_an_estimated_share_is_never_all_or_nothing(share, estimated, said):
    assert words.share_text(*share, estimated=estimated) == said


@pytest.mark.parametrize(("n", "said"), [(0, "0 reports"), (1, "1 report"), (1450, "1450 reports")])
def test_one_of_a_thing_has_no_plural(n, said):
    assert words.how_many(n, "report") == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (Count(low=1, best=None, high=None, quality=CountQuality.AT_LEAST), "at least 1 explosion"),
        (Count(low=3, best=None, high=None, quality=CountQuality.AT_LEAST), "at least 3 explosions"),
        (Count.exactly(1), "1 explosion"),
        (Count(low=10, best=12, high=15, quality=CountQuality.EXACT), "12 (10-15) explosions"),
    ],
)
def test_a_count_and_its_noun_agree(count, said):
    kinds = (KindProbability(kind=ObservationType.EXPLOSION, p=1.0),)
    assert words.counted_text(count, kinds) == said
