"""From a scenario and a seed to a day: what was true, and what the nodes report of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trucewatch.model.mission import Truth
from trucewatch.model.network import Network
from trucewatch.model.observation import HealthReport, Pulse, Weather
from trucewatch.simulate.sensors import Arrival, hear, pick, place_nodes, true_weather
from trucewatch.simulate.world import Event, Scenario, happen


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDay:
    """A day with known truth."""

    scenario: Scenario
    seed: int
    events: tuple[Event, ...]
    arrivals: tuple[Arrival, ...]
    """every sound that a node heard, before echoes and false onsets; not for the eyes of fusion"""
    network: Network
    """as reported: places and clocks with their stated errors, outages known"""
    pulses: tuple[Pulse, ...]
    health: tuple[HealthReport, ...]
    weather: tuple[Weather, ...]
    """as reported"""

    @property
    def truth(self) -> tuple[Truth, ...]:
        """Return the events as a mission's truth file holds them."""
        return tuple(truth_of(e) for e in self.events)

    def n_sensors(self, event_id: str) -> int:
        """Return how many nodes heard the best heard round of an event."""
        rounds: dict[int, set[str]] = {}
        for a in self.arrivals:
            if a.event_id == event_id:
                rounds.setdefault(a.round, set()).add(a.sensor_id)
        return max((len(s) for s in rounds.values()), default=0)


def simulate(scenario: Scenario, seed: int) -> SimulatedDay:
    """Make a day; the same scenario and seed make the same day.

    Each part of it has a random stream of its own, so that more false onsets do not move the events.
    """
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5)]
    events = happen(scenario, streams[0])
    nodes = place_nodes(scenario, streams[1])
    arrivals = hear(scenario, events, nodes, true_weather(scenario, streams[2]), streams[3])
    return SimulatedDay(
        scenario=scenario,
        seed=seed,
        events=events,
        arrivals=arrivals,
        network=nodes.reported,
        pulses=pick(scenario, arrivals, nodes, streams[4]),
        health=_health(nodes.reported),
        weather=(reported_weather(scenario),),
    )


def _health(network: Network) -> tuple[HealthReport, ...]:
    stated = [(s.id, h) for s in network.sensors for h in s.health]
    return tuple(
        HealthReport(
            id=f"health-{n + 1:03d}",
            input_id="inbox/health.csv",
            row=n + 2,
            sensor_id=sensor_id,
            time=h.time,
            state=h.state,
            reason=h.reason,
        )
        for n, (sensor_id, h) in enumerate(stated)
    )


def truth_of(event: Event) -> Truth:
    """Return an event as a mission's truth file holds it."""
    return Truth(
        id=event.id,
        lon_deg=event.lon_deg,
        lat_deg=event.lat_deg,
        sigma_m=0.0,
        time_utc=event.time_utc,
        window_s=5.0 + (event.round_times_utc[-1] - event.time_utc).total_seconds(),
        count=len(event.round_times_utc),
        label=event.source,
    )


def reported_weather(scenario: Scenario) -> Weather:
    """Return the weather as it is reported; true_weather draws what it really was."""
    return Weather(
        id="weather-1",
        input_id="inbox/weather.csv",
        row=2,
        time_utc=scenario.start_utc,
        temperature_c=scenario.temperature_c,
        relative_humidity_pct=70.0,
        pressure_pa=101_325.0,
        wind_m_s=scenario.wind_m_s,
        wind_from_deg=scenario.wind_from_deg,
        source="simulated",
    )
