"""Every command: its help, its exit codes, its JSON, and what it says where something is wrong."""

import json
import shutil
from pathlib import Path

import pytest

from mission_files import hashes, make_mission
from trucewatch.cli import run as run_command
from trucewatch.evidence import Verdict
from trucewatch.service.audit import Evidence, audit

COMMANDS = {
    "init": "template",
    "check": "problem",
    "run": "inbox",
    "incidents": "incidents",
    "explain": "believed",
    "report": "report",
    "serve": "map",
    "verify": "evidence",
    "export": "verify",
    "guarantees": "owes",
    "schema": "JSON Schema",
    "demo": "demonstration",
    "version": "version",
    "case": "review",
    "case open": "open",
    "case claim": "working on a case",
    "case release": "queue",
    "case review": "two people",
    "case comment": "party",
    "case show": "hidden",
}
READERS = ("incidents", "report", "guarantees", "explain", "case show")


@pytest.mark.parametrize(("command", "word"), COMMANDS.items())
def test_help_says_what_a_command_does(tw, command: str, word: str) -> None:
    said = tw(*command.split(), "--help")
    assert (said.code, said.err) == (0, "")
    assert word.lower() in " ".join(said.out.lower().split())
    assert "usage: trucewatch " + command in said.out.lower()


def test_the_help_names_every_command_and_the_exit_codes(tw) -> None:
    said = tw("--help")
    assert all(name.split()[0] in said.out for name in COMMANDS)
    for code in ("0 done", "1 something", "2 wrong usage", "30", "40", "130"):
        assert code in " ".join(said.out.split())


@pytest.mark.parametrize("arguments", [["rn"], ["run"], ["verify", ".", "--loud"], ["case", "review", "."]])
def test_wrong_usage_is_2_on_standard_error(tw, arguments: list[str]) -> None:
    said = tw(*arguments)
    assert said.code == 2
    assert said.err
    assert not said.out


def _arguments(command: str, folder: Path, incident: str = "inc-") -> list[str | Path]:
    return [*command.split(), folder, *([incident] if command in ("explain", "case show") else [])]


@pytest.mark.parametrize("command", ["check", "run", "verify", *READERS])
def test_a_folder_that_is_no_mission_is_said_and_left_alone(tw, tmp_path: Path, command: str) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear all")
    said = tw(*_arguments(command, folder))
    assert said.code == 1
    assert "Traceback" not in said.err
    assert str(folder) in said.err + said.out
    assert [p.name for p in folder.iterdir()] == ["letter.txt"]
    missing = tw(*_arguments(command, tmp_path / "nowhere"))
    assert missing.code == 1
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", READERS)
def test_nothing_run_yet_is_said_with_what_to_do(tw, tmp_path: Path, command: str) -> None:
    folder = make_mission(tmp_path / "m", recordings=False)
    before = hashes(folder)
    said = tw(*_arguments(command, folder))
    assert said.code == 1
    assert "trucewatch run" in said.err
    assert hashes(folder) == before


