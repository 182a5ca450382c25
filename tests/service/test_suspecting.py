"""What does not agree with others becomes records, verified and retired as all others, and is listed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mission_files import make_mission, run_mission, verify_mission
from trucewatch.cli.app import build
from trucewatch.evidence import Outcome
from trucewatch.model.suspicion import SuspicionKind
from trucewatch.service.suspecting import current_suspicions
from trucewatch.wiring import MissionFolder, open_reading

START = datetime(2018, 12, 19, 12, 0, tzinfo=UTC)
SENSORS = ("V-1", "V-2", "V-3")


def pulses(later_s: float) -> bytes:
    """Fifteen pulses of each sensor within an hour, later by so much."""
    rng = np.random.default_rng(1)
    items = [
        {
            "sensor": name,
            "time_utc": (START + timedelta(seconds=round(float(s), 4) + later_s)).isoformat().replace("+00:00", "Z"),
            "sigma_s": 0.001,
            "snr_db": 15.0,
        }
        for name in SENSORS
        for s in np.sort(rng.uniform(0.0, 3_600.0, 15))
    ]
    return json.dumps({"format": "trucewatch-pulses/1", "pulses": items}).encode()


@pytest.fixture
def mission(tmp_path: Path) -> Path:
    folder = make_mission(tmp_path / "tiny", recordings=False)
    for path in list((folder / "inbox").rglob("*")):
        path.unlink()
    nodes = "".join(
        f"- {{id: {name}, kind: acoustic_sensor, owner: village, clock_sigma_s: 0.001, "
        f"place: {{lon: {0.18 + 0.05 * n}, lat: {-0.02 * n}, sigma_m: 1.0}}}}\n"
        for n, name in enumerate(SENSORS)
    )
    with (folder / "network.yaml").open("a") as network:
        network.write(nodes)
    (folder / "inbox" / "a.json").write_bytes(pulses(0.0))
    return folder


def test_an_hour_that_comes_again_is_recorded_listed_and_verified(mission: Path, no_pdf: object) -> None:
    assert run_mission(mission).n_suspicions == 0
    (mission / "inbox" / "b.json").write_bytes(pulses(3 * 3_600.0))
    assert run_mission(mission).n_suspicions == 1
    assert run_mission(mission).n_new_records == 0
    with open_reading(MissionFolder(mission)) as (_, register):
        (one,) = current_suspicions(register)
    assert (one.about, one.kind) == ("village", SuspicionKind.REPEATED)
    shown = CliRunner().invoke(build(["listening"]), ["listening", str(mission)])
    assert "what does not agree with others, by itself no proof of anything: 1" in shown.stdout
    listed = CliRunner().invoke(build(["listening"]), ["listening", str(mission), "--json"])
    assert json.loads(listed.stdout)["suspicions"][0]["id"] == one.id
    assert verify_mission(mission).outcome is Outcome.UNANCHORED
