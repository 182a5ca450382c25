"""Takes batches from nodes into a mission's inbox; only what a key of the network signed, unless told otherwise."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from trucewatch import __version__
from trucewatch.model.errors import TrucewatchError, UnreadableInput
from trucewatch.model.observation import Rejection
from trucewatch.observe.context import ReadContext
from trucewatch.observe.edge import MAX_BATCH_BYTES, EdgeReader
from trucewatch.service.texts import Texts
from trucewatch.store import Outbox
from trucewatch.web.headers import Headers
from trucewatch.web.serving import answer, is_loopback, listening_socket
from trucewatch.wiring import MissionFolder, load_texts

FOLDER = "edge"
"""of the inbox, where batches are put"""
_PATH = re.compile(r"[A-Za-z0-9_.-]{1,64}/\d{4}-\d\d-\d\d/[A-Za-z0-9_.-]{1,64}\.edge")


def create_receiver(folder: MissionFolder, *, unsigned: bool) -> FastAPI:
    """Make the application that takes batches.

    Args:
        folder: the mission.
        unsigned: also take what no key signed, of sensors for which the network names none.

    Raises:
        InvalidMission: where its files are not in order.
        TrucewatchError: the network names no key, and unsigned batches are not wanted: nothing could be taken.
    """
    texts = load_texts(folder)
    if not unsigned and not any(s.node_key for s in texts.network.sensors):
        raise TrucewatchError(
            "the network names no node_key, so no batch could be taken; give sensors the key that `trucewatch listen` "
            "prints, or use --unsigned"
        )
    outbox = Outbox(folder.root / "inbox" / FOLDER, folder.root / "rejected" / FOLDER)
    app = FastAPI(title="Trucewatch receiver", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Headers)

    @app.put("/batches/{path:path}")
    async def put(path: str, request: Request) -> JSONResponse:
        if _PATH.fullmatch(path) is None or ".." in path:
            raise HTTPException(400, f"{path!r} is no batch's name; expected NODE/YYYY-MM-DD/NAME.edge")
        content = await _body(request)
        known = outbox.read(path)
        if known is not None:
            if known != content:
                raise HTTPException(409, f"{path} was taken before with other bytes")
            return JSONResponse({"taken": path, "new": False})
        require_honest(texts, path, content, unsigned=unsigned)
        outbox.write(path, content)
        return JSONResponse({"taken": path, "new": True}, status_code=201)

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"ok": True})

    return app


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > MAX_BATCH_BYTES:
            raise HTTPException(413, f"a batch has at most {MAX_BATCH_BYTES} bytes")
    return bytes(content)


def require_honest(texts: Texts, path: str, content: bytes, *, unsigned: bool) -> None:
    """Refuse a batch that cannot be read, has a row that cannot be taken, or is not signed where it must be.

    Raises:
        HTTPException: 422 with the reason, 403 where a signature is missing.
    """
    context = ReadContext(
        source=path,
        input_id="",
        area=texts.mission.area,
        network=texts.network,
        now_utc=texts.mission.clock_utc or datetime.now(UTC),
        time_zone=texts.mission.time_zone,
    )
    try:
        rows = list(EdgeReader().read(io.BytesIO(content), context))
    except UnreadableInput as error:
        raise HTTPException(422, str(error)) from None
    for row in rows:
        if isinstance(row, Rejection):
            said = UnreadableInput(source=row.source, row=row.row, value=row.value, expected=row.expected)
            raise HTTPException(403 if "signed by" in row.expected else 422, str(said))
        sensor = texts.network.sensor(row.sensor_id)
        if not unsigned and (sensor is None or sensor.node_key is None):
            raise HTTPException(403, f"the network names no node_key for {row.sensor_id}; see --unsigned")


def receive(folder: MissionFolder, *, host: str, port: int, unsigned: bool, say: Callable[[str], None]) -> None:
    """Take batches until Ctrl-C.

    Raises:
        InvalidMission, TrucewatchError: as `create_receiver`; where address or port cannot be had.
    """
    app = create_receiver(folder, unsigned=unsigned)
    listening = listening_socket(host, port)
    if not is_loopback(host):
        say("open to the network without encryption; put a proxy with TLS in front of it")
    answer(app, listening, host=host, path="/batches", say=say)
