"""The pages: operations, one incident, effort, reports."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from trucewatch.model.effort import Effort
from trucewatch.model.errors import TrucewatchError
from trucewatch.model.instant import rfc3339
from trucewatch.plan import REPORTED_SOURCES
from trucewatch.report import Outcome, what_else, what_it_was, words
from trucewatch.report.listening_rows import hour_rows, listening_rows
from trucewatch.report.loss_rows import loss_rows
from trucewatch.report.map_layers import UNOBSERVED_BELOW
from trucewatch.report.map_legend import BASE_SOURCE, DISCLAIMER, OUTCOME_WORDS
from trucewatch.report.sensor_rows import heard_lines, sensor_rows, silent_lines
from trucewatch.report.standing_words import carried_lines, influence_text, superseded_lines, suspicion_text
from trucewatch.report.trouble_rows import trouble_rows
from trucewatch.service.dossier import Dossier, dossier_of
from trucewatch.service.explain import found_on
from trucewatch.service.lookup import Overview, share_observed
from trucewatch.service.suspecting import current_suspicions, suspicions_of
from trucewatch.web import drawing, waves
from trucewatch.web.api import asked, effort_in
from trucewatch.web.headers import PUBLISHED_POLICY
from trucewatch.web.layers import has_base
from trucewatch.web.reading import MissionReader, Reading
from trucewatch.web.rendering import page, tag_of, unchanged
from trucewatch.web.selection import SORTS

SVG = "image/svg+xml"
FEW_ROWS = 8
"""tables of up to so many rows are shown unfolded: a page that fits is read whole"""
MOST_PANELS = 12
"""recordings and residuals beyond these are folded away"""


def router(reader: MissionReader) -> APIRouter:
    """Make the routes of the pages."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    def operations(request: Request) -> Response:
        with reader.open() as r:
            return unchanged(request, r) or _tagged(request, r, "operations.html.j2", **_operations(reader, r, request))

    @routes.get("/effort")
    def effort(request: Request) -> Response:
        with reader.open() as r:
            found, _ = effort_in(reader, r, asked(request).window(r.view))
            content = {**_effort(r, found), **_every(r)}
            return unchanged(request, r) or _tagged(request, r, "_effort.html.j2", **content)

    @routes.get("/map.svg")
    def whole_map(request: Request) -> Response:
        with reader.open() as r:
            effort, grids = effort_in(reader, r, asked(request).window(r.view))
            svg = drawing.mission_map(r.view, asked(request), effort, grids)
            return unchanged(request, r) or _svg(request, r, svg)

    @routes.get("/incidents/{incident_id}")
    def incident(request: Request, incident_id: str) -> Response:
        with reader.open() as r:
            found = _dossier(r, incident_id)
            return unchanged(request, r) or _tagged(request, r, "incident.html.j2", **_incident(reader, r, found))

    @routes.get("/incidents/{incident_id}/map.svg")
    def incident_map(request: Request, incident_id: str) -> Response:
        with reader.open() as r:
            svg = drawing.incident_map(r.view, _dossier(r, incident_id))
            if svg is None:
                raise HTTPException(404, "this incident has no place, so there is no map of it")
            return unchanged(request, r) or _svg(request, r, svg)

    @routes.get("/reports")
    def reports(request: Request) -> Response:
        with reader.open() as r:
            content = {"publications": r.view.publications, **_every(r)}
            return unchanged(request, r) or _tagged(request, r, "reports.html.j2", **content)

    @routes.get("/reports/{day}/{version}/{file}")
    def published(request: Request, day: str, version: str, file: str) -> Response:
        with reader.open() as r:
            return _published(reader, r, f"daily/{day}/{version}/{file}")

    return routes


def _tagged(request: Request, reading: Reading, name: str, **content: Any) -> Response:  # noqa: ANN401
    return page(name, headers={"ETag": tag_of(request, reading)}, **content)


def _svg(request: Request, reading: Reading, svg: str) -> Response:
    return Response(
        svg, media_type=SVG, headers={"ETag": tag_of(request, reading), "Content-Security-Policy": PUBLISHED_POLICY}
    )


def _dossier(reading: Reading, incident_id: str) -> Dossier:
    found = dossier_of(reading.view, reading.register, incident_id)
    if found is None:
        raise HTTPException(404, f"No incident {incident_id!r} stands. A revision may have joined it to another one.")
    return found


def _every(reading: Reading) -> dict[str, Any]:
    """Return what every page shows: whose mission it is, what is illustrative, as of when."""
    texts = reading.view.texts
    return {
        "mission": texts.mission,
        "agreement": texts.agreement,
        "zone": ZoneInfo(texts.mission.time_zone),
        "as_of": words.utc_text(reading.view.now_utc),
        "disclaimer": " ".join(filter(None, (texts.mission.disclaimer, DISCLAIMER))),
        "base_source": BASE_SOURCE if has_base(reading.view) else "No base map is bundled for this area.",
        "unobserved_below": UNOBSERVED_BELOW,
    }


def _operations(reader: MissionReader, reading: Reading, request: Request) -> dict[str, Any]:
    view, selection = reading.view, asked(request)
    window = selection.window(view)
    effort, _ = effort_in(reader, reading, window)
    rows = selection.ordered(view.rows)
    return {
        "view": view,
        "selection": selection,
        "window": window,
        "rows": rows,
        "shown": {r.incident.id for r in rows if selection.takes(r)},
        "kinds": _kinds(view),
        "outcomes": {o: sum(1 for r in rows if r.outcome is o) for o in Outcome},
        "outcome_words": OUTCOME_WORDS,
        "sorts": SORTS,
        "sources": REPORTED_SOURCES,
        **_effort(reading, effort),
        "publications": view.publications[:5],
        "n_publications": len(view.publications),
        "n_records": len(reading.register),
        "query": request.url.query,
        **_every(reading),
    }


