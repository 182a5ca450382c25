"""Pages from templates: HTML that is whole without scripts, and answers that a browser need not fetch twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from trucewatch import __version__
from trucewatch.model.instant import rfc3339
from trucewatch.report import words
from trucewatch.service.lookup import said
from trucewatch.web.reading import Reading

_environment = Environment(
    loader=PackageLoader("trucewatch.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["words"] = words
_environment.globals["said"] = said
_environment.globals["rfc3339"] = rfc3339
_environment.filters["tied"] = lambda text: (
    text.replace(" %", "\u00a0%").replace("< ", "<\u00a0").replace("> ", ">\u00a0")
)
_environment.filters["local_times"] = words.with_local_times
_environment.filters["path"] = lambda value: quote(str(value), safe="")


def page(
    name: str,
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    **content: Any,  # noqa: ANN401
) -> HTMLResponse:
    """Fill a template."""
    html = _environment.get_template(name).render(**content)
    return HTMLResponse(html, status_code=status_code, headers=None if headers is None else dict(headers))


def unchanged(request: Request, reading: Reading) -> Response | None:
    """Return "not modified" where the browser holds this very answer; else None."""
    tag = tag_of(request, reading)
    asked = request.headers.get("if-none-match", "")
    held = {t.strip().removeprefix("W/") for t in asked.split(",")}
    return Response(status_code=304, headers={"ETag": tag}) if tag in held else None


def tag_of(request: Request, reading: Reading) -> str:
    """Name an answer by the state of the mission and the address."""
    basis = repr((__version__, reading.version, request.url.path, request.url.query))
    return f'"{hashlib.sha256(basis.encode()).hexdigest()[:24]}"'


def data(request: Request, reading: Reading, content: Any, *, media_type: str = "application/json") -> Response:  # noqa: ANN401
    """Answer with JSON and its tag."""
    return JSONResponse(content, headers={"ETag": tag_of(request, reading)}, media_type=media_type)
