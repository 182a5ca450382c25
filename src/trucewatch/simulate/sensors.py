"""What the nodes make of it: where they really stand, what they hear, when they think they heard it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo.frame import LocalFrame
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Health, Network, Sensor
from trucewatch.model.observation import Pulse
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.physics import (
    Weather,
    listener_of,
    probability_of_detection,
    reference_listener,
    reference_source,
    sound_speed_m_s,
)
from trucewatch.simulate.world import Event, Scenario

FloatArray = NDArray[np.float64]

PULSES_PATH = "inbox/pulses.json"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Nodes:
    """The nodes as they are and as they are reported."""

    reported: Network
    frame: LocalFrame
    xy_m: FloatArray
    """where they really stand, shape (n, 2), in the frame"""
    clock_s: FloatArray
    """how far each clock is ahead, shape (n,)"""
    down: tuple[Interval | None, ...]
    """when each is out"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One sound at one node, as it truly was."""

    event_id: str
    round: int
    sensor_id: str
    time_s: float
    """seconds after the scenario's start, on the node's clock, before the pick's own error"""
    range_m: float


def place_nodes(scenario: Scenario, rng: np.random.Generator) -> Nodes:
    """Draw where nodes stand, how wrong their clocks and reported places are, and when they are out."""
    n = scenario.n_east * scenario.n_north
    grid = np.stack(np.meshgrid(np.arange(scenario.n_east), np.arange(scenario.n_north)), axis=-1).reshape(-1, 2)
    middle = (np.array([scenario.n_east, scenario.n_north]) - 1) / 2
    said = (grid - middle) * scenario.spacing_m + rng.uniform(-1, 1, (n, 2)) * scenario.jitter_m
    xy = said + rng.normal(0.0, scenario.position_sigma_m, (n, 2))
    clock = rng.normal(0.0, scenario.clock_sigma_s, n)
    down = tuple(_outage(scenario, rng) for _ in range(n))
    frame = LocalFrame(lon_deg=scenario.lon_deg, lat_deg=scenario.lat_deg)
    sensors = tuple(_sensor(i, said[i], down[i], frame, scenario) for i in range(n))
    return Nodes(reported=Network(sensors=sensors), frame=frame, xy_m=xy, clock_s=clock, down=down)


def _outage(scenario: Scenario, rng: np.random.Generator) -> Interval | None:
    share, at = rng.uniform(), rng.uniform(0.0, 0.75) * scenario.hours
    if share >= scenario.outage_share:
        return None
    start = scenario.start_utc + timedelta(seconds=round(at * 3600.0))
    return Interval(start_utc=start, end_utc=start + timedelta(seconds=round(scenario.hours * 900.0)))


def _sensor(n: int, xy_m: FloatArray, down: Interval | None, frame: LocalFrame, scenario: Scenario) -> Sensor:
    lon, lat, _ = frame.to_geographic(np.array([*xy_m, 0.0]))
    health = () if down is None else (Health(time=down, state=SensorState.POWER_CUT, reason="mains lost"),)
    place = Place.circular(
        lon_deg=round(float(lon), 7), lat_deg=round(float(lat), 7), sigma_m=scenario.position_sigma_m
    )
    return Sensor(
        id=f"AC-{n + 1:02d}",
        kind=ObserverKind.ACOUSTIC_SENSOR,
        owner="mission",
        place=place,
        clock_sigma_s=scenario.clock_sigma_s,
        noise_level_db=scenario.noise_level_db,
        health=health,
    )


def true_weather(scenario: Scenario, rng: np.random.Generator) -> Weather:
    """Draw the weather that really was, around the one that is reported."""
    toward = np.radians(scenario.wind_from_deg + 180.0)
    wind = scenario.wind_m_s * np.array([np.sin(toward), np.cos(toward)])
    wind = wind + rng.normal(0.0, scenario.wind_sigma_m_s, 2)
    return Weather(
        temperature_c=scenario.temperature_c + float(rng.normal(0.0, scenario.temperature_sigma_c)),
        relative_humidity_pct=70.0,
        pressure_pa=101_325.0,
        wind_m_s=float(np.hypot(*wind)),
        wind_from_deg=float(np.degrees(np.arctan2(-wind[0], -wind[1])) % 360.0),
        wind_sigma_m_s=0.0,
    )


