"""`simulate`: a day as a mission folder, all at once or as it would arrive, and nodes that send signed batches."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import subprocess
import sys
import wave
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from trucewatch.cli import main
from trucewatch.model.errors import InvalidMission, TrucewatchError, UnreadableInput
from trucewatch.model.observation import EdgeDetection, Pulse
from trucewatch.model.wire import from_bytes
from trucewatch.service.ingest import ingest
from trucewatch.simulate import PRESETS, Terrain, open_theatre, read_truth
from trucewatch.wiring import MissionFolder, Quiet, check_folder, clock, open_reading, open_workshop
from trucewatch.wiring.height_file import read_heights
from trucewatch.wiring.simulated import Wish, make

COMMAND = [sys.executable, "-c", "from trucewatch.cli import main; main()"]
WISH = Wish(preset="busy_day", seed=2, hours=2)


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def simulate(*options: str) -> Done:
    """Run the command in this process: loading the program anew each time would take most of the time."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    argv = mock.patch.object(sys, "argv", ["trucewatch", "simulate", *options])
    with argv, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


def taken(folder: MissionFolder) -> dict[str, int]:
    """Take the inbox in, and count what came of it by kind."""
    with open_workshop(folder) as shop:
        ingest(shop.texts, shop.inbox, shop.outbox, shop.register, Quiet(), now_utc=clock(shop.texts, None))
    with open_reading(folder) as (_, register):
        kinds = ("pulse", "edge_detection", "sighting", "monitor_report", "image_change", "weather", "rejection")
        return {kind: sum(1 for _ in register.current(kind)) for kind in kinds}


def test_presets_are_listed():
    done = simulate("--list", "--json")
    assert [p["name"] for p in json.loads(done.stdout)] == list(PRESETS)
    assert "10,000 nodes" in simulate("--list").stdout


def test_a_day_at_once_is_a_mission_in_order(tmp_path: Path):
    done = simulate("busy_day", str(tmp_path / "m"), "--seed", "2", "--hours", "2", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    folder = MissionFolder(tmp_path / "m")
    problems = check_folder(folder)[1]
    assert [p for p in problems if p.severity == "error"] == []
    assert len(read_truth((tmp_path / "m/truth.json").read_bytes(), "truth.json")) == said["events"] > 5
    counts = taken(folder)
    assert counts["rejection"] == 0
    assert min(counts[kind] for kind in ("pulse", "sighting", "monitor_report", "image_change", "weather")) > 0


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path):
    for name in ("a", "b"):
        make(MissionFolder(tmp_path / name), WISH, say=print)
    one, two = (
        {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()} for n in "ab"
    )
    assert one == two


def test_played_files_come_in_order_at_their_pace(tmp_path: Path):
    waited: list[float] = []
    make(MissionFolder(tmp_path / "m"), WISH, speed=60.0, say=print, wait_until=waited.append)
    assert waited == sorted(waited)
    # The first weather report is five minutes old, the last image came eight hours and more after the two.
    assert waited[0] <= 300.0 / 60.0
    assert 8 * 60.0 < waited[-1] < 24 * 60.0
    minutes = list((tmp_path / "m/inbox/acoustic").rglob("*.json"))
    assert len(minutes) > 30


