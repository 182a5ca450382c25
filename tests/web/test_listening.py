"""How well sensors listened, where people look: the effort pane and an incident's page."""

from __future__ import annotations

import re
from typing import Any

from trucewatch.service.lookup import Overview


def test_the_effort_pane_says_what_each_hour_is_worth_and_how_sensors_listened(client: Any) -> None:
    page = " ".join(client.get("/effort").text.split())
    assert "Hour by hour: what it says that nothing was heard" in page
    assert re.search(r"How \d+ sensors listened, measured on their recordings", page)
    assert "clips: not judged" in page


def test_an_incident_s_page_says_how_its_sensors_listened_that_hour(client: Any, view: Overview) -> None:
    incident = next(r.incident for r in view.rows if r.incident.place is not None)
    page = client.get(f"/incidents/{incident.id}").text
    assert "Listened that hour" in page
    assert "sends clips; one value only" in page  # the publisher padded its clips with noughts


def test_the_effort_as_data_holds_every_hour(client: Any) -> None:
    found = client.get("/api/effort").json()
    assert {h["source"] for h in found["hours"]} == {"small_arms", "mortar_82", "artillery_152"}
    assert all(0.0 <= h["p_least"] <= h["p_mean"] <= 1.0 for h in found["hours"])
    assert {one["method"] for one in found["listening"]} == {"hourly-band-levels/1"}
