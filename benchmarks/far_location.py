"""Far location and association beside InfraPy's BISL and HJL, and how often 90 per cent regions hold.

    python benchmarks/far_location.py [--events N] [--infrapy PYTHON SOURCE]

Prints one line of JSON a figure: ours on simulated events with and without a P onset (coverage, error, seconds), a day
of twenty arrays with clutter, and with InfraPy, in the same run: its two published examples and the same simulated
events. The simulated days do not follow our priors; the priors were looked at on seeds 0 to 99, those here begin at
10,000. The examples' detections come with InfraPy's checkout.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from trucewatch.fuse.ears import physics_weather
from trucewatch.fuse.far_chance import with_chance
from trucewatch.fuse.far_events import far_events
from trucewatch.fuse.far_grid import Cloud, posterior
from trucewatch.fuse.far_hearing import watch_of
from trucewatch.fuse.far_region import area_km2, credible_level, region_place, region_time
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.fuse.far_trains import readings_of
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.geodesic import distance_m, from_azimuthal
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.instant import Instant, utc_from_timestamp
from trucewatch.model.mission import BearingTurn, CelerityPrior
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind
from trucewatch.simulate.far_field import FarCase, FarStation, clutter, far_arrivals, far_case, far_day

FAR = FarSettings()
HERE = Path(__file__).resolve().parent
FIRST_SEED = 10_000
UTTR = {"lon": -112.896, "lat": 41.131, "time": "2004-06-02T17:23:04"}
"""the explosion of InfraPy's example test_bisl.py"""
PRIOR = "infrapy/propagation/priors/UTTR_models/UTTR_06_1800UTC.pgm"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=300)
    parser.add_argument("--infrapy", nargs=2, metavar=("PYTHON", "SOURCE"))
    arguments = parser.parse_args()
    cases = [far_case(FIRST_SEED + n) for n in range(arguments.events)]
    if arguments.infrapy is not None:
        published_examples(*arguments.infrapy)
    for with_p in (False, True):
        show("simulated, ours, with P" if with_p else "simulated, ours", summary([ours(c, with_p) for c in cases]))
    if arguments.infrapy is not None:
        same_events(*arguments.infrapy, cases[:200])
    day_of_arrays()


def ours(case: FarCase, with_p: bool) -> dict[str, float]:
    detections = [*case.arrivals, case.onset] if with_p else list(case.arrivals)
    began = time.perf_counter()
    cloud = located(detections)
    seconds = time.perf_counter() - began
    return judged(cloud, case.lon_deg, case.lat_deg, case.at_s) | {"seconds": seconds}


def located(detections: Sequence[Detection], settings: FarSettings = FAR) -> Cloud:
    readings = with_chance(readings_of(detections, Network(sensors=()), settings), frozenset(), settings)
    cloud = posterior(readings, lambda where: np.ones(len(where)), settings)
    assert cloud is not None
    return cloud


def judged(cloud: Cloud, lon: float, lat: float, at_s: float) -> dict[str, float]:
    place, (at, sigma) = region_place(cloud), region_time(cloud)
    return {
        "error_km": float(distance_m(place.lon_deg, place.lat_deg, lon, lat)) / 1000.0,
        "late_s": at - at_s,
        "sigma_s": sigma,
        "level": credible_level(cloud, lon, lat),
        "area_km2": area_km2(cloud),
    }


