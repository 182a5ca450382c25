"""What people found is shown, save a first review while a second one may still come."""

from __future__ import annotations

from typing import Any

from trucewatch.model.incident import Incident
from trucewatch.model.vocabulary import VerificationFinding
from trucewatch.service.casework import act
from trucewatch.service.lookup import Overview
from trucewatch.verify import Command, Open, Review
from trucewatch.wiring import MissionFolder, clock, open_workshop

FIRST, SECOND = "two sensors agree to the millisecond", "the picks are clean and the place fits"


def do(folder: MissionFolder, incident_id: str, command: Command) -> None:
    with open_workshop(folder) as shop:
        act(shop.register, incident_id, lambda _: command, at_utc=clock(shop.texts, None))


def review(incident: Incident, actor: str, reason: str) -> Review:
    return Review(
        actor=actor,
        role="verification_officer",
        incident_revision=incident.revision,
        finding=VerificationFinding.PLAUSIBLE_UNCORROBORATED,
        reason=reason,
        n_owners=1,
        n_sources=1,
    )


def test_first_review_is_hidden_until_the_finding_stands(copied: MissionFolder, view: Overview, client_of: Any) -> None:
    incident = view.rows[0].incident
    client = client_of(copied)
    do(
        copied,
        incident.id,
        Open(case_id=incident.id, incident_revision=incident.revision, actor="op-1", role="duty_officer"),
    )
    do(copied, incident.id, review(incident, "vo-1", FIRST))
    page, data = (client.get(a).text for a in (f"/incidents/{incident.id}", f"/api/incidents/{incident.id}"))
    assert "1 review recorded and hidden here" in page
    assert '"n_hidden_reviews":1' in data
    for said in (page, data):
        assert FIRST not in said
        assert "vo-1" not in said
    do(copied, incident.id, review(incident, "vo-2", SECOND))
    page = client.get(f"/incidents/{incident.id}").text
    assert FIRST in page
    assert SECOND in page
    assert "hidden here" not in page
    assert "indication only (plausible, uncorroborated)" in client.get("/").text
