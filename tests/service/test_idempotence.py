"""The same inputs give the same bytes, however often, wherever and in whatever order they come."""

import os
import shutil
from pathlib import Path

import pytest

from mission_files import FIRMS_HEADER, firms_rows, hashes, make_mission, run_mission, verify_mission
from trucewatch.evidence import Outcome
from trucewatch.service.understanding import current_assessments, current_incidents
from trucewatch.wiring import MissionFolder, open_reading


def test_a_first_run_finds_what_the_mission_was_made_of(finished_mission: Path) -> None:
    with open_reading(MissionFolder(finished_mission)) as (texts, register):
        incidents = current_incidents(register)
        assessments = {a.incident_id: a for a in current_assessments(register)}
    assert len(texts.commitments) == 1
    shots = [i for i in incidents if i.place is not None and i.kind.value == "shot"]
    assert [(i.count.best, sorted(i.owners)) for i in shots] == [(3, ["mission", "partner"])]
    assert assessments[shots[0].id].result.value == "violated"
    assert len([i for i in incidents if i.kind.value == "thermal_anomaly"]) == 3
    assert (finished_mission / "rejected" / "monitors.csv.rows").read_text().count("25:10") == 1
    days = sorted(p.name for p in (finished_mission / "out" / "daily").iterdir())
    assert days == ["2018-12-19", "2018-12-20"]
    assert (finished_mission / "out" / "daily" / days[0] / "v1" / "report.pdf").read_bytes()[:5] == b"%PDF-"


@pytest.mark.parametrize("now", [None, "2018-12-21T14:00:00Z", "2019-06-01T00:00:00Z"])
def test_a_second_run_changes_no_byte(finished_copy: Path, now: str | None) -> None:
    before = hashes(finished_copy)
    summary = run_mission(finished_copy, now=now)
    assert hashes(finished_copy) == before
    assert (summary.n_new_records, summary.n_sensed, summary.publications) == (0, 0, ())
    assert summary.intake.n_known == summary.intake.n_files == 10


def test_a_clock_before_the_last_record_is_refused_and_changes_nothing(finished_copy: Path) -> None:
    before = hashes(finished_copy)
    with pytest.raises(Exception, match="may not go back in time"):
        run_mission(finished_copy, now="2018-12-20T00:00:00Z")
    assert hashes(finished_copy) == before


def test_two_folders_give_the_same_bytes_whatever_the_order_and_age_of_the_files(
    finished_mission: Path, tmp_path: Path
) -> None:
    other = make_mission(tmp_path / "elsewhere" / "under-another-name")
    files = sorted((p for p in (other / "inbox").rglob("*") if p.is_file()), reverse=True)
    for n, path in enumerate(files):  # write them again, last first, so that the folder lists them otherwise
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
        os.utime(path, (1_000_000_000 + 86_400 * n,) * 2)
    run_mission(other)
    assert hashes(other) == hashes(finished_mission)


@pytest.mark.usefixtures("no_pdf")
@pytest.mark.parametrize("late", ["fires.csv", "monitors.csv", "weather.csv", "health.csv", "FP3"])
def test_what_comes_later_gives_the_same_as_what_was_there_from_the_start(tmp_path: Path, late: str) -> None:
    whole, parted = make_mission(tmp_path / "whole"), make_mission(tmp_path / "parted")
    shutil.move(parted / "inbox" / late, tmp_path / "late")
    run_mission(parted)
    shutil.move(tmp_path / "late", parted / "inbox" / late)
    summary = run_mission(parted)
    assert summary.intake.n_new >= 1
    run_mission(whole)
    with open_reading(MissionFolder(whole)) as (_, register):
        incidents, assessments = current_incidents(register), current_assessments(register)
    with open_reading(MissionFolder(parted)) as (_, register):
        later, later_assessments = current_incidents(register), current_assessments(register)
    ids = {a.id: b.id for a, b in zip(incidents, later, strict=True)}
    assert [(i.time, i.kinds, i.place, i.count, i.supports, i.silences, i.p_exists) for i in later] == [
        (i.time, i.kinds, i.place, i.count, i.supports, i.silences, i.p_exists) for i in incidents
    ]
    results = {(ids[a.incident_id], a.term_id): (a.result, a.p_violated) for a in assessments}
    assert {(a.incident_id, a.term_id): (a.result, a.p_violated) for a in later_assessments} == results
    assert verify_mission(parted).outcome is Outcome.UNANCHORED


@pytest.mark.usefixtures("no_pdf")
def test_a_report_that_says_something_else_now_is_published_again_and_the_old_one_stays(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m", recordings=False)
    run_mission(folder)
    before = hashes(folder, "out/daily")
    (folder / "inbox" / "more.csv").write_text(FIRMS_HEADER + firms_rows(15, first=30), encoding="utf-8")
    summary = run_mission(folder, now="2018-12-22T00:00:00Z")
    assert [(p.day, p.version, p.supersedes) for p in summary.publications] == [
        ("2018-12-19", 2, "daily-2018-12-19 v1")
    ]
    after = hashes(folder, "out/daily")
    assert {name: after[name] for name in before} == before
    assert verify_mission(folder).outcome is Outcome.UNANCHORED
