"""What an incident's page shows at once, and what it keeps folded for those who look closer."""

import html
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from trucewatch.model.incident import Alternative, Decider, Influence
from trucewatch.model.instant import rfc3339
from trucewatch.model.vocabulary import Standing
from trucewatch.report import what_else
from trucewatch.report.standing_words import carried_lines, influence_text
from trucewatch.service import lookup
from trucewatch.service.dossier import dossier_of
from trucewatch.service.explain import explain_incident
from trucewatch.service.lookup import Overview
from trucewatch.web.pages import FEW_ROWS
from trucewatch.wiring import MissionFolder, open_reading


def test_echoes_and_sensors_that_were_not_asked_are_folded_away(client: Any, view: Overview) -> None:
    row = max(view.rows, key=lambda r: len(r.incident.supports))
    page = client.get(f"/incidents/{row.incident.id}").text
    unfolded = re.sub(
        r"<details.*?</details>", "", re.sub(r'<details class="sub">.*?</details>', "", page, flags=re.S), flags=re.S
    )
    unused = sum(not s.used for s in row.incident.supports)
    assert unused > 10
    assert f"{unused} more that bend nothing" in page
    assert ", not used" in page
    assert ", not used" not in unfolded
    assert "figures</summary>" in page
    idle = sum(s.p_detect == 0 for s in row.incident.silences)
    assert idle > 0
    assert f"{idle} that were not listening, or could not have noticed it" in page
    assert page.count("its silence says nothing") >= idle
    assert "its silence says nothing" not in unfolded


def test_its_title_says_how_many(client: Any, view: Overview) -> None:
    row = next(r for r in view.rows if r.incident.count.best and r.incident.count.best > 1)
    page = client.get(f"/incidents/{row.incident.id}").text
    assert re.search(rf"<h1>.*{row.incident.count.best} (shots|explosions|bursts)", page, flags=re.S)


def unfolded_text(page: str) -> str:
    """The page as it is printed or first seen: without what is folded, tags or entities."""
    plain = re.sub(r'<details class="sub">.*?</details>', "", page, flags=re.S)
    plain = re.sub(r"<summary>.*?</summary>", "", re.sub(r"<details.*?</details>", "", plain, flags=re.S), flags=re.S)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", plain))).replace("\u00a0", " ")


@pytest.fixture
def doubtful(client: Any, view: Overview, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Any]:
    """The page and the incident of one with everything that fusion keeps beside its estimate."""
    row = max(view.rows, key=lambda r: len(r.incident.supports))
    other = next(r.incident for r in view.rows if r.incident.id != row.incident.id)
    twice = f"this and what was found at {rfc3339(other.time.utc)} are one event, told of twice, and not two"
    incident = replace(
        row.incident,
        alternatives=(Alternative(text=twice, log_odds=1.2), Alternative(text="an earthquake", log_odds=-3.0)),
        deciders=(Decider(text="a patrol that searches the place", gain_bits=0.31),),
        influences=(Influence(left_out="north", is_owner=True, p_exists=0.004, moved_m=12.0),),
        standing=Standing.INDICATION,
        held_below="all sensors that support it are of one owner, north",
        others_silent=-2.5,
        owner_doubt=-1.0,
    )
    whole = dossier_of

    def changed(view: Overview, register: Any, incident_id: str) -> Any:
        found = whole(view, register, incident_id)
        return found and replace(found, incident=incident)

    monkeypatch.setattr("trucewatch.web.pages.dossier_of", changed)
    page = client.get(f"/incidents/{incident.id}").text
    assert f'<a href="/incidents/{other.id}">that incident</a>' in page
    return page, incident


def test_what_fusion_keeps_is_on_the_page_unfolded_in_the_words_of_explain(doubtful: tuple[str, Any]) -> None:
    page, incident = doubtful
    seen, zone = unfolded_text(page).lower(), ZoneInfo("America/New_York")
    for line in (
        *carried_lines(incident),
        *(influence_text(i) for i in incident.influences),
        *(what_else.decider_text(d, zone) for d in incident.deciders),
        what_else.likelier_text(incident),
    ):
        assert line.lower() in seen
    assert "about 20 times less likely than what is taken (log-odds -3.00)" in seen
    assert "about 3.3 times likelier than what is taken (log-odds +1.20)" in seen


def test_titles_of_the_page_are_those_of_explain(doubtful: tuple[str, Any], folder: MissionFolder) -> None:
    with open_reading(folder) as (texts, register):
        titles = [t for t, _ in explain_incident(texts, register, doubtful[1].id).sections]
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", doubtful[0])
    shared = ["Why it is believed", "Without one owner or sensor", "Other explanations", "What would decide most"]
    assert set(shared) <= set(titles) & set(headings)


def test_moments_are_local_with_utc_beside_them(doubtful: tuple[str, Any]) -> None:
    seen = unfolded_text(doubtful[0])
    stamps = re.findall(r"(\S+ \S+ \(?)\d{4}-\d\d-\d\dT[\d:.]+Z", seen)
    assert len(stamps) > 3
    assert all(re.search(r"\d\d:\d\d:\d\d \($|summer time\) $|standard time\) $", s) for s in stamps), stamps


def test_who_reported_it_is_summed_up_and_the_table_of_many_is_folded(client: Any, view: Overview) -> None:
    row = max(view.rows, key=lambda r: len(r.incident.supports))
    used = sum(s.used for s in row.incident.supports)
    assert used > FEW_ROWS
    page = client.get(f"/incidents/{row.incident.id}").text
    seen = unfolded_text(page)
    n = len({s.sensor_id for s in row.incident.supports})
    assert f"{n} sensors and posts reported it, with {len(row.incident.supports)} detections" in seen
    assert "Speaking most for it:" in seen
    assert "Each detection that was used" not in seen
    assert f"Detection by detection: {used} that were used" in page


def test_every_table_has_a_caption_and_every_heading_follows_in_order(client: Any, view: Overview) -> None:
    for row in view.rows:
        page = client.get(f"/incidents/{row.incident.id}").text
        assert page.count("<table") == page.count("<caption")
        levels = [int(n) for n in re.findall(r"<h(\d)", page)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b <= a + 1 for a, b in pairwise(levels))
        assert set(re.findall(r'href="#([a-z]+)"', page)) <= set(re.findall(r'id="([a-z]+)"', page))


def test_an_assessment_is_said_to_be_no_finding_and_the_list_warns_of_likelier_explanations(
    client: Any, view: Overview, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.get(f"/incidents/{view.rows[0].incident.id}").text
    assert "It is no finding: that takes two people" in unfolded_text(page)
    listed = client.get("/").text
    assert "a finding takes two people" in listed
    assert "likelier explained otherwise" not in listed
    monkeypatch.setattr("trucewatch.service.lookup.likelier_briefly", lambda _: "likelier explained otherwise")
    assert "likelier explained otherwise" in {r.otherwise for r in again(view).rows}


def again(view: Overview) -> Overview:
    """The rows of a view made anew."""
    zone = ZoneInfo(view.texts.mission.time_zone)
    return replace(view, rows=tuple(lookup._row(view.digest, r.incident, zone) for r in view.rows))