def _effort(reading: Reading, effort: Effort) -> dict[str, Any]:
    view = reading.view
    zone = ZoneInfo(view.texts.mission.time_zone)
    return {
        "effort": effort,
        "observed": share_observed(effort),
        "hour_rows": hour_rows(effort.hours, zone),
        "listening_rows": listening_rows(effort.listening, view.network),
        "loss_rows": loss_rows(effort.losses, sum(s.tasked_s for s in effort.sensors)),
        "trouble_rows": trouble_rows(effort.troubles, zone),
        "n_troubles": len(effort.troubles),
        "doubts": [
            (s.about, words.interval_text(s.time, zone), s.text, len(s.incident_ids))
            for s in current_suspicions(reading.register)
        ],
    }


def _kinds(view: Overview) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for r in view.rows:
        found[r.incident.kind] = found.get(r.incident.kind, 0) + 1
    return dict(sorted(found.items(), key=lambda k: -k[1]))


def _incident(reader: MissionReader, reading: Reading, found: Dossier) -> dict[str, Any]:
    proof, no_proof = None, ""
    try:
        proof = reader.proof(found.revisions[-1])
    except TrucewatchError as error:
        no_proof = str(error)
    heard = reader.kept(reading, ("waves", found.incident.id), lambda: drawing.heard_panels(reading, found))
    return {
        "d": found,
        "incident": found.incident,
        "character": what_it_was.lines(found.incident),
        "sound_groups": what_it_was.groups(found.incident),
        **_argument(reading, found),
        **_witnesses(found),
        "outcome_words": OUTCOME_WORDS,
        "panels": heard,
        "most_panels": MOST_PANELS,
        "without_recording": drawing.without_recording(heard),
        "residuals": waves.residuals_svg(found.heard),
        "residuals_said": waves.residuals_said(found.heard),
        "residual_text": waves.residual_text,
        "ellipse": drawing.ellipse_of(found.incident),
        "has_map": drawing.has_map(found.incident),
        "proof": proof,
        "no_proof": no_proof,
        "folder": reader.folder.root,
        **_every(reading),
    }


def _argument(reading: Reading, found: Dossier) -> dict[str, Any]:
    """Return what fusion keeps beside the estimate, in the sentences that `trucewatch explain` prints."""
    incident, zone = found.incident, ZoneInfo(reading.view.texts.mission.time_zone)
    return {
        "carried": carried_lines(incident),
        "without": [influence_text(i) for i in incident.influences],
        "doubts": [suspicion_text(s, zone) for s in suspicions_of(reading.register, incident.id)],
        "alternatives": [
            (what_else.alternative_text(a, zone), _named_in(a.text, reading.view, incident.id))
            for a in incident.alternatives
        ],
        "likelier": what_else.likelier_text(incident),
        "no_alternative": what_else.NO_ALTERNATIVE,
        "deciders": [what_else.decider_text(d, zone) for d in incident.deciders],
        "superseded": superseded_lines(found_on(found.events), incident.revision),
        "no_decider": what_else.NO_DECIDER,
        "bit": what_else.BIT,
        "log_odds_said": what_else.LOG_ODDS,
    }


def _named_in(text: str, view: Overview, own_id: str) -> str:
    """Return the id of the one other incident whose moment a sentence names; "" where it is none or several."""
    found = [i.id for r in view.rows if (i := r.incident).id != own_id and rfc3339(i.time.utc) in text]
    return found[0] if len(found) == 1 else ""


def _witnesses(found: Dossier) -> dict[str, Any]:
    """Return who reported an incident and who did not, summed up and sensor by sensor."""
    incident = found.incident
    away = {h.support.sensor_id: h.range_m for h in found.heard} | {
        u.silence.sensor_id: u.range_m for u in found.unheard
    }
    rows = sensor_rows(incident.supports, away)
    return {
        "sensor_rows": rows,
        "heard_lines": heard_lines(rows),
        "silent_lines": silent_lines(incident.silences, away),
        "few": FEW_ROWS,
    }


def _published(reader: MissionReader, reading: Reading, path: str) -> Response:
    """Serve a file that a publication names, as it was published, and no other; an address only selects among those."""
    listed = {f.path: f for p in reading.view.publications for f in p.files}
    if path not in listed:
        raise HTTPException(404, "No publication names such a file. The list of reports names those that there are.")
    found = listed[path]
    content = reader.published(found.path)
    if content is None or hashlib.sha256(content).hexdigest() != found.sha256:
        gone = "there any more" if content is None else "what was published"
        raise HTTPException(410, f"{path} was published and is not {gone}; `trucewatch verify` says what else is amiss")
    tag = f'"{found.sha256[:24]}"'
    kind = (
        found.media_type
        if "charset" in found.media_type or not found.media_type.startswith("text/")
        else f"{found.media_type}; charset=utf-8"
    )
    headers = {
        "ETag": tag,
        "Content-Security-Policy": PUBLISHED_POLICY,
        "Content-Disposition": f'inline; filename="{Path(path).name}"',
    }
    return Response(content, media_type=kind, headers=headers)
