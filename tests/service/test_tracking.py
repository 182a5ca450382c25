"""Sightings in a mission's inbox become tracks in its register, its command, its open data and its map."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mission_files import make_mission, run_mission
from trucewatch.cli.app import build
from trucewatch.geo import bearing_deg, distance_m
from trucewatch.service.tracking import current_tracks
from trucewatch.web import layers
from trucewatch.wiring import MissionFolder, open_reading

START = datetime(2018, 12, 19, 16, 0, tzinfo=UTC)
RADARS = {"RA-1": (0.18, -0.02, "mission"), "RA-2": (0.22, -0.02, "partner")}
N = 30


def sightings(seed: int, numbers: range) -> bytes:
    """Two radars see a drone fly north over a line at the equator, from 0.2 E 0.02 S at 15 m/s, every 5 s."""
    rng = np.random.default_rng(seed)
    items = []
    for k in range(N):
        lon, lat = 0.2, -0.01 + 15.0 * 5 * k / 110_574.0
        for name, (lon0, lat0, _) in RADARS.items():
            item = {
                "sensor": name,
                "time_utc": (START + timedelta(seconds=5 * k)).isoformat().replace("+00:00", "Z"),
                "sigma_s": 0.01,
                "kind": "uav_sighting",
                "bearing_deg": round(float(bearing_deg(lon0, lat0, lon, lat)) + 0.3 * rng.normal(), 4),
                "bearing_sigma_deg": 0.3,
                "range_m": round(float(distance_m(lon0, lat0, lon, lat)) + 10 * rng.normal(), 2),
                "range_sigma_m": 10,
                "identity": "DRONE-7",
            }
            if k in numbers:
                items.append(item)
    return json.dumps({"format": "trucewatch-sightings/1", "sightings": items}).encode()


@pytest.fixture
def mission(tmp_path: Path) -> Path:
    folder = make_mission(tmp_path / "tiny")
    for path in list((folder / "inbox").rglob("*")):
        if path.is_file():
            path.unlink()
    agreement = (folder / "agreement.yaml").read_text()
    line = '\n  - {id: L, name: "the line", coordinates: [[0.1, 0.0], [0.3, 0.0]], source: "test"}\n'
    (folder / "agreement.yaml").write_text(agreement.replace("lines: []", "lines:" + line))
    radars = "".join(
        f"- {{id: {name}, kind: radar, owner: {owner}, clock_sigma_s: 0.01, "
        f"place: {{lon: {lon}, lat: {lat}, sigma_m: 1.0}}}}\n"
        for name, (lon, lat, owner) in RADARS.items()
    )
    with (folder / "network.yaml").open("a") as network:
        network.write(radars)
    return folder


def test_a_drone_that_crosses_a_line_is_told_everywhere(mission: Path, no_pdf: object) -> None:
    (mission / "inbox" / "seen.json").write_bytes(sightings(1, range(N)))
    summary = run_mission(mission)
    assert summary.n_tracks == 1
    with open_reading(MissionFolder(mission)) as (_, register):
        (track,) = current_tracks(register)
    (crossing,) = track.crossings
    assert (crossing.line_id, crossing.from_left) == ("L", False)
    assert crossing.p > 0.999
    expected = START + timedelta(seconds=0.01 * 110_574.0 / 15.0)
    assert abs((crossing.time_utc - expected).total_seconds()) < 4 * crossing.time_sigma_s
    assert (track.identity_ref, track.owners, track.kinds[0].kind.value) == (
        "DRONE-7",
        ("mission", "partner"),
        "uav_sighting",
    )
    shown = CliRunner().invoke(build(["tracks"]), ["tracks", str(mission)])
    assert "the line from right to left" in shown.stdout
    listed = CliRunner().invoke(build(["tracks"]), ["tracks", str(mission), "--json"])
    assert json.loads(listed.stdout)["tracks"][0]["id"] == track.id
    (released,) = (mission / "out").rglob("tracks.geojson")
    (feature,) = json.loads(released.read_text())["features"]
    assert (feature["id"], feature["geometry"]["type"], feature["properties"]["identity"]) == (
        track.id,
        "LineString",
        "",
    )
    assert "DRONE-7" not in released.read_text()


def test_late_sightings_make_a_revision_and_the_same_as_if_in_time(mission: Path, no_pdf: object) -> None:
    (mission / "inbox" / "a.json").write_bytes(sightings(1, range(20)))
    run_mission(mission)
    with open_reading(MissionFolder(mission)) as (_, register):
        (first,) = current_tracks(register)
    assert run_mission(mission).n_new_records == 0
    (mission / "inbox" / "b.json").write_bytes(sightings(1, range(20, N)))
    run_mission(mission, now="2018-12-21T15:00:00Z")
    with open_reading(MissionFolder(mission)) as (_, register):
        (second,) = current_tracks(register)
    assert (first.id, first.revision, second.id, second.revision) == (first.id, 1, first.id, 2)
    assert len(second.states) == N


def test_the_map_is_given_the_tracks(mission: Path, no_pdf: object) -> None:
    (mission / "inbox" / "seen.json").write_bytes(sightings(1, range(N)))
    run_mission(mission)
    with open_reading(MissionFolder(mission)) as (_, register):
        (feature,) = layers.tracks(current_tracks(register))["features"]
    assert feature["properties"]["crossings"][0]["line"] == "L"
    assert feature["properties"]["region_95_last"]["type"] == "Polygon"
