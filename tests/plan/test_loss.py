"""Tasked time that troubles took: each cause counted once, never more than was tasked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.loss import LossCause
from trucewatch.model.network import Health, Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.trouble import TroubleKind, trouble
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.plan import losses_in, sensor_effort, troubles_in

START = datetime(2025, 1, 12, 17, 30, tzinfo=UTC)
DAY = Interval(start_utc=START, end_utc=START + timedelta(days=1))
NODE = Sensor(
    id="AC-1",
    kind=ObserverKind.ACOUSTIC_SENSOR,
    owner="mission",
    place=Place.circular(lon_deg=37.2, lat_deg=48.1, sigma_m=2),
    clock_sigma_s=0.01,
)


def span(start_h: float, end_h: float | None) -> Interval:
    end = None if end_h is None else START + timedelta(hours=end_h)
    return Interval(start_utc=START + timedelta(hours=start_h), end_utc=end)


def health(start_h: float, end_h: float | None, state: SensorState, reason: str = "") -> Health:
    return Health(time=span(start_h, end_h), state=state, reason=reason)


def measured(hour: int, *, recorded: float = 1.0, usable: float = 1.0, late_s: float | None = None) -> Listening:
    return Listening(
        id=f"lst-{hour}",
        sensor_id="AC-1",
        time=span(hour, hour + 1),
        recorded_share=recorded,
        usable_share=usable,
        noise_level_db=None,
        noise_sigma_db=None,
        clock_offset_s=late_s,
        clock_offset_sigma_s=None if late_s is None else 0.02,
        clock_drift_s_per_day=None,
        signs=(),
        input_ids=(),
        method="m",
    )


def lost(sensor: Sensor) -> dict[LossCause, tuple[float, int, bool]]:
    found = losses_in(Network(sensors=(sensor,)), DAY)
    assert all(one.tasked_s == sum(e.tasked_s for e in [sensor_effort(sensor, DAY)]) for one in found)
    return {one.cause: (one.lost_s / 3600, one.n_stretches, one.wholly) for one in found}


def test_jamming_an_outage_and_lost_satellite_time_are_told_apart() -> None:
    states = (
        health(1, 3, SensorState.JAMMED),
        health(2, 4, SensorState.JAMMED),
        health(6, 7, SensorState.JAMMED),
        health(23, None, SensorState.POWER_CUT),
        health(8, 12, SensorState.DEGRADED, "no satellite time"),
        health(13, 14, SensorState.OPERATIONAL),
        health(14, 15, SensorState.NOT_TASKED),
    )
    assert lost(replace(NODE, health=states)) == {
        LossCause.JAMMED: (4.0, 2, True),
        LossCause.POWER_CUT: (1.0, 1, True),
        LossCause.DEGRADED: (4.0, 1, False),
    }


def test_lost_satellite_time_is_among_the_troubles_with_what_it_means() -> None:
    sensor = replace(NODE, health=(health(8, 12, SensorState.DEGRADED, "no satellite time"),))
    (one,) = troubles_in(Network(sensors=(sensor,)), DAY)
    assert (one.sensor_id, one.kind, one.what) == ("AC-1", TroubleKind.DEGRADED, "no satellite time")
    assert one.time == span(8, 12)
    assert "went on listening" in one.meaning
    assert troubles_in(Network(sensors=(sensor,)), span(30, 40)) == ()


def test_what_recordings_and_clocks_show_is_lost_too() -> None:
    hours = (
        measured(1, recorded=0.5, usable=0.25),
        measured(2, usable=1.0, late_s=0.03),
        measured(3, late_s=-0.2),
        measured(4, late_s=0.051),
    )
    kept = trouble("AC-1", TroubleKind.UNHEARD, span(20, 20.5), what="another rate", meaning="no detector takes it")
    assert lost(replace(NODE, listening=hours, troubles=(kept,))) == {
        LossCause.UNUSABLE: (0.25, 1, True),
        LossCause.UNHEARD: (0.5, 1, True),
        LossCause.CLOCK: (1.0, 1, False),
    }


def test_only_tasked_time_can_be_lost() -> None:
    watched = replace(NODE, watch=(span(0, 2), span(10, 12)), health=(health(1, 11, SensorState.DAMAGED),))
    assert lost(watched) == {LossCause.DAMAGED: (2.0, 2, True)}
    (loss,) = losses_in(Network(sensors=(watched,)), DAY)
    assert loss.tasked_s == 4 * 3600


LOST_STATES = st.sampled_from([s for s in SensorState if s is not SensorState.NOT_TASKED])
SPANS = st.tuples(st.floats(-3, 26), st.floats(0, 9), LOST_STATES)


@given(st.lists(SPANS, max_size=8))
def test_no_cause_takes_more_than_was_tasked_and_wholly_lost_time_is_covered_by_causes(drawn) -> None:
    states = tuple(health(start, start + length, state) for start, length, state in drawn)
    sensor = replace(NODE, health=states)
    effort = sensor_effort(sensor, DAY)
    found = losses_in(Network(sensors=(sensor,)), DAY)
    assert all(0.0 < one.lost_s <= effort.tasked_s for one in found)
    gone = effort.tasked_s - effort.operational_s
    wholly = [one.lost_s for one in found if one.wholly]
    assert max(wholly, default=0.0) <= gone + 1e-6
    assert gone <= sum(wholly) + 1e-6


def test_what_nobody_lost_leaves_no_row() -> None:
    assert lost(NODE) == {}
    assert lost(replace(NODE, listening=(measured(1),))) == {}
    assert pytest.approx(0.0) == sum(x.lost_s for x in losses_in(Network(sensors=()), DAY))
