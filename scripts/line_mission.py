"""The demonstration line: real fires and places, and a simulated night and day of sensors and monitors."""

from __future__ import annotations

import csv
import gzip
import json
import math
import shutil
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from folder_writing import WEATHER_HEADER, write_csv, write_yaml

from trucewatch.geo import LocalFrame, bearing_deg, destination, distance_m, length_m
from trucewatch.model.instant import Interval, rfc3339
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObservationType, ObserverKind
from trucewatch.simulate import Event, Scenario
from trucewatch.simulate.sensors import Nodes, hear, pick, true_weather

WEST, SOUTH, EAST, NORTH = 37.2, 47.6, 38.8, 48.7
BASELINE_YEARS = (2012, 2016, 2019)
FIRE_DAYS = ("2021-08-24", "2021-08-25", "2021-08-26", "2021-08-27")


def fires(source: Path, target: Path) -> None:
    """Cut NASA's yearly lists to the mission's area; the earlier years show where heat is persistent."""
    target.mkdir(parents=True)
    for year in (*BASELINE_YEARS, 2021):
        rows = [
            r
            for r in _fire_rows(source / f"ukr_fire_data_{year}.csv.gz")
            if WEST <= float(r["LONGITUDE"]) <= EAST and SOUTH <= float(r["LATITUDE"]) <= NORTH
            if year != 2021 or r["ACQ_DATE"] in FIRE_DAYS
        ]
        name = f"firms_{year}.csv" if year != 2021 else "firms_2021-08-24_27.csv"
        write_csv(
            target / name,
            ["latitude", "longitude", "acq_date"],
            ([r["LATITUDE"], r["LONGITUDE"], r["ACQ_DATE"]] for r in rows),
        )


def places(source: Path, target: Path) -> None:
    """Cut GeoNames to the mission's area, without the city districts that would be taken for towns of their own."""
    with source.open(encoding="utf-8", newline="") as stream:
        rows = [
            [r["geonameid"], r["name"], r["lat"], r["lon"], r["population"]]
            for r in csv.DictReader(stream)
            if WEST <= float(r["lon"]) <= EAST and SOUTH <= float(r["lat"]) <= NORTH and not r["name"].endswith("skyi")
        ]
    write_csv(target, ["geonameid", "name", "lat", "lon", "population"], rows)