def test_init_then_check_then_run_then_verify(tw, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert tw("init", folder).code == 0
    checked = tw("check", folder)
    assert checked.code == 0, checked.out
    assert "in order" in checked.out
    assert json.loads(tw("check", folder, "--json").out) == {"ok": True, "problems": []}
    again = tw("init", folder)
    assert again.code == 1
    assert "not empty" in again.err
    assert tw("run", folder).code == 0, "an empty inbox is no error"
    assert tw("verify", folder).code == 0
    assert tw("verify", folder, "--strict").code == 20


def test_a_day_that_is_none_is_no_empty_list(tw, finished_mission: Path) -> None:
    said = tw("incidents", finished_mission, "--day", "2025-13-45")
    assert (said.code, said.out) == (2, "")
    assert "expected a day such as 2025-08-13" in " ".join(said.err.split())
    assert tw("incidents", finished_mission, "--day", "1999-12-31").code == 0
    none = json.loads(tw("incidents", finished_mission, "--day", "1999-12-31", "--json").out)
    assert none == {"incidents": [], "assessments": [], "cases": []}
    whole = json.loads(tw("incidents", finished_mission, "--json").out)
    day = json.loads(tw("incidents", finished_mission, "--day", "2018-12-19", "--json").out)
    assert day["assessments"]
    assert {a["incident_id"] for a in day["assessments"]} <= {i["id"] for i in day["incidents"]}
    assert len(day["assessments"]) <= len(whole["assessments"])


def test_json_parses_for_every_command_that_has_it(tw, finished_mission: Path) -> None:
    listed = json.loads(tw("incidents", finished_mission, "--json").out)
    assert sorted(listed) == ["assessments", "cases", "incidents"]
    incident = listed["incidents"][0]["id"]
    assert json.loads(tw("explain", finished_mission, incident, "--json").out)
    reports = json.loads(tw("report", finished_mission, "--json").out)
    assert [r["day"] for r in reports] == ["2018-12-19", "2018-12-20"]
    assert json.loads(tw("report", finished_mission, "2018-12-20", "--json").out)[0]["version"] == 1
    assert json.loads(tw("guarantees", finished_mission, "--json").out) == []
    assert json.loads(tw("check", finished_mission, "--json").out)["ok"] is True
    verdict = json.loads(tw("verify", finished_mission, "--json").out)
    assert (verdict["outcome"], verdict["code"], verdict["findings"]) == ("UNANCHORED", 20, [])
    summary = json.loads(tw("run", finished_mission, "--json").out)
    assert summary["n_new_records"] == 0
    assert summary["intake"]["n_known"] == 10
    assert json.loads(tw("case", "show", finished_mission, incident, "--json").out)["case"] is None


def test_an_incident_is_named_by_any_part_that_names_only_one(tw, finished_mission: Path) -> None:
    ids = [i["id"] for i in json.loads(tw("incidents", finished_mission, "--json").out)["incidents"]]
    assert ids[0] in tw("explain", finished_mission, ids[0][4:]).out
    unknown = tw("explain", finished_mission, "inc-nosuch")
    assert unknown.code == 1
    assert "0 incidents match 'inc-nosuch'" in unknown.err
    ambiguous = tw("explain", finished_mission, "inc-")
    assert ambiguous.code == 1
    assert f"{len(ids)} incidents match" in ambiguous.err
    assert ids[0] in ambiguous.err


def test_explain_names_each_detection_the_silent_the_term_and_the_proof(tw, finished_mission: Path) -> None:
    listed = json.loads(tw("incidents", finished_mission, "--json").out)
    shot = next(i for i in listed["incidents"] if i["kinds"][0]["kind"] == "shot" and i["place"])
    said = tw("explain", finished_mission, shot["id"]).out
    assert all(s["sensor_id"] in said for s in shot["supports"] + shot["silences"])
    assert "T1" in said
    assert "violated" in said


def test_a_day_without_a_report_is_an_error_that_lists_the_days(tw, finished_mission: Path) -> None:
    said = tw("report", finished_mission, "2020-01-01")
    assert said.code == 1
    assert "2018-12-19" in said.err
    assert "report.html" in tw("report", finished_mission, "2018-12-19").out


@pytest.mark.parametrize("now", ["yesterday", "2018-12-21T14:00:00", "2018-13-01T00:00:00Z"])
def test_a_clock_that_is_none_is_refused(tw, finished_copy: Path, now: str) -> None:
    before = hashes(finished_copy)
    said = tw("run", finished_copy, "--now", now)
    assert said.code == 1
    assert now in said.err
    assert hashes(finished_copy) == before


def test_verify_codes(tw, finished_copy: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert tw("verify", finished_copy, "--keep", kept).code == 0
    assert tw("verify", finished_copy, "--strict").code == 20
    assert tw("verify", finished_copy, "--pinned", kept, "--strict").code == 10
    key = (finished_copy / "state" / "key.pub").read_text(encoding="utf-8").strip()
    assert tw("verify", finished_copy, "--key", key).code == 0
    wrong = tw("verify", finished_copy, "--key", "nonsense")
    assert wrong.code == 1
    assert "Traceback" not in wrong.err
    assert tw("verify", finished_copy, "--pinned", tmp_path / "nothing").code == 1
    page = finished_copy / "out" / "index.html"
    page.write_bytes(page.read_bytes() + b" ")
    altered = tw("verify", finished_copy, "--keep", tmp_path / "not-kept")
    assert altered.code == 40
    assert "out/index.html" in altered.out
    assert not (tmp_path / "not-kept").exists(), "a checkpoint of what does not hold is not worth keeping"
    assert json.loads(tw("verify", finished_copy, "--json").out)["code"] == 40


@pytest.mark.parametrize("name", ["state/key.pub", "state/log/checkpoint"])
def test_verify_without_key_or_checkpoint_is_40_and_names_it(tw, finished_copy: Path, name: str) -> None:
    (finished_copy / name).unlink()
    said = tw("verify", finished_copy)
    assert said.code == 40
    assert name in said.out
    assert json.loads(tw("verify", finished_copy, "--json").out)["outcome"] == "INVALID"


def test_export_refuses_a_folder_that_exists(tw, finished_copy: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    assert tw("export", finished_copy, tmp_path / "there").code == 1
    assert tw("export", finished_copy, tmp_path / "x", "--with-inbox").code == 0
    assert tw("verify", tmp_path / "x").code == 0


def test_schema_and_version(tw, tmp_path: Path) -> None:
    assert tw("version").out.startswith("trucewatch 0")
    assert tw("schema", tmp_path / "schemas").code == 0
    files = list((tmp_path / "schemas").glob("*.schema.json"))
    assert len(files) >= 5
    assert all(json.loads(f.read_text(encoding="utf-8"))["type"] == "object" for f in files)


def test_an_interrupt_is_130_and_a_sentence(tw, finished_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    before = hashes(finished_copy)
    monkeypatch.setattr(run_command, "run", interrupt)
    said = tw("run", finished_copy)
    assert said.code == 130
    assert "run again" in said.err
    assert hashes(finished_copy) == before


def test_two_runs_at_once_the_second_says_so(tw, finished_copy: Path) -> None:
    from trucewatch.wiring import MissionFolder, open_workshop

    with open_workshop(MissionFolder(finished_copy)):
        for command in (["run", finished_copy], ["export", finished_copy, finished_copy.parent / "e"]):
            said = tw(*command)
            assert said.code == 1
            assert "Traceback" not in said.err
        assert tw("incidents", finished_copy).code == 0, "reading goes on while a run works"
        verdict = tw("verify", finished_copy)
        assert verdict.code == 1, "what a run is changing is neither right nor altered"
        assert "run is at work" in verdict.err
    assert tw("run", finished_copy).code == 0


def test_a_reader_beside_it_disturbs_neither_run_nor_verify(tw, finished_copy: Path) -> None:
    from trucewatch.wiring import MissionFolder, open_reading

    with open_reading(MissionFolder(finished_copy)) as (_, register):
        assert len(register) > 0
        assert tw("verify", finished_copy).code == 0
        (finished_copy / "inbox" / "note.csv").write_text("sensor,from,to,state,reason\n")
        assert tw("run", finished_copy).code == 0
        assert tw("verify", finished_copy).code == 0
    assert tw("verify", finished_copy).code == 0


def test_a_demonstration_that_does_not_exist_is_said(tw, tmp_path: Path) -> None:
    said = tw("demo", "--to", tmp_path / "d", "--only", "moon")
    assert said.code == 1
    assert "live-fire" in said.err


def test_the_template_is_all_that_init_writes(tw, tmp_path: Path) -> None:
    tw("init", tmp_path / "new")
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [
        "agreement.yaml",
        "inbox",
        "mission.toml",
        "network.yaml",
        "notified.yaml",
        "out",
    ]
    shutil.rmtree(tmp_path / "new")


def test_a_checkpoint_that_a_run_has_put_there_since_is_not_kept_as_verified(
    tw, finished_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = finished_copy / "state" / "log" / "checkpoint"

    def overtaken(evidence: Evidence) -> Verdict:
        verdict = audit(evidence)
        checkpoint.write_bytes(checkpoint.read_bytes().replace(b"\n", b"\n9", 1))
        return verdict

    monkeypatch.setattr("trucewatch.cli.verify.audit", overtaken)
    said = tw("verify", finished_copy, "--keep", tmp_path / "kept")
    assert (said.code, "verify again" in said.err) == (1, True)
    assert not (tmp_path / "kept").exists()


def test_a_demonstration_whose_evidence_does_not_hold_does_not_end_well(
    tw, finished_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trucewatch.cli.demo.missions_folder", lambda: finished_copy.parent)
    (finished_copy / "inbox" / "monitors.csv").write_bytes(b"altered")
    monkeypatch.setattr("trucewatch.cli.demo.MISSIONS", (finished_copy.name,))
    said = tw("demo", "--to", tmp_path / "d")
    assert (said.code, "DOES NOT HOLD" in said.out) == (40, True)
