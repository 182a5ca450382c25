"""The pages hold what stands in the register, in the mission's words, without scripts."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.mission_files import make_mission, run_mission

from trucewatch.model.vocabulary import ObservationType
from trucewatch.report import Outcome, lint, visible_text, words
from trucewatch.service.lookup import Overview
from trucewatch.web.reading import MissionReader
from trucewatch.wiring import MissionFolder

NEW_YORK = ZoneInfo("America/New_York")


def rows(page: str) -> dict[str, bool]:
    """Incident ids of the table, and whether each is shown."""
    found = re.findall(r'<tr id="([^"]+)"[^>]*?( hidden)?>', page)
    return {name: not hidden for name, hidden in found}


def test_operations_page_lists_every_incident(client: Any, view: Overview) -> None:
    page = client.get("/").text
    assert len(view.rows) >= 2, "one at each of the two firing positions"
    assert rows(page) == {r.incident.id: True for r in view.rows}
    assert f"showing {len(view.rows)} of {len(view.rows)}" in page
    for r in view.rows:
        assert html.escape(r.p.replace(" %", "\u00a0%").replace("> ", ">\u00a0")) in page


def test_filters_work_without_scripts_and_never_cap_silently(client: Any, view: Overview) -> None:
    middle = view.rows[len(view.rows) // 2].incident
    asked = {"result": Outcome.VIOLATION.value, "pmin": "0.5", "from": middle.time.utc.isoformat(), "kind": ""}
    wanted = {
        r.incident.id
        for r in view.rows
        if r.outcome is Outcome.VIOLATION and r.incident.p_exists >= 0.5 and r.incident.time.utc >= middle.time.utc
    }
    assert 0 < len(wanted) < len(view.rows)
    page = client.get("/", params=asked).text
    assert {name for name, shown in rows(page).items() if shown} == wanted
    assert f"showing {len(wanted)} of {len(view.rows)}" in page
    page = client.get("/", params=asked | {"result": Outcome.NOT_UPHELD.value}).text
    assert f"showing 0 of {len(view.rows)}" in page


def test_window_is_half_open(client: Any, view: Overview) -> None:
    first, second = (
        view.rows[0].incident,
        next(r.incident for r in view.rows if r.incident.time.utc > view.rows[0].incident.time.utc),
    )
    window = {"from": first.time.utc.isoformat(), "to": second.time.utc.isoformat()}
    shown = {name for name, is_shown in rows(client.get("/", params=window).text).items() if is_shown}
    assert shown == {r.incident.id for r in view.rows if r.incident.time.utc == first.time.utc}


def test_an_empty_list_points_to_the_effort(client: Any) -> None:
    page = client.get("/", params={"kind": ObservationType.CRATER.value}).text
    assert "showing 0 of" in page
    assert re.search(r'<p id="none">No incident is among those asked for\. That may mean that little was watched', page)


@pytest.mark.parametrize("query", ["kind=war", "result=guilty", "pmin=2", "pmin=x", "from=yesterday", "sort=colour"])
def test_unknown_query_is_said_in_words(client: Any, query: str) -> None:
    answer = client.get(f"/?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.text
    assert "expected" in answer.text


def test_sorting_by_link(client: Any, view: Overview) -> None:
    page = client.get("/?sort=p").text
    order = list(rows(page))
    p = {r.incident.id: r.incident.p_exists for r in view.rows}
    assert [p[i] for i in order] == sorted(p.values(), reverse=True)
    assert 'aria-sort="ascending"><a href="?sort=p&amp;order=desc#incidents"' in page


def test_every_page_with_a_map_carries_disclaimer_and_badges(client: Any, view: Overview) -> None:
    located = next(r.incident.id for r in view.rows if r.incident.place is not None)
    for address in ("/", f"/incidents/{located}"):
        page = client.get(address).text
        assert "DEMONSTRATION" in page
        assert html.escape(view.texts.mission.disclaimer) in page
        assert "do not imply official endorsement" in page
        assert "illustrative; no party agreed to them" in page
        assert "No border is drawn" in page


def test_pages_keep_to_the_mission_s_words(client: Any, view: Overview) -> None:
    addresses = ["/", "/reports", "/no-such-page", *(f"/incidents/{r.incident.id}" for r in view.rows)]
    for address in addresses:
        said = visible_text(client.get(address).text)
        # The answers of the clause trace are another room's texts; the lint of published texts does not hold for them.
        assert address.startswith("/incidents/") or not lint(said), address
        assert not re.search(r"\b(enemy|target|fired|kill)\b", said, re.IGNORECASE), address


def test_pages_hold_no_inline_script_or_style(client: Any, view: Overview) -> None:
    for address in ("/", "/reports", f"/incidents/{view.rows[0].incident.id}", "/nothing"):
        page = client.get(address).text
        assert not re.search(r"<script(?![^>]*\ssrc=)", page), address
        assert not re.search(r"\s(style|on[a-z]+)=", page), address
        assert "http://" not in page.replace("http://www.w3.org/2000/svg", ""), address


def test_incident_page_lays_the_incident_open(client: Any, view: Overview) -> None:
    row = next(r for r in view.rows if r.incident.place is not None and r.incident.silences)
    page = client.get(f"/incidents/{row.incident.id}").text
    text = html.unescape(page)
    assert row.p in text
    for support in row.incident.supports:
        assert support.reason in text
    for silence in row.incident.silences:
        assert silence.sensor_id in text
        assert silence.reason in text
    for line in row.incident.rationale:
        assert line in text
    for a in view.digest.assessments[row.incident.id]:
        for predicate in a.trace:
            assert words.with_local_times(predicate.text, NEW_YORK) in text
    assert page.count('class="wave-pick"') == len(row.incident.supports)
    assert "the inclusion proof holds" in text
    assert "trucewatch verify" in text


def test_silence_that_nobody_weighed_is_not_called_out_of_reach(tmp_path: Path, client_of: Any) -> None:
    """A lone report gives a direction; the microphones around it were not asked."""
    mission = make_mission(tmp_path / "mission", recordings=False)
    run_mission(mission)
    with MissionReader(MissionFolder(mission)).open() as reading:
        row = next(r for r in reading.view.rows if r.incident.place is None)
    page = html.unescape(client_of(MissionFolder(mission)).get(f"/incidents/{row.incident.id}").text)
    assert "nobody's silence was weighed" in page
    assert "No sensor was within reach" not in page
    assert "cannot be said: nothing" not in page


def test_recording_that_is_gone_says_so(copied: MissionFolder, view: Overview, client_of: Any) -> None:
    row = next(r for r in view.rows if r.incident.place is not None)
    for recording in copied.root.glob("inbox/**/*.wav"):
        recording.unlink()
    client = client_of(copied)
    answer = client.get(f"/incidents/{row.incident.id}")
    assert answer.status_code == 200
    assert "The recording cannot be read" in answer.text
    assert "wave-pick" not in answer.text


def test_reports_are_served_as_published(client: Any, view: Overview, folder: MissionFolder) -> None:
    listed = client.get("/reports").text
    for f in view.publications[0].files:
        address = f"/reports/{f.path.removeprefix('daily/')}"
        assert address in listed
        answer = client.get(address)
        assert answer.content == (folder.root / "out" / f.path).read_bytes()
        assert answer.headers["content-type"].split(";")[0] == f.media_type.split(";")[0]
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize(
    "path",
    [
        "/reports/../../mission.toml/x",
        "/reports/%2e%2e/%2e%2e/mission.toml",
        "/reports/..%2f..%2f/state/store.sqlite",
        "/reports/2018-12-19/v1/..%2f..%2f..%2f..%2fmission.toml",
        "/reports/2018-12-19/v9/report.html",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/incidents/..%2f..%2fmission.toml",
    ],
)
def test_no_path_leads_out(client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert 'live-fire"' not in answer.text


def test_published_file_that_is_gone(copied: MissionFolder, view: Overview, client_of: Any) -> None:
    path = view.publications[0].files[0].path
    (copied.root / "out" / path).unlink()
    client = client_of(copied)
    answer = client.get(f"/reports/{path.removeprefix('daily/')}")
    assert answer.status_code == 410


def test_maps_without_scripts(client: Any, view: Overview) -> None:
    located = next(r.incident.id for r in view.rows if r.incident.place is not None)
    for address in ("/map.svg", f"/incidents/{located}/map.svg"):
        answer = client.get(address)
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert answer.text.startswith("<svg ")
        assert 'id="layer-incidents"' in answer.text
