"""The application: pages, the same content as data, static files, and what happens to errors."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from trucewatch import __version__
from trucewatch.evidence import EvidenceError
from trucewatch.model.errors import TrucewatchError
from trucewatch.web import api, pages
from trucewatch.web.headers import Headers
from trucewatch.web.reading import MissionReader
from trucewatch.web.rendering import page
from trucewatch.web.selection import UnreadableQuery
from trucewatch.wiring import MissionFolder

STATIC = Path(__file__).parent / "static"
TITLES = {400: "This address asks for something unknown", 404: "There is no such page", 405: "This is for reading only"}


def create_app(folder: MissionFolder) -> FastAPI:
    """Make the application for a mission; it only ever reads.

    Raises:
        InvalidMission: where the folder is no mission.
    """
    reader = MissionReader(folder)
    app = FastAPI(
        title="Trucewatch",
        version=__version__,
        description="Incidents, sensors, effort and reports of one mission; read-only.",
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(Headers)
    app.include_router(pages.router(reader))
    app.include_router(api.router(reader))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    _handle_errors(app)
    return app


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        return problem(request, error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(UnreadableQuery)
    async def query_error(request: Request, error: UnreadableQuery) -> Response:
        return problem(request, 400, str(error))

    @app.exception_handler(RequestValidationError)
    async def validation_error(request: Request, error: RequestValidationError) -> Response:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return problem(request, 422, said)

    @app.exception_handler(TrucewatchError)
    async def mission_error(request: Request, error: TrucewatchError) -> Response:
        return problem(request, 503, str(error))

    @app.exception_handler(EvidenceError)
    async def evidence_error(request: Request, error: EvidenceError) -> Response:
        return problem(request, 503, str(error))


def problem(request: Request, status: int, said: str, *, headers: object = None) -> Response:
    """Answer with an error, as a page or as JSON where data was asked for."""
    extra = dict(headers) if isinstance(headers, dict) else None
    if request.url.path.startswith(("/api/", "/healthz")):
        return JSONResponse({"status": status, "error": said}, status_code=status, headers=extra)
    title = TITLES.get(status, "The mission cannot be shown just now")
    return page("error.html.j2", status_code=status, headers=extra, status=status, title=title, said=said)
