from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.mission import Mission, MissionArea
from trucewatch.model.network import Health, Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.plan import watch
from trucewatch.plan.coverage import CoverageSettings, cells_of
from trucewatch.plan.effort import UNRECORDED, sensor_effort, share_listening, union_s
from trucewatch.plan.sun import is_night, sun_elevation_deg

START = datetime(2021, 8, 25, 16, 30, tzinfo=UTC)
DAY = Interval(start_utc=START, end_utc=START + timedelta(days=1))
BOX = MissionArea(west_deg=37.0, south_deg=48.0, east_deg=37.4, north_deg=48.2)
MISSION = Mission(
    id="m", name="m", purpose="", area=BOX, time_zone="Europe/Kyiv", reporting_time="19:30", languages=("en",)
)


def hour(n: float) -> datetime:
    return START + timedelta(hours=n)


def sensor(
    name: str, lon: float = 37.2, *, health: tuple[Health, ...] = (), watch: tuple[Interval, ...] = ()
) -> Sensor:
    return Sensor(
        id=name,
        kind=ObserverKind.ACOUSTIC_SENSOR,
        owner="mission",
        place=Place.circular(lon_deg=lon, lat_deg=48.1, sigma_m=2),
        clock_sigma_s=0.01,
        health=health,
        watch=watch,
    )


def out(start: float, end: float | None, state: SensorState = SensorState.POWER_CUT) -> Health:
    end_utc = None if end is None else hour(end)
    return Health(time=Interval(start_utc=hour(start), end_utc=end_utc), state=state, reason="mains lost")


def shares(network: Network) -> dict[str, tuple[float, float]]:
    effort, _ = watch(network, DAY, mission=MISSION, areas=(), where="the box", weather=(), n_overpasses=0)
    return {s.source: (s.p_mean, s.p_two) for s in effort.shares}


def test_overlapping_outages_count_once_and_an_open_one_ends_with_the_period() -> None:
    effort = sensor_effort(sensor("a", health=(out(2, 5), out(4, 6, SensorState.JAMMED), out(22, None))), DAY)
    assert effort.tasked_s == 86_400
    assert effort.operational_s == 86_400 - 4 * 3600 - 2 * 3600
    assert [o.state for o in effort.outages] == [SensorState.POWER_CUT, SensorState.JAMMED, SensorState.POWER_CUT]


def test_a_sensor_is_tasked_only_within_its_watch_and_outages_outside_it_cost_nothing() -> None:
    watched = (Interval(start_utc=hour(1), end_utc=hour(3)), Interval(start_utc=hour(2), end_utc=hour(4)))
    effort = sensor_effort(sensor("a", watch=watched, health=(out(10, 12),)), DAY)
    assert (effort.tasked_s, effort.operational_s, effort.outages) == (3 * 3600, 3 * 3600, ())


def test_share_listening_of_an_hour_half_out_is_a_half() -> None:
    stretch = Interval(start_utc=hour(2), end_utc=hour(3))
    assert share_listening(sensor("a", health=(out(2.5, 9),)), stretch) == pytest.approx(0.5)


def test_union_of_nested_and_separate_intervals() -> None:
    assert union_s([(hour(0), hour(4)), (hour(1), hour(2)), (hour(5), hour(6))]) == 5 * 3600


def test_bigger_events_are_noticed_at_least_as_often_and_two_hear_no_more_than_one() -> None:
    got = shares(Network(sensors=(sensor("a", 37.1), sensor("b", 37.3))))
    assert 0 < got["small_arms"][0] <= got["mortar_82"][0] <= got["artillery_152"][0] <= 1
    assert all(two <= one for one, two in got.values())


def test_an_outage_of_the_only_sensor_costs_its_share_of_the_day() -> None:
    whole = shares(Network(sensors=(sensor("a"),)))["mortar_82"][0]
    half = shares(Network(sensors=(sensor("a", health=(out(0, 12),)),)))["mortar_82"][0]
    # The weather is the same in every hour, but night and day differ for cameras only: exactly half is left.
    assert half == pytest.approx(whole / 2, rel=1e-9)


def test_one_sensor_can_never_make_two_and_no_sensor_hears_nothing() -> None:
    assert all(two == 0 for _, two in shares(Network(sensors=(sensor("a"),))).values())
    assert all(one == 0 for one, _ in shares(Network(sensors=())).values())


def test_adding_a_sensor_never_lowers_coverage() -> None:
    _, before = watch(
        Network(sensors=(sensor("a"),)), DAY, mission=MISSION, areas=(), where="", weather=(), n_overpasses=0
    )
    both = Network(sensors=(sensor("a"), sensor("b", 37.35)))
    _, after = watch(both, DAY, mission=MISSION, areas=(), where="", weather=(), n_overpasses=0)
    for a, b in zip(before, after, strict=True):
        assert (b.p_one >= a.p_one - 1e-12).all()


def test_cells_cover_the_box_and_are_about_square() -> None:
    cells = cells_of(BOX, (), CoverageSettings(n_cells=20))
    d_lon = np.diff(cells.lon_deg)[0] * np.cos(np.radians(48.1))
    assert d_lon == pytest.approx(np.diff(cells.lat_deg)[0], rel=0.1)
    assert cells.lon_deg[0] > BOX.west_deg
    assert cells.lon_deg[-1] < BOX.east_deg
    assert cells.inside.all()