def summary(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    column = {k: np.array([r[k] for r in rows if k in r]) for k in rows[0]}
    return {
        "events": len(rows),
        "in_90_region": float(np.mean(column["level"] <= 0.9)),
        "in_50_region": float(np.mean(column["level"] <= 0.5)),
        "error_km_median": float(np.median(column["error_km"])),
        "error_km_90": float(np.quantile(column["error_km"], 0.9)),
        "time_error_s_median": float(np.median(np.abs(column["late_s"]))),
        "area_km2_median": float(np.median(column["area_km2"])) if "area_km2" in column else float("nan"),
        "seconds_each": float(np.mean(column["seconds"])),
    }


def day_of_arrays(n_arrays: int = 20, n_events: int = 20, clutter_per_day: int = 12) -> None:
    """One day: arrays in a square of 1,000 km, explosions in it, an arrival of nothing every two hours at each."""
    rng = np.random.default_rng(FIRST_SEED)
    lon_lat = from_azimuthal(33.0, 48.0, rng.uniform(-500e3, 500e3, (n_arrays, 2)))
    stations = [FarStation(id=f"A{i:02d}", lon_deg=float(x), lat_deg=float(y)) for i, (x, y) in enumerate(lon_lat)]
    truth, detections = [], list[Detection]()
    for _ in range(n_events):
        lon, lat = (float(v) for v in from_azimuthal(33.0, 48.0, rng.uniform(-400e3, 400e3, 2)))
        at_s, day = 1.7e9 + float(rng.uniform(0, 86_400)), far_day(rng)
        near = [s for s in stations if rng.random() < 0.9 * np.exp(-distance_m(lon, lat, s.lon_deg, s.lat_deg) / 4e5)]
        truth.append((lon, lat, at_s, len(near)))
        detections += far_arrivals(near, lon, lat, at_s, day, rng)
    for station in stations:
        detections += [clutter(station, 1.7e9 + float(rng.uniform(0, 86_400)), rng) for _ in range(clutter_per_day)]
    network = Network(sensors=tuple(sensor(s) for s in stations))
    watch = watch_of(network, physics_weather(None, FuseSettings()), FAR)
    began = time.perf_counter()
    events, _ = far_events(readings_of(detections, network, FAR), watch, FAR)
    seconds = time.perf_counter() - began
    found = [any(is_it(e.cloud, e.time, t) for e in events) for t in truth]
    true = [any(is_it(e.cloud, e.time, t) for t in truth) for e in events]
    show(
        "a day of arrays",
        {
            "arrays": n_arrays,
            "arrivals": len(detections),
            "events": n_events,
            "heard_by_two": sum(n >= 2 for *_, n in truth),
            "heard_by_three": sum(n >= 3 for *_, n in truth),
            "found": sum(found),
            "found_of_those_heard_by_three": sum(f for f, t in zip(found, truth, strict=True) if t[3] >= 3),
            "false": len(true) - sum(true),
            "seconds": seconds,
        },
    )


def is_it(cloud: Cloud, when: tuple[float, float], truth: tuple[float, float, float, int]) -> bool:
    lon, lat, at_s, _ = truth
    return credible_level(cloud, lon, lat) <= 0.999 and abs(when[0] - at_s) <= 600.0


def sensor(station: FarStation) -> Sensor:
    return Sensor(
        id=station.id,
        kind=ObserverKind.INFRASOUND_ARRAY,
        owner="mission",
        place=Place.circular(lon_deg=station.lon_deg, lat_deg=station.lat_deg, sigma_m=5.0),
        clock_sigma_s=0.01,
    )


def published_examples(python: str, source: str) -> None:
    """Run InfraPy's own examples in its environment, ours beside them."""
    examples = Path(source, "examples", "data")
    uttr = json.loads((examples / "example2.dets.json").read_text())
    mixed = json.loads((examples / "example1.dets.json").read_text())
    event = {"detections": [peer_row(d) for d in uttr], "lon": UTTR["lon"], "lat": UTTR["lat"]}
    free = peer(python, source, {"bisl": [event, event], "prior": None, "hjl": [peer_row(d) for d in mixed]})
    prior = peer(python, source, {"bisl": [event, event], "prior": PRIOR})
    at_s = datetime.fromisoformat(UTTR["time"]).replace(tzinfo=UTC).timestamp()
    for name, out in (("UTTR, BISL, no prior", free), ("UTTR, BISL, June prior", prior)):
        show(name, peer_judged(out["bisl"][1], UTTR["lon"], UTTR["lat"], at_s))
    for name, settings in (("UTTR, ours, no prior", FAR), ("UTTR, ours, June prior", with_prior(prior["prior"]))):
        located(published(uttr), settings)
        began = time.perf_counter()
        cloud = located(published(uttr), settings)
        seconds = time.perf_counter() - began
        show(name, judged(cloud, UTTR["lon"], UTTR["lat"], at_s) | {"seconds": seconds})
    show("ten detections, HJL", free["hjl"])
    show("ten detections, ours", labelled(published(mixed)))


def with_prior(table: dict[str, Any]) -> FarSettings:
    """Return our settings with what InfraPy's prior of the place and month says, as a mission file would state it.

    Celerities and turns by direction of travel in eighths of the circle from south by west, every 50 km.
    """
    distance = np.array(table["distance_km"])
    celerity, turns = list[CelerityPrior](), list[BearingTurn]()
    for eighth in range(8):
        middle = 180.0 + 45.0 * eighth
        toward = ((middle - 22.5) % 360.0, (middle + 22.5) % 360.0)
        for from_km in range(0, 1000, 50):
            n = int(np.argmin(np.abs(distance - from_km - 25.0)))
            reach: dict[str, Any] = {"toward_deg": toward, "from_m": 1e3 * from_km, "to_m": 1e3 * from_km + 5e4}
            mean, spread, weight = (np.array(table[k][eighth][n]) for k in ("mean_s_km", "spread_s_km", "weight"))
            celerity += [
                CelerityPrior(label=f"{part}", celerity_m_s=1e3 / m, sigma_m_s=1e3 * s / m**2, weight=w, **reach)
                for part, (m, s, w) in enumerate(zip(mean, spread, np.maximum(weight, 1e-12), strict=True))
            ]
            # Its turn is true less heard.
            turn, sigma = -float(table["turn_deg"][eighth][n]), float(table["turn_sigma_deg"][eighth][n])
            turns.append(BearingTurn(turn_deg=turn, sigma_deg=sigma, **reach))
    return replace(FAR, celerities=tuple(celerity), bearing_turns=tuple(turns))


def same_events(python: str, source: str, cases: Sequence[FarCase]) -> None:
    """Locate the same simulated events by BISL and by ours; BISL without a prior, for it has none of such days."""
    same = [{"detections": [peer_arrival(d) for d in c.arrivals], "lon": c.lon_deg, "lat": c.lat_deg} for c in cases]
    rows = peer(python, source, {"bisl": same, "prior": None})["bisl"]
    good = [
        (peer_judged(r, c.lon_deg, c.lat_deg, c.at_s), ours(c, False))
        for r, c in zip(rows, cases, strict=True)
        if "error" not in r
    ]
    show("simulated, BISL", summary([g for g, _ in good]) | {"gave_none": len(rows) - len(good)})
    show("simulated, ours on the same", summary([g for _, g in good]))


def labelled(detections: Sequence[Detection]) -> dict[str, Any]:
    began = time.perf_counter()
    readings = readings_of(detections, Network(sensors=()), FAR)
    events, _ = far_events(readings, watch_of(Network(sensors=()), physics_weather(None, FuseSettings()), FAR), FAR)
    seconds = time.perf_counter() - began
    label = {d.id: n for n, e in enumerate(events) for r in (*e.members, *e.later) for d in r.detections}
    return {
        "labels": [label.get(d.id, -1) for d in detections],
        "log_odds": [round(e.log_odds, 2) for e in events],
        "seconds": seconds,
    }


def peer(python: str, source: str, job: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        job_path, out_path = Path(folder, "job.json"), Path(folder, "out.json")
        job_path.write_text(json.dumps(job))
        command = [python, "-W", "ignore", str(HERE / "infrapy_far_peer.py"), source, str(job_path), str(out_path)]
        subprocess.run(command, check=True, stdout=sys.stderr)
        out: dict[str, Any] = json.loads(out_path.read_text())
    return out


def peer_judged(row: dict[str, Any], lon: float, lat: float, at_s: float) -> dict[str, float]:
    when = datetime.fromisoformat(row["time"][:26]).replace(tzinfo=UTC).timestamp()
    error = float(distance_m(row["lon"], row["lat"], lon, lat)) / 1000.0
    return {"error_km": error, "late_s": when - at_s, "level": row["level"], "seconds": row["seconds"]}


def peer_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "lat": row["Latitude"],
        "lon": row["Longitude"],
        "time": row["Peak F-Stat Time (UTC)"],
        "bearing": row["Back Azimuth"],
        "f": row["F Statistic"],
        "elements": row["Array Dimension"],
    }


def peer_arrival(d: Detection) -> dict[str, Any]:
    assert d.origin is not None
    return {
        "lat": d.origin.lat_deg,
        "lon": d.origin.lon_deg,
        "time": d.time.utc.replace(tzinfo=None).isoformat(timespec="milliseconds"),
        "bearing": ((d.bearing_deg or 0.0) + 180.0) % 360.0 - 180.0,
        "f": 20.0,
        "elements": 4,
    }


def published(rows: Sequence[dict[str, Any]]) -> list[Detection]:
    """Return InfraPy's example detections as ours; they state no error of the bearing and no trace velocity."""
    out = []
    for n, row in enumerate(rows):
        at = datetime.fromisoformat(row["Peak F-Stat Time (UTC)"]).replace(tzinfo=UTC)
        out.append(
            Detection(
                id=f"d{n:02d}",
                kind=DetectionKind.ARRIVAL,
                sensor_id=f"{row['Latitude']:.4f} {row['Longitude']:.4f}",
                observer_kind=ObserverKind.INFRASOUND_ARRAY,
                means=Means.RECORDED,
                method="published",
                observation_ids=(f"d{n:02d}",),
                observation_type=ObservationType.EXPLOSION,
                time=Instant(utc=utc_from_timestamp(at.timestamp()), sigma_s=1.0),
                origin=Place.circular(lon_deg=row["Longitude"], lat_deg=row["Latitude"], sigma_m=100.0),
                bearing_deg=row["Back Azimuth"] % 360.0,
                count=Count.exactly(1),
                p_false=1e-6,
            )
        )
    return out


def show(name: str, figures: dict[str, Any]) -> None:
    rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in figures.items()}
    print(json.dumps({"what": name, **rounded}), flush=True)


if __name__ == "__main__":
    main()
