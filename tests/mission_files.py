"""A tiny mission with one of everything, made from nothing but the checkout; a full run takes a few seconds."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from trucewatch.cli.run import in_words
from trucewatch.evidence import Verdict
from trucewatch.service.audit import audit
from trucewatch.service.ports import Progress
from trucewatch.service.run import RunSummary, run
from trucewatch.wiring import MissionFolder, clock, open_evidence, open_workshop

ROOT = Path(__file__).resolve().parent.parent
LIVE_FIRE = ROOT / "missions" / "live-fire"
CLOCK = "2018-12-21T14:00:00Z"

MISSION = f"""
id = "tiny"
name = "A tiny mission"
purpose = "One of everything, for tests."
time_zone = "America/New_York"
reporting_time = "08:00"
languages = ["en"]
demonstration = true
clock = "{CLOCK}"

[area]
west = 0.1
south = -0.1
east = 0.3
north = 0.1

[weather]
temperature_c = -1.0
temperature_sigma_c = 3.0
"""

AGREEMENT = """
id: tiny
title: "Illustrative agreement for tests"
version: "1"
status: illustrative
time_zone: America/New_York
source: "Written for tests; not an agreed text"
parties:
  - {id: A, name: "Party A"}
  - {id: B, name: "Party B"}
lines: []
zones:
  - id: quiet
    name: "Quiet area"
    polygon: [[0.15, -0.05], [0.25, -0.05], [0.25, 0.05], [0.15, 0.05], [0.15, -0.05]]
terms:
  - id: T1
    article: "Art. 1"
    text: "No weapon shall be discharged inside the quiet area."
    addressees: [A, B]
    prohibits: [shot, burst, explosion]
    where: {inside: [quiet]}
    from: "2018-12-01T00:00"
    to: null
    exceptions:
      - kind: notified_activity
        activities: [demolition]
        min_notice: 24 h
        text: "Demolitions notified at least 24 hours before are exempt."
"""

NOTIFIED = """
activities:
  - id: N-1
    kind: demolition
    notifier: A
    notified: "2018-12-17T12:00:00Z"
    place: {lon: 0.22, lat: 0.01, sigma_m: 50}
    radius: 500 m
    from: "2018-12-19T15:00:00Z"
    to: "2018-12-19T17:00:00Z"
    margin: 15 min
    looks_like: [explosion]
    max_count: 3
    charge_kg: 100
    acknowledgements: [{recipient: "Joint centre", at: "2018-12-17T13:00:00Z"}]
"""

GUARANTEES = """
commitments:
  - id: G1
    instrument: "Illustrative ladder"
    clause: "step 1"
    text: "The guarantors consult within 24 hours."
    obligors: ["Guarantor 1"]
    beneficiary: "the parties"
    kind: consult
    trigger: {terms: [T1], findings: [confirmed, corroborated, reasonable_grounds, plausible_uncorroborated], kinds: []}
    deadline: 24 h
    anchors: [occurrence, detection, verification]
    discretion: as_deemed_necessary
    status: proposed
    note: "illustrative"
"""

MONITORS = """Observer,Position,Event location,Means,No.,Observation,Description,Weapon,\
"Date, time (America/New_York)",Range,Bearing,Remarks,Language
POST-1,on the roof,1-2km N,heard,3,shots,,N/K,"18 December 2018, 21:12 - 21:13",1-2km,N,,en
POST-1,on the roof,2-3km NE,heard,2,explosions,undetermined,N/K,"19 December 2018, 10:28 - 10:45",2-4km,ENE,,en
POST-1,on the roof,2-3km W,heard,4,explosions,undetermined,N/K,"19 December 2018, 23:10 - 23:15",2-3km,W,,en
POST-1,on the roof,2-3km W,heard,two,explosions,undetermined,N/K,"19 December 2018, 25:10",2-3km,W,no such time,en
"""

HEALTH = """sensor,from,to,state,reason
FP3-SCP-00-BNG-5515,2018-12-19T04:00:00Z,2018-12-19T06:00:00Z,power_cut,mains lost
"""

WEATHER = """time,temperature_c,relative_humidity_pct,pressure_hpa,wind_m_s,wind_from_deg,source
2018-12-19T02:00:00Z,-1.5,60,1015,2.0,270,station
"""

FIRMS_HEADER = (
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,confidence,version,bright_ti5,frp,"
    "daynight,instrument\n"
)


def firms_rows(n: int, *, first: int = 0) -> str:
    """Rows of three little fires, a night apart, in the mission's area."""
    rows = []
    for k in range(first, first + n):
        lon, lat = 0.16 + 0.03 * (k % 3) + 0.0004 * (k // 3 % 5), 0.02 + 0.0004 * (k // 15 % 5)
        day, minute = 18 + k % 2, 6 + k % 3
        rows.append(
            f"{lat:.5f},{lon:.5f},330.5,0.4,0.4,2018-12-{day},07{minute:02d},N,nominal,1,290.1,{2 + k % 7}.5,N,VIIRS\n"
        )
    return "".join(rows)


def network() -> str:
    """The six sensors of one firing position, and a post of another owner."""
    sensors = yaml.safe_load((LIVE_FIRE / "network.yaml").read_text(encoding="utf-8"))["sensors"]
    kept = [s for s in sensors if s["id"].startswith("FP3-")]
    post = {
        "id": "POST-1",
        "kind": "static_post",
        "owner": "partner",
        "place": {"lon": 0.2, "lat": -0.01, "sigma_m": 20},
        "clock_sigma_s": 30,
    }
    return str(yaml.safe_dump({"sensors": [*kept, post]}, sort_keys=False))


def make_mission(folder: Path, *, recordings: bool = True) -> Path:
    """Write the mission; without recordings a run takes half the time."""
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    texts = {"mission.toml": MISSION, "agreement.yaml": AGREEMENT, "network.yaml": network()}
    texts |= {"notified.yaml": NOTIFIED, "guarantees.yaml": GUARANTEES}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    if recordings:
        shutil.copytree(LIVE_FIRE / "inbox" / "FP3" / "test_037", inbox / "FP3")
    (inbox / "monitors.csv").write_text(MONITORS, encoding="utf-8")
    (inbox / "fires.csv").write_text(FIRMS_HEADER + firms_rows(30), encoding="utf-8")
    (inbox / "health.csv").write_text(HEALTH, encoding="utf-8")
    (inbox / "weather.csv").write_text(WEATHER, encoding="utf-8")
    return folder


def run_mission(folder: Path, *, now: str | None = None, progress: Progress | None = None) -> RunSummary:
    """Run as the command line does, in this process."""
    with open_workshop(MissionFolder(folder), progress) as shop:
        summary = run(shop, now_utc=clock(shop.texts, now))
    assert in_words(summary)
    return summary


def verify_mission(folder: Path, *, pinned: Path | None = None, key: str | None = None) -> Verdict:
    """Verify as the command line does, in this process."""
    with open_evidence(MissionFolder(folder), key=key, pinned=pinned) as evidence:
        return audit(evidence)


def hashes(folder: Path, *parts: str) -> dict[str, str]:
    """SHA-256 of every file under a folder, or under parts of it; empty folders count too."""
    found = {}
    for root in [folder / p for p in parts] or [folder]:
        for path in sorted(root.rglob("*")):
            name = path.relative_to(folder).as_posix()
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
    return found


def trucewatch(
    *arguments: str | Path, timeout: float = 120, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    code = "from trucewatch.cli import main; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=timeout, cwd=cwd)
