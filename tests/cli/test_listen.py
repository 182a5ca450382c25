"""`listen` and `receive` as processes: from sound on standard input to a batch in a mission's inbox."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.web.conftest import Client

from trucewatch.model.detection import Detection
from trucewatch.model.wire import from_bytes
from trucewatch.service.run import run
from trucewatch.web import create_app
from trucewatch.wiring import MissionFolder, check_folder, clock, load_texts, open_reading, open_workshop

COMMAND = [sys.executable, "-c", "from trucewatch.cli import main; main()"]
RECORDING = "FP1/test_001"


@pytest.fixture
def mission(repository: Path, tmp_path: Path) -> MissionFolder:
    root = tmp_path / "m"
    shutil.copytree(repository / "missions" / "live-fire", root, ignore=shutil.ignore_patterns("FP[3579]"))
    return MissionFolder(root)


def listen(mission: MissionFolder, *options: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, "listen", str(mission.root), *options]
    return subprocess.run(command, check=False, capture_output=True, timeout=240, **more)


def detections(folder: Path) -> list[Detection]:
    rows = [line for path in sorted(folder.rglob("*.edge")) for line in path.read_bytes().split(b"\n")]
    found = [json.loads(r)["detection"] for r in rows if r.startswith(b'{"detection"')]
    return [from_bytes(Detection, json.dumps(f).encode()) for f in found]


def test_a_node_without_recordings_finds_what_the_centre_finds(mission: MissionFolder, tmp_path: Path) -> None:
    done = listen(mission, "--from", str(mission.root / "inbox"), "--out", str(tmp_path / "spool"), "--json")
    assert done.returncode == 0, done.stderr.decode()
    said = json.loads(done.stdout)["listened"]
    assert said["n_detections"] == len(detections(tmp_path / "spool")) > 10
    assert said["refused"] == []
    there = MissionFolder(tmp_path / "there")
    shutil.copytree(mission.root, there.root)
    for sound in (*there.root.rglob("*.wav"), *there.root.rglob("*.audio.*")):
        sound.unlink(missing_ok=True)
    shutil.copytree(tmp_path / "spool", there.root / "inbox" / "edge")
    placed = []
    for folder in (mission, there):
        with open_workshop(folder) as shop:
            run(shop, now_utc=clock(shop.texts, None))
        with open_reading(folder) as (_, register):
            found = [json.loads(r.payload) for r in register.current("incident")]
        placed.append([(round(i["place"]["lon_deg"], 4), round(i["place"]["lat_deg"], 4)) for i in found if i["place"]])
    assert placed[0] == placed[1]
    assert len(placed[0]) >= 1
    # No key was used: whoever reads the incident is told, and so is whoever checks the mission.
    (of_nodes,) = [i["id"] for i in found if i["place"]][:1]
    told = subprocess.run([*COMMAND, "explain", str(there.root), of_nodes], check=True, capture_output=True, text=True)
    assert told.stdout.count("not signed by its computer (node)") > 3
    page = Client(create_app(there)).get(f"/incidents/{of_nodes}").text
    assert "Not signed by its computer (node)" in page
    checked = subprocess.run([*COMMAND, "check", str(there.root)], check=True, capture_output=True, text=True)
    assert "are taken unsigned: anyone could have written them" in checked.stdout
    assert check_folder(mission)[1] == ()


def test_sound_on_standard_input_gives_the_same_onsets_as_its_file(mission: MissionFolder, tmp_path: Path) -> None:
    wav = next((mission.root / "inbox").rglob("*.wav"))
    sidecar = json.loads(wav.with_suffix(".json").read_text())
    names = [s.id for s in load_texts(mission).network.sensors]
    sensor = next(n for n in names if n.endswith(sidecar.get("sensor") or sidecar["serial_number"]))
    start = sidecar.get("start_utc") or sidecar["timestamp"]
    out = tmp_path / "spool"
    done = listen(mission, "--sensor", sensor, "--start", start, "--out", str(out), input=wav.read_bytes())
    assert done.returncode == 0, done.stderr.decode()
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(wav, alone / wav.name)
    shutil.copy(wav.with_suffix(".json"), alone / wav.with_suffix(".json").name)
    filed = listen(mission, "--from", str(alone), "--out", str(tmp_path / "filed"))
    assert filed.returncode == 0
    live, whole = detections(out), detections(tmp_path / "filed")
    assert [d.time for d in live] == [d.time for d in whole]
    assert len(live) >= 1


def test_batches_are_signed_sent_and_taken(mission: MissionFolder, tmp_path: Path) -> None:
    key = tmp_path / "node.key"
    sound, out = str(mission.root / "inbox"), tmp_path / "spool"
    first = listen(mission, "--from", sound, "--key", str(key), "--node", "n1", "--out", str(out))
    vkey = re.search(rb"signs as (\S+)", first.stdout)
    assert vkey is not None
    assert key.stat().st_mode & 0o077 == 0
    network = mission.root / "network.yaml"
    text = network.read_text(encoding="utf-8")
    network.write_text(re.sub(r"(?m)^(- id: \S+)$", rf"\1\n  node_key: {vkey[1].decode()}", text), encoding="utf-8")
    centre = subprocess.Popen(
        [*COMMAND, "receive", str(mission.root), "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert centre.stdout is not None
        url = centre.stdout.readline().decode().strip()
        done = listen(mission, "--from", sound, "--key", str(key), "--node", "n1", "--out", str(out), "--send", url)
    finally:
        centre.terminate()
        centre.communicate(timeout=30)
    assert done.returncode == 0, done.stderr.decode()
    sent = sorted(p.relative_to(out / "sent") for p in (out / "sent").rglob("*.edge"))
    taken = sorted(p.relative_to(mission.root / "inbox" / "edge") for p in (mission.root / "inbox" / "edge").rglob("*"))
    assert [p for p in taken if p.suffix] == sent
    assert len(sent) >= 1
    assert not list(out.glob("n1/**/*.edge"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sensor", "XX"], "the network has FP1"),
        ([], "name it with --sensor"),
        (["--sensor", "FP1-SCP-00-BNG-5567", "--form", "s16le"], "--rate"),
        (["--sensor", "FP1-SCP-00-BNG-5567", "--form", "mp3", "--rate", "12000"], "s16le"),
        (["--sensor", "FP1-SCP-00-BNG-5567", "--start", "2025-08-13T12:00:00"], "no zone"),
        (["--from", "nowhere"], "is no folder"),
        (["--from", "seedlink://127.0.0.1:1"], "NET.STA"),
    ],
)
def test_what_cannot_be_listened_to_is_said(mission: MissionFolder, options: list[str], words: str) -> None:
    done = listen(mission, *options, input=b"RIFF\0\0\0\0WAVE")
    assert done.returncode == 1
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr
