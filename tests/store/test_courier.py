"""Batches on their way from a node to the centre."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from trucewatch.store import StoreError
from trucewatch.store.courier import Courier


class Centre(HTTPServer):
    """Answers with the codes it is told, and keeps what came."""

    def __init__(self) -> None:
        self.came: list[tuple[str, bytes]] = []
        self.answers: list[int] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/batches"


class _Handler(BaseHTTPRequestHandler):
    server: Centre

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, content))
        code = self.server.answers.pop(0) if self.server.answers else 201
        self.send_response(code)
        self.end_headers()
        self.wfile.write(b"because")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def centre() -> Iterator[Centre]:
    server = Centre()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in (("n1/2025-08-13/181000-a.edge", b"1"), ("n1/2025-08-13/181100-b.edge", b"2")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_batches_go_in_order_and_move_to_sent(centre: Centre, folder: Path) -> None:
    courier = Courier(folder, centre.url, say=lambda line: None)
    assert courier.carry()
    assert [c for _, c in centre.came] == [b"1", b"2"]
    assert centre.came[0][0] == "/batches/n1/2025-08-13/181000-a.edge"
    assert (folder / "sent/n1/2025-08-13/181000-a.edge").read_bytes() == b"1"
    assert courier.carry()
    assert len(centre.came) == 2


@pytest.mark.parametrize("code", [500, 503, 429])
def test_a_centre_in_trouble_is_asked_again_and_nothing_overtakes(centre: Centre, folder: Path, code: int) -> None:
    said: list[str] = []
    centre.answers = [code]
    courier = Courier(folder, centre.url, say=said.append)
    assert not courier.carry()
    assert len(centre.came) == 1
    assert courier.carry()
    assert [c for _, c in centre.came] == [b"1", b"1", b"2"]
    assert any("tried again" in line for line in said)
    assert any("answers again" in line for line in said)


def test_a_centre_that_is_not_there_loses_nothing(centre: Centre, folder: Path) -> None:
    said: list[str] = []
    courier = Courier(folder, "http://127.0.0.1:9/batches", say=said.append)
    assert not courier.carry()
    assert not courier.carry()
    assert len(said) == 1
    assert len(list(folder.glob("n1/*/*.edge"))) == 2


def test_what_is_refused_is_kept_with_the_reason_and_the_next_goes(centre: Centre, folder: Path) -> None:
    centre.answers = [422]
    courier = Courier(folder, centre.url, say=lambda line: None)
    assert courier.carry()
    assert (folder / "refused/n1/2025-08-13/181000-a.edge").read_bytes() == b"1"
    assert "422 because" in (folder / "refused/n1/2025-08-13/181000-a.edge.reason.txt").read_text()
    assert (courier.summary.n_sent, courier.summary.n_refused) == (1, 1)


def test_at_the_end_everything_is_tried_once_more(centre: Centre, folder: Path) -> None:
    courier = Courier(folder, centre.url, say=lambda line: None)
    courier.start()
    (folder / "n1/2025-08-13/181200-c.edge").write_bytes(b"3")
    assert courier.end().n_sent == 3


def test_an_address_that_is_none(folder: Path) -> None:
    with pytest.raises(StoreError, match="http"):
        Courier(folder, "file:///etc/passwd", say=lambda line: None)