def test_live_nodes_send_signed_batches_to_the_receiver(tmp_path: Path):
    folder = MissionFolder(tmp_path / "m")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    centre: list[subprocess.Popen[bytes]] = []

    def wait_until(_: float) -> None:
        if not centre:
            # The mission's texts are there by now, so that the receiver can start.
            receive = [*COMMAND, "receive", str(folder.root), "--port", str(port)]
            centre.append(subprocess.Popen(receive, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
            assert centre[0].stdout is not None
            centre[0].stdout.readline()

    url = f"http://127.0.0.1:{port}/batches"
    try:
        played = make(folder, WISH, speed=1000.0, url=url, say=print, wait_until=wait_until)
    finally:
        for process in centre:
            process.terminate()
            process.communicate(timeout=30)
    assert played.n_refused == 0
    assert played.summary.n_sent > 50
    assert not (folder.root / "inbox" / "acoustic").exists()
    assert taken(folder)["rejection"] == 0
    with open_reading(folder) as (_, register):
        sent = [from_bytes(EdgeDetection, r.payload) for r in register.current("edge_detection")]
        assert sum(1 for _ in register.current("pulse")) == 0
    live = {(e.sensor_id, e.detection.time.utc) for e in sent if e.node.startswith("gateway-")}
    make(MissionFolder(tmp_path / "files"), WISH, say=print)
    taken(MissionFolder(tmp_path / "files"))
    with open_reading(MissionFolder(tmp_path / "files")) as (_, register):
        filed = [from_bytes(Pulse, r.payload) for r in register.current("pulse")]
    assert live == {(p.sensor_id, p.time.utc) for p in filed}


def test_a_given_network_and_real_noise_are_used(tmp_path: Path):
    make(MissionFolder(tmp_path / "one"), WISH, say=print)
    with wave.open(str(tmp_path / "hum.wav"), "wb") as out:
        out.setparams((1, 2, 8_000, 0, "NONE", ""))
        out.writeframes((3_000 * np.sin(np.arange(16_000) / 8.0)).astype("<i2").tobytes())
    given = Wish(preset="busy_day", seed=5, hours=2, network=tmp_path / "one/network.yaml", noise=tmp_path / "hum.wav")
    make(MissionFolder(tmp_path / "two"), given, say=print)
    assert (tmp_path / "two/network.yaml").read_bytes() == (tmp_path / "one/network.yaml").read_bytes()
    assert list((tmp_path / "two/inbox/audio").rglob("*.wav"))
    assert [p for p in check_folder(MissionFolder(tmp_path / "two"))[1] if p.severity == "error"] == []


GRID = "ncols 3\nnrows 2\nxllcorner 37.0\nyllcorner 48.0\ncellsize 0.1\nNODATA_value -9999\n1 2 3\n4 5 6\n"


def test_a_grid_of_heights_is_read_from_the_south(tmp_path: Path):
    path = tmp_path / "h.asc"
    path.write_text(GRID)
    ground = Terrain(kind="grid", grid=read_heights(path))
    # Middles of the cells: the last row of the file lies in the south.
    assert ground.height_m([37.05, 37.25, 37.05], [48.05, 48.05, 48.15]).tolist() == [4.0, 6.0, 1.0]
    make(MissionFolder(tmp_path / "m"), Wish(preset="busy_day", seed=2, hours=1, terrain=path), say=print)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("cellsize 0.1\n", "", "no cellsize"),
        ("4 5 6", "4 5", "5 heights"),
        ("4 5 6", "4 five 6", "line 8"),
        ("4 5 6", "4 -9999 6", "without height"),
        ("nrows 2", "nrows 1", "1 x 3"),
    ],
)
def test_a_grid_that_is_none_is_refused(tmp_path: Path, old: str, new: str, words: str):
    path = tmp_path / "h.asc"
    path.write_text(GRID.replace(old, new))
    with pytest.raises(UnreadableInput, match=words):
        read_heights(path)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["no_day", "m"], 1, "no preset is called 'no_day'; there are quiet_day"),
        (["quiet_day"], 2, "give a PRESET and a FOLDER"),
        (["quiet_day", "m", "--send", "http://127.0.0.1:1/batches"], 2, "--send needs --play"),
        (["quiet_day", "m", "--play", "5000"], 2, "1000"),
        (["quiet_day", "m", "--noise", "none.wav"], 1, "none.wav: cannot be read"),
    ],
)
def test_what_cannot_be_made_is_said(options: list[str], code: int, words: str):
    done = simulate(*options)
    assert done.returncode == code
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_nothing_is_overwritten(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(TrucewatchError, match="nothing is overwritten"):
        make(MissionFolder(tmp_path), WISH, say=print)
    (tmp_path / "bad.yaml").write_text("sensors: 3\n")
    with pytest.raises(InvalidMission):
        make(MissionFolder(tmp_path / "x"), Wish(preset="quiet_day", seed=1, network=tmp_path / "bad.yaml"), say=print)


def test_a_theatre_starts_where_its_preset_says():
    assert open_theatre("winter_storm", 1).preset.start_utc == datetime(2026, 1, 20, tzinfo=UTC)
