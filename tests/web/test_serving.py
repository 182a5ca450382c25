"""Headers, caching, a run in another process, and the port."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import httpx
import pytest

from trucewatch.model.errors import InvalidMission, TrucewatchError
from trucewatch.model.incident import Incident
from trucewatch.model.register import NewRecord
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.service.sealing import log_new
from trucewatch.web import create_app, serve
from trucewatch.web.app import STATIC
from trucewatch.web.serving import is_loopback
from trucewatch.wiring import MissionFolder, clock, open_workshop

VENDORED = {
    "maplibre-gl.mjs": "e02cb08c572fd0950a75343cd558099c2a1dbbaf67f26b0c96f115431962d1ae",
    "maplibre-gl-worker.mjs": "73d7a024a4efe1a46e49db193e18cfe33271e3ecc652ec7542c281a4ef5f0f04",
    "maplibre-gl.css": "a90798a1953017790e590f7e1bd35ff103a8a4263972cb47290b78adf86f8c20",
    "LICENSE.maplibre-gl.txt": "ee5fc05a0677eaf69601d2c7db0d9ecd6cc27c3abc1d0733bc9ed34707cf8ef2",
}


def test_vendored_files_are_the_pinned_ones() -> None:
    vendor = STATIC / "vendor"
    found = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in vendor.iterdir() if p.name != "SOURCE.txt"}
    assert found == VENDORED
    source = (vendor / "SOURCE.txt").read_text(encoding="utf-8")
    assert all(f"{digest}  {name}" in source for name, digest in VENDORED.items())


def test_security_headers_everywhere(client: Any) -> None:
    for address in ("/", "/nothing", "/api/effort", "/static/style.css", "/healthz", "/map.svg"):
        headers = client.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-cache"
    assert client.get("/static/vendor/maplibre-gl.css").headers["cache-control"] == "public, max-age=86400"


def test_scripts_come_as_scripts(client: Any) -> None:
    for name in ("operations.js", "vendor/maplibre-gl.mjs"):
        assert client.get(f"/static/{name}").headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("address", ["/", "/reports", "/api/incidents.geojson", "/map.svg"])
def test_an_unchanged_answer_is_not_sent_twice(client: Any, address: str) -> None:
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_a_run_in_another_process_shows_up(copied: MissionFolder, client_of: Any) -> None:
    client = client_of(copied)
    before = client.get("/api/incidents.geojson")
    n = before.json()["n_all"]
    with open_workshop(copied) as shop:
        record = next(iter(shop.register.current("incident")))
        twin = to_bytes(from_bytes(Incident, record.payload)).replace(record.id.encode(), b"inc-00000000000000aa")
        with shop.register.transaction() as tx:
            added = NewRecord(kind="incident", id="inc-00000000000000aa", payload=twin)
            tx.append(added, at_utc=clock(shop.texts, None))
        during = client.get("/api/incidents.geojson")
        log_new(shop.register, shop.log, shop.secret)
    after = client.get("/api/incidents.geojson", headers={"If-None-Match": before.headers["etag"]})
    assert during.json()["n_all"] == n + 1
    assert after.json()["n_all"] == n + 1


def test_reading_leaves_the_mission_as_it_is(copied: MissionFolder, client_of: Any) -> None:
    def state() -> dict[str, str]:
        files = (p for p in copied.root.rglob("*") if p.is_file())
        return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    before = state()
    client = client_of(copied)
    ids = [f["id"] for f in client.get("/api/incidents.geojson").json()["features"]]
    for address in ("/", "/reports", "/map.svg", "/api/coverage", f"/incidents/{ids[0]}"):
        assert client.get(address).status_code == 200
    assert state() == before


def test_a_mission_that_was_not_run_yet(repository: Path, tmp_path: Path, client_of: Any) -> None:
    for name in ("mission.toml", "agreement.yaml", "network.yaml"):
        (tmp_path / name).write_bytes((repository / "missions" / "live-fire" / name).read_bytes())
    client = client_of(MissionFolder(tmp_path))
    page = client.get("/")
    assert page.status_code == 503
    assert "nothing was run yet" in page.text


def test_a_folder_that_is_no_mission(tmp_path: Path) -> None:
    with pytest.raises(InvalidMission, match="not a mission folder"):
        create_app(MissionFolder(tmp_path))


def test_a_damaged_checkpoint_is_said_and_the_page_stays(copied: MissionFolder, client_of: Any) -> None:
    checkpoint = copied.log / "checkpoint"
    text = checkpoint.read_bytes()
    checkpoint.write_bytes(text.replace(b"\n", b"0\n", 2))
    client = client_of(copied)
    first = client.get("/api/incidents.geojson").json()["features"][0]["id"]
    page = client.get(f"/incidents/{first}")
    assert page.status_code == 200
    assert "No proof just now" in page.text
    assert "the inclusion proof holds" not in page.text


SERVE = """
from pathlib import Path
import sys
from trucewatch.web import serve
from trucewatch.wiring import MissionFolder
serve(MissionFolder(Path(sys.argv[1])), host="127.0.0.1", port=0, say=lambda text: print(text, flush=True))
"""


def test_serves_on_a_free_port_until_interrupted(folder: MissionFolder) -> None:
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(folder.root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout as said:
        try:
            address = said.readline().strip()
            assert address.startswith("http://127.0.0.1:")
            with urllib.request.urlopen(f"{address}/healthz", timeout=20) as answer:
                assert answer.status == 200
            other = httpx.get(f"{address}/healthz", headers={"Host": "elsewhere.example"}, trust_env=False)
            assert other.status_code == 400
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_a_port_that_is_taken(folder: MissionFolder) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(TrucewatchError, match=r"cannot listen on 127\.0\.0\.1"):
            serve(folder, host="127.0.0.1", port=taken.getsockname()[1], say=lambda _: None)


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("box", False)]
)
def test_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) is local