def hear(
    scenario: Scenario, events: Sequence[Event], nodes: Nodes, weather: Weather, rng: np.random.Generator
) -> tuple[Arrival, ...]:
    """Draw which rounds each node hears, and when by its own clock."""
    return tuple(a for event in events for a in _hear_event(scenario, event, nodes, weather, rng))


def _hear_event(
    scenario: Scenario, event: Event, nodes: Nodes, weather: Weather, rng: np.random.Generator
) -> list[Arrival]:
    true_xy = nodes.frame.to_enu(event.lon_deg, event.lat_deg)[:2]
    seems_xy = true_xy + rng.normal(0.0, scenario.shift_sigma_m, 2)
    offset = nodes.xy_m - seems_xy
    away = np.hypot(offset[:, 0], offset[:, 1])
    excess = np.abs(rng.normal(0.0, scenario.path_excess_sigma_m, len(away)))
    toward = np.radians(weather.wind_from_deg + 180.0)
    along = offset @ np.array([np.sin(toward), np.cos(toward)]) * weather.wind_m_s / np.maximum(away, 1e-6)
    travel = (away + excess) / (float(sound_speed_m_s(weather.temperature_c)) + along)
    p = probability_of_detection(
        reference_source(event.source),
        away,
        listener_of(nodes.reported.sensors[0]) or reference_listener("microphone"),
        weather,
        np.degrees(np.arctan2(offset[:, 0], offset[:, 1])),
    )
    out = []
    for number, at in enumerate(event.round_times_utc):
        heard = rng.uniform(size=len(away)) < p
        for i in np.flatnonzero(heard):
            moment = at + timedelta(seconds=float(travel[i]))
            down = nodes.down[i]
            if down is None or not down.contains(moment):
                seconds = (moment - scenario.start_utc).total_seconds() + float(nodes.clock_s[i])
                name = nodes.reported.sensors[i].id
                out.append(
                    Arrival(event_id=event.id, round=number, sensor_id=name, time_s=seconds, range_m=float(away[i]))
                )
    return out


def pick(scenario: Scenario, arrivals: Sequence[Arrival], nodes: Nodes, rng: np.random.Generator) -> tuple[Pulse, ...]:
    """Turn arrivals into the onsets that nodes report, with echoes and false ones among them, in time order."""
    picks = []
    for arrival in arrivals:
        error, echo, delay = rng.normal(0.0, scenario.pick_sigma_s), rng.uniform(), rng.uniform(0.15, 1.5)
        picks.append((arrival.time_s + error, arrival.sensor_id))
        if echo < scenario.echo_share:
            picks.append((arrival.time_s + error + delay, arrival.sensor_id))
    for i, sensor in enumerate(nodes.reported.sensors):
        down = nodes.down[i]
        for at in rng.uniform(0.0, scenario.hours * 3600.0, rng.poisson(scenario.false_per_hour * scenario.hours)):
            if down is None or not down.contains(scenario.start_utc + timedelta(seconds=float(at))):
                picks.append((float(at), sensor.id))
    return tuple(_pulse(n, at, name, scenario) for n, (at, name) in enumerate(sorted(picks)))


def _pulse(n: int, at_s: float, sensor_id: str, scenario: Scenario) -> Pulse:
    moment = scenario.start_utc + timedelta(microseconds=round(at_s * 1e6))
    return Pulse(
        id=f"pulse-{n + 1:06d}",
        input_id=PULSES_PATH,
        row=n + 1,
        sensor_id=sensor_id,
        time=Instant(utc=moment, sigma_s=scenario.pick_sigma_s),
        snr_db=None,
        level_db=None,
        group=None,
    )
