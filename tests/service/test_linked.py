"""Recordings that are listened to together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from trucewatch.model.instant import Instant
from trucewatch.model.observation import Recording
from trucewatch.service.linked import linked

START = datetime(2026, 3, 1, tzinfo=UTC)


def recording(input_id: str, sensor_id: str, start_s: float = 0.0, seconds: int = 3600) -> Recording:
    return Recording(
        id=f"{input_id}/{sensor_id}/{start_s:g}",
        input_id=input_id,
        sensor_id=sensor_id,
        channel="HHZ",
        start=Instant(utc=START + timedelta(seconds=start_s), sigma_s=0.0),
        rate_hz=1.0,
        n_samples=seconds,
        unit="count",
    )


def inputs(*recordings: Recording) -> list[set[str]]:
    return [{r.input_id for r in group} for group in linked(recordings, {})]


def test_channels_of_one_station_in_three_files_belong_together():
    files = [recording(name, "S1", start) for name, start in (("z", 0), ("n", 2), ("e", 5))]
    assert inputs(*files, recording("x", "S2")) == [{"z", "n", "e"}, {"x"}]


def test_files_that_follow_each_other_stay_apart_even_with_a_little_overlap():
    assert inputs(recording("a", "S1", 0), recording("b", "S1", 3590), recording("c", "S1", 7200)) == [
        {"a"},
        {"b"},
        {"c"},
    ]


def test_one_file_of_many_stations_is_read_once():
    assert inputs(recording("all", "S1"), recording("all", "S2"), recording("more", "S2", 10)) == [{"all", "more"}]


def test_order_does_not_matter_and_nothing_is_lost():
    some = [recording(n, s, t) for n, s, t in (("a", "S1", 0), ("b", "S1", 100), ("c", "S2", 0), ("d", "S1", 9000))]
    assert linked(some, {}) == linked(some[::-1], {})
    assert sum(len(g) for g in linked(some, {})) == 4
    assert linked([], {}) == ()


def test_elements_of_one_array_belong_together():
    files = [recording("a", "E1"), recording("b", "E2", 3), recording("c", "S9")]
    groups = linked(files, {"E1": "ARR", "E2": "ARR"})
    assert [{r.input_id for r in group} for group in groups] == [{"a", "b"}, {"c"}]
