"""Canonical bytes: a noun survives the way out and back, and equal nouns have equal bytes."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from trucewatch.model.case import CaseEvent
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import CountQuality
from trucewatch.model.wire import from_bytes, to_bytes

FINITE = st.floats(allow_nan=False, allow_infinity=False)
FIRST, LAST = datetime(1970, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - hypothesis wants its bounds naive
MOMENTS = st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.just(UTC))
PLACES = st.builds(
    Place,
    lon_deg=st.floats(-180, 180),
    lat_deg=st.floats(-90, 90),
    altitude_m=st.none() | st.floats(-500, 9000),
    var_east_m2=st.floats(0, 1e9),
    var_north_m2=st.floats(0, 1e9),
    cov_east_north_m2=st.just(0.0),
)
COUNTS = st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.sampled_from(CountQuality)).map(
    lambda t: Count(low=min(t[:3]), best=sorted(t[:3])[1], high=max(t[:3]), quality=t[3])
)
for kind, strategy in (
    (float, FINITE),
    (str, st.text(st.characters(codec="utf-8"), max_size=12)),
    (datetime, MOMENTS),
    (Instant, st.builds(Instant, utc=MOMENTS, sigma_s=st.floats(0, 1e6))),
    (Interval, st.tuples(MOMENTS, MOMENTS).map(lambda t: Interval(start_utc=min(t), end_utc=max(t)))),
    (Place, PLACES),
    (Count, COUNTS),
):
    st.register_type_strategy(kind, strategy)
NOUNS = st.one_of(st.from_type(Detection), st.from_type(Incident), st.from_type(CaseEvent))


@given(noun=NOUNS)
def test_a_noun_survives_the_way_out_and_back(noun: Any) -> None:
    content = to_bytes(noun)
    again = from_bytes(type(noun), content)
    assert again == noun
    assert to_bytes(again) == content


@given(noun=NOUNS)
def test_the_bytes_are_sorted_compact_json_in_utf_8(noun: Any) -> None:
    content = to_bytes(noun)
    plain = json.loads(content.decode("utf-8"))
    assert list(plain) == sorted(plain)
    assert json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == content


@given(detection=st.from_type(Detection), other=st.from_type(Detection))
def test_two_nouns_have_the_same_bytes_only_where_they_are_equal(detection: Detection, other: Detection) -> None:
    assert (to_bytes(detection) == to_bytes(other)) is (detection == other)
    assert to_bytes(replace(detection, text=detection.text + "x")) != to_bytes(detection)


@given(detection=st.from_type(Detection), bad=st.sampled_from([math.nan, math.inf, -math.inf]))
def test_no_number_that_is_none_is_ever_written(detection: Detection, bad: float) -> None:
    with pytest.raises(ValueError, match=r"JSON compliant|Out of range"):
        to_bytes(replace(detection, p_false=bad))


@given(moment=MOMENTS, hours=st.integers(1, 12))
def test_a_moment_in_another_zone_is_refused(moment: datetime, hours: int) -> None:
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    with pytest.raises(ValueError, match="UTC"):
        Instant(utc=elsewhere, sigma_s=0.0)
    with pytest.raises(ValueError, match="UTC"):
        Instant(utc=moment.replace(tzinfo=None), sigma_s=0.0)


@given(detection=st.from_type(Detection))
def test_a_field_of_the_wrong_type_is_refused(detection: Detection) -> None:
    plain = json.loads(to_bytes(detection))
    for name, value in (("p_false", "much"), ("kind", "rumour"), ("time", "yesterday")):
        with pytest.raises(ValidationError):
            from_bytes(Detection, json.dumps(plain | {name: value}).encode())
