"""Every instant belongs to exactly one reporting period, also where the clock is changed."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trucewatch.model.instant import Interval
from trucewatch.model.mission import Mission, MissionArea
from trucewatch.service.period import reporting_day, reporting_period

TIMES = ("00:00", "03:00", "03:30", "04:00", "08:00", "19:30", "23:59")
ZONES = ("Europe/Kyiv", "America/New_York", "UTC", "Asia/Kathmandu")


def _mission(zone: str, reporting_time: str) -> Mission:
    area = MissionArea(west_deg=0, south_deg=0, east_deg=1, north_deg=1)
    return Mission(
        id="m", name="M", purpose="", area=area, time_zone=zone, reporting_time=reporting_time, languages=("en",)
    )


MOMENTS = st.datetimes(
    min_value=datetime(2014, 1, 1),  # noqa: DTZ001 - hypothesis wants its bounds naive
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(moment=MOMENTS, zone=st.sampled_from(ZONES), at=st.sampled_from(TIMES))
@example(moment=datetime(2025, 3, 30, 0, 59, 59, 999999, tzinfo=UTC), zone="Europe/Kyiv", at="03:30")
@example(moment=datetime(2025, 3, 30, 1, 0, tzinfo=UTC), zone="Europe/Kyiv", at="03:30")
@example(moment=datetime(2025, 3, 30, 1, 30, tzinfo=UTC), zone="Europe/Kyiv", at="03:30")
@example(moment=datetime(2025, 10, 26, 0, 15, tzinfo=UTC), zone="Europe/Kyiv", at="03:30")
@example(moment=datetime(2025, 10, 26, 0, 45, tzinfo=UTC), zone="Europe/Kyiv", at="03:30")
@example(moment=datetime(2025, 10, 26, 1, 15, tzinfo=UTC), zone="Europe/Kyiv", at="03:30")
@example(moment=datetime(2025, 10, 26, 1, 45, tzinfo=UTC), zone="Europe/Kyiv", at="03:30")
def test_every_instant_lies_in_the_period_of_its_day_and_in_no_other(moment: datetime, zone: str, at: str) -> None:
    mission = _mission(zone, at)
    day = reporting_day(mission, moment)
    near = [day + timedelta(days=n) for n in range(-3, 4)]
    assert [d for d in near if reporting_period(mission, d).contains(moment)] == [day]


@pytest.mark.parametrize("at", TIMES)
@pytest.mark.parametrize("zone", ZONES)
def test_periods_follow_each_other_without_gap_or_overlap(zone: str, at: str) -> None:
    mission = _mission(zone, at)
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(366)]
    periods = [reporting_period(mission, d) for d in days]
    for before, after in itertools.pairwise(periods):
        assert before.end_utc == after.start_utc
    lengths = {p.duration_s / 3600 for p in periods}
    assert lengths <= {23.0, 24.0, 25.0, 23.5, 24.5, 22.5, 25.5}


def test_the_days_of_the_clock_change_have_23_and_25_hours() -> None:
    mission = _mission("Europe/Kyiv", "19:30")
    assert reporting_period(mission, date(2025, 3, 30)).duration_s == 23 * 3600
    assert reporting_period(mission, date(2025, 10, 26)).duration_s == 25 * 3600
    assert reporting_period(mission, date(2025, 8, 13)) == Interval(
        start_utc=datetime(2025, 8, 12, 16, 30, tzinfo=UTC), end_utc=datetime(2025, 8, 13, 16, 30, tzinfo=UTC)
    )


@given(a=MOMENTS, b=MOMENTS, moment=MOMENTS)
def test_an_interval_holds_its_start_and_not_its_end(a: datetime, b: datetime, moment: datetime) -> None:
    first, last = min(a, b), max(a, b)
    interval = Interval(start_utc=first, end_utc=last)
    assert interval.contains(first) is (first < last)
    assert not interval.contains(last)
    assert interval.contains(moment) is (first <= moment < last)
    split = (
        [Interval(start_utc=first, end_utc=moment), Interval(start_utc=moment, end_utc=last)]
        if (first <= moment <= last)
        else [interval]
    )
    assert sum(s.overlap_s(interval) for s in split) == pytest.approx(interval.duration_s)