@pytest.mark.parametrize(
    ("moment", "lon", "lat", "expected"),
    [
        # Equinox noon at the equator on the prime meridian: the equation of time is 7.4 minutes, so 1.9 degrees off.
        (datetime(2021, 3, 20, 12, 7, tzinfo=UTC), 0.0, 0.0, 90.0),
        # Solstice noon at 48 N: 90 - 48 + 23.44.
        (datetime(2021, 6, 21, 12, 2, tzinfo=UTC), 0.0, 48.0, 65.44),
        # Solstice midnight at the pole: 23.44.
        (datetime(2021, 6, 21, 0, 0, tzinfo=UTC), 0.0, 90.0, 23.44),
    ],
)
def test_sun_elevation_at_known_moments(moment: datetime, lon: float, lat: float, expected: float) -> None:
    assert sun_elevation_deg(lon_deg=lon, lat_deg=lat, moment=moment) == pytest.approx(expected, abs=0.3)


def test_night_and_day() -> None:
    assert is_night(lon_deg=37.0, lat_deg=48.0, moment=datetime(2021, 8, 25, 22, tzinfo=UTC))
    assert not is_night(lon_deg=37.0, lat_deg=48.0, moment=datetime(2021, 8, 25, 10, tzinfo=UTC))


def recorded(*spans: tuple[float, float]) -> tuple[Interval, ...]:
    return tuple(Interval(start_utc=hour(a), end_utc=hour(b)) for a, b in spans)


def listened(n: float, **other: float | None) -> Listening:
    values = {"recorded_share": 1.0, "usable_share": 1.0, "noise_level_db": None, "noise_sigma_db": 3.0} | other
    return Listening(
        id=f"lst-{n}",
        sensor_id="a",
        time=Interval(start_utc=hour(n), end_utc=hour(n + 1)),
        clock_offset_s=None,
        clock_offset_sigma_s=None,
        clock_drift_s_per_day=None,
        signs=(),
        input_ids=(),
        method="test/1",
        **values,
    )


def test_what_was_not_recorded_was_not_watched_by_one_that_sends_all_it_records() -> None:
    known = replace(sensor("a", health=(out(20, 22),)), recorded=recorded((0, 5), (6, 20)))
    effort = sensor_effort(known, DAY)
    assert effort.operational_s == 19 * 3600
    assert [(o.time, o.state, o.reason) for o in effort.outages] == [
        (recorded((5, 6))[0], SensorState.NON_OPERATIONAL, UNRECORDED),
        (recorded((20, 22))[0], SensorState.POWER_CUT, "mains lost"),
        (recorded((22, 24))[0], SensorState.NON_OPERATIONAL, UNRECORDED),
    ]
    nothing = sensor_effort(replace(sensor("a"), recorded=()), DAY)
    assert (nothing.operational_s, len(nothing.outages)) == (0, 1)


def test_state_follows_the_recordings() -> None:
    known = replace(sensor("a"), recorded=recorded((0, 5), (6, 20)))
    at = [4.99, 5.01, 5.99, 6.01, 19.99, 20.01, -0.5]
    states = [known.state_at(Interval(start_utc=hour(h), end_utc=hour(h + 0.001))) for h in at]
    assert [s is SensorState.OPERATIONAL for s in states] == [True, False, False, True, True, False, False]
    # Most of the time must have been recorded, not all of it.
    assert known.state_at(Interval(start_utc=hour(4.9), end_utc=hour(5.05))) is SensorState.OPERATIONAL
    assert known.state_at(Interval(start_utc=hour(4.95), end_utc=hour(5.1))) is SensorState.NON_OPERATIONAL


def test_each_hour_has_a_share_and_noise_lowers_it() -> None:
    plain = Network(sensors=(sensor("a"),))
    loud = Network(sensors=(replace(sensor("a"), listening=(listened(3, noise_level_db=90.0),)),))
    dead = Network(
        sensors=(replace(sensor("a"), recorded=recorded((0, 24)), listening=(listened(3, usable_share=0.0),)),)
    )
    hourly = []
    for network in (plain, loud, dead):
        effort, _ = watch(network, DAY, mission=MISSION, areas=(), where="", weather=(), n_overpasses=0)
        mortar = [h for h in effort.hours if h.source == "mortar_82"]
        assert [h.time.start_utc for h in mortar] == [hour(n) for n in range(24)]
        hourly.append([h.p_mean for h in mortar])
    assert hourly[0][2] == hourly[1][2] == hourly[2][2]
    assert hourly[0][3] > 0.1 > hourly[1][3] > hourly[2][3] == 0.0
    assert effort.listening == dead.sensors[0].listening


def test_an_hour_is_found_by_any_moment_in_it() -> None:
    known = replace(sensor("a"), listening=(listened(3), listened(5)))
    found = [known.listening_at(hour(n)) for n in (2.9, 3.0, 3.99, 4.0, 5.5, 6.0)]
    assert [None if f is None else f.id for f in found] == [None, "lst-3", "lst-3", None, "lst-5", None]


def test_a_table_says_what_the_model_says() -> None:
    """An hour of measured noise is read from a table; the same noise stated by the network is asked of the model."""
    found = listened(3, noise_level_db=58.0, noise_sigma_db=8.0)  # 58 over five octaves is 62 at the peak of one
    measured = Network(sensors=(replace(sensor("a"), listening=(found,)),))
    stated = Network(sensors=(replace(sensor("a"), noise_level_db=62.0),))
    told = []
    for network in (measured, stated):
        effort, _ = watch(network, DAY, mission=MISSION, areas=(), where="", weather=(), n_overpasses=0)
        told.append([(h.p_mean, h.p_least) for h in effort.hours if h.time.start_utc == hour(3)])
    for one, other in zip(*told, strict=True):
        assert one == pytest.approx(other, abs=0.005)
