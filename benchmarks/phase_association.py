"""Association of P and S picks on PyOcto's own test data: ours beside PyOcto and GaMMA, in one run.

    python benchmarks/phase_association.py [--repeat N] [--days N] [--peer-python PYTHON]

Prints one line of JSON a figure. Precision and recall count events as PyOcto's own benchmark does: an event of ours is
true where the picks that it shares with a true one are at least 0.6 of the larger of the two; and, beside that, picks:
those given to the event that most of their event's picks belong to. Seconds are the least of the repeats, from pick
tables to events, travel-time tables made before, for all three. PYTHON has pyocto, GMMA and their dependencies. Then,
ours alone: picks that do not say P or S; false picks only; the day laid over itself at other moments (2 to 16 times as
many events in the same day); and one day after another, to see how time grows with picks.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from trucewatch.fuse.phase_events import PhaseEvent, phase_events
from trucewatch.fuse.phase_felt import stations_of
from trucewatch.fuse.phase_picks import picks_of
from trucewatch.fuse.phase_settings import PhaseSettings
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, WaveProbability
from trucewatch.model.instant import Instant
from trucewatch.model.mission import GroundLayer
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind, Wave
from trucewatch.physics import GroundModel
from trucewatch.physics.buried import buried_times

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "tests" / "data" / "pyocto"
DAY_S = 86_400.0
START = datetime(2026, 1, 1, tzinfo=UTC)
SEED = 50_000
MATCH = 0.6
PICK_SIGMA_S = 0.4
"""as the data's generator documents, and 1 per cent of the travel time: own_share 0.5 of 2 per cent"""
SHARE = 0.02


@dataclass(frozen=True)
class Row:
    """One pick with its truth."""

    station: str
    wave: Wave
    time_s: float
    event: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--days", type=int, default=16)
    parser.add_argument("--peer-python")
    arguments = parser.parse_args()
    rows, network, own = pick_rows(), network_of(), PhaseSettings(ground=ground())
    began = time.perf_counter()
    buried_times(own.ground)
    say("travel-time tables", seconds=round(time.perf_counter() - began, 3))
    ours("PyOcto's data, ours", rows, network, own, arguments.repeat)
    if arguments.peer_python:
        for name in ("pyocto", "gamma"):
            peer(name, arguments.peer_python, rows, arguments.repeat)
    ours("waves not said, ours", rows, network, own, arguments.repeat, says=False)
    ours("false picks only, ours", [r for r in rows if r.event < 0], network, own, 1)
    for n in (2, 4, 8, 16):
        ours(f"{n} days in one, ours", laid_over(rows, n), network, own, 1)
        if arguments.peer_python and n == 4:
            for name in ("pyocto", "gamma"):
                peer(name, arguments.peer_python, laid_over(rows, n), 1)
    for n in (1, 4, arguments.days):
        ours(f"{n} days one after another, ours", in_turn(rows, n), network, own, 1)


def pick_rows() -> list[Row]:
    """Return the data's picks."""
    with (DATA / "picks.csv").open(encoding="utf-8") as file:
        return [
            Row(r["station"], Wave(r["phase"].lower()), float(r["time_s"]), int(r["event"]))
            for r in csv.DictReader(file)
        ]


def network_of() -> Network:
    """Return the data's stations."""
    with (DATA / "stations.csv").open(encoding="utf-8") as file:
        return Network(
            sensors=tuple(
                Sensor(
                    id=r["id"],
                    kind=ObserverKind.SEISMIC_STATION,
                    owner="pyocto",
                    place=Place.circular(
                        lon_deg=float(r["longitude"]),
                        lat_deg=float(r["latitude"]),
                        sigma_m=1.0,
                        altitude_m=float(r["elevation"]),
                    ),
                    clock_sigma_s=0.0,
                )
                for r in csv.DictReader(file)
            )
        )


def ground(slabs: int = 4) -> GroundModel:
    """Return the data's velocity model, linear between its rows, in slabs of one speed each."""
    with (DATA / "graeber.csv").open(encoding="utf-8") as file:
        table = [(float(r["depth"]), float(r["vp"]), float(r["vs"])) for r in csv.DictReader(file)]
    layers = list[GroundLayer]()
    for (top, p, s), (bottom, p_below, s_below) in pairwise(table):
        for k in range(slabs):
            middle, at = (k + 0.5) / slabs, top + (bottom - top) * k / slabs
            speeds = (1e3 * (p + (p_below - p) * middle), 1e3 * (s + (s_below - s) * middle))
            if not layers or (layers[-1].p_m_s, layers[-1].s_m_s) != speeds:
                layers.append(GroundLayer(top_m=1e3 * at, p_m_s=speeds[0], s_m_s=speeds[1]))
    return GroundModel(layers=tuple(layers), p_share=SHARE, s_share=SHARE)


