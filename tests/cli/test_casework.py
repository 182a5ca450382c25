"""A case through the command line: two people make a finding, one may not; what it starts, and what is published."""

import json
from pathlib import Path

import pytest

from mission_files import verify_mission
from trucewatch.evidence import Outcome
from trucewatch.model.case import CaseEvent
from trucewatch.model.register import NewRecord
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.service.run import finish
from trucewatch.wiring import MissionFolder, clock, open_workshop

REVIEWS = ("--role", "verification_officer", "--reason")


@pytest.fixture
def shot(tw, finished_copy: Path) -> str:
    """The incident that six sensors and a post of another owner heard."""
    listed = json.loads(tw("incidents", finished_copy, "--json").out)["incidents"]
    return next(i["id"] for i in listed if len(i["owners"]) == 2)


@pytest.fixture
def lone(tw, finished_copy: Path) -> str:
    """An incident that one post alone reported."""
    listed = json.loads(tw("incidents", finished_copy, "--json").out)["incidents"]
    return next(i["id"] for i in listed if [s["sensor_id"] for s in i["supports"]] == ["POST-1"])


def _open(tw, folder: Path, incident: str) -> None:
    assert tw("case", "open", folder, incident, "--as", "DO-1", "--role", "duty_officer").code == 0


def _review(tw, folder: Path, incident: str, actor: str, finding: str, reason: str = "read and heard", **more: str):
    options = [text for name, value in more.items() for text in (f"--{name}", value)]
    return tw("case", "review", folder, incident, "--as", actor, *REVIEWS, reason, "--finding", finding, *options)


def test_two_reviews_make_a_finding_one_does_not_and_the_author_may_not(tw, finished_copy: Path, shot: str) -> None:
    _open(tw, finished_copy, shot)
    author = _review(tw, finished_copy, shot, "DO-1", "confirmed")
    assert author.code == 1
    assert "author may not review" in author.err
    disguised = _review(tw, finished_copy, shot, " do-1 ", "confirmed")
    assert disguised.code == 1, "the author under another spelling"
    assert _review(tw, finished_copy, shot, "VO-1", "confirmed").code == 0
    assert "finding: none yet" in tw("case", "show", finished_copy, shot, "--as", "VO-1").out
    twice = _review(tw, finished_copy, shot, "VO-1", "confirmed")
    assert twice.code == 1
    assert "another person" in twice.err
    second = _review(tw, finished_copy, shot, "VO-2", "confirmed")
    assert second.code == 0
    assert "found confirmed" in second.out
    assert "confirmed" in tw("incidents", finished_copy).out
    assert verify_mission(finished_copy).outcome is Outcome.UNANCHORED


def test_the_second_review_is_blind(tw, finished_copy: Path, shot: str) -> None:
    _open(tw, finished_copy, shot)
    _review(tw, finished_copy, shot, "VO-1", "confirmed", "the word nobody may see")
    for viewer in ("VO-2", "DO-1", ""):
        said = tw("case", "show", finished_copy, shot, "--as", viewer)
        assert "the word nobody may see" not in said.out
        assert "1 review(s) are hidden" in said.out
        as_json = tw("case", "show", finished_copy, shot, "--as", viewer, "--json").out
        assert "the word nobody may see" not in as_json
    assert "the word nobody may see" in tw("case", "show", finished_copy, shot, "--as", "VO-1").out
    _review(tw, finished_copy, shot, "VO-2", "confirmed")
    assert "the word nobody may see" in tw("case", "show", finished_copy, shot, "--as", "DO-1").out


@pytest.mark.parametrize("command", ["incidents", "explain"])
def test_no_other_command_shows_a_hidden_review(tw, finished_copy: Path, shot: str, command: str) -> None:
    _open(tw, finished_copy, shot)
    _review(tw, finished_copy, shot, "VO-1", "refuted", "the word nobody may see")
    for options in ([], ["--json"]):
        arguments = [command, finished_copy, *([shot] if command == "explain" else []), *options]
        said = tw(*arguments)
        assert said.code == 0
        assert "the word nobody may see" not in said.out


def test_no_publication_shows_a_hidden_review(tw, finished_copy: Path, shot: str) -> None:
    _open(tw, finished_copy, shot)
    _review(tw, finished_copy, shot, "VO-1", "refuted", "the word nobody may see")
    assert tw("run", finished_copy).code == 0
    texts = [p for p in (finished_copy / "out").rglob("*") if p.suffix in (".html", ".csv", ".geojson", ".svg")]
    assert len(texts) > 15
    assert not [p for p in texts if "the word nobody may see" in p.read_text(encoding="utf-8")]