def copy_texts(source: Path, folder: Path) -> None:
    """Copy the mission's own files and the monitors' reports."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            place = folder / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


def _fire_rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


SEED = 20210826
REFERENCE_LINE = np.array(
    [
        [37.45, 47.72],
        [37.52, 47.86],
        [37.60, 47.98],
        [37.72, 48.06],
        [37.88, 48.12],
        [38.05, 48.22],
        [38.20, 48.33],
        [38.38, 48.42],
        [38.55, 48.52],
    ]
)
"""as in scripts/missions/line/agreement.yaml"""
START = datetime(2021, 8, 25, 16, 30, tzinfo=UTC)
OUT = Interval(start_utc=datetime(2021, 8, 26, 23, 10, tzinfo=UTC), end_utc=datetime(2021, 8, 27, 3, 40, tzinfo=UTC))
"""a power cut takes three nodes"""
OUT_NODES = ("AC-13", "AC-14", "AC-15")
POSTS = {
    "POST-1": ("static_post", 37.6900, 48.0600, 20),
    "POST-2": ("static_post", 37.9300, 48.1700, 20),
    "POST-3": ("static_post", 38.3800, 48.3900, 20),
    "PATROL-4": ("patrol", 38.1500, 48.3300, 500),
    "PATROL-5": ("patrol", 37.8000, 48.1900, 500),
}
SPACING_M = 4500.0
OFFSETS_M = (-1800.0, 1500.0, -900.0, 2200.0)
"""nodes stand alternately on both sides of the line"""

SCENARIO = Scenario(
    name="line",
    start_utc=START,
    hours=48.0,
    lon_deg=38.0,
    lat_deg=48.15,
    n_events=0,
    noise_level_db=48.0,
    temperature_c=21.0,
    wind_m_s=2.5,
    wind_from_deg=60.0,
    false_per_hour=0.5,
    echo_share=0.1,
)


def events() -> tuple[Event, ...]:
    """Say what happens: violations, a notified demolition, one on the edge of the zone, one far outside."""
    edge_lon, edge_lat = _beside_line(0.52, 7_500.0)
    far_lon, far_lat = _beside_line(0.40, -12_500.0)
    plan = (
        ("event-1", "mortar_120", 37.975, 48.178, "2021-08-25T19:12:40Z", (0.0, 21.0, 47.0)),
        ("event-2", "demolition_100kg", 37.8605, 48.1602, "2021-08-26T07:31:05Z", (0.0,)),
        ("event-2b", "demolition_100kg", 37.8605, 48.1602, "2021-08-26T07:39:05Z", (0.0,)),
        ("event-3", "artillery_152", edge_lon, edge_lat, "2021-08-26T12:05:30Z", (0.0,)),
        ("event-4", "artillery_152", far_lon, far_lat, "2021-08-26T20:40:10Z", (0.0, 9.0)),
        ("event-5", "mortar_82", 38.205, 48.335, "2021-08-27T00:20:15Z", (0.0, 14.0)),
        ("event-6", "mortar_120", 37.62, 48.005, "2021-08-27T11:02:50Z", (0.0, 6.0, 13.0, 19.0, 26.0)),
    )
    return tuple(
        Event(
            id=name,
            kind=ObservationType.EXPLOSION,
            source=source,
            lon_deg=lon,
            lat_deg=lat,
            round_times_utc=tuple(
                datetime.fromisoformat(at.replace("Z", "+00:00")) + timedelta(seconds=s) for s in rounds
            ),
        )
        for name, source, lon, lat, at, rounds in plan
    )


LABELS = {
    "event-1": "three 120 mm mortar rounds",
    "event-2": "the notified demolition, first charge",
    "event-2b": "the notified demolition, second charge",
    "event-3": "a shell on the edge of the zone",
    "event-4": "two shells outside the zone",
    "event-5": "two 82 mm rounds during the power cut",
    "event-6": "five 120 mm mortar rounds",
}


def simulated(folder: Path) -> None:
    """Write what the nodes report, their health, the weather, the network and the truth."""
    rng = np.random.default_rng(SEED)
    nodes = _nodes(rng)
    arrivals = hear(SCENARIO, events(), nodes, true_weather(SCENARIO, rng), rng)
    pulses = pick(SCENARIO, arrivals, nodes, rng)
    for day, name in ((START, "2021-08-26"), (START + timedelta(days=1), "2021-08-27")):
        rows = [
            {
                "sensor": p.sensor_id,
                "time_utc": rfc3339(p.time.utc),
                "sigma_s": p.time.sigma_s,
                "snr_db": None,
                "level_db": None,
                "group": None,
            }
            for p in pulses
            if day <= p.time.utc < day + timedelta(days=1)
        ]
        text = json.dumps({"format": "trucewatch-pulses/1", "pulses": rows}, indent=1) + "\n"
        path = folder / "inbox" / "acoustic" / f"{name}.pulses.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    health = [
        [n, rfc3339(OUT.start_utc), rfc3339(OUT.end_utc), "power_cut", "mains lost (simulated)"] for n in OUT_NODES
    ]
    write_csv(folder / "inbox" / "health.csv", ["sensor", "from", "to", "state", "reason"], health)
    hours = [START + timedelta(hours=h) for h in range(0, 48, 3)]
    swing = [round(21 + 5 * math.cos((h.hour - 12) / 24 * 2 * math.pi), 1) for h in hours]
    rows = [[rfc3339(h), t, 60, 1008, 2.5, 60, "simulated"] for h, t in zip(hours, swing, strict=True)]
    write_csv(folder / "inbox" / "weather.csv", WEATHER_HEADER, rows)
    write_yaml(folder / "network.yaml", {"sensors": [_plain(s) for s in nodes.reported.sensors] + _posts()})
    write_yaml(folder / "truth.yaml", {"events": [_truth(e) for e in events()]})


def _nodes(rng: np.random.Generator) -> Nodes:
    frame = LocalFrame(lon_deg=SCENARIO.lon_deg, lat_deg=SCENARIO.lat_deg)
    n = int(length_m(REFERENCE_LINE) // SPACING_M)
    sensors, xy = [], []
    for k in range(n):
        lon, lat = _beside_line((k + 0.5) / n, OFFSETS_M[k % len(OFFSETS_M)])
        sensors.append(
            Sensor(
                id=f"AC-{k + 1:02d}",
                kind=ObserverKind.ACOUSTIC_SENSOR,
                owner="mission" if k % 2 else "partner agency",
                place=Place.circular(lon_deg=round(lon, 6), lat_deg=round(lat, 6), sigma_m=SCENARIO.position_sigma_m),
                clock_sigma_s=SCENARIO.clock_sigma_s,
                noise_level_db=SCENARIO.noise_level_db,
            )
        )
        xy.append(np.ravel(frame.to_enu(lon, lat))[:2] + rng.normal(0.0, SCENARIO.position_sigma_m, 2))
    return Nodes(
        reported=Network(sensors=tuple(sensors)),
        frame=frame,
        xy_m=np.array(xy),
        clock_s=rng.normal(0.0, SCENARIO.clock_sigma_s, n),
        down=tuple(OUT if s.id in OUT_NODES else None for s in sensors),
    )


def _beside_line(share: float, offset_m: float) -> tuple[float, float]:
    """Return the place at a share of the line's length and so far to its left."""
    steps = [float(distance_m(*a, *b)) for a, b in pairwise(REFERENCE_LINE)]
    along, k = share * sum(steps), 0
    while along > steps[k]:
        along, k = along - steps[k], k + 1
    azimuth = float(bearing_deg(*REFERENCE_LINE[k], *REFERENCE_LINE[k + 1]))
    lon, lat = destination(*REFERENCE_LINE[k], azimuth, along)
    lon, lat = destination(float(lon), float(lat), (azimuth - 90.0) % 360.0, offset_m)
    return float(lon), float(lat)


