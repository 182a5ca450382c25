"""The same content as the pages, as JSON and GeoJSON."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from trucewatch.model.effort import CoverageGrid, Effort
from trucewatch.model.errors import TrucewatchError
from trucewatch.model.instant import Interval, rfc3339
from trucewatch.model.wire import to_plain
from trucewatch.plan import REPORTED_SOURCES
from trucewatch.service.dossier import Dossier, Proof, dossier_of
from trucewatch.service.lookup import effort_of
from trucewatch.service.tracking import current_tracks
from trucewatch.web import layers
from trucewatch.web.reading import MissionReader, Reading
from trucewatch.web.rendering import data, unchanged
from trucewatch.web.selection import Selection, UnreadableQuery, read_selection

GEOJSON = "application/geo+json"
Kinds = Annotated[list[str] | None, Query(alias="kind", description="observation types; none: all")]
Results = Annotated[list[str] | None, Query(alias="result", description="headings of the map; none: all")]
Least = Annotated[str | None, Query(alias="pmin", description="least probability of existence, 0 to 1")]
From = Annotated[str | None, Query(alias="from", description="start of the window, RFC 3339, inclusive")]
To = Annotated[str | None, Query(alias="to", description="end of the window, RFC 3339, exclusive")]


def router(reader: MissionReader) -> APIRouter:
    """Make the routes under /api and /healthz."""
    routes = APIRouter()

    @routes.get("/healthz", summary="Whether the mission can be read")
    def healthz(request: Request) -> Response:
        with reader.open() as r:
            return data(request, r, {"status": "ok", "incidents": len(r.view.rows), "records": len(r.register)})

    @routes.get("/api/incidents.geojson", summary="Incidents with their 95 % region or sector")
    def incidents(
        request: Request,
        kind: Kinds = None,
        result: Results = None,
        pmin: Least = None,
        start: From = None,
        end: To = None,
    ) -> Response:
        with reader.open() as r:
            every = reader.kept(r, "incidents", lambda: layers.incidents(r.view))
            content = layers.selected(every, r.view, asked(request))
            return unchanged(request, r) or _geojson(request, r, content)

    @routes.get("/api/incidents/{incident_id}", summary="Everything about one incident")
    def incident(request: Request, incident_id: str) -> Response:
        with reader.open() as r:
            found = dossier_of(r.view, r.register, incident_id)
            if found is None:
                raise HTTPException(
                    404, f"no incident {incident_id!r} stands; /api/incidents.geojson lists those that do"
                )
            return unchanged(request, r) or data(request, r, _dossier(found, _proofs(reader, found)))

    @routes.get("/api/tracks.geojson", summary="What was seen to move, with the lines that it crossed")
    def tracks(request: Request) -> Response:
        with reader.open() as r:
            content = reader.kept(r, "tracks", lambda: layers.tracks(current_tracks(r.register)))
            return unchanged(request, r) or _geojson(request, r, content)

    @routes.get("/api/sensors.geojson", summary="Sensors and how they stood in a window")
    def sensors(request: Request, start: From = None, end: To = None) -> Response:
        with reader.open() as r:
            effort, _ = effort_in(reader, r, asked(request).window(r.view))
            return unchanged(request, r) or _geojson(request, r, layers.sensors(r.view, effort))

    @routes.get("/api/agreement.geojson", summary="Lines and zones of the agreement")
    def agreement(request: Request) -> Response:
        with reader.open() as r:
            return unchanged(request, r) or _geojson(request, r, layers.agreement(r.view))

    @routes.get("/api/base.geojson", summary="Land, rivers and lakes; no borders")
    def base(request: Request) -> Response:
        with reader.open() as r:
            content = reader.kept(r, "base", lambda: layers.base(r.view))
            return unchanged(request, r) or _geojson(request, r, content)

    @routes.get("/api/places.geojson", summary="Place names of the mission's own list")
    def places(request: Request) -> Response:
        with reader.open() as r:
            return unchanged(request, r) or _geojson(request, r, layers.places(r.view))

    @routes.get("/api/coverage", summary="Where an event of one size would have been noticed in a window")
    def coverage(request: Request, source: str = "", start: From = None, end: To = None) -> Response:
        with reader.open() as r:
            _, grids = effort_in(reader, r, asked(request).window(r.view))
            grid, label = chosen_grid(grids, source)
            return unchanged(request, r) or _geojson(request, r, layers.coverage(grid, label))

    @routes.get("/api/effort", summary="Who was listening, and what share of events would have been noticed")
    def effort(request: Request, start: From = None, end: To = None) -> Response:
        with reader.open() as r:
            found, _ = effort_in(reader, r, asked(request).window(r.view))
            return unchanged(request, r) or data(request, r, to_plain(found))

    return routes


def asked(request: Request) -> Selection:
    """Read the query of a request."""
    return read_selection(request.query_params.multi_items())


def effort_in(reader: MissionReader, reading: Reading, window: Interval) -> tuple[Effort, tuple[CoverageGrid, ...]]:
    """Return the effort of a window, worked out once."""
    return reader.kept(reading, ("effort", window), lambda: effort_of(reading.view, reading.register, window))


def chosen_grid(grids: tuple[CoverageGrid, ...], source: str) -> tuple[CoverageGrid | None, str]:
    """Return the grid of one reference source and its name in words; the first where none is named."""
    labels = dict(REPORTED_SOURCES)
    name = source or REPORTED_SOURCES[0][0]
    if name not in labels:
        raise UnreadableQuery(f"source={source[:60]!r}: expected one of {', '.join(labels)}")
    return next((g for g in grids if g.source == name), None), labels[name]


def _geojson(request: Request, reading: Reading, content: layers.Feature) -> Response:
    return data(request, reading, content, media_type=GEOJSON)


def _proofs(reader: MissionReader, found: Dossier) -> list[dict[str, Any]]:
    proofs = []
    for record in found.revisions:
        try:
            proofs.append({"revision": record.revision, **proof_json(reader.proof(record))})
        except TrucewatchError as error:
            proofs.append({"revision": record.revision, "index": record.seq, "missing": str(error)})
    return proofs


def proof_json(proof: Proof) -> dict[str, Any]:
    """Write a proof with everything that its verification takes, hashes in hexadecimal."""
    return {
        "leaf": proof.leaf.to_bytes().decode("ascii"),
        "leaf_hash": proof.leaf_hash.hex(),
        "index": proof.leaf.seq,
        "tree_size": proof.checkpoint.size,
        "root": proof.checkpoint.root.hex(),
        "origin": proof.checkpoint.origin,
        "path": [h.hex() for h in proof.path],
    }


def _dossier(found: Dossier, proofs: list[dict[str, Any]]) -> dict[str, Any]:
    plain = to_plain(found.incident)
    return {
        "incident": plain,
        "outcome": found.row.outcome.value,
        "finding": found.row.finding,
        "detections": [to_plain(h.detection) for h in found.heard if h.detection is not None],
        "assessments": [to_plain(a.assessment) for a in found.assessed],
        "case_events": [to_plain(e) for e in found.events],
        "n_hidden_reviews": found.n_hidden,
        "revisions": [
            {
                "seq": r.seq,
                "revision": r.number,
                "received_utc": rfc3339(r.received_utc),
                "stands": r.stands,
                "why": list(r.why),
                "changes": list(r.changes),
            }
            for r in found.history
        ],
        "proofs": proofs,
    }