def laid_over(rows: Sequence[Row], n: int) -> list[Row]:
    """Return n copies of the day within one day, each shifted by chance, its events told apart."""
    rng = np.random.default_rng(SEED + n)
    out = list[Row]()
    for k in range(n):
        shift = rng.uniform(0.0, DAY_S)
        out += [_moved(r, k, (r.time_s + shift) % DAY_S) for r in rows]
    return sorted(out, key=lambda r: (r.time_s, r.station, r.event))


def in_turn(rows: Sequence[Row], n: int) -> list[Row]:
    """Return n copies of the day one after another."""
    return [_moved(r, k, r.time_s + k * DAY_S) for k in range(n) for r in rows]


def _moved(row: Row, copy: int, time_s: float) -> Row:
    return Row(row.station, row.wave, time_s, row.event + 1000 * copy if row.event >= 0 else -1)


def ours(
    what: str, rows: Sequence[Row], network: Network, own: PhaseSettings, repeat: int, *, says: bool = True
) -> None:
    """Associate, time and print."""
    detections = [detection_of(n, r, says=says) for n, r in enumerate(rows)]
    seconds, events, picks = list[float](), tuple[PhaseEvent, ...](), None
    stations = stations_of(network, own)
    for _ in range(repeat):
        began = time.perf_counter()
        picks = picks_of(detections, network, own)
        events = () if picks is None else phase_events(picks, stations, own)
        seconds.append(time.perf_counter() - began)
    found = [[int(picks.detections[m.pick].id) for m in e.members] for e in events] if picks is not None else []
    say(what, n_picks=len(rows), seconds=round(min(seconds), 3), **scores(rows, found))


def detection_of(n: int, row: Row, *, says: bool) -> Detection:
    """Return a pick as a detection, its number for its id."""
    return Detection(
        id=f"{n:06d}",
        kind=DetectionKind.ONSET,
        sensor_id=row.station,
        observer_kind=ObserverKind.SEISMIC_STATION,
        means=Means.RECORDED,
        method="pyocto",
        observation_ids=(row.station,),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=START + timedelta(seconds=row.time_s), sigma_s=PICK_SIGMA_S),
        origin=None,
        count=Count.exactly(1),
        p_false=0.05,
        waves=(WaveProbability(wave=row.wave, p=1.0),) if says else (),
    )


def scores(rows: Sequence[Row], found: Sequence[Sequence[int]]) -> dict[str, float | int]:
    """Return precision and recall of events, and of picks."""
    true = dict[int, set[int]]()
    for n, row in enumerate(rows):
        if row.event >= 0:
            true.setdefault(row.event, set()).add(n)
    matched, right = set[int](), 0
    for members in found:
        labels = [rows[n].event for n in members if rows[n].event >= 0]
        if not labels:
            continue
        most = max(sorted(set(labels)), key=labels.count)
        right += labels.count(most)
        if labels.count(most) / max(len(members), len(true[most])) >= MATCH:
            matched.add(most)
    given, truly = sum(len(m) for m in found), sum(len(m) for m in true.values())
    return {
        "events": len(found),
        "true_events": len(true),
        "precision": round(len(matched) / max(1, len(found)), 4),
        "recall": round(len(matched) / max(1, len(true)), 4),
        "pick_precision": round(right / max(1, given), 4),
        "pick_recall": round(right / max(1, truly), 4),
    }


def peer(name: str, python: str, rows: Sequence[Row], repeat: int) -> None:
    """Run a peer in its own environment, score what it found alike, and print."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder, "picks.json"), Path(folder, "found.json")
        given.write_text(json.dumps([[r.station, r.wave.value.upper(), r.time_s] for r in rows]))
        script = str(HERE / "phase_peers.py")
        command = [python, script, name, str(DATA), str(given), str(out), str(repeat)]
        subprocess.run(command, check=True, capture_output=True)
        said = json.loads(out.read_text())
    say(f"{name} {said['version']}", n_picks=len(rows), seconds=said["seconds"], **scores(rows, said["found"]))


def say(what: str, **figures: float) -> None:
    """Print one figure."""
    print(json.dumps({"what": what, **figures}), flush=True)


if __name__ == "__main__":
    main()