def test_one_source_can_not_be_confirmed(tw, finished_copy: Path, lone: str) -> None:
    _open(tw, finished_copy, lone)
    said = _review(tw, finished_copy, lone, "VO-1", "confirmed")
    assert said.code == 1
    assert "1 source" in said.err
    assert _review(tw, finished_copy, lone, "VO-1", "plausible_uncorroborated").code == 0


def test_a_liaison_may_comment_and_then_not_review(tw, finished_copy: Path, shot: str) -> None:
    _open(tw, finished_copy, shot)
    assert tw("case", "comment", finished_copy, shot, "--as", "LO-A", "--reason", "it was an exercise").code == 0
    assert "it was an exercise" in tw("case", "show", finished_copy, shot).out
    assert _review(tw, finished_copy, shot, "LO-A", "refuted").code == 1


def test_a_claimed_case_is_reviewed_by_its_holder_only(tw, finished_copy: Path, shot: str) -> None:
    _open(tw, finished_copy, shot)
    who = ("--as", "VO-1", "--role", "verification_officer")
    assert tw("case", "claim", finished_copy, shot, *who).code == 0
    assert _review(tw, finished_copy, shot, "VO-2", "confirmed").code == 1
    assert tw("case", "release", finished_copy, shot, *who).code == 0
    assert _review(tw, finished_copy, shot, "VO-2", "confirmed").code == 0


def test_a_finding_starts_every_clock_and_is_published_as_a_correction(tw, finished_copy: Path, shot: str) -> None:
    assert "nothing is owed" in tw("guarantees", finished_copy).out
    _open(tw, finished_copy, shot)
    _review(tw, finished_copy, shot, "VO-1", "confirmed", now="2018-12-21T15:00:00Z")
    _review(tw, finished_copy, shot, "VO-2", "confirmed", now="2018-12-21T16:00:00Z")
    (owed,) = json.loads(tw("guarantees", finished_copy, "--json", "--now", "2018-12-21T17:00:00Z").out)
    due = {c["anchor"]: c["due_utc"] for c in owed["clocks"]}
    assert due["verification"] == "2018-12-22T16:00:00Z"
    assert due["detection"] == "2018-12-22T14:00:00Z"
    assert due["occurrence"].startswith("2018-12-20T02:12:3")
    assert "Guarantor 1" in tw("guarantees", finished_copy, "--now", "2018-12-21T17:00:00Z").out
    said = tw("run", finished_copy, "--now", "2018-12-21T18:00:00Z")
    assert said.code == 0, said.err
    assert "published 1 report: 2018-12-19 v2" in said.out
    (report,) = json.loads(tw("report", finished_copy, "2018-12-19", "--json").out)
    assert report["supersedes"] == "daily-2018-12-19 v1"
    assert [c["incident_id"] for c in report["corrections"]] == [shot]
    assert "finding confirmed" in report["corrections"][0]["text"]
    page = (finished_copy / "out" / "daily" / "2018-12-19" / "v2" / "report.html").read_text(encoding="utf-8")
    assert shot in page
    assert "orrection" in page
    assert (finished_copy / "out" / "daily" / "2018-12-19" / "v1" / "report.html").is_file()
    assert tw("verify", finished_copy).code == 0
    again = tw("run", finished_copy, "--now", "2018-12-21T19:00:00Z")
    assert "published 0 reports" in again.out


def test_a_finding_that_one_person_wrote_into_the_register_is_reported(tw, finished_copy: Path, shot: str) -> None:
    """The log holds it, the seal holds it; only the replay of the case shows that it rests on one person."""
    _open(tw, finished_copy, shot)
    _review(tw, finished_copy, shot, "VO-1", "confirmed")
    with open_workshop(MissionFolder(finished_copy)) as shop:
        events = [from_bytes(CaseEvent, r.payload) for r in shop.register.current("case_event")]
        review = next(e for e in events if e.step.value == "reviewed")
        forged = to_bytes(review).replace(b'"number":2', b'"number":3').replace(b'"reviewed"', b'"found"')
        assert forged != to_bytes(review)
        with shop.register.transaction() as tx:
            record = NewRecord(kind="case_event", id=f"{shot}/3", payload=forged, refs=(shot,), type="found")
            tx.append(record, at_utc=clock(shop.texts, None))
        finish(shop)
    said = tw("verify", finished_copy)
    assert said.code == 40
    assert f"case {shot}" in said.out


def test_a_clock_that_goes_back_is_refused(tw, finished_copy: Path, shot: str) -> None:
    said = tw(
        "case", "open", finished_copy, shot, "--as", "DO-1", "--role", "duty_officer", "--now", "2018-12-20T00:00:00Z"
    )
    assert said.code == 1
    assert "back in time" in said.err