def _plain(s: Sensor) -> dict[str, Any]:
    return {
        "id": s.id,
        "kind": s.kind.value,
        "owner": s.owner,
        "place": {"lon": s.place.lon_deg, "lat": s.place.lat_deg, "sigma_m": SCENARIO.position_sigma_m},
        "clock_sigma_s": s.clock_sigma_s,
        "noise_level_db": s.noise_level_db,
    }


def _posts() -> list[dict[str, Any]]:
    posts = []
    for name, (kind, lon, lat, sigma) in POSTS.items():
        post: dict[str, Any] = {
            "id": name,
            "kind": kind,
            "owner": "mission",
            "place": {"lon": lon, "lat": lat, "sigma_m": sigma},
            "clock_sigma_s": 60,
        }
        posts.append(post | ({"watch": _daytime()} if kind == "patrol" else {}))
    return posts


def _daytime() -> list[dict[str, str]]:
    """No patrol goes out after dark."""
    return [{"from": f"{day}T03:00:00Z", "to": f"{day}T16:30:00Z"} for day in ("2021-08-26", "2021-08-27")]


def _truth(e: Event) -> dict[str, Any]:
    return {
        "id": e.id,
        "lon": round(e.lon_deg, 6),
        "lat": round(e.lat_deg, 6),
        "sigma_m": 0.1,
        "time": rfc3339(e.time_utc),
        "window": "60 s",
        "count": len(e.round_times_utc),
        "label": LABELS[e.id],
    }
