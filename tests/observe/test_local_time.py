"""Local times with a zone become UTC; everything that could be read in two ways is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.observe.local_time import parse_local_time
from trucewatch.observe.refusal import BadValue

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KYIV = "Europe/Kyiv"


def read(text, zone=""):
    interval, said = parse_local_time(text, zone, KYIV, NOW)
    return interval.start_utc.strftime("%m-%dT%H:%M"), interval.end_utc.strftime("%m-%dT%H:%M"), said


EVENING = ("08-13T18:10", "08-13T18:40")


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("13 August 2025, 21:10-21:40", KYIV),
        ("13 Aug 2025 21:10 – 21:40", KYIV),
        ("13 August 2025, between 21:10 and 21:40", KYIV),
        ("2025-08-13 21:10–21:40", "local time"),
        ("2025-08-13 21:10-21:40 EEST", ""),
        ("2025-08-13 21:10-21:40 (EEST)", ""),
        ("2025-08-13, 21:10-21:40 +03:00", ""),
        ("13.08.2025 21:10-21:40 UTC+3", ""),
        ("13 August 2025, 18:10-18:40Z", ""),
        ("13 August 2025, 21:10-21:40 Europe/Kyiv", ""),
        ("2025-08-13 21:10 - 2025-08-13 21:40", "EEST"),
        ("2025-08-13 21:10-21:40", "+03:00"),
    ],
)
def test_intervals(text, zone):
    start, end, said = read(text, zone)
    assert (start, end) == EVENING
    assert text in said


@pytest.mark.parametrize("text", ["2025-08-13T21:10:00+03:00", "2025-08-13T18:10Z", "2025-08-13 21:10 EEST"])
def test_a_single_time_covers_its_minute(text):
    assert read(text)[:2] == ("08-13T18:10", "08-13T18:11")


def test_nights_run_over_midnight():
    assert read("13 August 2025, 23:50-00:20", KYIV)[:2] == ("08-13T20:50", "08-13T21:20")
    assert read("13-14 August 2025, 23:50-00:20", KYIV)[:2] == ("08-13T20:50", "08-13T21:20")
    assert read("13-14 August 2025, 02:10-02:40", KYIV)[:2] == ("08-13T23:10", "08-13T23:40")
    assert read("2025-08-13 23:50 - 2025-08-14 00:20", KYIV)[:2] == ("08-13T20:50", "08-13T21:20")
    assert read("13 August 2025, 23:00-24:00", KYIV)[:2] == ("08-13T20:00", "08-13T21:00")


def test_a_date_alone_is_its_local_day():
    assert read("13 August 2025", KYIV)[:2] == ("08-12T21:00", "08-13T21:00")


def test_the_zone_is_kept_beside_the_words():
    assert read("13 August 2025, 21:10", KYIV)[2] == "13 August 2025, 21:10 (Europe/Kyiv)"


@pytest.mark.parametrize(
    ("text", "zone", "words"),
    [
        ("13 August 2025, 21:10", "", "with its zone"),
        ("2025-08-13T21:10:00", "", "with its zone"),
        ("2025-08-13 21:10-03:00", "", "with its zone"),
        ("", KYIV, "with its zone"),
        ("13 August, 21:10", KYIV, "with its zone"),
        ("08/13/2025 21:10", KYIV, "with its zone"),
        ("31 June 2025, 21:10", KYIV, "day"),
        ("13 Sextilis 2025, 21:10", KYIV, "no month"),
        ("13-15 August 2025, 21:10", KYIV, "follow each other"),
        ("13 August 2025, 21:70", KYIV, "no clock shows"),
        ("13 August 2025, 25:10", KYIV, "no clock shows"),
        ("13 August 2025, 21:40-21:10", KYIV, "before the start"),
        ("2025-08-14 00:20 - 2025-08-13 23:50", KYIV, "an end after its start"),
        ("13 August 2025, 21:10", "Europe/Atlantis", "a time zone such as"),
        ("13 August 2025, 21:10", "../../etc/passwd", "a time zone such as"),
        ("13 August 2025, 21:10", "Europe", "a time zone such as"),
        ("13 August 2025, 21:10 EET", "", "EEST, which Europe/Kyiv keeps"),
        ("13 August 2029, 21:10", KYIV, "not in the future"),
        ("13 August 1999, 21:10", KYIV, "2000 or later"),
        ("26 October 2025, 03:30", KYIV, "2025-10-26T00:30:00Z or 2025-10-26T01:30:00Z"),
        ("30 March 2025, 03:30", KYIV, "set forward"),
        ("0001-01-01 00:00", "+14:00", "with its zone"),
        ("0001-01-01T00:00+14:00", "", "with its zone"),
        ("9999-12-31 24:00", KYIV, "with its zone"),
    ],
)
def test_times_that_are_refused(text, zone, words):
    with pytest.raises(BadValue) as caught:
        read(text, zone)
    assert words in caught.value.expected


def test_an_offset_says_which_of_two_readings_is_meant():
    assert read("26 October 2025, 03:30 +03:00")[0] == "10-26T00:30"
    assert read("26 October 2025, 03:30 +02:00")[0] == "10-26T01:30"


FIRST_DAY, LAST_DAY = (NOW.replace(year=y, tzinfo=None) for y in (2001, 2025))


@given(st.datetimes(FIRST_DAY, LAST_DAY), st.integers(0, 900))
def test_what_is_written_in_utc_comes_back(moment, minutes):
    start = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    end = start + timedelta(minutes=minutes)
    text = f"{start:%d.%m.%Y} {start:%H:%M}-{end:%H:%M} UTC"
    interval, _ = parse_local_time(text, "", KYIV, NOW)
    assert interval.start_utc == start
    assert interval.end_utc == max(end, start + timedelta(minutes=1))


@given(st.text(max_size=40), st.text(max_size=12))
def test_any_text_is_read_or_refused(text, zone):
    try:
        interval, _ = parse_local_time(text, zone, KYIV, NOW)
    except BadValue:
        return
    assert interval.start_utc <= interval.end_utc
