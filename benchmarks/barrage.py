"""A barrage: 3,000 rounds in 40 minutes from two batteries onto one village, heard by 20 nodes.

    python benchmarks/barrage.py [--rounds 3000] [--minutes 40] [--seed 21]

Each shell leaves one of the batteries with a bang and arrives in the village with another, scattered by 120 m; moments
and batteries are drawn at random. Printed: how many incidents come of it, with counts, places, errors; time; memory.
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import timedelta

import numpy as np

from trucewatch.detect.reports import from_pulse
from trucewatch.fuse import fuse
from trucewatch.geo.geodesic import distance_m, from_azimuthal
from trucewatch.model.incident import Incident
from trucewatch.model.observation import Pulse
from trucewatch.model.vocabulary import ObservationType
from trucewatch.simulate.generate import reported_weather
from trucewatch.simulate.sensors import hear, pick, place_nodes, true_weather
from trucewatch.simulate.world import Event, Scenario

BATTERIES_M = ((-5_500.0, 600.0), (-4_800.0, -2_200.0))
VILLAGE_M = (1_500.0, 300.0)
SCATTER_M = 120.0
FLIGHT_S = 24.0


def scenario(minutes: float) -> Scenario:
    """Return 20 nodes over 12 km, and half an hour of quiet either side of the barrage."""
    return Scenario(hours=minutes / 60.0 + 1.0, n_events=1, n_east=5, n_north=4, spacing_m=2_500.0, outage_share=0.0)


def barrage(day: Scenario, n_rounds: int, minutes: float, rng: np.random.Generator) -> tuple[Event, ...]:
    """Return a launch and an impact for each round, as events of their own, in time order."""
    at_s = 1800.0 + np.sort(rng.uniform(0.0, minutes * 60.0, n_rounds))
    events = []
    for n, fired_s in enumerate(at_s.tolist()):
        gun = np.asarray(BATTERIES_M[int(rng.integers(2))]) + rng.normal(0.0, 40.0, 2)
        hit = np.asarray(VILLAGE_M) + rng.normal(0.0, SCATTER_M, 2)
        landed_s = fired_s + FLIGHT_S + float(rng.normal(0.0, 0.5))
        events += [_event(day, f"launch-{n}", gun, fired_s), _event(day, f"impact-{n}", hit, landed_s)]
    return tuple(sorted(events, key=lambda e: e.time_utc))


def _event(day: Scenario, name: str, xy_m: np.ndarray, at_s: float) -> Event:
    lon, lat = from_azimuthal(day.lon_deg, day.lat_deg, xy_m)
    return Event(
        id=name,
        kind=ObservationType.EXPLOSION,
        source="mortar_120",
        lon_deg=float(lon),
        lat_deg=float(lat),
        round_times_utc=(day.start_utc + timedelta(seconds=at_s),),
    )


def made(n_rounds: int, minutes: float, seed: int) -> tuple[Scenario, object, tuple[Pulse, ...]]:
    """Return the scenario, its network and what the nodes sent."""
    day = scenario(minutes)
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5)]
    nodes = place_nodes(day, streams[0])
    arrivals = hear(day, barrage(day, n_rounds, minutes, streams[1]), nodes, true_weather(day, streams[2]), streams[3])
    return day, nodes.reported, pick(day, arrivals, nodes, streams[4])


def near(incident: Incident, day: Scenario, xy_m: tuple[float, float]) -> float:
    """Return how far an incident lies from a place, metres; infinite without a place."""
    if incident.place is None:
        return float("inf")
    lon, lat = from_azimuthal(day.lon_deg, day.lat_deg, np.asarray(xy_m))
    return float(distance_m(float(lon), float(lat), incident.place.lon_deg, incident.place.lat_deg))


def main() -> None:
    """Print what comes of a barrage."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3_000)
    options.add_argument("--minutes", type=float, default=40.0)
    options.add_argument("--seed", type=int, default=21)
    given = options.parse_args()
    day, network, pulses = made(given.rounds, given.minutes, given.seed)
    detections = [from_pulse(p, network.sensor(p.sensor_id)) for p in pulses]
    start, cpu = time.perf_counter(), time.process_time()
    incidents = fuse(detections, network, (reported_weather(day),))
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{len(detections)} onsets, {len(incidents)} incidents, {took:.1f} s ({cpu:.1f} s of CPU), {memory:.2f} GB")
    for i in sorted(incidents, key=lambda i: -(i.count.best or i.count.low))[:12]:
        ends = [near(i, day, xy) for xy in (VILLAGE_M, *BATTERIES_M)]
        which = ("village", "battery 1", "battery 2")[int(np.argmin(ends))]
        print(
            f"  {i.time.utc:%H:%M:%S} count {i.count.low}-{i.count.best}-{i.count.high}, {len(i.rounds)} rounds kept, "
            f"{min(ends):.0f} m from {which}, p {i.p_exists:.3f}, {[str(link.relation) for link in i.links]}"
        )


if __name__ == "__main__":
    main()
